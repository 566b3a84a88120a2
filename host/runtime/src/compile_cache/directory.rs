//! The directory of the cache: who may write it, and how its files come and go.

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

/// How the names of entries end.
pub(super) const END: &str = ".component";
/// How the names of files end that are being written.
const UNFINISHED: &str = ".unfinished";
/// After this time no process is writing a file any more.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
/// The most names that are looked at: no cache that keeps its limits comes near.
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
        // The real place, by which it is compared with what plugins may write.
        let path = fs::canonicalize(path)?;
        let dir = Dir::open_ambient_dir(&path, ambient_authority())?;
        check_owner(&dir.dir_metadata()?)?;
        Ok(Self { dir, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file. Nothing where there is none.
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
        // Who is used last goes last. A cache that cannot be written is no cache that shrinks.
        let _ = file.into_std().set_modified(SystemTime::now());
        Ok(Some(text))
    }

    /// Writes a file under another name, then gives it its own: it is there whole or not at all.
    pub(super) fn write(&self, name: &str, text: &[u8]) -> io::Result<()> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let unfinished = format!("{name}.{}.{serial}{UNFINISHED}", std::process::id());
        let written = self.new_file(&unfinished).and_then(|mut file| file.write_all(text));
        let renamed = written.and_then(|()| self.dir.rename(&unfinished, &self.dir, name));
        if renamed.is_err() {
            // It may not have been created.
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

    /// Removes what was not used for longest until the rest is within the limits; never the entry that was just made.
    pub(super) fn shrink(&self, bytes: u64, entries: usize, newest: &str) -> io::Result<()> {
        let mut all = self.files()?;
        all.sort_by_key(|kept| (kept.name != newest, std::cmp::Reverse(kept.used)));
        let mut total = 0_u64;
        for (number, kept) in all.iter().enumerate() {
            total = total.saturating_add(kept.bytes);
            if number >= entries || total > bytes {
                // Another process may have been faster.
                let _ = self.dir.remove_file(&kept.name);
            }
        }
        Ok(())
    }

    /// The entries. Files that a process left unfinished are removed, others are left alone.
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

    /// Whether this directory lies in the other one, or the other one in this; by what they are, whatever their paths say.
    #[cfg(unix)]
    pub(super) fn overlaps(&self, other: &Dir, _path: &Path) -> bool {
        // What cannot be told is taken for an overlap.
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

/// Whether a directory lies in one that is known by its identity.
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
            // The root is above itself.
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

/// A directory of this user's profile is closed to others by itself.
#[cfg(not(unix))]
fn check_owner(_metadata: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Refuses what others may write, and what of this user's others may read.
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
