//! Filters reflected tables for a guest: removes tables and columns without permissions, and constraints that name them.

use super::{Rules, TableRules};
use crate::{
    Value,
    schema::{DefaultValue, Table},
};

impl TableRules {
    /// The value that a column without permissions has in all visible rows; `None` for other columns.
    fn hidden_constant(&self, column: &str) -> Option<&Value> {
        self.rows.as_ref().filter(|_| !self.knows(column))?.constant(column)
    }

    /// Removes from a reflected table whatever does not exist for the guest.
    fn hide(&self, table: &mut Table) {
        // A key stays unique without a column that is the same in all visible rows.
        let keep = |names: &mut Vec<String>| {
            names.retain(|name| self.hidden_constant(name).is_none());
            let is_whole = !names.is_empty() && names.iter().all(|name| self.reads(name));
            if !is_whole {
                names.clear();
            }
            is_whole
        };
        table.columns.retain(|column| self.knows(&column.name));
        for column in &mut table.columns {
            column.computed = None;
            let is_text = |value: &DefaultValue| matches!(value, DefaultValue::Expression(_));
            if is_text(&column.default) {
                column.default = DefaultValue::None;
            }
            column.nullable |= self.masks.contains_key(&column.name);
        }
        table.checks.clear();
        keep(&mut table.primary_key);
        for indexes in [&mut table.uniques, &mut table.indexes] {
            indexes.retain_mut(|index| {
                let before = index.columns.len();
                let is_kept = keep(&mut index.columns);
                // An index's name may contain the names of all of its columns.
                index.name = index.name.take().filter(|_| index.columns.len() == before);
                is_kept
            });
        }
        table.version_column = table.version_column.take().filter(|column| self.reads(column));
    }
}

impl Rules {
    /// Returns the parts of reflected tables that exist for the guest.
    #[must_use]
    pub fn visible(&self, mut tables: Vec<Table>) -> Vec<Table> {
        tables.retain(|table| self.of(table.schema.as_deref(), &table.name).is_some());
        for table in &mut tables {
            let Some(rules) = self.of(table.schema.as_deref(), &table.name) else { continue };
            rules.hide(table);
            table.foreign_keys.retain_mut(|key| {
                let Some(far) = self.of(key.schema.as_deref(), &key.table) else { return false };
                let is_hidden = |(own, other): &(&String, &String)| {
                    rules.hidden_constant(own).is_some_and(|value| far.hidden_constant(other) == Some(value))
                };
                let pairs = key.columns.iter().zip(&key.referred).filter(|pair| !is_hidden(pair));
                let pairs: Vec<(String, String)> = pairs.map(|(own, other)| (own.clone(), other.clone())).collect();
                let is_seen = pairs.iter().all(|(own, other)| rules.reads(own) && far.reads(other));
                key.name = key.name.take().filter(|_| key.columns.len() == pairs.len());
                (key.columns, key.referred) = pairs.into_iter().unzip();
                is_seen && !key.columns.is_empty()
            });
        }
        tables
    }
}
