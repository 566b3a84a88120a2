//! A03: reflection by a database, and its declared tables when it is opened again.

use sqlservice_tests::{Fixture, component::GUEST_CONFORMANCE, for_each_database};

use crate::scene::{Scene, lines};

#[test]
fn a03_reflect_reads_what_is_there() {
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        outside.execute("CREATE TABLE a (id BIGINT PRIMARY KEY)").await;
        outside
            .execute("CREATE TABLE b (id BIGINT PRIMARY KEY, a_id BIGINT, FOREIGN KEY (a_id) REFERENCES a (id))")
            .await;
        outside
            .execute("CREATE TABLE c (id BIGINT PRIMARY KEY, b_id BIGINT, FOREIGN KEY (b_id) REFERENCES b (id))")
            .await;
        outside.execute("INSERT INTO b (id) VALUES (2), (1)").await;
        let saw = Scene::new(fixture).saw("a03-reflect", &[]).await;
        assert_eq!(saw[..3], ["0", "no-such-table nosuch", "0"]);
        assert_eq!(saw[3..], ["b", "a b c", "a b c", "0", "0", "[1, 2]"]);
        assert_eq!(outside.tables().await, ["a", "b", "c"]);
    });
}

#[test]
fn a03_a_database_that_is_opened_again_knows_what_was_declared() {
    let expected = [
        "a", "a b c", "", "a", "a b", "a b c", "users", "a users", "[1, 2]", "[2, 1]", "[1, 2]", "[2, 1]", "[1, 2]",
        "[2, 1]",
    ];
    for_each_database(async |fixture: &Fixture| {
        let mut outside = fixture.outside().await;
        for table in ["a", "b", "c"] {
            outside.execute(&format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY)")).await;
        }
        outside.execute("INSERT INTO a (id) VALUES (2), (1)").await;
        let mut guest = Scene::new(fixture).instance(GUEST_CONFORMANCE).await;
        for call in ["the first call", "a later one"] {
            let saw = guest.call("a03-opened-again", &[]).await.expect("no trap");
            assert_eq!(lines(saw).expect("no error"), expected, "{call} on {}", fixture.backend());
        }
    });
}
