//! A cache of compiled components in a directory of the host: a component that was compiled once is only read the next time.
//!
//! An entry is named by a digest of the component and of all settings of the engine that compiled code depends on (the version, the
//! target, the processor's features), so no other component or engine finds it. An entry with any defect is made again.

mod directory;
pub(crate) mod entry;

use std::{path::Path, sync::Arc};

use wasmtime::{Engine, component::Component};

use self::{directory::Directory, entry::Key};
use crate::{
    directory::GrantedDirectory,
    error::{Error, Result},
};

/// A directory of compiled components.
///
/// Its files become machine code of this process. So it must belong to the user that the host runs as (or to the system's
/// administrator) and be closed to all others. No plugin may be granted write access to a directory that it lies in, or to one in it:
/// [`crate::TenantBuilder::build`] refuses that. Entries are compared with their digest before they are used.
///
/// It never grows past its limits: the least recently used entries are removed first. Any number of processes may use it at once. A
/// directory without write access is still read. Errors of reading and writing are logged, and the component is compiled.
#[derive(Clone, Debug)]
pub struct CompileCache {
    directory: Arc<Directory>,
    bytes: u64,
    entries: usize,
}

impl CompileCache {
    /// Opens a directory, or creates it, open to this user alone. It may take 1 GiB and 256 entries.
    ///
    /// # Errors
    /// [`Error::CompileCache`] when it cannot be created or opened, or when others may read or write it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let directory = Directory::open(path.as_ref())
            .map_err(|source| Error::CompileCache { path: path.as_ref().to_owned(), source })?;
        Ok(Self { directory: Arc::new(directory), bytes: 1 << 30, entries: 256 })
    }

    /// Sets how many bytes all entries together may have. A compiled component that is larger is not kept.
    #[must_use]
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets how many components are kept.
    #[must_use]
    pub fn entries(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// Refuses directories through which a plugin could write machine code for this process.
    pub(crate) fn check_grants(&self, granted: &[GrantedDirectory]) -> Result<()> {
        let overlaps = |granted: &&GrantedDirectory| {
            granted.is_writable() && self.directory.overlaps(granted.dir(), granted.path())
        };
        match granted.iter().find(overlaps) {
            None => Ok(()),
            Some(granted) => Err(Error::CompileCache {
                path: self.directory.path().to_owned(),
                source: std::io::Error::other(format!(
                    "plugins may write {}, and what is in the cache becomes code of the host",
                    granted.path().display()
                )),
            }),
        }
    }

    /// Returns the component from the cache, or compiles and keeps it.
    pub(crate) fn find_or(
        &self,
        engine: &Engine,
        bytes: &[u8],
        compile: impl FnOnce() -> Result<Component>,
    ) -> Result<Component> {
        let key = Key::of(engine, bytes);
        if let Some(component) = self.find(engine, &key) {
            return Ok(component);
        }
        let component = compile()?;
        self.keep(&key, &component);
        Ok(component)
    }

    fn find(&self, engine: &Engine, key: &Key) -> Option<Component> {
        let text = match self.directory.read(&key.file(), self.bytes) {
            Ok(text) => text?,
            Err(error) => {
                tracing::debug!(%error, "an entry of the cache of components cannot be read");
                return None;
            }
        };
        let component = entry::load(engine, key, &text);
        if component.is_none() {
            // The damaged entry stays until the new one replaces it.
            tracing::warn!("an entry of the cache of components is damaged or of another make; it is made again");
        }
        component
    }

    fn keep(&self, key: &Key, component: &Component) {
        let entry = match entry::of(key, component) {
            Ok(entry) => entry,
            Err(error) => return tracing::debug!(%error, "a compiled component cannot be kept"),
        };
        if entry.len() as u64 > self.bytes || self.entries == 0 {
            return tracing::debug!(bytes = entry.len(), "a compiled component is larger than the cache");
        }
        let kept = self
            .directory
            .write(&key.file(), &entry)
            .and_then(|()| self.directory.shrink(self.bytes, self.entries, &key.file()));
        if let Err(error) = kept {
            tracing::debug!(%error, "a compiled component cannot be kept");
        }
    }
}
