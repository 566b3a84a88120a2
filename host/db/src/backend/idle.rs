//! The idle connections of a database's pool. Which borrower gets a connection, and which one waits, is decided elsewhere.
//!
//! sqlx's own pool is not used for servers: it retries a refused connection until the caller's time is over, reports a dead server
//! and a full pool as the same error, and can lose a permit for ever when a peer is silently dead.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use sqlx::Connection;
use tokio::time::timeout;

use crate::limit::{Closing, Evict, Slot, Slots};

/// How long the graceful close of a connection may take.
pub(crate) const CLOSING: Duration = Duration::from_secs(1);

/// Idle connections. The one returned last is reused first, so that few stay in use when few are needed.
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
    /// Its number among all idle connections of its server.
    number: u64,
    connection: C,
}

/// Registers idle connections with the server's slots, so that other pools can evict them. Lock order: the stack's lock before the
/// slots' lock.
pub(crate) struct Listing {
    pub(crate) slots: Arc<Slots>,
    pub(crate) pool: Weak<dyn Evict>,
}

/// The result of looking for an idle connection.
pub(crate) enum Checkout<C> {
    /// A usable connection, and the time at which it was made.
    Usable(Instant, C),
    /// A connection that is too old and has to be closed. There may be others.
    Stale(C),
    Nothing,
}

impl<C> Idle<C> {
    /// Keeps `keep` connections at most, and none older than `recycle`.
    pub(crate) fn new(keep: u32, recycle: Option<Duration>, listing: Option<Listing>) -> Self {
        let stack = Stack { entries: Vec::new(), is_closed: false };
        Self { stack: Mutex::new(stack), keep: keep as usize, recycle, listing }
    }

    fn lock(&self) -> MutexGuard<'_, Stack<C>> {
        self.stack.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes and returns one connection. The caller closes a stale one before it takes the next.
    pub(crate) fn take(&self) -> Checkout<C> {
        let mut stack = self.lock();
        let Some(Entry { born, number, connection }) = stack.entries.pop() else { return Checkout::Nothing };
        self.unlist(number);
        if self.recycle.is_some_and(|age| born.elapsed() >= age) {
            return Checkout::Stale(connection);
        }
        Checkout::Usable(born, connection)
    }

    /// Removes and returns the connection of this number, if it is still idle.
    pub(crate) fn take_numbered(&self, number: u64) -> Option<C> {
        let mut stack = self.lock();
        let at = stack.entries.iter().position(|entry| entry.number == number)?;
        Some(stack.entries.remove(at).connection)
    }

    /// Keeps a returned connection. Gives it back to the caller where it is surplus and has to be closed.
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

    /// The number of idle connections.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.lock().entries.len()).unwrap_or(u32::MAX)
    }

    /// Removes and returns all connections. Others may be added later.
    pub(crate) fn drain(&self) -> Vec<C> {
        let mut stack = self.lock();
        let entries = std::mem::take(&mut stack.entries);
        entries.iter().for_each(|entry| self.unlist(entry.number));
        drop(stack);
        entries.into_iter().map(|entry| entry.connection).collect()
    }

    /// Keeps no connection from now on. The present ones are removed by [`drain`](Self::drain) or [`take`](Self::take).
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
    }

    fn unlist(&self, number: u64) {
        if let Some(listing) = &self.listing {
            listing.slots.unlist(number);
        }
    }
}

/// A connection to a server, and its slot, which is freed when the connection is closed.
pub(crate) trait Slotted: Send + Sized + 'static {
    type Connection: Connection;

    fn into_parts(self) -> (Self::Connection, Slot);

    /// Closes the connection gracefully within [`CLOSING`], then returns its slot.
    fn close(self) -> impl Future<Output = Slot> + Send {
        let (connection, slot) = self.into_parts();
        async {
            drop(timeout(CLOSING, connection.close()).await);
            slot
        }
    }
}

impl<C: Slotted> Idle<C> {
    /// Removes and returns a connection that is not too old. Closes the stale ones before it.
    pub(crate) async fn take_young(&self) -> Option<(Instant, C)> {
        loop {
            match self.take() {
                Checkout::Usable(born, connection) => return Some((born, connection)),
                Checkout::Stale(connection) => drop(connection.close().await),
                Checkout::Nothing => return None,
            }
        }
    }

    /// Keeps a returned connection, or closes it where it is surplus.
    pub(crate) async fn put_or_close(&self, born: Instant, connection: C) {
        if let Some(surplus) = self.put(born, connection) {
            drop(surplus.close().await);
        }
    }

    /// Closes all idle connections, and keeps none from now on.
    pub(crate) async fn close_all(&self) {
        self.close();
        // One after the other, so that other pools can evict the remaining ones meanwhile.
        while let Checkout::Usable(_, connection) | Checkout::Stale(connection) = self.take() {
            drop(connection.close().await);
        }
    }

    /// Closes the connection of this number, if it is still idle.
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
