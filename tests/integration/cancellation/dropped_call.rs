//! G02: futures that are dropped at every point, with a pool of one connection, so that the next borrower gets the connection
//! that the dropped call used.

use std::{
    future::{Future, poll_fn},
    task::Poll,
    time::Duration,
};

use sqlservice_host::{Instance, TenantLimits, Val};
use sqlservice_tests::{Fixture, component::GUEST_HOSTILE, for_each_database};
use tokio::time::timeout;

use crate::scene::{Scene, only_one, text};

/// Delays in microseconds after which a future is dropped. Every operation finishes before the last one.
const TIMES: [u32; 16] = [0, 10, 25, 50, 75, 100, 150, 250, 400, 650, 1000, 1600, 2500, 5000, 20_000, 1_000_000];

/// More polls than any operation needs.
const POLLS: u32 = 200;

/// Drops an operation at its n-th poll for every n until it finishes first, then after ever longer delays.
fn sweep(operation: &str) {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        // Enough rows for a result set of several batches.
        scene.setup(50).await;
        let mut guest = scene.instance(GUEST_HOSTILE).await;
        let mut id = 1_000;
        let mut done = false;
        for polls in 1..=POLLS {
            done = stopped(&scene, &mut guest, "sweep", operation, &mut id, polls).await;
            if done {
                break;
            }
        }
        assert!(done, "{operation} is not done after {POLLS} polls");
        done = false;
        for microseconds in TIMES {
            done = stopped(&scene, &mut guest, "sweep-after", operation, &mut id, microseconds).await;
        }
        assert!(done, "{operation} is not done after {:?} microseconds", TIMES.last());
    });
}

/// Lets the guest run and stop an operation once, checks the database, and returns whether the operation finished before the stop.
async fn stopped(scene: &Scene<'_>, guest: &mut Instance, how: &str, operation: &str, id: &mut i64, when: u32) -> bool {
    *id += 1_000;
    let after = format!("{operation} with {how} {when}");
    let arguments = [text(operation), Val::S64(*id), Val::U32(when)];
    let done = match guest.call(how, &arguments).await.expect("no trap") {
        Some(Val::Result(Ok(Some(done)))) => *done == Val::Bool(true),
        other => panic!("{after} on {}: {other:?}", scene.fixture.backend()),
    };
    scene.assert_clean(*id - 1, &after).await;
    let row = scene.ids().await.iter().any(|row| (*id..*id + 999).contains(row));
    match (operation, done) {
        ("commit" | "object-commit", true) => assert!(row, "{after}: it was committed and the row is lost"),
        // A commit that has begun always runs to its end; the guest cannot know its outcome.
        ("commit" | "object-commit", false) => {}
        _ => assert!(!row, "{after}: a row that was not committed"),
    }
    done
}

#[test]
fn g02_cancel_sweep_connect() {
    sweep("connect");
}

#[test]
fn g02_cancel_sweep_begin() {
    sweep("begin");
}

#[test]
fn g02_cancel_sweep_first_use() {
    sweep("first-use");
}

#[test]
fn g02_cancel_sweep_execute() {
    sweep("execute");
}

#[test]
fn g02_cancel_sweep_insert_many() {
    sweep("insert-many");
}

#[test]
fn g02_cancel_sweep_flush() {
    sweep("flush");
}

#[test]
fn g02_cancel_sweep_load() {
    sweep("load");
}

#[test]
fn g02_cancel_sweep_commit() {
    sweep("commit");
}

#[test]
fn g02_cancel_sweep_rollback() {
    sweep("rollback");
}

#[test]
fn g02_cancel_sweep_close() {
    sweep("close");
}

#[test]
fn g02_cancel_sweep_savepoint() {
    sweep("savepoint");
}

#[test]
fn g02_cancel_sweep_release() {
    sweep("release");
}

#[test]
fn g02_cancel_sweep_reflect() {
    sweep("reflect");
}

#[test]
fn g02_cancel_sweep_create_all() {
    sweep("create-all");
}

#[test]
fn g02_cancel_sweep_ping() {
    sweep("ping");
}

#[test]
fn g02_cancel_sweep_stream() {
    sweep("stream");
}

#[test]
fn g02_cancel_sweep_cursor() {
    sweep("cursor");
}

/// A session with objects: the guest fails unless a rollback restores the objects and their rows.
#[test]
fn g02_cancel_sweep_object_flush() {
    sweep("object-flush");
}

#[test]
fn g02_cancel_sweep_object_save_all() {
    sweep("object-save-all");
}

#[test]
fn g02_cancel_sweep_object_begin_nested() {
    sweep("object-begin-nested");
}

#[test]
fn g02_cancel_sweep_object_release() {
    sweep("object-release");
}

#[test]
fn g02_cancel_sweep_object_rollback_to() {
    sweep("object-rollback-to");
}

#[test]
fn g02_cancel_sweep_object_rollback() {
    sweep("object-rollback");
}

#[test]
fn g02_cancel_sweep_object_commit() {
    sweep("object-commit");
}

#[test]
fn g02_cancel_sweep_object_close() {
    sweep("object-close");
}

/// Polls a future at most `polls` times.
async fn polled<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The moment at which the host drops a whole call: its n-th poll, or a number of milliseconds after its start.
#[derive(Clone, Copy, Debug)]
enum When {
    Poll(u32),
    After(u64),
}

/// Calls a guest that does everything once, with a row of this key, and drops the call. Returns whether it finished before that.
async fn whole_call(scene: &Scene<'_>, when: When, id: i64) -> bool {
    let mut guest = scene.instance(GUEST_HOSTILE).await;
    let arguments = [Val::S64(id)];
    let call = guest.call("everything", &arguments);
    let done = match when {
        When::Poll(polls) => polled(call, polls).await,
        When::After(milliseconds) => timeout(Duration::from_millis(milliseconds), call).await.ok(),
    };
    // Drops the instance with its store and everything that it holds.
    drop(guest);
    scene.assert_clean(id + 5, &format!("the call dropped at {when:?}")).await;
    done.map(|done| crate::scene::lines(done.expect("no trap")).expect("no error")).is_some()
}

#[test]
fn g02_cancel_sweep_of_the_whole_call() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(50).await;
        let (mut id, mut dropped) = (1_000, 0);
        // Work in the host's tasks is no poll of the call, so the call is dropped both by polls and by time.
        let polls = (1..POLLS).map(When::Poll);
        let times = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 10_000].map(When::After);
        for sweep in [polls.collect::<Vec<_>>(), times.to_vec()] {
            let mut done = false;
            for when in sweep {
                id += 10;
                done = whole_call(&scene, when, id).await;
                dropped += u32::from(!done);
                if done && matches!(when, When::Poll(_)) {
                    break;
                }
            }
            assert!(done, "the call is not done by then");
            assert!(scene.ids().await.contains(&id), "the call that was done left no row");
        }
        assert!(dropped > 2, "{dropped} calls that were dropped are no sweep");
        let back = scene.ids().await.into_iter().find(|id| *id > 1_000 && id % 10 == 1);
        assert_eq!(back, None, "a row that was rolled back to a savepoint");
    });
}

#[test]
fn g02_a_session_works_on_after_a_dropped_call() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(3).await;
        let saw = scene.hostile("drop-and-go-on", &[Val::S64(100)]).await;
        assert_eq!(saw[..2], ["dropped true", "pending-rollback"], "what had no answer cannot be committed");
        assert_eq!(saw[2..4], ["ok", "3"], "what was told before the rollback is gone");
        // The insert that was dropped while it waited never ran.
        assert_eq!(saw[4..], ["inserted dropped true", "ok", "(20000, Some(101))"]);
        assert_eq!(scene.ids().await.len(), 20_003);
        scene.assert_clean(50_000, "a session that went on").await;
    });
}
