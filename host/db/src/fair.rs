//! Grants the connection permits of pools to waiting borrowers, fairly by how long each flow has held permits so far.
//!
//! A flow is a group of borrowers that count as one: all that use one share of a database, or all that have none. The next permit goes to
//! the flow that has held permits for the shortest time so far, those held now included. Within a flow, the borrower that has waited
//! longest is first. A flow that was idle continues at the used time of the flow that was served last, so that idling saves up no credit.
//! This is start-time fair queuing (Goyal, Vin, Cheng 1996): the limit of deficit round robin for a quantum towards zero, for work whose
//! length is known only afterwards.
//!
//! All pools of one server share one queue, which has a number of permits of its own: a flow is served where both its pool and the queue
//! have a free permit. One lock and one decision cover both numbers, so no borrower that has a permit of one waits for a permit of the
//! other.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::oneshot, time::Instant};

use state::{FlowId, PoolId, State};

/// The permits that all pools of one server share.
pub(crate) struct Queue {
    began: Instant,
    state: Mutex<State>,
}

/// The permits of one pool.
pub(crate) struct PoolPermits {
    queue: Arc<Queue>,
    pool: PoolId,
    most: u32,
}

/// Borrowers of one pool that count as one.
pub(crate) struct Flow {
    queue: Arc<Queue>,
    id: FlowId,
}

/// A permit for one connection. Dropping it passes it on to the next waiting borrower.
pub(crate) struct Permit {
    queue: Arc<Queue>,
    flow: FlowId,
    since: u64,
}

/// The channel over which a waiting borrower receives its permit.
type Waiter = oneshot::Sender<Permit>;

/// The error of a borrower whose pool is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl Queue {
    /// Creates a queue of `most` permits in all, whatever limits its pools have.
    pub(crate) fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), state: Mutex::new(State::new(most)) })
    }

    /// Sets the number of permits. Where more are taken, none is granted until enough have come back.
    pub(crate) fn set(self: &Arc<Self>, most: u32) {
        self.lock().most = most;
        self.serve();
    }

    /// Returns how many permits there are, and how many are taken.
    pub(crate) fn count(&self) -> (u32, u32) {
        let state = self.lock();
        (state.most, state.taken)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Grants free permits to waiting borrowers.
    fn serve(self: &Arc<Self>) {
        loop {
            let since = self.now();
            let next = self.lock().next(since);
            let Some((flow, waiter)) = next else { return };
            self.give(flow, waiter, since);
        }
    }

    /// Sends a permit to a borrower. If that borrower has just stopped waiting, the permit is dropped here, which passes it on.
    fn give(self: &Arc<Self>, flow: FlowId, waiter: Waiter, since: u64) {
        drop(waiter.send(Permit { queue: Arc::clone(self), flow, since }));
    }

    fn give_back(self: &Arc<Self>, flow: FlowId, since: u64) {
        let now = self.now();
        let (all_free, next) = {
            let mut state = self.lock();
            let all_free = state.give_back(flow, since, now);
            // In one step, so that no borrower that arrives just now overtakes those that wait.
            (all_free, state.next(now))
        };
        if let Some(all_free) = all_free {
            all_free.notify_waiters();
        }
        if let Some((flow, waiter)) = next {
            self.give(flow, waiter, now);
            self.serve();
        }
    }
}

impl PoolPermits {
    /// Adds a pool with `most` permits to a queue.
    pub(crate) fn new(queue: &Arc<Queue>, most: u32) -> Self {
        let pool = queue.lock().add_pool(most);
        Self { queue: Arc::clone(queue), pool, most }
    }

    /// Adds a flow: borrowers that count as one.
    pub(crate) fn flow(&self) -> Flow {
        let id = self.queue.lock().add_flow(self.pool);
        Flow { queue: Arc::clone(&self.queue), id }
    }

    /// Returns how many of the pool's permits are taken.
    pub(crate) fn taken(&self) -> u32 {
        self.queue.lock().pools.get(&self.pool).map_or(0, |pool| pool.taken)
    }

    /// Returns the limit that keeps borrowers waiting: the pool's own where the pool is full, else the queue's.
    pub(crate) fn bound(&self) -> u32 {
        let state = self.queue.lock();
        let is_full = state.pools.get(&self.pool).is_none_or(|pool| pool.taken >= pool.most);
        if is_full { self.most } else { self.most.min(state.most) }
    }

    /// Grants no more permits. Waiting borrowers get `Closed`.
    pub(crate) fn close(&self) {
        let waiting = self.queue.lock().close(self.pool);
        drop(waiting);
    }

    /// Waits until all permits of the pool are free.
    pub(crate) async fn all(&self) {
        let Some(all_free) = self.queue.lock().pools.get(&self.pool).map(|pool| Arc::clone(&pool.all_free)) else {
            return;
        };
        loop {
            let told = all_free.notified();
            if self.taken() == 0 {
                return;
            }
            told.await;
        }
    }
}

impl Drop for PoolPermits {
    fn drop(&mut self) {
        let waiting = self.queue.lock().leave_pool(self.pool);
        drop(waiting);
    }
}

impl Flow {
    /// Takes a permit if one is free. No other borrower of the pool can be waiting then.
    pub(crate) fn try_take(&self) -> Result<Option<Permit>, Closed> {
        let since = self.queue.now();
        let mut state = self.queue.lock();
        if state.is_closed(self.id) {
            return Err(Closed);
        }
        let taken = state.take(self.id, since);
        Ok(taken.then(|| Permit { queue: Arc::clone(&self.queue), flow: self.id, since }))
    }

    /// Waits for a permit. Cancel safe.
    pub(crate) async fn take(&self) -> Result<Permit, Closed> {
        let (sender, receiver) = oneshot::channel();
        let ticket = {
            let mut state = self.queue.lock();
            if state.is_closed(self.id) {
                return Err(Closed);
            }
            state.wait(self.id, sender)
        };
        let _leave = WaitGuard { flow: self, ticket };
        // A permit may have come back just before this borrower was queued.
        self.queue.serve();
        receiver.await.map_err(|_| Closed)
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.queue.lock().leave_flow(self.id);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let queue = Arc::clone(&self.queue);
        queue.give_back(self.flow, self.since);
    }
}

/// Removes a borrower from the queue when it stops waiting.
struct WaitGuard<'f> {
    flow: &'f Flow,
    ticket: u64,
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.flow.queue.lock().leave(self.flow.id, self.ticket);
    }
}

#[cfg(test)]
mod tests;
