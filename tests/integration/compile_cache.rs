//! The cache of compiled components: entries are found again, not trusted when damaged, foreign or writable by others, and bounded.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use sqlservice_host::{Access, CompileCache, Engine, EngineBuilder, EngineLimits, Error, Plugin, Result, Tenant};
use sqlservice_tests::component::GUEST_STRANGER;
use tempfile::TempDir;

/// The smallest possible component, made unique by the name of an empty custom section.
fn component(name: u8) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.extend([0, 2, 1, name]);
    bytes
}

/// A path for a cache whose directories do not exist yet.
struct Place {
    _dir: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("deep/in/cache");
        Self { _dir: dir, path }
    }

    fn cache(&self) -> CompileCache {
        CompileCache::open(&self.path).expect("a cache")
    }

    /// All files in the cache directory, entries or not.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            fs::read_dir(&self.path).expect("the cache").flatten().map(|file| file.path()).collect();
        files.sort();
        files
    }

    fn only_file(&self) -> PathBuf {
        let files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

/// A new engine with a cache, as each process has its own.
fn engine(cache: CompileCache) -> Engine {
    small().compile_cache(cache).build().expect("an engine")
}

fn small() -> EngineBuilder {
    Engine::builder().limits(EngineLimits::default().instances(1))
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).expect("a file").ino()
}

fn set_used(path: &Path, ago: Duration) {
    let file = fs::File::open(path).expect("a file");
    file.set_modified(SystemTime::now() - ago).expect("its time");
}

fn age(path: &Path) -> Duration {
    let used = fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a file");
    used.elapsed().unwrap_or_default()
}

#[test]
fn what_was_compiled_is_found_by_the_next_engine() {
    let place = Place::new();
    let first = engine(place.cache()).compile_file(GUEST_STRANGER).expect("it compiles");
    let file = place.only_file();
    let (made, hour) = (inode(&file), Duration::from_secs(3_600));
    set_used(&file, hour);
    let second = engine(place.cache()).compile_file(GUEST_STRANGER).expect("it is read");
    // The entry was used and not written again.
    assert_eq!(inode(&place.only_file()), made);
    assert!(age(&file) < hour / 2);
    let shown = |plugin: &Plugin| (plugin.imports(), plugin.exports(), plugin.size());
    assert_eq!(shown(&first), shown(&second));
    // Another component gets its own entry.
    engine(place.cache()).compile(&component(1)).expect("it compiles");
    assert_eq!(place.files().len(), 2);
}

#[test]
fn t08_only_this_user_may_read_and_write_it() {
    let place = Place::new();
    engine(place.cache()).compile(&component(1)).expect("it compiles");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode(&place.path), mode(&place.only_file())), (0o700, 0o600));
    for open in [0o701, 0o710, 0o720, 0o770, 0o777] {
        fs::set_permissions(&place.path, fs::Permissions::from_mode(open)).expect("a mode");
        let refused = CompileCache::open(&place.path).expect_err("it is open to others");
        assert!(matches!(&refused, Error::CompileCache { .. }) && refused.to_string().contains("700"), "{refused}");
    }
    fs::set_permissions(&place.path, fs::Permissions::from_mode(0o700)).expect("a mode");
    // An entry that other users can write is compiled again.
    let file = place.only_file();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o602)).expect("a mode");
    let before = inode(&file);
    engine(place.cache()).compile(&component(1)).expect("it compiles");
    assert_ne!(inode(&file), before);
    assert_eq!(mode(&file), 0o600);
    // A file cannot be a cache.
    assert!(matches!(CompileCache::open(&file), Err(Error::CompileCache { .. })));
}

#[test]
fn t08_a_damaged_entry_is_made_again() {
    let place = Place::new();
    engine(place.cache()).compile(&component(1)).expect("it compiles");
    let file = place.only_file();
    let whole = fs::read(&file).expect("an entry");
    let flipped = |at: usize| {
        let mut text = whole.clone();
        text[at] ^= 1;
        text
    };
    // Bit flips in the magic number, the digest, the key, at both ends of the code and within it; then cut off, extended and empty.
    let mut damaged: Vec<Vec<u8>> = [0, 15, 16, 47, 48, 79, 80, whole.len() / 2, whole.len() - 1].map(flipped).to_vec();
    damaged.extend([0, 15, 16, 48, 79, 80, whole.len() - 1].map(|length| whole[..length].to_vec()));
    damaged.push([whole.as_slice(), b"x"].concat());
    let engine = engine(place.cache());
    for text in damaged {
        fs::write(&file, &text).expect("it is written");
        let before = inode(&file);
        engine.compile(&component(1)).expect("it compiles");
        assert_ne!(inode(&file), before, "{} bytes", text.len());
        assert_eq!(fs::read(&file).expect("an entry").len(), whole.len());
    }
}

#[test]
fn t08_an_entry_of_another_component_is_not_taken() {
    let place = Place::new();
    engine(place.cache()).compile(&component(1)).expect("it compiles");
    let other = place.only_file();
    let stranger = engine(place.cache()).compile_file(GUEST_STRANGER).expect("it compiles");
    let [mine] =
        place.files().into_iter().filter(|file| *file != other).collect::<Vec<_>>().try_into().expect("two files");
    fs::copy(&other, &mine).expect("a copy");
    let again = engine(place.cache()).compile_file(GUEST_STRANGER).expect("it compiles");
    assert_eq!(again.exports(), stranger.exports());
    assert!(!again.exports().is_empty());
    assert!(fs::metadata(&mine).expect("an entry").len() > fs::metadata(&other).expect("an entry").len());
    // A symbolic link to another file is not followed either.
    fs::remove_file(&mine).expect("it goes");
    std::os::unix::fs::symlink("/etc/passwd", &mine).expect("a link");
    engine(place.cache()).compile_file(GUEST_STRANGER).expect("it compiles");
    assert!(fs::symlink_metadata(&mine).expect("an entry").is_file());
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let place = Place::new();
    let engine = engine(place.cache().entries(3));
    let mut files = Vec::new();
    for name in 0..3 {
        engine.compile(&component(name)).expect("it compiles");
        let [file] = place
            .files()
            .into_iter()
            .filter(|file| !files.contains(file))
            .collect::<Vec<_>>()
            .try_into()
            .expect("one more");
        set_used(&file, Duration::from_secs(1_000 - u64::from(name)));
        files.push(file);
    }
    // Reading the oldest entry makes it the most recently used one.
    engine.compile(&component(0)).expect("it is read");
    engine.compile(&component(9)).expect("it compiles");
    let left: Vec<bool> = files.iter().map(|file| file.exists()).collect();
    assert_eq!((left, place.files().len()), (vec![true, false, true], 3));
}

#[test]
fn its_bytes_are_bounded() {
    let place = Place::new();
    engine(place.cache()).compile(&component(1)).expect("it compiles");
    let size = fs::metadata(place.only_file()).expect("an entry").len();
    // Room for two entries.
    let engine = engine(place.cache().bytes(2 * size + size / 2));
    for name in 2..8 {
        engine.compile(&component(name)).expect("it compiles");
        assert_eq!(place.files().len(), 2, "{name}");
    }
    // No entry fits.
    let narrow = small().compile_cache(place.cache().bytes(size - 1)).build().expect("an engine");
    narrow.compile(&component(9)).expect("it compiles");
    assert_eq!(place.files().len(), 2);
    let none = small().compile_cache(place.cache().entries(0)).build().expect("an engine");
    none.compile(&component(10)).expect("it compiles");
    assert_eq!(place.files().len(), 2);
}

#[test]
fn what_a_killed_process_left_goes_and_nothing_else() {
    let place = Place::new();
    let engine = engine(place.cache());
    let [old, new, strange] =
        ["a.component.1.0.unfinished", "b.component.2.0.unfinished", "notes.txt"].map(|name| place.path.join(name));
    for file in [&old, &new, &strange] {
        fs::write(file, "half").expect("a file");
    }
    set_used(&old, Duration::from_secs(7_200));
    set_used(&strange, Duration::from_secs(7_200));
    engine.compile(&component(1)).expect("it compiles");
    assert_eq!([&old, &new, &strange].map(|file| file.exists()), [false, true, true]);
}

#[test]
fn one_that_cannot_be_written_is_read() {
    let place = Place::new();
    engine(place.cache()).compile(&component(1)).expect("it compiles");
    fs::set_permissions(&place.path, fs::Permissions::from_mode(0o500)).expect("a mode");
    let engine = engine(place.cache());
    let made = inode(&place.only_file());
    engine.compile(&component(1)).expect("it is read");
    assert_eq!(inode(&place.path.join(place.only_file())), made);
    // Whether this entry is stored depends on the user: root may write anywhere.
    engine.compile(&component(2)).expect("it compiles");
    fs::set_permissions(&place.path, fs::Permissions::from_mode(0o700)).expect("a mode");
    // A cache directory that is gone is neither read nor written.
    fs::remove_dir_all(&place.path).expect("it goes");
    engine.compile(&component(1)).expect("it compiles");
    assert!(!place.path.exists());
}

#[test]
fn many_may_write_at_once() {
    let place = Place::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let engine = engine(place.cache().entries(4));
                for round in 0..20 {
                    engine.compile(&component(round % 6)).expect("it compiles or is read");
                }
            });
        }
    });
    assert!(
        place.files().len() <= 4
            && place.files().iter().all(|file| file.extension().is_some_and(|end| end == "component"))
    );
    // Every stored entry is complete.
    let inodes: Vec<u64> = place.files().iter().map(|file| inode(file)).collect();
    let engine = engine(place.cache().entries(10));
    for name in 0..6 {
        engine.compile(&component(name)).expect("it compiles or is read");
    }
    assert!(inodes.iter().all(|made| place.files().iter().any(|file| inode(file) == *made)));
}

#[test]
fn t78_no_plugin_may_write_it() {
    let place = Place::new();
    let cache = place.cache();
    let inside = place.path.join("inside");
    fs::create_dir(&inside).expect("a directory");
    let link = place._dir.path().join("link");
    std::os::unix::fs::symlink(place.path.parent().expect("a parent"), &link).expect("a link");
    let beside = place._dir.path().join("deep/beside");
    fs::create_dir(&beside).expect("a directory");
    let engine = engine(cache);
    let build = |path: &Path, access| engine.tenant("").directory(path, "/data", access).build();
    let refused = |tenant: Result<Tenant>| match tenant {
        Ok(_) => false,
        Err(Error::CompileCache { .. }) => true,
        Err(other) => panic!("{other}"),
    };
    for path in [&place.path, &inside, &link, place._dir.path(), Path::new("/")] {
        assert!(refused(build(path, Access::Write)), "{}", path.display());
        assert!(!refused(build(path, Access::Read)), "{}", path.display());
    }
    assert!(!refused(build(&beside, Access::Write)));
}
