//! Q01: `get`, which reads an object by its primary key.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_sees;

#[test]
fn q01_get_with_a_lock_locks_and_reads_again() {
    for_each_database(async |fixture: &Fixture| {
        let expected = if fixture.capabilities().row_locking {
            ["eddy", "lock-not-available", "jo", "nothing", "eddy", "nothing"]
        } else {
            ["unsupported row-locking"; 6]
        };
        assert_sees(fixture, "query-get-locks", &[], &expected).await;
    });
}

#[test]
fn q01_get_finds_what_the_query_has_and_nothing_else() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["ed", "nothing", "nothing", "ed nothing", "ed jo nothing", "ed nothing", "nothing", "al", "bo", "4"];
        assert_sees(fixture, "query-get-filters", &[], &expected).await;
    });
}

#[test]
fn q01_get_reads_again_what_is_known_where_that_is_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let expected =
            ["ed", "eddy", "eddy unloaded devices", "true eddy [2, 5, 1]", "true [3]", "nothing", "no-result"];
        assert_sees(fixture, "query-get-again", &[], &expected).await;
    });
}

#[test]
fn q01_get_keeps_to_the_options_of_its_query() {
    for_each_database(async |fixture: &Fixture| {
        assert_sees(fixture, "query-get-options", &[], &["limit LimitKind::Rows 0"; 3]).await;
    });
}

#[test]
fn q01_get_by_keys_of_several_columns() {
    for_each_database(async |fixture: &Fixture| {
        let wrong = r#"invalid: a key of "rooms" has 2 columns, not 1"#;
        assert_sees(fixture, "query-get-composite", &[], &["1 2", "nothing", "2 1", wrong, wrong]).await;
    });
}
