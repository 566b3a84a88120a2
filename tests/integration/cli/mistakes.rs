//! Users' mistakes: each message names the mistake, its place and a remedy, and never a password.

use sqlservice_tests::{Backend, fixture::for_each};

use super::{Place, Ran, TALKER};

/// A password that must never appear in any output.
const SECRET: &str = "hunter2-Geheim";

/// A component that imports a function from each of these interfaces and does nothing.
fn importing(names: &[&str]) -> Vec<u8> {
    let import = |name: &&str| format!("(import \"{name}\" (instance (export \"f\" (func))))");
    wat::parse_str(format!("(component {})", names.iter().map(import).collect::<String>())).expect("a component")
}

#[test]
fn what_is_no_component_is_called_what_it_is() {
    let place = Place::new();
    let missing = place.path().join("no-such.wasm");
    place.sqlservice(&["run", "no-such.wasm"]).fails(3, &["no-such.wasm", "cannot be read", "No such file"]);
    assert!(!missing.exists());
    for (content, words) in [
        (&b"\0asm\x01\0\0\0"[..], "core WebAssembly module"),
        (b"\x7fELF\x02\x01\x01", "program for this machine"),
        (b"(component)", "not a WebAssembly component"),
        (b"", "not a WebAssembly component"),
        (b"\0asm\x0d\0\x01\0\xff\xff\xff\xff", "cannot be used"),
    ] {
        let file = place.file("x.wasm", content);
        let file = file.to_str().expect("UTF-8");
        for command in ["run", "inspect"] {
            place.sqlservice(&[command, file]).fails(3, &[words]);
        }
    }
    place.sqlservice(&["run", "."]).fails(3, &["cannot be read"]);
}

#[test]
fn t09_missing_imports_are_all_named() {
    let place = Place::new();
    let names = ["wasi:http/outgoing-handler@0.2.3", "demo:far/away@1.0.0", "sqlservice:database/databases@9.0.0"];
    let file = place.file("x.wasm", importing(&names));
    place.sqlservice(&["run", file.to_str().expect("UTF-8"), "go"]).fails(3, &names);
}

#[test]
fn a_mistyped_function_is_guessed() {
    let place = Place::new();
    place
        .talk(&["remembr", "x"])
        .fails(2, &["\"remembr\"", "did you mean", "\"remember\"", "it exports: ", "left#turn"]);
    place.talk(&["zzz"]).fails(2, &["\"zzz\""]);
    assert!(!place.talk(&["zzz"]).err.contains("did you mean"));
}

#[test]
fn a_malformed_argument_is_shown_with_the_place() {
    let place = Place::new();
    let caret = |arguments: &[&str], text: &str, column: usize| {
        let ran = place.talk(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        let lines: Vec<&str> = ran.err.lines().collect();
        let at =
            lines.iter().position(|line| line.ends_with(text)).unwrap_or_else(|| panic!("no {text:?} in\n{}", ran.err));
        let start = lines[at].chars().count() - text.chars().count();
        let found = lines[at + 1].chars().position(|c| c == '^');
        assert_eq!(found, Some(start + column), "{}", ran.err);
    };
    caret(&["add", "1", "two"], "two", 0);
    caret(&["draw", "path([{x: 1, y: oops}])", "none"], "path([{x: 1, y: oops}])", 16);
    caret(&["draw", "square(1)", "none"], "square(1)", 0);
    caret(&["echo", "\"größer"], "\"größer", 0);
    place.talk(&["add", "1", "9223372036854775808"]).fails(2, &["\"b\"", "s64"]);
}

#[test]
fn a_wrong_number_of_arguments_is_told_with_the_signature() {
    let place = Place::new();
    let signature = "add: async func(a: s64, b: s64) -> s64";
    place.talk(&["add", "1"]).fails(2, &[signature, "2", "1"]);
    place.talk(&["add", "1", "2", "3"]).fails(2, &[signature, "3"]);
    place.talk(&["crash", "1"]).fails(2, &["crash: async func()", "0"]);
}

#[test]
fn t74_a_database_that_does_not_answer_is_told_without_its_password() {
    let place = Place::new();
    for scheme in ["postgres", "postgresql", "mysql", "mariadb"] {
        let url = format!("{scheme}://mallory:{SECRET}@127.0.0.1:1/app");
        // The first scheme is tried with every way to pass a URL, the others with one way.
        let named = format!("shop={url}");
        let ways = [url.as_str(), named.as_str(), "env:SECRET_URL"];
        for given in ways.into_iter().take(if scheme == "postgres" { 3 } else { 1 }) {
            let mut command = place.command(&["run", TALKER, "add", "1", "1", "-d", given, "-vvv"]);
            let ran = Ran::of(command.env("SECRET_URL", &url));
            ran.fails(4, &["127.0.0.1:1/app", "cannot be reached", "nothing was called"]);
            assert!(!ran.err.contains(SECRET), "{}", ran.err);
        }
        let json = place.talk(&["add", "1", "1", "--json", "-d", &url]);
        assert_eq!((json.code, &json.json()["error"]["kind"]), (4, &serde_json::json!("database")));
        assert!(!json.out.contains(SECRET) && !json.err.contains(SECRET));
    }
    place.talk(&["add", "1", "1", "-d", "sqlite:no/such/directory/a.db"]).fails(4, &["no/such/directory/a.db"]);
}

#[test]
fn a_wrong_password_is_not_repeated() {
    for_each(&Backend::SERVERS, async |fixture| {
        let (scheme, rest) = fixture.url().split_once("://").expect("a URL");
        let (user, place) = rest.split_once('@').expect("a user");
        let user = user.split(':').next().expect("a name");
        let ran = Place::new().talk(&["add", "1", "1", "-d", &format!("{scheme}://{user}:{SECRET}@{place}")]);
        ran.fails(4, &["database \"default\""]);
        assert!(!ran.err.contains(SECRET), "{}", ran.err);
    });
}

#[test]
fn a_url_that_makes_no_sense_is_not_repeated() {
    let place = Place::new();
    for url in [
        format!("postgress://u:{SECRET}@h/d"),
        format!("postgres://u:{SECRET}@h:port/d"),
        format!("postgres://u:{SECRET}@h/d?no_such_parameter=1"),
        format!("mysql//u:{SECRET}@h/d"),
        format!("sqlite:a.db?key={SECRET}"),
        SECRET.to_owned(),
    ] {
        let ran = place.talk(&["add", "1", "1", "-d", &url]);
        ran.fails(4, &["database \"default\"", "a URL is sqlite:FILE"]);
        assert!(!ran.err.contains(SECRET), "{}", ran.err);
    }
}

#[test]
fn contradictions_are_refused() {
    let place = Place::new();
    place.talk(&["add", "1", "1", "-d", "sqlite:a.db", "-d", "sqlite:b.db"]).fails(2, &["\"default\""]);
    place.talk(&["add", "1", "1", "--dir", "no-such-directory"]).fails(2, &["no-such-directory", "cannot be opened"]);
    let file = place.file("file", "x");
    place.talk(&["add", "1", "1", "--dir", file.to_str().expect("UTF-8")]).fails(2, &["cannot be opened"]);
    place.talk(&["add", "1", "1", "--isolation", "bogus"]).fails(2, &["bogus", "SERIALIZABLE"]);
    place.talk(&["add", "1", "1", "--durability", "off"]).fails(2, &["off", "full", "normal"]);
    place.talk(&["add", "1", "1", "--timeout", "soon"]).fails(2, &["soon", "500ms"]);
    place.talk(&["add", "1", "1", "--json", "--wave"]).fails(2, &["--wave"]);
    place.sqlservice(&["runn", TALKER]).fails(2, &["run"]);
    assert_eq!(place.sqlservice(&[]).code, 2);
}

#[test]
fn memory_is_limited() {
    let ran = Place::new().talk(&["add", "1", "1", "--memory", "64K"]);
    assert!([3, 5].contains(&ran.code), "{}: {}", ran.code, ran.err);
}
