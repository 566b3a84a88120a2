//! What the examples that measure have in common: a table, a row by its key, numbers at random, times and memory.

use std::time::Duration;

use sqlservice_sql::{
    Catalog, Compiled, Dialect, Limits, Scalar, compile,
    schema::{Column, Models, Table, TypeKind},
    statement::{Binary, BinaryOp, ColumnName, Insert, InsertSource, Node, Root, Select, SourceTable, Statement},
};

/// How many rows each tenant has.
pub const ROWS: i64 = 100;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The table that each tenant has.
pub fn table() -> Table {
    let columns = vec![Column::new("id", TypeKind::Int64), Column::new("text", TypeKind::Text)];
    Table { primary_key: vec!["id".to_owned()], ..Table::new("notes", columns) }
}

/// A statement of one of the databases.
fn statement(statement: &Statement, dialect: Dialect) -> Result<Compiled, Failure> {
    let models = Models { tables: vec![table()], relationships: Vec::new() };
    let catalog = Catalog::declare(models, dialect, &Limits::default(), false)?;
    Ok(compile(statement, &catalog, dialect, &Limits::default())?)
}

/// So many rows.
pub fn insert(dialect: Dialect) -> Result<Compiled, Failure> {
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
    statement(&Statement { nodes, root: Root::Insert(insert) }, dialect)
}

/// One row, by its key.
pub fn select(dialect: Dialect) -> Result<Compiled, Failure> {
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
    statement(&Statement { nodes, root: Root::Select(5) }, dialect)
}

/// Numbers at random, the same in each run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, number: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % number.max(1) as u64).unwrap_or_default()
    }
}

/// The times below which so many of them were.
pub fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len().saturating_mul(share) / 1_000).copied().unwrap_or_default();
    format!("p50 {:.0?}, p99 {:.0?}, p99.9 {:.0?}", at(500), at(990), at(999))
}

/// The memory that is resident.
pub fn memory() -> Result<String, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    Ok(line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
}
