//! The demonstration: a sandboxed plugin imports this machine's package database into SQLite and reports on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    install,
    progress::{headline, run, run_quietly, step},
    workspace::{cargo, shown, target},
};

/// The package database of a Debian machine.
const STATUS: &str = "/var/lib/dpkg/status";

/// Imports a status file, by default this machine's, and prints the report.
pub fn demo(input: Option<&Path>) -> Result<()> {
    let input = status_file(input)?;
    let component = step("build: the plugin, for the sandbox", build_plugin)?;
    let program = step("build: the command line", build_program)?;
    let dir = target().join("demo");
    fs::create_dir_all(&dir)?;
    let database = dir.join("inventory.db");
    for name in ["inventory.db", "inventory.db-wal", "inventory.db-shm"] {
        fs::remove_file(dir.join(name)).ok();
    }
    let grant = format!("default=sqlite://{}", database.display());
    let folder = input.parent().context("the input is in no folder")?;
    let name = input.file_name().and_then(|name| name.to_str()).context("the input's name is not UTF-8")?;
    let sqlservice = |function: &str| {
        let mut command = Command::new(&program);
        command.arg("run").arg(&component).arg(function);
        command
    };
    step(&format!("import: {} into {}", shown(&input), shown(&database)), || {
        let mut command = sqlservice("import-status");
        command.arg(wave_string(&format!("/input/{name}"))).args(["--database", &grant]);
        run(command.arg("--dir").arg(format!("{}::/input", folder.display())))
    })?;
    // The report is granted the database and no folder. It is the last output.
    headline("report");
    run(sqlservice("report").args(["--database", &grant]))
}

fn status_file(input: Option<&Path>) -> Result<PathBuf> {
    let path = input.unwrap_or(Path::new(STATUS));
    if input.is_none() && !path.is_file() {
        bail!("this is no Debian machine: name a status file of one with --input FILE");
    }
    path.canonicalize().with_context(|| format!("{} cannot be read", path.display()))
}

/// Builds the plugin in the tests' target directory, so that nothing is compiled twice.
fn build_plugin() -> Result<PathBuf> {
    install::guest_target()?;
    let dir = target().join("guests");
    let mut command = cargo();
    command.args([
        "build",
        "--package",
        "plugin-inventory",
        "--lib",
        "--target",
        "wasm32-wasip2",
        "--profile",
        "guest",
    ]);
    run(command.arg("--target-dir").arg(&dir))?;
    Ok(dir.join("wasm32-wasip2/guest/plugin_inventory.wasm"))
}

fn build_program() -> Result<PathBuf> {
    // `--workspace` only selects the same features, see `steps`; one program is built.
    run(cargo().args(["build", "--workspace", "--bin", "sqlservice"]))?;
    let program = target().join("debug/sqlservice");
    run_quietly(Command::new(&program).arg("--version"))?;
    Ok(program)
}

/// A string in WAVE notation.
fn wave_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
