//! C17: isolation levels.

use sqlservice_host::TenantLimits;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::{Scene, only_one};

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
