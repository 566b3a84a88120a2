//! What a running SQLite connection is asked from outside: whether to go on, and what its statements may do.

mod function;
mod rights;

use std::{
    ffi::c_int,
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering},
};

use tokio::sync::Notify;

pub(super) use self::rights::{MODULES, Rights};

/// Ticks (of a thousand steps) that a statement may take on the thread of its caller before it is moved.
pub(super) const INLINE: i64 = 4;
/// Ticks past that after which a statement that returns no row meanwhile is broken off and begun again elsewhere.
const OVERTIME: i64 = 8;

/// Shared between a connection, its callbacks and those who stop it.
#[derive(Default)]
pub(super) struct Watch {
    stopped: AtomicBool,
    /// Ticks left on the caller's thread.
    left: AtomicI64,
    /// Whether the last statement was broken off for its length, not for a stop.
    moved: AtomicBool,
    /// The [`Rights`] of the present statement.
    rights: AtomicU8,
    inserting: Inserting,
    /// Wakes those who wait for a lock.
    pub(super) stopping: Notify,
}

/// What tells a key that a statement made from one that was made before: both may be the same number. All of it is said and
/// asked by the one thread that works with the connection.
#[derive(Default)]
struct Inserting {
    /// The table of the statement that is being prepared; 0 for none.
    prepared: AtomicU64,
    /// The table of the statement that runs.
    target: AtomicU64,
    /// The key that was made last before it.
    before: AtomicI64,
    /// Whether it made this key again.
    again: AtomicBool,
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

    /// What the statements that follow may do.
    pub(super) fn set_rights(&self, rights: Rights) {
        self.rights.store(rights.code(), Ordering::Release);
    }

    /// The statement that is being prepared inserts into a table itself, not by a trigger.
    pub(super) fn inserts_into(&self, table: &str) {
        self.inserting.prepared.store(number(table), Ordering::Relaxed);
    }

    /// The table that the statement that was prepared inserts into; 0 for none.
    pub(super) fn take_target(&self) -> u64 {
        self.inserting.prepared.swap(0, Ordering::Relaxed)
    }

    /// A statement begins that inserts into this table. The key `before` was made last.
    pub(super) fn expect_key(&self, target: u64, before: i64) {
        self.inserting.target.store(target, Ordering::Relaxed);
        self.inserting.before.store(before, Ordering::Relaxed);
        self.inserting.again.store(false, Ordering::Relaxed);
    }

    /// Whether it matters who made this key.
    pub(super) fn awaits(&self, key: i64) -> bool {
        self.inserting.before.load(Ordering::Relaxed) == key && self.inserting.target.load(Ordering::Relaxed) != 0
    }

    /// The key that was made last before was made again, for a row of this table.
    pub(super) fn made(&self, table: &str) {
        if self.inserting.target.load(Ordering::Relaxed) == number(table) {
            self.inserting.again.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the key that was made last is one of the statement that ran. SQLite keeps that of an earlier one where a
    /// statement inserts nothing, updates what it finds instead, or has rows without numbers.
    pub(super) fn was_made(&self, last: i64) -> bool {
        let is_other = self.inserting.before.load(Ordering::Relaxed) != last;
        self.inserting.target.load(Ordering::Relaxed) != 0 && (is_other || self.inserting.again.load(Ordering::Relaxed))
    }

    /// Whether the present statement may do something, as SQLite names it.
    pub(super) fn allows(&self, action: c_int, first: &str, second: &str) -> bool {
        Rights::of_code(self.rights.load(Ordering::Acquire)).allow(action, first, second)
    }
}

/// A table's name as a number that is not 0.
fn number(table: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    table.hash(&mut hasher);
    hasher.finish().max(1)
}

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
    fn a_key_is_told_from_the_one_before() {
        let watch = Watch::default();
        assert!(!watch.was_made(7), "nothing is known of an insert");
        watch.inserts_into("t");
        let target = watch.take_target();
        assert_eq!((target == 0, watch.take_target()), (false, 0));
        watch.expect_key(target, 7);
        assert!(watch.was_made(8) && watch.was_made(-7) && !watch.was_made(7));
        assert!(watch.awaits(7) && !watch.awaits(8));
        watch.made("log");
        assert!(!watch.was_made(7), "a trigger made it");
        watch.made("t");
        assert!(watch.was_made(7));
        watch.expect_key(target, 7);
        assert!(!watch.was_made(7));
        watch.expect_key(0, 7);
        assert!(!watch.awaits(7) && !watch.was_made(8), "it is no insert");
    }
}
