//! componentize-qjs, which makes components from JavaScript. No registry has it compiled, so cargo compiles it once per machine.

use std::{env, fs, path::Path};

use super::{
    Context, failed,
    tool::{self, Tool},
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// The environment variable that names the program, where a machine has it.
const VARIABLE: &str = "COMPONENTIZE_QJS";
/// Its version. Older ones cannot link asynchronous functions of a host.
const VERSION: &str = "0.5.0";
/// The version of Rust that compiles it.
const RUST: &str = "1.97.0";

/// The help where Rust is missing.
const HELP: &str = "install Rust by rustup, from https://rustup.rs: componentize-qjs is compiled by it, once a machine; \
    or name the program in the environment variable COMPONENTIZE_QJS";

/// Returns the program that the environment names, else the installed one.
pub(super) fn find(context: &Context) -> Result<Tool> {
    let tool = |version: &str, path| Tool { name: "componentize-qjs", version: version.to_owned(), path };
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(tool(&format!("of {VARIABLE}"), path.into()));
    }
    let pins = format!("componentize-qjs-cli {VERSION}, Rust {RUST}");
    let title = format!("componentize-qjs {VERSION}");
    let dir = context.toolchains.provide(context, &title, &pins, |dir| install(context, dir))?;
    Ok(tool(VERSION, dir.join("bin").join(format!("componentize-qjs{}", env::consts::EXE_SUFFIX))))
}

/// Compiles and installs it. Its own release settings would compile several times as long, for a program that runs for a second.
fn install(context: &Context, dir: &Path) -> Result<()> {
    let cargo = tool::which("cargo").ok_or_else(|| Failure::new(Exit::Host, "cargo is not on the PATH").help(HELP))?;
    context.say("It is compiled from its source, which takes some minutes, once");
    let target = dir.join("target");
    let mut command = tool::command(&cargo);
    if let Some(rustup) = tool::which("rustup") {
        let mut toolchain = tool::command(rustup);
        tool::install(toolchain.args(["toolchain", "install", RUST, "--profile", "minimal", "--no-self-update"]))?;
        command.arg(format!("+{RUST}"));
    }
    command.args(["install", "componentize-qjs-cli", "--locked", "--version", VERSION, "--root"]).arg(dir);
    command.env("CARGO_TARGET_DIR", &target).env_remove("RUSTUP_TOOLCHAIN").current_dir(dir);
    for (name, value) in [("LTO", "off"), ("OPT_LEVEL", "1"), ("CODEGEN_UNITS", "16")] {
        command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    tool::install(&mut command)?;
    fs::remove_dir_all(&target).map_err(|error| failed(&target, "cannot be removed", &error))
}
