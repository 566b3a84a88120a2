//! A memory budget that several holders charge and release.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sqlservice_db::{Error, error::LimitKind};

/// The bytes of the budget, and how many of them are in use.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    allowed: usize,
    used: AtomicUsize,
}

/// Bytes charged to a budget, until this is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    memory: Arc<MemoryBudget>,
    bytes: usize,
}

impl MemoryBudget {
    pub(crate) fn new(allowed: usize) -> Arc<Self> {
        Arc::new(Self { allowed, used: AtomicUsize::new(0) })
    }

    /// Takes `bytes` more, or returns false where fewer are left.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.allowed);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes `bytes` until the returned charge is dropped.
    ///
    /// # Errors
    /// [`Error::Limit`] of bytes, where fewer are left.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> Result<Charge, Error> {
        if self.take(bytes) {
            return Ok(Charge { memory: Arc::clone(self), bytes });
        }
        Err(Error::Limit { kind: LimitKind::Bytes, allowed: u64::try_from(self.allowed).unwrap_or(u64::MAX) })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_comes_back_and_no_more_is_taken_than_there_is() {
        let memory = MemoryBudget::new(10);
        let six = memory.charge(6).expect("there are ten");
        assert!(matches!(memory.charge(5), Err(Error::Limit { kind: LimitKind::Bytes, allowed: 10 })));
        let four = memory.charge(4).expect("four are left");
        assert!(!memory.take(1) && memory.take(0));
        drop((six, four));
        assert!(memory.charge(usize::MAX).is_err() && memory.charge(10).is_ok());
    }
}
