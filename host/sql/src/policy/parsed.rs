//! The policy of one table, parsed and checked once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Allow, Expression, InsertPolicy, PolicyError, TablePolicy, UpdatePolicy, evaluate};
use crate::statement::Node;

/// The parsed policy of one table.
#[derive(Clone, Debug)]
pub(super) struct ParsedPolicy {
    /// The readable columns, and the condition for readable rows.
    pub(super) read: Option<(BTreeSet<String>, Option<Expression>)>,
    pub(super) insert: Option<ParsedInsert>,
    pub(super) update: Option<ParsedUpdate>,
    pub(super) delete: Option<Option<Expression>>,
    pub(super) masks: BTreeMap<String, Expression>,
    pub(super) allow: BTreeSet<Allow>,
}

#[derive(Clone, Debug)]
pub(super) struct ParsedInsert {
    pub(super) columns: BTreeSet<String>,
    pub(super) set: BTreeMap<String, Expression>,
    pub(super) check: Option<Expression>,
}

#[derive(Clone, Debug)]
pub(super) struct ParsedUpdate {
    pub(super) columns: BTreeSet<String>,
    pub(super) filter: Option<Expression>,
    pub(super) check: Option<Expression>,
}

/// Parses the rules of one table.
struct PolicyParser<'p> {
    table: &'p str,
    /// The table's name without its schema.
    own: &'p str,
}

impl PolicyParser<'_> {
    fn error(&self, rule: &str, message: impl Into<String>) -> PolicyError {
        PolicyError { table: self.table.to_owned(), rule: rule.to_owned(), offset: 0, message: message.into() }
    }

    fn parse(&self, rule: &str, text: &str) -> Result<Expression, PolicyError> {
        let located = |error| PolicyError { table: self.table.to_owned(), rule: rule.to_owned(), ..error };
        Expression::parse(text, self.own).map_err(located)
    }

    fn filter(&self, rule: &str, text: Option<&String>) -> Result<Option<Expression>, PolicyError> {
        text.map(|text| self.parse(rule, text)).transpose()
    }

    /// Parses a check, which the host evaluates itself and which may name these columns only.
    fn check(
        &self,
        rule: &str,
        text: Option<&String>,
        columns: &[&BTreeSet<String>],
    ) -> Result<Option<Expression>, PolicyError> {
        let Some(check) = self.filter(rule, text)? else { return Ok(None) };
        if let Some(why) = evaluate::needs_database(&check) {
            return Err(self.error(rule, format!("a check is evaluated before anything is sent: {why}")));
        }
        let is_written = |name: &&String| columns.iter().any(|columns| columns.contains(*name));
        match check.columns.iter().find(|name| !is_written(name)) {
            Some(other) => Err(self.error(rule, format!("a check is about what is written, and {other:?} is not"))),
            None => Ok(Some(check)),
        }
    }

    fn insert(&self, insert: &InsertPolicy) -> Result<ParsedInsert, PolicyError> {
        let columns: BTreeSet<String> = insert.columns.iter().cloned().collect();
        let mut set = BTreeMap::new();
        for (column, text) in &insert.set {
            let rule = format!("insert.set.{column}");
            let value = self.parse(&rule, text)?;
            if !matches!(value.nodes.as_slice(), [Node::Literal(_) | Node::Parameter(_)]) {
                return Err(
                    self.error(&rule, "a column is set to a claim or a constant: \":tenant\", \"7\", \"'text'\"")
                );
            }
            if columns.contains(column) {
                return Err(self.error(&rule, format!("{column:?} is filled by the host or by the guest, not both")));
            }
            set.insert(column.clone(), value);
        }
        let known = set.keys().cloned().collect();
        let check = self.check("insert.check", insert.check.as_ref(), &[&columns, &known])?;
        Ok(ParsedInsert { columns, set, check })
    }

    fn update(&self, update: &UpdatePolicy) -> Result<ParsedUpdate, PolicyError> {
        let columns: BTreeSet<String> = update.columns.iter().cloned().collect();
        let filter = self.filter("update.where", update.filter.as_ref())?;
        let check = self.check("update.check", update.check.as_ref(), &[&columns])?;
        Ok(ParsedUpdate { columns, filter, check })
    }
}

impl ParsedPolicy {
    pub(super) fn new(name: &str, table: &TablePolicy) -> Result<Self, PolicyError> {
        let parser = PolicyParser { table: name, own: name.rsplit_once('.').map_or(name, |(_, own)| own) };
        let read = match &table.read {
            Some(read) => {
                let columns: BTreeSet<String> = read.columns.iter().cloned().collect();
                Some((columns, parser.filter("read.where", read.filter.as_ref())?))
            }
            None => None,
        };
        let mut masks = BTreeMap::new();
        for (column, text) in &table.mask {
            let rule = format!("mask.{column}");
            if !read.as_ref().is_some_and(|(columns, _)| columns.contains(column)) {
                return Err(parser.error(&rule, format!("{column:?} is not read, so there is nothing to mask")));
            }
            masks.insert(column.clone(), parser.parse(&rule, text)?);
        }
        let parsed = Self {
            insert: table.insert.as_ref().map(|insert| parser.insert(insert)).transpose()?,
            update: table.update.as_ref().map(|update| parser.update(update)).transpose()?,
            delete: match &table.delete {
                Some(delete) => Some(parser.filter("delete.where", delete.filter.as_ref())?),
                None => None,
            },
            allow: table.allow.clone(),
            read,
            masks,
        };
        parsed.check(&parser)?;
        Ok(parsed)
    }

    /// Refuses rules by which a guest could move a row to another owner, or change rows that it may not read.
    fn check(&self, parser: &PolicyParser<'_>) -> Result<(), PolicyError> {
        if self.read.is_none() && (self.update.is_some() || self.delete.is_some()) {
            let rule = if self.update.is_some() { "update" } else { "delete" };
            return Err(parser.error(rule, "rows are only changed that may be read: say what is read, too"));
        }
        let set = || self.insert.iter().flat_map(|insert| insert.set.keys());
        let decisive: BTreeSet<&String> =
            self.row_expressions().flat_map(|expression| &expression.columns).chain(set()).collect();
        let changed = self.update.iter().flat_map(|update| &update.columns);
        if let Some(column) = changed.into_iter().find(|column| decisive.contains(column)) {
            let message = format!("{column:?} decides which rows are whose: an update that sets it could move a row");
            return Err(parser.error("update.columns", message));
        }
        let by_set = |expression: &Expression| {
            expression.tables.is_empty() && expression.columns.iter().all(|column| set().any(|set| set == column))
        };
        let filter = self.read.as_ref().and_then(|(_, filter)| filter.as_ref());
        if self.allow.contains(&Allow::Upsert) && !filter.is_none_or(by_set) {
            let message = "an upsert could meet a row that is not seen: let the host set all columns of read.where";
            return Err(parser.error("allow", message));
        }
        Ok(())
    }

    /// The expressions that select rows, and the masks.
    fn row_expressions(&self) -> impl Iterator<Item = &Expression> {
        let read = self.read.iter().filter_map(|(_, filter)| filter.as_ref());
        let update = self.update.iter().filter_map(|update| update.filter.as_ref());
        read.chain(update).chain(self.delete.iter().flatten()).chain(self.masks.values())
    }

    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let insert = self.insert.iter().flat_map(|insert| insert.set.values().chain(&insert.check));
        let update = self.update.iter().filter_map(|update| update.check.as_ref());
        self.row_expressions().chain(insert).chain(update)
    }

    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        self.expressions().flat_map(|expression| &expression.claims).map(String::as_str)
    }
}
