//! A16: objects as plain data.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// An object without its relationships, and with what follows its columns.
fn of(columns: &str, more: &str) -> String {
    format!("{{{columns}{more}}}")
}

/// What is set of new objects: their columns, and one step of their relationships unless more is asked for.
#[test]
fn a16_new_objects_are_told_as_far_as_they_were_set() {
    let writer = r#""id":0,"name":"ed","mail":null"#;
    let text = |title: &str| format!(r#""id":0,"title":"{title}","created_by_id":null,"updated_by_id":null"#);
    let (a, b) = (text("a"), text("b"));
    let with_one = of(&a, &format!(r#","created_by":{{{writer}}}"#));
    let expected = [
        of(writer, ""),
        of(writer, &format!(r#","texts":[{{{a}}},{{{b}}}]"#)),
        of(writer, ""),
        with_one.clone(),
        with_one,
        of(&a, &format!(r#","created_by":{{{writer},"texts":[{{{b}}}]}}"#)),
        of(&a, ""),
    ];
    for_each_database(async |fixture: &Fixture| {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        assert_saw(fixture, "a16-new", &[], &expected, &[]).await;
    });
}

/// What is loaded of objects of rows. What leads back to where it was told from is left out; what was told elsewhere is told
/// as its columns.
#[test]
fn a16_objects_of_rows_are_told_as_far_as_they_are_loaded() {
    let (ed, jo) = (r#""id":1,"name":"ed","mail":"ed@example.org""#, r#""id":2,"name":"jo","mail":null"#);
    let a = r#""id":1,"title":"a","created_by_id":1,"updated_by_id":1"#;
    let b = r#""id":2,"title":"b","created_by_id":1,"updated_by_id":2"#;
    let with_texts = of(ed, &format!(r#","texts":[{{{a}}},{{{b}}}]"#));
    let expected = [
        of(ed, ""),
        with_texts.clone(),
        of(ed, ""),
        of(ed, ""),
        with_texts,
        of(jo, r#","texts":[]"#),
        // One person in two relationships is told in both.
        of(a, &format!(r#","created_by":{{{ed}}},"updated_by":{{{ed}}}"#)),
        of(b, &format!(r#","created_by":{{{ed}}},"updated_by":{{{jo}}}"#)),
        of(b, &format!(r#","created_by":{{{ed},"texts":[{{{a}}},{{{b}}}]}},"updated_by":{{{jo}}}"#)),
        of(ed, &format!(r#","texts":[{{{a}}},{{{b},"updated_by":{{{jo}}}}}]"#)),
        of(a, &format!(r#","created_by":{{{ed}}},"updated_by":null"#)),
    ];
    for_each_database(async |fixture: &Fixture| {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        assert_saw(fixture, "a16-loaded", &[], &expected, &[]).await;
    });
}
