//! JavaScript and TypeScript: Node.js with the packages that the SDK pins, by which its own builder makes the component.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Context, Steps, failed,
    project::Project,
    tool::{self, Tool},
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// The oldest version of Node.js that the builder runs on.
const OLDEST: [u32; 1] = [20];

/// What to do where none is good enough.
const HELP: &str = "install Node.js 20 or newer with npm: on Debian and Ubuntu `apt install nodejs npm`, elsewhere from https://nodejs.org";

/// What names the packages in their exact versions, and what pins them by hashes.
const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];

/// What makes components of JavaScript.
pub(super) struct Javascript {
    node: Tool,
    /// Where the packages lie.
    packages: PathBuf,
}

impl Javascript {
    /// Finds Node.js, and installs the packages where they are not there yet.
    pub(super) fn find(context: &Context, project: &Project) -> Result<Self> {
        let node = node()?;
        let pins = pins(&project.sdk()?.join("toolchain"))?;
        let all = pins.join("\n");
        let install = |dir: &Path| install(dir, &pins);
        let packages = context.toolchains.provide(context, "javascript", &all, install)?;
        Ok(Self { node, packages })
    }
}

impl Steps for Javascript {
    fn tools(&self) -> Vec<&Tool> {
        vec![&self.node]
    }

    fn build(&self, context: &Context, project: &Project, made: &Path) -> Result<()> {
        let mut build = self.node.command();
        build.arg(project.sdk()?.join("build.mjs")).arg(&project.dir).arg("--out").arg(made);
        build.current_dir(&project.dir).env("SQLSERVICE_JS_TOOLCHAIN", &self.packages);
        let _progress = context.begin(format!("Building {}", project.name));
        tool::compile(&mut build)
    }
}

/// The machine's Node.js.
fn node() -> Result<Tool> {
    let wrong = |why: String| Failure::new(Exit::Host, why).help(HELP);
    let path = tool::which("node").ok_or_else(|| wrong("Node.js is not on the PATH".to_owned()))?;
    let mut command = tool::command(&path);
    command.arg("--version");
    let said = tool::answer(command).ok_or_else(|| wrong(format!("{} does not run", path.display())))?;
    let node = Tool { name: "Node.js", version: said.trim_start_matches('v').to_owned(), path };
    if node.numbers() < OLDEST.to_vec() {
        return Err(wrong(format!("{} is Node.js {}, which is too old", node.path.display(), node.version)));
    }
    Ok(node)
}

/// The texts of the SDK's manifests.
fn pins(folder: &Path) -> Result<Vec<String>> {
    let read = |name: &&str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| {
            failed(&path, "cannot be read", &error)
                .help("the SDK belongs there; `sqlservice new --language typescript` puts it into a project")
        })
    };
    MANIFESTS.iter().map(read).collect()
}

/// Installs exactly what the lock file says; no package runs a script of its own.
fn install(dir: &Path, pins: &[String]) -> Result<()> {
    for (name, text) in MANIFESTS.iter().zip(pins) {
        let path = dir.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, "cannot be written", &error))?;
    }
    let npm = tool::which("npm").ok_or_else(|| Failure::new(Exit::Host, "npm is not on the PATH").help(HELP))?;
    let mut command = tool::command(npm);
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]).current_dir(dir);
    tool::install(&mut command)
}
