//! Measures many tenants with a SQLite file each, all used at random: memory, file descriptors, connections, and the time of a point
//! query, its session and, where the file was closed meanwhile, opening it included.
//!
//! `cargo run --release -p sqlservice-db --example files -- 10000 100000`

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlservice_db::{Database, RunOptions, Settings};
use sqlservice_sql::{
    Catalog, Compiled, Dialect, Limits, Scalar, compile,
    schema::{Column, Models, Table, TypeKind},
    statement::{Binary, BinaryOp, ColumnName, Insert, InsertSource, Node, Root, Select, SourceTable, Statement},
};

/// How many use the tenants' databases at the same time.
const WORKERS: usize = 8;
const ROWS: i64 = 100;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let tenants = arguments.next().transpose()?.unwrap_or(1_000);
    let points = arguments.next().transpose()?.unwrap_or(20_000);
    let directory = std::env::temp_dir().join(format!("sqlservice-files-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let result = measure(&directory, tenants, points).await;
    std::fs::remove_dir_all(&directory)?;
    result
}

async fn measure(directory: &Path, tenants: usize, points: usize) -> Result<(), Failure> {
    let began = Instant::now();
    let mut databases = Vec::with_capacity(tenants);
    for number in 0..tenants {
        databases.push(fill(&directory.join(format!("{number}.db"))).await?);
    }
    let made = began.elapsed();
    println!("{tenants} files made and filled with {ROWS} rows each in {made:.1?}");
    println!("  now {} descriptors, {} idle connections, {}", descriptors()?, idle(&databases), memory()?);
    let databases = Arc::new(databases);
    let query = Arc::new(statement(&select())?);
    let began = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|seed| tokio::spawn(work(Arc::clone(&databases), Arc::clone(&query), seed as u64 + 1, points / WORKERS)))
        .collect();
    let mut times = Vec::with_capacity(points);
    for worker in workers {
        times.extend(worker.await??);
    }
    let took = began.elapsed();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len().saturating_mul(share) / 1_000).copied().unwrap_or_default();
    println!("{} point queries of random tenants by {WORKERS} at once in {took:.1?}", times.len());
    println!("  p50 {:.0?}, p99 {:.0?}, p99.9 {:.0?}", at(500), at(990), at(999));
    println!("  now {} descriptors, {} idle connections, {}", descriptors()?, idle(&databases), memory()?);
    Ok(())
}

async fn work(
    databases: Arc<Vec<Database>>,
    query: Arc<Compiled>,
    mut seed: u64,
    points: usize,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(points);
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..points {
        let at = usize::try_from(random())? % databases.len();
        let Some(database) = databases.get(at) else { continue };
        let key = i64::try_from(random() % ROWS as u64)?;
        let began = Instant::now();
        let session = database.session();
        let answer = session.execute(Arc::clone(&query), vec![key.into()], RunOptions::default()).await?;
        session.rollback().await?;
        drop(session);
        times.push(began.elapsed());
        assert_eq!(answer.first.rows, 1, "row {key} of tenant {at}");
    }
    Ok(times)
}

async fn fill(path: &Path) -> Result<Database, Failure> {
    let database = Database::new(&format!("sqlite://{}", path.display()), Settings::default().pool_size(1))?;
    database.create_all(vec![table()], true).await?;
    let session = database.session();
    session.execute(Arc::new(statement(&insert())?), Vec::new(), RunOptions::default()).await?;
    session.commit().await?;
    Ok(database)
}

fn table() -> Table {
    let columns = vec![Column::new("id", TypeKind::Int64), Column::new("text", TypeKind::Text)];
    Table { primary_key: vec!["id".to_owned()], ..Table::new("notes", columns) }
}

fn statement(statement: &Statement) -> Result<Compiled, Failure> {
    let models = Models { tables: vec![table()], relationships: Vec::new() };
    let catalog = Catalog::declare(models, Dialect::Sqlite, &Limits::default(), false)?;
    Ok(compile(statement, &catalog, Dialect::Sqlite, &Limits::default())?)
}

fn insert() -> Statement {
    let mut nodes = Vec::new();
    let mut rows = Vec::new();
    for id in 0..ROWS {
        let first = u32::try_from(nodes.len()).unwrap_or_default();
        nodes.push(Node::Literal(id.into()));
        nodes.push(Node::Literal(Scalar::Text(format!("note {id}")).into()));
        rows.push(vec![first, first + 1]);
    }
    let insert = Insert {
        table: "notes".to_owned(),
        schema: None,
        columns: vec!["id".to_owned(), "text".to_owned()],
        source: InsertSource::Values(rows),
        conflict: None,
        returning: Vec::new(),
    };
    Statement { nodes, root: Root::Insert(insert) }
}

fn select() -> Statement {
    let column = |name: &str| Node::Column(ColumnName { table: None, name: name.to_owned() });
    let nodes = vec![
        Node::Table(SourceTable { table: "notes".to_owned(), schema: None, alias: None }),
        column("id"),
        column("text"),
        Node::Parameter(0),
        Node::Binary(Binary { op: BinaryOp::Equal, left: 1, right: 3 }),
        Node::Select(Select {
            ctes: Vec::new(),
            columns: vec![1, 2],
            distinct: false,
            source: Some(0),
            filter: Some(4),
            group_by: Vec::new(),
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        }),
    ];
    Statement { nodes, root: Root::Select(5) }
}

fn idle(databases: &[Database]) -> u32 {
    databases.iter().map(|database| database.status().idle).sum()
}

fn descriptors() -> Result<usize, Failure> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}

/// The memory that is resident.
fn memory() -> Result<String, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    Ok(line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
}
