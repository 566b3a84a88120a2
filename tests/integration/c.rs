//! C: transactions, savepoints and isolation.

use sqlservice_host::TenantLimits;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::{Scene, only_one};

#[test]
fn c04_a_failed_statement_asks_for_a_rollback() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("c04-pending-rollback", &[]).await;
        assert!(saw[1].starts_with("integrity unique "), "{saw:?}");
        assert_eq!(saw[0], "1");
        assert_eq!(saw[2..], ["pending-rollback", "pending-rollback", "true", "u1 u2 u3", "1"]);
        assert_eq!(scene.ids().await, [1, 2, 3, 11]);
    });
}

#[test]
fn c05_a_savepoint_mends_the_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("c05-pending-rollback-in-savepoint", &[]).await;
        assert!(saw[1].starts_with("integrity unique "), "{saw:?}");
        assert_eq!(saw[2..4], ["pending-rollback", "u1 u2 u3 ten"]);
        assert!(saw[4].starts_with("integrity unique "), "{saw:?}");
        assert_eq!(saw[5], "1");
        assert_eq!(scene.ids().await, [1, 2, 3, 10, 13]);
    });
}

#[test]
fn c06_a_savepoint_rolls_back_what_came_after_it() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(2).await;
        let saw = scene.saw("c06-savepoint-rolled-back", &[]).await;
        assert_eq!(saw, ["2", "u1x u2x u3", "u1 u2", "u1 u2"]);
        assert_eq!(scene.ids().await, [1, 2]);
    });
}

#[test]
fn c07_savepoints_nest() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(2).await;
        let saw = scene.saw("c07-savepoints-nest", &[]).await;
        assert_eq!(saw[..2], ["u1 u2 u3 u4", "u1 u2 u3 u4"]);
        assert_ne!(saw[2], "ok", "a savepoint of a transaction that is gone was released");
        assert_eq!(saw[3], "u1 u2 u3 u4");
        assert_eq!(scene.ids().await, [1, 2, 3, 4]);
    });
}

#[test]
fn c17_isolation_is_set_per_connection_and_restored() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(0).await;
        let own = match fixture.backend() {
            Backend::Postgres => "ReadCommitted",
            Backend::MariaDb => "RepeatableRead",
            _ => "Serializable",
        };
        let mut expected = vec![own, "Serializable"];
        if fixture.backend() == Backend::Postgres {
            expected.push("serializable");
        }
        expected.extend(["already-begun", "already-begun", own]);
        assert_eq!(scene.saw("c17-isolation", &[]).await, expected);
        assert_eq!(scene.ids().await, Vec::<i64>::new());
    });
}

#[test]
fn c17_a_level_that_the_database_lacks_is_refused_with_those_that_it_has() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(0).await;
        let saw = scene.saw("c17-levels", &[]).await;
        let all = ["ReadUncommitted", "ReadCommitted", "RepeatableRead"];
        for level in all.into_iter().chain(["Serializable", "Autocommit"]) {
            let refused = all.contains(&level) && !fixture.capabilities().isolation_levels;
            let told = if refused { "unsupported isolation-levels" } else { "ok" };
            assert!(saw.contains(&format!("{level} {told}")), "{level}: {saw:?}");
            assert!(saw.contains(&format!("begin {level} {told}")), "begin {level}: {saw:?}");
            let message = saw.iter().find_map(|line| line.strip_prefix(&format!("{level} message ")));
            assert_eq!(message.is_some(), refused, "{level}: {saw:?}");
            if let Some(message) = message {
                let message = message.to_uppercase();
                assert!(message.contains("SERIALIZABLE") && message.contains("AUTOCOMMIT"), "{message}");
            }
        }
    });
}

#[test]
fn c18_autocommit_keeps_every_statement_and_ends_with_the_connection() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(0).await;
        let saw = scene.saw("c18-autocommit", &[]).await;
        assert_eq!(saw, ["1", "false", "kept", "1", "true", "kept"]);
        assert_eq!(scene.ids().await, [10]);
    });
}

#[test]
fn c19_a_connection_commits_as_it_goes() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(0).await;
        let saw = scene.saw("c19-commit-as-you-go", &[]).await;
        assert_eq!(saw, ["false", "true", "false", "false", "kept", "true"]);
        fixture.settle().await;
        assert_eq!(scene.ids().await, [10]);
    });
}
