//! C18 and C19: a connection in autocommit mode, and one in commit-as-you-go style.

use sqlservice_host::TenantLimits;
use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::{Scene, only_one, saw_among_users};

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

#[test]
fn c19_a_connection_is_a_session_that_keeps_its_connection() {
    for_each_database(async |fixture: &Fixture| {
        let seen = saw_among_users(fixture, "contract-one-session", 2).await;
        assert_eq!(seen, ["false", "u1 u2 kept"], "on {}", fixture.backend());
    });
}
