//! Rust: cargo itself tracks changes, and places the component.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value as Json;

use super::{
    Built, Context, failed,
    project::Project,
    tool::{self, Tool},
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// The target of components.
const TARGET: &str = "wasm32-wasip2";

/// Builds with cargo, in the project's own target directory, and copies the component to `out` if it is set.
pub(super) fn build(context: &Context, project: &Project, out: Option<&Path>) -> Result<Built> {
    let cargo = find(project)?;
    context.say(&format!("Found {} {} ({})", cargo.name, cargo.version, cargo.path.display()));
    let said = run(context, project, &cargo)?;
    let (component, anew) = artifact(&said, project).ok_or_else(|| {
        Failure::new(Exit::Component, format!("{} has no library that becomes a component", project.name)).help(
            "Cargo.toml needs `crate-type = [\"cdylib\"]` in [lib]; in a workspace, say the plugin's own directory",
        )
    })?;
    let Some(out) = out else { return Ok(Built { component, tools: vec![cargo], anew }) };
    let copied = out.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(&component, out));
    copied.map_err(|error| failed(out, "cannot be written", &error))?;
    Ok(Built { component: out.to_owned(), tools: vec![cargo], anew })
}

/// Finds the project's cargo: rustup selects the version that the project names.
fn find(project: &Project) -> Result<Tool> {
    let none = || {
        Failure::new(Exit::Host, "cargo is not on the PATH")
            .help("install Rust by rustup, from https://rustup.rs; it fetches the compiler for the sandbox by itself")
    };
    let path = tool::which("cargo").ok_or_else(none)?;
    let mut command = tool::command(&path);
    command.arg("--version").current_dir(&project.dir);
    let said = tool::answer(command).ok_or_else(none)?;
    let version = said.split(' ').nth(1).unwrap_or_default().to_owned();
    Ok(Tool { name: "cargo", version, path })
}

/// Runs cargo, which reports to people on standard error; returns its messages for programs.
fn run(context: &Context, project: &Project, cargo: &Tool) -> Result<String> {
    let mut command = command(context, project, cargo);
    tracing::debug!(?command, "a step of the build");
    let output = command.output().map_err(|error| tool::unusable(&cargo.path, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let failure = Failure::new(Exit::Component, format!("cargo build failed: {}", output.status));
    Err(failure.help("where the target is missing, `rustup target add wasm32-wasip2` in the project installs it"))
}

fn command(context: &Context, project: &Project, cargo: &Tool) -> Command {
    let mut command = cargo.command();
    command.args(["build", "--release", "--target", TARGET, "--message-format=json-render-diagnostics"]);
    for (wanted, option) in [(context.offline, "--offline"), (context.quiet, "--quiet")] {
        if wanted {
            command.arg(option);
        }
    }
    command.current_dir(&project.dir).stderr(Stdio::inherit());
    command
}

/// Finds the component in cargo's messages, and whether it was built now.
fn artifact(said: &str, project: &Project) -> Option<(PathBuf, bool)> {
    let manifest = project.dir.join("Cargo.toml");
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let mut ours = messages.filter(|message| {
        message["reason"] == "compiler-artifact"
            && message["manifest_path"].as_str().is_some_and(|it| manifest == Path::new(it))
    });
    ours.find_map(|message| {
        let files = message["filenames"].as_array()?;
        let component = files.iter().filter_map(Json::as_str).find(|file| file.ends_with(".wasm"))?;
        Some((component.into(), message["fresh"] == false))
    })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Project, artifact};
    use crate::language::Language;

    #[test]
    fn the_component_is_the_projects_own() {
        let project = Project { dir: "/p".into(), language: Language::Rust, name: "a".to_owned() };
        let line = |manifest: &str, file: &str, fresh: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"{manifest}","filenames":["{file}"],"fresh":{fresh}}}"#
            )
        };
        let said = [
            line("/other/Cargo.toml", "/t/other.wasm", false),
            line("/p/Cargo.toml", "/t/build-script", false),
            line("/p/Cargo.toml", "/t/a.wasm", true),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        assert_eq!(artifact(&said.join("\n"), &project), Some((PathBuf::from("/t/a.wasm"), false)));
        assert_eq!(artifact(&said[..2].join("\n"), &project), None);
        assert_eq!(artifact("", &Project { dir: Path::new("/p").into(), ..project }), None);
    }
}
