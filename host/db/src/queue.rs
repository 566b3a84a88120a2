//! The queue of a session's calls: they run one after the other, in the order of their start. It knows nothing of what they do.
//!
//! A call that has its turn holds what the calls hand to each other. Its caller may go away at any time, which the call notices through
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

/// The calls of one session, and what they hand to each other.
pub(crate) struct CallQueue<S> {
    state: Arc<Mutex<S>>,
    calls: Arc<Semaphore>,
    signal: watch::Sender<Signal>,
    /// Goes up when a call begins and when it ends.
    activity: AtomicU64,
}

/// A call that was let in.
pub(crate) struct Admitted {
    caller: CancelToken,
    call: OwnedSemaphorePermit,
}

/// A call that has its turn.
pub(crate) struct Lease<S> {
    pub(crate) state: OwnedMutexGuard<S>,
    pub(crate) caller: CancelToken,
    _call: Option<OwnedSemaphorePermit>,
}

/// The caller of a call, as seen from its task.
pub(crate) struct CancelToken(oneshot::Receiver<Infallible>);

/// What a caller holds to be there. A call's cursor inherits it.
pub(crate) type CallHandle = oneshot::Sender<Infallible>;

impl CancelToken {
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

impl<S: Default> CallQueue<S> {
    pub(crate) fn new() -> Self {
        Self {
            state: Arc::default(),
            calls: Arc::new(Semaphore::new(QUEUE)),
            signal: watch::Sender::default(),
            activity: AtomicU64::new(0),
        }
    }

    /// Refuses a call that would wait for ever or too long.
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

    /// Gives a call its turn, at once where no other one has it or waits for it.
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

    /// Waits for a turn. Those who wait when a cursor is opened, or the session closed, are sent away.
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

    /// A turn of the host's own, which has no caller and no bound.
    pub(crate) async fn turn_of_host(&self) -> Lease<S> {
        let state = Arc::clone(&self.state).lock_owned().await;
        let (_, caller) = oneshot::channel();
        Lease { state, caller: CancelToken(caller), _call: None }
    }

    /// What the calls hand to each other, where none of them runs or waits and a call would be let in.
    pub(crate) fn idle(&self) -> Option<MutexGuard<'_, S>> {
        let state = self.state.try_lock().ok()?;
        let signal = *self.signal.borrow();
        (!signal.abandoned && signal.cursor == 0).then_some(state)
    }

    /// What the calls hand to each other, where none of them runs.
    pub(crate) fn try_state(&self) -> Option<MutexGuard<'_, S>> {
        self.state.try_lock().ok()
    }

    pub(crate) fn note_activity(&self) {
        self.activity.fetch_add(1, Ordering::Relaxed);
    }

    /// A number that grows with each call, and whether none runs.
    pub(crate) fn activity(&self) -> (u64, bool) {
        (self.activity.load(Ordering::Relaxed), self.state.try_lock().is_ok())
    }

    /// What happens to the session from now on; what is the case already is told first.
    pub(crate) fn signal(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }

    /// The last transaction that ran out of time.
    pub(crate) fn expired(&self) -> u64 {
        self.signal.borrow().expired
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

    /// Lets no call in any more. Whether this was the first time.
    pub(crate) fn abandon(&self) -> bool {
        self.signal.send_if_modified(|signal| !std::mem::replace(&mut signal.abandoned, true))
    }

    /// Whether the session was closed or dropped.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.signal.borrow().abandoned
    }
}
