//! The connections to one server, over all its pools: those in use and the idle ones.
//!
//! A connection has a slot from before it is opened until it is closed. A borrower that finds no free slot takes that of the least
//! recently used idle connection, whichever pool it is in. A borrower has a permit of the queue before it requests a slot, and there are
//! as many permits as slots. Each borrower holds one slot at most, so where none is free, one is idle or is just being closed.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use crate::error::{Error, Result};

/// How long a connection may take to open.
pub(crate) const CONNECTING: Duration = Duration::from_secs(10);

/// Closes an idle connection and returns its slot. Dropping it closes the connection without a goodbye to the server.
pub(crate) type Closing = Pin<Box<dyn Future<Output = Slot> + Send>>;

/// A pool whose idle connections are closed when other pools need their slots.
pub(crate) trait Evict: Send + Sync {
    /// Takes out an idle connection, by its number from [`Slots::list`]. Returns nothing if it was taken meanwhile.
    fn evict(&self, number: u64) -> Option<Closing>;
}

/// The slots of one server, or of its connections that stop statements.
pub(crate) struct Slots {
    state: Mutex<State>,
    /// Notified when a slot or a connection becomes free.
    changed: Notify,
}

struct State {
    most: u32,
    /// How many connections are open.
    open: u32,
    /// The idle ones, in the order in which they came back.
    idle: BTreeMap<u64, Weak<dyn Evict>>,
    serial: u64,
}

/// The slot of one open connection. Dropping it frees the slot.
pub(crate) struct Slot(Arc<Slots>);

/// The way in which a borrower gets a slot.
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

    /// Sets the number of slots. Where more connections are open, idle ones are closed as they are used or needed.
    pub(crate) fn set(&self, most: u32) {
        self.lock().most = most;
        self.changed.notify_waiters();
    }

    /// Returns how many connections are open, and how many of them are idle.
    pub(crate) fn count(&self) -> (u32, u32) {
        let state = self.lock();
        (state.open, u32::try_from(state.idle.len()).unwrap_or(u32::MAX))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a slot for a new connection, after closing an idle one where none is free. Cancel safe.
    pub(crate) async fn take(self: &Arc<Self>) -> Slot {
        loop {
            let mut changed = pin!(self.changed.notified());
            // From here on, no notification is missed.
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

    /// As `take`, within a time limit: where the number of slots was lowered, borrowers may keep their connections for long.
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

    /// Whether more connections are open than there are slots, as the number was lowered.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.lock();
        state.open > state.most
    }

    /// Lists a pool's connection as idle. Returns its number.
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

    /// Removes a connection from the idle ones.
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
