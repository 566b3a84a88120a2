//! D15: result sets that a cursor reads in parts.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn d15_rows_come_in_partitions() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(15).await;
        assert_eq!(scene.saw("d15-partitions", &[]).await, ["[4, 4, 4, 3]", "true", "15"]);
    });
}

#[test]
fn d15_a_call_that_would_wait_for_its_own_cursor_is_busy() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(15).await;
        assert_eq!(scene.saw("d15-busy", &[]).await, ["busy", "busy", "15", "15"]);
    });
}

#[test]
fn d15_an_abandoned_result_occupies_nothing() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(15).await;
        let saw = scene.saw("d15-abandon", &[]).await;
        assert_eq!(saw[..3], ["Some([1, 2, 3, 4])", "15", "Some([1, 2, 3, 4])"]);
        assert!(!saw[3].starts_with("Some"), "rows of a connection that was dropped: {saw:?}");
        fixture.settle().await;
        assert_eq!(scene.database.status().in_use, 0);
        // The server reports no statement and no transaction that is still open.
        let open = match fixture.backend() {
            Backend::Postgres => {
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' \
                 AND pid <> pg_backend_pid()"
            }
            Backend::MariaDb => {
                "SELECT COUNT(*) FROM information_schema.processlist \
                 WHERE db = DATABASE() AND command <> 'Sleep' AND id <> CONNECTION_ID()"
            }
            _ => return,
        };
        assert_eq!(fixture.outside().await.value(open).await.as_deref(), Some("0"));
    });
}
