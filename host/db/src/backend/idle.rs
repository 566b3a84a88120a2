//! The connections of a database that are in use by no borrower. Who may have one, and who waits, is decided elsewhere.
//!
//! sqlx's own pool is not used for servers: it tries a refused connection again until the caller's time is over, tells
//! a dead server and a full pool alike, and can keep a place for ever when a peer is silently dead.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use sqlx::Connection;
use tokio::time::timeout;

use crate::limit::{Closing, Evict, Slot, Slots};

/// How long a connection may take to say goodbye.
pub(crate) const CLOSING: Duration = Duration::from_secs(1);

/// Idle connections, the last one given back first, so that few are used when few are needed.
pub(crate) struct Idle<C> {
    stack: Mutex<Stack<C>>,
    keep: usize,
    recycle: Option<Duration>,
    listing: Option<Listing>,
}

struct Stack<C> {
    entries: Vec<Entry<C>>,
    is_closed: bool,
}

struct Entry<C> {
    born: Instant,
    /// Its number among the idle connections of its server.
    number: u64,
    connection: C,
}

/// Where idle connections are known, so that others can have their slots. Its lock is taken inside of the stack's, and not the other way.
pub(crate) struct Listing {
    pub(crate) slots: Arc<Slots>,
    pub(crate) pool: Weak<dyn Evict>,
}

/// What was found among the idle connections.
pub(crate) enum Checkout<C> {
    /// A connection, and when it was made.
    Usable(Instant, C),
    /// One that is too old, and is to be closed. There may be others.
    Stale(C),
    Nothing,
}

impl<C> Idle<C> {
    /// Keeps so many connections at most, and none that is older than `recycle`.
    pub(crate) fn new(keep: u32, recycle: Option<Duration>, listing: Option<Listing>) -> Self {
        let stack = Stack { entries: Vec::new(), is_closed: false };
        Self { stack: Mutex::new(stack), keep: keep as usize, recycle, listing }
    }

    fn lock(&self) -> MutexGuard<'_, Stack<C>> {
        self.stack.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out one connection. The caller has closed one that is too old before it asks for the next.
    pub(crate) fn take(&self) -> Checkout<C> {
        let mut stack = self.lock();
        let Some(Entry { born, number, connection }) = stack.entries.pop() else { return Checkout::Nothing };
        self.unlist(number);
        if self.recycle.is_some_and(|age| born.elapsed() >= age) {
            return Checkout::Stale(connection);
        }
        Checkout::Usable(born, connection)
    }

    /// Takes out the connection that has this number, if it is still there.
    pub(crate) fn take_numbered(&self, number: u64) -> Option<C> {
        let mut stack = self.lock();
        let at = stack.entries.iter().position(|entry| entry.number == number)?;
        Some(stack.entries.remove(at).connection)
    }

    /// Takes a connection back. Returns it where it is not wanted any more and is to be closed.
    pub(crate) fn put(&self, born: Instant, connection: C) -> Option<C> {
        let mut stack = self.lock();
        let is_over = self.listing.as_ref().is_some_and(|listing| listing.slots.is_over());
        if stack.is_closed || stack.entries.len() >= self.keep || is_over {
            return Some(connection);
        }
        let number = self.listing.as_ref().map_or(0, |listing| listing.slots.list(&listing.pool));
        stack.entries.push(Entry { born, number, connection });
        None
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.lock().entries.len()).unwrap_or(u32::MAX)
    }

    /// Takes out all. Others may come.
    pub(crate) fn drain(&self) -> Vec<C> {
        let mut stack = self.lock();
        let entries = std::mem::take(&mut stack.entries);
        entries.iter().for_each(|entry| self.unlist(entry.number));
        drop(stack);
        entries.into_iter().map(|entry| entry.connection).collect()
    }

    /// Keeps none from now on. Those that are there are taken out by [`drain`](Self::drain) or [`take`](Self::take).
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
    }

    fn unlist(&self, number: u64) {
        if let Some(listing) = &self.listing {
            listing.slots.unlist(number);
        }
    }
}

/// A connection to a server, and the slot that is free when it is closed.
pub(crate) trait Slotted: Send + Sized + 'static {
    type Connection: Connection;

    fn into_parts(self) -> (Self::Connection, Slot);

    /// Says goodbye, but does not wait for ever.
    fn close(self) -> impl Future<Output = Slot> + Send {
        let (connection, slot) = self.into_parts();
        async {
            drop(timeout(CLOSING, connection.close()).await);
            slot
        }
    }
}

impl<C: Slotted> Idle<C> {
    /// Takes out a connection that is not too old. Those that are are closed.
    pub(crate) async fn take_young(&self) -> Option<(Instant, C)> {
        loop {
            match self.take() {
                Checkout::Usable(born, connection) => return Some((born, connection)),
                Checkout::Stale(connection) => drop(connection.close().await),
                Checkout::Nothing => return None,
            }
        }
    }

    /// Takes a connection back, or closes it.
    pub(crate) async fn put_or_close(&self, born: Instant, connection: C) {
        if let Some(surplus) = self.put(born, connection) {
            drop(surplus.close().await);
        }
    }

    /// Closes all, and keeps none from now on.
    pub(crate) async fn close_all(&self) {
        self.close();
        // One after the other: the slots of the others can be had meanwhile.
        while let Checkout::Usable(_, connection) | Checkout::Stale(connection) = self.take() {
            drop(connection.close().await);
        }
    }

    /// Closes the connection that has this number, if it is still there.
    pub(crate) fn evict(&self, number: u64) -> Option<Closing> {
        let connection = self.take_numbered(number)?;
        Some(Box::pin(connection.close()))
    }
}

impl<C> Drop for Idle<C> {
    fn drop(&mut self) {
        drop(self.drain());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(taken: Checkout<u32>) -> Option<u32> {
        match taken {
            Checkout::Usable(_, connection) => Some(connection),
            Checkout::Stale(_) | Checkout::Nothing => None,
        }
    }

    #[test]
    fn g11_what_is_too_much_or_too_old_is_not_kept() {
        let idle = Idle::new(2, None, None);
        assert_eq!(idle.put(Instant::now(), 1), None);
        assert_eq!(idle.put(Instant::now(), 2), None);
        assert_eq!(idle.put(Instant::now(), 3), Some(3));
        assert_eq!(idle.count(), 2);
        assert_eq!(usable(idle.take()), Some(2));
        idle.close();
        assert_eq!(idle.put(Instant::now(), 2), Some(2));
        assert_eq!(idle.drain(), [1]);

        let old = Idle::new(2, Some(Duration::ZERO), None);
        old.put(Instant::now(), 1);
        old.put(Instant::now(), 2);
        assert!(matches!(old.take(), Checkout::Stale(2)));
        assert!(matches!(old.take(), Checkout::Stale(1)));
        assert!(matches!(old.take(), Checkout::Nothing));
    }
}
