//! The lease: the calls of one session take turns, and each turn belongs to a host task that no caller can drop halfway.
//!
//! A call is a future that owns its turn. It is polled once where it is made, so what ends at once (a short statement of
//! SQLite's) costs no task; whatever is left after that goes to a task of the host's, and the caller keeps a handle to its
//! answer and nothing else. A caller that goes away is noticed by the task through [`Caller::gone`].
//!
//! The file is long because what calls of one session know of each other stands together.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex as Lock, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use sqlservice_sql::{Batch, compiled::Output};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot, watch},
    task::JoinHandle,
};
use tracing::Span;

use crate::{
    Database, Error, Result,
    backend::Job,
    database::Inner,
    feed::{Clock, Demand},
    observe::{self, Instruments},
    pool::Share,
    session::Mode,
    transaction::State,
};

/// How many calls of one session may run or wait. A guest that starts more gets [`Error::Busy`].
const QUEUE: usize = 32;

/// What every call of a session has to know while it waits or runs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signal {
    /// The unread cursor that occupies the session, by its serial number; 0 for none.
    pub cursor: u64,
    /// Whether the session was closed or dropped.
    pub abandoned: bool,
    /// The last transaction that ran out of time, by its serial number.
    pub expired: u64,
}

/// What the calls of one session share.
pub(crate) struct Core {
    pub(crate) database: Arc<Inner>,
    pub(crate) instruments: Arc<Instruments>,
    pub(crate) mode: Mode,
    pub(crate) share: Option<Arc<Share>>,
    /// How long each transaction may take, whoever begins it.
    pub(crate) transaction_time: OnceLock<Duration>,
    /// How long each transaction may be open while no call runs.
    pub(crate) idle_time: OnceLock<Duration>,
    /// Goes up when a call begins and when it ends.
    activity: AtomicU64,
    state: Arc<Mutex<State>>,
    calls: Arc<Semaphore>,
    signal: watch::Sender<Signal>,
    /// What nobody knows of any more; it is dealt with before the next call.
    dropped: Lock<Vec<Dropped>>,
    in_transaction: AtomicBool,
    serial: AtomicU64,
}

/// The caller of a turn, as seen from its task.
pub(crate) struct Caller(oneshot::Receiver<Infallible>);

/// What a caller holds to be there. A call's cursor inherits it.
pub(crate) type Alive = oneshot::Sender<Infallible>;

/// One call's time with the session's connection.
pub(crate) struct Turn {
    pub(crate) core: Arc<Core>,
    pub(crate) state: OwnedMutexGuard<State>,
    pub(crate) caller: Caller,
    /// How long it waited for a connection, until that is told of a statement. Zero where there is no observer.
    pub(crate) waited: Duration,
    /// Whether it dealt with what was dropped before it. What is dropped while it runs is the next one's.
    pub(crate) swept: bool,
    /// The span of its caller, for that of its statements.
    pub(crate) span: Span,
    _call: Option<OwnedSemaphorePermit>,
}

/// A call that was started.
pub(crate) enum Started<T> {
    /// It ended at once.
    Done(Result<T>),
    /// A task works on it.
    Running(JoinHandle<Result<T>>),
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.core.note_activity();
    }
}

impl Caller {
    /// Waits until the caller's future was dropped.
    pub(crate) async fn gone(&mut self) {
        // Nothing can be sent, so this ends when the other end is dropped.
        let _ = (&mut self.0).await;
    }

    /// Whether the caller's future was dropped.
    pub(crate) fn is_gone(&mut self) -> bool {
        !matches!(self.0.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }
}

impl Core {
    pub(crate) fn new(database: &Database, mode: Mode) -> Arc<Self> {
        Arc::new(Self {
            database: Arc::clone(&database.inner),
            instruments: Arc::clone(&database.instruments),
            mode,
            share: database.share.clone(),
            transaction_time: OnceLock::new(),
            idle_time: OnceLock::new(),
            activity: AtomicU64::new(0),
            state: Arc::default(),
            calls: Arc::new(Semaphore::new(QUEUE)),
            signal: watch::Sender::default(),
            dropped: Lock::default(),
            in_transaction: AtomicBool::new(false),
            serial: AtomicU64::new(1),
        })
    }

    /// Starts a call: queues for the session's connection in the order of these calls, and does the work in a host task.
    pub(crate) async fn start<T, F, W>(self: &Arc<Self>, work: W) -> (Alive, Started<T>)
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Turn) -> F + Send + 'static,
    {
        let (alive, caller) = oneshot::channel();
        let call = match self.admit() {
            Ok(call) => call,
            Err(error) => return (alive, Started::Done(Err(error))),
        };
        self.database.enter();
        let core = Arc::clone(self);
        // Boxed at once: futures that hold each other would copy all of it at every level.
        // A task has no span of its own; where no spans are wanted, this is none.
        let span = observe::caller();
        let task = Box::pin(async move { work(core.turn(Caller(caller), call, span).await?).await });
        (alive, run_or_spawn(task).await)
    }

    /// Runs a short query here and now where nobody runs or waits: what takes microseconds need not be handed to a task that
    /// could be stopped. Nothing where that cannot be.
    pub(crate) fn run_at_once(&self, job: &Job, demand: Demand) -> Option<(Arc<[Output]>, Batch)> {
        let mut state = self.state.try_lock().ok()?;
        let signal = *self.signal.borrow();
        if signal.abandoned || signal.cursor != 0 || self.has_dropped() {
            return None;
        }
        self.note_activity();
        state.run_at_once(job, demand, signal.expired)
    }

    /// Whether there is nothing to commit or roll back, and no call runs or waits: that takes no turn.
    pub(crate) fn has_nothing_to_end(&self) -> bool {
        let Ok(state) = self.state.try_lock() else { return false };
        let signal = *self.signal.borrow();
        !signal.abandoned && signal.cursor == 0 && !self.has_dropped() && state.has_nothing_to_end(self.mode)
    }

    /// A call whose caller waits for its end.
    pub(crate) async fn call<T, F, W>(self: &Arc<Self>, work: W) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Turn) -> F + Send + 'static,
    {
        let (alive, started) = self.start(work).await;
        let result = started.end().await;
        drop(alive);
        result
    }

    /// Refuses a call that would wait for ever or too long.
    fn admit(&self) -> Result<OwnedSemaphorePermit> {
        let signal = *self.signal.borrow();
        if signal.abandoned {
            return Err(Error::Closed);
        }
        if signal.cursor != 0 {
            return Err(Error::Busy);
        }
        Arc::clone(&self.calls).try_acquire_owned().map_err(|_| Error::Busy)
    }

    /// Gives a turn, at once where no other call has one or waits for one.
    async fn turn(self: Arc<Self>, mut caller: Caller, call: OwnedSemaphorePermit, span: Span) -> Result<Turn> {
        let state = match Arc::clone(&self.state).try_lock_owned() {
            Ok(state) => state,
            Err(_) => self.queue(&mut caller).await?,
        };
        if self.is_abandoned() {
            return Err(Error::Closed);
        }
        self.note_activity();
        Ok(Turn { core: self, state, caller, waited: Duration::ZERO, swept: false, span, _call: Some(call) })
    }

    /// Waits for a turn. Those who wait when a cursor is opened, or the session closed, are sent away.
    async fn queue(&self, caller: &mut Caller) -> Result<OwnedMutexGuard<State>> {
        let mut signal = self.signal.subscribe();
        tokio::select! {
            biased;
            state = Arc::clone(&self.state).lock_owned() => Ok(state),
            () = caller.gone() => Err(Error::Cancelled),
            signal = signal.wait_for(|signal| signal.abandoned || signal.cursor != 0) => {
                Err(if signal.is_ok_and(|signal| signal.abandoned) { Error::Closed } else { Error::Busy })
            }
        }
    }

    /// Tells what happens to the session from now on; what is the case already is told first.
    pub(crate) fn signal(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }

    /// A turn of the host's own, which nobody waits for and no bound holds for.
    pub(crate) async fn host_turn(self: Arc<Self>) -> Turn {
        let state = Arc::clone(&self.state).lock_owned().await;
        let (_, caller) = oneshot::channel();
        Turn {
            core: self,
            state,
            caller: Caller(caller),
            waited: Duration::ZERO,
            swept: false,
            span: Span::none(),
            _call: None,
        }
    }

    fn note_activity(&self) {
        self.activity.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until no call ran for so long, or for up to twice as long, or the session is gone.
    pub(crate) async fn until_idle(core: Weak<Self>, limit: Duration) {
        let seen = || core.upgrade().map(|core| (core.activity.load(Ordering::Relaxed), core.state.try_lock().is_ok()));
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

    /// A number that no cursor, savepoint or transaction of this session had before.
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

    /// Makes calls fail at once until the cursor is read to its end or dropped.
    pub(crate) fn occupy(&self, cursor: u64) {
        self.signal.send_modify(|signal| signal.cursor = cursor);
    }

    /// Lets calls in again, if it is this cursor that keeps them out.
    pub(crate) fn vacate(&self, cursor: u64) {
        self.signal.send_if_modified(|signal| {
            let mine = signal.cursor == cursor;
            if mine {
                signal.cursor = 0;
            }
            mine
        });
    }

    /// Tells the running statement that its transaction ran out of time.
    pub(crate) fn expire(&self, transaction: u64) {
        self.signal.send_modify(|signal| signal.expired = transaction);
    }

    /// Whether the session was closed or dropped.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.signal.borrow().abandoned
    }

    fn push_dropped(&self, what: Dropped) {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Whether something was dropped since it was asked what.
    pub(crate) fn has_dropped(&self) -> bool {
        !self.dropped.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// What was dropped since this was asked last.
    pub(crate) fn take_dropped(&self) -> Vec<Dropped> {
        std::mem::take(&mut self.dropped.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the session: whatever runs is stopped, what is open is rolled back, the connection is given back. Returns the
    /// task that does it, if one is needed; none the second time.
    pub(crate) fn abandon(self: &Arc<Self>) -> Option<JoinHandle<()>> {
        let first = self.signal.send_if_modified(|signal| !std::mem::replace(&mut signal.abandoned, true));
        if !first {
            return None;
        }
        if self.state.try_lock().is_ok_and(|state| state.is_unused()) {
            return None;
        }
        // A drop may happen outside of the runtime, on a thread of the embedder's.
        let runtime = Handle::try_current().ok().or_else(|| self.database.runtime())?;
        let _entered = runtime.enter();
        let core = Arc::clone(self);
        let mut work: Pin<Box<dyn Future<Output = ()> + Send>> =
            Box::pin(async move { core.host_turn().await.end_session().await });
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(()) => None,
            Poll::Pending => Some(runtime.spawn(work)),
        }
    }
}

/// What a caller went away from.
pub(crate) enum Dropped {
    /// A savepoint, by its serial number: its handle was dropped.
    Savepoint(u64),
    /// A transaction, by its serial number: nobody heard that it began.
    Transaction(u64),
    /// A statement: nobody heard what it did in the transaction that its clock names.
    Statement(Clock),
}

/// The right to a savepoint, or to a transaction that was just begun: who drops it wants it undone.
pub(crate) struct Claim {
    core: Arc<Core>,
    serial: u64,
    transaction: bool,
    kept: bool,
}

impl Claim {
    /// A savepoint's claim.
    pub(crate) fn savepoint(core: Arc<Core>, serial: u64) -> Self {
        Self { core, serial, transaction: false, kept: false }
    }

    /// A new transaction's claim.
    pub(crate) fn transaction(core: Arc<Core>, serial: u64) -> Self {
        Self { core, serial, transaction: true, kept: false }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }

    /// What is claimed has ended, or the caller knows of it.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.kept {
            let what = if self.transaction { Dropped::Transaction } else { Dropped::Savepoint };
            self.core.push_dropped(what(self.serial));
        }
    }
}

/// A caller that waits for a statement's answer. If it goes away before, the transaction cannot go on: the caller would
/// not know what it commits.
pub(crate) struct Listener {
    core: Arc<Core>,
    clock: Clock,
    heard: bool,
}

impl Listener {
    pub(crate) fn new(core: &Arc<Core>, clock: &Clock) -> Self {
        Self { core: Arc::clone(core), clock: clock.clone(), heard: false }
    }

    /// The answer has arrived.
    pub(crate) fn hear(mut self) {
        self.heard = true;
        self.clock.see();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if !self.heard {
            self.core.push_dropped(Dropped::Statement(self.clock.clone()));
        }
    }
}

impl<T> Started<T> {
    /// Waits for the end of the call.
    pub(crate) async fn end(self) -> Result<T> {
        match self {
            Self::Done(result) => result,
            Self::Running(task) => task.await.unwrap_or(Err(Error::Lost)),
        }
    }
}

/// Polls work once and leaves the rest, if any, to a task.
pub(crate) async fn run_or_spawn<T, F>(mut work: Pin<Box<F>>) -> Started<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    match futures::poll!(work.as_mut()) {
        Poll::Ready(result) => Started::Done(result),
        Poll::Pending => Started::Running(tokio::spawn(work)),
    }
}
