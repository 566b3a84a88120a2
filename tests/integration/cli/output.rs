//! T-73 and T-79: what a plugin prints and says through the command, without an end and to steer who reads it.

use std::{
    io::Read as _,
    process::{Child, Stdio},
    time::Duration,
};

use super::{Place, Ran};

/// Bytes of a page of the component below.
const PAGE: usize = 4_096;

/// What the command may have of memory while a plugin prints, in KiB: it compiles the plugin before.
const ALLOWED: u64 = 192 << 10;

/// A component that prints as many pages as it is told.
fn printing(place: &Place) -> String {
    let bytes = wat::parse_str(include_str!("../print.wat")).expect("a component");
    place.file("print.wasm", bytes).display().to_string()
}

/// The greatest memory that a process had until now, in KiB.
fn highest(of: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", of.id())).expect("a system with /proc");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a size")
}

/// T-79: what is let through comes as it is and whole: the command bounds what it keeps of it, not how much there is.
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

/// T-79: for a tenant of a file, whose limits are for strangers, it is no more than it may be, and how much was dropped is told.
#[test]
fn t79_a_stranger_prints_no_more_than_it_may() {
    const PAGES: usize = 12_800;
    // What is printed has no line's end.
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

/// T-79: one whose output is read by none waits, and is kept in no memory meanwhile; its time ends it.
#[test]
fn t79_output_that_nothing_reads_is_not_kept() {
    let place = Place::new();
    let component = printing(&place);
    let mut command = place.command(&["run", "-q", &component, "run", "1000000", "--timeout", "5m"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("sqlservice starts");
    // It has begun to print when the first byte is there; a pipe has room for some more.
    let mut out = child.stdout.take().expect("its output");
    out.read_exact(&mut [0]).expect("a byte");
    std::thread::sleep(Duration::from_secs(2));
    let (memory, ended) = (highest(&child), child.try_wait().expect("its state"));
    child.kill().expect("it is there");
    child.wait().expect("it ends");
    assert!(ended.is_none(), "four gibibytes went nowhere: {ended:?}");
    assert!(memory < ALLOWED, "{memory} KiB");
}

/// T-73: an error of a plugin's is told on standard error without what would steer a terminal or forge a line of the command's own.
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

/// T-73: an error of many thousand bytes, with what a format could take for its own, is told as it is and ends the command as any.
#[test]
fn t73_a_long_error_of_a_plugin_ends_the_command_as_a_short_one() {
    let place = Place::new();
    let long = format!("!{}", "%s%n{}n".repeat(12_000));
    let ran = place.talk(&["echo", &format!("\"{long}\"")]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains(&long), "{} bytes of {}", ran.err.len(), long.len());
}
