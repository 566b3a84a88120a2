//! The state of a queue, its pools and its flows. It decides which flow is next, without a clock and without waiting.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use tokio::sync::Notify;

use super::Waiter;

/// Identifies a pool of a queue.
pub(super) type PoolId = u64;

/// Identifies a flow.
pub(super) type FlowId = u64;

/// The permits of a queue, and the flows that hold some or wait for one.
#[derive(Default)]
pub(super) struct State {
    pub(super) most: u32,
    pub(super) taken: u32,
    /// The used time of the flow that was served last, never lowered. A flow that was idle continues from it.
    clock: u64,
    pub(super) pools: HashMap<PoolId, PoolUse>,
    pub(super) flows: HashMap<FlowId, FlowUse>,
    /// The flows with waiting borrowers.
    queued: BTreeSet<FlowId>,
    serial: u64,
}

/// The permits of one pool.
pub(super) struct PoolUse {
    pub(super) most: u32,
    pub(super) taken: u32,
    is_closed: bool,
    /// Whether its `PoolPermits` was dropped.
    is_gone: bool,
    /// Notified when the last taken permit has come back.
    pub(super) all_free: Arc<Notify>,
}

/// The use of permits by one flow, in microseconds.
pub(super) struct FlowUse {
    pool: PoolId,
    /// For how long it held permits that have come back, raised to `clock` after idling: its rank among the flows.
    used: u64,
    /// How many permits it holds now, and the sum of the times at which it got them.
    held: u64,
    since: u64,
    pub(super) waiting: VecDeque<(u64, Waiter)>,
    /// Whether its `Flow` was dropped, so that no more borrowers come.
    is_gone: bool,
}

impl FlowUse {
    fn new(pool: PoolId) -> Self {
        Self { pool, used: 0, held: 0, since: 0, waiting: VecDeque::new(), is_gone: false }
    }

    /// Returns the time used until `now`, that of permits still held included.
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
    /// Creates a queue of `most` permits without pools.
    pub(super) fn new(most: u32) -> Self {
        Self { most, ..Self::default() }
    }

    fn number(&mut self) -> u64 {
        self.serial = self.serial.saturating_add(1);
        self.serial
    }

    pub(super) fn add_pool(&mut self, most: u32) -> PoolId {
        let id = self.number();
        self.pools.insert(id, PoolUse { most, taken: 0, is_closed: false, is_gone: false, all_free: Arc::default() });
        id
    }

    pub(super) fn add_flow(&mut self, pool: PoolId) -> FlowId {
        let id = self.number();
        self.flows.insert(id, FlowUse::new(pool));
        id
    }

    pub(super) fn is_closed(&self, id: FlowId) -> bool {
        self.flows.get(&id).and_then(|flow| self.pools.get(&flow.pool)).is_none_or(|pool| pool.is_closed)
    }

    /// Whether both the queue and the pool have a free permit.
    pub(super) fn has_place(&self, pool: PoolId) -> bool {
        self.taken < self.most && self.pools.get(&pool).is_some_and(|pool| pool.taken < pool.most)
    }

    /// Takes a permit if one is free. No other borrower of this pool can be waiting then.
    pub(super) fn take(&mut self, id: FlowId, now: u64) -> bool {
        let Some(pool) = self.flows.get(&id).map(|flow| flow.pool) else { return false };
        if !self.has_place(pool) {
            return false;
        }
        self.enter(id);
        let used = self.flows.get(&id).map_or(0, |flow| flow.used);
        self.clock = self.clock.max(used);
        self.hold(id, now);
        true
    }

    /// Appends a borrower to the queue of its flow. Returns its ticket.
    pub(super) fn wait(&mut self, id: FlowId, waiter: Waiter) -> u64 {
        let ticket = self.number();
        self.enter(id);
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.waiting.push_back((ticket, waiter));
            self.queued.insert(id);
        }
        ticket
    }

    /// Removes a borrower from the queue of its flow.
    pub(super) fn leave(&mut self, id: FlowId, ticket: u64) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.waiting.retain(|(other, _)| *other != ticket);
            if flow.waiting.is_empty() {
                self.queued.remove(&id);
            }
        }
        self.forget_gone(id);
    }

    /// Takes a permit back. Returns whom to notify if no other permit of the pool is taken.
    pub(super) fn give_back(&mut self, id: FlowId, since: u64, now: u64) -> Option<Arc<Notify>> {
        let flow = self.flows.get_mut(&id)?;
        flow.give_back(since, now);
        let pool = flow.pool;
        self.taken = self.taken.saturating_sub(1);
        self.forget_gone(id);
        let used = self.pools.get_mut(&pool)?;
        used.taken = used.taken.saturating_sub(1);
        let told = (used.taken == 0).then(|| Arc::clone(&used.all_free));
        if used.is_gone && used.taken == 0 {
            self.pools.remove(&pool);
        }
        told
    }

    /// Prepares a flow that is about to get a permit or to wait for one: idle time earns it no credit.
    fn enter(&mut self, id: FlowId) {
        let clock = self.clock;
        if let Some(flow) = self.flows.get_mut(&id)
            && flow.is_idle()
        {
            flow.used = flow.used.max(clock);
        }
    }

    /// Marks a flow as dropped: no more of its borrowers come.
    pub(super) fn leave_flow(&mut self, id: FlowId) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.is_gone = true;
        }
        self.forget_gone(id);
    }

    /// Marks a pool as closed and dropped. Returns its waiting borrowers.
    pub(super) fn leave_pool(&mut self, id: PoolId) -> Vec<(u64, Waiter)> {
        let waiting = self.close(id);
        if let Some(pool) = self.pools.get_mut(&id) {
            pool.is_gone = true;
            if pool.taken == 0 {
                self.pools.remove(&id);
            }
        }
        waiting
    }

    /// Counts one more permit for a flow.
    fn hold(&mut self, id: FlowId, now: u64) {
        let Some(flow) = self.flows.get_mut(&id) else { return };
        flow.take(now);
        self.taken = self.taken.saturating_add(1);
        if let Some(pool) = self.pools.get_mut(&flow.pool) {
            pool.taken = pool.taken.saturating_add(1);
        }
    }

    /// Removes the next borrower from the queue and takes a permit for it.
    pub(super) fn next(&mut self, now: u64) -> Option<(FlowId, Waiter)> {
        if self.taken >= self.most {
            return None;
        }
        let waiting = self.queued.iter().filter_map(|id| Some((*id, self.flows.get(id)?)));
        let ticket = |flow: &FlowUse| flow.waiting.front().map_or(u64::MAX, |(ticket, _)| *ticket);
        let served = waiting.filter(|(_, flow)| self.has_place(flow.pool));
        let (id, _) = served.min_by_key(|(_, flow)| (flow.used_by(now), ticket(flow)))?;
        let flow = self.flows.get_mut(&id)?;
        let (_, waiter) = flow.waiting.pop_front()?;
        if flow.waiting.is_empty() {
            self.queued.remove(&id);
        }
        self.clock = self.clock.max(flow.used_by(now));
        self.hold(id, now);
        Some((id, waiter))
    }

    /// Closes a pool. Returns its waiting borrowers.
    pub(super) fn close(&mut self, pool: PoolId) -> Vec<(u64, Waiter)> {
        if let Some(pool) = self.pools.get_mut(&pool) {
            pool.is_closed = true;
        }
        let mut waiting = Vec::new();
        for (id, flow) in self.flows.iter_mut().filter(|(_, flow)| flow.pool == pool) {
            waiting.extend(flow.waiting.drain(..));
            self.queued.remove(id);
        }
        waiting
    }

    /// Removes a dropped flow that has neither permits nor waiting borrowers.
    fn forget_gone(&mut self, id: FlowId) {
        if self.flows.get(&id).is_some_and(|flow| flow.is_gone && flow.is_idle()) {
            self.flows.remove(&id);
        }
    }
}
