//! The state behind a SQLite connection's callbacks: whether its statement goes on, and what it may do. It is long, as one type
//! holds what all callbacks of a connection share. Its lists of names are in modules of their own.

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

/// The virtual machine instructions in a tick. Few, as one that processes a long value takes as long as many others.
pub(super) const TICK: i32 = 200;
/// The bytes or comparisons of a host function that count as a tick: they take about as long.
const WORK: usize = 8 << 10;
/// The ticks that a statement may take on its caller's thread before it moves to a blocking thread.
pub(super) const INLINE: i64 = 20;
/// The ticks past [`INLINE`] after which a statement that returns no row meanwhile is interrupted and restarted on that thread.
const OVERTIME: i64 = 40;
/// The longest time on the caller's thread, whatever the ticks: instructions can wait for the disk or process long values.
const INLINE_TIME: Duration = Duration::from_millis(4);

/// Shared between a connection, its callbacks and its cancel handles.
pub(super) struct Hooks {
    stopped: AtomicBool,
    /// The ticks left on the caller's thread.
    left: AtomicI64,
    /// The deadline on the caller's thread, in microseconds since `made`; `u64::MAX` where nothing is bounded or measured.
    until: AtomicU64,
    made: Instant,
    /// Charged work that is less than a tick.
    work: AtomicUsize,
    /// Whether the last statement was interrupted because it exceeded its bound, not because it was cancelled.
    moved: AtomicBool,
    /// The [`Rights`] of the current statement, as a code.
    rights: AtomicU8,
    /// The authorizer's findings on the statement that is being prepared.
    seen: AuthorizedActions,
    inserting: Inserting,
    /// Wakes a connection that waits for the writer permit.
    pub(super) stopping: Notify,
}

/// The authorizer's findings on a statement.
#[derive(Default)]
struct AuthorizedActions {
    /// Whether one of its steps can take long.
    lingers: AtomicBool,
    /// Whether it calls `count`, and whether it reads no column of some table: SQLite counts all rows of a table in one step.
    counts: AtomicBool,
    reads_nothing: AtomicBool,
    /// The hash of the table or view that it drops; 0 for none.
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

/// Distinguishes a key that a statement generated from the last one before it: both may be the same number. Only the thread that
/// works with the connection reads and writes these fields. Tables are hashes of their names.
#[derive(Default)]
struct Inserting {
    /// The table of the statement that is being prepared; 0 for none.
    prepared: AtomicU64,
    /// The table of the statement that runs.
    target: AtomicU64,
    /// The last key that was generated before it.
    before: AtomicI64,
    /// Whether it generated the key `before` again.
    again: AtomicBool,
}

impl Hooks {
    /// Resets the hooks for a statement, which runs unbounded.
    pub(super) fn arm(&self) {
        self.stopped.store(false, Ordering::Release);
        self.moved.store(false, Ordering::Release);
        self.unbound();
    }

    /// Bounds the following steps to the caller's thread's share of ticks and time.
    pub(super) fn bound(&self) {
        self.bound_to(INLINE);
    }

    /// Bounds the following steps to 2,000 instructions: part of the first tick may belong to an earlier run of the statement.
    pub(super) fn bound_closely(&self) {
        self.bound_to(9 - OVERTIME);
    }

    fn bound_to(&self, ticks: i64) {
        self.moved.store(false, Ordering::Release);
        self.left.store(ticks, Ordering::Release);
        self.until.store(self.now().saturating_add(INLINE_TIME.as_micros() as u64), Ordering::Release);
    }

    /// Removes the bound.
    pub(super) fn unbound(&self) {
        self.moved.store(false, Ordering::Release);
        self.left.store(i64::MAX, Ordering::Release);
        self.until.store(u64::MAX, Ordering::Release);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Cancels the running statement.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.stopping.notify_waiters();
    }

    /// Whether the running statement was cancelled.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether the bound is used up.
    pub(super) fn is_overdue(&self) -> bool {
        self.left.load(Ordering::Acquire) <= 0
    }

    /// Whether the statement was interrupted to be restarted on a blocking thread.
    pub(super) fn was_moved(&self) -> bool {
        self.moved.load(Ordering::Acquire)
    }

    /// Called every [`TICK`] instructions. Returns whether to go on.
    pub(super) fn tick(&self) -> bool {
        self.ticks(1)
    }

    /// Called by the host's own functions with the bytes that they read or write, which are converted to ticks. Returns whether to
    /// go on.
    pub(super) fn charge(&self, work: usize) -> bool {
        // Only the thread that works with the connection changes the counter.
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

    /// Sets the rights of the following statements.
    pub(super) fn set_rights(&self, rights: Rights) {
        self.rights.store(rights.code(), Ordering::Release);
    }

    /// Resets the findings before a statement is prepared.
    pub(super) fn prepares(&self) {
        self.take_target();
        for seen in [&self.seen.lingers, &self.seen.counts, &self.seen.reads_nothing] {
            seen.store(false, Ordering::Relaxed);
        }
    }

    /// Whether one step of the prepared statement can take long.
    pub(super) fn lingers(&self) -> bool {
        let seen = |seen: &AtomicBool| seen.load(Ordering::Relaxed);
        seen(&self.seen.lingers) || seen(&self.seen.counts) && seen(&self.seen.reads_nothing)
    }

    /// Records an authorizer action of the statement that is being prepared.
    pub(super) fn sees(&self, action: c_int, first: &str, second: &str) {
        let seen = match action {
            ffi::SQLITE_DROP_TABLE | ffi::SQLITE_DROP_VIEW | ffi::SQLITE_DROP_VTABLE => {
                return self.seen.drops.store(number(first), Ordering::Relaxed);
            }
            ffi::SQLITE_FUNCTION if second.eq_ignore_ascii_case("count") => &self.seen.counts,
            ffi::SQLITE_FUNCTION if function::pace(second) != Some(Pace::Quick) => &self.seen.lingers,
            ffi::SQLITE_READ if second.is_empty() => &self.seen.reads_nothing,
            // The hidden column of a full-text index, which a search compares with its query.
            ffi::SQLITE_READ if first.eq_ignore_ascii_case(second) => &self.seen.lingers,
            _ => return,
        };
        seen.store(true, Ordering::Relaxed);
    }

    /// Whether a `DELETE` without a condition deletes a table's rows one by one. SQLite's truncation is a single step, which takes
    /// seconds for a large table and cannot be interrupted. A `DROP` authorizes the same delete action, for which this is false.
    pub(super) fn deletes_row_by_row(&self, table: &str) -> bool {
        let is_dropped = self.seen.drops.load(Ordering::Relaxed) == number(table);
        if is_dropped {
            self.seen.drops.store(0, Ordering::Relaxed);
        }
        !is_dropped && !table.starts_with("sqlite_")
    }

    /// Records the table that the statement being prepared inserts into itself, not by a trigger.
    pub(super) fn inserts_into(&self, table: &str) {
        self.inserting.prepared.store(number(table), Ordering::Relaxed);
    }

    /// Takes the hash of the table that the prepared statement inserts into; 0 for none.
    pub(super) fn take_target(&self) -> u64 {
        self.inserting.prepared.swap(0, Ordering::Relaxed)
    }

    /// Begins a statement that inserts into this table. `before` is the last generated key.
    pub(super) fn expect_key(&self, target: u64, before: i64) {
        self.inserting.target.store(target, Ordering::Relaxed);
        self.inserting.before.store(before, Ordering::Relaxed);
        self.inserting.again.store(false, Ordering::Relaxed);
    }

    /// Whether a row with this key has to be reported by [`made`](Self::made).
    pub(super) fn awaits(&self, key: i64) -> bool {
        self.inserting.before.load(Ordering::Relaxed) == key && self.inserting.target.load(Ordering::Relaxed) != 0
    }

    /// Records that a row of this table was inserted with the key `before`.
    pub(super) fn made(&self, table: &str) {
        if self.inserting.target.load(Ordering::Relaxed) == number(table) {
            self.inserting.again.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the statement that ran generated the last key. SQLite keeps an earlier statement's key where a statement inserts
    /// nothing, updates existing rows instead, or inserts into a table without rowids.
    pub(super) fn was_made(&self, last: i64) -> bool {
        let is_other = self.inserting.before.load(Ordering::Relaxed) != last;
        self.inserting.target.load(Ordering::Relaxed) != 0 && (is_other || self.inserting.again.load(Ordering::Relaxed))
    }

    /// Whether the current statement may perform an authorizer action.
    pub(super) fn allows(&self, action: c_int, first: &str, second: &str) -> bool {
        Rights::of_code(self.rights.load(Ordering::Acquire)).allow(action, first, second)
    }
}

/// A hash of a table's name that is not 0.
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
