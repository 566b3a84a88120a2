//! Every README and every page of the book: a reader can copy each code block, because it is run or compared with
//! compiled source.
//!
//! - `sh` blocks run one after the other in a clean directory that holds the built components, with `sqlservice` in PATH;
//!   those after `<!-- in the project -->` run in the project itself.
//! - `text` blocks are the output of the `sh` block before them; a line `…` stands for any lines.
//! - Blocks of source in any language follow `<!-- file: PATH -->` and are part of that file: one that an `sh` block
//!   created, or one of the project, which is compiled.

mod block;
mod book;
mod capabilities;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use block::{Block, blocks};
use sqlservice_tests::{
    component,
    source::{self, Source},
};
use tempfile::TempDir;

/// The languages of blocks that are part of a file.
const SOURCES: [&str; 9] = ["c", "go", "javascript", "json", "python", "rust", "toml", "ts", "wit"];

/// The command that runs these tests: a block that shows it does not run it.
const THE_TESTS: &str = "cargo xtask test";

#[test]
fn every_block_of_the_readme_works() {
    let readme = source::all().into_iter().find(|file| file.path == "README.md").expect("a README");
    check(&readme);
}

#[test]
fn every_block_of_the_plugins_readmes_works() {
    for readme in readmes("plugins") {
        short(&readme, 60);
        check(&readme);
    }
}

#[test]
fn every_block_of_the_c_sdks_readme_works() {
    check_sdk("c");
}

#[test]
fn every_block_of_the_go_sdks_readme_works() {
    check_sdk("go");
}

#[test]
fn every_block_of_the_javascript_sdks_readme_works() {
    check_sdk("javascript");
}

#[test]
fn every_block_of_the_python_sdks_readme_works() {
    check_sdk("python");
}

#[test]
fn every_block_of_the_rust_sdks_readme_works() {
    check_sdk("rust");
}

#[test]
fn every_block_of_the_guides_for_plugin_authors_works() {
    check_guides("guest-sdk/guide");
}

#[test]
fn every_block_of_the_guides_for_embedders_and_operators_works() {
    check_guides("host/guide");
}

#[test]
fn every_language_has_a_readme_of_a_screen() {
    let sdks: Vec<String> = readmes("guest-sdk").into_iter().map(|readme| readme.path).collect();
    assert_eq!(sdks, ["c", "go", "javascript", "python", "rust"].map(|sdk| format!("guest-sdk/{sdk}/README.md")));
}

/// Checks the length and the blocks of an SDK's README.
fn check_sdk(sdk: &str) {
    let readme = format!("guest-sdk/{sdk}/README.md");
    let found = readmes("guest-sdk").into_iter().find(|file| file.path == readme).expect("a README");
    short(&found, 100);
    check(&found);
}

/// Checks the blocks of the book's pages in a folder.
fn check_guides(folder: &str) {
    let pages = source::all().into_iter().filter(|file| file.is_in(folder) && file.path.ends_with(".md"));
    assert!(pages.map(|page| check(&page)).count() > 3, "{folder} has pages");
}

/// Returns the READMEs of the direct subfolders of a folder of the project.
fn readmes(folder: &str) -> Vec<Source> {
    let of_a_folder = |file: &Source| {
        let place = file.path.strip_prefix(folder).and_then(|path| path.strip_prefix('/')?.strip_suffix("/README.md"));
        place.is_some_and(|place| !place.contains('/'))
    };
    source::all().into_iter().filter(of_a_folder).collect()
}

/// Fails if a README has more lines than this.
fn short(readme: &Source, lines: usize) {
    assert!(readme.text.lines().count() <= lines, "{} is longer than a screen", readme.path);
}

#[test]
fn continuous_integration_runs_the_command_of_the_readme() {
    let readme = fs::read_to_string(source::root().join("README.md")).expect("a README");
    assert!(readme.lines().any(|line| line == THE_TESTS), "the README does not say how to run the tests");
    let script = fs::read_to_string(source::root().join(".ci/run")).expect("a script");
    assert!(script.contains(&format!("exec {THE_TESTS}")), ".ci/run runs something else");
}

/// Runs and compares the blocks of one page.
fn check(readme: &Source) {
    let dir = clean_directory();
    let mut printed = String::new();
    let mut turn = None;
    for block in blocks(&readme.text) {
        if turn.is_none() && block.text.contains("sqlservice new") {
            turn = Some(building());
        }
        let place = format!("{}:{}", readme.path, block.line);
        match block.language.as_str() {
            "sh" => printed = run(&block, dir.path(), &place),
            "text" => compare_output(&block.text, &printed, &place),
            source if SOURCES.contains(&source) => compare_file(&block, dir.path(), &place),
            other => panic!("{place}: a code block in {other:?} is run by no test"),
        }
    }
}

/// Creates a directory like a user's: components to run, and nothing else.
fn clean_directory() -> TempDir {
    let dir = TempDir::new().expect("a directory");
    for (_, file) in component::ALL {
        let file = Path::new(file);
        fs::copy(file, dir.path().join(file.file_name().expect("a name"))).expect("a component");
    }
    // Readers build a plugin of the project in the project's root.
    std::os::unix::fs::symlink(source::root().join("plugins"), dir.path().join("plugins")).expect("a link");
    dir
}

/// Runs an `sh` block and returns what it prints.
fn run(block: &Block, dir: &Path, place: &str) -> String {
    let in_project = block.note == "in the project";
    // This command cannot run itself; `continuous_integration_runs_the_command_of_the_readme` checks it.
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
        // A project that a block creates builds in a directory of its own, which keeps its compiled dependencies, not beside our builds.
        command.env_remove("CARGO_TARGET_DIR").env("CARGO_BUILD_BUILD_DIR", xtask::workspace::target().join("readme"));
    }
    let output = command.output().expect("bash runs");
    let [printed, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{place}: {}\n{script}\n{printed}{errors}", output.status);
    printed
}

/// The directory of the `sqlservice` binary, which the first call builds as the tests build it.
pub(crate) fn programs() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let mut build = xtask::workspace::cargo();
        build.args(["build", "--quiet", "--workspace", "--bin", "sqlservice"]);
        xtask::progress::run_quietly(&mut build).expect("the command line builds");
        xtask::workspace::target().join("debug")
    })
}

/// Locks the creation and the build of projects, for one test at a time. All projects share a build directory, where cargo
/// distinguishes the SDK copies of two projects by their modification times only; and a compiled SDK needs its files.
pub(crate) fn building() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    // A poisoned lock is no problem: a failed test leaves no state that another test needs.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The command's cache directory of compiled plugins in tests.
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

/// Returns the lines without leading and trailing space, since a block may show the body of a function.
fn dedented(text: &str) -> String {
    text.trim().lines().map(|line| format!("{}\n", line.trim())).collect()
}
