//! T-78: ways out of a granted directory, in which the host has placed links that lead out.
#![cfg(unix)]

use std::{fs, os::unix::fs::symlink, path::Path};

use sqlservice_host::{Access, Val};
use sqlservice_tests::{component::GUEST_HOSTILE, guest};
use tempfile::TempDir;

use crate::scene::lines;

/// Four directories: `inside` and `beside` to write, `fixed` to read, and `outside`, which is not granted.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(TempDir::new().expect("a directory"));
        for name in ["inside/sub", "beside", "fixed", "outside"] {
            fs::create_dir_all(place.path().join(name)).expect("a directory");
        }
        for (name, text) in [("inside/note.txt", "note"), ("fixed/kept.txt", "kept"), ("outside/secret.txt", "secret")]
        {
            fs::write(place.path().join(name), text).expect("a file");
        }
        let secret = place.path().join("outside/secret.txt");
        for (to, name) in [
            (Path::new("../outside"), "out"),
            (Path::new("../outside/secret.txt"), "secret"),
            (secret.as_path(), "absolute"),
            (Path::new("/proc/self"), "process"),
            (Path::new("/"), "everything"),
        ] {
            symlink(to, place.path().join("inside").join(name)).expect("a link");
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns the sorted names of the entries in one of the directories.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path().join(directory)).expect("the directory").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).expect("the file")
    }

    /// Grants the directories to a guest, runs its attempts of this kind and returns a line for each.
    async fn tried(&self, how: &str) -> Vec<String> {
        let tenant = guest::tenant()
            .directory(self.path().join("inside"), "/inside", Access::Write)
            .directory(self.path().join("beside"), "/beside", Access::Write)
            .directory(self.path().join("fixed"), "/fixed", Access::Read);
        let tenant = tenant.build().expect("a tenant");
        let mut instance = guest::compiled(GUEST_HOSTILE).instantiate(&tenant).await.expect("an instance");
        let tried = instance.call("leave-directories", &[Val::String(how.to_owned())]).await.expect("no trap");
        lines(tried).expect("lines")
    }
}

/// T-78: no name, link, hard link or rename leads out, whether the guest or the host has made it; nothing outside is changed.
#[tokio::test(flavor = "multi_thread")]
async fn t78_no_way_leads_out_of_a_directory() {
    let place = Place::new();
    let tried = place.tried("outside").await;
    assert_eq!(tried.len(), 27, "{tried:?}");
    for way in &tried {
        assert!(way.ends_with(": refused"), "{way}");
    }
    assert_eq!(place.names("outside"), ["secret.txt"]);
    assert_eq!(place.text("outside/secret.txt"), "secret");
    // The only new entries inside are links, which the guest cannot follow out; no file from outside was moved or hard-linked in.
    for name in place.names("inside") {
        let found = fs::symlink_metadata(place.path().join("inside").join(&name)).expect("an entry");
        let was_there = ["note.txt", "sub"].contains(&name.as_str());
        assert!(was_there || found.is_symlink(), "{name} is new");
    }
    assert_eq!(place.text("inside/note.txt"), "note");
}

/// T-78: a read-only file is neither changed, truncated nor renamed, nor hard-linked into a writable directory.
#[tokio::test(flavor = "multi_thread")]
async fn t78_what_is_read_only_stays_what_it_is() {
    let place = Place::new();
    let kept = place.path().join("fixed/kept.txt");
    let before = fs::metadata(&kept).and_then(|found| found.modified()).expect("a time");
    let tried = place.tried("fixed").await;
    assert_eq!(tried.len(), 16, "{tried:?}");
    for way in &tried {
        assert!(way.ends_with(": refused"), "{way}");
    }
    assert_eq!(place.names("fixed"), ["kept.txt"]);
    assert_eq!(place.text("fixed/kept.txt"), "kept");
    let found = fs::metadata(&kept).expect("the file");
    assert_eq!(found.modified().expect("a time"), before);
    assert_eq!(std::os::unix::fs::MetadataExt::nlink(&found), 1, "another name leads to it");
    assert_eq!(place.text("inside/note.txt"), "note");
}

/// Allowed operations work, so the refusals in the other tests are due to the operations' targets.
#[tokio::test(flavor = "multi_thread")]
async fn t78_names_inside_of_the_directories_work() {
    let place = Place::new();
    let tried = place.tried("inside").await;
    for way in &tried {
        assert!(way.ends_with(": done"), "{tried:?}");
    }
    assert_eq!(place.text("beside/newer.txt"), "x");
    assert!(!place.names("inside").contains(&"newer.txt".to_owned()));
}
