//! Chooses the cases: each operation and fault at each message, with calls that are cancelled at random. All of them take minutes, so a
//! random part is played within a time limit, and at least one of each operation with each fault.

use std::{
    collections::HashSet,
    env,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::{
    case::{Case, Fault, Leaving, Then},
    invariant,
    operation::Operation,
    play::{Shown, play},
    server::Private,
    world::World,
};

/// The variable with the seconds that each sweep lasts; by default each sweep's own time.
const SECONDS: &str = "SQLSERVICE_FAULT_SECONDS";
/// The variable with the seed of the random choices; by default the current time.
const SEED: &str = "SQLSERVICE_FAULT_SEED";
/// The variable that selects the operations whose names contain its value.
const ONLY: &str = "SQLSERVICE_FAULT_ONLY";

/// A generator of random numbers.
pub struct Dice(u64);

impl Dice {
    pub fn new() -> (Self, u64) {
        let time = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.subsec_nanos().into());
        let seed = env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(time);
        (Self(seed), seed)
    }

    pub fn below(&mut self, count: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count.max(1) as u64).unwrap_or_default()
    }

    pub fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// The operations and faults of a sweep, and its limits.
pub struct Sweep {
    pub name: &'static str,
    pub operations: &'static [Operation],
    pub faults: &'static [Fault],
    /// Whether each operation meets each fault at least once, even after the time is over.
    pub each: bool,
    /// How long it lasts where `SQLSERVICE_FAULT_SECONDS` is not set.
    pub time: Duration,
    /// How many cases are played at once.
    pub at_once: usize,
}

/// How long a sweep lasts.
pub fn time_of(default: Duration) -> Duration {
    env::var(SECONDS).ok().and_then(|seconds| seconds.parse().ok()).map_or(default, Duration::from_secs)
}

/// Whether `SQLSERVICE_FAULT_ONLY` selects the operation.
pub fn is_wanted(operation: Operation) -> bool {
    format!("{operation:?}").contains(&env::var(ONLY).unwrap_or_default())
}

impl Sweep {
    /// Plays cases, and fails with the list of all failures.
    pub async fn run(self, world: &Arc<World>, private: Option<&Private>) {
        let (mut dice, seed) = Dice::new();
        let mut cases = self.cases(world, &mut dice).await;
        let all = cases.len();
        // One case of each kind comes first, so that also a slow machine plays each.
        let mut first = HashSet::new();
        if self.each {
            cases.sort_by_key(|case| !first.insert(kind(case)));
        }
        let until = Instant::now() + time_of(self.time);
        let least = if self.each { first.len() } else { 1 };
        let plays = cases.into_iter().enumerate().take_while(|(at, _)| *at < least || Instant::now() < until);
        let played = stream::iter(plays).map(|(_, case)| {
            let (world, private) = (Arc::clone(world), private.cloned());
            tokio::spawn(
                async move { play(&world, private.as_ref(), case).await.map_err(|why| format!("{case}: {why}")) },
            )
        });
        let played: Vec<_> = played.buffer_unordered(self.at_once).collect().await;
        let ports = self.judge(seed, all, played.into_iter().map(|shown| shown.expect("no panic")).collect());
        invariant::nothing_is_open(&ports).await;
    }

    /// All cases, in a random order.
    async fn cases(&self, world: &Arc<World>, dice: &mut Dice) -> Vec<Case> {
        let mut cases = Vec::new();
        for operation in self.operations.iter().copied().filter(|operation| is_wanted(*operation)) {
            // A full disk is full from the beginning.
            let before = if self.faults.contains(&Fault::Full) { Fault::Full } else { Fault::None };
            let messages = count(world, operation, before, world.next_base()).await;
            for &fault in self.faults {
                cases.extend((0..messages).map(|message| (operation, fault, message)));
            }
        }
        dice.shuffle(&mut cases);
        let mut case = |(operation, fault, message)| {
            let leaving = [Leaving::Never, Leaving::Never, Leaving::AtMessage, Leaving::AtPoll(1 + dice.below(4))];
            let leaving = dice.of(&leaving);
            let then = dice.of(&[Then::Commits, Then::Commits, Then::Drops]);
            Case { operation, fault, message, leaving, then, base: world.next_base() }
        };
        cases.into_iter().map(&mut case).collect()
    }

    /// Fails with the list of all failures, and returns the ports that were used.
    fn judge(&self, seed: u64, all: usize, played: Vec<Result<Shown, String>>) -> HashSet<u16> {
        let count = played.len();
        let (shown, failed): (Vec<_>, Vec<_>) = played.into_iter().partition(Result::is_ok);
        let shown: Vec<Shown> = shown.into_iter().flatten().collect();
        let failed: Vec<String> = failed.into_iter().filter_map(Result::err).collect();
        let hit = shown.iter().filter(|shown| shown.hit).count();
        let longest = shown.iter().map(|shown| shown.longest).max().unwrap_or_default();
        println!(
            "{}: {count} of {all} cases, seed {seed}: {hit} met their fault, the longest step {longest:?}",
            self.name
        );
        let name = self.name;
        assert!(failed.is_empty(), "{name}, {SEED}={seed}: {} failed\n{}", failed.len(), failed.join("\n"));
        assert!(4 * hit > shown.len(), "{name}: only {hit} of {count} cases met their fault");
        shown.iter().map(|shown| shown.port).collect()
    }
}

/// The kind of a case, of which at least one is played. DDL cases run one at a time, so for them all silent faults are one kind.
fn kind(case: &Case) -> (Operation, Fault) {
    let is_slow = case.operation.changes_tables() && case.fault.is_silent();
    (case.operation, if is_slow { Fault::Silence } else { case.fault })
}

/// Counts the messages of an operation and of the steps that follow it.
async fn count(world: &Arc<World>, operation: Operation, fault: Fault, base: i64) -> u64 {
    let (leaving, then) = (Leaving::Never, Then::Commits);
    let case = Case { operation, fault, message: u64::MAX, leaving, then, base };
    let shown = play(world, None, case).await.unwrap_or_else(|why| panic!("{case}: {why}"));
    shown.messages
}
