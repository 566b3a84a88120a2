//! Paths of the workspace: its root, its target directory, and the cargo that builds it.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// The workspace's root.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// The target directory that cargo uses.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Tells processes started by a linted cargo, above all tests, to build with clippy too: a plain build would compile the
/// workspace's crates once more.
const LINTED: &str = "SQLSERVICE_LINTED";

/// A cargo command of the same toolchain, in the root.
pub fn cargo() -> Command {
    if env::var_os(LINTED).is_some() { linted() } else { plain() }
}

/// A cargo command that compiles the workspace's crates with clippy, and dependencies with rustc: warnings are errors. It
/// is like `cargo clippy`, but its output can be run: `cargo clippy` would first check the whole sandbox for nothing.
pub fn linted() -> Command {
    let mut command = plain();
    command.args(["--config", "build.rustc-workspace-wrapper = 'clippy-driver'"]);
    command.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__").env(LINTED, "1");
    command
}

fn plain() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root());
    // The variables that the parent cargo set for xtask would be wrong for any other package.
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let about_us = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") || text == "CARGO_BIN_NAME";
        if about_us || text == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(&name);
        }
    }
    command
}

/// A path for display: relative to the root if it is below it.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
