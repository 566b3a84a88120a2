//! What can stand beside an expression: another one, or a Rust value.

use super::{Expr, Node};
use crate::{
    Model,
    model::Column,
    value::{Decimal, Field, Scalar, SqlType, Value},
};

/// What can be used where a value of the SQL type `B` is asked for: a `B`, an `Option<B>`, a column or an expression of
/// either, and for texts a `&str`.
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

/// A node whose inside is nobody's business.
#[doc(hidden)]
pub struct OperandNode(pub(crate) Node);

pub(crate) fn node<B>(operand: impl Operand<B>) -> Node {
    operand.into_operand().0
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
