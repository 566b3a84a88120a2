//! Programs for checks of the project, built if they are missing.

use std::{
    path::PathBuf,
    process::{Child, Command},
};

use anyhow::{Context, Result, bail};

use crate::{
    progress::{note, run_quietly},
    workspace,
};

/// A program of crates.io. It is not a dependency, so it affects neither `Cargo.lock` nor the features of what ships.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    name: &'static str,
    version: &'static str,
    /// Further options of `cargo install`.
    options: &'static [&'static str],
}

/// The dependency checker.
pub const CARGO_DENY: Program = Program { name: "cargo-deny", version: "0.20.2", options: &[] };

/// The renderer of the book, without its web server.
pub const MDBOOK: Program =
    Program { name: "mdbook", version: "0.5.4", options: &["--no-default-features", "--features", "search"] };

/// A program below the target directory, or its running build. The build runs in parallel, as the program is needed late
/// and neither build uses all processors. Dropping it ends the build.
pub struct Installation {
    program: Program,
    build: Option<Child>,
}

impl Installation {
    /// Starts the build if the program is missing.
    pub fn begin(program: Program) -> Result<Self> {
        if program.is_installed() {
            return Ok(Self { program, build: None });
        }
        let Program { name, version, options } = program;
        note(&format!("not installed: {name} {version}; building it beside the rest, once"));
        let mut install = workspace::cargo();
        install.args(["install", name, "--version", version, "--locked", "--debug", "--quiet", "--force"]);
        install.args(options).arg("--root").arg(tools()).arg("--target-dir").arg(tools().join("build"));
        // The program is only run: debug information would cost a third of the build time.
        install.env("CARGO_PROFILE_DEV_DEBUG", "0");
        let build = install.spawn().with_context(|| format!("the build of {name} cannot be started"))?;
        Ok(Self { program, build: Some(build) })
    }

    /// Waits for the build and returns the program's path.
    pub fn program(&mut self) -> Result<PathBuf> {
        if let Some(mut build) = self.build.take() {
            let status = build.wait()?;
            if !status.success() || !self.program.is_installed() {
                let Program { name, version, .. } = self.program;
                bail!("{name} {version} could not be installed ({status}); it says why above");
            }
        }
        Ok(self.program.path())
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut build) = self.build.take() {
            build.kill().ok();
            build.wait().ok();
        }
    }
}

impl Program {
    fn path(self) -> PathBuf {
        tools().join("bin").join(self.name)
    }

    fn is_installed(self) -> bool {
        let said = run_quietly(Command::new(self.path()).arg("--version")).unwrap_or_default();
        said.split_whitespace().nth(1).map(|version| version.trim_start_matches('v')) == Some(self.version)
    }
}

fn tools() -> PathBuf {
    workspace::target().join("tools")
}
