//! T-13, T-14 and T-15: handles that were dropped, that belong to another type or instance, or that are dropped while in use.

use std::time::Duration;

use sqlservice_host::{Error, Plugin, Settings, TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_HOSTILE, for_each_database, guest};

use crate::{
    bare::{assert_trap, bare, run, steps, steps_with_text},
    scene::{Scene, lines, only_one},
};

const GONE: &str = "unknown handle index";

const OTHER: &str = "used with the wrong type";

/// Uses of handles that a component does not have: the case, its instructions, and the message of the trap.
const FORGED: [(&str, &str, &str); 12] = [
    ("a database twice", "(call $drop-database (local.get $database)) (call $drop-database (local.get $database))", GONE),
    ("a session twice", "(call $drop-session (local.get $session)) (call $drop-session (local.get $session))", GONE),
    (
        "a session of a database that is gone",
        "(call $drop-database (local.get $database)) (drop (call $session-of (local.get $database)))",
        GONE,
    ),
    (
        "a session that was closed",
        "(call $close (local.get $session) (i32.const 768)) (drop (call $in-transaction (local.get $session)))",
        GONE,
    ),
    (
        "a session that was closed, once more",
        "(call $close (local.get $session) (i32.const 768)) (call $close (local.get $session) (i32.const 800))",
        GONE,
    ),
    (
        "a savepoint that was released",
        "(call $begin-nested (local.get $session) (i32.const 768))
         (call $release (i32.load (i32.const 772)) (i32.const 800)) (call $release (i32.load (i32.const 772)) (i32.const 832))",
        GONE,
    ),
    ("a database as a session", "(drop (call $in-transaction (local.get $database)))", OTHER),
    ("a session as a database", "(call $dialect (local.get $session) (i32.const 768))", OTHER),
    ("a session as a savepoint", "(call $release (local.get $session) (i32.const 768))", OTHER),
    ("a database that is dropped as a cursor", "(call $drop-cursor (local.get $database))", OTHER),
    ("the number 0", "(drop (call $in-transaction (i32.const 0)))", GONE),
    ("the greatest number", "(call $commit (i32.const -1) (i32.const 768))", GONE),
];

/// T-13: a call traps if a guest passes a handle that it does not have, or one of another type. The tenant's next call works.
#[test]
fn t13_forged_handles_trap() {
    let forged = FORGED.map(|(case, did, said)| (case, bare("utf8", &steps(&format!("{did} (i32.const 0)"))), said));
    let honest =
        bare("utf8", &steps("(call $commit (local.get $session) (i32.const 768)) (i32.load8_u (i32.const 768))"));
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(3).await;
        for (case, plugin, said) in &forged {
            let mut instance = plugin.instantiate(&scene.tenant).await.expect("an instance");
            let ended = instance.call("run", &[Val::U32(0)]).await;
            assert_trap(&ended, said, &format!("{case} on {}", fixture.backend()));
            let again = instance.call("run", &[Val::U32(0)]).await;
            assert!(matches!(again, Err(Error::Poisoned)), "{case} on {}: {again:?}", fixture.backend());
            let next = run(&honest, &scene.tenant, 0).await;
            assert!(matches!(next, Ok(Some(Val::U32(0)))), "after {case} on {}: {next:?}", fixture.backend());
        }
        scene.assert_clean(500, "forged handles").await;
        assert_eq!(scene.ids().await, [1, 2, 3, 500], "on {}", fixture.backend());
    });
}

/// T-13: the handles of an instance are invalid in another instance of the same plugin and tenant.
#[test]
fn t13_the_numbers_of_another_instance_mean_nothing() {
    // With 0, `run` opens a session and keeps it; with another number, it calls a method of the session with this handle.
    let fields = r#"(func (export "run") (param $given i32) (result i32)
        (if (i32.eqz (local.get $given)) (then (return (call $session-of (call $opened)))))
        (call $in-transaction (local.get $given)))"#;
    let plugin = bare("utf8", fields);
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let mut owner = plugin.instantiate(&scene.tenant).await.expect("an instance");
        let Some(Val::U32(session)) = owner.call("run", &[Val::U32(0)]).await.expect("no trap") else {
            panic!("it gives no number on {}", fixture.backend());
        };
        for guessed in 1..=session + 4 {
            let ended = run(&plugin, &scene.tenant, guessed).await;
            assert_trap(&ended, GONE, &format!("{guessed} on {}", fixture.backend()));
        }
        // The owner's session still exists and is unchanged.
        let asked = owner.call("run", &[Val::U32(session)]).await;
        assert!(matches!(asked, Ok(Some(Val::U32(0)))), "{asked:?} on {}", fixture.backend());
        drop(owner);
        fixture.settle().await;
    });
}

/// T-14: a child stays valid if its parent is dropped first: a session without its database, a savepoint without its session.
#[test]
fn t14_parents_that_are_dropped_first_leave_their_children_whole() {
    let session = bare(
        "utf8",
        &steps(
            "(call $drop-database (local.get $database)) (call $commit (local.get $session) (i32.const 768))
             (i32.add (i32.load8_u (i32.const 768)) (call $in-transaction (local.get $session)))",
        ),
    );
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(3).await;
        let ended = run(&session, &scene.tenant, 0).await;
        assert!(matches!(ended, Ok(Some(Val::U32(0)))), "{ended:?} on {}", fixture.backend());
        let saw = scene.hostile("drop-parents", &[]).await;
        let (names, said): (Vec<&str>, Vec<&str>) =
            saw.iter().map(|line| line.split_once(": ").expect("what it was")).unzip();
        assert_eq!(names, ["prepared", "cursor", "savepoint"], "on {}", fixture.backend());
        // A prepared statement outlives its database. The cursor and the savepoint return a result, or an error that they have ended.
        assert_eq!(said[0], "3", "{saw:?} on {}", fixture.backend());
        for end in &said[1..] {
            let told = ["0", "1", "ok", "closed", "cancelled", "transaction-closed"].contains(end);
            assert!(told, "{saw:?} on {}", fixture.backend());
        }
        scene.assert_clean(500, "parents that were dropped first").await;
        assert_eq!(scene.ids().await, [1, 2, 3, 500], "on {}", fixture.backend());
    });
}

/// A statement that runs longer than any test.
fn endless(backend: Backend) -> &'static str {
    match backend {
        Backend::Postgres => "SELECT pg_sleep(600)",
        Backend::MariaDb => "SELECT SLEEP(600)",
        _ => {
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000000) SELECT count(*) FROM c"
        }
    }
}

/// Operations on a session while its statement runs: each traps.
const WHILE_IT_RUNS: [(&str, &str); 3] = [
    ("dropped", "(call $drop-session (local.get $session))"),
    ("closed", "(call $close (local.get $session) (i32.const 768))"),
    (
        "dropped after its database",
        "(call $drop-database (local.get $database)) (call $drop-session (local.get $session))",
    ),
];

/// T-15: a session that is dropped while its statement runs leaks neither its connection nor the statement.
#[test]
fn t15_a_session_that_is_dropped_under_its_statement_leaves_nothing() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(3).await;
        for (id, (case, did)) in (500..).zip(WHILE_IT_RUNS) {
            let did = format!("(drop (call $begin-text (local.get $session) BYTES)) {did} (i32.const 0)");
            let plugin = bare("utf8", &steps_with_text(&did, endless(fixture.backend())));
            let ended = run(&plugin, &scene.tenant, 0).await;
            assert_trap(&ended, "while borrowed", &format!("{case} on {}", fixture.backend()));
            scene.assert_clean(id, &format!("a session that was {case}")).await;
        }
        assert_eq!(scene.ids().await, [1, 2, 3, 500, 501, 502], "on {}", fixture.backend());
    });
}

/// T-15: a session that is dropped while its statement waits for a connection leaks none.
#[test]
fn t15_a_session_that_is_dropped_while_it_waits_takes_no_connection() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(3).await;
        // A tenant with the right to SQL text has a pool of its own.
        let own = scene.tenant.database(guest::DATABASE).expect("granted");
        let held = own.connect().await.expect("the only connection");
        held.execute_text("SELECT 1".to_owned(), Vec::new(), Default::default()).await.expect("a statement");
        let did = "(drop (call $begin-text (local.get $session) BYTES)) (call $drop-session (local.get $session)) (i32.const 0)";
        let plugin = bare("utf8", &steps_with_text(did, "SELECT 1"));
        let ended = run(&plugin, &scene.tenant, 0).await;
        assert_trap(&ended, "while borrowed", &format!("on {}", fixture.backend()));
        held.close().await.expect("closed");
        scene.assert_clean(500, "a session that waited").await;
    });
}

/// T-15: an instance that ends while sixty statements of its sessions run or wait gives all connections back.
#[test]
fn t15_many_statements_that_run_end_with_their_instance() {
    for_each_database(async |fixture: &Fixture| {
        let settings = Settings::default().pool_size(2).max_overflow(0).pool_timeout(Duration::from_secs(10));
        let scene = Scene::with(fixture, settings, TenantLimits::default());
        scene.setup(3).await;
        let ended = run(&many_running(fixture.backend()), &scene.tenant, 60).await;
        assert!(matches!(ended, Err(Error::Trap(_))), "{ended:?} on {}", fixture.backend());
        fixture.assert_whole(&scene.database).await;
        scene.assert_clean(500, "sixty sessions").await;
        let mut guest = guest::compiled(GUEST_HOSTILE).instantiate(&scene.tenant).await.expect("an instance");
        let left = lines(guest.call("leave-open", &[Val::U32(1)]).await.expect("no trap")).expect("no error");
        assert_eq!(left, ["1"], "on {}", fixture.backend());
        drop(guest);
        fixture.settle().await;
    });
}

/// A component that opens the given number of sessions, begins an endless statement in each, and traps.
fn many_running(backend: Backend) -> Plugin {
    let did = "(loop
        (drop (call $begin-text (call $session-of (local.get $database)) BYTES))
        (local.set $given (i32.sub (local.get $given) (i32.const 1)))
        (br_if 0 (local.get $given)))
      unreachable";
    bare("utf8", &steps_with_text(did, endless(backend)))
}
