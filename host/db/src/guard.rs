//! The state that the calls of one session share, and the guard that a call holds during its turn.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use sqlservice_sql::{Batch, compiled::Output};
use tokio::{runtime::Handle, task::JoinHandle};
use tracing::Span;

use crate::{
    backend::Execution,
    error::Result,
    inner::Inner,
    observe::{self, Instruments},
    pool::Share,
    queue::{CallHandle, CallQueue, Lease},
    row_sink::{Clock, FetchSize},
    task::{CallFuture, run_or_spawn},
    transaction::state::{Mode, State},
};

/// The state that the calls of one session share.
pub(crate) struct Core {
    pub(crate) database: Arc<Inner>,
    pub(crate) instruments: Arc<Instruments>,
    pub(crate) mode: Mode,
    pub(crate) share: Option<Arc<Share>>,
    pub(crate) queue: CallQueue<State>,
    /// The time limit of each transaction, including those that begin automatically.
    pub(crate) transaction_time: OnceLock<Duration>,
    /// How long each transaction may be open while no call runs.
    pub(crate) idle_time: OnceLock<Duration>,
    /// The cleanups for dropped callers and handles; run before the next call.
    dropped: Mutex<Vec<PendingCleanup>>,
    in_transaction: AtomicBool,
    serial: AtomicU64,
}

/// The exclusive use of a session by one call during its turn.
pub(crate) struct SessionGuard {
    pub(crate) core: Arc<Core>,
    pub(crate) lease: Lease<State>,
    /// How long it waited for a connection, until that is reported with a statement. Zero where there is no observer.
    pub(crate) waited: Duration,
    /// Whether it has run the pending cleanups. Those that are added while it runs are left to the next call.
    pub(crate) is_cleaned: bool,
    /// The span of its caller, the parent of its statements' spans.
    pub(crate) span: Span,
}

impl SessionGuard {
    fn new(core: Arc<Core>, lease: Lease<State>, span: Span) -> Self {
        Self { core, lease, waited: Duration::ZERO, is_cleaned: false, span }
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        self.core.queue.note_activity();
    }
}

impl Core {
    pub(crate) fn new(
        database: &Arc<Inner>,
        instruments: &Arc<Instruments>,
        share: Option<&Arc<Share>>,
        mode: Mode,
    ) -> Arc<Self> {
        Arc::new(Self {
            database: Arc::clone(database),
            instruments: Arc::clone(instruments),
            mode,
            share: share.cloned(),
            queue: CallQueue::new(),
            transaction_time: OnceLock::new(),
            idle_time: OnceLock::new(),
            dropped: Mutex::default(),
            in_transaction: AtomicBool::new(false),
            serial: AtomicU64::new(1),
        })
    }

    /// Creates a call, which queues for the session in the order in which calls are started and then does the work. Its future must run
    /// as a host task, see [`run_or_spawn`].
    pub(crate) fn start<T, F, W>(self: &Arc<Self>, work: W) -> (Option<CallHandle>, CallFuture<T>)
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(SessionGuard) -> F + Send + 'static,
    {
        let (handle, admitted) = match self.queue.admit() {
            Ok(admitted) => admitted,
            Err(error) => return (None, Box::pin(ready(Err(error)))),
        };
        self.database.enter();
        let core = Arc::clone(self);
        // The work is boxed at once: nested futures would copy all of it at every level. The caller's span is kept, as a task has none of
        // its own; where no spans are wanted, it is none.
        let span = observe::caller();
        let work = Box::pin(async move {
            let lease = core.queue.turn(admitted).await?;
            work(SessionGuard::new(core, lease, span)).await
        });
        (Some(handle), work)
    }

    /// Runs a call and waits for its end.
    pub(crate) async fn call<T, F, W>(self: &Arc<Self>, work: W) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(SessionGuard) -> F + Send + 'static,
    {
        let (handle, work) = self.start(work);
        let result = run_or_spawn(work).await.end().await;
        drop(handle);
        result
    }

    /// Runs a short query inline where no call runs or waits: a query of microseconds needs no task that could be stopped. Returns
    /// nothing where that is not possible.
    pub(crate) fn run_at_once(&self, job: &Execution, demand: FetchSize) -> Option<(Arc<[Output]>, Batch)> {
        let mut state = self.queue.idle().filter(|_| !self.has_cleanup())?;
        self.queue.note_activity();
        state.run_at_once(job, demand, self.queue.expired())
    }

    /// Whether there is nothing to commit or roll back and no call runs or waits, so that ending a transaction needs no turn.
    pub(crate) fn has_nothing_to_end(&self) -> bool {
        let Some(state) = self.queue.idle() else { return false };
        !self.has_cleanup() && state.has_nothing_to_end(self.mode)
    }

    /// Waits for a turn of the host's own.
    pub(crate) async fn host_guard(self: Arc<Self>) -> SessionGuard {
        let lease = self.queue.turn_of_host().await;
        SessionGuard::new(self, lease, Span::none())
    }

    /// Waits until no call has run for `limit`, or for up to twice as long, or until the session is gone.
    pub(crate) async fn until_idle(core: Weak<Self>, limit: Duration) {
        let seen = || core.upgrade().map(|core| core.queue.activity());
        let mut before = seen();
        loop {
            tokio::time::sleep(limit).await;
            match seen() {
                Some((activity, true)) if before.is_some_and(|(was, _)| was == activity) => return,
                None => return,
                now => before = now,
            }
        }
    }

    /// Returns a serial number that no cursor, savepoint or transaction of this session had before.
    pub(crate) fn serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction.load(Ordering::Acquire)
    }

    pub(crate) fn set_in_transaction(&self, open: bool) {
        self.in_transaction.store(open, Ordering::Release);
    }

    fn push_cleanup(&self, what: PendingCleanup) {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Whether cleanups are pending.
    pub(crate) fn has_cleanup(&self) -> bool {
        !self.dropped.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Takes the pending cleanups.
    pub(crate) fn take_cleanup(&self) -> Vec<PendingCleanup> {
        std::mem::take(&mut self.dropped.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the session: stops the running statement, rolls back the open transaction and gives the connection back. Returns the task
    /// that does it, if one is needed; none the second time.
    pub(crate) fn abandon(self: &Arc<Self>) -> Option<JoinHandle<()>> {
        if !self.queue.abandon() || self.queue.try_state().is_some_and(|state| state.is_unused()) {
            return None;
        }
        // A drop may happen outside of the runtime, on a thread of the embedder's.
        let runtime = Handle::try_current().ok().or_else(|| self.database.runtime())?;
        let _entered = runtime.enter();
        let core = Arc::clone(self);
        let mut work: Pin<Box<dyn Future<Output = ()> + Send>> =
            Box::pin(async move { core.host_guard().await.end_session().await });
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(()) => None,
            Poll::Pending => Some(runtime.spawn(work)),
        }
    }
}

/// The cleanup after a dropped caller or handle.
pub(crate) enum PendingCleanup {
    /// A savepoint, by its serial number: its handle was dropped.
    Savepoint(u64),
    /// A transaction, by its serial number: its caller was dropped before it got the result of the begin.
    Transaction(u64),
    /// A statement in the transaction that its clock names: its caller was dropped before it got the result.
    Statement(Clock),
}

/// Guards a savepoint, or a transaction that has just begun: dropping the guard rolls it back.
pub(crate) struct ScopeGuard {
    core: Arc<Core>,
    serial: u64,
    transaction: bool,
    kept: bool,
}

impl ScopeGuard {
    /// Creates the guard of a savepoint.
    pub(crate) fn savepoint(core: Arc<Core>, serial: u64) -> Self {
        Self { core, serial, transaction: false, kept: false }
    }

    /// Creates the guard of a new transaction.
    pub(crate) fn transaction(core: Arc<Core>, serial: u64) -> Self {
        Self { core, serial, transaction: true, kept: false }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// Disarms the guard: its scope has ended, or the caller knows of it.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        if !self.kept {
            let what = if self.transaction { PendingCleanup::Transaction } else { PendingCleanup::Savepoint };
            self.core.push_cleanup(what(self.serial));
        }
    }
}

/// Guards a call whose caller waits for a statement's result. If the caller is dropped before, the transaction cannot go on: the caller
/// would not know what it commits.
pub(crate) struct CallGuard {
    core: Arc<Core>,
    clock: Clock,
    heard: bool,
}

impl CallGuard {
    pub(crate) fn new(core: &Arc<Core>, clock: &Clock) -> Self {
        Self { core: Arc::clone(core), clock: clock.clone(), heard: false }
    }

    /// Records that the caller has the result.
    pub(crate) fn acknowledge(mut self) {
        self.heard = true;
        self.clock.see();
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if !self.heard {
            self.core.push_cleanup(PendingCleanup::Statement(self.clock.clone()));
        }
    }
}
