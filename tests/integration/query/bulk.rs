//! Q06: bulk upserts and updates of columns.

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::assert_sees;

/// Twelve thousand rows of four columns: more values than a statement may have parameters.
#[test]
fn q06_upserts_go_past_the_parameters_of_a_statement() {
    for_each_database(async |fixture: &Fixture| {
        // Without conflict targets, `do_nothing` is an update that changes no value, and it counts the rows that exist.
        let ignored = if fixture.capabilities().conflict_target { "0" } else { "12000" };
        let expected = ["ok", "12000 72006000 6000", "1 None", "12000", "true", "true", "ok", ignored, "12000"];
        assert_sees(fixture, "query-upsert-many", &[Val::U32(12_000)], &expected).await;
    });
}

#[test]
fn q06_columns_of_many_rows_are_updated_without_the_rows() {
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
        assert_sees(fixture, "query-update-columns", &[], &expected).await;
    });
}
