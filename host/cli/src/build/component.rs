//! Makes a component from a core module, for compilers that cannot make components.

use std::{fs, path::Path};

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::{failed, world::World};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// Makes a component from a module that contains its world, as the bindings for C embed it.
pub(super) fn encode(module: &Path, component: &Path) -> Result<()> {
    write(&read(module)?, component)
}

/// Makes a component from a module of this world.
pub(super) fn encode_as(module: &Path, world: &World, component: &Path) -> Result<()> {
    let mut bytes = read(module)?;
    embed_component_metadata(&mut bytes, &world.resolve, world.id, StringEncoding::UTF8)
        .map_err(|error| wrong(&error))?;
    write(&bytes, component)
}

fn read(module: &Path) -> Result<Vec<u8>> {
    fs::read(module).map_err(|error| failed(module, "cannot be read", &error))
}

fn write(module: &[u8], component: &Path) -> Result<()> {
    let encode = || {
        let mut encoder = ComponentEncoder::default();
        encoder.validate(true).module(module)?;
        encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?;
        encoder.encode()
    };
    let bytes = encode().map_err(|error| wrong(&error))?;
    fs::write(component, bytes).map_err(|error| failed(component, "cannot be written", &error))
}

/// The failure of a module that cannot become a component, with all causes.
fn wrong(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Component, format!("the compiled program does not become a component: {error:#}"))
        .help("each export of plugin.wit needs its function")
}
