//! Writes a plan as the text of one dialect, with a placeholder for every value.
//!
//! Nothing here can fail, and nothing here is decided that `check` could have refused. All names go through
//! [`crate::quote`]; no value of a statement goes into the text. Text past the limit is not written but noted, as names
//! may be repeated as often as nodes are.

mod change;
mod decimal;
mod expression;
mod function;
mod given;
mod like;
mod operator;
mod query;
mod scalar;

pub(crate) use decimal::COLLATION;
use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    sync::Arc,
};

use crate::{
    Dialect, Fit,
    compiled::{Slot, Source},
    quote,
    resolved::{Bind, Plan},
    schema::TypeKind,
    statement::NodeId,
    types::postgres_plain,
};

/// What was written.
pub(crate) struct Rendered {
    pub(crate) sql: String,
    pub(crate) slots: Vec<Slot>,
}

/// Writes a plan. Nothing where it would have more than `most` bytes.
pub(crate) fn render(plan: &Plan<'_>, dialect: Dialect, most: usize) -> Option<Rendered> {
    let mut writer = Writer::new(dialect, most);
    writer.plan(plan);
    writer.finish()
}

/// Text and placeholders so far.
pub(crate) struct Writer {
    dialect: Dialect,
    text: String,
    slots: Vec<Slot>,
    /// Where numbered placeholders were used before: the same value under the same number lets a database see that two
    /// expressions are equal, as `GROUP BY` needs it.
    numbers: HashMap<(bool, NodeId, Option<TypeKind>), usize>,
    most: usize,
    full: bool,
    /// How deep the writer is in expressions that it writes once more, and how many bytes of literals that has copied.
    again: usize,
    copied: usize,
}

impl Writer {
    pub(crate) fn new(dialect: Dialect, most: usize) -> Self {
        let (text, slots, numbers) = (String::new(), Vec::new(), HashMap::new());
        Self { dialect, text, slots, numbers, most, full: false, again: 0, copied: 0 }
    }

    pub(crate) fn finish(self) -> Option<Rendered> {
        (!self.full).then_some(Rendered { sql: self.text, slots: self.slots })
    }

    /// Writes SQL of the host's own.
    pub(crate) fn push(&mut self, text: &str) {
        if self.full || self.text.len() + text.len() > self.most {
            self.full = true;
            return;
        }
        self.text.push_str(text);
    }

    /// Writes a number.
    fn number(&mut self, number: impl fmt::Display) {
        let before = self.text.len();
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{number}");
        if self.full || self.text.len() > self.most {
            self.text.truncate(before);
            self.full = true;
        }
    }

    /// Writes a name. Its quotes count too, as many as the guest put into it.
    pub(crate) fn name(&mut self, name: &str) {
        let before = self.text.len();
        if self.full || before + name.len() > self.most {
            self.full = true;
            return;
        }
        quote::push_identifier(&mut self.text, name, self.dialect);
        if self.text.len() > self.most {
            self.text.truncate(before);
            self.full = true;
        }
    }

    /// Writes a name with the one that it belongs to.
    pub(crate) fn qualified(&mut self, owner: Option<&str>, name: &str) {
        if let Some(owner) = owner {
            self.name(owner);
            self.push(".");
        }
        self.name(name);
    }

    /// Writes a list.
    fn list<T>(&mut self, items: &[T], separator: &str, mut write: impl FnMut(&mut Self, &T)) {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.push(separator);
            }
            write(self, item);
        }
    }

    pub(crate) fn names(&mut self, names: &[String]) {
        self.list(names, ", ", |writer, name| writer.name(name));
    }

    /// Writes a placeholder.
    fn bind(&mut self, bind: &Bind) {
        // Only PostgreSQL types placeholders; without a cast it could not tell `SELECT 1` from `SELECT 'a'` when it sees
        // the text of one again with a value of the other.
        let cast = bind.kind.filter(|kind| bind.alone && self.dialect == Dialect::Postgres && has_plain_name(*kind));
        if cast.is_some() {
            self.push("CAST(");
        }
        self.placeholder(&bind.source, bind.kind, bind.node, bind.fit.as_ref());
        if let Some(kind) = cast {
            self.push(" AS ");
            self.push(postgres_plain(kind));
            self.push(")");
        }
    }

    /// Writes a placeholder for a value that was said at a node.
    pub(crate) fn placeholder(
        &mut self,
        source: &Source,
        kind: Option<TypeKind>,
        node: NodeId,
        fit: Option<&Arc<Fit>>,
    ) {
        if self.again > 0
            && let Source::Literal(value) = source
        {
            self.copied = self.copied.saturating_add(value.bytes());
            self.full |= self.copied > self.most;
        }
        if self.full {
            return;
        }
        if self.dialect != Dialect::Postgres {
            self.push("?");
            self.slots.push(Slot { source: source.clone(), kind, fit: fit.cloned() });
            return;
        }
        let key = match source {
            Source::Parameter(number) => (true, *number, kind),
            Source::Literal(_) => (false, node, kind),
        };
        let number = match self.numbers.get(&key).filter(|_| node != NodeId::MAX) {
            Some(number) => {
                let number = *number;
                if let (Some(slot), Some(fit)) = (self.slots.get_mut(number.saturating_sub(1)), fit) {
                    slot.fit.get_or_insert_with(|| Arc::clone(fit));
                }
                number
            }
            _ => {
                self.slots.push(Slot { source: source.clone(), kind, fit: fit.cloned() });
                // A value of a batch was said at no node and comes once.
                if node != NodeId::MAX {
                    self.numbers.insert(key, self.slots.len());
                }
                self.slots.len()
            }
        };
        self.push("$");
        self.number(number);
    }

    fn plan(&mut self, plan: &Plan<'_>) {
        match plan {
            Plan::Select(query) => self.query(query),
            Plan::Insert { target, columns, rows, conflict, returning, is_told } => {
                self.insert(*target, columns, rows, conflict.as_ref());
                self.returning(if *is_told { &[] } else { returning });
            }
            Plan::Update { target, assignments, source, filter, returning } => {
                self.update(*target, assignments, source.as_ref(), filter.as_ref());
                self.returning(returning);
            }
            Plan::Delete { target, source, filter, order_by, returning } => {
                self.delete(*target, source.as_ref(), filter.as_ref());
                if !order_by.is_empty() {
                    self.push(" ");
                    self.orders(order_by);
                }
                self.returning(returning);
            }
        }
    }

    pub(crate) fn is_mysql(&self) -> bool {
        matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb)
    }
}

/// Whether a kind has a name of its own to cast to.
fn has_plain_name(kind: TypeKind) -> bool {
    !matches!(kind, TypeKind::Array | TypeKind::Other)
}
