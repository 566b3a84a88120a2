//! The permits for instances, and the queue of callers that wait for one.

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

/// Makes a semaphore with `count` permits.
pub(crate) fn semaphore(count: u32) -> Arc<Semaphore> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))
}

/// The permits for a tenant's instances. Waiting is first come, first served.
#[derive(Clone)]
pub(crate) struct InstancePermits {
    /// The engine's permits, which all tenants share.
    engine: Arc<Semaphore>,
    /// The tenant's own permits. A caller needs one before it queues for the engine's, so a tenant with many callers takes no more of
    /// the engine's permits, and of its queue, than this.
    own: Arc<Semaphore>,
    waiters: Arc<Semaphore>,
    wait: Duration,
    instances: u32,
    most_waiters: u32,
}

/// A permit for one instance, released when this is dropped.
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

    /// Takes a permit, or waits for one.
    pub(crate) async fn take(&self) -> Result<InstancePermit> {
        if let Some(place) = self.take_free() {
            return Ok(place);
        }
        let since = Instant::now();
        let Ok(_waiter) = self.waiters.try_acquire() else {
            return Err(Error::InstanceQueueFull { waiters: self.most_waiters });
        };
        // The semaphores are never closed, so only the timeout can fail.
        match timeout(self.wait, self.wait_for_one()).await {
            Ok(Some(place)) => Ok(place),
            _ => Err(Error::InstanceTimeout { instances: self.instances, waited: since.elapsed() }),
        }
    }

    /// Takes a free permit that no caller waits for: a permit that becomes free goes to the first in the queue.
    fn take_free(&self) -> Option<InstancePermit> {
        let own = Arc::clone(&self.own).try_acquire_owned().ok()?;
        Some(InstancePermit { _engine: Arc::clone(&self.engine).try_acquire_owned().ok()?, _own: own })
    }

    async fn wait_for_one(&self) -> Option<InstancePermit> {
        let own = Arc::clone(&self.own).acquire_owned().await.ok()?;
        Some(InstancePermit { _engine: Arc::clone(&self.engine).acquire_owned().await.ok()?, _own: own })
    }
}
