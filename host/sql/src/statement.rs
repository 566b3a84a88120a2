//! Statements as data, in the shape of the contract's `statements` interface.
//!
//! A statement is an arena: a node names others by position, and only positions smaller than its own. Nothing in a value
//! of these types is checked yet: `compile` does that.
//!
//! The file is long because it lists every node of the contract.

use crate::{Value, schema::ColumnType};

/// The position of a node.
pub type NodeId = u32;

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// Logical not.
    Not,
    /// Arithmetic negation.
    Negate,
    /// Is null.
    IsNull,
    /// Is not null.
    IsNotNull,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterEqual,
    /// Not equal, where null equals null.
    IsDistinct,
    /// Equal, where null equals null.
    IsNotDistinct,
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient; of integers, the integer part.
    Divide,
    /// Remainder.
    Modulo,
    /// Text after text.
    Concat,
    /// The member or item of a JSON document, as JSON.
    JsonGet,
    /// The member or item of a JSON document, as text.
    JsonGetText,
}

/// Operators with any number of operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListOp {
    /// All are true; an empty list is true.
    And,
    /// Any is true; an empty list is false.
    Or,
    /// The first is among the others; among none is false.
    InList,
    /// The first is not among the others; among none is true.
    NotInList,
    /// The first is between the second and the third, both included.
    Between,
    /// The first that is not null.
    Coalesce,
    /// A row of values.
    RowValues,
}

/// An operator and two operands.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The left operand.
    pub left: NodeId,
    /// The right operand.
    pub right: NodeId,
}

/// An operator and its operands.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Listed {
    /// The operator.
    pub op: ListOp,
    /// The operands.
    pub items: Vec<NodeId>,
}

/// A match of a text with a pattern in which `%` stands for any text and `_` for any character.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Matching {
    /// The text.
    pub value: NodeId,
    /// The pattern.
    pub pattern: NodeId,
    /// The character that takes `%`, `_` or itself literally.
    pub escape: Option<char>,
    /// Whether upper and lower case are alike.
    pub ignore_case: bool,
    /// Whether a match is false.
    pub negated: bool,
}

/// An operand and a query that returns one column.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Membership {
    /// The operand.
    pub value: NodeId,
    /// The query.
    pub query: NodeId,
    /// Whether membership is false.
    pub negated: bool,
}

/// A function of the host's allow-list, which has one meaning on every database.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Call {
    /// Its name in lower case: `count`, `sum`, `lower`, …
    pub function: String,
    /// Its arguments; `count` of none counts rows.
    pub arguments: Vec<NodeId>,
    /// Whether an aggregate takes equal values once.
    pub distinct: bool,
    /// Which rows an aggregate takes.
    pub filter: Option<NodeId>,
}

/// One branch of a case.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct When {
    /// The condition.
    pub condition: NodeId,
    /// The value.
    pub then: NodeId,
}

/// The value of the first branch whose condition is true.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Case {
    /// The branches; at least one.
    pub whens: Vec<When>,
    /// The value when no condition is true; null where there is none.
    pub otherwise: Option<NodeId>,
}

/// One key of an ordering.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Order {
    /// What to order by.
    pub expression: NodeId,
    /// Whether greater values come first.
    pub descending: bool,
    /// Whether nulls come first; the database's habit where nothing is said.
    pub nulls_first: Option<bool>,
}

/// What a window's frame counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Values of the ordering.
    Range,
    /// Groups of equal rows.
    Groups,
}

/// A border of a window's frame.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum FrameBound {
    /// The partition's border.
    Unbounded,
    /// The current row.
    Current,
    /// So many before the current row.
    Preceding(u64),
    /// So many after the current row.
    Following(u64),
}

/// A window's frame.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Frame {
    /// What it counts.
    pub unit: FrameUnit,
    /// Where it starts; `unbounded` is the partition's start.
    pub start: FrameBound,
    /// Where it ends; `unbounded` is the partition's end.
    pub end: FrameBound,
}

/// A function over a window of rows.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Window {
    /// The function's `call` node.
    pub call: NodeId,
    /// What splits the rows.
    pub partition_by: Vec<NodeId>,
    /// What orders them.
    pub order_by: Vec<Order>,
    /// Which of them count.
    pub frame: Option<Frame>,
}

/// A column of a source.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ColumnName {
    /// The alias of its source, or the table's name where it has no alias; needed where several sources have the column.
    pub table: Option<String>,
    /// Its name.
    pub name: String,
}

/// A conversion to a type.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Cast {
    /// What is converted.
    pub value: NodeId,
    /// The type.
    pub ty: ColumnType,
}

/// A name for a result column.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Labelled {
    /// The expression.
    pub value: NodeId,
    /// The name.
    pub label: String,
}

/// A declared or reflected table, or a common table expression, as a source.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct SourceTable {
    /// Its name.
    pub table: String,
    /// Its schema, where it is not the default one.
    pub schema: Option<String>,
    /// A name of its own in this statement.
    pub alias: Option<String>,
}

/// A query as a source.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct SourceQuery {
    /// The `select` or `compound` node.
    pub query: NodeId,
    /// Its name.
    pub alias: String,
    /// Whether it may use columns of the sources before it.
    pub lateral: bool,
}

/// Which rows without a partner a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the left side.
    Left,
    /// Those of the right side.
    Right,
    /// Those of both sides.
    Full,
    /// Every pair; there is no condition.
    Cross,
}

/// Two sources as one.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Join {
    /// The kind.
    pub kind: JoinKind,
    /// The left source: a `table`, `subquery` or `join` node.
    pub left: NodeId,
    /// The right source: a `table` or `subquery` node.
    pub right: NodeId,
    /// The condition; every kind but `cross` has one.
    pub on: Option<NodeId>,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Cte {
    /// Its name.
    pub name: String,
    /// The names of its columns; those of the query where empty.
    pub columns: Vec<String>,
    /// The `select` or `compound` node.
    pub query: NodeId,
    /// Whether the query may use the name itself.
    pub recursive: bool,
}

/// How strongly the rows of a select are locked, and for how long it waits.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Locking {
    /// Whether others may still read with the same lock.
    pub for_share: bool,
    /// Whether a held lock is an error at once.
    pub no_wait: bool,
    /// Whether locked rows are passed over.
    pub skip_locked: bool,
    /// The sources whose rows are locked; all where empty.
    pub tables: Vec<String>,
}

/// A select.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Select {
    /// Its common table expressions.
    pub ctes: Vec<Cte>,
    /// Its columns; at least one.
    pub columns: Vec<NodeId>,
    /// Whether equal rows come once.
    pub distinct: bool,
    /// Its source.
    pub source: Option<NodeId>,
    /// Which rows.
    pub filter: Option<NodeId>,
    /// What groups them.
    pub group_by: Vec<NodeId>,
    /// Which groups.
    pub having: Option<NodeId>,
    /// Their order.
    pub order_by: Vec<Order>,
    /// How many at most: a `literal` or `parameter` node.
    pub limit: Option<NodeId>,
    /// How many are passed over first: a `literal` or `parameter` node.
    pub offset: Option<NodeId>,
    /// The lock.
    pub lock: Option<Locking>,
}

/// How a compound puts queries together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// Rows of any, equal ones once.
    Union,
    /// Rows of any.
    UnionAll,
    /// Rows of all.
    Intersect,
    /// Rows of the first that are not in the others.
    Except,
}

/// Several queries as one.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Compound {
    /// Its common table expressions.
    pub ctes: Vec<Cte>,
    /// How they are put together.
    pub op: SetOp,
    /// The `select` or `compound` nodes; at least two.
    pub parts: Vec<NodeId>,
    /// The order of the whole, by columns or labels of the first part.
    pub order_by: Vec<Order>,
    /// How many at most.
    pub limit: Option<NodeId>,
    /// How many are passed over first.
    pub offset: Option<NodeId>,
}

/// One node of the arena.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Node {
    /// A constant. It is bound, never written into the text.
    Literal(Value),
    /// A parameter, by its position in the call's list.
    Parameter(u32),
    /// A column.
    Column(ColumnName),
    /// A column of the row that an upsert could not insert.
    Excluded(String),
    /// An operator with one operand.
    Unary((UnaryOp, NodeId)),
    /// An operator with two operands.
    Binary(Binary),
    /// An operator with any number of operands.
    Listed(Listed),
    /// A match with a pattern.
    Matching(Matching),
    /// Membership in a query's result.
    Membership(Membership),
    /// A function.
    Call(Call),
    /// A conversion.
    Cast(Cast),
    /// A choice.
    Case(Case),
    /// A function over a window.
    Window(Window),
    /// A named result column.
    Label(Labelled),
    /// A table as a source.
    Table(SourceTable),
    /// A query as a source.
    Subquery(SourceQuery),
    /// Two sources as one.
    Join(Join),
    /// A query.
    Select(Select),
    /// Several queries as one.
    Compound(Compound),
    /// Whether a query has any row.
    Exists(NodeId),
    /// The single value of a query.
    ScalarQuery(NodeId),
}

/// A column and its new value.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Assignment {
    /// The column.
    pub column: String,
    /// Its value.
    pub value: NodeId,
}

/// What an insert does with a row that is there already.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum ConflictAction {
    /// Leaves it.
    Nothing,
    /// Changes it; `excluded` nodes are the new row's columns.
    Update(Vec<Assignment>),
}

/// Which rows count as there already, and what happens to them.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Conflict {
    /// The columns of the unique key; the primary key where empty.
    pub columns: Vec<String>,
    /// What happens.
    pub action: ConflictAction,
    /// Which rows an update changes.
    pub filter: Option<NodeId>,
}

/// Where an insert's rows come from.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum InsertSource {
    /// Expressions, a list a row, as many as columns.
    Values(Vec<Vec<NodeId>>),
    /// A `select` or `compound` node with as many columns.
    Query(NodeId),
    /// One row of defaults.
    Defaults,
}

/// An insert.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Insert {
    /// The table.
    pub table: String,
    /// Its schema, where it is not the default one.
    pub schema: Option<String>,
    /// The columns that get values.
    pub columns: Vec<String>,
    /// The rows.
    pub source: InsertSource,
    /// What to do with rows that are there already; an error where nothing is said.
    pub conflict: Option<Conflict>,
    /// What to return of each row that was inserted or changed.
    pub returning: Vec<NodeId>,
}

/// An update.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Update {
    /// The table.
    pub table: String,
    /// Its schema, where it is not the default one.
    pub schema: Option<String>,
    /// The new values; at least one.
    pub assignments: Vec<Assignment>,
    /// Other sources.
    pub source: Option<NodeId>,
    /// Which rows; all where nothing is said.
    pub filter: Option<NodeId>,
    /// What to return of each changed row.
    pub returning: Vec<NodeId>,
}

/// A delete.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Delete {
    /// The table.
    pub table: String,
    /// Its schema, where it is not the default one.
    pub schema: Option<String>,
    /// Other sources.
    pub source: Option<NodeId>,
    /// Which rows; all where nothing is said.
    pub filter: Option<NodeId>,
    /// What to return of each deleted row.
    pub returning: Vec<NodeId>,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Root {
    /// A query: its `select` or `compound` node.
    Select(NodeId),
    /// An insert.
    Insert(Insert),
    /// An update.
    Update(Update),
    /// A delete.
    Delete(Delete),
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Statement {
    /// The arena.
    pub nodes: Vec<Node>,
    /// What it is; its nodes are any of the arena.
    pub root: Root,
}
