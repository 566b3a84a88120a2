//! What a running SQLite connection is asked from outside: whether to go on, and what its statements may do.

use std::{
    ffi::c_int,
    sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering},
};

use libsqlite3_sys as ffi;
use tokio::sync::Notify;

/// Ticks (of a thousand steps) that a statement may take on the thread of its caller before it is moved.
pub(super) const INLINE: i64 = 4;
/// Ticks past that after which a statement that returns no row meanwhile is broken off and begun again elsewhere.
const OVERTIME: i64 = 8;

/// Who wrote a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// The host, for itself.
    Host,
    /// The host's compiler, from a guest's statement.
    Compiler,
    /// A guest, as text.
    Guest,
}

/// Shared between a connection, its callbacks and those who stop it.
#[derive(Default)]
pub(super) struct Watch {
    stopped: AtomicBool,
    /// Ticks left on the caller's thread.
    left: AtomicI64,
    /// Whether the last statement was broken off for its length, not for a stop.
    moved: AtomicBool,
    author: AtomicU8,
    /// Wakes those who wait for a lock.
    pub(super) stopping: Notify,
}

impl Watch {
    /// Forgets what was before this statement, and lets it run without an end.
    pub(super) fn arm(&self) {
        self.stopped.store(false, Ordering::Release);
        self.moved.store(false, Ordering::Release);
        self.unbound();
    }

    /// Bounds the steps that follow.
    pub(super) fn bound(&self) {
        self.left.store(INLINE, Ordering::Release);
    }

    /// Bounds the steps that follow to two thousand: the first tick may be left over from an earlier run of the statement.
    pub(super) fn bound_closely(&self) {
        self.left.store(1 - OVERTIME, Ordering::Release);
    }

    /// Does not bound them any more.
    pub(super) fn unbound(&self) {
        self.moved.store(false, Ordering::Release);
        self.left.store(i64::MAX, Ordering::Release);
    }

    /// Asks the running statement to stop.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.stopping.notify_waiters();
    }

    /// Whether the running statement is to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether the bound is used up.
    pub(super) fn is_overdue(&self) -> bool {
        self.left.load(Ordering::Acquire) <= 0
    }

    /// Whether the statement was broken off to be begun again elsewhere.
    pub(super) fn was_moved(&self) -> bool {
        self.moved.load(Ordering::Acquire)
    }

    /// Called every thousand steps. Whether to go on.
    pub(super) fn tick(&self) -> bool {
        if self.is_stopped() {
            return false;
        }
        let over = self.left.fetch_sub(1, Ordering::AcqRel) <= -OVERTIME;
        if over {
            self.moved.store(true, Ordering::Release);
        }
        !over
    }

    pub(super) fn set_author(&self, author: Author) {
        self.author.store(author as u8, Ordering::Release);
    }

    /// Whether a statement of the present author may do something, as SQLite names it.
    pub(super) fn allows(&self, action: c_int, first: &str, second: &str) -> bool {
        let author = self.author.load(Ordering::Acquire);
        if author == Author::Host as u8 {
            return true;
        }
        // An attached file is out of every grant, and an authorizer does not see its name where that is an expression.
        if matches!(action, ffi::SQLITE_ATTACH | ffi::SQLITE_DETACH) {
            return false;
        }
        if action == ffi::SQLITE_FUNCTION {
            return !FUNCTIONS.iter().any(|refused| refused.eq_ignore_ascii_case(second));
        }
        if author == Author::Compiler as u8 {
            return true;
        }
        match action {
            // The host has to know which transaction is open.
            ffi::SQLITE_TRANSACTION | ffi::SQLITE_SAVEPOINT => false,
            // Full-text indexes ask for this one themselves; it only reads a counter.
            ffi::SQLITE_PRAGMA => first == "data_version",
            // They would still be there for the connection's next borrower.
            ffi::SQLITE_CREATE_TEMP_TABLE
            | ffi::SQLITE_CREATE_TEMP_INDEX
            | ffi::SQLITE_CREATE_TEMP_TRIGGER
            | ffi::SQLITE_CREATE_TEMP_VIEW => false,
            ffi::SQLITE_CREATE_VTABLE | ffi::SQLITE_DROP_VTABLE => {
                MODULES.iter().any(|module| module.eq_ignore_ascii_case(second))
            }
            ffi::SQLITE_READ | ffi::SQLITE_UPDATE | ffi::SQLITE_INSERT | ffi::SQLITE_DELETE => {
                !INTERNALS.iter().any(|table| table.eq_ignore_ascii_case(first))
            }
            _ => true,
        }
    }
}

/// Functions that reach out of the database.
const FUNCTIONS: [&str; 6] = ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlite_dbpage"];
/// Modules whose tables are only ways to index.
const MODULES: [&str; 6] = ["fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly"];
/// Tables that show the file or the process instead of data.
const INTERNALS: [&str; 6] = ["sqlite_dbpage", "dbstat", "sqlite_stmt", "bytecode", "tables_used", "sqlite_dbdata"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_when_they_are_stopped_or_long() {
        let watch = Watch::default();
        watch.arm();
        assert!((0..10_000).all(|_| watch.tick()));
        watch.bound();
        let ticks = (0..1000).take_while(|_| watch.tick()).count();
        assert_eq!(i64::try_from(ticks).expect("few"), INLINE + OVERTIME);
        assert!(watch.was_moved() && watch.is_overdue());
        watch.bound_closely();
        assert!(watch.tick() && !watch.tick());
        watch.unbound();
        assert!(watch.tick() && !watch.was_moved());
        watch.stop();
        assert!(!watch.tick() && !watch.was_moved());
    }

    #[test]
    fn t35_guests_reach_no_files_pragmas_or_transactions() {
        let watch = Watch::default();
        let refused = [
            (ffi::SQLITE_ATTACH, "", ""),
            (ffi::SQLITE_PRAGMA, "journal_mode", "off"),
            (ffi::SQLITE_TRANSACTION, "COMMIT", ""),
            (ffi::SQLITE_SAVEPOINT, "BEGIN", "a"),
            (ffi::SQLITE_FUNCTION, "", "Load_Extension"),
            (ffi::SQLITE_CREATE_VTABLE, "t", "dbstat"),
            (ffi::SQLITE_READ, "sqlite_dbpage", "data"),
        ];
        for (action, first, second) in refused {
            watch.set_author(Author::Guest);
            assert!(!watch.allows(action, first, second), "{action} {first} {second}");
            watch.set_author(Author::Host);
            assert!(watch.allows(action, first, second), "{action} {first} {second}");
        }
        watch.set_author(Author::Compiler);
        assert!(!watch.allows(ffi::SQLITE_ATTACH, "x", ""));
        watch.set_author(Author::Guest);
        assert!(watch.allows(ffi::SQLITE_READ, "users", "id"));
        assert!(watch.allows(ffi::SQLITE_FUNCTION, "", "lower"));
    }
}
