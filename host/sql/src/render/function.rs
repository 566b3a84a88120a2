//! Writes calls of functions so that each has the same meaning and result on every database.

use super::Writer;
use crate::{
    Dialect,
    resolved::{Call, Function, Order, Typed, Window},
    schema::TypeKind,
    sql::quote,
    statement::{FrameBound, FrameUnit},
};

impl Writer {
    pub(super) fn call(&mut self, call: &Call<'_>) {
        let (before, after) = self.around(call);
        self.push(before);
        if !self.decimal_function(call) {
            self.bare_call(call);
        }
        if let Some(filter) = &call.filter {
            self.push(" FILTER (WHERE ");
            self.value(filter);
            self.push(")");
        }
        if let Some(window) = &call.window {
            self.window(window);
        }
        self.push(after);
    }

    /// The text before and after the whole call, its window included, that converts the result to the type that `check` inferred.
    fn around(&self, call: &Call<'_>) -> (&'static str, &'static str) {
        let kind = call.arguments.first().and_then(Typed::kind);
        let integer = kind.is_some_and(crate::catalog::is_integer);
        match (call.function, self.dialect) {
            // These databases return a numeric or decimal for a sum of integers.
            (Function::Sum, Dialect::Postgres) if integer => ("CAST(", " AS BIGINT)"),
            (Function::Sum, Dialect::Mysql | Dialect::Mariadb) if integer => ("CAST(", " AS SIGNED)"),
            _ if self.hands_decimal_on(call) => ("decimal(", ")"),
            (Function::Round, Dialect::Postgres) if kind != Some(TypeKind::Decimal) => {
                ("CAST(", " AS DOUBLE PRECISION)")
            }
            (Function::Round, Dialect::Mysql | Dialect::Mariadb) if kind != Some(TypeKind::Decimal) => {
                ("CAST(", " AS DOUBLE)")
            }
            _ => ("", ""),
        }
    }

    fn bare_call(&mut self, call: &Call<'_>) {
        let arguments = call.arguments.as_slice();
        match call.function {
            Function::Concat => {
                let values: Vec<&Typed<'_>> = arguments.iter().collect();
                // Parentheses, since most databases use an operator for it.
                self.push("(");
                self.concat(&values);
                self.push(")");
            }
            Function::Now => self.push(quote::now(TypeKind::TimestampTz, self.dialect)),
            Function::CurrentDate => self.push(quote::now(TypeKind::Date, self.dialect)),
            Function::CurrentTime => self.push(quote::now(TypeKind::Time, self.dialect)),
            function if self.scalar(function, arguments) => {}
            function => {
                self.push(self.name_of(function, arguments));
                self.push("(");
                self.push(if call.distinct { "DISTINCT " } else { "" });
                if function == Function::Count && arguments.is_empty() {
                    self.push("*");
                }
                for (position, argument) in arguments.iter().enumerate() {
                    self.push(if position > 0 { ", " } else { "" });
                    self.argument(function, position, argument);
                }
                self.push(")");
            }
        }
    }

    fn argument(&mut self, function: Function, position: usize, argument: &Typed<'_>) {
        let counts = matches!(
            (function, position),
            (Function::Substr | Function::Round | Function::Lag | Function::Lead | Function::NthValue, 1..=2)
                | (Function::Ntile, 0)
        ) && !(matches!(function, Function::Lag | Function::Lead) && position == 2);
        let decimal = argument.kind() == Some(TypeKind::Decimal);
        match (function, self.dialect) {
            // Values are bound as 64-bit integers, and these functions take 32-bit ones.
            (_, Dialect::Postgres) if counts => self.cast_to(argument, "INTEGER"),
            (Function::Avg, Dialect::Postgres) => self.cast_to(argument, "DOUBLE PRECISION"),
            (Function::Avg, Dialect::Mysql | Dialect::Mariadb) => self.cast_to(argument, "DOUBLE"),
            // PostgreSQL rounds halves of floats to even numbers, and halves of numerics away from 0.
            (Function::Round, Dialect::Postgres) if position == 0 && !decimal => self.cast_to(argument, "NUMERIC"),
            // So does MySQL. The decimal is right for all floats up to 10^45; greater ones become 10^45.
            (Function::Round, Dialect::Mysql | Dialect::Mariadb) if position == 0 && !decimal => {
                self.cast_to(argument, "DECIMAL(65,20)");
            }
            (Function::Min | Function::Max | Function::Count | Function::Nullif, Dialect::Sqlite) if decimal => {
                self.collated(argument);
            }
            _ => self.value(argument),
        }
    }

    fn name_of(&self, function: Function, arguments: &[Typed<'_>]) -> &'static str {
        let bytes = arguments.first().and_then(Typed::kind) == Some(TypeKind::Bytes);
        match function {
            Function::Count => "COUNT",
            Function::Sum => "SUM",
            Function::Avg => "AVG",
            Function::Min => "MIN",
            Function::Max => "MAX",
            Function::Lower => "LOWER",
            Function::Upper => "UPPER",
            // MySQL's `LENGTH` counts bytes.
            Function::Length if self.is_mysql() && !bytes => "CHAR_LENGTH",
            Function::Length => "LENGTH",
            Function::Trim => "TRIM",
            Function::Abs => "ABS",
            Function::Round => "ROUND",
            Function::Coalesce => "COALESCE",
            Function::Nullif => "NULLIF",
            Function::Concat => "CONCAT",
            Function::Replace => "REPLACE",
            Function::Substr => "SUBSTR",
            Function::Ltrim => "LTRIM",
            Function::Rtrim => "RTRIM",
            Function::RowNumber => "ROW_NUMBER",
            Function::Rank => "RANK",
            Function::DenseRank => "DENSE_RANK",
            Function::PercentRank => "PERCENT_RANK",
            Function::CumeDist => "CUME_DIST",
            Function::Ntile => "NTILE",
            Function::FirstValue => "FIRST_VALUE",
            Function::LastValue => "LAST_VALUE",
            Function::NthValue => "NTH_VALUE",
            Function::Lag => "LAG",
            Function::Lead => "LEAD",
            // `bare_call` and `scalar` write the others.
            _ => "",
        }
    }

    fn window(&mut self, window: &Window<'_>) {
        self.push(" OVER (");
        let mut before = "";
        if !window.partition_by.is_empty() {
            self.push("PARTITION BY ");
            self.list(&window.partition_by, ", ", Self::told_apart);
            before = " ";
        }
        if !window.order_by.is_empty() {
            self.push(before);
            self.orders(&window.order_by);
            before = " ";
        }
        if let Some(frame) = window.frame {
            self.push(before);
            self.push(match frame.unit {
                FrameUnit::Rows => "ROWS BETWEEN ",
                FrameUnit::Range => "RANGE BETWEEN ",
                FrameUnit::Groups => "GROUPS BETWEEN ",
            });
            self.frame_bound(&frame.start, "UNBOUNDED PRECEDING");
            self.push(" AND ");
            self.frame_bound(&frame.end, "UNBOUNDED FOLLOWING");
        }
        self.push(")");
    }

    /// Writes a bound of a frame. Its number is part of the statement's form, since databases allow no placeholder here.
    fn frame_bound(&mut self, bound: &FrameBound, unbounded: &'static str) {
        match bound {
            FrameBound::Unbounded => self.push(unbounded),
            FrameBound::Current => self.push("CURRENT ROW"),
            FrameBound::Preceding(count) => {
                self.sql.number(*count).push(" PRECEDING");
            }
            FrameBound::Following(count) => {
                self.sql.number(*count).push(" FOLLOWING");
            }
        }
    }

    pub(super) fn orders(&mut self, orders: &[Order<'_>]) {
        self.push("ORDER BY ");
        self.list(orders, ", ", |writer, order| {
            writer.collated(&order.value);
            writer.push(if order.descending { " DESC" } else { "" });
            writer.push(match order.nulls_first {
                None => "",
                Some(true) => " NULLS FIRST",
                Some(false) => " NULLS LAST",
            });
        });
    }
}
