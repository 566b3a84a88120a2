//! Decides whether a component is up to date: the hash of the files that it was built from is kept beside it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{BUILD, beside, project::Project, tool::Tool};

/// Folders without sources at the top of a project.
const BUILT: [&str; 4] = [BUILD, "dist", "target", "venv"];
/// The same at the top of another package, whose `build` or `dist` can be what it exports.
const FOREIGN: [&str; 2] = ["target", "venv"];
/// The same at any depth.
const CACHED: [&str; 2] = ["node_modules", "__pycache__"];

/// A file that a build generates, and that its language wants beside the sources.
const GENERATED: &str = "sqlservice_gen.go";

/// The hash of everything that a component is built from: each file of its project and of packages in other directories, and the tools.
pub(super) struct Inputs(String);

impl Inputs {
    /// Hashes the current state of a project, without the component that is built from it.
    pub(super) fn of(project: &Project, tools: &[&Tool], component: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        // The SDK, the contract and other packages, if they are not in the project. The build itself reports missing ones.
        let shared = [project.sdk().ok(), project.wit().ok()].into_iter().flatten();
        for folder in shared.filter(|folder| !folder.starts_with(&project.dir)).chain(project.local_packages()) {
            collect(&folder, &FOREIGN, &mut files)?;
        }
        // A project can be in one of these packages.
        files.retain(|file| !file.starts_with(&project.dir));
        collect(&project.dir, &BUILT, &mut files)?;
        let component = resolved(component)?;
        files.retain(|file| *file != component && *file != kept(&component));
        files.sort();
        files.dedup();
        let mut hash = Sha256::new();
        part(&mut hash, env!("CARGO_PKG_VERSION").as_bytes());
        for tool in tools {
            part(&mut hash, format!("{} {}", tool.name, tool.version).as_bytes());
        }
        for file in files {
            let name = file.strip_prefix(&project.dir).unwrap_or(&file);
            part(&mut hash, name.as_os_str().as_encoded_bytes());
            part(&mut hash, &fs::read(&file)?);
        }
        Ok(Self(hex(&hash.finalize())))
    }

    /// Whether this component was built from these inputs, and was not changed since.
    pub(super) fn made(&self, component: &Path) -> bool {
        let kept = fs::read_to_string(kept(component));
        kept.is_ok_and(|kept| self.line(component).is_ok_and(|line| kept == line))
    }

    /// Records that this component was built from these inputs.
    pub(super) fn keep(&self, component: &Path) -> io::Result<()> {
        fs::write(kept(component), self.line(component)?)
    }

    /// Returns the hashes of the inputs and of the component, as kept.
    fn line(&self, component: &Path) -> io::Result<String> {
        Ok(format!("inputs {}\ncomponent {}\n", self.0, hex(&Sha256::digest(fs::read(component)?))))
    }
}

/// Returns the path of a component without links and `..`, though it need not exist yet.
fn resolved(component: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(component)?;
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    Ok(folder.zip(path.file_name()).map_or_else(|| path.clone(), |(folder, name)| folder.join(name)))
}

/// The file of a component's hashes.
fn kept(component: &Path) -> PathBuf {
    beside(component, ".inputs")
}

/// Adds bytes with their length, so that parts cannot run into each other.
fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

/// Collects the files of a directory that may be sources, without the folders `left_out` at its top.
fn collect(dir: &Path, left_out: &[&str], files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && !left_out.contains(&name.as_ref()) && !CACHED.contains(&name.as_ref()) {
                collect(&entry.path(), &[], files)?;
            }
        } else if entry.path().is_file() && !is_made(&name) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Whether a file is left by a build or a run: generated code, a database, its log.
fn is_made(name: &str) -> bool {
    name == GENERATED || [".db", ".db-wal", ".db-shm", ".db-journal"].iter().any(|ending| name.ends_with(ending))
}

/// Formats bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Inputs, Project, Tool};
    use crate::language::Language;

    #[test]
    fn what_changed_is_built_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let project = Project { dir: dir.path().to_owned(), language: Language::C, name: "a".to_owned() };
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        let tool = |version: &str| Tool { name: "zig", version: version.to_owned(), path: "zig".into() };
        let component = dir.path().join("build/a.wasm");
        let now = |version: &str| Inputs::of(&project, &[&tool(version)], &component).expect("inputs");
        write("a.c", "1");
        write("build/a.wasm", "made");
        assert!(!now("1").made(&component), "nothing is known of it");
        now("1").keep(&component).expect("kept");
        write("notes.db", "data");
        write("__pycache__/a.pyc", "cached");
        assert!(now("1").made(&component));
        assert!(!now("2").made(&component), "by another compiler");
        write("build/a.wasm", "changed");
        assert!(!now("1").made(&component), "changed by hand");
        write("build/a.wasm", "made");
        assert!(now("1").made(&component));
        write("sdk/build/b.c", "2");
        assert!(!now("1").made(&component), "a file more");
    }

    #[test]
    fn packages_around_the_project_are_inputs_and_components_are_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().canonicalize().expect("its path");
        let write = |name: &str, text: &str| fs::write(root.join(name), text).expect("a file");
        fs::create_dir_all(root.join("plugin/build")).expect("folders");
        write("go.mod", "module a\n");
        write("plugin/go.mod", "module a/plugin\nreplace a => ../\n");
        let project = Project { dir: root.join("plugin"), language: Language::Go, name: "a".to_owned() };
        for component in ["plugin/build/a.wasm", "plugin/a.wasm", "plugin/../a.wasm"] {
            let component = root.join(component);
            let now = || Inputs::of(&project, &[], &component).expect("inputs");
            fs::write(&component, "made").expect("a component");
            now().keep(&component).expect("kept");
            assert!(now().made(&component), "{component:?}");
            write("shared.go", "package a");
            assert!(!now().made(&component), "{component:?}");
            fs::remove_file(root.join("shared.go")).expect("it goes");
        }
    }
}
