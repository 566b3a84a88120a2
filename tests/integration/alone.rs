//! Tests that measure their process, each in a process of its own, as other tests take memory too.

/// A line of this process's status: in KiB where it is memory, a number where it counts.
pub fn status(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a system with /proc");
    let line = status.lines().find(|line| line.starts_with(of)).expect("what is asked for");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}

/// Runs a test of this program in a process of its own, and gives what it printed.
pub fn alone(test: &str) -> String {
    let program = std::env::current_exe().expect("this program");
    let mut command = std::process::Command::new(program);
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.env("SQLSERVICE_TEST_POSTGRES", sqlservice_tests::servers::postgres());
    command.env("SQLSERVICE_TEST_MARIADB", sqlservice_tests::servers::mariadb());
    let output = command.output().expect("this program again");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{said}");
    said
}

/// How many bytes of memory this process has.
pub fn resident() -> u64 {
    status("VmRSS:") * 1_024
}
