//! The checker of dependencies, cargo-deny, which is built where it is missing.

use std::{
    path::PathBuf,
    process::{Child, Command},
};

use anyhow::{Context, Result, bail};

use crate::{
    progress::{note, run_quietly},
    workspace,
};

/// The version that the project checks itself with.
const VERSION: &str = "0.20.2";

/// cargo-deny below the target directory, or the build of it, which runs beside everything else: it is wanted late, and its
/// build and ours leave processors to each other. Dropping it ends the build.
pub struct CargoDeny(Option<Child>);

impl CargoDeny {
    /// Begins to build it where it is missing.
    pub fn begin() -> Result<Self> {
        if is_installed() {
            return Ok(Self(None));
        }
        note(&format!("not installed: cargo-deny {VERSION}; building it beside the rest, once"));
        let mut install = workspace::cargo();
        install.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--quiet", "--force"]);
        install.arg("--root").arg(tools()).arg("--target-dir").arg(tools().join("build"));
        // Whoever only runs it needs no debug information, which costs a third of the time.
        install.env("CARGO_PROFILE_DEV_DEBUG", "0");
        Ok(Self(Some(install.spawn().context("the build of cargo-deny cannot be started")?)))
    }

    /// The program, when it is built.
    pub fn program(&mut self) -> Result<PathBuf> {
        if let Some(mut build) = self.0.take() {
            let status = build.wait()?;
            if !status.success() || !is_installed() {
                bail!("cargo-deny {VERSION} could not be installed ({status}); it says why above");
            }
        }
        Ok(program())
    }
}

impl Drop for CargoDeny {
    fn drop(&mut self) {
        if let Some(mut build) = self.0.take() {
            build.kill().ok();
            build.wait().ok();
        }
    }
}

fn tools() -> PathBuf {
    workspace::target().join("tools")
}

fn program() -> PathBuf {
    tools().join("bin/cargo-deny")
}

fn is_installed() -> bool {
    let said = run_quietly(Command::new(program()).arg("--version")).unwrap_or_default();
    said.split_whitespace().nth(1) == Some(VERSION)
}
