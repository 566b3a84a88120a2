//! The directory of the cache: its permissions, and how its files are written and removed.

use std::{
    fs,
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use cap_std::{
    ambient_authority,
    fs::{Dir, File, Metadata, OpenOptions},
};

/// The suffix of the names of entries.
pub(super) const END: &str = ".component";
/// The suffix of the names of files that are being written.
const UNFINISHED: &str = ".unfinished";
/// The age at which an unfinished file counts as abandoned.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// The most directory entries that are read: a cache within its limits has far fewer.
const NAMES: usize = 100_000;

/// An open directory that only this user, or the administrator, may write.
#[derive(Debug)]
pub(super) struct Directory {
    dir: Dir,
    path: PathBuf,
}

/// A file of the cache.
struct CachedFile {
    name: String,
    bytes: u64,
    used: SystemTime,
}

impl Directory {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        create(path)?;
        // The canonical path, which is compared with the directories that plugins may write.
        let path = fs::canonicalize(path)?;
        let dir = Dir::open_ambient_dir(&path, ambient_authority())?;
        check_owner(&dir.dir_metadata()?)?;
        Ok(Self { dir, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file of at most `most` bytes. `None` where there is none.
    pub(super) fn read(&self, name: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let file = match self.dir.open(name) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        check_owner(&metadata)?;
        if !metadata.is_file() || metadata.len() > most {
            return Err(io::Error::other("it is no file, or too large"));
        }
        let mut text = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        (&file).take(most).read_to_end(&mut text)?;
        // The modification time is that of the last use, by which entries are removed. Errors are ignored: a cache that cannot be
        // written does not shrink.
        let _ = file.into_std().set_modified(SystemTime::now());
        Ok(Some(text))
    }

    /// Writes a file under a temporary name, then renames it, so that readers find all of it or nothing.
    pub(super) fn write(&self, name: &str, text: &[u8]) -> io::Result<()> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let unfinished = format!("{name}.{}.{serial}{UNFINISHED}", std::process::id());
        let written = self.new_file(&unfinished).and_then(|mut file| file.write_all(text));
        let renamed = written.and_then(|()| self.dir.rename(&unfinished, &self.dir, name));
        if renamed.is_err() {
            // The file may not have been created.
            let _ = self.dir.remove_file(&unfinished);
        }
        renamed
    }

    fn new_file(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        self.dir.open_with(name, &options)
    }

    /// Removes the least recently used entries until the rest is within the limits, but not the `newest` one.
    pub(super) fn shrink(&self, bytes: u64, entries: usize, newest: &str) -> io::Result<()> {
        let mut all = self.files()?;
        all.sort_by_key(|kept| (kept.name != newest, std::cmp::Reverse(kept.used)));
        let mut total = 0_u64;
        for (number, kept) in all.iter().enumerate() {
            total = total.saturating_add(kept.bytes);
            if number >= entries || total > bytes {
                // Another process may have removed it already.
                let _ = self.dir.remove_file(&kept.name);
            }
        }
        Ok(())
    }

    /// Lists the entries. Removes abandoned unfinished files, and leaves all other files alone.
    fn files(&self) -> io::Result<Vec<CachedFile>> {
        let mut files = Vec::new();
        for entry in self.dir.entries()?.take(NAMES) {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Ok(metadata) = entry.metadata() else { continue };
            let used = metadata.modified().map_or(SystemTime::UNIX_EPOCH, cap_std::time::SystemTime::into_std);
            if name.ends_with(END) {
                files.push(CachedFile { name, bytes: metadata.len(), used });
            } else if name.ends_with(UNFINISHED) && used.elapsed().is_ok_and(|age| age > FORGOTTEN) {
                let _ = self.dir.remove_file(&name);
            }
        }
        Ok(files)
    }

    /// Whether this directory lies in the other one, or the other one in this.
    #[cfg(not(unix))]
    pub(super) fn overlaps(&self, _other: &Dir, path: &Path) -> bool {
        fs::canonicalize(path).map_or(true, |path| path.starts_with(&self.path) || self.path.starts_with(&path))
    }

    /// Whether this directory lies in the other one, or the other one in this, by their device and inode, not by their paths.
    #[cfg(unix)]
    pub(super) fn overlaps(&self, other: &Dir, _path: &Path) -> bool {
        // An error counts as an overlap.
        let overlaps = || -> io::Result<bool> {
            let (other_is, this_is) = (identity(&other.dir_metadata()?), identity(&self.dir.dir_metadata()?));
            let mut above = self.path.ancestors().map(|path| Dir::open_ambient_dir(path, ambient_authority()));
            let within =
                above.any(|dir| dir.and_then(|dir| dir.dir_metadata()).is_ok_and(|is| identity(&is) == other_is));
            Ok(within || climb(other, this_is)?)
        };
        overlaps().unwrap_or(true)
    }
}

/// Whether a directory is the one with this identity, or lies in it.
#[cfg(unix)]
fn climb(from: &Dir, to: Identity) -> io::Result<bool> {
    let mut dir = from.try_clone()?;
    let mut at = identity(&dir.dir_metadata()?);
    loop {
        if at == to {
            return Ok(true);
        }
        dir = dir.open_parent_dir(ambient_authority())?;
        let above = identity(&dir.dir_metadata()?);
        if above == at {
            // The root is its own parent.
            return Ok(false);
        }
        at = above;
    }
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use cap_std::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// On other systems a directory of the user's profile is closed to other users already.
#[cfg(not(unix))]
fn check_owner(_metadata: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Refuses files and directories that others may write, and this user's own that others may read.
#[cfg(unix)]
fn check_owner(metadata: &Metadata) -> io::Result<()> {
    use cap_std::fs::MetadataExt as _;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    let closed = if ours { 0o077 } else { 0o022 };
    if !ours && metadata.uid() != 0 {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    if metadata.mode() & closed != 0 {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it is open to other users; make its mode 700"));
    }
    Ok(())
}
