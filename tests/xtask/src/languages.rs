//! The SDKs of other languages than Rust: components of them for the tests, and the checks that their own people make.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{
    progress::{note, run, run_quietly},
    workspace::{self, root, target},
};

/// The guests of the list of cases, and the plugins, each of which shows one idea.
pub const PROJECTS: [&str; 13] = [
    "tests/languages/c",
    "tests/languages/go",
    "tests/languages/go/libraries",
    "tests/languages/python",
    "tests/languages/javascript",
    "tests/languages/kysely",
    "tests/languages/hostile-python",
    "tests/languages/hostile-javascript",
    "guest-sdk/python/tests/mistakes",
    "plugins/score",
    "plugins/importer",
    "plugins/seed",
    "plugins/prices",
];

/// What `sqlservice build --json` says.
#[derive(Debug, Deserialize)]
pub struct Built {
    /// The component.
    pub component: PathBuf,
    /// The programs that made it, by their names.
    pub tools: BTreeMap<String, Tool>,
}

/// A program that makes components.
#[derive(Debug, Deserialize)]
pub struct Tool {
    /// Its version.
    pub version: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Makes the component of a project in the workspace, with `sqlservice` as it is built for tests. Where nothing changed since the
/// last time, nothing is done.
pub fn build(project: &str) -> Result<Built> {
    let name = project.replace('/', "-");
    let mut command = Command::new(target().join("debug/sqlservice"));
    command.current_dir(root()).args(["build", project, "--json", "--quiet", "--out"]);
    command.arg(target().join("guests/languages").join(format!("{name}.wasm")));
    let said = run_quietly(&mut command)?;
    serde_json::from_str(&said).with_context(|| format!("`sqlservice build --json` says {said}"))
}

/// Builds every project, and says by what.
pub fn build_all() -> Result<BTreeMap<String, Tool>> {
    run(workspace::linted().args(["build", "--quiet", "--workspace", "--bins"]))?;
    let mut tools = BTreeMap::new();
    for project in PROJECTS {
        let built = build(project)?;
        compile(&built)?;
        let size = fs::metadata(&built.component)?.len() / 1024;
        let by: Vec<String> = built.tools.iter().map(|(name, tool)| format!("{name} {}", tool.version)).collect();
        note(&format!("{project}: {size} KiB, by {}", by.join(", ")));
        tools.extend(built.tools);
    }
    Ok(tools)
}

/// Compiles a component for this machine, and keeps it where tests look for it: they have enough to do at once.
fn compile(built: &Built) -> Result<()> {
    let mut command = Command::new(target().join("debug/sqlservice"));
    command.env("SQLSERVICE_CACHE", target().join("compiled")).arg("inspect").arg(&built.component);
    run_quietly(&mut command).map(drop)
}

/// Runs the checks of each SDK: formatting, lints, types, tests of pure code.
pub fn check(tools: &BTreeMap<String, Tool>) -> Result<()> {
    let tool =
        |name: &str| tools.get(name).map(|tool| tool.path.as_path()).with_context(|| format!("{name} was not used"));
    let c = environment("c")?.join("bin/clang-format");
    let command = target().join("debug/sqlservice");
    run(of("c", "sh").arg("check.sh").env("SQLSERVICE", command).env("ZIG", tool("zig")?).env("CLANG_FORMAT", c))?;
    run(of("go", "sh").arg("check.sh").env("GO", tool("go")?))?;
    let python = environment("python")?.join("bin/python");
    run(of("python", python).arg("check/run.py"))?;
    run(npm(tool("Node.js")?, "guest-sdk/javascript")?.args(["run", "--silent", "check"]))
}

/// The npm of a Node.js, in a folder of the project.
pub fn npm(node: &Path, folder: &str) -> Result<Command> {
    // It is a script that finds Node.js by the path.
    let programs = node.parent().context("Node.js lies nowhere")?;
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = env::join_paths(std::iter::once(programs.to_owned()).chain(env::split_paths(&path)))?;
    let mut command = Command::new(programs.join("npm"));
    command.current_dir(root().join(folder)).env("PATH", paths);
    Ok(command)
}

/// A command in the folder of an SDK.
fn of(sdk: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root().join("guest-sdk").join(sdk)).env_remove("VIRTUAL_ENV");
    command
}

/// A place with the programs that an SDK's `check/requirements.txt` names, with the hashes of their packages.
pub fn environment(sdk: &str) -> Result<PathBuf> {
    packages(sdk, &format!("guest-sdk/{sdk}/check/requirements.txt"))
}

/// A place of this name with Python's packages that a file of the project names, with their hashes.
pub fn packages(name: &str, file: &str) -> Result<PathBuf> {
    let wanted = root().join(file);
    let text = fs::read_to_string(&wanted).with_context(|| format!("{} cannot be read", wanted.display()))?;
    let dir = target().join("checks").join(name);
    let mark = dir.join("requirements.txt");
    if fs::read_to_string(&mark).is_ok_and(|had| had == text) {
        return Ok(dir);
    }
    note(&format!("not installed: the packages of {file}; they go to {}", workspace::shown(&dir)));
    run_quietly(Command::new("python3").args(["-I", "-m", "venv", "--clear"]).arg(&dir))?;
    let mut pip = Command::new(dir.join("bin/python"));
    pip.args(["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--only-binary=:all:"]);
    run_quietly(pip.args(["--require-hashes", "-r"]).arg(&wanted))?;
    fs::write(mark, text)?;
    Ok(dir)
}
