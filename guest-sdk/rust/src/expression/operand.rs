//! Operands of expressions: other expressions and Rust values.

use super::{Expr, Node};
use crate::{
    Model,
    bindings::sqlservice::database::{
        schema::TypeKind,
        statements::{Cast, Node as Form},
    },
    model::Column,
    schema::column_type,
    value::{Decimal, Field, Scalar, SqlType, Value},
};

/// An operand of the SQL type `B`: a `B`, an `Option<B>`, a column or an expression of either, and for texts a `&str`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used where SQL asks for a `{B}`",
    label = "neither a `{B}`, nor a column or an expression of that type",
    note = "`.cast::<T>()` converts an expression to another type"
)]
pub trait Operand<B> {
    /// The node.
    #[doc(hidden)]
    fn into_operand(self) -> OperandNode;
}

/// A node, opaque to callers.
#[doc(hidden)]
pub struct OperandNode(pub(crate) Node);

pub(crate) fn node<B>(operand: impl Operand<B>) -> Node {
    operand.into_operand().0
}

/// Gives operands one type. Bind values are sent without a type, which a column beside them determines; without a column, each is
/// cast to its own. Otherwise a null is a text on MySQL and MariaDB, and decimals are texts on SQLite.
pub(super) fn alike<B: SqlType, const N: usize>(operands: [Node; N]) -> [Node; N] {
    let operands = operands.map(Node::unlabelled);
    if operands.iter().all(Node::is_bare) { operands.map(typed::<B>) } else { operands }
}

/// Gives any number of operands one type, like `alike`.
pub(super) fn all_alike<B: SqlType>(operands: Vec<Node>) -> Vec<Node> {
    let is_bare = operands.iter().all(Node::is_bare);
    operands
        .into_iter()
        .map(Node::unlabelled)
        .map(|operand| if is_bare { typed::<B>(operand) } else { operand })
        .collect()
}

/// Gives the operands of arithmetic one type. Integers need no cast: they are sent as integers.
pub(super) fn reckoned<B: SqlType>(operands: [Node; 2]) -> [Node; 2] {
    let by_type = matches!(B::KIND, TypeKind::Decimal | TypeKind::Float32 | TypeKind::Float64);
    if by_type { alike::<B, 2>(operands) } else { operands }
}

/// Casts a null to its type; any other operand is returned unchanged.
pub(super) fn null_typed<B: SqlType>(operand: Node) -> Node {
    if operand.is_null() { typed::<B>(operand) } else { operand }
}

/// Casts a bind value to its type. A computed operand has a type already; only texts are still cast, for their collation.
pub(super) fn typed<B: SqlType>(operand: Node) -> Node {
    use TypeKind as K;
    let kind = match B::KIND {
        // As wide as the results of arithmetic on them.
        K::Int16 | K::Int32 | K::Int64 => K::Int64,
        K::Float32 | K::Float64 => K::Float64,
        K::Text | K::Varchar => K::Text,
        K::Json | K::Enumeration | K::Interval | K::Array | K::Other => return operand,
        kind => kind,
    };
    if kind != K::Text && !operand.is_value() {
        return operand;
    }
    Node::with([operand], |[value]| Form::Cast(Cast { value, ty: column_type(kind) }))
}

fn value(value: Value) -> OperandNode {
    OperandNode(Node::value(value))
}

impl<T: SqlType> Operand<T> for T {
    fn into_operand(self) -> OperandNode {
        value(self.to_value())
    }
}

impl<T: SqlType> Operand<T> for Option<T> {
    fn into_operand(self) -> OperandNode {
        value(self.to_value())
    }
}

impl<T: SqlType> Operand<T> for &T {
    fn into_operand(self) -> OperandNode {
        value(self.to_value())
    }
}

impl Operand<String> for &str {
    fn into_operand(self) -> OperandNode {
        value(Value::Scalar(Scalar::Text(self.to_owned())))
    }
}

impl Operand<String> for Option<&str> {
    fn into_operand(self) -> OperandNode {
        value(self.map(str::to_owned).to_value())
    }
}

impl Operand<Vec<u8>> for &[u8] {
    fn into_operand(self) -> OperandNode {
        value(Value::Scalar(Scalar::Bytes(self.to_vec())))
    }
}

impl Operand<Decimal> for i64 {
    fn into_operand(self) -> OperandNode {
        value(Decimal::from(self).to_value())
    }
}

impl<T: Field> Operand<T::Base> for Expr<T> {
    fn into_operand(self) -> OperandNode {
        OperandNode(self.node)
    }
}

impl<T: Field> Operand<T::Base> for &Expr<T> {
    fn into_operand(self) -> OperandNode {
        OperandNode(self.node.clone())
    }
}

impl<M: Model, T: Field> Operand<T::Base> for Column<M, T> {
    fn into_operand(self) -> OperandNode {
        OperandNode(Node::column(Some(self.source()), self.name()))
    }
}
