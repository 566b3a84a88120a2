//! A database's own tables, functions and settings: no guest reaches them. The names come from the database's own lists.

#[path = "../schema/model.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod model;
#[path = "../schema/place.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod place;
mod servers;
mod sqlite;

use std::sync::Arc;

use sqlservice_db::{Database, Error, RunOptions, Session};
use sqlservice_sql::{
    Batch, Catalog, Compiled, Dialect, Limits, compile,
    schema::{Models, Table, TypeKind},
    statement::{
        Assignment, ColumnName, Delete, Insert, InsertSource, Node, NodeId, Root, Select, SourceTable, Statement,
        Update,
    },
};

use model::{col, table};

/// A table with this name and these text columns.
fn named(schema: Option<&str>, name: &str, columns: &[&str]) -> Table {
    let columns = columns.iter().map(|name| col(name, TypeKind::Text.into())).collect();
    Table { schema: schema.map(str::to_owned), ..table(name, columns) }
}

/// Declares a guest's models of the tables.
fn declare(tables: Vec<Table>, dialect: Dialect) -> Result<Catalog, sqlservice_sql::Error> {
    Catalog::declare(Models { tables, relationships: Vec::new() }, dialect, &Limits::default(), false)
}

/// A catalog with the table although no model may declare it: as if names were not checked.
fn forced(table: &Table) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.add_reflected(std::slice::from_ref(table));
    catalog
}

/// Compiled statements of a guest on the table: a read of its first column, a read of a constant, and each kind of change.
fn statements(table: &Table, catalog: &Catalog, dialect: Dialect) -> Vec<Arc<Compiled>> {
    let column = table.columns.first().expect("a column").name.clone();
    let (name, schema) = (table.name.clone(), table.schema.clone());
    let nodes = |more: Vec<Node>| {
        let source = Node::Table(SourceTable { table: name.clone(), schema: schema.clone(), alias: Some("x".into()) });
        let read = Node::Column(ColumnName { table: Some("x".into()), name: column.clone() });
        [vec![source, read, Node::Literal(sqlservice_sql::Scalar::Text("7".into()).into())], more].concat()
    };
    let insert = Insert {
        table: name.clone(),
        schema: schema.clone(),
        columns: vec![column.clone()],
        source: InsertSource::Values(vec![vec![2]]),
        conflict: None,
        returning: Vec::new(),
    };
    let assignments = vec![Assignment { column: column.clone(), value: 2 }];
    let update = Update {
        table: name.clone(),
        schema: schema.clone(),
        assignments,
        source: None,
        filter: None,
        returning: Vec::new(),
    };
    let delete =
        Delete { table: name.clone(), schema: schema.clone(), source: None, filter: None, returning: Vec::new() };
    let roots = [
        (vec![Node::Select(select(&[1], 0))], Root::Select(3)),
        (vec![Node::Select(select(&[2], 0))], Root::Select(3)),
        (vec![], Root::Insert(insert)),
        (vec![], Root::Update(update)),
        (vec![], Root::Delete(delete)),
    ];
    let statements = roots.into_iter().map(|(more, root)| Statement { nodes: nodes(more), root });
    statements
        .map(|statement| Arc::new(compile(&statement, catalog, dialect, &Limits::default()).expect("a statement")))
        .collect()
}

fn select(columns: &[NodeId], source: NodeId) -> Select {
    Select {
        ctes: Vec::new(),
        columns: columns.to_vec(),
        distinct: false,
        source: Some(source),
        filter: None,
        group_by: Vec::new(),
        having: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        lock: None,
    }
}

/// Runs a compiled statement in a transaction that is rolled back.
async fn execute(database: &Database, compiled: &Arc<Compiled>) -> Result<Batch, Error> {
    let session = database.session();
    let answer = session.execute(Arc::clone(compiled), Vec::new(), RunOptions::default()).await;
    session.rollback().await.expect("rolled back");
    answer.map(|answer| answer.first_batch)
}

/// Runs SQL text in a transaction that is rolled back.
async fn raw(database: &Database, sql: &str) -> Result<Batch, Error> {
    let session = database.session();
    let answer = place::run(&session, sql).await;
    session.rollback().await.expect("rolled back");
    answer.map(|answer| answer.first_batch)
}

/// Runs SQL text in a session.
async fn run(session: &Session, sql: &str) -> Result<Batch, Error> {
    place::run(session, sql).await.map(|answer| answer.first_batch)
}
