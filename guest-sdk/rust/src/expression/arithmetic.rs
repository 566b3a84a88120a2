//! Arithmetic with Rust's own operators: `User::AGE + 1`, `!condition`, `a & b`.

use std::ops;

use super::{
    Expr, Expression,
    operand::Operand,
    operator::{binary, unary},
};
use crate::{
    Model,
    bindings::sqlservice::database::statements::{BinaryOp, UnaryOp},
    model::Column,
    value::{Decimal, Field, SqlType},
};

/// Types to reckon with.
pub trait Numeric: SqlType {}

impl Numeric for i16 {}
impl Numeric for i32 {}
impl Numeric for i64 {}
impl Numeric for u64 {}
impl Numeric for f32 {}
impl Numeric for f64 {}
impl Numeric for Decimal {}

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
                Expr::new(binary::<T::Base>(BinaryOp::$op, self, other).node)
            }
        }
    )*};
}

arithmetic! {
    Add add Add;
    Sub sub Subtract;
    Mul mul Multiply;
    Div div Divide;
    Rem rem Modulo;
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
