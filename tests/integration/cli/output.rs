//! T-73 and T-79: plugins' output and errors that are endless, or that try to steer the reader's terminal.

use std::{
    io::Read as _,
    process::{Child, Stdio},
    time::Duration,
};

use super::{Place, Ran};

/// The bytes of a page that the component below prints.
const PAGE: usize = 4_096;

/// The allowed peak memory of the command while a plugin prints, in KiB. It includes compiling the plugin.
const ALLOWED: u64 = 192 << 10;

/// Writes a component that prints the number of pages in its argument, and returns its path.
fn printing(place: &Place) -> String {
    let bytes = wat::parse_str(include_str!("../print.wat")).expect("a component");
    place.file("print.wasm", bytes).display().to_string()
}

/// Reads the peak memory of a process in KiB.
fn highest(of: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", of.id())).expect("a system with /proc");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a size")
}

/// T-79: output without a limit is passed on unchanged and complete. The command bounds its buffer, not the amount.
#[test]
fn t79_what_is_let_through_is_passed_on_and_not_kept() {
    const PAGES: usize = 12_800;
    let place = Place::new();
    let component = printing(&place);
    let ran = Ran::of(&mut place.command(&["run", "-q", &component, "run", &PAGES.to_string()]));
    assert_eq!(ran.code, 0);
    let result = format!("{PAGES}\n");
    assert_eq!((ran.out.len(), ran.err.len()), (PAGES * PAGE + result.len(), PAGES * PAGE));
    assert!(ran.out.ends_with(&result));
}

/// T-79: a tenant of a configuration file prints within the default limits, and a message counts the bytes that were dropped.
#[test]
fn t79_a_stranger_prints_no_more_than_it_may() {
    const PAGES: usize = 12_800;
    // The output has no line break, so one line's limit applies to all of it.
    const LINE: usize = 8 << 10;
    let place = Place::new();
    printing(&place);
    let file = "[plugins.print]\ncomponent = 'print.wasm'\n[tenants.acme]\nplugins = ['print']\n";
    place.file("sqlservice.toml", file);
    let configured = ["--config", "sqlservice.toml", "--tenant", "acme"];
    let ran = place.sqlservice(&[&["run", "-q", "print", "run", &PAGES.to_string()], &configured[..]].concat());
    assert_eq!(ran.code, 0, "{} bytes of errors", ran.err.len());
    assert_eq!(ran.out.len(), LINE + format!("{PAGES}\n").len());
    let told = ran.err.trim_start_matches('\0');
    assert_eq!(ran.err.len() - told.len(), LINE);
    let dropped = 2 * (PAGES * PAGE - LINE);
    assert!(told.contains("printed more than it may") && told.contains(&dropped.to_string()), "{told}");
    assert!(told.contains("acme") && told.lines().count() == 1, "{told}");
}

/// T-79: a plugin whose output no process reads waits until its deadline, and its output is not buffered meanwhile.
#[test]
fn t79_output_that_nothing_reads_is_not_kept() {
    let place = Place::new();
    let component = printing(&place);
    let mut command = place.command(&["run", "-q", &component, "run", "1000000", "--timeout", "5m"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("sqlservice starts");
    // The first byte shows that the plugin prints; the pipe buffers some more.
    let mut out = child.stdout.take().expect("its output");
    out.read_exact(&mut [0]).expect("a byte");
    std::thread::sleep(Duration::from_secs(2));
    let (memory, ended) = (highest(&child), child.try_wait().expect("its state"));
    child.kill().expect("it is there");
    child.wait().expect("it ends");
    assert!(ended.is_none(), "four gibibytes went nowhere: {ended:?}");
    assert!(memory < ALLOWED, "{memory} KiB");
}

/// T-73: a plugin's error reaches standard error without characters that steer a terminal or forge one of the command's own lines.
#[test]
fn t73_an_error_of_a_plugin_steers_no_terminal() {
    let place = Place::new();
    for said in [r"!\u{1b}[2J\u{1b}]0;x\u{7}", r"!\u{9b}31m", r"!\u{202e}gpj.exe", r"!\r\u{8}\u{8}x", r"!\u{0}x"] {
        let ran = place.talk(&["echo", &format!("\"{said}\"")]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{said}: {}", ran.err);
        let steers = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!ran.err.contains(steers), "{said}: {:?}", ran.err);
        assert!(ran.err.contains(r"\u{"), "{said} is not shown: {:?}", ran.err);
    }
}

/// T-73: an error of many thousand bytes with format specifiers is printed unchanged and ends the command like any other error.
#[test]
fn t73_a_long_error_of_a_plugin_ends_the_command_as_a_short_one() {
    let place = Place::new();
    let long = format!("!{}", "%s%n{}n".repeat(12_000));
    let ran = place.talk(&["echo", &format!("\"{long}\"")]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains(&long), "{} bytes of {}", ran.err.len(), long.len());
}
