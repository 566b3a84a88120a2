//! A: the calls of sqlservice itself.

use std::time::Duration;

use sqlservice_db::Database;
use sqlservice_host::{Error, Grant, Settings, TenantLimits, Val};
use sqlservice_sql::schema::{Column, DefaultValue, ForeignKey, Table, TypeKind};
use sqlservice_tests::{
    Backend, Fixture,
    component::{GUEST_CONFORMANCE, PLUGIN_USERS},
    for_each_database, for_each_server, guest,
};

use crate::scene::{Scene, lines, only_one, text};

/// A table with a key of its own, and a reference to another one where it is named.
fn table(name: &str, parent: Option<&str>) -> Table {
    let column = |name: &str, nullable| Column {
        name: name.to_owned(),
        ty: TypeKind::Int64.into(),
        nullable,
        default: DefaultValue::None,
        on_update: DefaultValue::None,
        computed: None,
        comment: None,
    };
    let reference = parent.map(|parent| ForeignKey {
        name: Some(format!("fk_{name}_{parent}")),
        columns: vec!["parent".to_owned()],
        table: parent.to_owned(),
        schema: None,
        referred: vec!["id".to_owned()],
        on_delete: Default::default(),
        on_update: Default::default(),
    });
    Table {
        name: name.to_owned(),
        schema: None,
        columns: vec![column("id", false), column("parent", true)],
        primary_key_name: None,
        primary_key: vec!["id".to_owned()],
        foreign_keys: reference.into_iter().collect(),
        uniques: Vec::new(),
        indexes: Vec::new(),
        checks: Vec::new(),
        version_column: None,
        comment: None,
        is_view: false,
    }
}

#[test]
fn a02_create_all_and_drop_all_can_be_repeated() {
    for_each_database(async |fixture: &Fixture| {
        let database: Database = fixture.open();
        let tables = || vec![table("a", None), table("b", Some("a")), table("c", Some("b"))];
        assert_eq!(database.create_all(tables(), true).await.expect("the first time"), ["a", "b", "c"]);
        assert_eq!(database.create_all(tables(), true).await.expect("again"), Vec::<String>::new());
        let mut outside = fixture.outside().await;
        assert_eq!(outside.tables().await, ["a", "b", "c"]);
        outside.execute("INSERT INTO a (id) VALUES (1)").await;
        outside.execute("INSERT INTO b (id, parent) VALUES (2, 1)").await;
        let dangling = outside.try_execute("INSERT INTO c (id, parent) VALUES (3, 1)").await;
        dangling.expect_err("the foreign key of c was not created");

        assert_eq!(database.drop_all(tables(), true).await.expect("dropped"), ["c", "b", "a"]);
        assert_eq!(database.drop_all(tables(), true).await.expect("again"), Vec::<String>::new());
        assert_eq!(outside.tables().await, Vec::<String>::new());
        fixture.assert_whole(&database).await;
    });
}

#[test]
fn a01_ping_of_a_live_database() {
    for_each_database(async |fixture: &Fixture| {
        assert_eq!(Scene::new(fixture).saw("a01-ping", &[]).await, ["true"]);
    });
}

#[test]
fn a01_ping_survives_killed_connections() {
    for_each_server(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        for _ in 0..3 {
            let saw = lines(guest.call("a01-ping", &[]).await.expect("no trap"));
            assert_eq!(saw.expect("the first ping, and each one after a kill"), ["true"]);
            fixture.settle().await;
            assert_eq!(fixture.kill_connections().await, 1, "the pool's only connection is killed");
        }
    });
}

#[test]
fn a01_ping_of_a_dead_host_is_a_typed_error() {
    // A port that nobody listens on: it was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    for url in [
        format!("postgres://someone:hidden-word@127.0.0.1:{port}/nothing"),
        format!("mariadb://someone:hidden-word@127.0.0.1:{port}/nothing"),
        "sqlite:///nowhere/at-all/hidden-word.db".to_owned(),
    ] {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let grant = Grant::open(&url, Settings::default()).expect("a URL that makes sense");
            let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
            let plugin = guest::compiled(GUEST_CONFORMANCE);
            let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
            for function in ["a01-ping", "a05-begin-and-leave"] {
                let said = lines(instance.call(function, &[]).await.expect("no trap")).expect_err("nobody is there");
                assert_eq!(said, "disconnected", "{function}");
            }
            let mut users = guest::compiled(PLUGIN_USERS).instantiate(&tenant).await;
            let users = users.as_mut().expect("an instance");
            // Whatever a guest prints of it, there is no secret in it.
            let said = format!("{:?}", users.call("tour", &[]).await);
            assert!(!said.contains("hidden-word") && !said.contains(&port.to_string()), "{said}");
        });
    }
}

#[test]
fn a02_create_all_and_drop_all_are_idempotent() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let saw = scene.saw("a02-create-and-drop", &[]).await;
        assert_eq!(saw, ["a b c", "", "a b c", "c b a", ""]);
        assert_eq!(fixture.outside().await.tables().await, Vec::<String>::new());
    });
}

#[test]
fn a02_subsets_and_strictness() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("a02-strictly", &[]).await;
        assert_eq!(saw[0], "a b");
        assert_refused(&saw[1], "made again");
        assert_eq!(saw[2..4], ["c", "c"]);
        assert_refused(&saw[4], "dropped again");
        assert_eq!(saw[5..], ["no-such-table d", "b a"]);
        assert_eq!(fixture.outside().await.tables().await, Vec::<String>::new());
    });
}

/// Fails where something was done, or where the reason is one that says nothing.
fn assert_refused(told: &str, done: &str) {
    assert_ne!(told, done);
    assert!(!told.starts_with("Other"), "{told}");
}

#[test]
fn a03_reflect_reads_what_is_there() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        outside.execute("CREATE TABLE a (id BIGINT PRIMARY KEY)").await;
        outside
            .execute("CREATE TABLE b (id BIGINT PRIMARY KEY, a_id BIGINT, FOREIGN KEY (a_id) REFERENCES a (id))")
            .await;
        outside
            .execute("CREATE TABLE c (id BIGINT PRIMARY KEY, b_id BIGINT, FOREIGN KEY (b_id) REFERENCES b (id))")
            .await;
        outside.execute("INSERT INTO b (id) VALUES (2), (1)").await;
        let saw = Scene::new(fixture).saw("a03-reflect", &[]).await;
        assert_eq!(saw[..3], ["0", "no-such-table nosuch", "0"]);
        assert_eq!(saw[3..], ["b", "a b c", "a b c", "0", "0", "[1, 2]"]);
        assert_eq!(outside.tables().await, ["a", "b", "c"]);
    });
}

#[test]
fn a03_a_database_that_is_opened_again_knows_what_was_declared() {
    let expected = [
        "a", "a b c", "", "a", "a b", "a b c", "users", "a users", "[1, 2]", "[2, 1]", "[1, 2]", "[2, 1]", "[1, 2]",
        "[2, 1]",
    ];
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        for table in ["a", "b", "c"] {
            outside.execute(&format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY)")).await;
        }
        outside.execute("INSERT INTO a (id) VALUES (2), (1)").await;
        let mut guest = Scene::new(fixture).instance(GUEST_CONFORMANCE).await;
        for call in ["the first call", "a later one"] {
            let saw = guest.call("a03-opened-again", &[]).await.expect("no trap");
            assert_eq!(lines(saw).expect("no error"), expected, "{call} on {}", fixture.backend());
        }
    });
}

#[test]
fn a04_an_error_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        let said = scene.said(GUEST_CONFORMANCE, "a04-begin-and", &[text("raise")]).await;
        assert_eq!(said.expect_err("the guest's own error"), "Other(\"raised\")");
        scene.assert_clean(500, "an error in begin").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a04_a_dropped_future_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(1).await;
        assert_eq!(scene.saw("a04-begin-and", &[text("drop")]).await, ["timeout"]);
        scene.assert_clean(500, "a future dropped by the guest").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a04_a_trap_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let trapped = guest.call("a04-begin-and", &[text("trap")]).await;
        assert!(matches!(trapped, Err(Error::Trap(_))), "{trapped:?}");
        scene.assert_clean(500, "a trap in begin").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a04_a_call_cancelled_by_the_host_in_begin_rolls_back() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        let mut guest = scene.instance(GUEST_CONFORMANCE).await;
        let waits = [text("wait")];
        let call = guest.call("a04-begin-and", &waits);
        // It waits inside of the transaction for ten minutes, or would.
        let cancelled = tokio::time::timeout(Duration::from_millis(500), call).await;
        assert!(cancelled.is_err(), "{cancelled:?}");
        assert_eq!(scene.ids().await, [1]);
        let poisoned = guest.call("a01-ping", &[]).await;
        assert!(matches!(poisoned, Err(Error::Poisoned)), "{poisoned:?}");
        drop(guest);
        scene.assert_clean(500, "a call cancelled by the host").await;
        assert_eq!(scene.ids().await, [1, 500]);
    });
}

#[test]
fn a05_begin_commits() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        assert_eq!(scene.saw("a05-begin-and-leave", &[]).await, ["1", "true false"]);
        assert_eq!(scene.ids().await, [1, 900, 901]);
        scene.assert_clean(500, "a commit").await;
    });
}

#[test]
fn a06_begin_in_begin_is_another_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let settings = Settings::default().lock_timeout(Duration::from_millis(300));
        let scene = Scene::with(fixture, settings, TenantLimits::default());
        scene.setup(0).await;
        if fixture.backend() == Backend::Sqlite {
            // A file has one writer at a time: two are refused in time, not a deadlock; beside a reader there is one.
            let said = scene.said(GUEST_CONFORMANCE, "a06-begin-in-begin", &[Val::Bool(false)]).await;
            assert_eq!(said.expect_err("two writers"), "lock-not-available");
            scene.fixture.settle().await;
            assert_eq!(scene.ids().await, Vec::<i64>::new());
            assert_eq!(scene.saw("a06-begin-in-begin", &[Val::Bool(true)]).await, ["", "1"]);
        } else {
            assert_eq!(scene.saw("a06-begin-in-begin", &[Val::Bool(false)]).await, ["1", "1"]);
        }
        assert_eq!(scene.ids().await, [2]);
    });
}

#[test]
fn a07_a_transaction_that_ended_takes_no_more_statements() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(0).await;
        let saw = scene.saw("a07-closed-transaction", &[]).await;
        assert_eq!(saw[..5], ["transaction-closed"; 5]);
        assert_eq!(saw[5], "false");
        assert_eq!(scene.ids().await, [900]);
    });
}

#[test]
fn a08_all_first_one_and_one_or_none() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let none =
            ["0 all ", "0 first None", "0 one no-result", "0 one_or_none None", "0 columns []", "0 one row no-result"];
        let one = [
            "1 all u2",
            r#"1 first Some("u2")"#,
            "1 one u2",
            r#"1 one_or_none Some("u2")"#,
            "1 columns [(2, None)]",
            "1 one row (2, None)",
        ];
        let three = [
            "3 all u3 u2 u1",
            r#"3 first Some("u3")"#,
            "3 one multiple-results",
            "3 one_or_none multiple-results",
            "3 columns [(1, None), (2, None), (3, None)]",
            "3 one row multiple-results",
        ];
        let null_and_nothing = ["Some(None)", "None", "3"];
        let saw = scene.saw("a08-statements", &[]).await;
        assert_eq!(saw, [&none[..], &one, &three, &null_and_nothing].concat());
    });
}

#[test]
fn a08_all_and_first_of_sql_text() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("a08-text", &[]).await;
        assert_eq!(
            saw[..6],
            [
                "0 all []",
                "0 first None",
                r#"1 all [(3, "u3")]"#,
                r#"1 first Some((3, "u3"))"#,
                r#"3 all [(1, "u1"), (2, "u2"), (3, "u3")]"#,
                r#"3 first Some((1, "u1"))"#,
            ]
        );
        assert_eq!(saw[6], "3");
        assert_refused(&saw[7], "0");
        let notes = fixture.outside().await.value("SELECT COUNT(note) FROM users").await;
        assert_eq!(notes.as_deref(), Some("0"), "the update was rolled back");
    });
}

#[test]
fn a14_five_thousand_rows_and_forty_thousand_parameters() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("a14-sizes", &[]).await;
        let counted = |count: u32, sum: u32| format!("({count}, Some({sum}))");
        assert_eq!(saw[..4], ["2500", &counted(5_000, 50_000), "5000", &counted(10_000, 550_000)]);
        let most = fixture.capabilities().max_parameters;
        assert_eq!(saw[6], most.to_string());
        if most < 40_000 {
            let refused = format!("limit LimitKind::Parameters {most}");
            assert_eq!(saw[4..6], [refused.clone(), refused]);
        } else {
            assert_eq!(saw[4..6], ["done", "10000"]);
        }
    });
}
