//! SQLite: a file with a size limit, a file that another process writes to, and calls that are cancelled at every poll.

use std::{sync::Arc, time::Duration};

use sqlservice_db::Settings;
use sqlx::{Connection, SqliteConnection};
use tokio::time::{Instant, sleep};

use crate::{
    case::{Case, Fault, Leaving, Then},
    disk::LENGTH,
    invariant,
    operation::{Operation, Scene},
    place::Place,
    play::{Stopwatch, finish, next_borrower, polled, settled},
    sweep::{Dice, is_wanted, time_of},
    world::World,
};

/// The time limit of a step: more than twice the lock timeout.
const BOUND: Duration = Duration::from_secs(8);
/// The lock timeout.
const LOCKED: Duration = Duration::from_millis(200);

/// The size limit of the file, in bytes: its current size and room for short rows.
async fn room(world: &World) -> u64 {
    let length = std::fs::metadata(world.path()).expect("the file").len();
    length + 100_000
}

/// Plays a case on a file. Returns whether the call failed.
async fn play(world: &Arc<World>, case: Case, locked: Duration) -> Result<bool, String> {
    let mut settings = Settings::default().pool_size(1).max_overflow(0).lock_timeout(LOCKED);
    if case.fault == Fault::Full {
        settings = settings.storage_bytes(Some(room(world).await));
    }
    let db = world.again(settings);
    let mut scene = Scene::prepare(world, db.clone(), case.operation, case.base)
        .await
        .map_err(|error| format!("before the fault: {error:?}"))?;
    let lock =
        if case.fault == Fault::Locked && !case.operation.is_inside() { Some(lock(world, locked).await) } else { None };
    let mut watch = Stopwatch { bound: BOUND, longest: Duration::ZERO };
    let polls = match case.leaving {
        Leaving::AtPoll(polls) => Some(polls),
        _ => None,
    };
    let outcome = watch.step("the call", polled(scene.run(case.operation), polls)).await?;
    invariant::error_fits(&case, "the call", outcome.as_ref())?;
    scene.go_on();
    if outcome.is_none() && case.then == Then::Drops {
        scene.leave();
    }
    let told = watch.step("what comes after the call", finish(&mut scene, &case, outcome.as_ref())).await??;
    scene.leave();
    watch.step("giving the connection back", settled(&db)).await?;
    if let Some(lock) = lock {
        lock.await.expect("the other process ends");
    }
    invariant::told_is_true(world, &case, told).await?;
    watch.step("the next borrower", next_borrower(world, &db, case.base + 20)).await??;
    watch.step("closing", db.close()).await?;
    Ok(matches!(outcome, Some(Err(_))))
}

/// Holds the file's write lock for a while, as another process would: over a connection that our code does not own.
async fn lock(world: &World, time: Duration) -> tokio::task::JoinHandle<()> {
    let mut other = SqliteConnection::connect(world.url()).await.expect("another connection");
    sqlx::query("begin immediate").execute(&mut other).await.expect("the lock");
    tokio::spawn(async move {
        sleep(time).await;
        sqlx::query("commit").execute(&mut other).await.expect("unlocked");
        other.close().await.expect("closed");
    })
}

/// Plays random cases for some seconds, and at least one of each operation.
async fn sweep(fault: Fault, operations: &[Operation], length: usize) {
    let (mut dice, seed) = Dice::new();
    let world = World::with(Place::file(), length).await;
    let until = Instant::now() + time_of(Duration::from_secs(3));
    let mut failed = Vec::new();
    let (mut count, mut errors) = (0_usize, 0_u32);
    let wanted: Vec<Operation> = operations.iter().copied().filter(|operation| is_wanted(*operation)).collect();
    // On a busy machine a fault may end before a call meets it: then the sweep is extended.
    let at_most = until + Duration::from_secs(30);
    let goes_on = |errors| Instant::now() < if fault == Fault::None || errors > 0 { until } else { at_most };
    while count < wanted.len() || goes_on(errors) {
        let operation = wanted.get(count).copied().unwrap_or_else(|| dice.of(&wanted));
        let leaving = if dice.below(2) == 0 { Leaving::Never } else { Leaving::AtPoll(1 + dice.below(5)) };
        let then = dice.of(&[Then::Commits, Then::Commits, Then::Drops]);
        let case = Case { operation, fault, message: 0, leaving, then, base: world.next_base() };
        // Shorter or longer than the lock timeout.
        let locked = dice.of(&[LOCKED / 4, LOCKED / 2, LOCKED * 2]);
        count += 1;
        match play(&world, case, locked).await {
            Ok(error) => errors += u32::from(error),
            Err(why) => failed.push(format!("{case}: {why}")),
        }
    }
    println!("SQLite {fault:?}: {count} cases, seed {seed}: {errors} calls failed");
    assert!(failed.is_empty(), "SQLite, seed {seed}: {} failed\n{}", failed.len(), failed.join("\n"));
    assert!(fault == Fault::None || errors > 0, "no call met its fault");
    world.direct.close().await;
    let open = world.open_files();
    assert!(open.is_empty(), "files are still open after their pools were closed: {open:?}");
    crate::close(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g02_sqlite_callers_go_away_at_every_poll() {
    crate::leaves_no_task(sweep(Fault::None, &Operation::ALL, 4)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t33_sqlite_has_no_room() {
    crate::leaves_no_task(sweep(Fault::Full, &Operation::WRITERS, LENGTH)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g09_sqlite_is_written_to_by_another_process() {
    crate::leaves_no_task(sweep(Fault::Locked, &Operation::ALL, 4)).await;
}
