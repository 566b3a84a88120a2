//! Operators of expressions.

use super::{
    Expr, Node, Order,
    operand::{Operand, alike, all_alike, node, null_typed, typed},
};
use crate::{
    Model,
    bindings::sqlservice::database::{
        schema::{ColumnType, TypeKind},
        statements::{Binary, BinaryOp, Cast, Labelled, ListOp, Matching, Membership, Node as Form, UnaryOp},
    },
    model::Column,
    statement::Subquery,
    value::{Decimal, Field, SqlType},
};

/// An expression in a statement: a [`Column`] or an [`Expr`].
///
/// Comparisons with null give null, as in SQL; a filter takes only rows for which its condition is true.
pub trait Expression: Sized {
    /// The Rust type of its value.
    type Type: Field;

    /// Converts it to an [`Expr`].
    fn expr(self) -> Expr<Self::Type>;

    /// Equal.
    fn eq(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::Equal, self.expr(), other)
    }

    /// Not equal.
    fn ne(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::NotEqual, self.expr(), other)
    }

    /// Less.
    fn lt(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::Less, self.expr(), other)
    }

    /// Less or equal.
    fn le(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::LessEqual, self.expr(), other)
    }

    /// Greater.
    fn gt(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::Greater, self.expr(), other)
    }

    /// Greater or equal.
    fn ge(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::GreaterEqual, self.expr(), other)
    }

    /// Not equal, where null equals null.
    fn is_distinct_from(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::IsDistinct, self.expr(), other)
    }

    /// Equal, where null equals null.
    fn is_not_distinct_from(self, other: impl Operand<Base<Self>>) -> Expr<bool> {
        compared(BinaryOp::IsNotDistinct, self.expr(), other)
    }

    /// Is null.
    fn is_null(self) -> Expr<bool> {
        unary::<Base<Self>>(UnaryOp::IsNull, self.expr())
    }

    /// Is not null.
    fn is_not_null(self) -> Expr<bool> {
        unary::<Base<Self>>(UnaryOp::IsNotNull, self.expr())
    }

    /// Between two values, both included.
    fn between(self, low: impl Operand<Base<Self>>, high: impl Operand<Base<Self>>) -> Expr<bool> {
        Expr::new(Node::list(ListOp::Between, alike::<Base<Self>, 3>([self.expr().node, node(low), node(high)])))
    }

    /// Is one of the items; false without items.
    fn in_list<I>(self, items: I) -> Expr<bool>
    where
        I: IntoIterator<Item: Operand<Base<Self>>>,
    {
        Expr::new(Node::list(ListOp::InList, among::<Base<Self>>(self.expr().node, items.into_iter().map(node))))
    }

    /// Is none of the items; true without items.
    fn not_in_list<I>(self, items: I) -> Expr<bool>
    where
        I: IntoIterator<Item: Operand<Base<Self>>>,
    {
        Expr::new(Node::list(ListOp::NotInList, among::<Base<Self>>(self.expr().node, items.into_iter().map(node))))
    }

    /// Is one of the values of a query.
    fn in_query<Q: Subquery<Row: Field<Base = Base<Self>>>>(self, query: &Q) -> Expr<bool> {
        membership(self.expr().node, query, false)
    }

    /// Is none of the values of a query.
    fn not_in_query<Q: Subquery<Row: Field<Base = Base<Self>>>>(self, query: &Q) -> Expr<bool> {
        membership(self.expr().node, query, true)
    }

    /// This value, or the other one where it is null.
    fn or_else(self, other: impl Operand<Base<Self>>) -> Expr<Base<Self>> {
        Expr::new(Node::list(ListOp::Coalesce, alike::<Base<Self>, 2>([self.expr().node, node(other)])))
    }

    /// Converts to another type.
    fn cast<T: SqlType>(self) -> Expr<<Self::Type as Converted<T>>::Type>
    where
        Self::Type: Converted<T>,
    {
        // Without a cast to its own type, a bind value with a fraction would be sent as the target type.
        let is_float = matches!(<Base<Self> as SqlType>::KIND, TypeKind::Float32 | TypeKind::Float64);
        let node = self.expr().node.unlabelled();
        let node = if is_float && node.is_value() { typed::<Base<Self>>(node) } else { node };
        Expr::new(Node::with([node], |[value]| Form::Cast(Cast { value, ty: T::column_type() })))
    }

    /// Converts to a decimal of `precision` digits, `scale` of them after the point, to which it is rounded. A value with more
    /// digits before the point is an error, except on MySQL and MariaDB, which return the greatest decimal of this size instead.
    ///
    /// `cast::<Decimal>()` keeps all digits; MySQL and MariaDB then have 35 before the point and 30 after it.
    fn cast_decimal(self, precision: u32, scale: u32) -> Expr<<Self::Type as Converted<Decimal>>::Type>
    where
        Self::Type: Converted<Decimal>,
    {
        let ty = ColumnType { precision: Some(precision), scale: Some(scale), ..Decimal::column_type() };
        Expr::new(Node::with([self.expr().node], |[value]| Form::Cast(Cast { value, ty })))
    }

    /// The same expression, read as an `Option`: for a column of the outer side of a join.
    fn nullable(self) -> Expr<Option<Base<Self>>> {
        Expr::new(self.expr().node)
    }

    /// The same expression, read as one that is never null; a null is then a type mismatch.
    fn not_null(self) -> Expr<Base<Self>> {
        Expr::new(self.expr().node)
    }

    /// The same expression, read as another type (SQLAlchemy's `type_coerce`). The database converts nothing; a value that does
    /// not fit is a type mismatch when it is read. For expressions whose types are known only when the plugin runs.
    fn type_coerce<T: Field>(self) -> Expr<T> {
        Expr::new(self.expr().node)
    }

    /// Names the expression in the result set.
    fn label(self, label: impl Into<String>) -> Expr<Self::Type> {
        let label = label.into();
        let value = null_typed::<Base<Self>>(self.expr().node);
        Expr::new(Node::with([value], |[value]| Form::Label(Labelled { value, label })))
    }

    /// Lesser values first.
    fn asc(self) -> Order {
        Order::new(self.expr().node.unlabelled(), false, <Self::Type as Field>::NULLABLE)
    }

    /// Greater values first.
    fn desc(self) -> Order {
        Order::new(self.expr().node.unlabelled(), true, <Self::Type as Field>::NULLABLE)
    }

    /// Both are true.
    fn and(self, other: impl Operand<bool>) -> Expr<bool>
    where
        Self::Type: Field<Base = bool>,
    {
        Expr::new(Node::listed(ListOp::And, self.expr().node, node(other)))
    }

    /// Either is true.
    fn or(self, other: impl Operand<bool>) -> Expr<bool>
    where
        Self::Type: Field<Base = bool>,
    {
        Expr::new(Node::listed(ListOp::Or, self.expr().node, node(other)))
    }

    /// Is not true.
    fn not(self) -> Expr<bool>
    where
        Self::Type: Field<Base = bool>,
    {
        Expr::new(Node::with([self.expr().node], |[it]| Form::Unary((UnaryOp::Not, it))))
    }

    /// Matches a pattern: `%` matches any text, `_` any character, and `\` escapes the next character.
    fn like(self, pattern: impl Operand<String>) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        matching(self.expr().node, node(pattern), false, false)
    }

    /// Does not match a pattern.
    fn not_like(self, pattern: impl Operand<String>) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        matching(self.expr().node, node(pattern), false, true)
    }

    /// Matches a pattern regardless of case.
    fn ilike(self, pattern: impl Operand<String>) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        matching(self.expr().node, node(pattern), true, false)
    }

    /// Matches a pattern with another escape character than `\`.
    fn like_escaped(self, pattern: impl Operand<String>, escape: char) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        escaped(self.expr().node, node(pattern), escape, false, false)
    }

    /// Matches a pattern with another escape character than `\`, regardless of case.
    fn ilike_escaped(self, pattern: impl Operand<String>, escape: char) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        escaped(self.expr().node, node(pattern), escape, true, false)
    }

    /// Begins with this text, taken literally.
    fn starts_with(self, text: &str) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        matching(self.expr().node, node(format!("{}%", literal(text))), false, false)
    }

    /// Ends with this text, taken literally.
    fn ends_with(self, text: &str) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        matching(self.expr().node, node(format!("%{}", literal(text))), false, false)
    }

    /// Contains this text, taken literally.
    fn contains(self, text: &str) -> Expr<bool>
    where
        Self::Type: Field<Base = String>,
    {
        matching(self.expr().node, node(format!("%{}%", literal(text))), false, false)
    }

    /// The concatenation of this text and another.
    fn concat(self, other: impl Operand<String>) -> Expr<Self::Type>
    where
        Self::Type: Field<Base = String>,
    {
        let sides = [self.expr().node, node(other)];
        Expr::new(Node::with(sides, |[left, right]| Form::Binary(Binary { op: BinaryOp::Concat, left, right })))
    }
}

/// The type of an expression's value when it is not null.
pub type Base<E> = <<E as Expression>::Type as Field>::Base;

impl<M: Model, T: Field> Expression for Column<M, T> {
    type Type = T;

    fn expr(self) -> Expr<T> {
        Expr::new(node::<T::Base>(self))
    }
}

impl<T: Field> Expression for Expr<T> {
    type Type = T;

    fn expr(self) -> Self {
        self
    }
}

impl<T: Field> Expression for &Expr<T> {
    type Type = T;

    fn expr(self) -> Expr<T> {
        self.clone()
    }
}

/// The result type of a cast to `T`: a `T`, or an `Option<T>` from a nullable type.
pub trait Converted<T>: Field {
    /// The result type.
    type Type: Field;
}

impl<S: SqlType, T: SqlType> Converted<T> for S {
    type Type = T;
}

impl<S: SqlType, T: SqlType> Converted<T> for Option<S> {
    type Type = Option<T>;
}

pub(super) fn binary<B>(op: BinaryOp, left: impl Operand<B>, right: impl Operand<B>) -> Expr<bool> {
    Expr::new(Node::with([node(left), node(right)], |[left, right]| Form::Binary(Binary { op, left, right })))
}

fn compared<E: Expression>(op: BinaryOp, left: E, right: impl Operand<Base<E>>) -> Expr<bool> {
    let [left, right] = alike::<Base<E>, 2>([left.expr().node, node(right)]);
    Expr::new(Node::binary(op, left, right))
}

/// Gives the value of an `in` and its items one type.
fn among<B: SqlType>(value: Node, items: impl Iterator<Item = Node>) -> Vec<Node> {
    all_alike::<B>(std::iter::once(value).chain(items).collect())
}

pub(super) fn unary<B>(op: UnaryOp, operand: impl Operand<B>) -> Expr<bool> {
    Expr::new(Node::with([node(operand)], |[operand]| Form::Unary((op, operand))))
}

fn membership(value: Node, query: &impl Subquery, negated: bool) -> Expr<bool> {
    let sides = [value, query.query_node().0];
    Expr::new(Node::with(sides, |[value, query]| Form::Membership(Membership { value, query, negated })))
}

fn matching(value: Node, pattern: Node, ignore_case: bool, negated: bool) -> Expr<bool> {
    escaped(value, pattern, '\\', ignore_case, negated)
}

fn escaped(value: Node, pattern: Node, escape: char, ignore_case: bool, negated: bool) -> Expr<bool> {
    let form = |[value, pattern]: [u32; 2]| {
        Form::Matching(Matching { value, pattern, escape: Some(escape), ignore_case, negated })
    };
    Expr::new(Node::with(alike::<String, 2>([value, pattern]), form))
}

/// Escapes a text into a pattern that matches only this text.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
