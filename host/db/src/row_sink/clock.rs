//! The time limit of a statement, and the flags that its task and its waiting caller share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

/// Measures a statement against its time limit while it works, not while it waits for its reader. It also holds the flags that the
/// statement's task and its waiting caller share.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Progress>);

struct Progress {
    /// The limit of one span of work, and its current deadline; none where there is no limit.
    deadline: Option<(Duration, watch::Sender<Option<Instant>>)>,
    idle: AtomicBool,
    seen: AtomicBool,
    failed: AtomicBool,
    transaction: AtomicU64,
}

impl Clock {
    /// Creates a stopped clock.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self(Arc::new(Progress {
            deadline: limit.map(|limit| (limit, watch::Sender::new(None))),
            idle: AtomicBool::new(false),
            seen: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            transaction: AtomicU64::new(0),
        }))
    }

    /// Records the serial number of the transaction that the statement runs in.
    pub(crate) fn enter(&self, transaction: u64) {
        self.0.transaction.store(transaction, Ordering::Release);
    }

    /// Returns the transaction that the statement runs in; 0 for none.
    pub(crate) fn transaction(&self) -> u64 {
        self.0.transaction.load(Ordering::Acquire)
    }

    /// Starts a new span of work.
    pub(crate) fn start(&self) {
        self.0.idle.store(false, Ordering::Release);
        if let Some((limit, deadline)) = &self.0.deadline {
            // A limit too large for an `Instant` counts as none.
            deadline.send_replace(Instant::now().checked_add(*limit));
        }
    }

    /// Stops the clock.
    pub(crate) fn stop(&self) {
        self.0.idle.store(true, Ordering::Release);
        if let Some((_, deadline)) = &self.0.deadline {
            deadline.send_replace(None);
        }
    }

    /// Whether the statement waits for its reader, or has stopped as its reader is gone.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.idle.load(Ordering::Acquire)
    }

    /// Records that the caller has the result set, or its first batch.
    pub(crate) fn see(&self) {
        self.0.seen.store(true, Ordering::Release);
    }

    /// Whether the caller has the result set, or its first batch.
    pub(crate) fn is_seen(&self) -> bool {
        self.0.seen.load(Ordering::Acquire)
    }

    /// Records that the statement has failed. Called before its session is free again.
    pub(crate) fn fail(&self) {
        self.0.failed.store(true, Ordering::Release);
    }

    /// Whether the statement has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::Acquire)
    }

    /// Waits until the deadline of a span passes before the clock is stopped.
    pub(crate) async fn elapsed(&self) {
        let Some((_, deadline)) = &self.0.deadline else { return std::future::pending().await };
        let mut deadline = deadline.subscribe();
        loop {
            let now = *deadline.borrow_and_update();
            let changed = deadline.changed();
            match now {
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => return,
                    _ = changed => {}
                },
                // The sender lives as long as this clock does.
                None => drop(changed.await),
            }
        }
    }
}
