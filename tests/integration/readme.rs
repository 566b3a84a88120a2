//! Every README: what a stranger copies from it works, because each code block is run or compared with what is compiled.
//!
//! - `sh` blocks run one after the other in a clean directory that holds the built components, with `sqlservice` in PATH;
//!   after `<!-- in the project -->` in the project itself.
//! - `text` blocks are what the `sh` block before them prints; a line `…` stands for any lines.
//! - `rust`, `toml` and `wit` blocks follow `<!-- file: PATH -->` and are part of that file: of one that an `sh` block
//!   made, or of one of the project, where it is compiled.

mod block;
mod capabilities;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use block::{Block, blocks};
use sqlservice_tests::{component, source};
use tempfile::TempDir;

/// The command that a block shows and that is running right now.
const THE_TESTS: &str = "cargo xtask test";

#[test]
fn every_block_of_the_readme_works() {
    check("README.md");
}

#[test]
fn every_block_of_the_plugins_readmes_works() {
    for file in source::all() {
        if file.path.starts_with("plugins/") && file.path.ends_with("README.md") {
            assert!(file.text.lines().count() <= 60, "{} is longer than a screen", file.path);
            check(&file.path);
        }
    }
}

#[test]
fn continuous_integration_runs_the_command_of_the_readme() {
    let readme = fs::read_to_string(source::root().join("README.md")).expect("a README");
    assert!(readme.lines().any(|line| line == THE_TESTS), "the README does not say how to run the tests");
    let script = fs::read_to_string(source::root().join(".ci/run")).expect("a script");
    assert!(script.contains(&format!("exec {THE_TESTS}")), ".ci/run runs something else");
}

/// Runs and compares the blocks of one README.
fn check(readme: &str) {
    let text = fs::read_to_string(source::root().join(readme)).expect("a README");
    let dir = clean_directory();
    let mut printed = String::new();
    let mut turn = None;
    for block in blocks(&text) {
        if turn.is_none() && block.text.contains("sqlservice new") {
            turn = Some(building());
        }
        let place = format!("{readme}:{}", block.line);
        match block.language.as_str() {
            "sh" => printed = run(&block, dir.path(), &place),
            "text" => compare_output(&block.text, &printed, &place),
            "rust" | "toml" | "wit" => compare_file(&block, dir.path(), &place),
            other => panic!("{place}: a code block in {other:?} is run by no test"),
        }
    }
}

/// A directory as a user has it: components to run, and nothing else.
fn clean_directory() -> TempDir {
    let dir = TempDir::new().expect("a directory");
    for (_, file) in component::ALL {
        let file = Path::new(file);
        fs::copy(file, dir.path().join(file.file_name().expect("a name"))).expect("a component");
    }
    dir
}

/// Runs an `sh` block and returns what it prints.
fn run(block: &Block, dir: &Path, place: &str) -> String {
    let in_project = block.note == "in the project";
    // It cannot run itself; `continuous_integration_runs_the_command_of_the_readme` holds it.
    let script: String = block.text.lines().filter(|line| *line != THE_TESTS).map(|line| format!("{line}\n")).collect();
    if script.trim().is_empty() {
        return String::new();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = env::join_paths(std::iter::once(programs().to_owned()).chain(env::split_paths(&path))).expect("a PATH");
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", &script])
        .env("PATH", paths)
        .env("NO_COLOR", "1")
        .env("SQLSERVICE_CACHE", cache())
        .stdin(Stdio::null());
    command.current_dir(if in_project { source::root() } else { dir });
    if !in_project {
        // A project that a block makes builds where it always finds its dependencies built, not beside our own.
        command.env_remove("CARGO_TARGET_DIR").env("CARGO_BUILD_BUILD_DIR", xtask::workspace::target().join("readme"));
    }
    let output = command.output().expect("bash runs");
    let [printed, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{place}: {}\n{script}\n{printed}{errors}", output.status);
    printed
}

/// Where `sqlservice` lies, freshly built as the tests build it.
pub(crate) fn programs() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let mut build = xtask::workspace::cargo();
        build.args(["build", "--quiet", "--workspace", "--bin", "sqlservice"]);
        xtask::progress::run_quietly(&mut build).expect("the command line builds");
        xtask::workspace::target().join("debug")
    })
}

/// The turn of one test to make projects and to build them. All projects are built in one directory, where cargo tells the SDKs
/// of two of them apart by nothing but the time at which their files were written; and a compiled SDK needs its files.
pub(crate) fn building() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed leaves nothing behind that another one needs.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the command keeps compiled plugins in tests.
pub(crate) fn cache() -> PathBuf {
    xtask::workspace::target().join("compiled")
}

fn compare_output(expected: &str, printed: &str, place: &str) {
    let mut lines = printed.lines().map(str::trim_end);
    let mut may_skip = false;
    for wanted in expected.lines().map(str::trim_end) {
        if wanted.trim() == "…" {
            may_skip = true;
            continue;
        }
        let found = if may_skip { lines.any(|line| line == wanted) } else { lines.next() == Some(wanted) };
        assert!(found, "{place}: the block before it does not print {wanted:?}, but:\n{printed}");
        may_skip = false;
    }
}

fn compare_file(block: &Block, dir: &Path, place: &str) {
    let path =
        block.note.strip_prefix("file: ").unwrap_or_else(|| panic!("{place}: no `<!-- file: PATH -->` above it"));
    let made = fs::read_to_string(dir.join(path));
    let content = made.or_else(|_| fs::read_to_string(source::root().join(path)));
    let content = content.unwrap_or_else(|error| panic!("{place}: {path}: {error}"));
    assert!(
        dedented(&content).contains(&dedented(&block.text)),
        "{place}: this is not part of {path}, which says:\n{content}"
    );
}

/// Lines without the space around them: a block may show the inside of a function.
fn dedented(text: &str) -> String {
    text.trim().lines().map(|line| format!("{}\n", line.trim())).collect()
}
