//! Plays one case, and checks the invariants afterwards.

use std::{future::Future, sync::Arc, task::Poll, time::Duration};

use sqlservice_db::{Database, Error, Isolation, Settings};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use crate::{
    case::{Case, Fault, Leaving, Then, Told},
    invariant,
    operation::{Kind, Scene},
    server::Private,
    wire::{Held, Verdict, Wire},
    world::World,
};

/// The time limit of each step of a case where both ends see that the connection ended.
const BOUND: Duration = Duration::from_secs(12);
/// The time limit where the connection is silent: the statement timeout, then the time to cancel it, roll back, close and connect. Also the
/// time limit where a server is restarted.
const SILENT_BOUND: Duration = Duration::from_secs(30);
/// The time limit of a commit whose answer never arrives: a minute, and the time to close the connection.
const COMMIT_BOUND: Duration = Duration::from_secs(75);

/// The measurements of one case.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// The number of messages that the proxy counted.
    pub messages: u64,
    /// Whether the fault was injected.
    pub hit: bool,
    /// The longest time of a step.
    pub longest: Duration,
    /// The port of its proxy.
    pub port: u16,
}

/// Polls a future this many times at most, each time after it woke its task. Returns `None` where it was still pending.
pub async fn polled<T>(future: impl Future<Output = T>, polls: Option<usize>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut left = polls.unwrap_or(usize::MAX);
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Waits for the message and injects the fault.
struct Trap {
    /// Resolves when the message is held.
    held: oneshot::Receiver<()>,
    /// Delays the fault until it is dropped, for cases whose call is cancelled first.
    go: Option<oneshot::Sender<()>>,
    /// Finishes once the fault is injected.
    work: JoinHandle<()>,
}

impl Trap {
    fn set(world: &Arc<World>, wire: &Arc<Wire>, private: Option<&Private>, case: Case) -> Self {
        let message = wire.arm(case.message);
        let (tell, held) = oneshot::channel();
        let (go, gone) = oneshot::channel::<()>();
        let (world, wire, private) = (Arc::clone(world), Arc::clone(wire), private.cloned());
        let work = tokio::spawn(async move {
            let Ok(message) = message.await else { return };
            // The call may have ended already.
            let _ = tell.send(());
            let _ = gone.await;
            inflict(&world, &wire, private.as_ref(), case.fault, message).await;
        });
        Self { held, go: (case.leaving == Leaving::AtMessage).then_some(go), work }
    }
}

async fn inflict(world: &World, wire: &Wire, private: Option<&Private>, fault: Fault, held: Held) {
    let verdict = match fault {
        Fault::None => Verdict::Pass,
        Fault::Kill => {
            world.kill(held.port).await;
            Verdict::Pass
        }
        Fault::Cut => Verdict::Close,
        Fault::Mute => Verdict::Mute,
        Fault::Silence => {
            wire.mute();
            Verdict::Mute
        }
        // A full disk is set up before the case, and only SQLite's files are locked.
        Fault::Full | Fault::Locked => Verdict::Pass,
        Fault::Restart => {
            private.expect("a server of the test's own").restart().await;
            Verdict::Pass
        }
    };
    // The connection may have ended meanwhile.
    let _ = held.verdict.send(verdict);
}

fn settings(fault: Fault) -> Settings {
    let settings = Settings::default()
        .pool_size(1)
        .max_overflow(0)
        .pool_timeout(Duration::from_secs(10))
        .lock_timeout(Duration::from_secs(1));
    if fault.is_silent() { settings.statement_timeout(Duration::from_secs(1)) } else { settings }
}

/// The time limit of the call and of each step after it.
fn bound(case: &Case) -> Duration {
    match case.fault {
        Fault::Silence if case.operation.commits() || case.then == Then::Commits => COMMIT_BOUND,
        Fault::Silence | Fault::Mute | Fault::Restart => SILENT_BOUND,
        _ => BOUND,
    }
}

/// Measures steps, each with a time limit.
pub struct Stopwatch {
    pub bound: Duration,
    pub longest: Duration,
}

impl Stopwatch {
    pub async fn step<T>(&mut self, what: &str, work: impl Future<Output = T>) -> Result<T, String> {
        let since = Instant::now();
        let done = timeout(self.bound, work).await;
        self.longest = self.longest.max(since.elapsed());
        done.map_err(|_| format!("{what} hangs: it is not done after {:?}", self.bound))
    }
}

/// Plays a case on a server, over a proxy of its own.
pub async fn play(world: &Arc<World>, private: Option<&Private>, case: Case) -> Result<Shown, String> {
    // DDL operations wait for each other's lock, and another case's connection that holds it may be silent.
    let _alone = if case.operation.changes_tables() { Some(world.tables.lock().await) } else { None };
    let wire = Arc::new(world.wire().await);
    let db = world.behind(&wire, settings(case.fault));
    let mut scene = Scene::prepare(world, db.clone(), case.operation, case.base)
        .await
        .map_err(|error| format!("before the fault: {error:?}"))?;
    let mut watch = Stopwatch { bound: bound(&case), longest: Duration::ZERO };
    let Trap { held, go, work } = Trap::set(world, &wire, private, case);
    let outcome = call(&mut scene, held, &case, &mut watch).await?;
    scene.go_on();
    if outcome.is_none() && case.then == Then::Drops {
        scene.leave();
    }
    drop(go);
    invariant::error_fits(&case, "the call", outcome.as_ref())?;
    let told = watch.step("what comes after the call", finish(&mut scene, &case, outcome.as_ref())).await??;
    scene.leave();
    // A commit whose answer never arrives keeps its connection for as long as the network does not report its end.
    let may_wait = case.fault == Fault::Silence && told.own.is_none();
    if !may_wait {
        watch.step("giving the connection back", settled(&db)).await?;
    }
    // A fault that is injected only now meets an idle connection.
    let hit = work.is_finished();
    let messages = wire.seen();
    if case.fault == Fault::Mute && !may_wait {
        invariant::told_is_true(world, &case, told).await?;
    }
    // No message is held from here on, and a fault that has begun is complete before the network is healed.
    wire.disarm();
    work.await.map_err(|panic| format!("the fault could not be made: {panic}"))?;
    wire.heal();
    watch.step("giving the connection back to a network that works", settled(&db)).await?;
    invariant::told_is_true(world, &case, told).await?;
    watch.step("the next borrower", next_borrower(world, &db, case.base + 20)).await??;
    watch.step("closing", db.close()).await?;
    Ok(Shown { messages, hit, longest: watch.longest, port: wire.port() })
}

/// Makes the call, and cancels it where the case requires that. Returns its result, or `None` where it was cancelled.
async fn call(
    scene: &mut Scene,
    held: oneshot::Receiver<()>,
    case: &Case,
    watch: &mut Stopwatch,
) -> Result<Option<Result<(), Error>>, String> {
    let polls = match case.leaving {
        Leaving::AtPoll(polls) => Some(polls),
        _ => None,
    };
    let leaving = async {
        if case.leaving != Leaving::AtMessage || held.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let call = async {
        tokio::select! {
            biased;
            outcome = polled(scene.run(case.operation), polls) => outcome,
            () = leaving => None,
        }
    };
    watch.step("the call", call).await
}

/// Ends the session as the case requires, and returns the effects that its caller was told of.
pub async fn finish(scene: &mut Scene, case: &Case, outcome: Option<&Result<(), Error>>) -> Result<Told, String> {
    if let Some(told) = Told::by_call(case.operation, outcome) {
        if case.operation.kind() != Kind::Undoes {
            roll_back(scene).await?;
        }
        return Ok(told);
    }
    let Some(session) = scene.session.as_ref().filter(|_| case.then == Then::Commits) else {
        scene.leave();
        return Ok(Told::by_drop());
    };
    let commit = session.commit().await;
    let told = Told::by_commit(case.operation, outcome, &commit);
    let failed = commit.is_err();
    invariant::error_fits(case, "the commit", Some(&commit))?;
    if failed {
        roll_back(scene).await?;
    }
    Ok(told)
}

/// Rolls back, which makes a session usable after any failure.
async fn roll_back(scene: &Scene) -> Result<(), String> {
    let Some(session) = &scene.session else { return Ok(()) };
    session.rollback().await.map_err(|error| format!("the rollback failed: {error:?}"))
}

/// Waits until the pool has all its connections back.
pub async fn settled(db: &Database) {
    while db.status().in_use != 0 {
        sleep(Duration::from_millis(2)).await;
    }
}

/// Checks that the next borrower of the connection is not in another's transaction. One error is allowed, for a connection that was lost
/// while it was idle.
pub async fn next_borrower(world: &World, db: &Database, key: i64) -> Result<(), String> {
    let mut lost = 0;
    for key in key.. {
        let session = db.session();
        session.set_isolation(Isolation::Autocommit).await.map_err(|error| format!("{error:?}"))?;
        match world.say(&session, &format!("insert into items (id, v) values ({key}, 'next')")).await {
            Ok(()) => {
                let seen = world.has(key).await;
                return if seen { Ok(()) } else { Err(format!("the next borrower's row {key} is not seen")) };
            }
            Err(Error::Disconnected(_)) if lost == 0 => lost += 1,
            Err(error) => return Err(format!("the next borrower failed: {error:?}")),
        }
    }
    Ok(())
}
