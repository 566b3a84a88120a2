//! Writes expressions. Operands other than single terms get parentheses, so no database's operator precedence matters.

use super::Writer;
use crate::{
    Dialect,
    resolved::{Expr, Query, Typed},
    schema::{ColumnType, TypeKind},
    sql::{ModelSql, quote},
    statement::UnaryOp,
};

impl Writer {
    /// Writes an expression in a position where it needs no parentheses.
    pub(super) fn value(&mut self, value: &Typed<'_>) {
        // Repeated expressions may double with every level, so none is visited once the text is full.
        if self.sql.is_full() {
            return;
        }
        match &value.expr {
            Expr::Bind(bind) => self.bind(bind),
            Expr::Truth(true) => self.push("TRUE"),
            Expr::Truth(false) => self.push("FALSE"),
            Expr::Column { table, name } => self.qualified(*table, name),
            Expr::Named { table, name } => self.qualified(Some(table), name),
            Expr::Excluded(name) => self.excluded(name),
            Expr::Unary(op, operand) => self.unary(*op, operand),
            Expr::Binary(op, left, right) => self.binary(*op, left, right),
            Expr::All(items) => self.joined(items, " AND ", "TRUE"),
            Expr::Any(items) => self.joined(items, " OR ", "FALSE"),
            Expr::In { value, items, negated } => self.in_list(value, items, *negated),
            Expr::Between(values) => self.between(values),
            Expr::Coalesce(values) => self.coalesce(values),
            Expr::Row(values) => self.row(values),
            Expr::Like(like) => self.like(like),
            Expr::Membership { value, query, negated } => {
                self.collated(value);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.members(query);
                self.push(")");
            }
            Expr::Call(call) => self.call(call),
            Expr::Cast(value, ty) => self.cast(value, ty),
            Expr::Case { whens, otherwise } => self.case(whens, otherwise.as_deref()),
            Expr::Exact(value) if self.dialect == Dialect::Sqlite => self.decimal_call("decimal", value, |_| {}),
            Expr::Approximate(value) if self.dialect == Dialect::Sqlite => {
                self.decimal_call("decimal_float", value, |_| {});
            }
            Expr::Exact(value) | Expr::Approximate(value) => self.operand(value),
            Expr::Exists(query) => {
                self.push("EXISTS (");
                self.query(query);
                // Without a `LIMIT`, SQLite 3.51 converts it to a join and counts a row once per match, so that an `OFFSET` skips too few.
                let is_bounded = query.limit.is_some() || query.offset.is_some() || query.is_fenced;
                self.push(if self.dialect == Dialect::Sqlite && !is_bounded { " LIMIT 1)" } else { ")" });
            }
            Expr::Scalar(query) => {
                self.push("(");
                self.query(query);
                self.push(")");
            }
            Expr::Number(number) => self.number(*number),
            Expr::Now(kind) => self.push(quote::now(*kind, self.dialect)),
            Expr::Declared(default) => {
                self.sql.declared(ModelSql::Value(default));
            }
            Expr::Equal(pairs) => self.equal(pairs),
            Expr::Among(value, keys) => self.among(value, keys),
            Expr::CaseByKey(choice) => self.by_key(choice),
        }
    }

    /// Writes the query after an `IN`.
    fn members(&mut self, query: &Query<'_>) {
        // MySQL allows a `LIMIT` only one query deeper.
        let limited = self.is_mysql() && (query.limit.is_some() || query.offset.is_some());
        self.push(if limited { "SELECT * FROM (" } else { "" });
        self.query(query);
        self.push(if limited { ") AS members" } else { "" });
    }

    /// Writes an expression as an operand, in parentheses where it is not a single term.
    pub(super) fn operand(&mut self, value: &Typed<'_>) {
        let several = matches!(
            value.expr,
            Expr::Unary(..)
                | Expr::Binary(..)
                | Expr::All(_)
                | Expr::Any(_)
                | Expr::In { .. }
                | Expr::Between(_)
                | Expr::Like(_)
                | Expr::Membership { .. }
                | Expr::Equal(_)
                | Expr::Among(..)
        );
        if several && !self.is_decimal_call(value) {
            self.push("(");
            self.value(value);
            self.push(")");
        } else {
            self.value(value);
        }
    }

    pub(super) fn values(&mut self, values: &[Typed<'_>]) {
        self.list(values, ", ", Self::value);
    }

    fn row(&mut self, values: &[Typed<'_>]) {
        self.push("(");
        self.values(values);
        self.push(")");
    }

    fn excluded(&mut self, name: &str) {
        if self.is_mysql() {
            self.push("VALUES(");
            self.name(name);
            self.push(")");
        } else {
            self.push("excluded.");
            self.name(name);
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Typed<'_>) {
        match op {
            UnaryOp::Not => {
                self.push("NOT ");
                self.operand(operand);
            }
            UnaryOp::Negate if self.is_text_decimal(operand) => self.decimal_call("decimal_neg", operand, |_| {}),
            UnaryOp::Negate => {
                self.push("-");
                self.operand(operand);
            }
            UnaryOp::IsNull => {
                self.operand(operand);
                self.push(" IS NULL");
            }
            UnaryOp::IsNotNull => {
                self.operand(operand);
                self.push(" IS NOT NULL");
            }
        }
    }

    fn coalesce(&mut self, values: &[Typed<'_>]) {
        // SQLite rejects a `coalesce` of one argument.
        if let [value] = values {
            self.operand(value);
            return;
        }
        self.push("COALESCE(");
        self.values(values);
        self.push(")");
    }

    fn case(&mut self, whens: &[(Typed<'_>, Typed<'_>)], otherwise: Option<&Typed<'_>>) {
        self.push("CASE");
        for (condition, then) in whens {
            self.push(" WHEN ");
            self.value(condition);
            self.push(" THEN ");
            self.value(then);
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            self.value(otherwise);
        }
        self.push(" END");
    }

    fn cast(&mut self, value: &Typed<'_>, ty: &ColumnType) {
        match self.dialect {
            Dialect::Sqlite => self.cast_sqlite(value, ty),
            Dialect::Postgres => self.cast_whole(value, ty, "NUMERIC", |writer| {
                writer.sql.column_type(ty);
            }),
            Dialect::Mysql | Dialect::Mariadb => {
                self.cast_whole(value, ty, "DECIMAL(65,20)", |writer| writer.mysql_target(ty));
            }
        }
    }

    /// Writes a cast. From float to integer it rounds like decimals, halves away from 0; by default PostgreSQL and
    /// MySQL would round halves to even numbers.
    fn cast_whole(&mut self, value: &Typed<'_>, ty: &ColumnType, exact: &'static str, target: impl FnOnce(&mut Self)) {
        let float = matches!(value.kind(), Some(TypeKind::Float32 | TypeKind::Float64));
        let rounds = float && crate::catalog::is_integer(ty.kind);
        self.push(if rounds { "CAST(ROUND(" } else { "CAST(" });
        if rounds {
            self.cast_to(value, exact)
        } else {
            self.value(value)
        }
        self.push(if rounds { ") AS " } else { " AS " });
        target(self);
        self.push(")");
    }

    pub(super) fn cast_to(&mut self, value: &Typed<'_>, target: &'static str) {
        self.push("CAST(");
        self.value(value);
        self.push(" AS ");
        self.push(target);
        self.push(")");
    }

    /// Writes MySQL's target type of a cast, whose name differs from that of the column type.
    fn mysql_target(&mut self, ty: &ColumnType) {
        self.push(match ty.kind {
            TypeKind::Boolean | TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 => "SIGNED",
            TypeKind::Uint64 => "UNSIGNED",
            TypeKind::Float32 | TypeKind::Float64 => "DOUBLE",
            TypeKind::Decimal | TypeKind::Date | TypeKind::Time => {
                self.sql.column_type(ty);
                return;
            }
            TypeKind::Timestamp | TypeKind::TimestampTz => "DATETIME(6)",
            TypeKind::Varchar => {
                self.sql.push("CHAR(").number(ty.length.unwrap_or(1)).push(")");
                return;
            }
            TypeKind::Bytes => "BINARY",
            TypeKind::Json if self.dialect == Dialect::Mysql => "JSON",
            TypeKind::Uuid if self.dialect == Dialect::Mariadb => "UUID",
            _ => "CHAR",
        });
    }

    /// Writes a cast for SQLite, whose casts are to affinities. Names of column types would be wrong: a cast to `DATE` returns a number.
    fn cast_sqlite(&mut self, value: &Typed<'_>, ty: &ColumnType) {
        let decimal = self.is_text_decimal(value);
        match ty.kind {
            TypeKind::Decimal => self.cast_to_decimal(value, ty),
            TypeKind::Float32 | TypeKind::Float64 if decimal => self.decimal_call("decimal_float", value, |_| {}),
            TypeKind::Boolean | TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 | TypeKind::Uint64 if decimal => {
                self.decimal_call("decimal_int", value, |_| {});
            }
            TypeKind::Boolean | TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 | TypeKind::Uint64 => {
                // Other databases round; SQLite would truncate.
                let fraction = matches!(value.kind(), Some(TypeKind::Float32 | TypeKind::Float64));
                self.push(if fraction { "CAST(round(" } else { "CAST(" });
                self.value(value);
                self.push(if fraction { ") AS INTEGER)" } else { " AS INTEGER)" });
            }
            TypeKind::Float32 | TypeKind::Float64 => self.cast_to(value, "REAL"),
            TypeKind::Bytes => self.cast_to(value, "BLOB"),
            TypeKind::Date => {
                self.push("date(");
                self.value(value);
                self.push(")");
            }
            TypeKind::Varchar => {
                self.push("substr(");
                self.cast_to(value, "TEXT");
                self.sql.push(", 1, ").number(ty.length.unwrap_or(u32::MAX)).push(")");
            }
            _ => self.cast_to(value, "TEXT"),
        }
    }
}
