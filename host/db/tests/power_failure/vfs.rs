//! An SQLite VFS that records writes, truncations, syncs and deletions, in order.
//!
//! It wraps the process's default VFS. Syncs are recorded but not executed: the test decides which data the disk kept.
#![allow(unsafe_code, reason = "SQLite's C interface; each block says why it is sound")]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    mem::size_of,
    path::{Path, PathBuf},
    ptr,
    sync::{Arc, Mutex, Once},
};

use libsqlite3_sys as ffi;

/// An event on the files of a folder, or of the workload.
#[derive(Clone, Debug)]
pub enum Event {
    /// A file was opened, and created where it did not exist. `syncs_folder`: its first sync also syncs the folder.
    Open { file: usize, path: PathBuf, syncs_folder: bool },
    /// Bytes were written at an offset.
    Write { file: usize, offset: u64, bytes: Vec<u8> },
    /// A file was truncated.
    Truncate { file: usize, size: u64 },
    /// All earlier changes of a file are on the disk.
    Sync { file: usize },
    /// A file was deleted, and the folder synced after that where `synced` is set.
    Delete { path: PathBuf, synced: bool },
    /// The workload begins its next transaction.
    Begun,
    /// The workload's transaction was acknowledged.
    Acknowledged,
}

/// The recorded events, oldest first.
pub type Log = Arc<Mutex<Vec<Event>>>;

/// The watched folders and their logs.
static WATCHED: Mutex<Vec<(PathBuf, Log)>> = Mutex::new(Vec::new());

/// A file as SQLite sees it; in memory, the file of the wrapped VFS follows it.
#[repr(C)]
struct Recorded {
    methods: *const ffi::sqlite3_io_methods,
    /// The log of its events; null for files of other folders and for temporary ones.
    noted: *mut Noted,
}

/// A file of a watched folder.
struct Noted {
    log: Log,
    file: usize,
}

/// Starts to record the events of a folder.
pub fn watch(folder: &Path) -> Log {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
    let log = Log::default();
    WATCHED.lock().expect("no watcher panics").push((folder.to_owned(), Arc::clone(&log)));
    log
}

fn log_of(path: &Path) -> Option<Log> {
    let watched = WATCHED.lock().expect("no watcher panics");
    watched.iter().find(|(folder, _)| path.starts_with(folder)).map(|(_, log)| Arc::clone(log))
}

/// Makes this VFS the default of all connections.
fn register() {
    // SAFETY: null asks for the default VFS, which lives as long as the process.
    let below = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    assert!(!below.is_null(), "SQLite has a VFS");
    // SAFETY: it was found just now. The copy is plain data: its functions take what they need from their arguments.
    let mut vfs = unsafe { *below };
    let extra = c_int::try_from(size_of::<Recorded>()).expect("small");
    vfs.szOsFile += extra;
    vfs.pNext = ptr::null_mut();
    vfs.zName = c"recording".as_ptr();
    vfs.pAppData = below.cast::<c_void>();
    vfs.xOpen = Some(open);
    vfs.xDelete = Some(delete);
    // SAFETY: the structure is never freed, and this happens once.
    let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1) };
    assert_eq!(code, ffi::SQLITE_OK);
}

/// Returns the VFS that one of ours wraps.
unsafe fn vfs_below(vfs: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: SQLite passes the VFS that `register` made, whose data is the one below.
    unsafe { (*vfs).pAppData.cast() }
}

/// Returns the file that one of ours wraps.
unsafe fn below(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: SQLite gave room for `szOsFile` bytes, which are a `Recorded` and then a file of the VFS below.
    unsafe { file.cast::<Recorded>().add(1).cast() }
}

/// Records an event of a file.
unsafe fn tell(file: *mut ffi::sqlite3_file, event: impl FnOnce(usize) -> Event) {
    // SAFETY: the file was opened by `open`; what it notes is freed when it is closed and not before.
    if let Some(noted) = unsafe { (*file.cast::<Recorded>()).noted.as_ref() } {
        noted.log.lock().expect("no reader panics").push(event(noted.file));
    }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes room for a file of ours, and whatever else the VFS below wants as it is.
    unsafe {
        let (vfs, below) = (vfs_below(vfs), below(file));
        *file.cast::<Recorded>() = Recorded { methods: ptr::null(), noted: ptr::null_mut() };
        (*below).pMethods = ptr::null();
        let code = (*vfs).xOpen.expect("a VFS opens")(vfs, name, below, flags, out_flags);
        if code != ffi::SQLITE_OK {
            if let Some(methods) = (*below).pMethods.as_ref() {
                methods.xClose.expect("a file closes")(below);
            }
            return code;
        }
        (*file.cast::<Recorded>()).methods = &raw const METHODS;
        if name.is_null() {
            return code;
        }
        let path = PathBuf::from(CStr::from_ptr(name).to_str().expect("UTF-8"));
        if let Some(log) = log_of(&path) {
            let mut events = log.lock().expect("no reader panics");
            // The Unix VFS syncs the folder for files that it may create, except for databases.
            let journals = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
            let syncs_folder = flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & journals != 0;
            let file_number = events.len();
            events.push(Event::Open { file: file_number, path, syncs_folder });
            drop(events);
            (*file.cast::<Recorded>()).noted = Box::into_raw(Box::new(Noted { log, file: file_number }));
        }
        code
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite passes a name that ends with a NUL.
    let path = PathBuf::from(unsafe { CStr::from_ptr(name) }.to_str().expect("UTF-8"));
    // SAFETY: the VFS below gets what SQLite passed.
    let code = unsafe {
        let vfs = vfs_below(vfs);
        (*vfs).xDelete.expect("a VFS deletes")(vfs, name, 0)
    };
    if code == ffi::SQLITE_OK
        && let Some(log) = log_of(&path)
    {
        log.lock().expect("no reader panics").push(Event::Delete { path, synced: sync != 0 });
    }
    code
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; what it notes came from a box.
    unsafe {
        let noted = std::mem::replace(&mut (*file.cast::<Recorded>()).noted, ptr::null_mut());
        if !noted.is_null() {
            drop(Box::from_raw(noted));
        }
        let below = below(file);
        (*(*below).pMethods).xClose.expect("a file closes")(below)
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: SQLite passes `count` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(count).expect("a size")) };
    let offset = u64::try_from(at).expect("a place");
    // SAFETY: the file below gets what SQLite passed.
    unsafe {
        tell(file, |file| Event::Write { file, offset, bytes: bytes.to_vec() });
        let below = below(file);
        (*(*below).pMethods).xWrite.expect("a file is written")(below, from, count, at)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let kept = u64::try_from(size).expect("a size");
    // SAFETY: the file below gets what SQLite passed.
    unsafe {
        tell(file, |file| Event::Truncate { file, size: kept });
        let below = below(file);
        (*(*below).pMethods).xTruncate.expect("a file is cut off")(below, size)
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is one of ours.
    unsafe { tell(file, |file| Event::Sync { file }) };
    ffi::SQLITE_OK
}

/// Functions that only forward their call to the wrapped file.
macro_rules! pass {
    ($($name:ident as $field:ident ($($argument:ident: $ty:ty),*) $(-> $out:ty)?;)*) => { $(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($argument: $ty),*) $(-> $out)? {
            // SAFETY: the file below gets what SQLite passed.
            unsafe {
                let below = below(file);
                (*(*below).pMethods).$field.expect("all of version 2 is there")(below, $($argument),*)
            }
        }
    )* };
}

pass! {
    read as xRead(to: *mut c_void, count: c_int, at: i64) -> c_int;
    file_size as xFileSize(size: *mut i64) -> c_int;
    lock as xLock(kind: c_int) -> c_int;
    unlock as xUnlock(kind: c_int) -> c_int;
    check_lock as xCheckReservedLock(out: *mut c_int) -> c_int;
    control as xFileControl(what: c_int, argument: *mut c_void) -> c_int;
    sector_size as xSectorSize() -> c_int;
    characteristics as xDeviceCharacteristics() -> c_int;
    shm_map as xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    shm_lock as xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier as xShmBarrier();
    shm_unmap as xShmUnmap(delete: c_int) -> c_int;
}

/// Version 2: with shared memory for a WAL, without memory-mapped reads.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
