//! JavaScript and TypeScript: Node.js and the project's packages, with which the SDK's own builder makes the component.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    Context, Steps, failed,
    inputs::hex,
    node::Node,
    project::Project,
    qjs,
    tool::{self, Tool},
};
use crate::failure::Result;

/// The build steps for JavaScript and TypeScript.
pub(super) struct Javascript {
    node: Node,
    /// The program that makes a component from one file of JavaScript.
    componentize: Tool,
}

impl Javascript {
    /// Finds Node.js and the program that makes components, and installs missing tools and the project's packages.
    pub(super) fn find(context: &Context, project: &Project) -> Result<Self> {
        let node = Node::find(context)?;
        let componentize = qjs::find(context)?;
        install(context, project, &node)?;
        Ok(Self { node, componentize })
    }
}

impl Steps for Javascript {
    fn tools(&self) -> Vec<&Tool> {
        vec![&self.node.node, &self.componentize]
    }

    fn build(&self, context: &Context, project: &Project, made: &Path) -> Result<()> {
        let scratch = project.scratch("bindings")?;
        let mut build = self.node.node.command();
        build.arg(project.sdk()?.join("build/build.mjs")).arg(&project.dir).arg("--out").arg(made);
        build.arg("--wit").arg(project.wit()?).arg("--keep").arg(scratch);
        build.current_dir(&project.dir).env("COMPONENTIZE_QJS", &self.componentize.path);
        let _progress = context.begin(format!("Building {}", project.name));
        tool::compile(&mut build)
    }
}

/// Installs the packages of a project. npm installs those of an SDK inside the project with the project's own, but not those of an SDK
/// elsewhere.
fn install(context: &Context, project: &Project, node: &Node) -> Result<()> {
    let sdk = project.sdk()?;
    if !sdk.starts_with(&project.dir) {
        let _lock = context.toolchains.lock(context, "javascript", "installs the packages of an SDK")?;
        install_in(context, node, &sdk, &[])?;
    }
    install_in(context, node, &project.dir, &[sdk.join("package.json")])
}

/// Installs the packages of a directory, if its manifests changed. No package may run scripts.
fn install_in(context: &Context, node: &Node, dir: &Path, more: &[PathBuf]) -> Result<()> {
    let mark = dir.join("node_modules/.sqlservice");
    if fs::read_to_string(&mark).is_ok_and(|kept| kept == asked(dir, more)) {
        return Ok(());
    }
    let _progress = context.begin(format!("Installing the packages of {}", dir.join("package.json").display()));
    let mut command = node.npm();
    // With a lock file npm installs exactly its versions; without one npm writes it.
    command.arg(if dir.join("package-lock.json").is_file() { "ci" } else { "install" });
    command.args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]);
    if context.offline {
        command.arg("--offline");
    }
    tool::install(command.current_dir(dir))?;
    fs::write(&mark, asked(dir, more)).map_err(|error| failed(&mark, "cannot be written", &error))
}

/// Returns the hashes of the files that determine the packages: the manifest, the lock file and further files.
fn asked(dir: &Path, more: &[PathBuf]) -> String {
    let own = ["package.json", "package-lock.json"].map(|name| dir.join(name));
    let hash = |file: &PathBuf| hex(&Sha256::digest(fs::read(file).unwrap_or_default()));
    own.iter().chain(more).map(hash).collect::<Vec<_>>().join("\n")
}
