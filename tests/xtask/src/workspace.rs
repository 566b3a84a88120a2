//! Where things lie: the workspace's root, its target directory, and the cargo that builds it.

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

/// The target directory, as cargo chooses it.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Says to those that a linted cargo starts, tests above all, that their own builds are to be the same: others would compile
/// everything of ours once more.
const LINTED: &str = "SQLSERVICE_LINTED";

/// A cargo of the same toolchain, in the root.
pub fn cargo() -> Command {
    if env::var_os(LINTED).is_some() { linted() } else { plain() }
}

/// A cargo that lets clippy compile our own crates, with everything that others made as cargo has it: warnings are errors. What
/// `cargo clippy` does, but for what is run, too: it would check all of the sandbox first, for nothing.
pub fn linted() -> Command {
    let mut command = plain();
    command.args(["--config", "build.rustc-workspace-wrapper = 'clippy-driver'"]);
    command.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__").env(LINTED, "1");
    command
}

fn plain() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root());
    // What the cargo that started us says about xtask would be wrong about any other package.
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let about_us = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") || text == "CARGO_BIN_NAME";
        if about_us || text == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(&name);
        }
    }
    command
}

/// A path as people like to read it: relative to the root where it lies in it.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
