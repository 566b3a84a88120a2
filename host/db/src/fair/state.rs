//! What a queue knows of its pools and flows: who is next, without a clock and without waiting.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use tokio::sync::Notify;

use super::Waiter;

/// A pool of a queue.
pub(super) type PoolId = u64;

/// Whose places they are.
pub(super) type FlowId = u64;

/// The places of a queue, and who has some or waits for one.
#[derive(Default)]
pub(super) struct State {
    pub(super) most: u32,
    pub(super) taken: u32,
    /// The time that the flow which was served last had used.
    clock: u64,
    pub(super) pools: HashMap<PoolId, PoolUse>,
    pub(super) flows: HashMap<FlowId, FlowUse>,
    /// The flows whose borrowers wait.
    queued: BTreeSet<FlowId>,
    serial: u64,
}

/// One pool's use.
pub(super) struct PoolUse {
    pub(super) most: u32,
    pub(super) taken: u32,
    is_closed: bool,
    /// Whether no more of its places are wanted.
    is_gone: bool,
    /// Told when the last place came back.
    pub(super) all_free: Arc<Notify>,
}

/// One flow's use, in microseconds.
pub(super) struct FlowUse {
    pool: PoolId,
    /// For how long it had places that came back, where it stands among the others.
    used: u64,
    /// How many it has now, and the sum of the times at which it got them.
    held: u64,
    since: u64,
    pub(super) waiting: VecDeque<(u64, Waiter)>,
    /// Whether no more borrowers come.
    is_gone: bool,
}

impl FlowUse {
    fn new(pool: PoolId) -> Self {
        Self { pool, used: 0, held: 0, since: 0, waiting: VecDeque::new(), is_gone: false }
    }

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
    /// So many places, and no pool.
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

    /// Whether both the queue and the pool have a place.
    pub(super) fn has_place(&self, pool: PoolId) -> bool {
        self.taken < self.most && self.pools.get(&pool).is_some_and(|pool| pool.taken < pool.most)
    }

    /// Takes a place, where there is one: then none of this pool's borrowers waits.
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

    /// Puts a borrower into the queue of its flow.
    pub(super) fn wait(&mut self, id: FlowId, waiter: Waiter) -> u64 {
        let ticket = self.number();
        self.enter(id);
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.waiting.push_back((ticket, waiter));
            self.queued.insert(id);
        }
        ticket
    }

    /// Takes a borrower out of the queue.
    pub(super) fn leave(&mut self, id: FlowId, ticket: u64) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.waiting.retain(|(other, _)| *other != ticket);
            if flow.waiting.is_empty() {
                self.queued.remove(&id);
            }
        }
        self.forget_gone(id);
    }

    /// Takes a place back. Returns who is told, where it was the last one of its pool.
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

    /// A flow is about to get a place or to wait for one.
    fn enter(&mut self, id: FlowId) {
        let clock = self.clock;
        if let Some(flow) = self.flows.get_mut(&id)
            && flow.is_idle()
        {
            flow.used = flow.used.max(clock);
        }
    }

    /// No more borrowers of a flow come.
    pub(super) fn leave_flow(&mut self, id: FlowId) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.is_gone = true;
        }
        self.forget_gone(id);
    }

    /// No more borrowers of a pool come. Returns those who wait.
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

    /// A flow has one place more.
    fn hold(&mut self, id: FlowId, now: u64) {
        let Some(flow) = self.flows.get_mut(&id) else { return };
        flow.take(now);
        self.taken = self.taken.saturating_add(1);
        if let Some(pool) = self.pools.get_mut(&flow.pool) {
            pool.taken = pool.taken.saturating_add(1);
        }
    }

    /// Takes out who is next, with a place.
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

    /// Lets none into a pool any more. Returns those who wait.
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

    /// Forgets a flow that has no places and gets no more of them.
    fn forget_gone(&mut self, id: FlowId) {
        if self.flows.get(&id).is_some_and(|flow| flow.is_gone && flow.is_idle()) {
            self.flows.remove(&id);
        }
    }
}
