//! The bytes of a component, before they are compiled.

use std::path::Path;

use crate::error::{Error, Result};

/// Reads a component's file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}

/// What a plugin is called that comes from this file.
pub(super) fn name(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Says in words of people what the bytes are when they are no component.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    // The preamble of a binary: the magic number, then a version and a layer, which is 1 for components.
    let said = match (bytes.get(..4), bytes.get(4..8)) {
        (Some(b"\0asm"), Some([_, _, 1, 0])) => return Ok(()),
        (Some(b"\0asm"), Some([1, 0, 0, 0])) => {
            "this is a core WebAssembly module, not a component; build it for the target wasm32-wasip2"
        }
        (Some(b"\x7fELF"), _) => {
            "this is a program for this machine, not a WebAssembly component; a precompiled one is refused too"
        }
        _ => "this is not a WebAssembly component",
    };
    Err(Error::NotAComponent(said.to_owned()))
}
