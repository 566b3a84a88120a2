//! Writes queries and their sources.

use super::Writer;
use crate::{
    Dialect,
    resolved::{Body, Column, Cte, Expr, FromItem, Query, Select, Typed},
    statement::{JoinKind, Locking, SetOp},
};

impl Writer {
    pub(super) fn query(&mut self, query: &Query<'_>) {
        self.ctes(&query.ctes);
        match &query.body {
            Body::Select(select) => self.select(select),
            Body::Compound(op, parts) => self.compound(*op, parts),
        }
        if !query.order_by.is_empty() {
            self.push(" ");
            self.orders(&query.order_by);
        }
        if query.is_fenced {
            self.fence();
        } else {
            self.bounds(query.limit.as_ref(), query.offset.as_ref());
        }
        if let Some(lock) = query.lock {
            self.lock(lock);
        }
    }

    fn ctes(&mut self, ctes: &[Cte<'_>]) {
        if ctes.is_empty() {
            return;
        }
        let recursive = ctes.iter().any(|cte| cte.recursive);
        self.push(if recursive { "WITH RECURSIVE " } else { "WITH " });
        self.list(ctes, ", ", |writer, cte| {
            writer.name(cte.name);
            if !cte.columns.is_empty() {
                writer.push(" (");
                writer.names(cte.columns);
                writer.push(")");
            }
            writer.push(" AS (");
            writer.query(&cte.query);
            writer.push(")");
        });
        self.push(" ");
    }

    fn select(&mut self, select: &Select<'_>) {
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.columns_of(&select.columns, select.distinct || select.is_compared);
        if let Some(source) = &select.source {
            self.push(" FROM ");
            self.source(source);
        } else if select.filter.is_some() && self.is_mysql() {
            // MariaDB rejects a `WHERE` without a `FROM`.
            self.push(" FROM DUAL");
        }
        self.filter(" WHERE ", select.filter.as_ref());
        if !select.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.list(&select.group_by, ", ", Self::told_apart);
        }
        self.filter(" HAVING ", select.having.as_ref());
    }

    pub(super) fn filter(&mut self, before: &'static str, filter: Option<&Typed<'_>>) {
        if let Some(filter) = filter {
            self.push(before);
            self.value(filter);
        }
    }

    /// Writes result columns. All but plain columns get an alias, since databases generate different names.
    pub(super) fn columns(&mut self, columns: &[Column<'_>]) {
        self.columns_of(columns, false);
    }

    /// Writes result columns. `compared` is whether their rows are compared with others.
    fn columns_of(&mut self, columns: &[Column<'_>], compared: bool) {
        self.list(columns, ", ", |writer, column| {
            let collated = compared && writer.is_text_decimal(&column.value);
            if compared {
                writer.told_apart(&column.value)
            } else {
                writer.value(&column.value)
            }
            let plain = matches!(column.value.expr, Expr::Column { name, .. } if name == column.name);
            if !plain || collated {
                writer.push(" AS ");
                writer.name(&column.name);
            }
        });
    }

    pub(super) fn source(&mut self, source: &FromItem<'_>) {
        match source {
            FromItem::Table { schema, name, alias } => {
                self.qualified(*schema, name);
                if let Some(alias) = alias {
                    self.push(" AS ");
                    self.name(alias);
                }
            }
            FromItem::Query { query, alias, lateral } => {
                self.push(if *lateral { "LATERAL (" } else { "(" });
                self.query(query);
                self.push(") AS ");
                self.name(alias);
            }
            FromItem::Join { kind, left, right, on } => {
                self.source(left);
                self.push(match kind {
                    JoinKind::Inner => " JOIN ",
                    JoinKind::Left => " LEFT JOIN ",
                    JoinKind::Right => " RIGHT JOIN ",
                    JoinKind::Full => " FULL JOIN ",
                    JoinKind::Cross => " CROSS JOIN ",
                });
                self.source(right);
                self.filter(" ON ", on.as_deref());
            }
            FromItem::Arrays { arrays, alias, columns } => self.given_source(arrays, alias, columns),
        }
    }

    fn compound(&mut self, op: SetOp, parts: &[Query<'_>]) {
        let op = match op {
            SetOp::Union => " UNION ",
            SetOp::UnionAll => " UNION ALL ",
            SetOp::Intersect => " INTERSECT ",
            SetOp::Except => " EXCEPT ",
        };
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                self.push(op);
            }
            if part.is_plain() {
                self.query(part);
            } else if self.dialect == Dialect::Postgres {
                self.push("(");
                self.query(part);
                self.push(")");
            } else {
                // SQLite allows no parentheses around parts, and MySQL only in some versions.
                self.push("SELECT * FROM (");
                self.query(part);
                self.push(") AS ");
                self.name(&format!("part{}", position + 1));
            }
        }
    }

    /// Writes a limit or an offset without effect: no database moves a condition past one.
    fn fence(&mut self) {
        self.push(match self.dialect {
            Dialect::Postgres => " OFFSET 0",
            Dialect::Sqlite => " LIMIT -1",
            Dialect::Mysql | Dialect::Mariadb => " LIMIT 18446744073709551615",
        });
    }

    fn bounds(&mut self, limit: Option<&Typed<'_>>, offset: Option<&Typed<'_>>) {
        match (limit, offset, self.dialect) {
            (Some(limit), _, _) => {
                self.push(" LIMIT ");
                self.value(limit);
            }
            (None, None, _) | (None, Some(_), Dialect::Postgres) => {}
            // These databases have no `OFFSET` without a `LIMIT`.
            (None, Some(_), Dialect::Sqlite) => self.push(" LIMIT -1"),
            (None, Some(_), Dialect::Mysql | Dialect::Mariadb) => self.push(" LIMIT 18446744073709551615"),
        }
        if let Some(offset) = offset {
            self.push(" OFFSET ");
            self.value(offset);
        }
    }

    fn lock(&mut self, lock: &Locking) {
        let options = lock.no_wait || lock.skip_locked || !lock.tables.is_empty();
        self.push(match (self.dialect, lock.for_share) {
            (_, false) => " FOR UPDATE",
            // MariaDB supports only this clause; MySQL allows options only after `FOR SHARE`.
            (Dialect::Mariadb, true) => " LOCK IN SHARE MODE",
            (Dialect::Mysql, true) if !options => " LOCK IN SHARE MODE",
            (_, true) => " FOR SHARE",
        });
        if !lock.tables.is_empty() {
            self.push(" OF ");
            self.names(&lock.tables);
        }
        self.push(match (lock.no_wait, lock.skip_locked) {
            (true, _) => " NOWAIT",
            (_, true) => " SKIP LOCKED",
            _ => "",
        });
    }
}
