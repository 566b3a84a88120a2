//! The project to build: its directory, its name and its language.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use super::BUILD;
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    language::Language,
};

/// The WIT of a C project's world.
pub(super) const WORLD: &str = "plugin.wit";

/// The manifests that identify a project's language.
const MANIFESTS: [(&str, Language); 5] = [
    ("Cargo.toml", Language::Rust),
    ("pyproject.toml", Language::Python),
    ("package.json", Language::Javascript),
    ("go.mod", Language::Go),
    (WORLD, Language::C),
];

/// A plugin project.
#[derive(Debug)]
pub(super) struct Project {
    /// Its directory, as an absolute path.
    pub(super) dir: PathBuf,
    pub(super) language: Language,
    /// The name of its component, without the suffix.
    pub(super) name: String,
}

impl Project {
    /// Finds the project in this directory.
    pub(super) fn find(dir: &Path) -> Result<Self> {
        let dir = fs::canonicalize(dir)
            .map_err(|error| Failure::new(Exit::Usage, format!("{} cannot be read: {error}", dir.display())))?;
        let (manifest, language) = language(&dir)?;
        let text = fs::read_to_string(dir.join(manifest));
        let text = text.map_err(|error| super::failed(&dir.join(manifest), "cannot be read", &error))?;
        let name = name(language, &text).or_else(|| Some(dir.file_name()?.to_str()?.to_owned()));
        let name = name.filter(|name| is_file_name(name)).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("{} says no name that a file can have", dir.join(manifest).display()))
        })?;
        Ok(Self { dir, language, name })
    }

    /// Returns the SDK's directory: in the project, or in the repository of SDKs around the project.
    pub(super) fn sdk(&self) -> Result<PathBuf> {
        let language = self.language.sdk();
        let own = self.dir.join("sdk");
        let shared = || self.dir.ancestors().map(|root| root.join("guest-sdk").join(language)).find(|it| it.is_dir());
        if own.is_dir() { Some(own) } else { shared() }.ok_or_else(|| {
            let title = self.language.title();
            Failure::new(Exit::Usage, format!("{} has no SDK for {title} in sdk", self.dir.display()))
                .help(format!("`sqlservice new NAME --language {}` makes a project that has it", self.language.word()))
        })
    }

    /// Returns the contract's directory: in the project's SDK, or in the repository of SDKs.
    pub(super) fn wit(&self) -> Result<PathBuf> {
        let sdk = self.sdk()?;
        let places = [sdk.join("wit"), sdk.join("../../wit")];
        places.into_iter().find(|wit| wit.join("package.wit").is_file()).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("{} has no contract in wit", sdk.display()))
                .help("`sqlservice new` puts it there")
        })
    }

    /// Returns the directories outside of the project that its manifest names as packages: `replace` in go.mod, `file:` in
    /// package.json.
    pub(super) fn local_packages(&self) -> Vec<PathBuf> {
        let (manifest, named): (_, fn(&str) -> Vec<String>) = match self.language {
            Language::Go => ("go.mod", replaced),
            Language::Typescript | Language::Javascript => ("package.json", linked),
            Language::Rust | Language::Python | Language::C => return Vec::new(),
        };
        let named = named(&fs::read_to_string(self.dir.join(manifest)).unwrap_or_default());
        let found = named.into_iter().filter_map(|path| fs::canonicalize(self.dir.join(path)).ok());
        // A directory without a manifest is no package: a mistyped path can be all of a disk.
        found.filter(|path| path.join(manifest).is_file() && !path.starts_with(&self.dir)).collect()
    }

    /// The directory of build results.
    pub(super) fn built(&self) -> PathBuf {
        self.dir.join(BUILD)
    }

    /// Makes an empty directory for intermediate files.
    pub(super) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let dir = self.built().join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).map_err(|error| super::failed(&dir, "cannot be removed", &error))?;
        }
        fs::create_dir_all(&dir).map_err(|error| super::failed(&dir, "cannot be made", &error))?;
        Ok(dir)
    }
}

/// Returns the language of the project in a directory, and the manifest that decides it.
fn language(dir: &Path) -> Result<(&'static str, Language)> {
    let mut found = MANIFESTS.into_iter().filter(|(manifest, _)| dir.join(manifest).is_file());
    match found.next() {
        None => {
            let names: Vec<&str> = MANIFESTS.into_iter().map(|(manifest, _)| manifest).collect();
            Err(Failure::new(Exit::Usage, format!("{} is no plugin project", dir.display())).help(format!(
                "it has none of {}; `sqlservice new NAME --language LANGUAGE` makes a project",
                names.join(", ")
            )))
        }
        // The first manifest names the project; a WIT file of a world may accompany each.
        Some((manifest, Language::Javascript)) if dir.join("tsconfig.json").is_file() => {
            Ok((manifest, Language::Typescript))
        }
        Some(found) => Ok(found),
    }
}

/// Returns the name in a manifest; `None` where it has none.
fn name(language: Language, manifest: &str) -> Option<String> {
    match language {
        Language::Rust => Some(manifest.parse::<toml::Table>().ok()?.get("package")?.get("name")?.as_str()?.to_owned()),
        Language::Python => {
            Some(manifest.parse::<toml::Table>().ok()?.get("project")?.get("name")?.as_str()?.to_owned())
        }
        Language::Typescript | Language::Javascript => {
            let manifest: Json = serde_json::from_str(manifest).ok()?;
            Some(manifest.get("name")?.as_str()?.rsplit('/').next()?.to_owned())
        }
        Language::Go => {
            let module =
                manifest.lines().find_map(|line| line.trim().strip_prefix("module "))?.trim().trim_matches('"');
            Some(module.rsplit('/').next()?.to_owned())
        }
        Language::C => {
            let package = manifest.lines().find_map(|line| line.trim().strip_prefix("package "))?;
            let (_, name) = package.split_once(':')?;
            // The SDK's template names every package `plugin`; the directory's name is better.
            name.split(['@', ';', ' ']).next().filter(|name| *name != "plugin").map(str::to_owned)
        }
    }
}

/// Returns the paths with which a go.mod replaces modules. A replacement that is a module has no dot before its first slash.
fn replaced(manifest: &str) -> Vec<String> {
    let targets = manifest.lines().filter_map(|line| line.split("//").next()?.split_once("=>"));
    let paths = targets.filter_map(|(_, target)| target.split_whitespace().next());
    let paths = paths.map(|path| path.trim_matches(['"', '`']));
    paths.filter(|path| path.starts_with('.') || Path::new(path).is_absolute()).map(str::to_owned).collect()
}

/// Returns the paths of the packages that a package.json takes from directories.
fn linked(manifest: &str) -> Vec<String> {
    let manifest: Json = serde_json::from_str(manifest).unwrap_or_default();
    let lists = ["dependencies", "devDependencies", "optionalDependencies"].map(|list| manifest[list].clone());
    let packages = lists.iter().filter_map(Json::as_object).flat_map(|list| list.values());
    let paths = packages.filter_map(|version| version.as_str()?.strip_prefix("file:"));
    paths.map(str::to_owned).collect()
}

/// Whether a name is a plain file name, which stays in its directory.
fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Project, name};
    use crate::language::Language;

    #[test]
    fn a_manifest_says_the_language_and_the_name() {
        for (file, text, language, expected) in [
            ("Cargo.toml", "[package]\nname = \"a-b\"\n", Language::Rust, "a-b"),
            ("pyproject.toml", "[project]\nname = \"notes\"\n", Language::Python, "notes"),
            ("package.json", "{\"name\": \"@me/notes\"}", Language::Javascript, "notes"),
            ("go.mod", "// mine\nmodule example.org/notes\n\ngo 1.25\n", Language::Go, "notes"),
            ("plugin.wit", "/// Mine.\npackage local:notes@0.1.0;\nworld w {}\n", Language::C, "notes"),
        ] {
            let dir = tempfile::tempdir().expect("a directory");
            fs::write(dir.path().join(file), text).expect("a file");
            let project = Project::find(dir.path()).expect("a project");
            assert_eq!((project.language, project.name.as_str()), (language, expected));
        }
    }

    #[test]
    fn types_make_it_typescript() {
        let dir = tempfile::tempdir().expect("a directory");
        for (file, text) in [("package.json", "{\"name\": \"a\"}"), ("tsconfig.json", "{}"), ("plugin.wit", "")] {
            fs::write(dir.path().join(file), text).expect("a file");
        }
        assert_eq!(Project::find(dir.path()).expect("a project").language, Language::Typescript);
    }

    #[test]
    fn packages_in_other_directories_are_found() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().canonicalize().expect("its path");
        for folder in ["plugin/own", "shared", "third", "bare"] {
            fs::create_dir_all(root.join(folder)).expect("a folder");
            for manifest in ["go.mod", "package.json"].iter().filter(|_| folder != "bare") {
                fs::write(root.join(folder).join(manifest), "").expect("a file");
            }
        }
        let absolute = root.join("third").display().to_string();
        let module = format!(
            "module a/plugin\nreplace a/shared v1.0.0 => ../shared // ours\nreplace (\n\tb => example.org/b v1.2.0\n\
             \tc => \"{absolute}\"\n\td => ./own\n\te => ../missing\n\tf => ../bare\n\tg => /\n)\n"
        );
        let package =
            r#"{"dependencies": {"a": "file:../shared", "b": "^1.0.0"}, "devDependencies": {"c": "file:own"}}"#;
        for (manifest, text, language, expected) in [
            ("go.mod", module.as_str(), Language::Go, vec!["shared", "third"]),
            ("package.json", package, Language::Typescript, vec!["shared"]),
            ("package.json", "no JSON", Language::Javascript, vec![]),
        ] {
            let project = Project { dir: root.join("plugin"), language, name: "a".to_owned() };
            fs::write(project.dir.join(manifest), text).expect("a file");
            let expected: Vec<_> = expected.into_iter().map(|folder| root.join(folder)).collect();
            assert_eq!(project.local_packages(), expected, "{language:?}");
        }
    }

    #[test]
    fn a_name_stays_in_its_directory() {
        for text in ["{\"name\": \"..\"}", "{\"name\": \"a\\\\b\"}", "{\"name\": \"\"}"] {
            let dir = tempfile::tempdir().expect("a directory");
            fs::write(dir.path().join("package.json"), text).expect("a file");
            assert!(Project::find(dir.path()).is_err(), "{text}");
        }
        assert_eq!(name(Language::Go, "go 1.25"), None);
        assert_eq!(name(Language::C, "package local:plugin;"), None);
    }

    #[test]
    fn what_is_no_project_is_told_how_to_make_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let failure = Project::find(dir.path()).expect_err("no project");
        assert_eq!(failure.exit(), crate::exit::Exit::Usage);
        assert!(failure.to_json()["error"]["help"].as_str().expect("help").contains("sqlservice new"));
    }
}
