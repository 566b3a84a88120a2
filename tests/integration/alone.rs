//! Runs tests that measure their process in separate processes, because other tests allocate memory too.

/// Reads a field of this process's status: KiB for memory, a plain number for counters.
pub fn status(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a system with /proc");
    let line = status.lines().find(|line| line.starts_with(of)).expect("what is asked for");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}

/// Runs a test of this program in its own process and returns its standard output.
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

/// Returns the resident memory of this process in bytes.
pub fn resident() -> u64 {
    status("VmRSS:") * 1_024
}
