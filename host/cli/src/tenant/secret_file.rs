//! A file for a secret: new, and readable by this user alone.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// The longest secret that is read, in bytes.
const LONGEST: u64 = 64 << 10;

/// A file that holds a secret. Dropping it removes the file, unless it is kept.
pub(super) struct SecretFile {
    path: PathBuf,
    is_kept: bool,
}

impl SecretFile {
    /// Makes the file and writes the secret. An existing file is left alone, also where it is a link that leads nowhere.
    pub(super) fn create(path: &Path, secret: &str) -> Result<Self> {
        let wrong = |error: io::Error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                let words =
                    format!("the file {} is there already, and a secret file is never overwritten", path.display());
                return Failure::new(Exit::Usage, words).help("name another one; nothing was made");
            }
            Failure::new(Exit::Host, format!("the file {} cannot be written: {error}", path.display()))
        };
        let mut file = new_file(path).map_err(wrong)?;
        let made = Self { path: path.to_owned(), is_kept: false };
        file.write_all(format!("{secret}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(wrong)?;
        Ok(made)
    }

    /// Keeps the file. Returns its absolute path, as a configuration file resolves relative ones from its own directory.
    pub(super) fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // An error does no harm: the secret opens nothing, as its login was not made.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes a file that only this user may read, from its first moment on.
pub(super) fn new_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Reads a secret that was kept before; `None` where there is none.
pub(super) fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_file_is_new_and_for_one_user() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("url");
        drop(SecretFile::create(&path, "s3cret").expect("a file"));
        assert!(!path.exists(), "what is not kept goes away");
        assert_eq!(SecretFile::create(&path, "s3cret").expect("a file").keep(), path);
        assert_eq!(read(&path).as_deref(), Some("s3cret"));
        let refused = SecretFile::create(&path, "other").err().expect("it is there");
        assert_eq!(refused.exit(), Exit::Usage);
        assert_eq!(read(&path).as_deref(), Some("s3cret"));
        assert!(SecretFile::create(&dir.path().join("none/url"), "x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn no_other_user_reads_it_and_no_link_is_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().expect("a directory");
        let (path, link, far) = (dir.path().join("url"), dir.path().join("link"), dir.path().join("far"));
        SecretFile::create(&path, "s3cret").expect("a file").keep();
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        symlink(&far, &link).expect("a link");
        assert!(SecretFile::create(&link, "x").is_err() && !far.exists());
    }
}
