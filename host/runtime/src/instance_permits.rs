//! Places for instances: who may have one, and who waits for one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    error::{Error, Result},
    limits::TenantLimits,
};

/// So many places.
pub(crate) fn semaphore(count: u32) -> Arc<Semaphore> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))
}

/// The places of a tenant's instances. Waiting is first come, first served.
#[derive(Clone)]
pub(crate) struct InstancePermits {
    /// Those of the engine, which other tenants take as well.
    engine: Arc<Semaphore>,
    /// The tenant's own share of them: one with many callers has no more of the engine's than that, and no more of its queue.
    own: Arc<Semaphore>,
    waiters: Arc<Semaphore>,
    wait: Duration,
    instances: u32,
    most_waiters: u32,
}

/// A place that is taken.
pub(crate) struct InstancePermit {
    _engine: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

impl InstancePermits {
    pub(crate) fn new(limits: &TenantLimits, engine: &Arc<Semaphore>) -> Self {
        Self {
            engine: Arc::clone(engine),
            own: semaphore(limits.instances),
            waiters: semaphore(limits.instance_waiters),
            wait: limits.instance_wait,
            instances: limits.instances,
            most_waiters: limits.instance_waiters,
        }
    }

    /// Takes a place, or waits for one.
    pub(crate) async fn take(&self) -> Result<InstancePermit> {
        if let Some(place) = self.take_free() {
            return Ok(place);
        }
        let since = Instant::now();
        let Ok(_waiter) = self.waiters.try_acquire() else {
            return Err(Error::InstanceQueueFull { waiters: self.most_waiters });
        };
        // The semaphores are never closed, so all that can fail is the time.
        match timeout(self.wait, self.wait_for_one()).await {
            Ok(Some(place)) => Ok(place),
            _ => Err(Error::InstanceTimeout { instances: self.instances, waited: since.elapsed() }),
        }
    }

    /// A place that is free and that no caller waits for: what comes free belongs to who is first in the queue.
    fn take_free(&self) -> Option<InstancePermit> {
        let own = Arc::clone(&self.own).try_acquire_owned().ok()?;
        Some(InstancePermit { _engine: Arc::clone(&self.engine).try_acquire_owned().ok()?, _own: own })
    }

    async fn wait_for_one(&self) -> Option<InstancePermit> {
        let own = Arc::clone(&self.own).acquire_owned().await.ok()?;
        Some(InstancePermit { _engine: Arc::clone(&self.engine).acquire_owned().await.ok()?, _own: own })
    }
}
