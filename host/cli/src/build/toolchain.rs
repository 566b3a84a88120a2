//! Compilers that are installed once per machine, from package registries, in pinned versions.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{Context, UNFINISHED, beside, failed, inputs::hex, lock};
use crate::{
    cache,
    exit::Exit,
    failure::{Failure, Result},
};

/// The environment variable that names the directory.
const VARIABLE: &str = "SQLSERVICE_TOOLCHAINS";

/// The directory of the machine's toolchains.
pub(super) struct Toolchains {
    root: PathBuf,
    offline: bool,
}

impl Toolchains {
    /// Uses the directory that the environment names, else the user's own. Creates nothing yet.
    pub(super) fn new(offline: bool) -> Result<Self> {
        let named = env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let root = named.or_else(|| cache::users_own("toolchains")).ok_or_else(|| {
            Failure::new(Exit::Host, "the user has no directory for caches")
                .help(format!("{VARIABLE} names a directory for compilers"))
        })?;
        // Programs with other working directories get the path.
        let root = std::path::absolute(&root).map_err(|error| failed(&root, "cannot be used", &error))?;
        Ok(Self { root, offline })
    }

    /// Returns a directory with the pinned packages. `install` fills it where it does not exist yet, under a temporary name, so that a
    /// directory with the final name is complete. Waits for another process that installs the same.
    pub(super) fn provide(
        &self,
        context: &Context,
        name: &str,
        pins: &str,
        install: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let dir = self.root.join(key(name, pins));
        if dir.is_dir() {
            return Ok(dir);
        }
        if self.offline {
            return Err(Failure::new(Exit::Host, format!("{name} is not installed in {}", self.root.display()))
                .help("without --offline it is fetched from its package registry"));
        }
        make(&self.root).map_err(|error| failed(&self.root, "cannot be made", &error))?;
        let _lock = lock::take(context, &beside(&dir, ".lock"), &format!("installs {name}"))?;
        if !dir.is_dir() {
            let unfinished = beside(&dir, UNFINISHED);
            clear(&unfinished).map_err(|error| failed(&unfinished, "cannot be removed", &error))?;
            let made = fs::create_dir(&unfinished).map_err(|error| failed(&unfinished, "cannot be made", &error));
            let installed = made.and_then(|()| {
                let _progress = context.begin(format!("Installing {name} in {}", dir.display()));
                install(&unfinished)
            });
            installed.inspect_err(|_| drop(clear(&unfinished)))?;
            fs::rename(&unfinished, &dir).map_err(|error| failed(&dir, "cannot be made", &error))?;
        }
        Ok(dir)
    }

    /// Takes a lock of the machine: waits until no other build does `what`.
    pub(super) fn lock(&self, context: &Context, name: &str, what: &str) -> Result<File> {
        make(&self.root).map_err(|error| failed(&self.root, "cannot be made", &error))?;
        lock::take(context, &self.root.join(format!("{name}.lock")), what)
    }

    /// Returns a directory for the files that a toolchain of this name keeps between runs.
    pub(super) fn cache(&self, name: &str) -> Result<PathBuf> {
        let dir = self.root.join(format!("{name}-cache"));
        make(&dir).map_err(|error| failed(&dir, "cannot be made", &error))?;
        Ok(dir)
    }
}

/// Returns the name of the directory for these pins on this operating system and architecture.
fn key(name: &str, pins: &str) -> String {
    let all = format!("{} {}\n{pins}", env::consts::OS, env::consts::ARCH);
    let hash = hex(&Sha256::digest(all.as_bytes()));
    format!("{}-{}", name.replace(' ', "-"), hash.get(..16).unwrap_or(&hash))
}

/// Makes a directory for this user alone, as programs in it are run.
fn make(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Removes the leftovers of an interrupted install.
fn clear(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::Path,
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Duration,
    };

    use super::{Context, Toolchains, key};
    use crate::{exit::Exit, failure::Failure};

    fn context(root: &Path, offline: bool) -> Context {
        let toolchains = Toolchains { root: root.join("deep/toolchains"), offline };
        Context { toolchains, offline, quiet: true }
    }

    fn provide(
        context: &Context,
        install: impl FnOnce(&Path) -> crate::failure::Result<()>,
    ) -> crate::failure::Result<std::path::PathBuf> {
        context.toolchains.provide(context, "zig 1", "zig==1", install)
    }

    #[test]
    fn two_builds_at_once_install_once() {
        let place = tempfile::tempdir().expect("a directory");
        let context = context(place.path(), false);
        let installed = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let dir = provide(&context, |dir| {
                        installed.fetch_add(1, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(50));
                        fs::write(dir.join("zig"), "whole").map_err(|error| Failure::new(Exit::Host, error.to_string()))
                    });
                    let zig = dir.expect("a toolchain").join("zig");
                    assert_eq!(fs::read_to_string(zig).expect("zig"), "whole");
                });
            }
        });
        assert_eq!(installed.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_is_half_installed_is_not_used() {
        let place = tempfile::tempdir().expect("a directory");
        let context = context(place.path(), false);
        let root = place.path().join("deep/toolchains");
        let left = root.join(format!("{}.unfinished", key("zig 1", "zig==1")));
        fs::create_dir_all(&left).expect("a directory");
        fs::write(left.join("half"), "").expect("a file");
        provide(&context, |_| Err(Failure::new(Exit::Host, "no network"))).expect_err("it failed");
        assert!(!left.exists());
        let dir = provide(&context, |_| Ok(())).expect("a toolchain");
        assert_eq!(fs::read_dir(dir).expect("the directory").count(), 0);
    }

    #[test]
    fn offline_nothing_is_installed() {
        let place = tempfile::tempdir().expect("a directory");
        let failure = provide(&context(place.path(), true), |_| Ok(())).expect_err("it is not there");
        assert_eq!(failure.exit(), Exit::Host);
        assert!(failure.to_string().starts_with("zig 1 is not installed"), "{failure}");
        assert_eq!(fs::read_dir(place.path()).expect("the directory").count(), 0);
    }
}
