//! Q09: deferred columns, which are read on request only.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_sees;
use crate::scene::Scene;

/// Deferred columns are not read before the guest requests them, and their values are always those of the row.
#[test]
fn q09_deferred_columns_are_read_where_they_are_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let sent = scene.record();
        let saw = scene.saw("query-deferred", &[]).await;
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

/// A copy without its deferred columns is refused, streams leave them out, and an object that replaces a row writes all columns.
#[test]
fn q09_deferred_columns_are_never_written_unread() {
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
        assert_sees(fixture, "query-deferred-elsewhere", &[], &expected).await;
    });
}
