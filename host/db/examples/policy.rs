//! Measures what a row policy costs on SQLite: a point query and the reading of 1,000 rows without rules, with the rule's condition written
//! into the statement by hand, and under the rule, by turns.
//!
//! `cargo run --release -p sqlservice-db --example policy`

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_db::{Database, RunOptions, Session, Settings};
use sqlservice_sql::{
    Catalog, Compiled, Dialect, Limits, Policy, Value, compile,
    policy::{Claims, TablePolicy},
    schema::{Column, Models, Table, TypeKind},
    statement::{Binary, BinaryOp, ColumnName, ListOp, Listed, Node, NodeId, Root, Select, SourceTable, Statement},
};

const ROWS: i64 = 10_000;
const ROUNDS: usize = 9;
const POINTS: i64 = 5_000;
const READS: i64 = 200;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let directory = std::env::temp_dir().join(format!("sqlservice-policy-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let result = measure(&directory.join("notes.db")).await;
    std::fs::remove_dir_all(&directory)?;
    result
}

async fn measure(path: &Path) -> Result<(), Failure> {
    let database = Database::new(&format!("sqlite://{}", path.display()), Settings::default())?;
    let session = database.connect().await?;
    let made = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, tenant_id INTEGER NOT NULL)";
    let filled = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
         INSERT INTO notes SELECT i, 'note ' || i, 7 FROM n"
    );
    for sql in [made, &filled] {
        session.execute_text(sql.to_owned(), Vec::new(), RunOptions::default()).await?;
    }
    session.commit().await?;
    for (what, statements, count) in
        [("point", [point(false), point(true)], POINTS), ("read", [read(false), read(true)], READS)]
    {
        let [bare, by_hand] = &statements;
        let queries = [compiled(bare, false)?, compiled(by_hand, false)?, compiled(bare, true)?];
        let mut least = [Duration::MAX; 3];
        for _ in 0..ROUNDS {
            for (query, least) in queries.iter().zip(&mut least) {
                *least = round(&session, query, count).await?.min(*least);
            }
        }
        let [bare, by_hand, ruled] = least.map(|least| least.as_secs_f64() * 1e6 / count as f64);
        println!(
            "{what}: {bare:.2} us, by hand {by_hand:.2} us, under a policy {ruled:.2} us: {:.3} of by hand",
            ruled / by_hand
        );
    }
    Ok(())
}

/// How long so many queries take.
async fn round(session: &Session, query: &Arc<Compiled>, count: i64) -> Result<Duration, Failure> {
    let began = Instant::now();
    for turn in 0..count {
        let key = turn * 7 % (ROWS - 1_000);
        let parameters: Vec<Value> = if query.parameters > 0 { vec![(key + 1).into()] } else { Vec::new() };
        let answer = session.execute(Arc::clone(query), parameters, RunOptions::default()).await?;
        assert!(answer.first_batch.rows == 1 || answer.first_batch.rows == 1_000);
    }
    let took = began.elapsed();
    session.rollback().await?;
    Ok(took)
}

fn compiled(statement: &Statement, is_ruled: bool) -> Result<Arc<Compiled>, Failure> {
    let mut table = notes();
    if is_ruled {
        table.columns.truncate(2);
    }
    let models = Models { tables: vec![table], relationships: Vec::new() };
    let mut catalog = Catalog::declare(models, Dialect::Sqlite, &Limits::default(), false)?;
    if is_ruled {
        let rule = TablePolicy::new().read(["id", "text"], "tenant_id = :tenant");
        let claims: Claims = [("tenant".to_owned(), Value::from(7_i64))].into();
        catalog =
            catalog.under(Arc::new(Policy::new([("notes".to_owned(), rule)])?.bind(&claims)?), Dialect::Sqlite)?;
    }
    Ok(Arc::new(compile(statement, &catalog, Dialect::Sqlite, &Limits::default())?))
}

fn notes() -> Table {
    let columns = vec![
        Column::new("id", TypeKind::Int64),
        Column::new("text", TypeKind::Text),
        Column::new("tenant_id", TypeKind::Int64),
    ];
    Table { primary_key: vec!["id".to_owned()], ..Table::new("notes", columns) }
}

/// The condition that a rule has, from the fourth node on; it is the sixth.
fn by_hand() -> [Node; 3] {
    let tenant = Node::Column(ColumnName { table: None, name: "tenant_id".to_owned() });
    let equal = Node::Binary(Binary { op: BinaryOp::Equal, left: 3, right: 4 });
    [tenant, Node::Literal(7_i64.into()), equal]
}

/// The row of a key.
fn point(is_by_hand: bool) -> Statement {
    let mut nodes = by_hand().to_vec();
    let found = Node::Binary(Binary { op: BinaryOp::Equal, left: 1, right: 6 });
    let both = Node::Listed(Listed { op: ListOp::And, items: vec![5, 7] });
    nodes.extend([Node::Parameter(0), found, both]);
    select(nodes, Some(if is_by_hand { 8 } else { 7 }), None)
}

/// The first 1,000 rows.
fn read(is_by_hand: bool) -> Statement {
    let mut nodes = by_hand().to_vec();
    nodes.push(Node::Literal(1_000_i64.into()));
    select(nodes, is_by_hand.then_some(5), Some(6))
}

/// A query of the table's two columns, with these nodes from the third position on.
fn select(more: Vec<Node>, filter: Option<NodeId>, limit: Option<NodeId>) -> Statement {
    let column = |name: &str| Node::Column(ColumnName { table: None, name: name.to_owned() });
    let source = Node::Table(SourceTable { table: "notes".to_owned(), schema: None, alias: None });
    let mut nodes = vec![source, column("id"), column("text")];
    nodes.extend(more);
    nodes.push(Node::Select(Select {
        ctes: Vec::new(),
        columns: vec![1, 2],
        distinct: false,
        source: Some(0),
        filter,
        group_by: Vec::new(),
        having: None,
        order_by: Vec::new(),
        limit,
        offset: None,
        lock: None,
    }));
    let root = Root::Select(u32::try_from(nodes.len() - 1).unwrap_or_default());
    Statement { nodes, root }
}
