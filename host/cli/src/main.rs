//! The command `sqlservice`: runs, inspects and creates sandboxed plugins that use databases.
// Nothing that a guest sends may end the host. Not `forbid`: clap's derives allow lints for their own code.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::unimplemented,
    clippy::string_slice
)]

mod args;
mod build;
mod cache;
mod check;
mod config;
mod databases;
mod exit;
mod failure;
mod inspect;
mod language;
mod load;
mod log;
mod login;
mod new;
mod notation;
mod output;
mod progress;
mod run;
mod secret;
mod tenant;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    args::{Arguments, Command},
    exit::Exit,
    failure::{Failure, Result},
};

fn main() -> ExitCode {
    sqlservice_host::serve_compile_process();
    let arguments = Arguments::parse();
    log::start(arguments.verbose, arguments.command.echoes());
    let json = arguments.command.speaks_json();
    match execute(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => output::fail(failure, json).into(),
    }
}

fn execute(arguments: Arguments) -> Result<Exit> {
    // The progress line would break up the lines of the log.
    let quiet = arguments.quiet || arguments.verbose > 0;
    match arguments.command {
        Command::Run(run) => runtime()?.block_on(run::run(&run, quiet)),
        Command::Inspect(inspect) => runtime()?.block_on(inspect::inspect(&inspect, quiet)),
        Command::Check(check) => runtime()?.block_on(check::check(&check)),
        Command::Tenant(asked) => runtime()?.block_on(tenant::tenant(&asked)),
        Command::New(new) => new::new(&new),
        Command::Build(build) => build::build(&build, quiet),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Host, format!("the host cannot start: {error}")))
}
