//! Models that contradict the database: a guest may declare a text column as numeric. Comparisons then must not fail for hidden rows.

use std::collections::BTreeMap;

use sqlservice_db::{RunOptions, Session};
use sqlservice_sql::{
    Flush, Limits, Scalar,
    flush::{Change, Deletes},
    policy::TablePolicy,
    schema::{ColumnType, DefaultValue, Models, TypeKind},
    statement::{BinaryOp, Delete, InsertSource, NodeId, Root, Select, Statement, Update},
};

use super::{Shared, ids_where, integer, on_each_with, statement};
use crate::{
    build::{Arena, delete, insert, select, set, update},
    bulk::batch,
    outcome::Outcome,
    place::run,
};

/// Statements that put numbers into the texts of visible rows.
const SEEN: [&str; 2] = [
    "update notes set body = '1.5', word = '1' where project_id = 1",
    "update docs set doc = '1' where project_id = 1",
];

fn lying(models: &mut Models) {
    let decimal = ColumnType { precision: Some(9), scale: Some(2), ..TypeKind::Decimal.into() };
    let columns = [
        ("notes", "word", TypeKind::Int64.into()),
        ("notes", "body", decimal),
        ("docs", "doc", TypeKind::Int64.into()),
    ];
    for (table, column, ty) in columns {
        let table = models.tables.iter_mut().find(|of| of.name == table).expect("a table");
        let column = table.columns.iter_mut().find(|of| of.name == column).expect("a column");
        column.ty = ty;
    }
}

fn with_key(models: &mut Models) {
    lying(models);
    let docs = models.tables.iter_mut().find(|table| table.name == "docs").expect("a table");
    docs.primary_key = vec!["doc".to_owned()];
    docs.columns[0].default = DefaultValue::None;
    docs.columns.iter_mut().for_each(|column| column.nullable &= column.name != "doc");
    models.relationships.clear();
}

/// Makes the visibility of notes and docs depend only on a query of another table.
fn by_query(policies: &mut BTreeMap<String, TablePolicy>) {
    for name in ["notes", "docs"] {
        let policy = policies.get_mut(name).expect("a table");
        let filter = format!(
            "exists (select 1 from members as m where m.project_id = {name}.project_id and m.user_id = :user) and tenant_id = :tenant"
        );
        policy.read.as_mut().expect("granted").filter = Some(filter);
        policy.delete = Some(sqlservice_sql::policy::DeletePolicy::default());
        policy.insert = None;
        policy.update.as_mut().expect("granted").columns.retain(|column| column != "project_id");
        policy.update.as_mut().expect("granted").check = None;
    }
}

/// Builds a condition.
type Condition = fn(&mut Arena) -> NodeId;

/// Conditions that are true for visible rows.
const CONDITIONS: [(&str, Condition); 3] = [
    ("notes", |arena| {
        let (column, value) = (arena.col("notes.word"), arena.int(1));
        arena.bin(column, BinaryOp::GreaterEqual, value)
    }),
    ("notes", |arena| {
        let (column, value) = (arena.col("notes.body"), arena.lit(Scalar::Float(0.5)));
        arena.bin(column, BinaryOp::GreaterEqual, value)
    }),
    ("docs", |arena| {
        let (column, value) = (arena.col("docs.doc"), arena.int(1));
        arena.bin(column, BinaryOp::GreaterEqual, value)
    }),
];

fn statements(table: &str, condition: Condition) -> [Statement; 4] {
    let removed = statement(|arena| {
        let filter = Some(condition(arena));
        Root::Delete(Delete { filter, ..delete(table) })
    });
    let changed = statement(|arena| {
        let (filter, one) = (Some(condition(arena)), arena.int(1));
        let column = if table == "docs" { "size" } else { "n" };
        Root::Update(Update { filter, ..update(table, vec![set(column, one)]) })
    });
    let inserted = statement(|arena| {
        let (source, filter) = (arena.from(table), Some(condition(arena)));
        let (id, more) = (arena.col(&format!("{table}.id")), arena.int(50));
        let (id, slug) = (arena.bin(id, BinaryOp::Add, more), arena.text("one"));
        let inner = arena.select(Select { filter, ..select(&[id, slug], source) });
        Root::Insert(insert("projects", &["id", "slug"], InsertSource::Query(inner)))
    });
    [removed, changed, inserted, ids_where(table, condition)]
}

async fn outcome(shared: &Shared, session: &Session, statement: &Statement) -> (u64, Outcome) {
    match shared.execute(session, statement).await {
        Ok(answer) => (answer.affected, Outcome::of_batches(&[answer.first_batch], false)),
        Err(error) => (0, Outcome::of_error(&error)),
    }
}

/// Runs a test with all rows, and with only the visible ones.
async fn with_and_without<T>(shared: &Shared, table: &str, test: impl AsyncFn(&Session) -> T) -> [T; 2] {
    let mut outcomes = Vec::new();
    for hidden in ["1 = 0", "project_id <> 1"] {
        let session = shared.database.session();
        for sql in SEEN.iter().copied().chain([format!("delete from {table} where {hidden}").as_str()]) {
            run(&session, sql).await.expect(sql);
        }
        outcomes.push(test(&session).await);
        session.rollback().await.expect("rolled back");
    }
    let Ok(both) = <[T; 2]>::try_from(outcomes) else { panic!("there are two") };
    both
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_models_that_are_not_true_tell_of_no_hidden_row() {
    on_each_with(by_query, lying, async |shared| {
        for (table, condition) in CONDITIONS {
            for statement in statements(table, condition) {
                let [with, without] =
                    with_and_without(shared, table, async |session| outcome(shared, session, &statement).await).await;
                assert_eq!(with, without, "{}", shared.compile(&statement).expect("it was").sql);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_keys_that_are_not_true_tell_of_no_hidden_row() {
    on_each_with(by_query, with_key, async |shared| {
        for count in [1, 2] {
            let keys = batch(count, &[(1..=count as i64).map(integer).collect()]);
            let deletes = Deletes { table: "docs".to_owned(), keys, versions: None, stored: None, strict: false };
            let removed = async |session: &Session| {
                let catalog = std::sync::Arc::clone(&shared.catalog);
                let changes = vec![Change::Deletes(deletes.clone())];
                let flush = Flush::new(changes, catalog, shared.dialect, Limits::default()).expect("good changes");
                match session.flush(flush, RunOptions::default()).await {
                    Ok(batches) => Outcome::of_batches(&batches, true),
                    Err(failure) => Outcome::of_error(&failure.error),
                }
            };
            let [with, without] = with_and_without(shared, "docs", removed).await;
            assert_eq!(with, without);
        }
    })
    .await;
}
