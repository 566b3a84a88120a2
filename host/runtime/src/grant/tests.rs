//! Tests of the owner of created tables, by the grant's settings.

use super::*;

#[test]
fn t69_owners_are_told_apart_by_both_names() {
    assert_eq!(&*owner("acme", "notes"), "acme/notes");
    let names = [("a", "b/c"), ("a/b", "c"), ("a\\", "b/c"), ("a\\/b", "c"), ("a\\\\", "b/c"), ("", "a/b/c")];
    let owners: std::collections::HashSet<_> = names.iter().map(|(tenant, plugin)| owner(tenant, plugin)).collect();
    assert_eq!(owners.len(), names.len());
}

#[test]
fn t69_own_tables_need_an_owner_and_no_text() {
    let grant = || Grant::open("sqlite::memory:", db::Settings::default()).expect("a database");
    let who = |grant: Grant| grant.for_definitions().map(|database| database.owner().map(str::to_owned));
    assert_eq!(who(grant()), None);
    assert_eq!(who(grant().own_tables()), None);
    assert_eq!(who(grant().owner("x")), None);
    assert_eq!(who(grant().own_tables().owner("x")), Some(Some("x".to_owned())));
    assert_eq!(who(grant().own_tables().owned_by("acme", "notes")), Some(Some("acme/notes".to_owned())));
    assert_eq!(who(grant().own_tables().owner("x").owned_by("acme", "notes")), Some(Some("x".to_owned())));
    // A grant of all schema changes has no owner, whatever its owner's name.
    assert_eq!(who(grant().own_tables().schema_changes(true).owner("x")), Some(None));
    assert_eq!(who(grant().own_tables().schema_changes(false).owner("x")), None);
    assert!(grant().own_tables().raw_sql(true).contradicts_itself());
    assert!(!grant().own_tables().raw_sql(true).allows_text() && !grant().own_tables().contradicts_itself());
}
