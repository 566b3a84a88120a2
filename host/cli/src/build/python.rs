//! Python: a virtual environment with componentize-py, with which the SDK's own builder makes the component.

use std::path::{Path, PathBuf};

use super::{
    Context, Steps,
    project::Project,
    tool::{self, Tool},
    venv,
};
use crate::failure::Result;

/// The pip packages of the SDK's builder.
const PINS: &str = include_str!("../../toolchain/componentize-py.txt");
/// The version of componentize-py, as in the pins.
const COMPONENTIZE: &str = "0.25.1";

/// The oldest Python that the builder runs on. The Python in the component is componentize-py's own.
const OLDEST: [u32; 2] = [3, 11];

/// The build steps for Python.
pub(super) struct Python {
    python: Tool,
    componentize: Tool,
    executable: PathBuf,
}

impl Python {
    /// Finds Python, and installs the builder's packages if they are missing.
    pub(super) fn find(context: &Context) -> Result<Self> {
        let python = venv::python(OLDEST)?;
        // A virtual environment belongs to the Python that made it.
        let pins = format!("{PINS}Python {} {}", python.version, python.path.display());
        let install = |dir: &Path| venv::install(&python, dir, PINS);
        let dir = context.toolchains.provide(context, &format!("componentize-py {COMPONENTIZE}"), &pins, install)?;
        let executable = venv::executable(&dir);
        let path = venv::package(&dir, "componentize_py")?;
        let componentize = Tool { name: "componentize-py", version: COMPONENTIZE.to_owned(), path };
        Ok(Self { python, componentize, executable })
    }
}

impl Steps for Python {
    fn tools(&self) -> Vec<&Tool> {
        vec![&self.python, &self.componentize]
    }

    fn build(&self, context: &Context, project: &Project, made: &Path) -> Result<()> {
        let sdk = project.sdk()?;
        let mut build = tool::command(&self.executable);
        build.args(["-m", "sqlservice_guest.build"]).arg(&project.dir).arg("--out").arg(made);
        build.arg("--wit").arg(project.wit()?).arg("--cache").arg(project.built().join("packages"));
        build.current_dir(&project.dir).env("PYTHONPATH", sdk.join("src"));
        // The same source gives the same component: no random order, no timestamps, no files beside the source.
        build.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1").env("SOURCE_DATE_EPOCH", "315532800");
        build.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        if context.offline {
            build.env("PIP_NO_INDEX", "1");
        }
        let _progress = context.begin(format!("Building {}", project.name));
        tool::compile(&mut build)
    }
}
