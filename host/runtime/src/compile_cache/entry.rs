//! An entry of the cache: a compiled component and its digest. This is the only place where the host loads machine code from outside of
//! the compiler.

use std::hash::{Hash as _, Hasher};

use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

/// The first bytes of an entry. The number is the version of the format.
const MAGIC: &[u8; 16] = b"sqlservice-code1";
/// Bytes of a digest.
const DIGEST: usize = 32;

/// The digest of all that a compiled component depends on: the component, and the settings of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key([u8; DIGEST]);

/// A [`Hasher`] with a collision-resistant digest: a component's author must not be able to make one that has the key of another
/// component.
struct DigestWriter(Sha256);

impl Hasher for DigestWriter {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

impl Key {
    pub(super) fn of(engine: &Engine, component: &[u8]) -> Self {
        let mut feed = DigestWriter(Sha256::new());
        feed.0.update(MAGIC);
        engine.precompile_compatibility_hash().hash(&mut feed);
        // The length separates the component from the settings.
        feed.0.update((component.len() as u64).to_le_bytes());
        feed.0.update(component);
        Self(feed.0.finalize().into())
    }

    /// Returns the name of the entry's file.
    pub(super) fn file(&self) -> String {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        digits + super::directory::END
    }
}

/// Returns the bytes of an entry: the magic number, a digest of all that follows it, the key, and the code.
pub(super) fn of(key: &Key, component: &Component) -> wasmtime::Result<Vec<u8>> {
    let code = component.serialize()?;
    let mut entry = Vec::with_capacity(MAGIC.len() + 2 * DIGEST + code.len());
    entry.extend_from_slice(MAGIC);
    entry.extend_from_slice(&digest(&key.0, &code));
    entry.extend_from_slice(&key.0);
    entry.extend_from_slice(&code);
    Ok(entry)
}

/// Loads the component of an entry. `None` where the entry is damaged, has another key, or is for another engine.
#[allow(unsafe_code)]
pub(super) fn load(engine: &Engine, key: &Key, entry: &[u8]) -> Option<Component> {
    let (said, rest) = entry.strip_prefix(MAGIC)?.split_first_chunk::<DIGEST>()?;
    let (of, code) = rest.split_first_chunk::<DIGEST>()?;
    if *of != key.0 || *said != digest(of, code) {
        return None;
    }
    // SAFETY: `code` must be bytes that `Component::serialize` returned, or foreign machine code would run. `of` above wrote it to a
    // file in a directory that only this user (or the administrator) may write, which `Directory` checks on the open handle and on the
    // file itself. No plugin may write a directory that reaches it (`CompileCache::check_grants`). The digest, which covers the key,
    // proves that the entry is complete and was written under this name. The bytes are this process's own copy, so later changes of the
    // file do not reach them. The key covers this version, its settings and this processor, and wasmtime checks them again.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// Loads a component from the bytes that the host's compiling process returned.
#[allow(unsafe_code)]
pub(crate) fn load_compiled(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` must be bytes that `Engine::precompile_component` returned. They come from a process whose program the embedder
    // named as one that only compiles (`CompileProcess`), through a pipe that only it and this process had open. It read an untrusted
    // component, but a compiler bug there gives that component no more than the same bug would here. wasmtime checks that this
    // version's settings match.
    unsafe { Component::deserialize(engine, code) }
}

fn digest(key: &[u8; DIGEST], code: &[u8]) -> [u8; DIGEST] {
    Sha256::new().chain_update(key).chain_update(code).finalize().into()
}
