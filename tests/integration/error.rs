//! H01 to H04: errors in the form on which a guest can branch.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn h01_violations_say_what_was_broken() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("types-violations", &[]).await;
        assert_eq!(saw, violations(fixture.backend()));
    });
}

/// A duplicate key, a duplicate name, a duplicate among three names, a device without a user, a user who still has a device, and a
/// missing name. Each database reports what it knows: SQLite no constraint name, MariaDB no table of a unique key.
fn violations(backend: Backend) -> [&'static str; 6] {
    match backend {
        Backend::Sqlite | Backend::SqliteMemory => [
            "integrity unique table=users columns=id constraint=?",
            "integrity unique table=users columns=name constraint=?",
            "integrity unique table=users columns=name constraint=?",
            "integrity foreign-key table=? columns= constraint=?",
            "integrity foreign-key table=? columns= constraint=?",
            "integrity not-null table=users columns=name constraint=?",
        ],
        Backend::Postgres => [
            "integrity unique table=users columns=id constraint=pk_users",
            "integrity unique table=users columns=name constraint=uq_users_name",
            "integrity unique table=users columns=name constraint=uq_users_name",
            "integrity foreign-key table=devices columns=user_id constraint=fk_devices_user_id",
            "integrity foreign-key table=devices columns=id constraint=fk_devices_user_id",
            "integrity not-null table=users columns=name constraint=?",
        ],
        Backend::MariaDb => [
            "integrity unique table=? columns= constraint=PRIMARY",
            "integrity unique table=? columns= constraint=uq_users_name",
            "integrity unique table=? columns= constraint=uq_users_name",
            "integrity foreign-key table=devices columns=user_id constraint=fk_devices_user_id",
            "integrity foreign-key table=devices columns=user_id constraint=fk_devices_user_id",
            "integrity not-null table=? columns=name constraint=?",
        ],
    }
}

#[test]
fn h01_a_check_is_named() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        outside
            .execute(
                "CREATE TABLE numbers (id INTEGER PRIMARY KEY, small INTEGER, CONSTRAINT is_small CHECK (small < 10))",
            )
            .await;
        let saw = Scene::new(fixture).saw("types-check", &[]).await;
        assert!(saw[0].starts_with("integrity check "), "{saw:?}");
        assert!(saw[0].ends_with(" constraint=is_small"), "{saw:?}");
        assert_eq!(saw[1], "1");
    });
}

#[test]
fn h03_wrong_statements_are_refused_by_name_and_break_nothing() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("types-statements", &[]).await;
        assert_eq!(saw[..3], ["no-such-table nowhere", "no-such-column gone", "no-such-column id"]);
        // A function that is not on the list of allowed functions.
        assert_eq!(saw[3], "denied");
        assert!(saw[4].starts_with("invalid: "), "{saw:?}");
        assert_eq!(saw[5], "3");
        // Errors from the database itself.
        assert_eq!(saw[6..8], ["no-such-table nowhere", "no-such-column users.gone"]);
        assert_eq!(saw[8], "type-mismatch name");
    });
}

#[test]
fn h04_bad_models_are_refused_when_a_database_is_opened() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).hostile("bad-models", &[]).await;
        assert_eq!(saw.len(), 17);
        for line in &saw {
            let (case, told) = line.split_once(": ").expect("a case");
            assert!(!told.starts_with("opened") && !told.starts_with("Other"), "{case}: {told}");
        }
        let told = |case: &str| saw.iter().find_map(|line| line.strip_prefix(&format!("{case}: "))).expect("the case");
        assert!(told("two models for one table").contains("one"), "{saw:?}");
        assert!(told("a foreign key to nowhere").contains("nowhere"), "{saw:?}");
        assert!(told("a foreign key to no column").contains("nowhere"), "{saw:?}");
        assert!(told("a key of a column that is not").contains("nowhere"), "{saw:?}");
        assert_eq!(fixture.outside().await.tables().await, Vec::<String>::new());
    });
}
