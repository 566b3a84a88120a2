//! Tests fairness in a simulation without a clock, and tests with real tasks that no permit is lost.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use super::*;

/// Borrowers that each hold a permit for a given time, again and again.
struct Simulation {
    state: State,
    pool: PoolId,
    /// The flows by the numbers that the tests use for them.
    ids: HashMap<u64, FlowId>,
    /// The time for which each flow's borrowers hold a permit, in milliseconds.
    work: HashMap<FlowId, u64>,
    /// When permits come back: the time, a serial number, the flow and the time at which the permit was taken.
    ends: BTreeSet<(u64, u64, FlowId, u64)>,
    now: u64,
    serial: u64,
    /// The time for which each flow has held permits, in milliseconds.
    used: HashMap<FlowId, u64>,
}

impl Simulation {
    fn new(places: u32) -> Self {
        let mut state = State::new(places);
        let pool = state.add_pool(places);
        let (ids, work, ends, used) = (HashMap::new(), HashMap::new(), BTreeSet::new(), HashMap::new());
        Self { state, pool, ids, work, ends, now: 0, serial: 0, used }
    }

    /// Adds borrowers of a flow to the first pool.
    fn add(&mut self, flow: u64, borrowers: u32, work: u64) {
        self.add_to(self.pool, flow, borrowers, work);
    }

    /// Adds borrowers of a flow to a pool.
    fn add_to(&mut self, pool: PoolId, flow: u64, borrowers: u32, work: u64) {
        let flow = *self.ids.entry(flow).or_insert_with(|| self.state.add_flow(pool));
        self.work.insert(flow, work);
        for _ in 0..borrowers {
            self.state.wait(flow, oneshot::channel().0);
        }
        self.serve();
    }

    fn serve(&mut self) {
        while let Some((flow, _)) = self.state.next(self.now) {
            self.serial += 1;
            let work = self.work.get(&flow).copied().expect("a flow that was added");
            self.ends.insert((self.now + work * 1_000, self.serial, flow, self.now));
        }
    }

    /// Runs until a time in milliseconds. A borrower that returns its permit requests the next one at once.
    fn run(&mut self, until: u64) {
        while let Some((end, _, flow, since)) = self.ends.pop_first() {
            self.now = end;
            *self.used.entry(flow).or_default() += (end - since) / 1_000;
            self.state.give_back(flow, since, end);
            if end < until * 1_000 {
                self.state.wait(flow, oneshot::channel().0);
            }
            self.serve();
            if self.now >= until * 1_000 {
                break;
            }
        }
    }

    fn used(&self, flow: u64) -> u64 {
        self.ids.get(&flow).and_then(|id| self.used.get(id)).copied().unwrap_or_default()
    }
}

#[test]
fn flows_get_the_same_time_whatever_they_ask_for() {
    let mut all = Simulation::new(4);
    // Flow 1 has twenty times as many borrowers as the others, and they hold permits up to ten times as long.
    all.add(1, 80, 50);
    all.add(2, 4, 5);
    all.add(3, 4, 5);
    all.add(4, 4, 20);
    all.run(100_000);
    for flow in 1..=4 {
        assert!((97_000..=103_000).contains(&all.used(flow)), "{:?}", all.used);
    }
}

#[test]
fn one_borrower_waits_for_no_more_than_one_of_each_place() {
    let mut all = Simulation::new(4);
    all.add(1, 1_000, 10);
    all.add(2, 1, 1);
    all.run(11_000);
    // Flow 2 works for 1 ms and waits for less than the 10 ms for which others work.
    assert!(all.used(2) >= 1_000, "{:?}", all.used);
}

#[test]
fn a_flow_that_was_away_has_saved_nothing_up() {
    let mut all = Simulation::new(1);
    all.add(1, 1, 10);
    all.run(100_000);
    let before = all.used(1);
    all.add(1, 1, 10);
    all.add(2, 8, 10);
    all.run(102_000);
    let (first, second) = (all.used(1) - before, all.used(2));
    assert!((980..=1_020).contains(&first) && (980..=1_020).contains(&second), "{first} {second}");
}

/// Each tenant has its own login to one server, and so its own pool: permit time is shared fairly among the flows of all pools.
#[test]
fn t60_tenants_with_logins_of_their_own_get_the_same_time_of_the_servers_connections() {
    let mut all = Simulation::new(4);
    let pools: Vec<_> = (0..5).map(|_| all.state.add_pool(3)).collect();
    // Flow 0 has twenty times as many borrowers as the others, which hold permits up to ten times as long; flows 4 and 5 share a pool.
    all.add_to(pools[0], 0, 80, 50);
    all.add_to(pools[1], 1, 4, 5);
    all.add_to(pools[2], 2, 4, 5);
    all.add_to(pools[3], 3, 4, 20);
    all.add_to(pools[4], 4, 4, 10);
    all.add_to(pools[4], 5, 4, 10);
    all.run(90_000);
    for flow in 0..=5 {
        assert!((57_000..=63_000).contains(&all.used(flow)), "{:?}", all.used);
    }
}

#[test]
fn t60_a_full_pool_leaves_the_servers_places_to_others_and_gets_what_it_may() {
    let mut all = Simulation::new(10);
    let small = all.state.add_pool(2);
    let large = all.state.add_pool(9);
    all.add_to(small, 1, 50, 10);
    all.add_to(large, 2, 50, 10);
    assert_eq!(all.state.taken, 10);
    all.run(10_000);
    // The small pool has its 2 permits all the time, the large one the 8 that are left.
    assert!((19_900..=20_100).contains(&all.used(1)), "{:?}", all.used);
    assert!((79_900..=80_100).contains(&all.used(2)), "{:?}", all.used);
}

#[test]
fn neither_number_is_ever_passed_and_no_place_is_lost_at_random() {
    let mut random = 7_u64;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut state = State::new(6);
    let pools: Vec<_> = (0..8).map(|pool| state.add_pool(1 + pool % 4)).collect();
    let flows: Vec<_> = (0..24).map(|flow| state.add_flow(pools[flow % pools.len()])).collect();
    let (mut held, mut waiting) = (Vec::new(), BTreeSet::new());
    for now in 0..200_000 {
        let flow = flows[usize::try_from(next(24)).expect("small")];
        match next(4) {
            0 if state.take(flow, now) => held.push((flow, now)),
            0 => drop(waiting.insert((flow, state.wait(flow, oneshot::channel().0)))),
            1 => {
                let Some(one) = waiting.iter().find(|(of, _)| *of == flow).copied() else { continue };
                waiting.remove(&one);
                state.leave(one.0, one.1);
            }
            _ if held.is_empty() => {}
            _ => {
                let at = usize::try_from(next(held.len() as u64)).expect("small");
                let (flow, since) = held.swap_remove(at);
                state.give_back(flow, since, now);
            }
        }
        while let Some((flow, _)) = state.next(now) {
            let first = waiting.iter().find(|(of, _)| *of == flow).copied().expect("one that waits");
            waiting.remove(&first);
            held.push((flow, now));
        }
        assert_eq!(state.taken as usize, held.len());
        assert!(state.taken <= 6 && state.pools.values().all(|pool| pool.taken <= pool.most));
        let stuck = |flow: &FlowId| state.has_place(pools[flows.iter().position(|of| of == flow).expect("it") % 8]);
        assert!(!waiting.iter().any(|(flow, _)| stuck(flow)), "one waits for a place that is free");
    }
    for (flow, since) in held {
        state.give_back(flow, since, 200_000);
    }
    while let Some((flow, _)) = state.next(200_001) {
        state.give_back(flow, 200_001, 200_001);
    }
    assert!(state.taken == 0 && state.pools.values().all(|pool| pool.taken == 0));
    assert!(state.flows.values().all(|flow| flow.waiting.is_empty()));
}

#[test]
fn flows_and_pools_that_are_gone_are_forgotten() {
    let mut state = State::new(2);
    for now in 0..1_000 {
        let pool = state.add_pool(1);
        let (flow, other) = (state.add_flow(pool), state.add_flow(pool));
        assert!(state.take(flow, now) && !state.take(other, now));
        let ticket = state.wait(other, oneshot::channel().0);
        state.leave_flow(flow);
        assert_eq!(state.leave_pool(pool).len(), 1);
        state.leave(other, ticket);
        state.leave_flow(other);
        assert_eq!((state.pools.len(), state.flows.len()), (1, 1));
        assert!(state.give_back(flow, now, now + 5).is_some());
        assert_eq!((state.pools.len(), state.flows.len(), state.taken), (0, 0, 0));
    }
}

#[tokio::test]
async fn who_gives_up_leaves_the_queue_and_no_place_is_lost() {
    let queue = Queue::new(2);
    let places = PoolPermits::new(&queue, 2);
    let flows: Vec<_> = (0..20).map(|_| places.flow()).collect();
    let held = [flows[1].try_take(), flows[1].try_take()];
    assert!(matches!(flows[2].try_take(), Ok(None)));
    for flow in &flows {
        let given_up = tokio::time::timeout(Duration::from_millis(1), flow.take()).await;
        assert!(given_up.is_err());
    }
    assert!(queue.lock().flows.values().all(|flow| flow.waiting.is_empty()));
    let other = places.flow();
    let waits = tokio::spawn(async move { other.take().await.is_ok() });
    tokio::task::yield_now().await;
    drop(held);
    assert!(waits.await.expect("a task"));
    assert_eq!(places.taken(), 0);
    places.all().await;
    drop((flows, places));
    assert!(queue.lock().flows.is_empty() && queue.lock().pools.is_empty());
}

#[tokio::test]
async fn a_pool_that_is_closed_tells_who_waits_and_leaves_the_others_alone() {
    let queue = Queue::new(1);
    let places = Arc::new(PoolPermits::new(&queue, 1));
    let (flow, other) = (places.flow(), places.flow());
    let held = flow.try_take().expect("it is open").expect("one is free");
    let waits = tokio::spawn(async move { other.take().await.err() });
    tokio::task::yield_now().await;
    places.close();
    assert_eq!(waits.await.expect("a task"), Some(Closed));
    assert!(flow.try_take().is_err() && flow.take().await.is_err());
    let closing = Arc::clone(&places);
    let all = tokio::spawn(async move { closing.all().await });
    tokio::task::yield_now().await;
    assert!(!all.is_finished());
    let neighbour = PoolPermits::new(&queue, 1).flow();
    assert!(neighbour.try_take().is_err(), "its pool is gone already");
    let pool = PoolPermits::new(&queue, 1);
    let neighbour = pool.flow();
    assert!(matches!(neighbour.try_take(), Ok(None)));
    drop(held);
    all.await.expect("a task");
    assert!(matches!(neighbour.try_take(), Ok(Some(_))));
}

#[tokio::test]
async fn a_number_that_is_raised_serves_who_waits() {
    let queue = Queue::new(1);
    let pool = PoolPermits::new(&queue, 5);
    let (one, other) = (pool.flow(), pool.flow());
    let held = one.try_take().expect("it is open").expect("one is free");
    assert_eq!(pool.bound(), 1);
    let waits = tokio::spawn(async move { other.take().await.is_ok() });
    tokio::task::yield_now().await;
    queue.set(2);
    assert!(waits.await.expect("a task"));
    queue.set(1);
    assert!(matches!(one.try_take(), Ok(None)));
    drop(held);
    assert_eq!(queue.count(), (1, 0));
}
