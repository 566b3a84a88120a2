//! F06: tables with circular foreign keys.

use sqlservice_tests::{Fixture, for_each_database};

use crate::scene::Scene;

#[test]
fn f06_tables_that_refer_to_each_other_are_made_and_dropped() {
    for_each_database(async |fixture: &Fixture| {
        let saw = Scene::new(fixture).saw("f06-cycle", &[]).await;
        assert_eq!(saw[..3], ["balls nodes people", "", "1"]);
        let keys: Vec<&str> = saw[3..6].iter().map(|fact| &fact[fact.find('(').expect("columns")..]).collect();
        assert_eq!(keys, ["(owner) -> people (id)", "(parent) -> nodes (id)", "(favorite) -> balls (id)"]);
        assert_eq!(saw[6..], ["balls nodes people", "0"]);
        assert_eq!(fixture.outside().await.tables().await, Vec::<String>::new());
    });
}
