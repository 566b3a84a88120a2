//! Arguments in, results out: WAVE, text, JSON; traps, deadlines and Ctrl-C.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::json;

use super::{Place, Ran};

#[test]
fn arguments_and_results_are_wave() {
    let place = Place::new();
    place.talk(&["add", "2", "-3"]).prints("-1");
    place.talk(&["add", "--", "-2", "-3"]).prints("-5");
    place.talk(&["draw", "circle(1.5)", "some(\"sun\")"]).prints(r#"["a circle of 1.5", "sun"]"#);
    place.talk(&["draw", "path([{x: 1, y: -2}, {x: 3, y: 4}])", "none"]).prints(r#"["1:-23:4"]"#);
}

#[test]
fn a_lone_text_needs_no_quotes_and_gets_none() {
    let place = Place::new();
    for (given, text) in [
        ("ed", "ed"),
        ("two words", "two words"),
        ("\"quoted\\n\\\"twice\\\"\"", "quoted\n\"twice\""),
        ("{not: wave", "{not: wave"),
        ("42", "42"),
        ("true", "true"),
        ("größer", "größer"),
        ("", ""),
    ] {
        let ran = place.talk(&["echo", given]);
        assert_eq!((ran.code, ran.out.trim_end_matches('\n'), ran.err.as_str()), (0, text, ""), "{given:?}");
    }
    place.talk(&["echo", "ed", "--wave"]).prints(r#"ok("ed")"#);
}

#[test]
fn an_error_result_goes_to_standard_error() {
    let place = Place::new();
    place.talk(&["echo", "!no"]).fails(1, &["!no"]);
    place.talk(&["refuse"]).fails(1, &[r#"{code: 7, text: "not today"}"#]);
    let whole = place.talk(&["echo", "!no", "--wave"]);
    assert_eq!((whole.code, whole.out.as_str()), (1, "err(\"!no\")\n"));
}

#[test]
fn json_is_one_document() {
    let place = Place::new();
    assert_eq!(place.talk(&["add", "2", "3", "--json"]).json(), json!({ "ok": 5 }));
    assert_eq!(place.talk(&["draw", "empty", "none", "--json"]).json(), json!({ "ok": ["nothing"] }));
    assert_eq!(place.talk(&["variable", "X", "--json"]).json(), json!({ "ok": null }));
    assert_eq!(place.talk(&["wait", "0", "--json"]).json(), json!({ "ok": null }));
    let refused = place.talk(&["refuse", "--json"]);
    assert_eq!((refused.code, refused.err.as_str()), (1, ""));
    let error = &refused.json()["error"];
    assert_eq!((&error["kind"], &error["exit"]), (&json!("plugin"), &json!(1)));
    assert_eq!(error["value"], json!({ "code": 7, "text": "not today" }));
    // The plugin's output is not part of the document.
    let printed = place.talk(&["print", "hi", "--json"]);
    assert_eq!(printed.json(), json!({ "ok": null }));
    assert_eq!(printed.err, "out: hi\nerr: hi\n");
    // The command's own errors are in the document, not on standard error.
    let unknown = place.talk(&["ad", "--json"]);
    assert_eq!((unknown.code, unknown.err.as_str()), (2, ""));
    assert_eq!(unknown.json()["error"]["kind"], "usage");
}

#[test]
fn what_a_plugin_prints_passes_through() {
    let ran = Place::new().talk(&["print", "hi"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "out: hi\n", "err: hi\n"));
}

#[test]
fn a_function_of_an_interface_is_called_by_its_qualified_name() {
    let place = Place::new();
    place.talk(&["left#turn"]).prints("left");
    place.talk(&["right#turn"]).prints("right");
    place.talk(&["turn"]).fails(2, &["several interfaces", "left#turn", "right#turn"]);
}

#[test]
fn without_a_function_it_lists_what_can_be_called() {
    let place = Place::new();
    let listed = place.talk(&[]);
    assert_eq!((listed.code, listed.err.as_str()), (0, ""));
    for line in ["  add: async func(a: s64, b: s64) -> s64", "  interface left", "    turn: async func() -> string"] {
        assert!(listed.out.lines().any(|found| found == line), "{line:?} is not in:\n{}", listed.out);
    }
    let functions = place.talk(&["--json"]).json()["functions"].clone();
    let add = functions.as_array().expect("a list").iter().find(|f| f["name"] == "add").expect("add").clone();
    assert_eq!(add["parameters"], json!([{ "name": "a", "type": "s64" }, { "name": "b", "type": "s64" }]));
    assert!(!place.path().join("sqlservice.db").exists(), "listing needs no database");
}

#[test]
fn a_trap_ends_the_call_and_rolls_back() {
    let place = Place::new();
    place.talk(&["remember", "one"]).prints("1");
    let crashed = place.talk(&["remember-and-crash", "two"]);
    assert_eq!(crashed.code, 5, "{}", crashed.err);
    assert!(crashed.err.contains("trapped") && crashed.err.contains("rolled back"), "{}", crashed.err);
    place.talk(&["memories", "default"]).prints(r#"["one"]"#);
}

#[test]
fn t05_a_call_ends_at_its_deadline_whether_it_waits_or_computes() {
    let place = Place::new();
    for call in [&["wait", "600000"][..], &["spin"], &["remember-and-wait", "two"]] {
        let ran = place.talk(&[call, &["--timeout", "300ms"]].concat());
        assert_eq!(ran.code, 6, "{call:?}: {}", ran.err);
        assert!(ran.err.contains("300ms"), "{}", ran.err);
    }
    place.talk(&["remember", "one"]).prints("1");
}

#[cfg(unix)]
#[test]
fn ctrl_c_rolls_back() {
    let place = Place::new();
    let mut command = place.command(&["run", super::TALKER, "remember-and-wait", "two"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sqlservice starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    assert_eq!(line, "waiting\n");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    place.talk(&["memories", "default"]).prints("[]");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let place = Place::new();
    let script = format!("set -o pipefail; \"$0\" run {} | true", super::TALKER);
    let program = crate::readme::programs().join("sqlservice");
    let ran = Ran::of(Command::new("bash").arg("-c").arg(script).arg(program).current_dir(place.path()));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn help_says_exit_codes_and_examples() {
    let place = Place::new();
    let help = place.sqlservice(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("Exit codes:") && help.out.contains("inspect"), "{}", help.out);
    let run = place.sqlservice(&["run", "--help"]).out;
    for word in ["Examples:", "Exit codes:", "WAVE", "--database", "env:VARIABLE", "[default: 256M]"] {
        assert!(run.contains(word), "{word:?} is not in:\n{run}");
    }
}
