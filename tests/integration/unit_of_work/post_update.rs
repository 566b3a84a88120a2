//! B10 to B12: rows that reference each other, and the post-updates that close such a cycle.

use sqlservice_tests::{Fixture, for_each_database};

use super::assert_saw;

/// The refused flush sends nothing and keeps all changes pending. An object that has a row already makes no cycle.
#[test]
fn b10_rows_that_need_each_other_are_refused() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [r#"circular ["balls", "people"]"#, "0 Pending Transient", "true"];
        let sent = ["", "insert people, insert balls", "update people"];
        assert_saw(fixture, "b10-circle", &[], &expected, &sent).await;
    });
}

#[test]
fn b11_an_update_closes_the_circle_and_one_opens_it() {
    for_each_database(async |fixture: &Fixture| {
        let expected = ["p:x-- w:p x:p y:p z:p", "true true", ""];
        let sent = ["insert people, insert balls, update people", "update people, delete balls, delete people"];
        assert_saw(fixture, "b11-post-update", &[], &expected, &sent).await;
    });
}

#[test]
fn b11_keys_that_are_given_make_no_difference() {
    for_each_database(async |fixture: &Fixture| {
        let sent = ["insert people, insert balls, update people", "update people, delete balls, delete people"];
        assert_saw(fixture, "b11-given-keys", &[], &["p:x-- x:p", "Some(10) false", ""], &sent).await;
    });
}

#[test]
fn b12_columns_of_one_row_that_come_later_come_together() {
    for_each_database(async |fixture: &Fixture| {
        let expected = [
            "p:pxpypz q:qxqyqz px:p py:p pz:p qx:q qy:q qz:q",
            "p:pxpypz q:newqynew new:q px:p py:p pz:p qx:q qy:q qz:q",
            "p:pxpypz q:-qy- px:p py:p pz:p qx:q qy:q qz:q",
        ];
        let sent = [
            "insert people, insert balls, update people",
            "insert balls, update people",
            "update people, delete balls",
        ];
        assert_saw(fixture, "b12-together", &[], &expected, &sent).await;
    });
}
