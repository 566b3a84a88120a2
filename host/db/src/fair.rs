//! The places of pools, given to those who wait in turn by how long they had places before.
//!
//! A borrower is a flow: all that uses one share of a database, or all that has none. The next place goes to the flow that used places for
//! the shortest time so far, those that it has now included; within a flow, who waits longest is first. A flow that comes back after it
//! had nothing to do starts where the one stands that was served last, so that idling saves nothing up. This is start-time fair queuing
//! (Goyal, Vin, Cheng 1996): what deficit round robin comes to with a quantum towards nothing, for work whose length is known afterwards.
//!
//! All pools of one server have one queue, with a number of places of its own: a flow is served where both its pool and the queue have a
//! place. One lock and one decision hold both numbers, so nothing that has a place of the one ever waits for one of the other.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::oneshot, time::Instant};

use state::{FlowId, PoolId, State};

/// The places of all pools that share one number of them.
pub(crate) struct Queue {
    began: Instant,
    state: Mutex<State>,
}

/// The places of one pool.
pub(crate) struct PoolPermits {
    queue: Arc<Queue>,
    pool: PoolId,
    most: u32,
}

/// A pool's borrowers who count as one.
pub(crate) struct Flow {
    queue: Arc<Queue>,
    id: FlowId,
}

/// A place. Dropping it gives it to who waits.
pub(crate) struct Permit {
    queue: Arc<Queue>,
    flow: FlowId,
    since: u64,
}

/// Who is told of a place.
type Waiter = oneshot::Sender<Permit>;

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl Queue {
    /// A queue of so many places, whatever its pools may have.
    pub(crate) fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), state: Mutex::new(State::new(most)) })
    }

    /// From now on there are so many places. Where more are taken, none is given until enough have come back.
    pub(crate) fn set(self: &Arc<Self>, most: u32) {
        self.lock().most = most;
        self.serve();
    }

    /// How many places there are, and how many are taken.
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

    /// Gives places to who waits.
    fn serve(self: &Arc<Self>) {
        loop {
            let since = self.now();
            let next = self.lock().next(since);
            let Some((flow, waiter)) = next else { return };
            self.give(flow, waiter, since);
        }
    }

    /// Hands a place over. Who gave up just now leaves it here, which gives it to the next one.
    fn give(self: &Arc<Self>, flow: FlowId, waiter: Waiter, since: u64) {
        drop(waiter.send(Permit { queue: Arc::clone(self), flow, since }));
    }

    fn give_back(self: &Arc<Self>, flow: FlowId, since: u64) {
        let now = self.now();
        let (all_free, next) = {
            let mut state = self.lock();
            let all_free = state.give_back(flow, since, now);
            // In one step, so that no borrower who comes just now goes ahead of those who wait.
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
    /// So many places of a queue for one pool more.
    pub(crate) fn new(queue: &Arc<Queue>, most: u32) -> Self {
        let pool = queue.lock().add_pool(most);
        Self { queue: Arc::clone(queue), pool, most }
    }

    /// Borrowers who count as one.
    pub(crate) fn flow(&self) -> Flow {
        let id = self.queue.lock().add_flow(self.pool);
        Flow { queue: Arc::clone(&self.queue), id }
    }

    /// How many of the pool's places are taken.
    pub(crate) fn taken(&self) -> u32 {
        self.queue.lock().pools.get(&self.pool).map_or(0, |pool| pool.taken)
    }

    /// The number that keeps borrowers waiting: the pool's where it is full, else that of all pools of the queue.
    pub(crate) fn bound(&self) -> u32 {
        let state = self.queue.lock();
        let is_full = state.pools.get(&self.pool).is_none_or(|pool| pool.taken >= pool.most);
        if is_full { self.most } else { self.most.min(state.most) }
    }

    /// Lets none in any more. Those who wait are told.
    pub(crate) fn close(&self) {
        let waiting = self.queue.lock().close(self.pool);
        drop(waiting);
    }

    /// Waits until all places of the pool are free.
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
    /// A place, where there is one: then none waits for it.
    pub(crate) fn try_take(&self) -> Result<Option<Permit>, Closed> {
        let since = self.queue.now();
        let mut state = self.queue.lock();
        if state.is_closed(self.id) {
            return Err(Closed);
        }
        let taken = state.take(self.id, since);
        Ok(taken.then(|| Permit { queue: Arc::clone(&self.queue), flow: self.id, since }))
    }

    /// Waits for a place. May be given up at any time.
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
        // One may have come back just before.
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

/// Takes out of the queue who waits no more.
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
