//! Directories that a plugin may use, held open from the moment they are granted.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use cap_std::{ambient_authority, fs::Dir};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::error::{Error, Result};

/// The rights of a plugin to a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Read files and list directories.
    Read,
    /// Create, change and remove them too.
    Write,
}

/// A granted directory. The handle is opened once: on Linux later changes of the path do not change the grant.
#[derive(Clone, Debug)]
pub(crate) struct GrantedDirectory {
    dir: Arc<Dir>,
    path: PathBuf,
    guest: String,
    access: Access,
}

impl GrantedDirectory {
    pub(crate) fn open(path: &Path, guest: String, access: Access) -> Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())
            .map_err(|source| Error::Directory { path: path.to_owned(), source })?;
        Ok(Self { dir: Arc::new(dir), path: path.to_owned(), guest, access })
    }

    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.access == Access::Write
    }

    /// Preopens the directory in one instance.
    pub(crate) fn preopen(&self, wasi: &mut WasiCtxBuilder) -> Result<()> {
        let perms = match self.access {
            Access::Read => FsPerms::ReadOnly,
            Access::Write => FsPerms::ReadWrite,
        };
        wasi.preopened_dir(self.handle(), &self.guest, perms).map_err(Error::Engine)?;
        Ok(())
    }

    /// Returns a path that leads to the open handle itself, where `/proc` is mounted.
    #[cfg(target_os = "linux")]
    fn handle(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        let path = PathBuf::from(format!("/proc/self/fd/{}", self.dir.as_raw_fd()));
        if path.exists() { path } else { self.path.clone() }
    }

    #[cfg(not(target_os = "linux"))]
    fn handle(&self) -> PathBuf {
        self.path.clone()
    }
}
