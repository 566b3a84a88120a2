//! B06 and B07: rows that reference rows of their own table.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// Rows with given keys are one statement, whatever the order in which they were added.
#[test]
fn b06_rows_of_one_table_come_after_those_that_they_refer_to() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        for_each_database(async |fixture: &Fixture| {
            let order = Val::List(order.iter().map(|&at| Val::U32(at)).collect());
            let expected = [r#"[("n1", None), ("n2", Some("n1")), ("n3", Some("n2"))]"#, "[]"];
            assert_saw(fixture, "b06-given-keys", &[order], &expected, &["insert nodes", "delete nodes"]).await;
        });
    }
}

const TREE: &str = r#"[("c1", Some("root")), ("c2", Some("root")), ("g1", Some("c1")), ("root", None)]"#;

/// The keys of a level are generated before the rows of the next level are inserted.
const LEVELS: &str = "insert nodes, insert nodes, insert nodes";

/// Rows of the tree that are not in the session are read level by level; then all are deleted, leaves first.
#[test]
fn b07_a_tree_grows_from_its_root_and_goes_with_it() {
    for_each_database(async |fixture: &Fixture| {
        let sent = [LEVELS, "delete nodes"];
        assert_saw(fixture, "b07-tree", &[Val::Bool(true)], &[TREE, "true true", "[]"], &sent).await;
    });
    for_each_database(async |fixture: &Fixture| {
        let sent = [LEVELS, "select nodes, select nodes, select nodes, delete nodes"];
        assert_saw(fixture, "b07-tree", &[Val::Bool(false)], &[TREE, "true true", "[]"], &sent).await;
    });
}

#[test]
fn b07_a_branch_moves_and_a_tree_grows_from_its_leaf() {
    for_each_database(async |fixture: &Fixture| {
        let moved = r#"[("c1", Some("root")), ("c2", Some("root")), ("g1", Some("c2")), ("root", None)]"#;
        let grown = r#"[("bottom", Some("middle")), ("c1", Some("root")), ("c2", Some("root")), ("g1", Some("c2")), ("middle", Some("top")), ("root", None), ("top", None)]"#;
        let expected = [moved, "0 1", grown, r#"[("c1", 0), ("c2", 1)]"#];
        assert_saw(fixture, "b07-move", &[], &expected, &["update nodes", LEVELS]).await;
    });
}
