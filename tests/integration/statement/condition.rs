//! D05 to D07: conditions on lists, patterns and nulls.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

#[test]
fn d05_lists_may_be_empty_and_of_tuples() {
    for_each_database(async |fixture: &Fixture| {
        let all = "[1, 2, 3, 4, 5]";
        let empty = ["[]", all, "[]", all, "[]", "[]", all];
        let values = ["[2, 3]", "[1, 4, 5]", "[1, 2]", "[3, 4]", "[2]", "[]"];
        let tuples = ["[]", all, "[2, 3, 4]", "[1, 4, 5]", "[2, 3]", "[2]", "[2]", "[3, 4, 5]"];
        let queries = ["[1]", "[]", all, "[4, 5]", "[1, 2]"];
        let expected: Vec<&str> = [&empty[..], &values, &tuples, &queries].concat();
        assert_saw(fixture, "d05-lists", &expected).await;
    });
}

#[test]
fn d06_texts_begin_end_and_hold_what_they_do() {
    for_each_database(async |fixture: &Fixture| {
        let (all, but_last) = ("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "[1, 2, 3, 4, 5, 6, 7, 8, 9]");
        let patterns = [all, all, but_last, but_last, "[]"];
        let literally = ["[3]", "[7]", "[4]", "[6]", "[9]", "[3]", "[3]", "[7]", "[2, 5]", "[]"];
        let negated = ["[1, 2, 4, 5, 6, 7, 8, 9, 10]"; 2];
        let escaped = ["[7]", "[3]", "[9]", "[7]", "[4]"];
        let cases = ["[]", "[2]", "[2, 3, 4, 7, 8]", "[4]"];
        let expected: Vec<&str> = [&patterns[..], &literally, &negated, &escaped, &cases].concat();
        assert_saw(fixture, "d06-patterns", &expected).await;
    });
}

#[test]
fn d07_nulls_can_be_told_apart() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["[1, 3, 4]", "[2, 5]", "[1, 2, 4]", "[2]", "[2]", "[1]", "[2, 5]"];
        assert_saw(fixture, "d07-distinct", &expected).await;
    });
}
