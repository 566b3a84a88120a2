//! Limits the idle connections to SQLite files, over all files of the process: each costs three file descriptors and its page
//! cache. A host of ten thousand tenants with a file each keeps only the recently used files open.
//!
//! Eviction is the clock algorithm (second chance): a pool that was used since the hand last passed it stays. So a file that is
//! used sets a flag of its own, and no shared order is updated.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use super::handle::opened::Opened;

/// The default number of idle connections that are kept.
const KEPT: usize = 256;

static ALL: IdleFiles =
    IdleFiles { most: AtomicUsize::new(KEPT), count: AtomicI64::new(0), clock: Mutex::new(VecDeque::new()) };

/// Sets the most idle connections to SQLite files that are kept open, over all databases of the process; 256 by default. The files
/// that were not used for longest, about, are closed first. The next use opens a file again, which takes some tenths of a
/// millisecond. Each connection takes three file descriptors.
pub fn keep_idle_files(most: usize) {
    ALL.most.store(most, Ordering::Relaxed);
}

struct IdleFiles {
    most: AtomicUsize,
    /// The idle connections. For a moment it may be too low, as a returned connection is counted after others can take it.
    count: AtomicI64,
    clock: Mutex<VecDeque<Weak<dyn FilePool>>>,
}

/// The pool of one file's connections.
pub(super) trait FilePool: Send + Sync {
    /// The pool's entry in the clock.
    fn using(&self) -> &IdleListing;

    /// Removes and returns the idle connections, which the caller closes. The file may be opened again.
    fn take_idle(&self) -> Vec<Opened>;
}

/// A pool's state in the clock: whether it is listed, and whether it was used since the hand last passed it.
#[derive(Default)]
pub(super) struct IdleListing {
    is_listed: AtomicBool,
    was_used: AtomicBool,
}

/// Records that connections are no longer idle.
pub(super) fn taken(count: usize) {
    ALL.count.fetch_sub(counted(count), Ordering::Relaxed);
}

/// Records that a pool's connection is idle. Returns connections that the caller closes to keep the limit.
pub(super) fn put<F: FilePool + 'static>(pool: &Arc<F>) -> Vec<Opened> {
    let count = usize::try_from(ALL.count.fetch_add(1, Ordering::Relaxed).saturating_add(1)).unwrap_or_default();
    pool.using().was_used.store(true, Ordering::Relaxed);
    if !pool.using().is_listed.swap(true, Ordering::AcqRel) {
        let listed: Weak<dyn FilePool> = Arc::<F>::downgrade(pool);
        ALL.list().push_back(listed);
    }
    let most = ALL.most.load(Ordering::Relaxed);
    if count > most { ALL.evict(count.saturating_sub(most)) } else { Vec::new() }
}

fn counted(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl IdleFiles {
    fn list(&self) -> std::sync::MutexGuard<'_, VecDeque<Weak<dyn FilePool>>> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes idle connections from the least recently used pools until there are enough.
    fn evict(&self, wanted: usize) -> Vec<Opened> {
        let mut evicted = Vec::new();
        let mut clock = self.list();
        // The hand passes each pool twice at most: the first time, a pool that was used since keeps its connections.
        for _ in 0..clock.len().saturating_mul(2) {
            if evicted.len() >= wanted {
                break;
            }
            let Some(next) = clock.pop_front() else { break };
            let Some(pool) = next.upgrade() else { continue };
            if pool.using().was_used.swap(false, Ordering::Relaxed) {
                clock.push_back(next);
                continue;
            }
            pool.using().is_listed.store(false, Ordering::Release);
            let idle = pool.take_idle();
            taken(idle.len());
            evicted.extend(idle);
        }
        evicted
    }
}
