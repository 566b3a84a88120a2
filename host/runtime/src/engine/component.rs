//! The bytes of a component, before they are compiled.

use std::path::Path;

use wasmparser::{Parser, Payload};

use crate::error::{Error, Result};

/// Reads a component's file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}

/// Returns the name of a plugin that comes from this file.
pub(super) fn name(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Refuses bytes that are no component, with a message for people that says what they are.
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

/// Counts the parts of a component that cost a compiler time, memory or stack.
#[derive(Default)]
struct Measure {
    functions: u32,
    types: u32,
    items: u32,
    modules: u32,
    depth: u32,
    deepest: u32,
    longest: usize,
}

/// Refuses a component that exceeds one of the limits of [`Measure::check`]. A parse error is left to the compiler, which reports it.
pub(super) fn measure(bytes: &[u8]) -> Result<()> {
    let mut measure = Measure::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { return Ok(()) };
        measure.add(&payload);
        measure.check()?;
    }
    Ok(())
}

impl Measure {
    fn add(&mut self, payload: &Payload<'_>) {
        let (counter, more) = match payload {
            Payload::Version { .. } => {
                self.depth += 1;
                self.deepest = self.deepest.max(self.depth);
                (&mut self.modules, 1)
            }
            Payload::End(_) => return self.depth = self.depth.saturating_sub(1),
            Payload::CodeSectionEntry(body) => return self.longest = self.longest.max(body.range().len()),
            Payload::FunctionSection(section) => (&mut self.functions, section.count()),
            Payload::TypeSection(section) => (&mut self.types, section.count()),
            Payload::CoreTypeSection(section) => (&mut self.types, section.count()),
            Payload::ComponentTypeSection(section) => (&mut self.types, section.count()),
            Payload::ImportSection(section) => (&mut self.items, section.count()),
            Payload::ExportSection(section) => (&mut self.items, section.count()),
            Payload::ElementSection(section) => (&mut self.items, section.count()),
            Payload::DataSection(section) => (&mut self.items, section.count()),
            Payload::GlobalSection(section) => (&mut self.items, section.count()),
            Payload::InstanceSection(section) => (&mut self.items, section.count()),
            Payload::ComponentImportSection(section) => (&mut self.items, section.count()),
            Payload::ComponentExportSection(section) => (&mut self.items, section.count()),
            Payload::ComponentInstanceSection(section) => (&mut self.items, section.count()),
            Payload::ComponentAliasSection(section) => (&mut self.items, section.count()),
            Payload::ComponentCanonicalSection(section) => (&mut self.items, section.count()),
            _ => return,
        };
        *counter = counter.saturating_add(more);
    }

    fn check(&self) -> Result<()> {
        let counts = [
            ("functions", u64::from(self.functions), 200_000),
            ("types", u64::from(self.types), 100_000),
            ("imports, exports, instances and segments", u64::from(self.items), 500_000),
            ("modules and components", u64::from(self.modules), 500),
            ("components in each other", u64::from(self.deepest), 20),
            ("bytes in one function", self.longest as u64, 2 << 20),
        ];
        match counts.into_iter().find(|(_, count, most)| count > most) {
            None => Ok(()),
            Some((what, count, most)) => Err(Error::TooComplex(format!("has {count} {what}, {most} are the most"))),
        }
    }
}
