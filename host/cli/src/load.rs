//! Reads and compiles components.

use std::path::Path;

use sqlservice_host::{CompileProcess, Engine, EngineBuilder, EngineLimits, Plugin};

use crate::{failure::Result, output, progress::Progress};

/// Returns the builder of an engine that compiles in a process of its own.
pub(crate) fn engine(limits: EngineLimits) -> EngineBuilder {
    let builder = Engine::builder().limits(limits);
    match CompileProcess::this_program() {
        Ok(process) => builder.compile_apart(process),
        Err(error) => {
            tracing::warn!(%error, "the plugin is compiled in this process, without a limit of time or memory");
            builder
        }
    }
}

/// Loads a component for calls.
pub(crate) fn runnable(engine: &Engine, path: &Path, quiet: bool) -> Result<Plugin> {
    let _progress = compiling(path, quiet);
    Ok(engine.load_file(path)?)
}

/// Compiles a component for inspection, also where the engine lacks some of its imports.
pub(crate) fn any(engine: &Engine, path: &Path, quiet: bool) -> Result<Plugin> {
    let _progress = compiling(path, quiet);
    Ok(engine.compile_file(path)?)
}

fn compiling(path: &Path, quiet: bool) -> Progress {
    Progress::start(format!("compiling {}", title(path)), quiet)
}

/// Returns a component's file name, escaped for the terminal.
pub(crate) fn title(path: &Path) -> String {
    output::harmless(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
}
