//! D: statements and their results.

mod change;
mod filter;
mod function;
mod join;
mod name;
mod query;

use sqlservice_host::{Settings, TenantLimits, Val};
use sqlservice_tests::{Backend, Fixture, component::GUEST_READER, for_each_database};

use crate::scene::Scene;

#[test]
fn d09_inserted_rows_come_back_in_their_order() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let saw = scene.saw("d09-few", &[]).await;
        if !fixture.capabilities().insert_returning {
            assert_eq!(saw, ["unsupported insert-returning"]);
            return;
        }
        assert_eq!(saw, ["1 d0", "2 d1", "3 d2", "4 d3", "5 d4"]);
        let rows = fixture.outside().await.rows("SELECT id, data FROM items ORDER BY id").await;
        let rows: Vec<String> =
            rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(rows, saw);
    });
}

#[test]
fn d09_many_rows_take_few_statements_and_come_back_in_their_order() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let saw = scene.saw("d09-many", &[Val::U32(2500)]).await;
        if !fixture.capabilities().insert_returning {
            assert_eq!(saw, ["unsupported insert-returning"]);
            return;
        }
        assert_eq!(saw[..2], ["2500 returned, 2500 in order, 2499 steps up", "2500 of 2500 stored as returned"]);
        let statements: u32 = saw[2].parse().expect("a number");
        // SQLite counts nothing for others.
        let counted = fixture.backend() != Backend::Sqlite;
        assert!(statements <= 3 && (statements > 0) == counted, "{statements} statements on {}", fixture.backend());
        assert_eq!(fixture.outside().await.count("items").await, 2500);
    });
}

#[test]
fn d11_an_update_returns_what_it_changed() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("d11-update", &[]).await;
        if fixture.capabilities().update_returning {
            assert_eq!(saw, [r#"[(2, "u2_new")]"#, "[]", "[]", "u1 u2_new u3"]);
        } else {
            let refused = "unsupported update-returning";
            assert_eq!(saw, [refused, refused, refused, "u1 u2 u3"]);
        }
    });
}

#[test]
fn d11_a_delete_returns_what_it_took_away() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("d11-delete", &[]).await;
        if fixture.capabilities().delete_returning {
            assert_eq!(saw, [r#"[(2, "u2")]"#, "[]", "[]", "u1 u3"]);
            assert_eq!(scene.ids().await, [1, 3]);
        } else {
            let refused = "unsupported delete-returning";
            assert_eq!(saw, [refused, refused, refused, "u1 u2 u3"]);
        }
    });
}

#[test]
fn d12_rows_that_matched_are_counted_changed_or_not() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("d12-matched", &[]).await;
        assert_eq!(saw, ["8", "3", "3", "3", "0", "3", "0"]);
        assert_eq!(fixture.outside().await.count("employees").await, 5);
    });
}

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
        // The server knows of no statement and no transaction that is still open.
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

#[test]
fn d_a_repeated_statement_is_compiled_once() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let mut guest = scene.instance(GUEST_READER).await;
        guest.call("prepare", &[Val::U32(20)]).await.expect("no trap");
        scene.record().found_compiled();
        // Opened in each call, with the same models: what was compiled is still known.
        for _ in 0..2 {
            guest.call("built", &[Val::U32(50), Val::U32(20)]).await.expect("no trap");
        }
        // The second one of all is prepared, and no later one is looked for.
        assert_eq!(scene.record().found_compiled(), [false, true]);
    });
}

#[test]
fn d_a_prepared_statement_is_compiled_once() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let mut guest = scene.instance(GUEST_READER).await;
        guest.call("prepare", &[Val::U32(20)]).await.expect("no trap");
        scene.record().found_compiled();
        let same = [guest.call("built", &[Val::U32(50), Val::U32(20)]).await.expect("no trap")];
        assert_eq!(scene.record().found_compiled(), [false, true]);
        assert_eq!(guest.call("point", &[Val::U32(50), Val::U32(20)]).await.expect("no trap"), same[0]);
        // A prepared one is not even looked for: only its preparation is.
        assert_eq!(scene.record().found_compiled().len(), 1);
    });
}

#[test]
fn d_statements_of_one_shape_differ_by_their_values_only() {
    let expected = [
        "None None 1 n0 3",
        r#"Some("u1") Some("u1") 1 n1 2"#,
        r#"Some("u2") Some("u2") 1 n2 1"#,
        r#"Some("u3") Some("u3") 1 n3 0"#,
        "[1]",
        "[2, 3]",
        "[1]",
        "[1]",
        "[1, 2]",
        "[1]",
        "[1, 2]",
        "[1, 2, 3]",
    ];
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.setup(3).await;
        let saw = scene.saw("d-repeated", &[]).await;
        assert_eq!(saw[..12], expected, "{}", fixture.backend());
        assert_eq!((&saw[12], &saw[12]), (&saw[13], &saw[14]), "refused alike: {saw:?}");
        assert!(saw[12].starts_with("integrity"), "{saw:?}");
        assert_eq!(saw[15], "1");
    });
}

#[test]
fn d_shapes_that_come_again_take_few_handles() {
    for_each_database(async |fixture: &Fixture| {
        // Less than there are shapes.
        let limits = TenantLimits::default().handles(60);
        let scene = Scene::with(fixture, Settings::default(), limits);
        scene.setup(70).await;
        // Shape by shape, of 70 rows those whose keys are 0 to n, 1 to n + 1, 2 to n + 2.
        let row = |id: u64| u64::from((1..=70).contains(&id));
        let found: u64 =
            (0..3).flat_map(|turn| (0..100).map(move |shape| (turn..=turn + shape).map(row).sum::<u64>())).sum();
        assert_eq!(scene.saw("d-repeated-shapes", &[Val::U32(100)]).await, [found.to_string()]);
    });
}

/// Fails unless an export saw just these lines.
async fn assert_saw(fixture: &Fixture, export: &str, expected: &[&str]) {
    assert_eq!(Scene::new(fixture).saw(export, &[]).await, expected, "{export} on {}", fixture.backend());
}

/// What is seen where the database can do it, and else the refusal by that capability.
fn where_it_can<'a>(can: bool, seen: &'a str, refusal: &'a str) -> &'a str {
    if can { seen } else { refusal }
}
