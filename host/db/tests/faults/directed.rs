//! Regression tests: cases in which the sweeps found bugs.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};

use crate::{
    case::{Case, Fault, Leaving, Then},
    operation::Operation,
    place::Place,
    play::play,
    world::World,
};

/// Plays cases concurrently, without cancelling their calls. Returns the longest time of a step.
async fn all(world: Arc<World>, cases: Vec<(Operation, Fault, u64)>) -> Duration {
    let played = stream::iter(cases).map(|(operation, fault, message)| {
        let (world, leaving, then) = (Arc::clone(&world), Leaving::Never, Then::Commits);
        let case = Case { operation, fault, message, leaving, then, base: world.next_base() };
        let played = async move { play(&world, None, case).await.map_err(|why| format!("{case}: {why}")) };
        tokio::spawn(played)
    });
    let mut longest = Duration::ZERO;
    for played in played.buffer_unordered(20).collect::<Vec<_>>().await {
        let shown = played.expect("no panic").unwrap_or_else(|why| panic!("{why}"));
        assert!(shown.hit, "the fault did not come");
        longest = longest.max(shown.longest);
    }
    crate::close(world).await;
    longest
}

/// A silently dead connection is abandoned, and the server is told over another one to end it: else it would keep its locks. A commit that
/// never arrives, or whose answer never arrives, ends within seconds where the server can be asked for its outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c20_g04_a_connection_that_is_silently_dead_is_found_out_and_leaves_no_lock() {
    let commits = [0, 1].map(|message| (Operation::Commit, Fault::Mute, message));
    let others = [Operation::Rollback, Operation::Close].map(|operation| (operation, Fault::Mute, 0));
    let cases = || commits.into_iter().chain(others).collect();
    tokio::join!(
        all(World::new(Place::postgres("dead").await).await, cases()),
        all(World::new(Place::mariadb("dead").await).await, cases()),
    );
}

/// On a database that commits each DDL statement by itself, a lost connection leaves it unknown how many of them were committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c20_tables_that_are_changed_while_the_connection_is_lost_are_unknown() {
    let each = |operation| (0..30).map(move |message| (operation, Fault::Cut, message));
    let cases = each(Operation::CreateAll).chain(each(Operation::DropAll)).collect();
    all(World::new(Place::mariadb("tables").await).await, cases).await;
}

/// A connection that does not answer is closed at its first statement: the statements that release the lock and clean up are not tried on
/// it, because each would wait as long as the first one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g04_a_silent_connection_that_creates_or_drops_tables_is_given_up_once() {
    let world = World::new(Place::mariadb("given_up").await).await;
    // The faulted messages answer a query and `CREATE TABLE`; the third one answers `DROP TABLE`.
    let cases = vec![
        (Operation::CreateAll, Fault::Mute, 32),
        (Operation::CreateAll, Fault::Mute, 34),
        (Operation::DropAll, Fault::Mute, 20),
    ];
    // A second is the statement timeout, five are for cancelling it, and the rest is for the server to end the connection.
    let longest = all(world, cases).await;
    assert!(longest < Duration::from_secs(12), "{longest:?}");
}
