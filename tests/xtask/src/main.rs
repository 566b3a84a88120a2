//! `cargo xtask`: the project's own commands.

use std::{path::PathBuf, process::ExitCode, thread};

use clap::{Parser, Subcommand};
use xtask::{
    bench::{Bench, bench},
    demo::demo,
    install,
    progress::{paint, step},
    servers::{MARIADB_VARIABLE, POSTGRES_VARIABLE, Servers},
    steps::Step,
};

/// The project's own commands
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Watch a sandboxed plugin import real data into SQLite and report on it
    #[command(after_help = "Examples:
  cargo xtask demo                      the package database of this Debian machine
  cargo xtask demo --input FILE         a status file of another machine")]
    Demo {
        /// The package database to import, instead of this machine's
        #[arg(long, value_name = "FILE")]
        input: Option<PathBuf>,
    },
    /// Install what is missing, check everything and run every test on three databases
    #[command(after_help = "Examples:
  cargo xtask test                      everything, in the order of the steps above
  cargo xtask test build doc            two steps
  cargo xtask test test -- a02          the tests whose name holds `a02`
  cargo xtask test --without deny       everything but one step")]
    Test {
        /// Only these steps
        #[arg(value_enum, value_name = "STEP")]
        only: Vec<Step>,
        /// Not this step
        #[arg(long, value_enum, value_name = "STEP")]
        without: Vec<Step>,
        /// Arguments for the test runner, such as a part of test names
        #[arg(last = true, value_name = "ARGUMENTS")]
        arguments: Vec<String>,
    },
    /// All checks that need no server: lock, format, build with clippy, languages, deny, doc, book
    Lint,
    /// Make the book in target/book, and check its links
    Book,
    /// Keep the two servers of the tests up, and print how to reach them
    #[command(after_help = "Example:
  cargo xtask servers                   then, in another terminal, paste what it prints and run
  cargo test -p sqlservice-tests a02    as often as you like")]
    Servers,
    /// Measure the same work through a sandboxed guest and without a sandbox
    #[command(after_help = "Examples:
  cargo xtask bench                          everything, on three databases
  cargo xtask bench --sqlite --work read     reading rows of SQLite
  cargo xtask bench --db URL --svg FILE      on a database of yours, with a chart")]
    Bench(Bench),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Demo { input } => demo(input.as_deref()),
        Command::Test { only, without, arguments } => {
            let chosen = |step: &Step| (only.is_empty() || only.contains(step)) && !without.contains(step);
            let steps: Vec<Step> = Step::ALL.into_iter().filter(chosen).collect();
            Step::run_all(&steps, &arguments)
        }
        Command::Lint => Step::run_all(&Step::LINTS, &[]),
        Command::Book => Step::run_all(&[Step::Book], &[]),
        Command::Servers => serve(),
        Command::Bench(asked) => bench(&asked),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error:#}", paint("31;1", "error:"));
            ExitCode::FAILURE
        }
    }
}

/// Serves until the process ends; the servers end with it.
fn serve() -> anyhow::Result<()> {
    let servers = step("servers: PostgreSQL and MariaDB", || {
        install::server_packages()?;
        Servers::start()
    })?;
    println!("export {POSTGRES_VARIABLE}={}", servers.postgres_url());
    println!("export {MARIADB_VARIABLE}={}", servers.mariadb_url());
    eprintln!("    ctrl-c ends them and deletes their data");
    loop {
        thread::park();
    }
}
