//! The connections of a database server that nobody has taken. Who may have one, and who waits, is decided elsewhere.
//!
//! sqlx's own pool is not used for servers: it tries a refused connection again until the caller's time is over, tells
//! a dead server and a full pool alike, and can keep a place for ever when a peer is silently dead.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a connection may take to be made.
pub(crate) const CONNECTING: Duration = Duration::from_secs(10);

/// How long a connection may take to say goodbye.
pub(crate) const CLOSING: Duration = Duration::from_secs(1);

/// Idle connections, the last one given back first, so that few are used when few are needed.
pub(crate) struct Idle<C> {
    stack: Mutex<Vec<(Instant, C)>>,
    closed: AtomicBool,
    keep: usize,
    recycle: Option<Duration>,
}

impl<C> Idle<C> {
    /// Keeps so many connections at most, and none that is older than `recycle`.
    pub(crate) fn new(keep: u32, recycle: Option<Duration>) -> Self {
        Self { stack: Mutex::default(), closed: AtomicBool::new(false), keep: keep as usize, recycle }
    }

    /// A connection that is not too old and when it was made; and those that are to be closed.
    pub(crate) fn take(&self) -> (Option<(Instant, C)>, Vec<C>) {
        let mut stale = Vec::new();
        let mut stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((born, connection)) = stack.pop() {
            if self.recycle.is_some_and(|age| born.elapsed() >= age) {
                stale.push(connection);
            } else {
                return (Some((born, connection)), stale);
            }
        }
        (None, stale)
    }

    /// Takes a connection back. Returns it where it is not wanted any more and is to be closed.
    pub(crate) fn put(&self, born: Instant, connection: C) -> Option<C> {
        let mut stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::Acquire) || stack.len() >= self.keep {
            return Some(connection);
        }
        stack.push((born, connection));
        None
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        let stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        u32::try_from(stack.len()).unwrap_or(u32::MAX)
    }

    /// Takes out all. Others may come.
    pub(crate) fn drain(&self) -> Vec<C> {
        let mut stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        stack.drain(..).map(|(_, connection)| connection).collect()
    }

    /// Keeps none from now on. Returns those that are to be closed.
    pub(crate) fn close(&self) -> Vec<C> {
        let mut stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        self.closed.store(true, Ordering::Release);
        stack.drain(..).map(|(_, connection)| connection).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f06_what_is_too_much_or_too_old_is_not_kept() {
        let idle = Idle::new(2, None);
        assert_eq!(idle.put(Instant::now(), 1), None);
        assert_eq!(idle.put(Instant::now(), 2), None);
        assert_eq!(idle.put(Instant::now(), 3), Some(3));
        assert_eq!(idle.count(), 2);
        assert_eq!(idle.take().0.map(|(_, connection)| connection), Some(2));
        assert_eq!(idle.close(), [1]);
        assert_eq!(idle.put(Instant::now(), 2), Some(2));

        let old = Idle::new(2, Some(Duration::ZERO));
        old.put(Instant::now(), 1);
        let (taken, stale) = old.take();
        assert!(taken.is_none());
        assert_eq!(stale, [1]);
    }
}
