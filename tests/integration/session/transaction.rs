//! Q10: a transaction's closure returns errors of any type.

use sqlservice_tests::{Fixture, for_each_database};

use crate::query::assert_sees;

#[test]
fn q10_errors_of_every_kind_leave_a_transaction() {
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
        assert_sees(fixture, "query-errors", &[], &expected).await;
    });
}
