//! Arithmetic with Rust's own operators: `User::AGE + 1`, `!condition`, `a & b`.

use std::ops;

use super::{
    Expr, Expression, Node,
    operand::{Operand, node, reckoned},
    operator::{binary, unary},
};
use crate::{
    Model,
    bindings::sqlservice::database::{
        schema::TypeKind,
        statements::{BinaryOp, Cast, Node as Form, UnaryOp},
    },
    model::Column,
    value::{Decimal, Field, SqlType},
};

/// Types with arithmetic.
pub trait Numeric: SqlType {}

impl Numeric for i16 {}
impl Numeric for i32 {}
impl Numeric for i64 {}
impl Numeric for u64 {}
impl Numeric for f32 {}
impl Numeric for f64 {}
impl Numeric for Decimal {}
#[cfg(feature = "bigdecimal")]
impl Numeric for ::bigdecimal::BigDecimal {}
#[cfg(feature = "rust_decimal")]
impl Numeric for ::rust_decimal::Decimal {}

macro_rules! arithmetic {
    ($($trait:ident $method:ident $op:ident;)*) => {$(
        impl<M: Model, T: Field<Base: Numeric>, V: Operand<T::Base>> ops::$trait<V> for Column<M, T> {
            type Output = Expr<T>;

            fn $method(self, other: V) -> Expr<T> {
                Expr::new(binary::<T::Base>(BinaryOp::$op, self, other).node)
            }
        }

        impl<T: Field<Base: Numeric>, V: Operand<T::Base>> ops::$trait<V> for Expr<T> {
            type Output = Expr<T>;

            fn $method(self, other: V) -> Expr<T> {
                let [left, right] = reckoned::<T::Base>([self.node, node(other)]);
                Expr::new(Node::binary(BinaryOp::$op, left, right))
            }
        }
    )*};
}

arithmetic! {
    Add add Add;
    Sub sub Subtract;
    Mul mul Multiply;
    Rem rem Modulo;
}

impl<M: Model, T: Field<Base: Numeric>, V: Operand<T::Base>> ops::Div<V> for Column<M, T> {
    type Output = Expr<T>;

    fn div(self, other: V) -> Expr<T> {
        Expr::new(binary::<T::Base>(BinaryOp::Divide, self, other).node)
    }
}

/// Division of integers depends on the operands' type, because MySQL has a separate operator for it. Bind values are sent without
/// a type, so a dividend that is no column is cast to its own type.
impl<T: Field<Base: Numeric>, V: Operand<T::Base>> ops::Div<V> for Expr<T> {
    type Output = Expr<T>;

    fn div(self, other: V) -> Expr<T> {
        let dividend = if is_integer(T::Base::column_type().kind) { typed::<T>(self) } else { self };
        let [left, right] = reckoned::<T::Base>([dividend.node, node(other)]);
        Expr::new(Node::binary(BinaryOp::Divide, left, right))
    }
}

fn is_integer(kind: TypeKind) -> bool {
    matches!(kind, TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 | TypeKind::Uint64)
}

fn typed<T: Field>(value: Expr<T>) -> Expr<T> {
    let ty = T::Base::column_type();
    Expr::new(Node::with([value.node], |[value]| Form::Cast(Cast { value, ty })))
}

impl<M: Model, T: Field<Base: Numeric>> ops::Neg for Column<M, T> {
    type Output = Expr<T>;

    fn neg(self) -> Expr<T> {
        Expr::new(unary::<T::Base>(UnaryOp::Negate, self).node)
    }
}

impl<T: Field<Base: Numeric>> ops::Neg for Expr<T> {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(unary::<T::Base>(UnaryOp::Negate, self).node)
    }
}

impl ops::Not for Expr<bool> {
    type Output = Self;

    fn not(self) -> Self {
        Expression::not(self)
    }
}

impl<V: Operand<bool>> ops::BitAnd<V> for Expr<bool> {
    type Output = Self;

    fn bitand(self, other: V) -> Self {
        self.and(other)
    }
}

impl<V: Operand<bool>> ops::BitOr<V> for Expr<bool> {
    type Output = Self;

    fn bitor(self, other: V) -> Self {
        self.or(other)
    }
}
