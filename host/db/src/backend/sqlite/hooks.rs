//! What a running SQLite connection is asked from outside: whether to go on, and what its statements may do. It is
//! long, as one value has what all callbacks of a connection share, and the lists of names that it knows stand beside it.

mod function;
mod rights;

use std::{
    ffi::c_int,
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use libsqlite3_sys as ffi;
use tokio::sync::Notify;

use self::function::Pace;
pub(super) use self::rights::{MODULES, Rights};

/// Steps of SQLite's machine in a tick. Few, as a step that works with a long value takes as long as many others.
pub(super) const TICK: i32 = 200;
/// Bytes or comparisons of a function of the host's own that count as a tick: they take about as long.
const WORK: usize = 8 << 10;
/// Ticks that a statement may take on the thread of its caller before it is moved.
pub(super) const INLINE: i64 = 20;
/// Ticks past that after which a statement that returns no row meanwhile is broken off and begun again elsewhere.
const OVERTIME: i64 = 40;
/// How long it may take there in any case: steps wait for the disk, or work with long values.
const INLINE_TIME: Duration = Duration::from_millis(4);

/// Shared between a connection, its callbacks and those who stop it.
pub(super) struct Hooks {
    stopped: AtomicBool,
    /// Ticks left on the caller's thread.
    left: AtomicI64,
    /// When it has to leave that thread, in microseconds since the hooks were made. Nothing is measured where it has not.
    until: AtomicU64,
    made: Instant,
    /// Work that is no whole tick yet.
    work: AtomicUsize,
    /// Whether the last statement was broken off for its length, not for a stop.
    moved: AtomicBool,
    /// The [`Rights`] of the present statement.
    rights: AtomicU8,
    /// What the authorizer saw of the statement that is being prepared.
    seen: AuthorizedActions,
    inserting: Inserting,
    /// Wakes those who wait for a lock.
    pub(super) stopping: Notify,
}

/// What the authorizer saw of a statement.
#[derive(Default)]
struct AuthorizedActions {
    /// Whether it does what can take long in one step.
    lingers: AtomicBool,
    /// Whether it counts, and whether there is a table of which it reads no column: all rows of a table are counted in one step.
    counts: AtomicBool,
    reads_nothing: AtomicBool,
    /// The table or view that it drops; 0 for none.
    drops: AtomicU64,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            stopped: AtomicBool::default(),
            left: AtomicI64::new(i64::MAX),
            until: AtomicU64::new(u64::MAX),
            made: Instant::now(),
            work: AtomicUsize::default(),
            moved: AtomicBool::default(),
            rights: AtomicU8::new(Rights::HOST.code()),
            seen: AuthorizedActions::default(),
            inserting: Inserting::default(),
            stopping: Notify::default(),
        }
    }
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

impl Hooks {
    /// Forgets what was before this statement, and lets it run without an end.
    pub(super) fn arm(&self) {
        self.stopped.store(false, Ordering::Release);
        self.moved.store(false, Ordering::Release);
        self.unbound();
    }

    /// Bounds the steps that follow.
    pub(super) fn bound(&self) {
        self.bound_to(INLINE);
    }

    /// Bounds the steps that follow to two thousand: the first tick may be left over from an earlier run of the statement.
    pub(super) fn bound_closely(&self) {
        self.bound_to(9 - OVERTIME);
    }

    fn bound_to(&self, ticks: i64) {
        self.moved.store(false, Ordering::Release);
        self.left.store(ticks, Ordering::Release);
        self.until.store(self.now().saturating_add(INLINE_TIME.as_micros() as u64), Ordering::Release);
    }

    /// Does not bound them any more.
    pub(super) fn unbound(&self) {
        self.moved.store(false, Ordering::Release);
        self.left.store(i64::MAX, Ordering::Release);
        self.until.store(u64::MAX, Ordering::Release);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX)
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

    /// Called after so many steps. Whether to go on.
    pub(super) fn tick(&self) -> bool {
        self.ticks(1)
    }

    /// Called by functions of the host's own with the bytes that they look at or make, which are ticks as steps are. Whether to
    /// go on.
    pub(super) fn charge(&self, work: usize) -> bool {
        // Only the thread that works with the connection adds to it.
        let work = self.work.load(Ordering::Relaxed).saturating_add(work);
        self.work.store(work % WORK, Ordering::Relaxed);
        work < WORK || self.ticks(i64::try_from(work / WORK).unwrap_or(i64::MAX))
    }

    fn ticks(&self, count: i64) -> bool {
        if self.is_stopped() {
            return false;
        }
        let until = self.until.load(Ordering::Acquire);
        if until == u64::MAX {
            return true;
        }
        let left = self.left.fetch_sub(count, Ordering::AcqRel).saturating_sub(count);
        let over = left < -OVERTIME || self.now() > until;
        if over {
            self.moved.store(true, Ordering::Release);
        }
        !over
    }

    /// What the statements that follow may do.
    pub(super) fn set_rights(&self, rights: Rights) {
        self.rights.store(rights.code(), Ordering::Release);
    }

    /// A statement is about to be prepared.
    pub(super) fn prepares(&self) {
        self.take_target();
        for seen in [&self.seen.lingers, &self.seen.counts, &self.seen.reads_nothing] {
            seen.store(false, Ordering::Relaxed);
        }
    }

    /// Whether the statement that was prepared does what can take long in one step.
    pub(super) fn lingers(&self) -> bool {
        let seen = |seen: &AtomicBool| seen.load(Ordering::Relaxed);
        seen(&self.seen.lingers) || seen(&self.seen.counts) && seen(&self.seen.reads_nothing)
    }

    /// The statement that is being prepared does something, as SQLite names it.
    pub(super) fn sees(&self, action: c_int, first: &str, second: &str) {
        let seen = match action {
            ffi::SQLITE_DROP_TABLE | ffi::SQLITE_DROP_VIEW | ffi::SQLITE_DROP_VTABLE => {
                return self.seen.drops.store(number(first), Ordering::Relaxed);
            }
            ffi::SQLITE_FUNCTION if second.eq_ignore_ascii_case("count") => &self.seen.counts,
            ffi::SQLITE_FUNCTION if function::pace(second) != Some(Pace::Quick) => &self.seen.lingers,
            ffi::SQLITE_READ if second.is_empty() => &self.seen.reads_nothing,
            // The hidden column of a full-text index, which is compared with what is searched for.
            ffi::SQLITE_READ if first.eq_ignore_ascii_case(second) => &self.seen.lingers,
            _ => return,
        };
        seen.store(true, Ordering::Relaxed);
    }

    /// Whether a table loses its rows one after the other where all of them are deleted. At once it would be a single step,
    /// which takes seconds for a large table and cannot be ended. What is dropped asks the same question, and must not hear this.
    pub(super) fn deletes_row_by_row(&self, table: &str) -> bool {
        let is_dropped = self.seen.drops.load(Ordering::Relaxed) == number(table);
        if is_dropped {
            self.seen.drops.store(0, Ordering::Relaxed);
        }
        !is_dropped && !table.starts_with("sqlite_")
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
        let hooks = Hooks::default();
        hooks.arm();
        assert!((0..10_000).all(|_| hooks.tick()));
        hooks.bound();
        let ticks = (0..1000).take_while(|_| hooks.tick()).count();
        assert_eq!(i64::try_from(ticks).expect("few"), INLINE + OVERTIME);
        assert!(hooks.was_moved() && hooks.is_overdue());
        hooks.bound_closely();
        assert!((0..9).all(|_| hooks.tick()) && !hooks.tick());
        hooks.bound();
        assert!(hooks.charge(WORK) && !hooks.charge(100 * WORK) && hooks.was_moved());
        hooks.bound();
        std::thread::sleep(INLINE_TIME + Duration::from_millis(1));
        assert!(hooks.charge(WORK - 1) && !hooks.charge(1) && hooks.was_moved());
        hooks.unbound();
        assert!(hooks.tick() && hooks.charge(usize::MAX) && !hooks.was_moved());
        hooks.stop();
        assert!(!hooks.charge(WORK));
        assert!(!hooks.tick() && !hooks.was_moved());
    }

    #[test]
    fn a_key_is_told_from_the_one_before() {
        let hooks = Hooks::default();
        assert!(!hooks.was_made(7), "nothing is known of an insert");
        hooks.inserts_into("t");
        let target = hooks.take_target();
        assert_eq!((target == 0, hooks.take_target()), (false, 0));
        hooks.expect_key(target, 7);
        assert!(hooks.was_made(8) && hooks.was_made(-7) && !hooks.was_made(7));
        assert!(hooks.awaits(7) && !hooks.awaits(8));
        hooks.made("log");
        assert!(!hooks.was_made(7), "a trigger made it");
        hooks.made("t");
        assert!(hooks.was_made(7));
        hooks.expect_key(target, 7);
        assert!(!hooks.was_made(7));
        hooks.expect_key(0, 7);
        assert!(!hooks.awaits(7) && !hooks.was_made(8), "it is no insert");
    }
}
