//! Queries of objects and of what they are related to: keys with locks and filters, joins and conditions by relationships, pages,
//! batches, bulk changes, loads with criteria.

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::{
    scene::{Scene, text},
    u::{assert_saw, saw},
};

/// Fails unless an export saw this, whatever it sent.
async fn assert_sees(fixture: &Fixture, function: &str, arguments: &[Val], expected: &[&str]) {
    let (saw, sent) = saw(fixture, function, arguments).await;
    assert_eq!(saw, expected, "{function} {arguments:?} on {}; it sent {sent:?}", fixture.backend());
}

#[test]
fn get_with_a_lock_locks_and_reads_again() {
    for_each_database(async |fixture: &Fixture| {
        let expected = if fixture.capabilities().row_locking {
            ["eddy", "lock-not-available", "jo", "nothing", "eddy", "nothing"]
        } else {
            ["unsupported row-locking"; 6]
        };
        assert_sees(fixture, "q-get-locks", &[], &expected).await;
    });
}

#[test]
fn get_finds_what_the_query_has_and_nothing_else() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["ed", "nothing", "nothing", "ed nothing", "ed jo nothing", "ed nothing", "nothing", "al", "bo", "4"];
        assert_sees(fixture, "q-get-filters", &[], &expected).await;
    });
}

#[test]
fn get_reads_again_what_is_known_where_that_is_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["ed", "eddy", "eddy unloaded devices", "true eddy [2, 5, 1]", "true [3]", "nothing", "no-result"];
        assert_sees(fixture, "q-get-again", &[], &expected).await;
    });
}

#[test]
fn get_keeps_to_the_options_of_its_query() {
    for_each_database(async |fixture: &Fixture| {
        assert_sees(fixture, "q-get-options", &[], &["limit LimitKind::Rows 0"; 3]).await;
    });
}

#[test]
fn get_by_keys_of_several_columns() {
    for_each_database(async |fixture: &Fixture| {
        let wrong = r#"invalid: a key of "rooms" has 2 columns, not 1"#;
        assert_sees(fixture, "q-get-composite", &[], &["1 2", "nothing", "2 1", wrong, wrong]).await;
    });
}

#[test]
fn relationships_are_joined_both_ways_and_through_tables() {
    for_each_database(async |fixture: &Fixture| {
        let pairs = r#"[("ed", 1), ("ed", 2), ("ed", 5), ("jo", 3)]"#;
        let expected = [
            pairs,
            pairs,
            "[3]",
            r#"[("ed", Some(2)), ("jo", None), ("al", None), ("bo", None)]"#,
            r#"[("ed", "blue", 1), ("ed", "red", 1), ("jo", "red", 2)]"#,
            r#"[("ed", Some("blue")), ("jo", None), ("al", None), ("bo", None)]"#,
            "bo jo al",
            r#"[("ed", "jo"), ("ed", "al"), ("jo", "ed")]"#,
            r#"[("ed", "mail"), ("ed", "chess"), ("jo", "mail")]"#,
            "[(1, 1)]",
            "ed ed jo",
            "al bo",
            r#"invalid: two sources have the name "users"; give one of them an alias"#,
        ];
        assert_sees(fixture, "q-joins", &[], &expected).await;
    });
}

#[test]
fn conditions_ask_what_is_related() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "ed jo",
            "jo",
            "al bo",
            "ed",
            "ed",
            "ed",
            "ed jo",
            "jo al",
            "jo",
            "ed",
            "bo",
            "jo al",
            "ed",
            "ed",
            "ed",
            "ed jo",
            "ed",
            "ed",
            "ed jo",
            "bo",
            "ed al",
            "[3]",
            "ed",
            "[(1, 1), (2, 1)]",
            r#"[("ed", true), ("jo", true), ("al", false), ("bo", false)]"#,
            "3 2",
        ];
        assert_sees(fixture, "q-any", &[], &expected).await;
    });
}

#[test]
fn columns_of_a_query_are_those_of_their_model() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"[("ed", 5, 1), ("ed", 1, 2), ("jo", 3, 3)]"#,
            r#"[("ed", None), ("jo", Some(3)), ("al", None), ("bo", None)]"#,
            r#"[(1, "phone"), (5, "phone")]"#,
            r#"["ed"]"#,
            "true",
        ];
        assert_sees(fixture, "q-subquery-columns", &[], &expected).await;
    });
}

/// Seven users in batches of three: their keys, then each batch with its devices.
#[test]
fn batches_come_with_what_they_are_related_to() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "[3, 3, 1] true true",
            "2 1 1",
            "ed [5, 1], ed [5, 1], ed [5, 1], jo [3]",
            "ed [5, 1], jo [3], al [], bo []",
            "ok",
        ];
        let batch = "select users, select devices";
        let sent = format!("select users, {batch}, {batch}, {batch}");
        assert_saw(fixture, "q-stream", &[Val::U32(7), Val::U32(3)], &expected, &[&sent]).await;
    });
}

/// More rows than the first batch of a result, and than one statement has keys.
#[test]
fn three_thousand_objects_are_streamed_with_their_devices() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, _) = saw(fixture, "q-stream", &[Val::U32(3_000), Val::U32(1_000)]).await;
        assert_eq!(saw[0], "[1000, 1000, 1000] true true", "on {}", fixture.backend());
    });
}

#[test]
fn rows_of_a_query_are_counted_and_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["4 1", "3 1", "4 2", "4 0", "true false", "true false", "5 true"];
        assert_sees(fixture, "q-count", &[], &expected).await;
    });
}

#[test]
fn pages_of_one_are_the_whole_in_its_order() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "ed jo al bo",
            "al bo ed jo",
            "jo ed bo al",
            "al ed jo bo",
            "jo bo ed al",
            "jo bo al ed",
            "ed al jo bo",
            "jo ed bo al",
            "bo al jo ed",
        ];
        assert_sees(fixture, "q-pages", &[], &expected).await;
    });
}

#[test]
fn a_page_begins_after_the_one_before() {
    for_each_database(async |fixture: &Fixture| {
        let cut = "invalid: a page takes the place of a limit and an offset, and groups have no pages";
        let expected = [
            "al [], bo [], ed [2, 5, 1]",
            "jo true",
            "5 true",
            "jo ed true",
            "invalid: this place is one in the order of another query",
            "invalid: a page has at least one object",
            cut,
            cut,
            "invalid: this is not the text of a place in an order",
        ];
        assert_sees(fixture, "q-page", &[], &expected).await;
    });
}

/// Twelve thousand rows of four columns: more values than a statement has parameters.
#[test]
fn upserts_go_past_the_parameters_of_a_statement() {
    for_each_database(async |fixture: &Fixture| {
        // Without a target of conflicts, rows that are left alone are matched by an update that changes nothing.
        let ignored = if fixture.capabilities().conflict_target { "0" } else { "12000" };
        let expected = ["ok", "12000 72006000 6000", "1 None", "12000", "true", "true", "ok", ignored, "12000"];
        assert_sees(fixture, "q-upsert-many", &[Val::U32(12_000)], &expected).await;
    });
}

#[test]
fn columns_of_many_rows_are_updated_without_the_rows() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "2",
            r#"[("eddy", None), ("jo", None), ("ally", Some(31)), ("bo", None)]"#,
            "eddy None",
            r#"invalid: 2 rows get 1 values of "age""#,
            "invalid: an update sets nothing: say what with `set`",
            r#"invalid: a key of "users" has 1 columns, not 2"#,
            "ok",
            "stale users 1 of 2",
            "None",
            r#"invalid: rows of "stocks" have versions: set "version" to those that they must have"#,
            "ok",
            "stale stocks 1 of 2",
            "[(5, 2), (6, 2)]",
        ];
        assert_sees(fixture, "q-update-columns", &[], &expected).await;
    });
}

#[test]
fn relationships_are_loaded_in_their_order_also_downwards() {
    for_each_database(async |fixture: &Fixture| {
        let of_ed = r#"[2, 5, 1] ["red", "blue"] jo al"#;
        assert_sees(fixture, "q-declared-orders", &[], &[of_ed, of_ed, "[2, 1]"]).await;
    });
}

#[test]
fn a_load_with_a_filter_shows_what_it_found() {
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
        assert_saw(fixture, "q-filtered-loads", &[], &expected, &["select users, select devices"]).await;
    });
}

/// What a filter does not show is neither lost nor left behind.
#[test]
fn changes_after_a_load_with_a_filter_know_of_the_rest() {
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
            // Each way has a database of its own only where it begins with none: the tables are dropped between two.
            assert_sees(fixture, "q-filtered-changes", &[text(way)], &expected).await;
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

/// Columns that are deferred are not read before they are asked for, and never anything else than what the row has.
#[test]
fn deferred_columns_are_read_where_they_are_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let sent = scene.record();
        let saw = scene.saw("q-deferred", &[]).await;
        let none = r#"UnloadedColumn("body") UnloadedColumn("mark")"#;
        let quoted = none.replace('"', "\\\"");
        let written = "new body 1 Some(1), title 2 other Some(2), title 3 body 3 Some(3)";
        let no_mark = r#"UnloadedColumn("mark")"#;
        let expected = [
            &format!(r#"title 1 {none} Some("title 2 {quoted}") 2 Some(1)"#),
            r#"notes { id: 1, folder_id: 1, body: unloaded, title: "title 1", mark: unloaded } true"#,
            &format!("title 2 other {no_mark} | {written}"),
            &format!("new body 1 {no_mark}, title 2 other {no_mark}, title 3 body 3 {no_mark}"),
            written,
            r#"new UnloadedColumn("body") Some(1)"#,
            "new body 1 Some(1)",
            "false",
            "new body 1 None, title 2 other Some(2), title 3 body 3 Some(3)",
            &format!("true new {none}"),
            "title 1 body 1 Some(1), title 2 body 2 Some(2), title 3 body 3 Some(3)",
        ];
        assert_eq!(saw, expected, "on {}", fixture.backend());
        let texts = sent.texts_between_marks().remove(0);
        let columns = |text: &String| text.split(" FROM ").next().unwrap_or_default().to_owned();
        assert_eq!(texts.len(), 5, "{texts:?}");
        assert!(!texts.iter().map(columns).any(|columns| columns.contains("body")), "{texts:?}");
    });
}

/// A copy that lacks them is refused, streams leave them out, and what takes a row's place is written whole.
#[test]
fn deferred_columns_are_never_written_unread() {
    for_each_database(async |fixture: &Fixture| {
        let none = r#"UnloadedColumn("body") UnloadedColumn("mark")"#;
        let expected = [
            "type-mismatch body",
            "type-mismatch body",
            &format!("title 1 {none}, title 2 {none}"),
            "3",
            r#"[("", None)]"#,
            r#"Some("bulk")"#,
        ];
        assert_sees(fixture, "q-deferred-elsewhere", &[], &expected).await;
    });
}

#[test]
fn errors_of_every_kind_leave_a_transaction() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "invalid digit found in string Some(40)",
            "too young 7 Some(40)",
            "true Some(40)",
            "done 44 Some(44)",
            "true Some(44)",
            "true Some(45)",
            r#"Other("invalid digit found in string")"#,
            r#"Other("foreign") Some(45)"#,
        ];
        assert_sees(fixture, "q-errors", &[], &expected).await;
    });
}
