//! Short builders of plans and root queries, and results as text.

use sqlservice_sdk::bindings::sqlservice::database::{
    rows::{Batch, ColumnData, Vector},
    sessions::{KnownRows, Load, LoadRoot, Loaded, Options, Plan, ResultSet, RootQuery},
    statements::{Binary, BinaryOp, ColumnName, Delete, Node, Order, Root, Select, SourceTable, Statement},
    values::{Scalar, Value},
};

pub const NO_OPTIONS: Options = Options { timeout_ms: None, max_rows: None, batch_rows: None };

/// A load and its nested loads, given as positions.
pub fn load(relationship: &str, nested: &[u32]) -> Load {
    Load { relationship: relationship.to_owned(), nested: nested.to_vec(), joined: false }
}

/// The same plan with every load joined.
pub fn joined(mut plan: Plan) -> Plan {
    plan.loads.iter_mut().for_each(|load| load.joined = true);
    plan
}

pub fn plan(table: &str, root: LoadRoot, roots: &[u32], loads: Vec<Load>) -> Plan {
    Plan { table: table.to_owned(), root, loads, first_loads: roots.to_vec() }
}

/// A root of rows that the guest already has.
pub fn known(columns: &[&str], data: Vec<ColumnData>, rows: usize) -> LoadRoot {
    let rows = Batch { rows: rows as u32, columns: data };
    LoadRoot::Known(KnownRows { columns: columns.iter().map(|&name| name.to_owned()).collect(), rows })
}

pub fn keys(rows: usize, columns: Vec<ColumnData>) -> LoadRoot {
    LoadRoot::Keys(Batch { rows: rows as u32, columns })
}

/// A query of all columns of a table.
pub struct Query {
    nodes: Vec<Node>,
    table: String,
    columns: Vec<u32>,
    select: Select,
    parameters: Vec<Value>,
    qualified: bool,
}

impl Query {
    pub fn of(table: &str, columns: &[&str]) -> Self {
        let select = Select {
            ctes: Vec::new(),
            columns: Vec::new(),
            distinct: false,
            source: None,
            where_: None,
            group_by: Vec::new(),
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        };
        let table = table.to_owned();
        let mut query =
            Self { nodes: Vec::new(), table, columns: Vec::new(), select, parameters: Vec::new(), qualified: true };
        query.columns = columns.iter().map(|name| query.column(name)).collect();
        query
    }

    /// Leaves out the table from the names of later columns.
    pub fn unqualified(mut self) -> Self {
        self.qualified = false;
        self
    }

    fn add(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    fn column(&mut self, name: &str) -> u32 {
        let table = self.qualified.then(|| self.table.clone());
        self.add(Node::Column(ColumnName { table, name: name.to_owned() }))
    }

    fn parameter(&mut self, value: i64) -> u32 {
        self.parameters.push(Value::Scalar(Scalar::Integer(value)));
        self.add(Node::Parameter(self.parameters.len() as u32 - 1))
    }

    /// Keeps the rows whose column is at least this value.
    pub fn from(mut self, column: &str, value: i64) -> Self {
        let (left, right) = (self.column(column), self.parameter(value));
        self.select.where_ = Some(self.add(Node::Binary(Binary { op: BinaryOp::GreaterEqual, left, right })));
        self
    }

    pub fn order(mut self, column: &str, descending: bool) -> Self {
        let expression = self.column(column);
        self.select.order_by.push(Order { expression, descending, nulls_first: None });
        self
    }

    /// Orders by a column minus a number, which is no column of the result.
    pub fn order_by_sum(mut self, column: &str, value: i64) -> Self {
        let (left, right) = (self.column(column), self.parameter(value));
        let expression = self.add(Node::Binary(Binary { op: BinaryOp::Subtract, left, right }));
        self.select.order_by.push(Order { expression, descending: true, nulls_first: None });
        self
    }

    pub fn limit(mut self, limit: i64, offset: i64) -> Self {
        self.select.limit = Some(self.parameter(limit));
        self.select.offset = Some(self.parameter(offset));
        self
    }

    pub fn start(mut self) -> LoadRoot {
        let source = SourceTable { table: self.table.clone(), schema: None, alias: None };
        self.select.source = Some(self.add(Node::Table(source)));
        self.select.columns = std::mem::take(&mut self.columns);
        let select = self.select.clone();
        let root = Root::Select(self.add(Node::Select(select)));
        LoadRoot::Query(RootQuery { statement: Statement { nodes: self.nodes, root }, parameters: self.parameters })
    }
}

/// A delete of all rows that returns all of their columns.
pub fn removal(table: &str, columns: &[&str]) -> LoadRoot {
    let column = |&name: &&str| Node::Column(ColumnName { table: None, name: name.to_owned() });
    let nodes: Vec<Node> = columns.iter().map(column).collect();
    let returning = (0..nodes.len() as u32).collect();
    let delete = Delete { table: table.to_owned(), schema: None, source: None, where_: None, returning };
    LoadRoot::Query(RootQuery { statement: Statement { nodes, root: Root::Delete(delete) }, parameters: Vec::new() })
}

fn cell(column: &ColumnData, row: usize) -> String {
    if column.validity.as_ref().is_some_and(|bits| bits[row / 8] >> (row % 8) & 1 == 0) {
        return "-".to_owned();
    }
    match &column.values {
        Vector::Integers(values) => values[row].to_string(),
        Vector::Texts(texts) => texts.data[texts.offsets[row] as usize..texts.offsets[row + 1] as usize].to_owned(),
        other => format!("{other:?}"),
    }
}

/// The rows of a batch as text: `1 ed -, 2 jo 1`.
pub fn rows(batch: &Batch) -> String {
    let row = |row| batch.columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(" ");
    (0..batch.rows as usize).map(row).collect::<Vec<_>>().join(", ")
}

/// The rows of the plan and of each load, one line each: `users: 1 ed -`. Panics if a batch has more or fewer columns than declared.
pub fn told(plan: &Plan, (answer, loaded): (ResultSet, Vec<Loaded>)) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", plan.table, rows(&answer.first_batch))];
    assert!(answer.cursor.is_none() && answer.columns.len() == answer.first_batch.columns.len());
    assert_eq!(loaded.len(), plan.loads.len());
    for (position, loaded) in loaded.iter().enumerate() {
        assert_eq!((loaded.load as usize, loaded.columns.len()), (position, loaded.rows.columns.len()));
        lines.push(format!("{}: {}", plan.loads[position].relationship, rows(&loaded.rows)));
    }
    lines
}
