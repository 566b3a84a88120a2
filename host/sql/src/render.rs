//! Writes a resolved statement as SQL text of one dialect, with a placeholder for every value.
//!
//! Rendering cannot fail, since `check` refuses each statement that cannot be written. All text goes through
//! [`SqlWriter`], and no value of a statement goes into it. Text past the limit is dropped and recorded, since names
//! may be repeated as often as nodes are.

mod batch_values;
mod change;
mod decimal;
mod expression;
mod function;
mod like;
mod operator;
mod query;
mod scalar;

pub(crate) use decimal::COLLATION;
use std::{collections::HashMap, sync::Arc};

use crate::{
    Dialect, Sql, SqlWriter, ValueBounds,
    compiled::{Placeholder, ValueSource},
    resolved::{Bind, ResolvedStatement},
    schema::TypeKind,
    sql::Number,
    statement::NodeId,
    types::postgres_plain,
};

/// Returns a statement's text and its placeholders, in order; `None` where the text would have more than `most` bytes.
pub(crate) fn render(
    statement: &ResolvedStatement<'_>,
    dialect: Dialect,
    most: usize,
) -> Option<(Sql, Vec<Placeholder>)> {
    let mut writer = Writer::new(dialect, most);
    writer.statement(statement);
    writer.finish()
}

/// The text and placeholders written so far.
struct Writer {
    dialect: Dialect,
    sql: SqlWriter,
    placeholders: Vec<Placeholder>,
    /// The positions of numbered placeholders, for reuse: the same number for the same value lets a database recognise equal
    /// expressions, as `GROUP BY` requires.
    numbers: HashMap<(bool, NodeId, Option<TypeKind>), usize>,
    most: usize,
    /// The depth of nested repetitions of expressions, and the bytes of literals that repetitions have copied.
    again: usize,
    copied: usize,
}

impl Writer {
    fn new(dialect: Dialect, most: usize) -> Self {
        let (placeholders, numbers) = (Vec::new(), HashMap::new());
        Self { dialect, sql: SqlWriter::compiling(dialect, most), placeholders, numbers, most, again: 0, copied: 0 }
    }

    fn finish(self) -> Option<(Sql, Vec<Placeholder>)> {
        Some((self.sql.finish_within()?, self.placeholders))
    }

    /// Writes constant SQL of the host.
    fn push(&mut self, text: &'static str) {
        self.sql.push(text);
    }

    /// Writes a number.
    fn number(&mut self, number: impl Number) {
        self.sql.number(number);
    }

    /// Writes a name as a quoted identifier.
    fn name(&mut self, name: &str) {
        self.sql.name(name);
    }

    /// Writes a name, qualified by its owner: a column's table, or a table's schema.
    fn qualified(&mut self, owner: Option<&str>, name: &str) {
        self.sql.qualified(owner, name);
    }

    /// Writes a list.
    fn list<T>(&mut self, items: &[T], separator: &'static str, mut write: impl FnMut(&mut Self, &T)) {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.push(separator);
            }
            write(self, item);
        }
    }

    fn names(&mut self, names: &[String]) {
        self.sql.names(names);
    }

    /// Writes a placeholder.
    fn bind(&mut self, bind: &Bind) {
        // Only PostgreSQL types placeholders. Without a cast, `SELECT 1` and `SELECT 'a'` would have the same text, though
        // their placeholders have different types.
        let cast = bind.kind.filter(|kind| bind.alone && self.dialect == Dialect::Postgres && has_plain_name(*kind));
        if cast.is_some() {
            self.push("CAST(");
        }
        self.placeholder(&bind.source, bind.kind, bind.node, bind.bounds.as_ref());
        if let Some(kind) = cast {
            self.push(" AS ");
            self.push(postgres_plain(kind));
            self.push(")");
        }
    }

    /// Writes a placeholder for a value of a node.
    fn placeholder(
        &mut self,
        source: &ValueSource,
        kind: Option<TypeKind>,
        node: NodeId,
        bounds: Option<&Arc<ValueBounds>>,
    ) {
        if self.again > 0
            && let ValueSource::Literal(value) = source
        {
            self.copied = self.copied.saturating_add(value.bytes());
            if self.copied > self.most {
                self.sql.fill();
            }
        }
        if self.sql.is_full() {
            return;
        }
        if self.dialect != Dialect::Postgres {
            self.push("?");
            self.placeholders.push(Placeholder { source: source.clone(), kind, bounds: bounds.cloned() });
            return;
        }
        let key = match source {
            ValueSource::Parameter(number) => (true, *number, kind),
            ValueSource::Literal(_) => (false, node, kind),
        };
        let number = match self.numbers.get(&key).filter(|_| node != NodeId::MAX) {
            Some(number) => {
                let number = *number;
                if let (Some(placeholder), Some(bounds)) = (self.placeholders.get_mut(number.saturating_sub(1)), bounds)
                {
                    placeholder.bounds.get_or_insert_with(|| Arc::clone(bounds));
                }
                number
            }
            _ => {
                self.placeholders.push(Placeholder { source: source.clone(), kind, bounds: bounds.cloned() });
                // A value of a batch has no node, and is written once.
                if node != NodeId::MAX {
                    self.numbers.insert(key, self.placeholders.len());
                }
                self.placeholders.len()
            }
        };
        self.push("$");
        self.number(number);
    }

    fn statement(&mut self, statement: &ResolvedStatement<'_>) {
        match statement {
            ResolvedStatement::Select(query) => self.query(query),
            ResolvedStatement::Insert { target, columns, rows, conflict, returning, is_told } => {
                self.insert(*target, columns, rows, conflict.as_ref());
                self.returning(if *is_told { &[] } else { returning });
            }
            ResolvedStatement::Update { target, assignments, source, filter, returning } => {
                self.update(*target, assignments, source.as_ref(), filter.as_ref());
                self.returning(returning);
            }
            ResolvedStatement::Delete { target, source, filter, order_by, returning } => {
                self.delete(*target, source.as_ref(), filter.as_ref());
                if !order_by.is_empty() {
                    self.push(" ");
                    self.orders(order_by);
                }
                self.returning(returning);
            }
        }
    }

    fn is_mysql(&self) -> bool {
        matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb)
    }
}

/// Whether a kind has a type name to cast to.
fn has_plain_name(kind: TypeKind) -> bool {
    !matches!(kind, TypeKind::Array | TypeKind::Other)
}
