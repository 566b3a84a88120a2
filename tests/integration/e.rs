//! E: types; what goes wrong, as a guest can branch on it; and what hostile guests are told.

mod fidelity;
mod odd;
mod types;

use sqlservice_host::{Engine, Error, Grant, Settings};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, GUEST_STRANGER},
    for_each_database, guest,
};

use crate::scene::{Scene, lines};

#[test]
fn e_violations_say_what_was_broken() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("e-violations", &[]).await;
        assert_eq!(saw, violations(fixture.backend()));
    });
}

/// A key twice, a name twice, one twice among three, a device of nobody, a user who still has a device, and no name.
/// Each database says as much as it knows: SQLite no constraint's name, MariaDB no table of a unique key.
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
fn e_a_check_is_named() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        outside
            .execute(
                "CREATE TABLE numbers (id INTEGER PRIMARY KEY, small INTEGER, CONSTRAINT is_small CHECK (small < 10))",
            )
            .await;
        let saw = Scene::new(fixture).saw("e-check", &[]).await;
        assert!(saw[0].starts_with("integrity check "), "{saw:?}");
        assert!(saw[0].ends_with(" constraint=is_small"), "{saw:?}");
        assert_eq!(saw[1], "1");
    });
}

#[test]
fn e_wrong_statements_are_refused_by_name_and_break_nothing() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("e-statements", &[]).await;
        assert_eq!(saw[..3], ["no-such-table nowhere", "no-such-column gone", "no-such-column id"]);
        // A function that is not on the list.
        assert_eq!(saw[3], "denied");
        assert!(saw[4].starts_with("invalid: "), "{saw:?}");
        assert_eq!(saw[5], "3");
        // The database's own answers.
        assert_eq!(saw[6..8], ["no-such-table nowhere", "no-such-column users.gone"]);
        assert_eq!(saw[8], "type-mismatch name");
    });
}

#[test]
fn e_only_granted_databases_exist() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("e-databases", &[]).await;
        let mut expected = vec!["no-such-database"; 6];
        expected[0] = "opened";
        assert_eq!(saw, expected);
    });
}

#[test]
fn e_sql_text_needs_its_own_grant() {
    for_each_database(async |fixture: &Fixture| {
        let grant = Grant::new(fixture.open()).schema_changes(true);
        let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
        let plugin = guest::compiled(GUEST_CONFORMANCE);
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        lines(instance.call("setup", &[sqlservice_host::Val::U32(3)]).await.expect("no trap")).expect("made");
        let said = lines(instance.call("a08-text", &[]).await.expect("no trap"));
        assert_eq!(said.expect_err("SQL as text"), "denied");
    });
}

#[test]
fn e_forged_batches_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-batches", &[]).await;
        assert_eq!(saw.len(), 15);
        for line in &saw {
            let (case, told) = line.split_once(": ").expect("a case");
            let refused = ["invalid: ", "limit ", "type-mismatch ", "no-such-"];
            assert!(refused.iter().any(|start| told.starts_with(start)), "{case}: {told}");
        }
        assert_eq!(scene.ids().await, [1, 2, 3]);
    });
}

#[test]
fn e_a_component_that_imports_what_nobody_offers_is_refused_by_that_name() {
    let engine = Engine::new().expect("an engine");
    match engine.load_file(GUEST_STRANGER) {
        Err(Error::MissingImports(missing)) => assert_eq!(missing, ["example:sky/telescope@1.0.0"]),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was loaded"),
    }
}

#[test]
fn e_what_is_no_component_is_refused_in_words() {
    let engine = Engine::new().expect("an engine");
    let core_module = b"\0asm\x01\0\0\0";
    for (bytes, word) in
        [(&b""[..], "component"), (b"hello", "component"), (core_module, "core"), (b"\x7fELF", "program")]
    {
        match engine.load(bytes) {
            Err(Error::NotAComponent(said)) => assert!(said.contains(word), "{said}"),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{bytes:?} was loaded"),
        }
    }
    let broken = [&b"\0asm\x0d\0\x01\0"[..], &[255; 64]].concat();
    assert!(engine.load(&broken).is_err());
}

#[test]
fn e_a_file_that_cannot_be_read_keeps_its_reason() {
    let engine = Engine::new().expect("an engine");
    match engine.load_file("no-such.wasm") {
        Err(Error::Unreadable { path, source }) => {
            assert_eq!((path.to_str(), source.kind()), (Some("no-such.wasm"), std::io::ErrorKind::NotFound));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was loaded"),
    }
}

#[test]
fn e_a_wrong_function_gets_a_suggestion() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let grant = Grant::open("sqlite::memory:", Settings::default()).expect("a URL");
        let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
        let plugin = guest::compiled(GUEST_CONFORMANCE);
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        match instance.call("a01-pong", &[]).await {
            Err(Error::NoSuchFunction { suggestion, .. }) => assert_eq!(suggestion.as_deref(), Some("a01-ping")),
            other => panic!("{other:?}"),
        }
        // Nothing was called, so the instance is as good as new.
        assert!(instance.call("a01-ping", &[]).await.is_ok());
        let too_many = instance.call("a01-ping", &[sqlservice_host::Val::Bool(true)]).await;
        assert!(matches!(too_many, Err(Error::Arguments(_))), "{too_many:?}");
    });
}

#[test]
fn e_bad_models_are_refused_when_a_database_is_opened() {
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

#[test]
fn e_forged_names_are_only_names() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-names", &[]).await;
        let (refused, kept) = saw.split_at(18);
        for told in refused.chunks(3) {
            assert_eq!(told, ["no-such-table <table>", "no-such-column <column>", "denied"], "{saw:?}");
        }
        assert_eq!(kept, ["label kept true, Some(1)", "label kept true, Some(1)", "1", "true", "1"]);
        assert_eq!(scene.ids().await, [1, 2, 3]);
    });
}

#[test]
fn e_forged_nodes_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-nodes", &[]).await;
        assert_eq!(saw.len(), 23);
        for line in &saw {
            let (case, told) = line.split_once(": ").expect("a case");
            let refused = ["invalid: ", "limit ", "type-mismatch ", "no-such-", "unsupported ", "denied"];
            assert!(refused.iter().any(|start| told.starts_with(start)), "{case}: {told}");
        }
        assert_eq!(scene.ids().await, [1, 2, 3]);
    });
}

#[test]
fn e_forged_text_ends_no_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.hostile("forged-text", &[]).await;
        for line in &saw {
            assert!(line.ends_with(": refused"), "{line} on {}", fixture.backend());
        }
        assert_eq!(scene.ids().await, [1, 2, 3], "something was committed");
        scene.assert_clean(500, "forged text").await;
    });
}
