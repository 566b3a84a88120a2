//! Operators with two or more operands, each with one meaning on all databases.

use super::Writer;
use crate::{
    Dialect,
    catalog::is_integer,
    resolved::{Expr, Typed},
    schema::TypeKind,
    statement::BinaryOp,
};

/// How many operands stand side by side before they are put in halves: SQLite parses a flat list into a tree as deep as
/// the list is long, and takes no tree deeper than 1,000.
const FLAT: usize = 200;

impl Writer {
    pub(super) fn binary(&mut self, op: BinaryOp, left: &Typed<'_>, right: &Typed<'_>) {
        if self.decimal_operator(op, left, right) {
            return;
        }
        let sign = match op {
            BinaryOp::Equal => " = ",
            BinaryOp::NotEqual => " <> ",
            BinaryOp::Less => " < ",
            BinaryOp::LessEqual => " <= ",
            BinaryOp::Greater => " > ",
            BinaryOp::GreaterEqual => " >= ",
            BinaryOp::IsDistinct | BinaryOp::IsNotDistinct => return self.distinct(op, left, right),
            BinaryOp::Add => return self.infix(left, " + ", right),
            BinaryOp::Subtract => return self.infix(left, " - ", right),
            BinaryOp::Multiply => return self.infix(left, " * ", right),
            BinaryOp::Modulo => return self.remainder(left, right),
            BinaryOp::Divide => return self.divide(left, right),
            BinaryOp::Concat => return self.concat(&[left, right]),
            BinaryOp::JsonGet | BinaryOp::JsonGetText => return self.json(op, left, right),
        };
        self.compared(left, sign, right);
    }

    fn infix(&mut self, left: &Typed<'_>, sign: &'static str, right: &Typed<'_>) {
        self.operand(left);
        self.push(sign);
        self.operand(right);
    }

    /// A comparison. One collation holds for both sides, and the left one's first.
    pub(super) fn compared(&mut self, left: &Typed<'_>, sign: &'static str, right: &Typed<'_>) {
        let by_left = self.is_text_decimal(left) || matches!(left.expr, Expr::Row(_));
        self.collated(left);
        self.push(sign);
        if by_left { self.operand(right) } else { self.collated(right) }
    }

    fn distinct(&mut self, op: BinaryOp, left: &Typed<'_>, right: &Typed<'_>) {
        let negated = op == BinaryOp::IsDistinct;
        match (self.dialect, negated) {
            (Dialect::Sqlite, true) => self.compared(left, " IS NOT ", right),
            (Dialect::Sqlite, false) => self.compared(left, " IS ", right),
            (Dialect::Postgres, true) => self.infix(left, " IS DISTINCT FROM ", right),
            (Dialect::Postgres, false) => self.infix(left, " IS NOT DISTINCT FROM ", right),
            (Dialect::Mysql | Dialect::Mariadb, false) => self.infix(left, " <=> ", right),
            (Dialect::Mysql | Dialect::Mariadb, true) => {
                self.push("NOT (");
                self.infix(left, " <=> ", right);
                self.push(")");
            }
        }
    }

    /// The quotient; of integers its integer part, for which MySQL has an operator of its own.
    fn divide(&mut self, left: &Typed<'_>, right: &Typed<'_>) {
        let integer = |value: &Typed<'_>| value.kind().is_some_and(is_integer);
        // A divisor without a type of its own has that of what it divides; a dividend without one may be anything.
        if self.is_mysql() && integer(left) && right.kind().is_none_or(is_integer) {
            return self.infix(left, " DIV ", right);
        }
        self.infix(left, " / ", right);
    }

    /// The remainder. Of floats, SQLite would take the integer parts, and PostgreSQL has none. On MySQL and MariaDB that of a negative
    /// decimal can be a zero below zero, which equals no other zero: a sum has none.
    fn remainder(&mut self, left: &Typed<'_>, right: &Typed<'_>) {
        let integer = |value: &Typed<'_>| value.kind().is_some_and(is_integer);
        let float = [left, right].iter().any(|it| matches!(it.kind(), Some(TypeKind::Float32 | TypeKind::Float64)));
        match self.dialect {
            Dialect::Sqlite if float => {
                self.push("float_mod(");
                self.value(left);
                self.push(", ");
                self.value(right);
                self.push(")");
            }
            Dialect::Postgres if float => {
                self.push("CAST(");
                self.cast_to(left, "NUMERIC");
                self.push(" % ");
                self.cast_to(right, "NUMERIC");
                self.push(" AS DOUBLE PRECISION)");
            }
            Dialect::Mysql | Dialect::Mariadb if !(integer(left) && integer(right)) => {
                self.push("0 + (");
                self.infix(left, " % ", right);
                self.push(")");
            }
            _ => self.infix(left, " % ", right),
        }
    }

    /// Texts one after the other; null where one of them is.
    pub(super) fn concat(&mut self, values: &[&Typed<'_>]) {
        let mysql = self.is_mysql();
        self.push(if mysql { "CONCAT(" } else { "" });
        self.list(values, if mysql { ", " } else { " || " }, |writer, value| {
            let text = matches!(value.kind(), Some(TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration));
            // With documents or numbers on both sides, PostgreSQL's operator means something else or nothing.
            if writer.dialect == Dialect::Postgres && !text && !matches!(value.expr, Expr::Bind(_)) {
                writer.cast_to(value, "TEXT");
            } else {
                writer.operand(value);
            }
        });
        self.push(if mysql { ")" } else { "" });
    }

    fn json(&mut self, op: BinaryOp, document: &Typed<'_>, key: &Typed<'_>) {
        let as_text = op == BinaryOp::JsonGetText;
        let by_position = key.kind().is_some_and(is_integer);
        match self.dialect {
            Dialect::Postgres => {
                self.operand(document);
                self.push(if as_text { " ->> " } else { " -> " });
                if by_position { self.cast_to(key, "INTEGER") } else { self.operand(key) }
            }
            Dialect::Sqlite if as_text => {
                // Its truth values as text would be 1 and 0.
                self.push("CASE json_type(");
                self.member(document, key, by_position);
                self.push(") WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(");
                self.again += 1;
                self.operand(document);
                self.push(" ->> ");
                self.path(key, by_position);
                self.again -= 1;
                self.push(" AS TEXT) END");
            }
            Dialect::Sqlite => {
                self.operand(document);
                self.push(" -> ");
                self.path(key, by_position);
            }
            Dialect::Mysql | Dialect::Mariadb => {
                self.push(match (as_text, self.dialect) {
                    (false, _) => "JSON_EXTRACT(",
                    (true, Dialect::Mysql) => "CONVERT(JSON_UNQUOTE(NULLIF(JSON_EXTRACT(",
                    // As a document, MariaDB would compare what a string holds.
                    (true, _) => "CONVERT(JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(",
                });
                self.member(document, key, by_position);
                self.push(match (as_text, self.dialect) {
                    (false, _) => ")",
                    // The text of JSON's null is null, and that of the string "null" is not: it has quotes before.
                    (true, Dialect::Mysql) => "), CAST('null' AS JSON))) USING utf8mb4) COLLATE ",
                    (true, _) => ")), 'null')) USING utf8mb4) COLLATE ",
                });
                if as_text {
                    // Documents have another collation, with which texts of tables could not be compared.
                    self.push(self.dialect.collation());
                }
            }
        }
    }

    fn member(&mut self, document: &Typed<'_>, key: &Typed<'_>, by_position: bool) {
        self.operand(document);
        self.push(", ");
        self.path(key, by_position);
    }

    /// The path to a member or an item. A bare key would be a path of its own where it begins with `$` or a bracket.
    fn path(&mut self, key: &Typed<'_>, by_position: bool) {
        let (before, after) = match (self.is_mysql(), by_position) {
            (true, true) => ("CONCAT('$[', ", ", ']')"),
            // A quoted text has the collation of documents, and no value beside it may have another one.
            (true, false) => ("CONCAT('$.' COLLATE utf8mb4_bin, JSON_QUOTE(", "))"),
            (false, true) => ("('$[' || ", " || ']')"),
            (false, false) => ("('$.' || json_quote(", "))"),
        };
        self.push(before);
        self.operand(key);
        self.push(after);
    }

    /// Conditions, all or any of which have to be true.
    pub(super) fn joined(&mut self, items: &[Typed<'_>], separator: &'static str, none: &'static str) {
        match items {
            [] => self.push(none),
            [item] => self.value(item),
            items if items.len() <= FLAT => self.list(items, separator, Self::operand),
            items => {
                let (left, right) = items.split_at(items.len() / 2);
                self.push("(");
                self.joined(left, separator, none);
                self.push(")");
                self.push(separator);
                self.push("(");
                self.joined(right, separator, none);
                self.push(")");
            }
        }
    }

    pub(super) fn in_list(&mut self, value: &Typed<'_>, items: &[Typed<'_>], negated: bool) {
        self.collated(value);
        self.push(if negated { " NOT IN (" } else { " IN (" });
        // SQLite compares rows with the rows of a query only.
        if self.dialect == Dialect::Sqlite && matches!(value.expr, Expr::Row(_)) {
            self.push("VALUES ");
        }
        self.list(items, ", ", Self::operand);
        self.push(")");
    }

    pub(super) fn between(&mut self, values: &[Typed<'_>; 3]) {
        let [value, low, high] = values;
        self.collated(value);
        self.push(" BETWEEN ");
        self.operand(low);
        self.push(" AND ");
        self.operand(high);
    }
}
