//! Models that a guest declares, and the schema that reflection shows it.

use std::collections::BTreeMap;

use sqlservice_db::ReflectOptions;
use sqlservice_sql::{
    Error, Flush, Limits, Scalar,
    flush::{Change, Updates},
    policy::TablePolicy,
    schema::{DefaultValue, Models, TypeKind},
    statement::Root,
};

use super::{declare, integer, is_denied, on_each, on_each_with, policies, statement, text, usual};
use crate::{
    build::{column, set, table, update},
    bulk::batch,
    tables::{models, read, rules, rules_of, strings},
};

#[tokio::test(flavor = "multi_thread")]
async fn t53_models_name_what_is_granted() {
    on_each(usual, async |shared| {
        for name in ["members", "nowhere"] {
            let mut unknown = models();
            unknown.tables.push(table(name, vec![]));
            assert_eq!(declare(unknown, rules(), shared.dialect), Err(Error::NoSuchTable(name.to_owned())));
        }
        for name in ["tenant_id", "nowhere"] {
            let mut unknown = models();
            unknown.tables[0].columns.push(column(name, TypeKind::Int64));
            let missing = Error::NoSuchColumn { table: Some("projects".to_owned()), column: name.to_owned() };
            assert_eq!(declare(unknown, rules(), shared.dialect), Err(missing));
        }
        let mut in_schema = models();
        in_schema.relationships.clear();
        in_schema.tables.retain(|table| table.name == "docs");
        in_schema.tables[0].foreign_keys.clear();
        in_schema.tables[0].schema = Some("other".to_owned());
        assert!(declare(in_schema, rules(), shared.dialect).is_err(), "a table of the name in another schema");
    })
    .await;
}

fn touched(models: &mut Models) {
    for (table, column, value) in
        [("notes", "is_open", Scalar::Boolean(true)), ("docs", "project_id", Scalar::Integer(4))]
    {
        let table = models.tables.iter_mut().find(|of| of.name == table).expect("a table");
        let column = table.columns.iter_mut().find(|of| of.name == column).expect("a column");
        column.on_update = DefaultValue::Literal(value.into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_what_every_update_sets_has_to_be_granted() {
    on_each_with(usual, touched, async |shared| {
        for (table, column) in [("notes", "n"), ("docs", "size")] {
            let touches = statement(|arena| {
                let one = arena.int(1);
                Root::Update(update(table, vec![set(column, one)]))
            });
            assert!(is_denied(&shared.refused(&touches)), "{table}");
            let updates = Change::Updates(Updates {
                table: table.to_owned(),
                keys: batch(1, &[vec![integer(1)]]),
                versions: None,
                columns: strings(&[column]),
                rows: batch(1, &[vec![integer(1)]]),
                links: Vec::new(),
                returning: Vec::new(),
                stored: None,
            });
            let catalog = std::sync::Arc::clone(&shared.catalog);
            let flush = Flush::new(vec![updates], catalog, shared.dialect, Limits::default());
            assert!(flush.is_err_and(|error| is_denied(&error)), "{table}");
        }
    })
    .await;
}

fn counted(models: &mut Models) {
    let notes = models.tables.iter_mut().find(|table| table.name == "notes").expect("a table");
    notes.version_column = Some("owner_id".to_owned());
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_version_that_counts_up_has_to_be_granted() {
    on_each_with(usual, counted, async |shared| {
        let updates = Change::Updates(Updates {
            table: "notes".to_owned(),
            keys: batch(1, &[vec![integer(1)]]),
            versions: Some(batch(1, &[vec![integer(3)]])),
            columns: strings(&["word"]),
            rows: batch(1, &[vec![text("1")]]),
            links: Vec::new(),
            returning: Vec::new(),
            stored: None,
        });
        let catalog = std::sync::Arc::clone(&shared.catalog);
        let flush = Flush::new(vec![updates], catalog, shared.dialect, Limits::default());
        assert!(flush.is_err_and(|error| is_denied(&error)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_reflection_shows_what_is_granted() {
    on_each(usual, async |shared| {
        let all = shared.database.reflect(ReflectOptions::default()).await.expect("reflected");
        assert!(all.iter().any(|table| table.name == "members"), "the owner sees it");
        let shown = rules().visible(all);
        let names: Vec<&str> = shown.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["docs", "notes", "pins", "projects"]);
        for table in &shown {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(columns, read(&table.name), "{}", table.name);
        }
        // Generated names of keys contain column names, so they are checked too.
        let text = format!("{shown:?}");
        assert!(!text.contains("tenant_id") && !text.contains("members"), "{text}");
        let projects = shown.iter().find(|table| table.name == "projects").expect("a table");
        let uniques: Vec<_> = projects.uniques.iter().chain(&projects.indexes).map(|index| &index.columns).collect();
        assert!(uniques.contains(&&strings(&["slug"])), "{uniques:?}");
        assert_eq!(projects.foreign_keys[0].columns, ["parent_id"]);
    })
    .await;
}

#[test]
fn t53_rules_by_which_a_row_could_change_hands_are_refused() {
    let with = |name: &str, change: fn(&mut TablePolicy)| {
        let mut policies: BTreeMap<String, TablePolicy> = policies();
        change(policies.get_mut(name).expect("a table"));
        sqlservice_sql::Policy::new(policies)
    };
    assert!(with("notes", |_| ()).is_ok());
    let update = |policy: &mut TablePolicy| policy.update.as_mut().expect("granted").columns.push("is_open".to_owned());
    assert!(with("notes", update).is_err(), "it decides who reads the row");
    let update =
        |policy: &mut TablePolicy| policy.update.as_mut().expect("granted").columns.push("owner_id".to_owned());
    assert!(with("notes", update).is_err(), "it decides whose the row is");
    let upsert = |policy: &mut TablePolicy| policy.allow.extend([sqlservice_sql::policy::Allow::Upsert]);
    assert!(with("notes", upsert).is_err(), "it could meet a row that is not seen");
    assert!(with("pins", upsert).is_ok());
    assert!(with("pins", |policy| policy.read = None).is_err(), "its rows could be changed by what is in them");
    assert!(rules_of(policies()).knows_all("notes", &strings(&["secret"])));
}
