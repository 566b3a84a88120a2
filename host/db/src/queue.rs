//! The queue of a session's calls: they run one after the other, in the order of their start. It is independent of what they do.
//!
//! A call in its turn holds the state that the calls share. Its caller may be dropped at any time, which the call notices through
//! [`CancelToken::gone`].

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::error::{Error, Result};

/// How many calls of one session may run or wait. A guest that starts more gets [`Error::Busy`].
const QUEUE: usize = 32;

/// The events of a session that each of its calls watches while it waits or runs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signal {
    /// The unread cursor that occupies the session, by its serial number; 0 for none.
    pub cursor: u64,
    /// Whether the session was closed or dropped.
    pub abandoned: bool,
    /// The last transaction that ran out of time, by its serial number.
    pub expired: u64,
}

/// The calls of one session, and the state that they share.
pub(crate) struct CallQueue<S> {
    state: Arc<Mutex<S>>,
    calls: Arc<Semaphore>,
    signal: watch::Sender<Signal>,
    /// Incremented when a call begins and when it ends.
    activity: AtomicU64,
}

/// A call that was admitted.
pub(crate) struct Admitted {
    caller: CancelToken,
    call: OwnedSemaphorePermit,
}

/// The turn of a call, with the session's state.
pub(crate) struct Lease<S> {
    pub(crate) state: OwnedMutexGuard<S>,
    pub(crate) caller: CancelToken,
    _call: Option<OwnedSemaphorePermit>,
}

/// Signals to a call's task that its caller is gone.
pub(crate) struct CancelToken(oneshot::Receiver<Infallible>);

/// Held by the caller for as long as it waits. A call's cursor inherits it.
pub(crate) type CallHandle = oneshot::Sender<Infallible>;

impl CancelToken {
    /// Waits until the caller's future is dropped.
    pub(crate) async fn gone(&mut self) {
        // Nothing can be sent, so this ends when the sender is dropped.
        let _ = (&mut self.0).await;
    }

    /// Whether the caller's future was dropped.
    pub(crate) fn is_gone(&mut self) -> bool {
        !matches!(self.0.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }
}

impl<S: Default> CallQueue<S> {
    pub(crate) fn new() -> Self {
        Self {
            state: Arc::default(),
            calls: Arc::new(Semaphore::new(QUEUE)),
            signal: watch::Sender::default(),
            activity: AtomicU64::new(0),
        }
    }

    /// Admits a call, unless it would wait for ever or too long.
    pub(crate) fn admit(&self) -> Result<(CallHandle, Admitted)> {
        let signal = *self.signal.borrow();
        if signal.abandoned {
            return Err(Error::Closed);
        }
        if signal.cursor != 0 {
            return Err(Error::Busy);
        }
        let call = Arc::clone(&self.calls).try_acquire_owned().map_err(|_| Error::Busy)?;
        let (alive, caller) = oneshot::channel();
        Ok((alive, Admitted { caller: CancelToken(caller), call }))
    }

    /// Waits for a call's turn, which comes at once where no other call has it or waits for it.
    pub(crate) async fn turn(&self, admitted: Admitted) -> Result<Lease<S>> {
        let Admitted { mut caller, call } = admitted;
        let state = match Arc::clone(&self.state).try_lock_owned() {
            Ok(state) => state,
            Err(_) => self.wait(&mut caller).await?,
        };
        if self.is_abandoned() {
            return Err(Error::Closed);
        }
        self.note_activity();
        Ok(Lease { state, caller, _call: Some(call) })
    }

    /// Waits for a turn. Waiting calls fail when a cursor is opened or the session is closed.
    async fn wait(&self, caller: &mut CancelToken) -> Result<OwnedMutexGuard<S>> {
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

    /// Waits for a turn of the host's own, which has no caller and no limit.
    pub(crate) async fn turn_of_host(&self) -> Lease<S> {
        let state = Arc::clone(&self.state).lock_owned().await;
        let (_, caller) = oneshot::channel();
        Lease { state, caller: CancelToken(caller), _call: None }
    }

    /// Returns the shared state, where no call runs or waits and a new one would be admitted.
    pub(crate) fn idle(&self) -> Option<MutexGuard<'_, S>> {
        let state = self.state.try_lock().ok()?;
        let signal = *self.signal.borrow();
        (!signal.abandoned && signal.cursor == 0).then_some(state)
    }

    /// Returns the shared state, where no call runs.
    pub(crate) fn try_state(&self) -> Option<MutexGuard<'_, S>> {
        self.state.try_lock().ok()
    }

    pub(crate) fn note_activity(&self) {
        self.activity.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns a counter that grows with each call, and whether no call runs.
    pub(crate) fn activity(&self) -> (u64, bool) {
        (self.activity.load(Ordering::Relaxed), self.state.try_lock().is_ok())
    }

    /// Subscribes to the session's events. Those that have occurred already are seen first.
    pub(crate) fn signal(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }

    /// Returns the last transaction that ran out of time.
    pub(crate) fn expired(&self) -> u64 {
        self.signal.borrow().expired
    }

    /// Makes calls fail at once until the cursor is read to its end or dropped.
    pub(crate) fn occupy(&self, cursor: u64) {
        self.signal.send_modify(|signal| signal.cursor = cursor);
    }

    /// Admits calls again, if it is this cursor that keeps them out.
    pub(crate) fn vacate(&self, cursor: u64) {
        self.signal.send_if_modified(|signal| {
            let mine = signal.cursor == cursor;
            if mine {
                signal.cursor = 0;
            }
            mine
        });
    }

    /// Notifies the running statement that its transaction ran out of time.
    pub(crate) fn expire(&self, transaction: u64) {
        self.signal.send_modify(|signal| signal.expired = transaction);
    }

    /// Admits no more calls. Returns whether this was the first time.
    pub(crate) fn abandon(&self) -> bool {
        self.signal.send_if_modified(|signal| !std::mem::replace(&mut signal.abandoned, true))
    }

    /// Whether the session was closed or dropped.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.signal.borrow().abandoned
    }
}
