//! The steps of `cargo xtask test`: each can be run on its own.
//!
//! Always the whole workspace, the dev profile and clippy as the compiler of the workspace's crates: cargo then resolves
//! the same features everywhere, what is checked is what is tested, and the sandbox is compiled once.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    thread::available_parallelism,
};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::{
    book, install, languages,
    program::{CARGO_DENY, Installation, MDBOOK},
    progress::{headline, note, run, step},
    servers::{MARIADB_VARIABLE, POSTGRES_VARIABLE, Servers},
    workspace::{cargo, linted, root, target},
};

/// The test runner's own variable for the number of parallel tests.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Step {
    /// Install what is missing: Debian packages of the servers and of Python, Rust's wasm target
    Install,
    /// Cargo.lock is complete, and every crate of it is here for the offline steps
    Lock,
    /// Formatting
    Format,
    /// Tests, programs and guests, compiled by clippy: warnings are errors
    Build,
    /// Guests and plugins in other languages than Rust, whose compilers are installed, and the checks of their SDKs
    Languages,
    /// Licences, sources and duplicate versions of dependencies (cargo-deny, offline, no advisories)
    Deny,
    /// Documentation: its examples run, its warnings are errors
    Doc,
    /// The book: its pages are put together, its links and anchors lead somewhere (mdBook, offline)
    Book,
    /// Statements, models and values at random, for a minute of processor time
    Fuzz,
    /// Every test, on SQLite, PostgreSQL and MariaDB
    Test,
}

impl Step {
    /// All steps, in their order: fast checks come first.
    pub const ALL: [Self; 10] = [
        Self::Install,
        Self::Lock,
        Self::Format,
        Self::Build,
        Self::Languages,
        Self::Deny,
        Self::Doc,
        Self::Book,
        Self::Fuzz,
        Self::Test,
    ];
    /// The steps that need no server.
    pub const LINTS: [Self; 7] =
        [Self::Lock, Self::Format, Self::Build, Self::Languages, Self::Deny, Self::Doc, Self::Book];

    /// Runs some steps, in their order. `arguments` go to the test runner.
    pub fn run_all(steps: &[Self], arguments: &[String]) -> Result<()> {
        let begun =
            |step, program| if steps.contains(&step) { Installation::begin(program).map(Some) } else { Ok(None) };
        let (cargo_deny, mdbook) = (begun(Self::Deny, CARGO_DENY)?, begun(Self::Book, MDBOOK)?);
        let mut programs = Programs { cargo_deny, mdbook };
        steps.iter().try_for_each(|step| step.run(arguments, &mut programs))
    }

    fn run(self, arguments: &[String], programs: &mut Programs) -> Result<()> {
        match self {
            Self::Install => step("install: servers, Python, wasm target", || {
                install::server_packages()?;
                install::python()?;
                install::guest_target()
            }),
            Self::Lock => {
                step("lock: Cargo.lock is complete, all crates are here", || run(cargo().args(["fetch", "--locked"])))
            }
            Self::Format => step("format: cargo fmt --check", || run(cargo().args(["fmt", "--all", "--check"]))),
            Self::Deny => {
                step("deny: licences, sources, duplicate versions", || deny(&program(&mut programs.cargo_deny)?))
            }
            Self::Build => step("build: tests, programs, guests, no warnings", build),
            Self::Languages => step("languages: guests, formatting, lints, types, tests of their own", || {
                install::python()?;
                languages::check(&languages::build_all()?)
            }),
            Self::Doc => step("doc: examples, no warnings", doc),
            Self::Book => step("book: pages, links, anchors", || book::build(&program(&mut programs.mdbook)?)),
            Self::Fuzz => step("fuzz: statements, models and values at random", fuzz),
            Self::Test => test(arguments),
        }
    }
}

/// The programs of the selected steps.
struct Programs {
    cargo_deny: Option<Installation>,
    mdbook: Option<Installation>,
}

/// The program of an installation that was begun.
fn program(begun: &mut Option<Installation>) -> Result<PathBuf> {
    begun.as_mut().context("the build of this step's program was not begun")?.program()
}

fn deny(program: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.current_dir(root()).args(["--offline", "--locked", "--workspace", "check", "--hide-inclusion-graph"]);
    command.args(["-D", "unnecessary-skip", "-D", "unmatched-skip"]);
    run(command.args(["licenses", "sources", "bans"]))
}

/// Runs the fuzz targets of the statement crate, each on a processor of its own for its share of the minute. A failure
/// prints the seed that reproduces it.
fn fuzz() -> Result<()> {
    let processors = available_parallelism().map_or(1, |processors| processors.get());
    let mut command = linted();
    command.args(["test", "--workspace", "--test", "fuzz", "--", &format!("--test-threads={processors}")]);
    run(command.env("SQLSERVICE_FUZZ_SECONDS", "60"))
}

fn build() -> Result<()> {
    install::guest_target()?;
    run(linted().args(["test", "--workspace", "--no-run"]))?;
    run(linted().args(["build", "--workspace", "--bins"]))
}

/// Builds every crate's documentation with the command that runs its examples, from what was compiled for the tests:
/// `cargo doc` would check the whole sandbox again.
fn doc() -> Result<()> {
    let mut command = linted();
    command.env("RUSTDOC", root().join("tests/xtask/rustdoc.sh")).env("SQLSERVICE_DOC", target().join("doc"));
    run(command.args(["test", "--workspace", "--doc"]))
}

/// Starts the servers and runs the tests. Prints nothing after the test runner's last lines.
fn test(arguments: &[String]) -> Result<()> {
    let servers = servers()?;
    headline("test: every test, on SQLite, PostgreSQL and MariaDB");
    if !arguments.is_empty() {
        return run(tests(servers.as_ref()).arg("--").args(arguments));
    }
    // Tests that measure time do not run beside tests that compute for minutes. Both groups run even if the first fails.
    let skipped = HEAVY.iter().flat_map(|name| ["--skip", name]);
    let first = run(tests(servers.as_ref()).arg("--").args(skipped));
    let second = run(tests(servers.as_ref()).arg("--").args(HEAVY));
    first.and(second)
}

/// Parts of the names of tests that build or run code in other languages.
const HEAVY: [&str; 3] = ["languages::", "cli::build::", "readme::every_block_of_the_"];

/// All tests except the examples in documentation, which another step runs.
fn tests(servers: Option<&Servers>) -> Command {
    let mut command = linted();
    command.args(["test", "--workspace", "--no-fail-fast", "--tests"]);
    if let Some(servers) = servers {
        command.env(POSTGRES_VARIABLE, servers.postgres_url()).env(MARIADB_VARIABLE, servers.mariadb_url());
    }
    // Cases wait for servers and for time to pass: one and a half tests per processor keep the processors busy.
    if env::var_os(TEST_THREADS).is_none() {
        let processors = available_parallelism().map_or(1, |processors| processors.get());
        command.env(TEST_THREADS, (processors + processors / 2).to_string());
    }
    command
}

/// Private servers, unless the environment names some, for instance those of `cargo xtask servers`.
fn servers() -> Result<Option<Servers>> {
    if [POSTGRES_VARIABLE, MARIADB_VARIABLE].iter().all(|name| env::var_os(name).is_some()) {
        note(&format!("{POSTGRES_VARIABLE} and {MARIADB_VARIABLE} are set: no servers of our own"));
        return Ok(None);
    }
    step("servers: PostgreSQL and MariaDB", || {
        install::server_packages()?;
        Servers::start().map(Some)
    })
}
