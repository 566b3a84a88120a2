//! The times of a statement, and what those who run it and those who wait for it tell each other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

/// The times of a statement: it runs against its limit while it works, not while its reader thinks. And what those who run
/// it and those who wait for it tell each other.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Progress>);

struct Progress {
    /// How long it may work at a stretch, and until when; none where there is no limit.
    deadline: Option<(Duration, watch::Sender<Option<Instant>>)>,
    idle: AtomicBool,
    seen: AtomicBool,
    failed: AtomicBool,
    transaction: AtomicU64,
}

impl Clock {
    /// A clock that is stopped.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self(Arc::new(Progress {
            deadline: limit.map(|limit| (limit, watch::Sender::new(None))),
            idle: AtomicBool::new(false),
            seen: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            transaction: AtomicU64::new(0),
        }))
    }

    /// The statement works in this transaction, by its serial number.
    pub(crate) fn enter(&self, transaction: u64) {
        self.0.transaction.store(transaction, Ordering::Release);
    }

    /// The transaction that the statement works in; 0 for none.
    pub(crate) fn transaction(&self) -> u64 {
        self.0.transaction.load(Ordering::Acquire)
    }

    /// Lets a new span of time begin.
    pub(crate) fn start(&self) {
        self.0.idle.store(false, Ordering::Release);
        if let Some((limit, deadline)) = &self.0.deadline {
            // A limit too far away to be a date is none.
            deadline.send_replace(Instant::now().checked_add(*limit));
        }
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        self.0.idle.store(true, Ordering::Release);
        if let Some((_, deadline)) = &self.0.deadline {
            deadline.send_replace(None);
        }
    }

    /// Whether the statement waits for its reader, or was told that there is none.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.idle.load(Ordering::Acquire)
    }

    /// The caller has its answer, or the first batch of it.
    pub(crate) fn see(&self) {
        self.0.seen.store(true, Ordering::Release);
    }

    /// Whether it has.
    pub(crate) fn is_seen(&self) -> bool {
        self.0.seen.load(Ordering::Acquire)
    }

    /// The statement has failed. Said before its session is free again.
    pub(crate) fn fail(&self) {
        self.0.failed.store(true, Ordering::Release);
    }

    /// Whether it has.
    pub(crate) fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::Acquire)
    }

    /// Waits until a span of time is over that was not stopped before.
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
