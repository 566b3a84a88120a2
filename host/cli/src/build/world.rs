//! The world of a plugin, in WIT, by the contract that its project has.

use std::{fmt, path::Path};

use wit_bindgen_core::wit_parser::{Resolve, WorldId};

use super::project::Project;
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// A world and all that it names.
pub(super) struct World {
    pub(super) resolve: Resolve,
    pub(super) id: WorldId,
}

impl World {
    /// Reads the one world in this file of a project.
    pub(super) fn read(project: &Project, file: &Path) -> Result<Self> {
        let mut resolve = Resolve::default();
        let contract = project.wit()?;
        resolve.push_dir(&contract).map_err(|error| wrong(&contract, &error))?;
        let package = resolve.push_file(file).map_err(|error| wrong(file, &error))?;
        let id = resolve.select_world(&[package], None).map_err(|error| wrong(file, &error))?;
        Ok(Self { resolve, id })
    }
}

/// What is wrong with the WIT, with all its causes: the last one has the place.
fn wrong(path: &Path, error: &dyn fmt::Debug) -> Failure {
    Failure::new(Exit::Component, format!("{} makes no sense:\n{error:?}", path.display()))
}
