//! The SDKs of languages other than Rust: their components for the tests, and the checks usual in each language.

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

/// The guests for the shared cases, and the plugins, each of which shows one idea.
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

/// The output of `sqlservice build --json`.
#[derive(Debug, Deserialize)]
pub struct Built {
    /// The component.
    pub component: PathBuf,
    /// The programs that built it, by name.
    pub tools: BTreeMap<String, Tool>,
}

/// A program that builds components.
#[derive(Debug, Deserialize)]
pub struct Tool {
    /// Its version.
    pub version: String,
    /// Its path.
    pub path: PathBuf,
}

/// Builds a project's component with the `sqlservice` of the dev profile. It does nothing if the component is up to date.
pub fn build(project: &str) -> Result<Built> {
    let name = project.replace('/', "-");
    let mut command = Command::new(target().join("debug/sqlservice"));
    command.current_dir(root()).args(["build", project, "--json", "--quiet", "--out"]);
    command.arg(target().join("guests/languages").join(format!("{name}.wasm")));
    let said = run_quietly(&mut command)?;
    serde_json::from_str(&said).with_context(|| format!("`sqlservice build --json` says {said}"))
}

/// Builds every project, and reports the tools used.
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

/// Compiles a component for this machine into the tests' cache, to save time during the tests.
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

/// npm of a Node.js installation, in a folder of the project.
pub fn npm(node: &Path, folder: &str) -> Result<Command> {
    // npm is a script that finds Node.js by `PATH`.
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

/// A directory with the programs of an SDK's `check/requirements.txt`, whose packages are pinned by hash.
pub fn environment(sdk: &str) -> Result<PathBuf> {
    packages(sdk, &format!("guest-sdk/{sdk}/check/requirements.txt"))
}

/// A directory of this name with the Python packages of a requirements file, pinned by hash.
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
