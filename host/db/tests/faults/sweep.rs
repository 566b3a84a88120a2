//! Which cases are played: for each operation and fault at each message, with callers that go away at random. All of them take minutes,
//! so a random part of them is played in the time that there is, and at least one of each operation with each fault.

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

/// For how many seconds each sweep goes on; some where nothing is said.
const SECONDS: &str = "SQLSERVICE_FAULT_SECONDS";
/// The seed of the choices; the time where nothing is said.
const SEED: &str = "SQLSERVICE_FAULT_SEED";
/// Only operations whose names have this in them.
const ONLY: &str = "SQLSERVICE_FAULT_ONLY";

/// Numbers at random.
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

/// What is swept, and how.
pub struct Sweep {
    pub name: &'static str,
    pub operations: &'static [Operation],
    pub faults: &'static [Fault],
    /// Whether each operation meets each fault, however long that takes.
    pub each: bool,
    /// How long it goes on where nothing else is said.
    pub time: Duration,
    /// How many cases are played at once.
    pub at_once: usize,
}

/// For how long a sweep goes on.
pub fn time_of(default: Duration) -> Duration {
    env::var(SECONDS).ok().and_then(|seconds| seconds.parse().ok()).map_or(default, Duration::from_secs)
}

/// Whether an operation is one of those that were asked for.
pub fn is_wanted(operation: Operation) -> bool {
    format!("{operation:?}").contains(&env::var(ONLY).unwrap_or_default())
}

impl Sweep {
    /// Plays cases, and fails with all that was found.
    pub async fn run(self, world: &Arc<World>, private: Option<&Private>) {
        let (mut dice, seed) = Dice::new();
        let mut cases = self.cases(world, &mut dice).await;
        let all = cases.len();
        // One of each comes first, so that a slow machine sees each.
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
            // A disk is full from the beginning.
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

    /// Fails with all that was found, and says which ports were used.
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

/// Of which kind of cases one is played at least. Those that change tables take turns, and so only one of them is silent.
fn kind(case: &Case) -> (Operation, Fault) {
    let is_slow = case.operation.changes_tables() && case.fault.is_silent();
    (case.operation, if is_slow { Fault::Silence } else { case.fault })
}

/// How many messages an operation takes, with all that comes after it.
async fn count(world: &Arc<World>, operation: Operation, fault: Fault, base: i64) -> u64 {
    let (leaving, then) = (Leaving::Never, Then::Commits);
    let case = Case { operation, fault, message: u64::MAX, leaving, then, base };
    let shown = play(world, None, case).await.unwrap_or_else(|why| panic!("{case}: {why}"));
    shown.messages
}
