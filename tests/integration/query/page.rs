//! Q04 and Q05: counts of rows, tests for their existence, and pages.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_sees;

#[test]
fn q04_rows_of_a_query_are_counted_and_asked_for() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["4 1", "3 1", "4 2", "4 0", "true false", "true false", "5 true"];
        assert_sees(fixture, "query-count", &[], &expected).await;
    });
}

#[test]
fn q05_pages_of_one_are_the_whole_in_its_order() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "ed jo al bo",
            "al bo ed jo",
            "jo ed bo al",
            "al ed jo bo",
            "jo bo ed al",
            "jo bo al ed",
            "ed al jo bo",
            "jo ed bo al",
            "bo al jo ed",
        ];
        assert_sees(fixture, "query-pages", &[], &expected).await;
    });
}

#[test]
fn q05_a_page_begins_after_the_one_before() {
    for_each_database(async |fixture: &Fixture| {
        let cut = "invalid: a page takes the place of a limit and an offset, and groups have no pages";
        let expected = [
            "al [], bo [], ed [2, 5, 1]",
            "jo true",
            "5 true",
            "jo ed true",
            "invalid: this place is one in the order of another query",
            "invalid: a page has at least one object",
            cut,
            cut,
            "invalid: this is not the text of a place in an order",
        ];
        assert_sees(fixture, "query-page", &[], &expected).await;
    });
}
