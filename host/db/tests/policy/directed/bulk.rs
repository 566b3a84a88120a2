//! Bulk inserts, flushes and loads under rules.

use std::sync::Arc;

use sqlservice_db::{Error, Root, RunOptions};
use sqlservice_sql::{
    BulkStatements, Error as StatementError, Flush, InsertMany, Limits, Loading, Value,
    flush::{Change, Deletes, Inserts, Updates},
    load::{Load, LoadPlan},
};

use super::{Shared, integer, is_denied, on_each, text, usual};
use crate::{bulk::batch, place::run, tables::strings};

fn flush(shared: &Shared, changes: Vec<Change>) -> Result<Flush, StatementError> {
    Flush::new(changes, Arc::clone(&shared.catalog), shared.dialect, Limits::default())
}

fn many(shared: &Shared, columns: &[&str], rows: &[Vec<Value>]) -> Result<BulkStatements, StatementError> {
    let target =
        InsertMany { schema: None, table: "notes".to_owned(), columns: strings(columns), returning: Vec::new() };
    let rows = Arc::new(batch(rows.first().map_or(0, Vec::len), rows));
    BulkStatements::new(target, rows, Arc::clone(&shared.catalog), shared.dialect, Limits::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_keys_of_hidden_rows_are_stale_in_a_unit_of_work() {
    on_each(usual, async |shared| {
        // A hidden row, a row that may only be read and a missing row give the same error.
        for key in [4, 3, 2, 99] {
            let keys = batch(1, &[vec![integer(key)]]);
            let updates = Change::Updates(Updates {
                table: "notes".to_owned(),
                keys: keys.clone(),
                versions: None,
                columns: strings(&["n"]),
                rows: batch(1, &[vec![integer(5)]]),
                links: Vec::new(),
                returning: Vec::new(),
                stored: None,
            });
            let deletes = Change::Deletes(Deletes {
                table: "notes".to_owned(),
                keys,
                versions: None,
                stored: None,
                strict: true,
            });
            for change in [updates, deletes] {
                let session = shared.database.session();
                let flush = flush(shared, vec![change]).expect("good changes");
                let failed = session.flush(flush, RunOptions::default()).await.map(|_| ()).expect_err("no such row");
                let stale = StatementError::Stale { table: "notes".to_owned(), expected: 1, matched: 0 };
                assert!(matches!(&failed.error, Error::Statement(error) if *error == stale), "{failed:?}");
                session.rollback().await.expect("rolled back");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_rows_of_batches_become_those_of_who_asks() {
    on_each(usual, async |shared| {
        let yes = Value::from(true);
        let rows = [vec![text("one"), text("two")], vec![yes.clone(), yes]];
        let session = shared.database.session();
        let statements = many(shared, &["body", "is_open"], &rows).expect("good rows");
        let answer = session.insert_many(statements, RunOptions::default()).await.expect("inserted");
        assert_eq!(answer.affected, 2);
        let whose = "select count(*) from notes where body in ('one', 'two') and tenant_id = 7 and owner_id = 3";
        assert_eq!(run(&session, whose).await.expect("read").first_batch.value(0, 0), integer(2));
        let inserts = Change::Inserts(Inserts {
            table: "notes".to_owned(),
            columns: strings(&["body", "is_open"]),
            rows: batch(1, &[vec![text("one")], vec![Value::from(false)]]),
            links: Vec::new(),
            returning: strings(&["id"]),
        });
        session.flush(flush(shared, vec![inserts]).expect("good"), RunOptions::default()).await.expect("written");
        assert_eq!(run(&session, whose).await.expect("read").first_batch.value(0, 0), integer(3));
        session.rollback().await.expect("rolled back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_batches_with_what_is_not_granted_are_refused() {
    on_each(usual, async |shared| {
        let long = "much longer than the thirty characters that the check allows";
        let checked = many(shared, &["body", "is_open"], &[vec![text("a"), text(long)], vec![Value::from(true); 2]]);
        assert!(checked.is_err_and(|error| is_denied(&error)));
        let without = many(shared, &["is_open"], &[vec![Value::from(true)]]);
        assert!(without.is_err_and(|error| is_denied(&error)));
        let hidden = many(shared, &["body", "tenant_id"], &[vec![text("a")], vec![integer(8)]]);
        assert!(hidden.is_err_and(|error| matches!(error, StatementError::NoSuchColumn { .. })));
        let updates = |column: &str, value: Value| {
            Change::Updates(Updates {
                table: "notes".to_owned(),
                keys: batch(1, &[vec![integer(1)]]),
                versions: None,
                columns: strings(&[column]),
                rows: batch(1, &[vec![value]]),
                links: Vec::new(),
                returning: Vec::new(),
                stored: None,
            })
        };
        assert!(flush(shared, vec![updates("body", text(long))]).is_err_and(|error| is_denied(&error)));
        assert!(flush(shared, vec![updates("owner_id", integer(4))]).is_err_and(|error| is_denied(&error)));
        assert!(flush(shared, vec![updates("is_open", Value::from(true))]).is_err_and(|error| is_denied(&error)));
        let hidden = flush(shared, vec![updates("tenant_id", integer(8))]);
        assert!(hidden.is_err_and(|error| matches!(error, StatementError::NoSuchColumn { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_loads_find_rows_that_are_seen() {
    on_each(usual, async |shared| {
        let of = |table: &str, relationship: &str| LoadPlan {
            table: table.to_owned(),
            loads: vec![Load { relationship: relationship.to_owned(), nested: vec![], joined: false }],
            roots: vec![0],
        };
        for (plan, roots, loaded) in
            [(of("projects", "notes"), 2, 2), (of("projects", "docs"), 2, 1), (of("projects", "pinned"), 2, 1)]
        {
            let catalog = Arc::clone(&shared.catalog);
            let loading = Loading::new(&plan, catalog, shared.dialect, Limits::default()).expect("a plan");
            let keys = loading.by_keys(&batch(4, &[(1..=4).map(integer).collect()])).expect("keys");
            let session = shared.database.session();
            let (_, root, rows) = session.load(Root::Keys(keys), loading, RunOptions::default()).await.expect("loaded");
            session.rollback().await.expect("rolled back");
            assert_eq!((root.rows, rows[0].rows.rows), (roots, loaded), "{plan:?}");
        }
        // Rows that the guest claims to have already: those of another tenant.
        let plan = of("projects", "notes");
        let catalog = Arc::clone(&shared.catalog);
        let mut loading = Loading::new(&plan, catalog, shared.dialect, Limits::default()).expect("a plan");
        loading.take_known(strings(&["id"]), batch(1, &[vec![integer(2)]])).expect("known");
        let session = shared.database.session();
        let (_, _, rows) = session.load(Root::Known, loading, RunOptions::default()).await.expect("loaded");
        session.rollback().await.expect("rolled back");
        assert_eq!(rows[0].rows.rows, 0);
    })
    .await;
}
