//! Writes operators with two or more operands, each with the same meaning on all databases.

use super::Writer;
use crate::{
    Dialect,
    catalog::is_integer,
    resolved::{Expr, Typed},
    schema::TypeKind,
    statement::BinaryOp,
};

/// The most operands in a flat list; longer lists are split in halves. SQLite parses a flat list into a tree as deep as
/// the list is long, and rejects trees deeper than 1,000.
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

    /// Writes a comparison. One collation applies to both operands, with precedence for the left one's.
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

    /// Writes a division. For integers it returns the integer part, for which MySQL has an operator of its own.
    fn divide(&mut self, left: &Typed<'_>, right: &Typed<'_>) {
        let integer = |value: &Typed<'_>| value.kind().is_some_and(is_integer);
        // A divisor of unknown type takes the dividend's type; a dividend of unknown type may be of any type.
        if self.is_mysql() && integer(left) && right.kind().is_none_or(is_integer) {
            return self.infix(left, " DIV ", right);
        }
        self.infix(left, " / ", right);
    }

    /// Writes a remainder. For floats, SQLite would use the integer parts, and PostgreSQL has no operator. On MySQL and MariaDB the
    /// remainder of a negative decimal can be a negative zero, which equals no other zero; adding it to 0 avoids that.
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

    /// Writes a concatenation of texts, null where any of them is null.
    pub(super) fn concat(&mut self, values: &[&Typed<'_>]) {
        let mysql = self.is_mysql();
        self.push(if mysql { "CONCAT(" } else { "" });
        self.list(values, if mysql { ", " } else { " || " }, |writer, value| {
            let text = matches!(value.kind(), Some(TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration));
            // With documents or numbers on both sides, PostgreSQL's operator has another meaning or does not exist.
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
                // SQLite would convert booleans to the texts 1 and 0.
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
                    // `CONCAT` makes it a text: for a document, MariaDB would compare a string's contents.
                    (true, _) => "CONVERT(JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(",
                });
                self.member(document, key, by_position);
                self.push(match (as_text, self.dialect) {
                    (false, _) => ")",
                    // JSON's null becomes null. The string "null" does not, since here it still has its quotes.
                    (true, Dialect::Mysql) => "), CAST('null' AS JSON))) USING utf8mb4) COLLATE ",
                    (true, _) => ")), 'null')) USING utf8mb4) COLLATE ",
                });
                if as_text {
                    // Documents have another collation, which could not be compared with texts of tables.
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

    /// Writes the path to a member or an item. A bare key that begins with `$` or a bracket would be parsed as a path.
    fn path(&mut self, key: &Typed<'_>, by_position: bool) {
        let (before, after) = match (self.is_mysql(), by_position) {
            (true, true) => ("CONCAT('$[', ", ", ']')"),
            // `JSON_QUOTE` returns the collation of documents, and `CONCAT` requires the same collation of all arguments.
            (true, false) => ("CONCAT('$.' COLLATE utf8mb4_bin, JSON_QUOTE(", "))"),
            (false, true) => ("('$[' || ", " || ']')"),
            (false, false) => ("('$.' || json_quote(", "))"),
        };
        self.push(before);
        self.operand(key);
        self.push(after);
    }

    /// Writes conditions joined by `AND` or `OR`; `none` where there are no conditions.
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
        // SQLite allows only a query after the `IN` of a row.
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
