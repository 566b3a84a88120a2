//! Short constructors of models and statements for tests.

use sqlservice_sql::{
    Catalog, Dialect, Limits, Scalar, Value,
    schema::{Action, Column, ColumnType, DefaultValue, ForeignKey, Index, Models, Table, TypeKind},
    statement::*,
};

pub const DIALECTS: [Dialect; 4] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];

pub fn column(name: &str, ty: impl Into<ColumnType>) -> Column {
    Column::new(name, ty)
}

pub fn nullable(name: &str, ty: impl Into<ColumnType>) -> Column {
    Column { nullable: true, ..column(name, ty) }
}

pub fn table(name: &str, columns: Vec<Column>) -> Table {
    let id = Column { default: DefaultValue::GeneratedKey, ..column("id", TypeKind::Int64) };
    Table { primary_key: vec!["id".into()], ..Table::new(name, std::iter::once(id).chain(columns).collect()) }
}

pub fn key(column: &str, table: &str) -> ForeignKey {
    ForeignKey {
        name: None,
        columns: vec![column.into()],
        table: table.into(),
        schema: None,
        referred: vec!["id".into()],
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
    }
}

pub fn varchar(length: u32) -> ColumnType {
    ColumnType { length: Some(length), ..TypeKind::Varchar.into() }
}

/// Returns users who own devices, `logs` with a column that every update sets, and a table with odd names.
pub fn tables() -> Vec<Table> {
    let price = ColumnType { precision: Some(10), scale: Some(2), ..TypeKind::Decimal.into() };
    let mut users = table(
        "users",
        vec![
            column("name", varchar(64)),
            nullable("email", TypeKind::Text),
            column("age", TypeKind::Int32),
            column("active", TypeKind::Boolean),
            nullable("made", TypeKind::TimestampTz),
            nullable("price", price),
            nullable("ratio", TypeKind::Float64),
            nullable("doc", TypeKind::Json),
            nullable("boss_id", TypeKind::Int64),
        ],
    );
    users.uniques = vec![Index { name: None, columns: vec!["name".into()], unique: true }];
    users.foreign_keys = vec![key("boss_id", "users")];
    let mut devices = table("devices", vec![column("user_id", TypeKind::Int64), column("name", varchar(64))]);
    devices.foreign_keys = vec![key("user_id", "users")];
    let touched = Column { on_update: DefaultValue::Now, ..nullable("touched", TypeKind::TimestampTz) };
    let logs = table("logs", vec![nullable("text", TypeKind::Text), touched]);
    let odd = table("odd \"table`%", vec![nullable("per%cent", TypeKind::Int64), nullable("select", TypeKind::Text)]);
    vec![users, devices, logs, odd]
}

pub fn catalog(dialect: Dialect) -> Catalog {
    let models = Models { tables: tables(), relationships: vec![] };
    Catalog::declare(models, dialect, &Limits::default(), false).expect("good models")
}

/// An arena under construction.
#[derive(Default)]
pub struct Arena(pub Vec<Node>);

impl Arena {
    pub fn add(&mut self, node: Node) -> NodeId {
        self.0.push(node);
        NodeId::try_from(self.0.len() - 1).expect("small")
    }

    pub fn col(&mut self, name: &str) -> NodeId {
        let (table, name) = match name.split_once('.') {
            Some((table, name)) => (Some(table.into()), name),
            None => (None, name),
        };
        self.add(Node::Column(ColumnName { table, name: name.into() }))
    }

    pub fn lit(&mut self, scalar: Scalar) -> NodeId {
        self.add(Node::Literal(Value::Scalar(scalar)))
    }

    pub fn int(&mut self, value: i64) -> NodeId {
        self.lit(Scalar::Integer(value))
    }

    pub fn text(&mut self, value: &str) -> NodeId {
        self.lit(Scalar::Text(value.into()))
    }

    pub fn par(&mut self, position: u32) -> NodeId {
        self.add(Node::Parameter(position))
    }

    pub fn bin(&mut self, left: NodeId, op: BinaryOp, right: NodeId) -> NodeId {
        self.add(Node::Binary(Binary { op, left, right }))
    }

    pub fn eq(&mut self, left: NodeId, right: NodeId) -> NodeId {
        self.bin(left, BinaryOp::Equal, right)
    }

    pub fn un(&mut self, op: UnaryOp, operand: NodeId) -> NodeId {
        self.add(Node::Unary((op, operand)))
    }

    pub fn listed(&mut self, op: ListOp, items: &[NodeId]) -> NodeId {
        self.add(Node::Listed(Listed { op, items: items.to_vec() }))
    }

    pub fn call(&mut self, function: &str, arguments: &[NodeId]) -> NodeId {
        let function = function.into();
        self.add(Node::Call(Call { function, arguments: arguments.to_vec(), distinct: false, filter: None }))
    }

    pub fn label(&mut self, value: NodeId, label: &str) -> NodeId {
        self.add(Node::Label(Labelled { value, label: label.into() }))
    }

    pub fn cast(&mut self, value: NodeId, ty: impl Into<ColumnType>) -> NodeId {
        self.add(Node::Cast(Cast { value, ty: ty.into() }))
    }

    pub fn from(&mut self, table: &str) -> NodeId {
        let (table, alias) = match table.split_once(" as ") {
            Some((table, alias)) => (table, Some(alias.into())),
            None => (table, None),
        };
        self.add(Node::Table(SourceTable { table: table.into(), schema: None, alias }))
    }

    pub fn sub(&mut self, query: NodeId, alias: &str, lateral: bool) -> NodeId {
        self.add(Node::Subquery(SourceQuery { query, alias: alias.into(), lateral }))
    }

    pub fn join(&mut self, kind: JoinKind, left: NodeId, right: NodeId, on: NodeId) -> NodeId {
        let on = (kind != JoinKind::Cross).then_some(on);
        self.add(Node::Join(Join { kind, left, right, on }))
    }

    pub fn select(&mut self, select: Select) -> NodeId {
        self.add(Node::Select(select))
    }

    pub fn end(self, root: Root) -> Statement {
        Statement { nodes: self.0, root }
    }

    /// Ends the arena with a statement that is this select.
    pub fn query(mut self, select: Select) -> Statement {
        let id = self.select(select);
        self.end(Root::Select(id))
    }
}

/// Returns a select of columns from a source.
pub fn select(columns: &[NodeId], source: impl Into<Option<NodeId>>) -> Select {
    Select {
        ctes: vec![],
        columns: columns.to_vec(),
        distinct: false,
        source: source.into(),
        filter: None,
        group_by: vec![],
        having: None,
        order_by: vec![],
        limit: None,
        offset: None,
        lock: None,
    }
}

pub fn compound(op: SetOp, parts: &[NodeId]) -> Compound {
    Compound { ctes: vec![], op, parts: parts.to_vec(), order_by: vec![], limit: None, offset: None }
}

pub fn asc(expression: NodeId) -> Order {
    Order { expression, descending: false, nulls_first: None }
}

pub fn desc(expression: NodeId) -> Order {
    Order { expression, descending: true, nulls_first: None }
}

pub fn insert(table: &str, columns: &[&str], source: InsertSource) -> Insert {
    Insert {
        table: table.into(),
        schema: None,
        columns: columns.iter().map(|c| (*c).into()).collect(),
        source,
        conflict: None,
        returning: vec![],
    }
}

pub fn set(column: &str, value: NodeId) -> Assignment {
    Assignment { column: column.into(), value }
}

pub fn update(table: &str, assignments: Vec<Assignment>) -> Update {
    Update { table: table.into(), schema: None, assignments, source: None, filter: None, returning: vec![] }
}

pub fn delete(table: &str) -> Delete {
    Delete { table: table.into(), schema: None, source: None, filter: None, returning: vec![] }
}
