//! Q07 and Q08: loads in an order and with a filter.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use super::assert_sees;
use crate::{scene::text, unit_of_work::assert_saw};

#[test]
fn q07_relationships_are_loaded_in_their_order_also_downwards() {
    for_each_database(async |fixture: &Fixture| {
        let of_ed = r#"[2, 5, 1] ["red", "blue"] jo al"#;
        assert_sees(fixture, "query-declared-orders", &[], &[of_ed, of_ed, "[2, 1]"]).await;
    });
}

#[test]
fn q08_a_load_with_a_filter_shows_what_it_found() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "[5, 1] [3] [] []",
            "true true false",
            "[5, 2] [] [] []",
            "[2, 5, 1] false",
            "[5, 1]",
            "[5, 2, 1] false",
            "ed ed - - ed",
            r#"["red"] ["red"] [] []"#,
            "al | jo",
            "[2] [] [3]",
            "[1] [[2]]",
            r#"Some("[\"red\"]")"#,
            "invalid: `of` and `to` name the sides of a join; a load has none: name the relationship alone",
        ];
        assert_saw(fixture, "query-filtered-loads", &[], &expected, &["select users, select devices"]).await;
    });
}

/// A flush neither loses nor leaves behind the children that a load's filter excluded.
#[test]
fn q08_changes_after_a_load_with_a_filter_know_of_the_rest() {
    for_each_database(async |fixture: &Fixture| {
        let rest = "(1, 1), (2, 1), (3, 2), (4, 0)";
        for (way, shown, rows) in [
            ("push", "[5, 50]", format!("[{rest}, (5, 1), (50, 1)]")),
            ("remove", "[]", format!("[{rest}]")),
            ("set", "[50]", format!("[{rest}, (50, 1)]")),
            ("move", "[]", format!("[{rest}, (5, 3)]")),
            ("child", "[]", format!("[{rest}, (5, 3)]")),
            ("delete", "", "[(3, 2), (4, 0)]".to_owned()),
        ] {
            let mut expected = vec!["[5]", "ok"];
            expected.extend(Some(shown).filter(|shown| !shown.is_empty()));
            expected.extend([rows.as_str(), "[1, 2, 5]"]);
            // All ways share one database: its tables are dropped after each way, so that the next one begins without tables.
            assert_sees(fixture, "query-filtered-changes", &[text(way)], &expected).await;
            drop_all(fixture).await;
        }
    });
}

async fn drop_all(fixture: &Fixture) {
    let mut outside = fixture.outside().await;
    if fixture.backend() == Backend::Sqlite {
        outside.execute("PRAGMA foreign_keys = OFF").await;
    }
    for table in ["beds", "rooms", "friends", "members", "teams", "apps", "devices", "users"] {
        outside.execute(&format!("DROP TABLE {table}")).await;
    }
    outside.close().await;
}
