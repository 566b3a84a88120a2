//! The world of a plugin in WIT, resolved with its project's contract.

use std::path::Path;

use wit_bindgen_core::wit_parser::{Resolve, WorldId};

use super::project::Project;
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// A world, and the WIT that it refers to.
pub(super) struct World {
    pub(super) resolve: Resolve,
    pub(super) id: WorldId,
}

impl World {
    /// Reads the one world in this file of a project.
    pub(super) fn read(project: &Project, file: &Path) -> Result<Self> {
        let mut resolve = Resolve::default();
        let contract = project.wit()?;
        if let Err(error) = resolve.push_dir(&contract) {
            return Err(wrong(&contract, &resolve.render_error(&error)));
        }
        let pushed = resolve.push_file(file);
        let package = pushed.map_err(|error| wrong(file, &resolve.render_error(&error)))?;
        let selected = resolve.select_world(&[package], None);
        let id = selected.map_err(|error| wrong(file, &resolve.render_error(&error)))?;
        Ok(Self { resolve, id })
    }
}

/// Makes the failure of an error in WIT, with its place.
fn wrong(path: &Path, why: &str) -> Failure {
    Failure::new(Exit::Component, format!("{} makes no sense:\n{}", path.display(), why.trim_end()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::World;
    use crate::{build::project::Project, exit::Exit, language::Language};

    #[test]
    fn a_mistake_in_wit_is_told_with_its_place() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("a file");
        fs::create_dir_all(dir.path().join("sdk/wit")).expect("a directory");
        write("sdk/wit/package.wit", "package sqlservice:database@0.2.0;\ninterface rows { type id = s64; }\n");
        let project = Project { dir: dir.path().to_owned(), language: Language::C, name: "a".to_owned() };
        let read = || World::read(&project, &dir.path().join("plugin.wit"));
        write("plugin.wit", "package local:plugin;\nworld plugin {\n  import sqlservice:database/rows@0.2.0;\n}\n");
        let world = read().unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(world.resolve.worlds[world.id].name, "plugin");
        write("plugin.wit", "package local:plugin;\nworld plugin {\n  export add: func() -> s65;\n}\n");
        let Err(failure) = read() else { panic!("it has no s65") };
        assert_eq!(failure.exit(), Exit::Component);
        let said = failure.to_string();
        assert!(said.contains("plugin.wit:3:25") && said.contains("`s65` does not exist"), "{said}");
    }
}
