//! The embedding example of the README, run as a program.

use std::process::Command;

use sqlservice_tests::component;

#[test]
fn the_embedding_example_calls_a_plugin() {
    let mut build = xtask::workspace::cargo();
    build.args(["build", "--quiet", "--workspace", "--example", "embed"]);
    xtask::progress::run_quietly(&mut build).expect("the example builds");
    let program = xtask::workspace::target().join("debug/examples/embed");
    let output = Command::new(program).arg(component::PLUGIN_USERS).output().expect("the example runs");
    let [printed, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{printed}{errors}");
    assert!(printed.starts_with("ok(") && printed.contains("\"ed\""), "{printed}");
}
