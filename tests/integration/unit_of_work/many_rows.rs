//! B21: a thousand parents with three children each.

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use super::saw;

/// Every object has the id of its row, and every row the parent of its object. On PostgreSQL, a flush is one statement for each table.
#[test]
fn b21_a_thousand_parents_and_their_children() {
    for_each_database(async |fixture: &Fixture| {
        let (saw, sent) = saw(fixture, "b21-many", &[Val::U32(1_000)]).await;
        let backend = fixture.backend();
        assert_eq!(saw, ["3000 of 3000", "true", "3000 c00001-0", "0"], "on {backend}");
        if backend == Backend::Postgres {
            let expected = [
                "insert parents, insert children",
                "update parents, update children",
                "delete children, delete parents",
            ];
            assert_eq!(sent, expected, "on {backend}");
        }
        assert!(sent[0].matches("insert").count() <= 2 + 3, "{} on {backend}", sent[0]);
    });
}
