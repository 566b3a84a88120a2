//! B08: many-to-many, with a secondary table of pairs only and with one that has columns of its own.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// A pair is inserted after both sides and deleted before them; an update of a column touches its own table only.
#[test]
fn b08_pairs_come_last_and_go_first() {
    for is_loaded in [true, false] {
        for_each_database(async |fixture: &Fixture| {
            let expected = [
                r#"["i1"] ["k1"] [("i1", "k1")] 1"#,
                r#"["i2"] ["k1"] [("i2", "k1")] 1"#,
                r#"["i2"] ["k1"] [] 0"#,
                r#"[] ["k1"] [] 0"#,
            ];
            // The pairs that are deleted with the item have to be loaded.
            let last = if is_loaded {
                "delete item_keywords, delete items"
            } else {
                "select item_keywords, delete item_keywords, delete items"
            };
            let sent =
                ["insert items, insert keywords, insert item_keywords", "update items", "delete item_keywords", last];
            assert_saw(fixture, "b08-many-to-many", &[Val::Bool(is_loaded)], &expected, &sent).await;
        });
    }
}

#[test]
fn b08_what_both_sides_say_is_written_once() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            r#"["i1"] ["k1", "k2"] [("i1", "k1"), ("i1", "k2")] 2"#,
            "1 1",
            r#"["i1"] ["k1", "k2"] [("i1", "k2")] 1"#,
            r#"["i1"] ["k1", "k2"] [] 0"#,
            "0 0",
        ];
        let sent =
            ["insert items, insert keywords, insert item_keywords", "delete item_keywords", "delete item_keywords"];
        assert_saw(fixture, "b08-both-sides", &[], &expected, &sent).await;
    });
}

#[test]
fn b08_a_side_goes_and_the_other_stays() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [r#"["i1", "i2"] ["own"] [("i1", "own")] 1"#, "[] [] [] 0", "Detached"];
        let sent = [
            "select item_keywords, delete item_keywords, delete keywords",
            "select item_keywords, delete item_keywords, delete keywords, delete items",
        ];
        assert_saw(fixture, "b08-delete-a-side", &[], &expected, &sent).await;
    });
}

/// The keys of the secondary model's rows are the keys of both sides, and a row that its parent removes is an orphan.
#[test]
fn b08_pairs_that_have_something_to_say_are_objects() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            [r#"[("bolt", 4), ("nut", 3)]"#, "true", r#"[("bolt", 4), ("nut", 5)]"#, r#"[("bolt", 4)]"#, "[]"];
        let sent = [
            "insert orders, insert articles, insert order_lines",
            "update order_lines",
            "delete order_lines",
            "delete order_lines, delete orders",
        ];
        assert_saw(fixture, "b08-with-columns", &[], &expected, &sent).await;
    });
}
