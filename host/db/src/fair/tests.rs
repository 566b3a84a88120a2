//! Fairness in a simulation without a clock; that no place is lost, with real tasks.

use std::{collections::BTreeSet, time::Duration};

use super::*;

/// Borrowers who each want a place for so long, again and again.
struct Simulation {
    state: State,
    /// The work of each flow's borrowers, in milliseconds.
    work: HashMap<FlowId, u64>,
    /// When places come back: the time, a number, the flow and the time at which it was taken.
    ends: BTreeSet<(u64, u64, FlowId, u64)>,
    now: u64,
    serial: u64,
    /// For how long each flow had places, in milliseconds.
    used: HashMap<FlowId, u64>,
}

impl Simulation {
    fn new(places: u32) -> Self {
        let state = State { free: places, ..State::default() };
        let (work, ends, used) = (HashMap::new(), BTreeSet::new(), HashMap::new());
        Self { state, work, ends, now: 0, serial: 0, used }
    }

    /// So many more borrowers of a flow.
    fn add(&mut self, flow: FlowId, borrowers: u32, work: u64) {
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

    /// Goes on until a time in milliseconds; who had a place wants the next one at once.
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

    fn used(&self, flow: FlowId) -> u64 {
        self.used.get(&flow).copied().unwrap_or_default()
    }
}

#[test]
fn flows_get_the_same_time_whatever_they_ask_for() {
    let mut all = Simulation::new(4);
    // One asks twenty times as often as the others, and ten times as long each time.
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
    // It works for 1 ms and waits for less than the 10 ms that others work.
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

#[test]
fn flows_that_are_gone_are_forgotten() {
    let mut all = Simulation::new(1);
    for flow in 0..3 * REMEMBERED as FlowId {
        assert!(all.state.take(flow, flow));
        all.state.give_back(flow, flow, flow);
    }
    assert!(all.state.flows.len() <= REMEMBERED + 1);
}

#[tokio::test]
async fn who_gives_up_leaves_the_queue_and_no_place_is_lost() {
    let places = Places::new(2);
    let held = [places.try_take(1), places.try_take(1)];
    assert!(matches!(places.try_take(2), Ok(None)));
    for flow in 0..20 {
        let given_up = tokio::time::timeout(Duration::from_millis(1), places.take(flow)).await;
        assert!(given_up.is_err());
    }
    assert!(places.lock().flows.values().all(|flow| flow.waiting.is_empty()));
    let others = Arc::clone(&places);
    let waits = tokio::spawn(async move { others.take(7).await.is_ok() });
    tokio::task::yield_now().await;
    drop(held);
    assert!(waits.await.expect("a task"));
    assert_eq!(places.free(), 2);
    places.all().await;
}

#[tokio::test]
async fn a_queue_that_is_closed_tells_who_waits() {
    let places = Places::new(1);
    let held = places.try_take(1).expect("it is open").expect("one is free");
    let others = Arc::clone(&places);
    let waits = tokio::spawn(async move { others.take(2).await.err() });
    tokio::task::yield_now().await;
    places.close();
    assert_eq!(waits.await.expect("a task"), Some(Closed));
    assert!(places.try_take(1).is_err() && places.take(1).await.is_err());
    let others = Arc::clone(&places);
    let all = tokio::spawn(async move { others.all().await });
    tokio::task::yield_now().await;
    assert!(!all.is_finished());
    drop(held);
    all.await.expect("a task");
}
