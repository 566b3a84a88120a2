//! Functions and other expressions that are not operators of a column.

use super::{
    Base, Children, Expr, Expression, Node, Numeric, Selection,
    operand::{Operand, alike, node},
    selection::nodes,
};
use crate::{
    Model,
    bindings::sqlservice::database::statements::{self, ListOp, Node as Form},
    model::Column,
    statement::Subquery,
    value::{Date, Field, TimestampTz},
};

/// A literal value. It is sent as a bind value, never written into the statement's text.
pub fn literal<T: Field>(value: T) -> Expr<T> {
    Expr::new(Node::value(value.to_value()))
}

/// A parameter that the caller binds when a prepared statement runs. Positions count from 0. See
/// [`Executor::prepare`](crate::Executor::prepare).
pub fn parameter<T: Field>(position: u32) -> Expr<T> {
    Expr::new(Node::parameter(position))
}

/// A column of a source without a model: a subquery's alias, a common table expression, a reflected table.
pub fn column<T: Field>(source: impl Into<String>, name: impl Into<String>) -> Expr<T> {
    let name = statements::ColumnName { table: Some(source.into()), name: name.into() };
    Expr::new(Node::leaf(Form::Column(name)))
}

/// A label or column of the result set itself, to order compounds and groups by.
pub fn output<T: Field>(name: impl Into<String>) -> Expr<T> {
    Expr::new(Node::column(None, name.into()))
}

/// The value that an upsert tried to insert into a column (SQL's `EXCLUDED`).
pub fn excluded<M: Model, T: Field>(column: Column<M, T>) -> Expr<T> {
    Expr::new(Node::leaf(Form::Excluded(column.name().to_owned())))
}

/// Calls a function of the host's allow-list by its name. Prefer the typed functions below.
///
/// `function::<String>("replace", (User::NAME, literal("a".to_owned()), literal("b".to_owned())))`
pub fn function<T: Field>(name: &str, arguments: impl Selection) -> Expr<T> {
    call(name, nodes(arguments))
}

pub(super) fn call<T>(name: &str, arguments: impl IntoIterator<Item = Node>) -> Expr<T> {
    call_with(name, arguments, false)
}

fn call_with<T>(name: &str, arguments: impl IntoIterator<Item = Node>, distinct: bool) -> Expr<T> {
    let mut children = Children::default();
    let arguments = children.all(arguments);
    Expr::new(children.node(Form::Call(statements::Call {
        function: name.to_owned(),
        arguments,
        distinct,
        filter: None,
    })))
}

/// The number of values that are not null.
pub fn count(expression: impl Expression) -> Expr<i64> {
    call("count", [expression.expr().node])
}

/// The number of distinct values that are not null.
pub fn count_distinct(expression: impl Expression) -> Expr<i64> {
    call_with("count", [expression.expr().node], true)
}

/// The number of rows.
pub fn count_all() -> Expr<i64> {
    call("count", [])
}

/// The sum; null without rows. Decimals stay exact, and a sum of integers must fit their type.
pub fn sum<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<Option<Base<E>>> {
    call("sum", [expression.expr().node])
}

/// The mean as a float, also for decimals; null without rows.
pub fn avg<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<Option<f64>> {
    call("avg", [expression.expr().node])
}

/// The least value; null without rows.
pub fn min<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("min", [expression.expr().node])
}

/// The greatest value; null without rows.
pub fn max<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("max", [expression.expr().node])
}

/// The text in lower case.
pub fn lower<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("lower", [expression.expr().node])
}

/// The text in upper case.
pub fn upper<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("upper", [expression.expr().node])
}

/// The text without spaces at both ends.
pub fn trim<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("trim", [expression.expr().node])
}

/// The number of characters.
pub fn length<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<Option<i64>> {
    call("length", [expression.expr().node])
}

/// The absolute value.
pub fn abs<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<E::Type> {
    call("abs", [expression.expr().node])
}

/// Rounds to `digits` digits after the point, halves away from 0.
pub fn round<E: Expression<Type: Field<Base: Numeric>>>(expression: E, digits: i32) -> Expr<E::Type> {
    call("round", [expression.expr().node, node::<i32>(digits)])
}

/// Null where the expression equals the other value, else the expression.
pub fn nullif<E: Expression>(expression: E, other: impl Operand<Base<E>>) -> Expr<Option<Base<E>>> {
    call("nullif", alike::<Base<E>, 2>([expression.expr().node, node(other)]))
}

/// Replaces every occurrence of `text` with `by`.
pub fn replace<E>(expression: E, text: impl Operand<String>, by: impl Operand<String>) -> Expr<E::Type>
where
    E: Expression<Type: Field<Base = String>>,
{
    call("replace", [expression.expr().node, node(text), node(by)])
}

/// `count` characters from the position `from`; the first position is 1.
pub fn substr<E>(expression: E, from: impl Operand<i32>, count: impl Operand<i32>) -> Expr<E::Type>
where
    E: Expression<Type: Field<Base = String>>,
{
    call("substr", [expression.expr().node, node(from), node(count)])
}

/// The date of the statement.
pub fn current_date() -> Expr<Date> {
    call("current_date", [])
}

/// The time of the statement.
pub fn now() -> Expr<TimestampTz> {
    call("now", [])
}

/// The first value that is not null.
pub fn coalesce<E: Expression>(first: E, others: impl Operand<Base<E>>) -> Expr<Base<E>> {
    first.or_else(others)
}

/// Whether all conditions are true; true without conditions.
pub fn all_of(conditions: impl IntoIterator<Item = Expr<bool>>) -> Expr<bool> {
    Expr::new(Node::list(ListOp::And, conditions.into_iter().map(|condition| condition.node)))
}

/// Whether any condition is true; false without conditions.
pub fn any_of(conditions: impl IntoIterator<Item = Expr<bool>>) -> Expr<bool> {
    Expr::new(Node::list(ListOp::Or, conditions.into_iter().map(|condition| condition.node)))
}

/// Whether a query has any row.
pub fn exists(query: &impl Subquery) -> Expr<bool> {
    Expr::new(Node::with([query.query_node().0], |[query]| Form::Exists(query)))
}

/// The single value of a query; null where it has no row.
pub fn scalar<Q: Subquery<Row: Field>>(query: &Q) -> Expr<Option<<Q::Row as Field>::Base>> {
    Expr::new(Node::with([query.query_node().0], |[query]| Form::ScalarQuery(query)))
}

impl<T> Expr<T> {
    /// Restricts an aggregate to the rows for which the condition is true, where the database can (`aggregate-filter`).
    pub fn filter(self, condition: impl Operand<bool>) -> Self {
        Self::new(self.node.with_filter(node(condition)))
    }
}
