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

/// A constant of a statement. It is bound, never written into its text.
pub fn literal<T: Field>(value: T) -> Expr<T> {
    Expr::new(Node::value(value.to_value()))
}

/// A value that a prepared statement gets when it runs: the one at this position of the list, from 0. See
/// [`Executor::prepare`](crate::Executor::prepare).
pub fn parameter<T: Field>(position: u32) -> Expr<T> {
    Expr::new(Node::parameter(position))
}

/// A column of something that is no model: a subquery's alias, a common table expression, a reflected table.
pub fn column<T: Field>(source: impl Into<String>, name: impl Into<String>) -> Expr<T> {
    let name = statements::ColumnName { table: Some(source.into()), name: name.into() };
    Expr::new(Node::leaf(Form::Column(name)))
}

/// A label or column of the result itself, for the order of compounds and groups.
pub fn output<T: Field>(name: impl Into<String>) -> Expr<T> {
    Expr::new(Node::column(None, name.into()))
}

/// The value that an upsert could not insert.
pub fn excluded<M: Model, T: Field>(column: Column<M, T>) -> Expr<T> {
    Expr::new(Node::leaf(Form::Excluded(column.name().to_owned())))
}

/// A function of the host's allow-list, by its name. The typed ones below are easier to get right.
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

/// How many values are not null.
pub fn count(expression: impl Expression) -> Expr<i64> {
    call("count", [expression.expr().node])
}

/// How many different values are not null.
pub fn count_distinct(expression: impl Expression) -> Expr<i64> {
    call_with("count", [expression.expr().node], true)
}

/// How many rows there are.
pub fn count_all() -> Expr<i64> {
    call("count", [])
}

/// The sum; null of no rows. Decimals stay exact, and a sum of integers must fit their type.
pub fn sum<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<Option<Base<E>>> {
    call("sum", [expression.expr().node])
}

/// The mean as a float, of decimals too; null of no rows.
pub fn avg<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<Option<f64>> {
    call("avg", [expression.expr().node])
}

/// The least value; null of no rows.
pub fn min<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("min", [expression.expr().node])
}

/// The greatest value; null of no rows.
pub fn max<E: Expression>(expression: E) -> Expr<Option<Base<E>>> {
    call("max", [expression.expr().node])
}

/// In lower case.
pub fn lower<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("lower", [expression.expr().node])
}

/// In upper case.
pub fn upper<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("upper", [expression.expr().node])
}

/// Without white space at both ends.
pub fn trim<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<E::Type> {
    call("trim", [expression.expr().node])
}

/// How many characters.
pub fn length<E: Expression<Type: Field<Base = String>>>(expression: E) -> Expr<Option<i64>> {
    call("length", [expression.expr().node])
}

/// Without the sign.
pub fn abs<E: Expression<Type: Field<Base: Numeric>>>(expression: E) -> Expr<E::Type> {
    call("abs", [expression.expr().node])
}

/// Rounded to so many digits after the point, halves away from 0.
pub fn round<E: Expression<Type: Field<Base: Numeric>>>(expression: E, digits: i32) -> Expr<E::Type> {
    call("round", [expression.expr().node, node::<i32>(digits)])
}

/// Null where it equals the other value, else itself.
pub fn nullif<E: Expression>(expression: E, other: impl Operand<Base<E>>) -> Expr<Option<Base<E>>> {
    call("nullif", alike::<Base<E>, 2>([expression.expr().node, node(other)]))
}

/// With every occurrence of a text replaced.
pub fn replace<E>(expression: E, text: impl Operand<String>, by: impl Operand<String>) -> Expr<E::Type>
where
    E: Expression<Type: Field<Base = String>>,
{
    call("replace", [expression.expr().node, node(text), node(by)])
}

/// So many characters from a position; the first is 1.
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

/// The first that is not null.
pub fn coalesce<E: Expression>(first: E, others: impl Operand<Base<E>>) -> Expr<Base<E>> {
    first.or_else(others)
}

/// All of these are true; of none, true.
pub fn all_of(conditions: impl IntoIterator<Item = Expr<bool>>) -> Expr<bool> {
    Expr::new(Node::list(ListOp::And, conditions.into_iter().map(|condition| condition.node)))
}

/// Any of these is true; of none, false.
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
    /// Only the rows for which this holds: of an aggregate, where the database can (`aggregate-filter`).
    pub fn filter(self, condition: impl Operand<bool>) -> Self {
        Self::new(self.node.with_filter(node(condition)))
    }
}
