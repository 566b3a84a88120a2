//! Whether a connection runs a statement, for the tasks that stop it.
//!
//! A statement takes several messages in both directions. A cancel request that arrives between two of them hits nothing, and the
//! statement would run on. So the request is repeated until the statement has ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

use crate::{Error, Result};

/// How long to wait after the first cancel request before it is repeated; the pause doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Whether a statement runs. Clones share one state.
#[derive(Clone)]
pub(crate) struct Busy {
    runs: Arc<watch::Sender<bool>>,
    /// Whether a step between statements has begun and not ended.
    steps: Arc<AtomicBool>,
}

impl Default for Busy {
    fn default() -> Self {
        Self { runs: Arc::new(watch::Sender::new(false)), steps: Arc::default() }
    }
}

impl Busy {
    /// Runs a statement. It counts as running for ever where this future is dropped before its end, or where the connection is lost
    /// meanwhile.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runs.send_replace(true);
        let result = work.await;
        if !matches!(result, Err(Error::Disconnected(_))) {
            self.runs.send_replace(false);
        }
        result
    }

    /// Runs a step between statements. Where it is dropped because no response comes, the server may not know that the connection
    /// is lost, and keeps the locks of its transaction.
    pub(crate) async fn step<T>(&self, work: impl Future<Output = T>) -> T {
        self.steps.store(true, Ordering::Release);
        let done = work.await;
        self.steps.store(false, Ordering::Release);
        done
    }

    /// Whether the server may still work for a connection that is closed on this side, or hold its locks.
    pub(crate) fn was_given_up(&self) -> bool {
        self.is_busy() || self.steps.load(Ordering::Acquire)
    }

    /// Whether a statement runs, or may run.
    pub(crate) fn is_busy(&self) -> bool {
        *self.runs.borrow()
    }

    /// Repeats the cancel request until the statement has ended; at least the last request has arrived then. Sends none where no
    /// statement runs, also where the statement ends by itself while `ready` still connects, which can take long on a busy host.
    pub(crate) async fn end<W, R, F>(&self, ready: impl Fn() -> R, request: impl Fn(W) -> F) -> Result<()>
    where
        R: Future<Output = Result<W>>,
        F: Future<Output = Result<()>>,
    {
        let mut busy = self.runs.subscribe();
        let mut pause = FIRST_PAUSE;
        while self.is_busy() {
            let way = tokio::select! {
                biased;
                _ = busy.wait_for(|busy| !busy) => break,
                way = ready() => way?,
            };
            request(way).await?;
            if timeout(pause, busy.wait_for(|busy| !busy)).await.is_ok() {
                break;
            }
            pause = (pause * 2).min(Duration::from_millis(500));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn g02_a_request_that_hit_nothing_is_made_again() {
        let (busy, requests) = (Busy::default(), AtomicU32::new(0));
        let ready = || async { Ok(()) };
        let count = |()| async {
            requests.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        busy.end(ready, count).await.expect("nothing to end");
        assert_eq!(requests.load(Ordering::Relaxed), 0);
        let statement = busy.during(async {
            while requests.load(Ordering::Relaxed) < 3 {
                tokio::task::yield_now().await;
            }
            Ok(())
        });
        let (ran, ended) = tokio::join!(statement, async {
            tokio::task::yield_now().await;
            busy.end(ready, count).await
        });
        assert!(ran.is_ok() && ended.is_ok() && !busy.is_busy());
        assert_eq!(requests.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn g02_only_a_step_that_was_given_up_leaves_something_behind() {
        let busy = Busy::default();
        busy.step(async { assert!(busy.was_given_up() && !busy.is_busy()) }).await;
        assert!(!busy.was_given_up());
        let never = busy.step(std::future::pending::<()>());
        assert!(timeout(Duration::from_millis(1), never).await.is_err());
        assert!(busy.was_given_up() && !busy.is_busy());
    }

    #[tokio::test]
    async fn g02_a_statement_that_ends_by_itself_waits_for_no_way_to_stop_it() {
        let busy = Busy::default();
        let ended = tokio::sync::Notify::new();
        let statement = busy.during(async {
            ended.notified().await;
            Ok(())
        });
        let stop = async {
            tokio::task::yield_now().await;
            let never = || async {
                ended.notify_one();
                std::future::pending::<Result<()>>().await
            };
            busy.end(never, |()| async { Err(Error::Disconnected(None)) }).await
        };
        let (ran, stopped) = tokio::join!(statement, stop);
        assert!(ran.is_ok() && stopped.is_ok() && !busy.is_busy());
    }
}
