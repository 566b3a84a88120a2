//! The places of a pool, given to those who wait in turn by how long they had places before.
//!
//! A borrower is a flow: all that uses one share of a database, or all that has none. The next place goes to the flow that used places for
//! the shortest time so far, those that it has now included; within a flow, who waits longest is first. A flow that comes back after it
//! had nothing to do starts where the one stands that was served last, so that idling saves nothing up. This is start-time fair queuing
//! (Goyal, Vin, Cheng 1996): what deficit round robin comes to with a quantum towards nothing, for work whose length is known afterwards.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

/// How many flows without a place or a waiting borrower are remembered at most.
const REMEMBERED: usize = 4_096;

/// Whose places they are.
pub(crate) type FlowId = u64;

/// A number of places.
pub(crate) struct Places {
    most: u32,
    began: Instant,
    state: Mutex<State>,
    /// Told when the last place came back.
    all_free: Notify,
}

#[derive(Default)]
struct State {
    free: u32,
    is_closed: bool,
    /// The time that the flow which was served last had used.
    clock: u64,
    flows: HashMap<FlowId, Flow>,
    tickets: u64,
}

/// One borrower's use, in microseconds.
#[derive(Default)]
struct Flow {
    /// For how long it had places that came back, where it stands among the others.
    used: u64,
    /// How many it has now, and the sum of the times at which it got them.
    held: u64,
    since: u64,
    waiting: VecDeque<(u64, Waiter)>,
}

/// A place. Dropping it gives it to who waits.
pub(crate) struct Permit {
    places: Arc<Places>,
    flow: FlowId,
    since: u64,
}

/// Who is told of a place.
type Waiter = oneshot::Sender<Permit>;

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl Flow {
    /// What it used by now.
    fn used_by(&self, now: u64) -> u64 {
        self.used.saturating_add(self.held.saturating_mul(now).saturating_sub(self.since))
    }

    fn is_idle(&self) -> bool {
        self.held == 0 && self.waiting.is_empty()
    }

    fn take(&mut self, now: u64) {
        (self.held, self.since) = (self.held.saturating_add(1), self.since.saturating_add(now));
    }

    fn give_back(&mut self, since: u64, now: u64) {
        self.used = self.used.saturating_add(now.saturating_sub(since));
        (self.held, self.since) = (self.held.saturating_sub(1), self.since.saturating_sub(since));
    }
}

impl State {
    /// Takes a place, where one is free: then none waits.
    fn take(&mut self, id: FlowId, now: u64) -> bool {
        if self.free == 0 {
            return false;
        }
        self.free = self.free.saturating_sub(1);
        let flow = self.enter(id);
        flow.take(now);
        let used = flow.used;
        self.clock = self.clock.max(used);
        true
    }

    /// Puts a borrower into the queue of its flow.
    fn wait(&mut self, id: FlowId, waiter: Waiter) -> u64 {
        self.tickets = self.tickets.saturating_add(1);
        let ticket = self.tickets;
        self.enter(id).waiting.push_back((ticket, waiter));
        ticket
    }

    fn give_back(&mut self, id: FlowId, since: u64, now: u64) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.give_back(since, now);
        }
        self.free = self.free.saturating_add(1);
    }

    /// A flow that is about to get a place or to wait for one.
    fn enter(&mut self, id: FlowId) -> &mut Flow {
        if self.flows.len() > REMEMBERED {
            let clock = self.clock;
            self.flows.retain(|_, flow| !flow.is_idle() || flow.used > clock);
        }
        let clock = self.clock;
        let flow = self.flows.entry(id).or_default();
        if flow.is_idle() {
            flow.used = flow.used.max(clock);
        }
        flow
    }

    /// Takes out who is next, with a place.
    fn next(&mut self, now: u64) -> Option<(FlowId, Waiter)> {
        if self.free == 0 {
            return None;
        }
        let waiting = self.flows.iter().filter(|(_, flow)| !flow.waiting.is_empty());
        let ticket = |flow: &Flow| flow.waiting.front().map_or(u64::MAX, |(ticket, _)| *ticket);
        let (id, _) = waiting.min_by_key(|(_, flow)| (flow.used_by(now), ticket(flow)))?;
        let id = *id;
        let flow = self.flows.get_mut(&id)?;
        let (_, waiter) = flow.waiting.pop_front()?;
        self.clock = self.clock.max(flow.used_by(now));
        flow.take(now);
        self.free = self.free.saturating_sub(1);
        Some((id, waiter))
    }
}

impl Places {
    pub(crate) fn new(most: u32) -> Arc<Self> {
        let state = State { free: most, ..State::default() };
        Arc::new(Self { most, began: Instant::now(), state: Mutex::new(state), all_free: Notify::new() })
    }

    /// How many are free.
    pub(crate) fn free(&self) -> u32 {
        self.lock().free
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// A place, where one is free: then none waits.
    pub(crate) fn try_take(self: &Arc<Self>, flow: FlowId) -> Result<Option<Permit>, Closed> {
        let since = self.now();
        let mut state = self.lock();
        if state.is_closed {
            return Err(Closed);
        }
        Ok(state.take(flow, since).then(|| Permit { places: Arc::clone(self), flow, since }))
    }

    /// Waits for a place. May be given up at any time.
    pub(crate) async fn take(self: &Arc<Self>, flow: FlowId) -> Result<Permit, Closed> {
        let (sender, receiver) = oneshot::channel();
        let ticket = {
            let mut state = self.lock();
            if state.is_closed {
                return Err(Closed);
            }
            state.wait(flow, sender)
        };
        // One may have come back just before.
        self.serve();
        let _leave = Leave { places: self, flow, ticket };
        receiver.await.map_err(|_| Closed)
    }

    /// Gives free places to who waits.
    fn serve(self: &Arc<Self>) {
        loop {
            let since = self.now();
            let next = self.lock().next(since);
            let Some((flow, waiter)) = next else { return };
            // Who gave up just now leaves it here, which gives it to the next one.
            drop(waiter.send(Permit { places: Arc::clone(self), flow, since }));
        }
    }

    fn give_back(self: &Arc<Self>, flow: FlowId, since: u64) {
        let now = self.now();
        let is_all = {
            let mut state = self.lock();
            state.give_back(flow, since, now);
            state.free >= self.most
        };
        if is_all {
            self.all_free.notify_waiters();
        }
        self.serve();
    }

    /// Lets none in any more. Those who wait are told.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let waiting: Vec<_> = state.flows.values_mut().flat_map(|flow| flow.waiting.drain(..)).collect();
        drop(state);
        drop(waiting);
    }

    /// Waits until all places are free.
    pub(crate) async fn all(&self) {
        loop {
            let told = self.all_free.notified();
            if self.free() >= self.most {
                return;
            }
            told.await;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let places = Arc::clone(&self.places);
        places.give_back(self.flow, self.since);
    }
}

/// Takes out of the queue who waits no more.
struct Leave<'p> {
    places: &'p Places,
    flow: FlowId,
    ticket: u64,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        if let Some(flow) = state.flows.get_mut(&self.flow) {
            flow.waiting.retain(|(ticket, _)| *ticket != self.ticket);
        }
    }
}

#[cfg(test)]
mod tests;
