//! B25: two relationships between the same models, composite keys, text keys, and one-to-one relationships.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

#[test]
fn b25_two_relationships_between_the_same_models() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["x:ed:jo y:ed:-", "x:jo:jo y:ed:ed", r#"[Ok("y"), Ok("y"), Ok("x"), Ok("x")]"#, "x:jo:jo y:-:-"];
        let sent = ["insert people, insert books", "update books, update books", "update books, delete people"];
        assert_saw(fixture, "unit-keys-two-relationships", &[], &expected, &sent).await;
    });
}

/// A child's key has all columns of its parent's key, and further columns of its own.
#[test]
fn b25_keys_of_several_columns() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            [r#"[("Ä", "1", 1), ("Ä", "1", 2), ("Ä", "2", 1)]"#, "true", "3 [1, 2] [1]", "true", r#"[("Ä", "2", 1)]"#];
        let sent = ["insert rooms, insert seats", "update rooms", "delete seats, delete rooms"];
        assert_saw(fixture, "unit-keys-composite", &[], &expected, &sent).await;
    });
}

/// One statement inserts a row and the row of its table that it references by a text key. The other relationship is one-to-one.
#[test]
fn b25_keys_that_are_texts_and_one_row_each() {
    for_each_database(async |fixture: &Fixture| {
        let countries = r#"[("sco", Some("uk")), ("uk", None)]"#;
        let expected = [
            &format!(r#"{countries} [("Edinburgh", Some("sco"))]"#),
            "true",
            r#"Some("London")"#,
            "ok",
            &format!(r#"{countries} [("Edinburgh", None), ("London", Some("sco"))]"#),
            r#"[Some("London"), None]"#,
        ];
        let sent = ["insert countries, insert capitals", "insert capitals"];
        assert_saw(fixture, "unit-keys-natural", &[], &expected, &sent).await;
    });
}
