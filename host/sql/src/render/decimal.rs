//! Decimals where they are texts: their operators and functions are calls of the host's own, which compute exactly, and they
//! are compared, ordered and told apart by the collation `DECIMAL`, which is the host's own, too.

use super::Writer;
use crate::{
    Dialect,
    resolved::{Call, Expr, Function, Typed},
    schema::{Column, ColumnType, TypeKind},
    statement::BinaryOp,
};

/// The collation by which decimals that are texts are compared.
pub(crate) const COLLATION: &str = " COLLATE DECIMAL";

/// What an operator of decimals is called; nothing for what is no arithmetic.
fn operator(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Add => "decimal_add",
        BinaryOp::Subtract => "decimal_sub",
        BinaryOp::Multiply => "decimal_mul",
        BinaryOp::Divide => "decimal_div",
        BinaryOp::Modulo => "decimal_mod",
        _ => return None,
    })
}

/// What a function of decimals is called, where it is another one.
fn function(function: Function) -> Option<&'static str> {
    Some(match function {
        Function::Sum => "decimal_sum",
        Function::Avg => "decimal_avg",
        Function::Abs => "decimal_abs",
        Function::Round => "decimal_round",
        Function::Floor => "decimal_floor",
        Function::Ceil => "decimal_ceil",
        Function::Sign => "decimal_sign",
        _ => return None,
    })
}

impl Writer {
    /// Whether an expression is a decimal that is a text.
    pub(super) fn is_text_decimal(&self, value: &Typed<'_>) -> bool {
        self.dialect == Dialect::Sqlite && value.kind() == Some(TypeKind::Decimal)
    }

    /// Whether an expression, written out, is the call of a function.
    pub(super) fn is_decimal_call(&self, value: &Typed<'_>) -> bool {
        self.is_text_decimal(value) && matches!(value.expr, Expr::Unary(..) | Expr::Binary(..))
    }

    /// A value, or a row of them, where it is compared, ordered or told apart from others.
    pub(super) fn collated(&mut self, value: &Typed<'_>) {
        match &value.expr {
            Expr::Row(values) if self.dialect == Dialect::Sqlite => {
                self.push("(");
                self.list(values, ", ", Self::collated);
                self.push(")");
            }
            _ => {
                self.operand(value);
                self.push(if self.is_text_decimal(value) { COLLATION } else { "" });
            }
        }
    }

    /// The same where nothing stands before or after it.
    pub(super) fn told_apart(&mut self, value: &Typed<'_>) {
        if self.is_text_decimal(value) { self.collated(value) } else { self.value(value) }
    }

    /// Arithmetic with decimals; whether it was that.
    pub(super) fn decimal_operator(&mut self, op: BinaryOp, left: &Typed<'_>, right: &Typed<'_>) -> bool {
        let of_decimals = self.is_text_decimal(left) || self.is_text_decimal(right);
        let Some(name) = operator(op).filter(|_| of_decimals) else { return false };
        self.decimal_call(name, left, |writer| {
            writer.push(", ");
            writer.value(right);
        });
        true
    }

    /// A function of decimals; whether it was one.
    pub(super) fn decimal_function(&mut self, call: &Call<'_>) -> bool {
        let [value, rest @ ..] = call.arguments.as_slice() else { return false };
        let Some(name) = function(call.function).filter(|_| self.is_text_decimal(value)) else { return false };
        if call.distinct {
            self.push(name);
            self.push("(DISTINCT ");
            self.collated(value);
            self.push(")");
            return true;
        }
        self.decimal_call(name, value, |writer| match (call.function, rest) {
            (Function::Round, [digits, ..]) => {
                writer.push(", ");
                writer.value(digits);
            }
            (Function::Round, []) => writer.push(", 0"),
            _ => {}
        });
        true
    }

    /// Whether a call hands one of its arguments on, which a column of another program's making may have as a number.
    pub(super) fn hands_decimal_on(&self, call: &Call<'_>) -> bool {
        use Function as F;
        let hands_on =
            matches!(call.function, F::Min | F::Max | F::FirstValue | F::LastValue | F::NthValue | F::Lag | F::Lead);
        hands_on && call.arguments.first().is_some_and(|value| self.is_text_decimal(value))
    }

    /// The call of a function of decimals.
    pub(super) fn decimal_call(&mut self, name: &'static str, value: &Typed<'_>, rest: impl FnOnce(&mut Self)) {
        self.push(name);
        self.push("(");
        self.value(value);
        rest(self);
        self.push(")");
    }

    /// A decimal of any digits, or one with those of a type.
    pub(super) fn cast_to_decimal(&mut self, value: &Typed<'_>, ty: &ColumnType) {
        self.fitted(ty, |writer| writer.value(value));
    }

    /// Whatever is written, as a decimal with the digits of a type.
    fn fitted(&mut self, ty: &ColumnType, write: impl FnOnce(&mut Self)) {
        self.push(if ty.precision.is_some() { "decimal_of(" } else { "decimal(" });
        write(self);
        if let Some(precision) = ty.precision {
            self.sql.push(", ").number(precision).push(", ").number(ty.scale.unwrap_or(0));
        }
        self.push(")");
    }

    /// Writes what a column is given: a decimal gets the digits of its column where it is a text.
    pub(super) fn stored(&mut self, column: &Column, write: impl FnOnce(&mut Self)) {
        if self.dialect == Dialect::Sqlite && column.ty.kind == TypeKind::Decimal {
            self.fitted(&column.ty, write);
        } else {
            write(self);
        }
    }
}
