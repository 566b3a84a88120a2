//! Masked columns: they are shown in some rows only and null in all others, wherever a statement names them.

use std::collections::BTreeMap;

use sqlservice_sql::{
    Flush, Limits, Value,
    flush::{Change, Deletes},
    policy::TablePolicy,
    schema::Models,
    statement::{Delete, Node, Root, Select, UnaryOp, Update},
};

use super::{Shared, ids, ids_where, integer, on_each, on_each_with, query, statement, text, usual};
use crate::{
    build::{asc, delete, select, set, update},
    bulk::batch,
};

/// Allows changes of other users' rows too.
fn lax(policies: &mut BTreeMap<String, TablePolicy>) {
    let notes = policies.get_mut("notes").expect("a table");
    notes.update.as_mut().expect("granted").filter = None;
    notes.update.as_mut().expect("granted").check = None;
    notes.delete.as_mut().expect("granted").filter = None;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_masked_column_is_null_in_queries() {
    on_each(usual, async |shared| {
        let shown = query(|arena| {
            let (source, id, secret) = (arena.from("notes as n"), arena.col("n.id"), arena.col("n.secret"));
            Select { order_by: vec![asc(secret), asc(id)], ..select(&[id, secret], source) }
        });
        assert_eq!(shared.rows(&shown).await, [[integer(1), text("5")], [integer(2), Value::NULL]]);
        let found = ids_where("notes", |arena| {
            let (secret, x) = (arena.col("secret"), arena.text("x2"));
            arena.eq(secret, x)
        });
        assert!(shared.rows(&found).await.is_empty());
        let missing = ids_where("notes", |arena| {
            let secret = arena.col("secret");
            arena.un(UnaryOp::IsNull, secret)
        });
        assert_eq!(ids(&shared.rows(&missing).await), [2]);
        let grouped = query(|arena| {
            let (source, secret, count) = (arena.from("notes"), arena.col("secret"), arena.call("count", &[]));
            Select { group_by: vec![secret], ..select(&[secret, count], source) }
        });
        assert_eq!(shared.rows(&grouped).await, [[Value::NULL, integer(1)], [text("5"), integer(1)]]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_masked_column_is_null_in_changes() {
    on_each(lax, async |shared| {
        let copied = statement(|arena| {
            let value = arena.col("notes.secret");
            Root::Update(update("notes", vec![set("body", value)]))
        });
        let bodies = "select coalesce(body, 'nothing') from notes where id in (1, 2, 3) order by id";
        let (answer, after) = shared.then(&copied, bodies).await;
        assert_eq!(answer.affected, 2);
        assert_eq!([0, 1, 2].map(|row| after.value(row, 0)), [text("5"), text("nothing"), text("private")]);
        let found = statement(|arena| {
            let (secret, x) = (arena.col("notes.secret"), arena.text("x2"));
            let filter = Some(arena.eq(secret, x));
            Root::Delete(Delete { filter, ..delete("notes") })
        });
        assert_eq!(shared.alone(&found).await.expect("done").affected, 0);
        if shared.dialect.capabilities().update_returning {
            let returned = statement(|arena| {
                let (two, secret) = (arena.int(2), arena.col("notes.secret"));
                Root::Update(Update { returning: vec![secret], ..update("notes", vec![set("n", two)]) })
            });
            assert_eq!(shared.rows(&returned).await, [[Value::NULL], [text("5")]]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_no_source_stands_in_front_of_the_row_that_a_mask_is_about() {
    on_each(lax, async |shared| {
        // In the subquery, the changed table's name is the alias of another source. That source has the column that the mask's condition
        // uses, and not the masked column.
        for alias in ["notes", "NOTES", "Notes"] {
            let copied = statement(|arena| {
                let (projects, id, three) = (arena.from("projects as p"), arena.col("p.id"), arena.int(3));
                let (id, three) = (arena.label(id, "x"), arena.label(three, "owner_id"));
                let inner = arena.select(select(&[id, three], projects));
                let source = arena.sub(inner, alias, false);
                let secret = arena.col("secret");
                let one = arena.int(1);
                let inner = arena.select(Select { limit: Some(one), ..select(&[secret], source) });
                let value = arena.add(Node::ScalarQuery(inner));
                Root::Update(update("notes", vec![set("body", value)]))
            });
            assert_nothing_is_shown(shared, &copied).await;
        }
    })
    .await;
}

/// Checks that a change is refused, fails, or reveals nothing of note 2.
async fn assert_nothing_is_shown(shared: &Shared, copied: &sqlservice_sql::statement::Statement) {
    let session = shared.database.session();
    if shared.execute(&session, copied).await.is_ok() {
        let sql = "select coalesce(body, 'nothing') from notes where id = 2";
        let after = crate::place::run(&session, sql).await.expect("read").first_batch;
        assert_ne!(after.value(0, 0), text("x2"), "{}", shared.compile(copied).expect("it was").sql);
    }
    session.rollback().await.expect("rolled back");
}

fn by_secret(models: &mut Models) {
    let notes = models.tables.iter_mut().find(|table| table.name == "notes").expect("a table");
    notes.primary_key = vec!["secret".to_owned()];
    let secret = notes.columns.iter_mut().find(|column| column.name == "secret").expect("a column");
    secret.nullable = false;
    notes.columns[0].default = Default::default();
    for table in &mut models.tables {
        table.foreign_keys.retain(|key| key.table != "notes");
    }
    models.relationships.clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_masked_column_is_no_key_that_finds_rows() {
    on_each_with(lax, by_secret, async |shared| {
        // A guest may declare any column as the primary key.
        for (secret, matched) in [("5", true), ("x2", false), ("x3", false)] {
            let keys = batch(1, &[vec![text(secret)]]);
            let change = Deletes { table: "notes".to_owned(), keys, versions: None, stored: None, strict: true };
            let flush = Flush::new(
                vec![Change::Deletes(change)],
                std::sync::Arc::clone(&shared.catalog),
                shared.dialect,
                Limits::default(),
            );
            let session = shared.database.session();
            let outcome = match flush {
                Ok(flush) => session.flush(flush, sqlservice_db::RunOptions::default()).await.is_ok(),
                Err(_) => false,
            };
            session.rollback().await.expect("rolled back");
            assert!(matched || !outcome, "{secret} was found on {:?}", shared.dialect);
        }
    })
    .await;
}
