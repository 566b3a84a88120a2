//! `sqlservice build`: makes a component from a plugin project, in any supported language.

mod c;
mod component;
mod go;
mod inputs;
mod javascript;
mod lock;
mod node;
mod project;
mod python;
mod qjs;
mod rust;
mod tool;
mod toolchain;
mod venv;
mod world;

use std::{
    env, fs,
    io::{self, Write as _},
    path::{self, Path, PathBuf},
};

use serde_json::{Map, Value as Json, json};

use crate::{
    args::Build,
    exit::Exit,
    failure::{Failure, Result},
    language::Language,
    notation, output,
    progress::Progress,
};
use inputs::Inputs;
use project::Project;
use tool::Tool;
use toolchain::Toolchains;

/// The folder of a project's build results.
const BUILD: &str = "build";

/// The suffix of a name until the file or directory is complete.
const UNFINISHED: &str = ".unfinished";

/// The toolchains and options of a build.
struct Context {
    toolchains: Toolchains,
    offline: bool,
    quiet: bool,
}

impl Context {
    /// Reports a step, on standard error.
    fn say(&self, what: &str) {
        if !self.quiet {
            // An error is ignored, as nothing is left to report a closed standard error to.
            let _ = writeln!(io::stderr().lock(), "{}", output::harmless(what));
        }
    }

    /// Reports the start of a step that may take long.
    fn begin(&self, what: String) -> Progress {
        self.say(&what);
        Progress::start(what, self.quiet)
    }
}

/// The steps that make a component in one language.
trait Steps {
    /// The programs that the build uses, with the versions that were found.
    fn tools(&self) -> Vec<&Tool>;

    /// Makes the component at this path, which does not exist yet.
    fn build(&self, context: &Context, project: &Project, component: &Path) -> Result<()>;
}

/// The result of a build.
struct Built {
    component: PathBuf,
    tools: Vec<Tool>,
    /// Whether it was built now, and not before.
    anew: bool,
}

/// Runs `build`.
pub(crate) fn build(asked: &Build, quiet: bool) -> Result<Exit> {
    let project = Project::find(&asked.dir)?;
    let context = Context { toolchains: Toolchains::new(asked.offline)?, offline: asked.offline, quiet };
    context.say(&format!("{} is a plugin in {}", project.name, project.language.title()));
    // The path is made absolute, as programs with another working directory get it, too.
    let out = asked.out.as_ref().map(|out| path::absolute(out).map_err(|error| failed(out, "cannot be used", &error)));
    let out = out.transpose()?;
    let built = if project.language == Language::Rust {
        rust::build(&context, &project, out.as_deref())?
    } else {
        let _lock = alone(&context, &project)?;
        let steps = steps(&context, &project)?;
        let component = out.unwrap_or_else(|| project.built().join(format!("{}.wasm", project.name)));
        make(&context, &project, steps.as_ref(), component, asked.force)?
    };
    tell(asked, &project, &built)
}

/// Waits until no other build of the project runs.
fn alone(context: &Context, project: &Project) -> Result<fs::File> {
    let built = project.built();
    fs::create_dir_all(&built).map_err(|error| failed(&built, "cannot be made", &error))?;
    lock::take(context, &built.join(".lock"), "builds the same project")
}

/// Finds the tools of the language, and installs missing ones.
fn steps(context: &Context, project: &Project) -> Result<Box<dyn Steps>> {
    // Checked first, so that nothing is installed for a project that cannot be built.
    project.wit()?;
    let steps: Box<dyn Steps> = match project.language {
        Language::Python => Box::new(python::Python::find(context)?),
        Language::Typescript | Language::Javascript => Box::new(javascript::Javascript::find(context, project)?),
        Language::Go => Box::new(go::Go::find(context)?),
        Language::C | Language::Rust => Box::new(c::C::find(context)?),
    };
    for tool in steps.tools() {
        context.say(&format!("Found {} {} ({})", tool.name, tool.version, tool.path.display()));
    }
    Ok(steps)
}

/// Makes the component, unless it is up to date and `force` is not set.
fn make(context: &Context, project: &Project, steps: &dyn Steps, component: PathBuf, force: bool) -> Result<Built> {
    let inputs = Inputs::of(project, &steps.tools(), &component);
    let inputs = inputs.map_err(|error| failed(&project.dir, "cannot be read", &error))?;
    let anew = force || !inputs.made(&component);
    if anew {
        write(context, project, steps, &component)?;
        inputs.keep(&component).map_err(|error| failed(&component, "cannot be kept", &error))?;
    } else {
        context.say("Nothing changed since it was built");
    }
    Ok(Built { component, tools: steps.tools().into_iter().cloned().collect(), anew })
}

/// Makes the component. It gets its name when it is complete.
fn write(context: &Context, project: &Project, steps: &dyn Steps, component: &Path) -> Result<()> {
    if let Some(folder) = component.parent() {
        fs::create_dir_all(folder).map_err(|error| failed(folder, "cannot be made", &error))?;
    }
    let unfinished = beside(component, UNFINISHED);
    steps.build(context, project, &unfinished).inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
    fs::rename(&unfinished, component).map_err(|error| failed(component, "cannot be written", &error))
}

/// Prints what was built.
fn tell(asked: &Build, project: &Project, built: &Built) -> Result<Exit> {
    let size =
        fs::metadata(&built.component).map_err(|error| failed(&built.component, "cannot be read", &error))?.len();
    if asked.json {
        let tools: Map<String, Json> = built.tools.iter().map(|tool| (tool.name.to_owned(), described(tool))).collect();
        output::json(&json!({
            "component": built.component,
            "size": size,
            "language": project.language.word(),
            "built": built.anew,
            "tools": tools,
        }))?;
    } else {
        output::text(&format!("{}, {}", short(&built.component).display(), notation::readable(size)))?;
    }
    Ok(Exit::Success)
}

/// Returns a tool as JSON.
fn described(tool: &Tool) -> Json {
    json!({"version": tool.version, "path": tool.path})
}

/// Returns a path relative to the working directory, if it is inside.
fn short(path: &Path) -> &Path {
    let here = env::current_dir().and_then(fs::canonicalize);
    here.ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

/// Returns a path with a suffix on its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the failure of an operation on a file or directory.
fn failed(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Host, format!("{} {what}: {error}", path.display()))
}
