//! Schedules guests that compute: they take turns at the processors, fairly between tenants.
//!
//! A call begins at once, and short computing is never delayed. A call that computed for a slice needs a turn before it continues. Once
//! a tenant's calls together computed for a slice since its last turn, its next call needs one before it begins: else calls that are
//! shorter than a slice would never wait. There are as many turns as the runtime has threads, each for one poll. The next one goes to
//! the tenant that computed for the shortest time so far, and within a tenant to the call that waits longest. So a tenant with many
//! instances gets no more of the processors than one with a single instance, and the queues of the runtime, which know no tenants,
//! never hold more computing guests than threads. Before its turn a guest yields, so that the thread polls its sockets and timers:
//! tokio does that only after 61 polls where there is always a task to poll, which was 610 ms where each poll took a tick of the
//! engine.
//!
//! It is start-time fair queuing, as for the connections of a pool (`sqlservice_db`, `fair`), by the time that was computed.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use tokio::task::yield_now;

use crate::calls::threads;

/// The time that a call computes before it needs a turn: half a tick of the engine, after which a guest that computes yields.
pub(crate) const SLICE: Duration = Duration::from_millis(5);

/// How far behind the last served tenant one starts that was idle for a moment, in nanoseconds: else a tenant whose calls follow each
/// other would lose its place with each of them.
const CREDIT: u64 = 20_000_000;

/// How long a turn is reserved for a call that is not polled, before another call gets it.
const KEPT: Duration = Duration::from_millis(100);

/// The turns of an engine.
#[derive(Default)]
pub(crate) struct Turns {
    state: Mutex<State>,
    /// Whether calls wait for a turn.
    contended: AtomicBool,
}

/// A tenant's share of the turns.
pub(crate) struct Share {
    turns: Arc<Turns>,
    tenant: u64,
    /// The time that its calls computed since its last turn, in nanoseconds.
    owed: AtomicU64,
}

/// A turn: the right to compute for one poll, until this is dropped.
pub(crate) struct Turn<'s>(&'s Share);

#[derive(Default)]
struct State {
    /// The number of turns: the threads of the largest runtime that asked for one.
    most: usize,
    taken: usize,
    /// Turns that are reserved for calls, which were woken and did not take them yet.
    offered: Vec<(Ticket, Instant)>,
    waiting: HashMap<Ticket, Waker>,
    tenants: HashMap<u64, TenantQueue>,
    /// The computed time of the tenant that was served last, by which idle tenants enter.
    clock: u64,
    last: u64,
}

/// A place in the queue.
type Ticket = u64;

/// The time that a tenant computed, in nanoseconds, and its waiting calls.
#[derive(Default)]
struct TenantQueue {
    computed: u64,
    taken: usize,
    queue: VecDeque<Ticket>,
}

impl TenantQueue {
    fn is_idle(&self) -> bool {
        self.taken == 0 && self.queue.is_empty()
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.last = self.last.saturating_add(1);
        self.last
    }

    /// Returns the queue of a tenant that wants to compute. An idle tenant starts at most [`CREDIT`] before the last served one: idling
    /// saves up no more.
    fn enter(&mut self, tenant: u64) -> &mut TenantQueue {
        let clock = self.clock;
        let flow = self.tenants.entry(tenant).or_default();
        if flow.is_idle() {
            flow.computed = flow.computed.max(clock.saturating_sub(CREDIT));
        }
        flow
    }

    fn take(&mut self, tenant: u64) {
        self.taken = self.taken.saturating_add(1);
        let flow = self.enter(tenant);
        flow.taken = flow.taken.saturating_add(1);
    }

    /// Takes the turn that is reserved for a call. False where none is.
    fn take_offered(&mut self, tenant: u64, ticket: Ticket) -> bool {
        let Some(at) = self.offered.iter().position(|(of, _)| *of == ticket) else { return false };
        self.offered.swap_remove(at);
        self.waiting.remove(&ticket);
        self.take(tenant);
        true
    }

    fn wait(&mut self, tenant: u64, waker: &Waker) -> Ticket {
        let ticket = self.number();
        self.waiting.insert(ticket, waker.clone());
        self.enter(tenant).queue.push_back(ticket);
        ticket
    }

    fn has_free(&self) -> bool {
        self.taken.saturating_add(self.offered.len()) < self.most
    }

    /// Reserves the free turns for the next calls, and returns their wakers.
    fn serve(&mut self) -> Vec<Waker> {
        let mut told = Vec::new();
        while self.has_free() {
            let waiting = self.tenants.values_mut().filter(|flow| !flow.queue.is_empty());
            let next = waiting.min_by_key(|flow| (flow.computed, flow.queue.front().copied()));
            let Some((computed, ticket)) = next.and_then(|flow| Some((flow.computed, flow.queue.pop_front()?))) else {
                break;
            };
            self.clock = self.clock.max(computed);
            self.offered.push((ticket, Instant::now()));
            told.extend(self.waiting.get(&ticket).cloned());
        }
        told
    }
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the queue, then wakes the calls that are next.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let made = change(&mut state);
        let told = state.serve();
        self.contended.store(!state.waiting.is_empty(), Ordering::Relaxed);
        drop(state);
        told.into_iter().for_each(Waker::wake);
        made
    }

    /// Passes on turns that calls did not take in time, as these may not be polled any more. To be called periodically.
    pub(crate) fn take_back(&self) {
        if !self.lock().offered.is_empty() {
            self.change(|state| state.offered.retain(|(_, since)| since.elapsed() < KEPT));
        }
    }
}

impl Share {
    /// Makes the share of a new tenant, which has computed nothing yet.
    pub(crate) fn new(turns: &Arc<Turns>) -> Self {
        let tenant = turns.lock().number();
        Self { turns: Arc::clone(turns), tenant, owed: AtomicU64::new(0) }
    }

    /// Adds the time that a call computed.
    pub(crate) fn charge(&self, computed: Duration) {
        self.owed.fetch_add(u64::try_from(computed.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether its calls computed for a slice since its last turn, so that a call needs one before it begins.
    pub(crate) fn is_due(&self) -> bool {
        u128::from(self.owed.load(Ordering::Relaxed)) >= SLICE.as_nanos()
    }

    /// Whether calls wait for a turn, so that computed time has to be measured precisely.
    pub(crate) fn is_contended(&self) -> bool {
        self.turns.contended.load(Ordering::Relaxed)
    }

    /// Waits for a turn. Cancel-safe.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        loop {
            let mut asking = TurnRequest { share: self, ticket: None };
            poll_fn(|context| asking.poll_offer(context.waker())).await;
            // The first yield lets the thread poll its sockets and timers, the second lets the tasks run that these woke: tokio begins
            // with the task that waited.
            yield_now().await;
            yield_now().await;
            if asking.take() {
                return Turn(self);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.turns.lock().tenants.remove(&self.tenant);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let owed = self.0.owed.swap(0, Ordering::Relaxed);
        self.0.turns.change(|state| {
            state.taken = state.taken.saturating_sub(1);
            if let Some(flow) = state.tenants.get_mut(&self.0.tenant) {
                flow.taken = flow.taken.saturating_sub(1);
                flow.computed = flow.computed.saturating_add(owed);
            }
        });
    }
}

/// A call's request for a turn. It is in the queue until this is dropped.
struct TurnRequest<'s> {
    share: &'s Share,
    ticket: Option<Ticket>,
}

impl TurnRequest<'_> {
    /// Polls whether a turn is reserved for the request.
    fn poll_offer(&mut self, waker: &Waker) -> Poll<()> {
        let tenant = self.share.tenant;
        self.share.turns.change(|state| {
            state.most = state.most.max(threads());
            match self.ticket {
                Some(ticket) => _ = state.waiting.insert(ticket, waker.clone()),
                None => self.ticket = Some(state.wait(tenant, waker)),
            }
        });
        if self.is_offered() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether the request left the queue: also where its reserved turn was passed on meanwhile, so that it asks again.
    fn is_offered(&self) -> bool {
        let state = self.share.turns.lock();
        let Some(ticket) = self.ticket else { return false };
        let is_queued = state.tenants.get(&self.share.tenant).is_some_and(|flow| flow.queue.contains(&ticket));
        !is_queued
    }

    /// Takes the turn, if it is still reserved.
    fn take(&mut self) -> bool {
        let Some(ticket) = self.ticket else { return false };
        self.share.turns.lock().take_offered(self.share.tenant, ticket)
    }
}

impl Drop for TurnRequest<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        self.share.turns.change(|state| {
            state.waiting.remove(&ticket);
            state.offered.retain(|(of, _)| *of != ticket);
            if let Some(flow) = state.tenants.get_mut(&self.share.tenant) {
                flow.queue.retain(|of| *of != ticket);
            }
        });
    }
}

#[cfg(test)]
mod tests;
