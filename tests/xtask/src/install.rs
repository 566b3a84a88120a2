//! Installs what a fresh machine lacks, and reports what it cannot install.

use std::{env, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    progress::{note, run, run_quietly},
    servers, workspace,
};

/// The compile target of guests.
const GUEST_TARGET: &str = "wasm32-wasip2";

/// Debian packages of the servers.
pub fn server_packages() -> Result<()> {
    packages(servers::missing_packages)
}

/// Debian packages of Python, which installs compilers of other languages.
pub fn python() -> Result<()> {
    packages(|| {
        let able = run_quietly(Command::new("python3").args(["-I", "-c", "import ensurepip, venv"])).is_ok();
        if able { Vec::new() } else { vec!["python3", "python3-venv"] }
    })
}

/// Installs Debian packages if any is missing.
fn packages(missing: impl Fn() -> Vec<&'static str>) -> Result<()> {
    let wanted = missing();
    if wanted.is_empty() {
        return Ok(());
    }
    let names = wanted.join(" ");
    note(&format!("not installed: {names}"));
    let by_hand = format!("install them yourself, on Debian: sudo apt-get install {names}");
    let (Some(mut update), Some(mut install)) = (apt(), apt()) else {
        bail!("this machine lacks {names}, and there is no apt-get that may install them; {by_hand}");
    };
    // A fresh machine often has no package lists, a stale one has old ones; without a network the old ones may suffice.
    if let Err(error) = run_quietly(update.args(["update", "-q"])) {
        note(&format!("the package lists could not be updated: {error:#}"));
    }
    install.args(["install", "-y", "-q", "--no-install-recommends"]).args(&wanted);
    run_quietly(&mut install).with_context(|| format!("{names} could not be installed; {by_hand}"))?;
    match missing().as_slice() {
        [] => Ok(()),
        still => bail!("{} could not be found after its installation", still.join(" ")),
    }
}

/// An apt-get command with the right to install: as root, or by sudo without a password.
fn apt() -> Option<Command> {
    run_quietly(Command::new("apt-get").arg("--version")).ok()?;
    let root = run_quietly(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if root {
        Command::new("apt-get")
    } else {
        run_quietly(Command::new("sudo").args(["-n", "true"])).ok()?;
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Some(command)
}

/// Installs the guests' target. rustup does so by `rust-toolchain.toml`, unless automatic installation is off.
pub fn guest_target() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let installed = || -> Result<bool> {
        let mut command = Command::new(&rustc);
        command.current_dir(workspace::root()).args(["--print", "target-libdir", "--target", GUEST_TARGET]);
        Ok(PathBuf::from(run_quietly(&mut command)?.trim()).is_dir())
    };
    if installed()? {
        return Ok(());
    }
    note(&format!("not installed: Rust's target {GUEST_TARGET}"));
    run(Command::new("rustup").current_dir(workspace::root()).args(["target", "add", GUEST_TARGET])).with_context(
        || format!("Rust's target {GUEST_TARGET} is missing; install it: rustup target add {GUEST_TARGET}"),
    )?;
    if installed()? { Ok(()) } else { bail!("Rust's target {GUEST_TARGET} is still missing after its installation") }
}
