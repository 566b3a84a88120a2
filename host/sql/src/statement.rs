//! Statements as data, in the shape of the contract's `statements` interface.
//!
//! A statement is an arena: a node refers to others by position, and only to positions smaller than its own. A value of
//! these types is not checked yet: `compile` does that.
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
    /// Concatenation of texts.
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
    /// The character that escapes `%`, `_` and itself.
    pub escape: Option<char>,
    /// Whether case is ignored.
    pub ignore_case: bool,
    /// Whether the result is negated.
    pub negated: bool,
}

/// Membership of an operand in the result of a query that returns one column.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Membership {
    /// The operand.
    pub value: NodeId,
    /// The query.
    pub query: NodeId,
    /// Whether the result is negated.
    pub negated: bool,
}

/// A function of the host's allow-list, which has one meaning on every database.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Call {
    /// Its name in lower case: `count`, `sum`, `lower`, …
    pub function: String,
    /// Its arguments; `count` without arguments counts rows.
    pub arguments: Vec<NodeId>,
    /// Whether an aggregate counts equal values once.
    pub distinct: bool,
    /// The condition of the rows that an aggregate takes.
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
    /// The expression to order by.
    pub expression: NodeId,
    /// Whether greater values come first.
    pub descending: bool,
    /// Whether nulls come first; the database's default if `None`.
    pub nulls_first: Option<bool>,
}

/// The unit of a window's frame.
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
    /// The border of the partition.
    Unbounded,
    /// The current row.
    Current,
    /// This number of units before the current row.
    Preceding(u64),
    /// This number of units after the current row.
    Following(u64),
}

/// A window's frame.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Frame {
    /// The unit of its borders.
    pub unit: FrameUnit,
    /// Its start; `unbounded` is the partition's start.
    pub start: FrameBound,
    /// Its end; `unbounded` is the partition's end.
    pub end: FrameBound,
}

/// A function over a window of rows.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Window {
    /// The function's `call` node.
    pub call: NodeId,
    /// The expressions that partition the rows.
    pub partition_by: Vec<NodeId>,
    /// The order within a partition.
    pub order_by: Vec<Order>,
    /// The frame.
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
    /// The expression to convert.
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
    /// Its alias in this statement.
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

/// The rows without a match that a join keeps.
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

/// The row locks of a select, and its behaviour if rows are locked already.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Locking {
    /// Whether others may hold the same lock.
    pub for_share: bool,
    /// Whether a row that is locked already is an error at once.
    pub no_wait: bool,
    /// Whether rows that are locked already are skipped.
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
    /// Whether equal rows are returned once.
    pub distinct: bool,
    /// Its source.
    pub source: Option<NodeId>,
    /// The condition of the rows.
    pub filter: Option<NodeId>,
    /// The expressions to group by.
    pub group_by: Vec<NodeId>,
    /// The condition of the groups.
    pub having: Option<NodeId>,
    /// Their order.
    pub order_by: Vec<Order>,
    /// The most rows to return: a `literal` or `parameter` node.
    pub limit: Option<NodeId>,
    /// The number of rows to skip first: a `literal` or `parameter` node.
    pub offset: Option<NodeId>,
    /// The lock.
    pub lock: Option<Locking>,
}

/// The set operation of a compound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// Rows of any part, equal ones once.
    Union,
    /// Rows of any part.
    UnionAll,
    /// Rows of all parts.
    Intersect,
    /// Rows of the first part that are not in the others.
    Except,
}

/// A set operation on several queries.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Compound {
    /// Its common table expressions.
    pub ctes: Vec<Cte>,
    /// The set operation.
    pub op: SetOp,
    /// The `select` or `compound` nodes; at least two.
    pub parts: Vec<NodeId>,
    /// The order of the whole, by columns or labels of the first part.
    pub order_by: Vec<Order>,
    /// The most rows to return.
    pub limit: Option<NodeId>,
    /// The number of rows to skip first.
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
    /// A case expression.
    Case(Case),
    /// A function over a window.
    Window(Window),
    /// A named result column.
    Label(Labelled),
    /// A table as a source.
    Table(SourceTable),
    /// A query as a source.
    Subquery(SourceQuery),
    /// A join of two sources.
    Join(Join),
    /// A query.
    Select(Select),
    /// A set operation on several queries.
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

/// The action of an insert for a row that exists already.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum ConflictAction {
    /// Leaves it.
    Nothing,
    /// Changes it; `excluded` nodes are the new row's columns.
    Update(Vec<Assignment>),
}

/// The unique key that determines which rows exist already, and the action for them.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Conflict {
    /// The columns of the unique key; the primary key where empty.
    pub columns: Vec<String>,
    /// The action.
    pub action: ConflictAction,
    /// The condition of the rows that an update changes.
    pub filter: Option<NodeId>,
}

/// The source of an insert's rows.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum InsertSource {
    /// A list of expressions per row, one for each column.
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
    /// The action for rows that exist already; an error if `None`.
    pub conflict: Option<Conflict>,
    /// The result columns, for each row that was inserted or changed.
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
    /// The condition of the rows; all rows if `None`.
    pub filter: Option<NodeId>,
    /// The result columns, for each changed row.
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
    /// The condition of the rows; all rows if `None`.
    pub filter: Option<NodeId>,
    /// The result columns, for each deleted row.
    pub returning: Vec<NodeId>,
}

/// The kind of a statement, with its clauses.
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
    /// Its kind and clauses, which refer to any nodes of the arena.
    pub root: Root,
}
