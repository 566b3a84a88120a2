//! D19: the key of the last row that was inserted.

use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::saw_among_users;

#[test]
fn d19_the_last_key_is_told_where_the_driver_promises_one() {
    for_each_database(async |fixture: &Fixture| {
        let expected = match fixture.backend() {
            Backend::Postgres => ["none", "none", "None None", "false"],
            _ => ["true", "true", "None None", "true"],
        };
        assert_eq!(saw_among_users(fixture, "contract-last-key", 0).await, expected, "on {}", fixture.backend());
    });
}
