//! Decimals of databases without a decimal type, where they are texts. Their operators and functions become calls of the
//! host's functions, which compute exactly. The host's collation `DECIMAL` compares, orders and distinguishes them.

use super::Writer;
use crate::{
    Dialect,
    resolved::{Call, Expr, Function, Typed},
    schema::{Column, ColumnType, TypeKind},
    statement::BinaryOp,
};

/// The clause for the collation that compares decimals stored as texts.
pub(crate) const COLLATION: &str = " COLLATE DECIMAL";

/// The host's function for an operator with decimals; `None` for an operator that is not arithmetic.
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

/// The host's function for a function of decimals; `None` where the database's own function is used.
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
    /// Whether an expression is a decimal stored as a text.
    pub(super) fn is_text_decimal(&self, value: &Typed<'_>) -> bool {
        self.dialect == Dialect::Sqlite && value.kind() == Some(TypeKind::Decimal)
    }

    /// Whether an operator with decimals is written as a function call.
    pub(super) fn is_decimal_call(&self, value: &Typed<'_>) -> bool {
        self.is_text_decimal(value) && matches!(value.expr, Expr::Unary(..) | Expr::Binary(..))
    }

    /// Writes a value or a row that is compared, ordered or grouped, with the decimal collation where it needs one.
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

    /// Does the same as `collated` where the value needs no parentheses.
    pub(super) fn told_apart(&mut self, value: &Typed<'_>) {
        if self.is_text_decimal(value) { self.collated(value) } else { self.value(value) }
    }

    /// Writes arithmetic with decimals. Returns whether the operation is such.
    pub(super) fn decimal_operator(&mut self, op: BinaryOp, left: &Typed<'_>, right: &Typed<'_>) -> bool {
        let of_decimals = self.is_text_decimal(left) || self.is_text_decimal(right);
        let Some(name) = operator(op).filter(|_| of_decimals) else { return false };
        self.decimal_call(name, left, |writer| {
            writer.push(", ");
            writer.value(right);
        });
        true
    }

    /// Writes a call of a function of decimals. Returns whether the call is such.
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

    /// Whether a call returns an argument unchanged, which may be a number that another program stored in a decimal column.
    pub(super) fn hands_decimal_on(&self, call: &Call<'_>) -> bool {
        use Function as F;
        let hands_on =
            matches!(call.function, F::Min | F::Max | F::FirstValue | F::LastValue | F::NthValue | F::Lag | F::Lead);
        hands_on && call.arguments.first().is_some_and(|value| self.is_text_decimal(value))
    }

    /// Writes a call of one of the host's functions for decimals.
    pub(super) fn decimal_call(&mut self, name: &'static str, value: &Typed<'_>, rest: impl FnOnce(&mut Self)) {
        self.push(name);
        self.push("(");
        self.value(value);
        rest(self);
        self.push(")");
    }

    /// Writes a cast to a decimal, with the type's precision and scale if it has them.
    pub(super) fn cast_to_decimal(&mut self, value: &Typed<'_>, ty: &ColumnType) {
        self.fitted(ty, |writer| writer.value(value));
    }

    /// Writes a cast of the text from `write` to a decimal, with the type's precision and scale if it has them.
    fn fitted(&mut self, ty: &ColumnType, write: impl FnOnce(&mut Self)) {
        self.push(if ty.precision.is_some() { "decimal_of(" } else { "decimal(" });
        write(self);
        if let Some(precision) = ty.precision {
            self.sql.push(", ").number(precision).push(", ").number(ty.scale.unwrap_or(0));
        }
        self.push(")");
    }

    /// Writes a value for a column. A decimal that is stored as a text gets the precision and scale of its column.
    pub(super) fn stored(&mut self, column: &Column, write: impl FnOnce(&mut Self)) {
        if self.dialect == Dialect::Sqlite && column.ty.kind == TypeKind::Decimal {
            self.fitted(&column.ty, write);
        } else {
            write(self);
        }
    }
}
