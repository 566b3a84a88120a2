//! T-22: readers that give up, or do not read.

use std::time::Duration;

use sqlservice_host::{Settings, TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_HOSTILE, for_each_database};

use crate::scene::{Scene, lines};

/// T-22: a reader that requests empty batches gets a row each, and one that drops its fetches loses only their batches.
#[test]
fn t22_readers_that_give_up_lose_no_more_than_they_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(60).await;
        let saw = scene.hostile("read-badly", &[]).await;
        assert_eq!(saw[..3], ["[1, 1, 1]", "5 slowly", "then Some(1)"], "on {}", fixture.backend());
        // On PostgreSQL a cancelled query aborts its transaction.
        let cancelled = fixture.backend() == Backend::Postgres && saw[3] == "pending-rollback";
        assert!(cancelled || saw[3] == "60", "{saw:?} on {}", fixture.backend());
        assert_eq!(saw[4..], ["60"]);
        scene.assert_clean(900, "a reader that gave up").await;
    });
}

/// T-22: a reader that does not read loses its connection at the transaction's time limit, even if it began no transaction itself.
#[test]
fn t22_a_reader_that_does_not_read_loses_its_connection() {
    for_each_database(async |fixture: &Fixture| {
        let mut limits = TenantLimits::default();
        limits.sql.transaction_time = Some(Duration::from_millis(1_000));
        let scene = Scene::with(fixture, Settings::default(), limits);
        scene.setup(60).await;
        let mut guest = scene.instance(GUEST_HOSTILE).await;
        let reading = guest.call("read-later", &[Val::U32(3_000)]);
        let watching = async {
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            scene.database.status().in_use
        };
        let (said, held) = tokio::join!(reading, watching);
        let saw = lines(said.expect("no trap")).expect("no error of the guest's");
        let closed = "transaction-closed";
        assert_eq!(saw, ["Some(100)", closed, closed, "60"], "on {}", fixture.backend());
        assert_eq!(held, 0, "on {}", fixture.backend());
    });
}
