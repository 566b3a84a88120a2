//! The connections that there are to one server, over all its pools: those that are used and those that are idle.
//!
//! A connection has a slot from before it is made until it is closed. Who needs a slot and finds none free takes that of the idle
//! connection which was not used for longest, whichever pool it is of. A borrower has a place of the queue before it asks for a slot, and
//! there are as many places as slots. Each borrower holds one slot at most, so where none is free, one is idle or is just being closed.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use crate::error::{Error, Result};

/// How long a connection may take to be made.
pub(crate) const CONNECTING: Duration = Duration::from_secs(10);

/// Closes an idle connection. Dropping it closes it without a goodbye.
pub(crate) type Closing = Pin<Box<dyn Future<Output = Slot> + Send>>;

/// A pool whose idle connections others may need the slots of.
pub(crate) trait Evict: Send + Sync {
    /// Takes out an idle connection, by the number that [`Slots::list`] gave it. Nothing where it was taken meanwhile.
    fn evict(&self, number: u64) -> Option<Closing>;
}

/// A number of slots.
pub(crate) struct Slots {
    state: Mutex<State>,
    /// Told when a slot or a connection became free.
    changed: Notify,
}

struct State {
    most: u32,
    /// How many connections there are.
    open: u32,
    /// Those of them that are idle, in the order in which they came back.
    idle: BTreeMap<u64, Weak<dyn Evict>>,
    serial: u64,
}

/// What a connection has as long as it is there.
pub(crate) struct Slot(Arc<Slots>);

/// How a borrower comes to a slot.
enum Next {
    Free(Slot),
    Evict(u64, Weak<dyn Evict>),
    /// A connection is just being closed or taken.
    Wait,
}

impl Slots {
    pub(crate) fn new(most: u32) -> Arc<Self> {
        let state = State { most, open: 0, idle: BTreeMap::new(), serial: 0 };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new() })
    }

    /// From now on there are so many slots. Where more connections are open, idle ones are closed as they are used or needed.
    pub(crate) fn set(&self, most: u32) {
        self.lock().most = most;
        self.changed.notify_waiters();
    }

    /// How many connections there are, and how many of them are idle.
    pub(crate) fn count(&self) -> (u32, u32) {
        let state = self.lock();
        (state.open, u32::try_from(state.idle.len()).unwrap_or(u32::MAX))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A slot for a new connection, after an idle one was closed where there was none. May be given up at any time.
    pub(crate) async fn take(self: &Arc<Self>) -> Slot {
        loop {
            let mut changed = pin!(self.changed.notified());
            // From here on what becomes free is not missed.
            changed.as_mut().enable();
            match self.next() {
                Next::Free(slot) => return slot,
                Next::Evict(number, pool) => {
                    let closing = pool.upgrade().and_then(|pool| pool.evict(number));
                    let Some(closing) = closing else { continue };
                    let slot = closing.await;
                    if !self.is_over() {
                        return slot;
                    }
                }
                Next::Wait => changed.await,
            }
        }
    }

    /// The same, but not for ever: where the number was lowered, those who have connections may keep them for long.
    pub(crate) async fn take_in_time(self: &Arc<Self>) -> Result<Slot> {
        let taken = timeout(CONNECTING, self.take()).await;
        taken.map_err(|_| Error::PoolTimeout { size: self.lock().most, waited: CONNECTING })
    }

    fn next(self: &Arc<Self>) -> Next {
        let mut state = self.lock();
        if state.open < state.most {
            state.open = state.open.saturating_add(1);
            return Next::Free(Slot(Arc::clone(self)));
        }
        state.idle.pop_first().map_or(Next::Wait, |(number, pool)| Next::Evict(number, pool))
    }

    /// Whether more connections are open than there may be, as the number was lowered.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.lock();
        state.open > state.most
    }

    /// A pool's connection is idle from now on. Returns its number.
    pub(crate) fn list(&self, pool: &Weak<dyn Evict>) -> u64 {
        let number = {
            let mut state = self.lock();
            state.serial = state.serial.saturating_add(1);
            let number = state.serial;
            state.idle.insert(number, Weak::clone(pool));
            number
        };
        self.changed.notify_waiters();
        number
    }

    /// A connection is idle no more.
    pub(crate) fn unlist(&self, number: u64) {
        self.lock().idle.remove(&number);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        {
            let mut state = self.0.lock();
            state.open = state.open.saturating_sub(1);
        }
        self.0.changed.notify_waiters();
    }
}
