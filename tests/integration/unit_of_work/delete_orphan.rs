//! B16 and B17: children that are deleted when they lose their parent.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

const MADE: &str = "insert parents, insert children, insert toys";

/// The rows of a removed child are deleted with it; the children that stay are not touched.
#[test]
fn b16_what_is_not_in_the_list_any_more_goes() {
    for_each_database(async |fixture: &Fixture| {
        let rows = r#"[("c2", "p"), ("c3", "p")] 2"#;
        let sent = [MADE, "insert children, insert toys, delete toys, delete children"];
        let expected = [rows, "Detached Persistent true"];
        assert_saw(fixture, "b16-replace", &[Val::Bool(true)], &expected, &sent).await;
    });
    for_each_database(async |fixture: &Fixture| {
        let rows = r#"[("c2", "p"), ("c3", "p")] 2"#;
        let changes = "insert children, insert toys, delete toys, delete children";
        let sent = [MADE, &format!("select children, select toys, {changes}")];
        // The first session still has the object, as the other session deleted its row.
        let expected = [rows, "Some(()) Persistent true"];
        assert_saw(fixture, "b16-replace", &[Val::Bool(false)], &expected, &sent).await;
    });
}

#[test]
fn b16_what_was_never_written_is_not_written() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["[] 0", "Transient", "[] 0", "integrity not-null table=children"];
        let sent = ["", "select children, select toys, delete toys, delete children, delete parents"];
        assert_saw(fixture, "b16-pending", &[], &expected, &sent).await;
    });
}

#[test]
fn b17_a_child_that_another_parent_takes_stays() {
    for_each_database(async |fixture: &Fixture| {
        let of = |parent: &str| format!(r#"[("c", "{parent}")] 1"#);
        let expected = [&of("p2"), "0 true", &of("p1"), "1 0", &of("p2"), "0 1", &of("p1"), &of("p3"), &of("p2")];
        let moved = "update children";
        let sent = [MADE, moved, moved, moved, moved, "insert parents, update children", moved];
        assert_saw(fixture, "b17-move", &[], &expected, &sent).await;
    });
}
