//! A16: `to_dict`, which converts objects to plain data.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// A JSON object of these columns, followed by these relationships.
fn of(columns: &str, more: &str) -> String {
    format!("{{{columns}{more}}}")
}

/// A new object has its columns and the relationships that were set, one level deep unless the options differ.
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

/// An object of a row has what is loaded. A reference back to an object on the path to it is left out; an object that was
/// included elsewhere has its columns only.
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
        // One person in two relationships is included in both.
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
