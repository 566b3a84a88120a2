//! Values of unique keys that one row of a flush frees and another row takes.

use sqlservice_sql::schema::{Action, Index};

use super::*;

fn unique(columns: &[&str]) -> Index {
    Index { name: None, columns: names(columns), unique: true }
}

/// Declares people with a unique name and seat, their badges, positions in lists, and codes that are primary keys.
fn seats(dialect: Dialect) -> Arc<Catalog> {
    let mut people = table("people", vec![column("name", varchar(64)), nullable("seat", TypeKind::Int32)]);
    people.uniques = vec![unique(&["name"]), unique(&["seat"])];
    let mut badges = table("badges", vec![column("person_id", TypeKind::Int64), nullable("text", TypeKind::Text)]);
    badges.uniques = vec![unique(&["person_id"])];
    badges.foreign_keys = vec![key("person_id", "people")];
    let mut marks = table("marks", vec![column("badge_id", TypeKind::Int64)]);
    marks.foreign_keys = vec![key("badge_id", "badges")];
    let mut places = table("places", vec![column("list", TypeKind::Int64), column("position", TypeKind::Int32)]);
    places.indexes = vec![unique(&["list", "position"])];
    places.foreign_keys = vec![key("list", "people")];
    let mut codes = table("codes", vec![column("code", varchar(20))]);
    codes.columns.remove(0);
    codes.primary_key = names(&["code"]);
    let mut uses = table("uses", vec![column("code", varchar(20))]);
    uses.foreign_keys = vec![sqlservice_sql::schema::ForeignKey {
        referred: names(&["code"]),
        on_update: Action::Cascade,
        ..key("code", "codes")
    }];
    let mut flags = table("flags", vec![column("on", TypeKind::Boolean)]);
    flags.uniques = vec![unique(&["on"])];
    let mut lists = table("lists", vec![column("name", varchar(20))]);
    lists.columns.remove(0);
    lists.primary_key = names(&["name"]);
    let mut entries = table("entries", vec![nullable("list", varchar(20))]);
    entries.foreign_keys =
        vec![sqlservice_sql::schema::ForeignKey { referred: names(&["name"]), ..key("list", "lists") }];
    let tables = vec![people, badges, marks, places, codes, uses, flags, lists, entries];
    let models = Models { tables, relationships: vec![] };
    Arc::new(Catalog::declare(models, dialect, &Limits::default(), true).expect("good models"))
}

fn stored(columns: &[&str], rows: Vec<ColumnData>) -> Option<KnownRows> {
    let count = rows.first().map_or(0, |column| match &column.values {
        Vector::Integers(values) => values.len(),
        Vector::Texts(values) => values.offsets.len() - 1,
        _ => 0,
    });
    Some(KnownRows { columns: names(columns), rows: batch(u32::try_from(count).expect("few"), rows) })
}

fn update(table: &str, keys: ColumnData, set: &[(&str, ColumnData, ColumnData)]) -> Change {
    let columns: Vec<&str> = set.iter().map(|(name, ..)| *name).collect();
    let stored = stored(&columns, set.iter().map(|(_, old, _)| old.clone()).collect());
    let count = stored.as_ref().map_or(0, |stored| stored.rows.rows);
    Change::Updates(Updates {
        table: table.into(),
        keys: batch(count, vec![keys]),
        versions: None,
        columns: names(&columns),
        rows: batch(count, set.iter().map(|(_, _, new)| new.clone()).collect()),
        links: vec![],
        returning: vec![],
        stored,
    })
}

fn ids(ids: &[i64]) -> ColumnData {
    integers(&ids.iter().map(|id| Some(*id)).collect::<Vec<_>>())
}

fn rename(ids_of: &[i64], old: &[&str], new: &[&str]) -> Change {
    update("people", ids(ids_of), &[("name", texts(old), texts(new))])
}

fn gone(table: &str, keys: &[i64], was: &[(&str, ColumnData)]) -> Change {
    let columns: Vec<&str> = was.iter().map(|(name, _)| *name).collect();
    let stored = stored(&columns, was.iter().map(|(_, old)| old.clone()).collect());
    let Change::Deletes(deletes) = deletes(table, keys) else { unreachable!() };
    Change::Deletes(Deletes { stored, ..deletes })
}

/// Runs a flush on SQLite, and returns the verb, the table and the rows of each statement.
fn written(changes: Vec<Change>) -> Vec<String> {
    let dialect = Dialect::Sqlite;
    let flush = Flush::new(changes, seats(dialect), dialect, Limits::default()).expect("good changes");
    let short = |text: String| {
        let words: Vec<&str> = text.split(' ').collect();
        let table = words.iter().find(|word| word.starts_with('"')).expect("a table").trim_matches('"');
        let rows: Vec<&str> =
            words.iter().rev().take_while(|word| word.starts_with('(') && word.ends_with(')')).copied().collect();
        let rows: Vec<&str> = rows.into_iter().rev().filter(|row| !row.starts_with("(?")).collect();
        format!("{} {table} {}", words[0], rows.join(" "))
    };
    drive(flush).expect("good").0.into_iter().map(short).collect()
}

fn person(name: &str) -> Change {
    inserts("people", &["name"], batch(1, vec![texts(&[name])]), &[], &[])
}

#[test]
fn a_value_that_an_update_frees_is_taken_by_an_insert() {
    let changes = vec![person("ed"), rename(&[1, 2], &["ed", "jo"], &["al", "bo"])];
    assert_eq!(written(changes), ["UPDATE people (al,1)", "INSERT people (ed)", "UPDATE people (bo,2)"]);
}

#[test]
fn where_nothing_is_taken_the_order_is_what_it_was() {
    let changes = vec![
        person("ed"),
        rename(&[1, 2], &["al", "jo"], &["bo", "cy"]),
        gone("people", &[3], &[("name", texts(&["x"]))]),
    ];
    assert_eq!(written(changes), ["INSERT people (ed)", "UPDATE people (bo,1) (cy,2)", "DELETE people (3)"]);
    // Without the stored values, the flush cannot see that the update frees the value.
    let Change::Updates(rename) = rename(&[1], &["ed"], &["al"]) else { unreachable!() };
    let changes = vec![person("ed"), Change::Updates(Updates { stored: None, ..rename })];
    assert_eq!(written(changes), ["INSERT people (ed)", "UPDATE people (al,1)"]);
}

#[test]
fn rows_swap_their_values_by_one_statement_more() {
    let swapped = written(vec![rename(&[1, 2], &["ed", "jo"], &["jo", "ed"])]);
    assert_eq!((swapped.len(), swapped[1].as_str()), (2, "UPDATE people (jo,1) (ed,2)"));
    assert!(swapped[0].starts_with("UPDATE people (~") && swapped[0].ends_with(",2)"), "{swapped:?}");
    // The spare values do not differ from flush to flush.
    assert_eq!(swapped, written(vec![rename(&[1, 2], &["ed", "jo"], &["jo", "ed"])]));
    // A nullable column is parked as null.
    let seat = |old: &[i64], new: &[i64]| update("people", ids(&[1, 2, 3]), &[("seat", ids(old), ids(new))]);
    assert_eq!(
        written(vec![seat(&[4, 5, 6], &[5, 6, 4])]),
        ["UPDATE people (-,1) (-,2) (-,3)", "UPDATE people (5,1) (6,2) (4,3)"]
    );
}

#[test]
fn a_long_chain_of_values_is_not_a_statement_for_each() {
    let (old, new): (Vec<i64>, Vec<i64>) = ((1..=20).collect(), (2..=21).collect());
    let taken = inserts("people", &["name", "seat"], batch(1, vec![texts(&["ed"]), ids(&[1])]), &[], &[]);
    let shift = update("people", ids(&old), &[("seat", ids(&old), ids(&new))]);
    let written = written(vec![taken, shift]);
    let verbs: Vec<&str> = written.iter().map(|text| text.split(' ').next().expect("a verb")).collect();
    assert_eq!(verbs, ["UPDATE", "UPDATE", "UPDATE", "INSERT", "UPDATE"], "{written:?}");
}

#[test]
fn nulls_and_other_rows_of_the_same_value_are_no_conflict() {
    let seat = |old: &[Option<i64>], new: &[Option<i64>]| {
        update("people", ids(&[1, 2]), &[("seat", integers(old), integers(new))])
    };
    assert_eq!(written(vec![seat(&[None, Some(1)], &[Some(2), None])]), ["UPDATE people (2,1) (-,2)"]);
    // The row keeps its value, so the database reports the duplicate.
    let kept = update("people", ids(&[1]), &[("name", texts(&["ed"]), texts(&["ed"]))]);
    assert_eq!(written(vec![kept, person("ed")]), ["INSERT people (ed)", "UPDATE people (ed,1)"]);
}

#[test]
fn a_deleted_row_frees_its_values() {
    // `badges.person_id` refers to a person and is not nullable, so the old badge cannot be parked.
    let badge = || inserts("badges", &["person_id"], batch(1, vec![ids(&[7])]), &[], &[]);
    let old = || gone("badges", &[1], &[("person_id", ids(&[7]))]);
    assert_eq!(written(vec![badge(), old()]), ["DELETE badges (1)", "INSERT badges (7)"]);
    // Rows that refer to the deleted row are deleted first.
    assert_eq!(
        written(vec![badge(), old(), deletes("marks", &[4, 5])]),
        ["DELETE marks (4) (5)", "DELETE badges (1)", "INSERT badges (7)"]
    );
    // Rows that refer to the old row may be moved to the new one first, so the old row is parked until then.
    let (old, new) = (gone("people", &[1], &[("name", texts(&["ed"])), ("seat", ids(&[3]))]), person("ed"));
    let moved = update("badges", ids(&[9]), &[("person_id", ids(&[1]), ids(&[2]))]);
    let written = written(vec![new, old, moved]);
    assert!(written[0].starts_with("UPDATE people (~"), "{written:?}");
    assert_eq!(written[1..], ["INSERT people (ed)", "UPDATE badges (2,9)", "DELETE people (1)"]);
}

#[test]
fn an_update_takes_what_a_delete_frees() {
    let old = gone("people", &[1], &[("name", texts(&["ed"]))]);
    assert_eq!(written(vec![rename(&[2], &["jo"], &["ed"]), old]), ["DELETE people (1)", "UPDATE people (ed,2)"]);
}

#[test]
fn keys_of_several_columns_are_parked_by_one_that_refers_to_nothing() {
    let places = |old: &[i64], new: &[i64]| {
        let list = || ids(&[1, 1]);
        let Change::Updates(updates) = update("places", ids(&[1, 2]), &[("position", ids(old), ids(new))]) else {
            unreachable!()
        };
        let stored = stored(&["list", "position"], vec![list(), ids(old)]);
        Change::Updates(Updates { stored, ..updates })
    };
    let swapped = written(vec![places(&[1, 2], &[2, 1])]);
    assert_eq!((swapped.len(), swapped[1].as_str()), (2, "UPDATE places (2,1) (1,2)"));
    // Equal positions in different lists do not conflict.
    let Change::Updates(updates) = places(&[1, 2], &[2, 1]) else { unreachable!() };
    let apart = Updates { stored: stored(&["list", "position"], vec![ids(&[1, 2]), ids(&[1, 2])]), ..updates };
    assert_eq!(written(vec![Change::Updates(apart)]), ["UPDATE places (2,1) (1,2)"]);
}

#[test]
fn primary_keys_swap_and_later_statements_find_the_rows() {
    let swap = update("codes", texts(&["a", "b"]), &[("code", texts(&["a", "b"]), texts(&["b", "a"]))]);
    let written = written(vec![swap]);
    assert_eq!(written.len(), 2);
    let spare =
        |text: &str| text.split(['(', ',']).find(|word| word.starts_with('~')).expect("a spare value").to_owned();
    let rows: Vec<&str> = written[0].split(' ').skip(2).collect();
    assert_eq!(written[1], format!("UPDATE codes (b,{}) (a,{})", spare(rows[0]), spare(rows[1])));
}

#[test]
fn rows_let_go_of_a_key_that_changes_where_the_database_does_not_move_them() {
    let rename = update("lists", texts(&["a"]), &[("name", texts(&["a"]), texts(&["b"]))]);
    let follow = update("entries", ids(&[5, 6]), &[("list", texts(&["a", "c"]), texts(&["b", "b"]))]);
    assert_eq!(
        written(vec![follow, rename]),
        ["UPDATE entries (-,5)", "UPDATE lists (b,a)", "UPDATE entries (b,5) (b,6)"]
    );
}

#[test]
fn a_primary_key_that_an_update_leaves_is_taken() {
    let moved = update("codes", texts(&["a"]), &[("code", texts(&["a"]), texts(&["b"]))]);
    let new = inserts("codes", &["code"], batch(1, vec![texts(&["a"])]), &[], &[]);
    assert_eq!(written(vec![new, moved]), ["UPDATE codes (b,a)", "INSERT codes (a)"]);
}

#[test]
fn what_cannot_be_parked_is_left_to_the_database() {
    let swap = update("badges", ids(&[1, 2]), &[("person_id", ids(&[7, 8]), ids(&[8, 7]))]);
    assert_eq!(written(vec![swap]), ["UPDATE badges (8,1) (7,2)"]);
    // A chain of values, unlike a cycle, has an order.
    let chain = update("badges", ids(&[1, 2, 3]), &[("person_id", ids(&[7, 8, 9]), ids(&[8, 9, 10]))]);
    assert_eq!(written(vec![chain]), ["UPDATE badges (10,3)", "UPDATE badges (9,2)", "UPDATE badges (8,1)"]);
}

#[test]
fn letter_case_is_no_difference_to_a_database_that_sees_none() {
    let swap = rename(&[1, 2], &["Ed", "jo"], &["Jo ", "ed"]);
    assert_eq!(written(vec![swap]).len(), 2);
    // A row whose value changes only in letter case frees its old value.
    let changes = vec![person("Ed"), rename(&[1], &["Ed"], &["ED"])];
    assert_eq!(written(changes), ["UPDATE people (ED,1)", "INSERT people (Ed)"]);
}

#[test]
fn stored_values_fit_the_rows() {
    let Change::Updates(updates) = rename(&[1], &["ed"], &["al"]) else { unreachable!() };
    for stored in [stored(&["name"], vec![texts(&["a", "b"])]), stored(&["gone"], vec![texts(&["a"])])] {
        let change = Change::Updates(Updates { stored, ..updates.clone() });
        let refused = Flush::new(vec![change], seats(Dialect::Sqlite), Dialect::Sqlite, Limits::default()).map(drop);
        assert!(matches!(refused, Err(Error::Invalid { .. } | Error::NoSuchColumn { .. })), "{refused:?}");
    }
}
