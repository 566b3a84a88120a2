//! How many connections to SQLite files are kept open though nothing uses them, over all files of the process: each costs three file
//! descriptors and its pages. A host of ten thousand tenants with a file each has those open that were used of late.
//!
//! Which go first is found by a clock with a second chance: who was used since the hand came by last stays. So a file that is used
//! sets a flag of its own and nothing that others share.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use super::handle::opened::Opened;

/// How many are kept where nothing is said.
const KEPT: usize = 256;

static ALL: IdleFiles =
    IdleFiles { most: AtomicUsize::new(KEPT), count: AtomicI64::new(0), clock: Mutex::new(VecDeque::new()) };

/// Keeps so many connections to SQLite files open that nothing uses, over all databases of the process; 256 where nothing is said. Those
/// that were not used for longest are closed first; the next use opens its file again, which takes some tenths of a millisecond. Each
/// takes three file descriptors.
pub fn keep_idle_files(most: usize) {
    ALL.most.store(most, Ordering::Relaxed);
}

struct IdleFiles {
    most: AtomicUsize,
    /// For a moment it may be less than there are, as one that is put back is counted after others can take it.
    count: AtomicI64,
    clock: Mutex<VecDeque<Weak<dyn FilePool>>>,
}

/// The connections of one file.
pub(super) trait FilePool: Send + Sync {
    /// What they are among those of all.
    fn using(&self) -> &IdleListing;

    /// Takes out those that are idle, which are to be closed. The file may be opened again.
    fn take_idle(&self) -> Vec<Opened>;
}

/// What a pool's connections are among those of all.
#[derive(Default)]
pub(super) struct IdleListing {
    is_listed: AtomicBool,
    was_used: AtomicBool,
}

/// A connection was taken from the idle ones of a pool.
pub(super) fn taken(count: usize) {
    ALL.count.fetch_sub(counted(count), Ordering::Relaxed);
}

/// A connection is idle now. Returns those of other pools that are to be closed for it.
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

    /// Takes connections out of the pools that were not used for longest.
    fn evict(&self, wanted: usize) -> Vec<Opened> {
        let mut evicted = Vec::new();
        let mut clock = self.list();
        // Each pool is passed twice at most: the first time it keeps what was used since.
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
