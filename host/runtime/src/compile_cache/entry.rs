//! An entry of the cache: a compiled component with the digest by which it is known. The only place where the host takes machine code
//! from outside of the compiler.

use std::hash::{Hash as _, Hasher};

use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

/// What an entry begins with. The number is that of the form.
const MAGIC: &[u8; 16] = b"sqlservice-code1";
/// Bytes of a digest.
const DIGEST: usize = 32;

/// What a compiled component depends on: the component, and the settings of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key([u8; DIGEST]);

/// Feeds what is hashed to a collision-resistant digest: a component's author must not find one that has the
/// entry of another component.
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
        // The length divides what follows from what came before.
        feed.0.update((component.len() as u64).to_le_bytes());
        feed.0.update(component);
        Self(feed.0.finalize().into())
    }

    /// The name of its file.
    pub(super) fn file(&self) -> String {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        digits + super::directory::END
    }
}

/// The bytes of an entry: the magic number, a digest of all that follows it, the key, and the code.
pub(super) fn of(key: &Key, component: &Component) -> wasmtime::Result<Vec<u8>> {
    let code = component.serialize()?;
    let mut entry = Vec::with_capacity(MAGIC.len() + 2 * DIGEST + code.len());
    entry.extend_from_slice(MAGIC);
    entry.extend_from_slice(&digest(&key.0, &code));
    entry.extend_from_slice(&key.0);
    entry.extend_from_slice(&code);
    Ok(entry)
}

/// The component of an entry. Nothing where the entry is not whole, not this key's, or not for this engine.
#[allow(unsafe_code)]
pub(super) fn load(engine: &Engine, key: &Key, entry: &[u8]) -> Option<Component> {
    let (said, rest) = entry.strip_prefix(MAGIC)?.split_first_chunk::<DIGEST>()?;
    let (of, code) = rest.split_first_chunk::<DIGEST>()?;
    if *of != key.0 || *said != digest(of, code) {
        return None;
    }
    // SAFETY: `code` must be what `Component::serialize` returned, or it is machine code of a stranger's. It is what `of` above
    // wrote: it lies in a file of a directory that only this user (or the administrator) may write, which was asked of the open
    // handle and of the file itself (`Directory`); no plugin has a directory that reaches it (`CompileCache::check_grants`); and
    // its digest, which covers the key, says that it is whole and was written under this name. The bytes are this process's own
    // copy: a process that changes the file now changes nothing of it. That it was compiled by this version with these settings for this
    // processor is part of the key, and wasmtime checks it again.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// The component that a process of the host's own compiled, as it said it.
#[allow(unsafe_code)]
pub(crate) fn load_compiled(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` must be what `Engine::precompile_component` returned. It is what a process said whose program the embedder named
    // as one that does this and nothing else (`CompileProcess`), through a pipe that only it and this process had open. It read the
    // component, but no bug of a compiler gives it more there than it would give it here. That it has this version's settings wasmtime checks.
    unsafe { Component::deserialize(engine, code) }
}

fn digest(key: &[u8; DIGEST], code: &[u8]) -> [u8; DIGEST] {
    Sha256::new().chain_update(key).chain_update(code).finalize().into()
}
