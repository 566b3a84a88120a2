//! Finds the columns of a key in a change, and the values that its rows had and get there.
//!
//! Values are compared as texts: equal values have equal texts, and so have some values that a collation
//! considers equal.

use super::{ChangeKind, PlannedChange};
use crate::{
    Scalar, Value,
    schema::{DefaultValue, Table},
};

/// The positions of a unique key's columns in a change.
pub(super) struct KeyColumns<'a> {
    columns: Vec<KeyColumn<'a>>,
    is_written: bool,
}

struct KeyColumn<'a> {
    /// The position among the written columns.
    written: Option<usize>,
    /// The position among the stored columns.
    stored: Option<usize>,
    /// The position in the batch, if it belongs to the primary key that finds the row.
    key: Option<usize>,
    /// The default value, for an insert that omits the column.
    default: Option<&'a Value>,
}

impl<'a> KeyColumns<'a> {
    /// Returns `None` if the change neither frees nor takes values of the key, or does not contain them.
    pub(super) fn new(item: &PlannedChange, table: &'a Table, key: &[&str]) -> Option<Self> {
        let mut columns = Vec::with_capacity(key.len());
        let mut is_written = item.kind != ChangeKind::Update;
        for name in key {
            let written = item.written(name);
            is_written |= written.is_some();
            let stored =
                item.stored.as_ref().and_then(|stored| stored.columns.iter().position(|column| column == name));
            let default = table.columns.iter().find(|column| column.name == *name).map(|column| &column.default);
            let default = match default {
                Some(DefaultValue::Literal(value)) if item.kind == ChangeKind::Insert => Some(value),
                _ => None,
            };
            columns.push(KeyColumn { written, stored, key: item.key_at(name, &table.primary_key), default });
        }
        let is_told = |place: &KeyColumn<'_>| match item.kind {
            ChangeKind::Insert => place.written.is_some() || place.default.is_some(),
            ChangeKind::Update | ChangeKind::Delete => place.stored.is_some() || place.key.is_some(),
        };
        (is_written && columns.iter().all(is_told)).then_some(Self { columns, is_written })
    }

    /// Returns the text of the key that a row had; `None` for an insert, or if one of the values is null.
    pub(super) fn old(&self, item: &PlannedChange, row: u32) -> Option<String> {
        if item.kind == ChangeKind::Insert {
            return None;
        }
        text(self.columns.iter().map(|place| place.stored_in(item, row)))
    }

    /// Whether the key of a row changes; always true for a delete.
    pub(super) fn differs(&self, item: &PlannedChange, row: u32) -> bool {
        let differs = |place: &KeyColumn<'_>| match place.written {
            Some(at) if item.is_linked(row, at) => true,
            Some(at) => item.batch.value(row as usize, at) != place.stored_in(item, row),
            None => false,
        };
        item.kind == ChangeKind::Delete || self.columns.iter().any(differs)
    }

    /// Returns the text of the key that a row gets; `None` if it gets none, a value is null, or a value is
    /// not generated yet.
    pub(super) fn taken(&self, item: &PlannedChange, row: u32) -> Option<String> {
        if item.kind == ChangeKind::Delete || !self.is_written {
            return None;
        }
        let is_linked = |place: &KeyColumn<'_>| place.written.is_some_and(|at| item.is_linked(row, at));
        if self.columns.iter().any(is_linked) {
            return None;
        }
        text(self.columns.iter().map(|place| match (place.written, place.default) {
            (Some(at), _) => item.batch.value(row as usize, at),
            (None, Some(default)) => default.clone(),
            (None, None) => place.stored_in(item, row),
        }))
    }
}

impl KeyColumn<'_> {
    fn stored_in(&self, item: &PlannedChange, row: u32) -> Value {
        match (self.key, self.stored, &item.stored) {
            (Some(at), ..) => item.batch.value(row as usize, at),
            (None, Some(at), Some(stored)) => stored.rows.value(row as usize, at),
            _ => Value::NULL,
        }
    }
}

/// Returns a text of values that is equal for equal ones; `None` if one is null.
pub(super) fn text(values: impl Iterator<Item = Value>) -> Option<String> {
    let mut text = String::new();
    for value in values {
        match value {
            Value::Scalar(Scalar::Null) => return None,
            Value::Scalar(Scalar::Text(value)) => {
                // A collation may ignore case and trailing blanks.
                let value = value.trim_end().to_lowercase();
                text.push_str(&format!("{}:{value};", value.len()));
            }
            Value::Scalar(Scalar::Integer(value)) => text.push_str(&format!("{value};")),
            Value::Scalar(Scalar::Unsigned(value)) => text.push_str(&format!("{value};")),
            Value::Scalar(Scalar::Decimal(value)) => text.push_str(&format!("{};", plain(&value))),
            value => text.push_str(&format!("{value:?};")),
        }
    }
    Some(text)
}

/// Returns a decimal without insignificant zeros and signs.
fn plain(decimal: &str) -> String {
    let (sign, digits) = match decimal.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", decimal.strip_prefix('+').unwrap_or(decimal)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if whole.is_empty() && fraction.is_empty() { "" } else { sign };
    format!("{sign}{whole}.{fraction}")
}

/// Returns the text of a row's primary key.
pub(super) fn key_of(item: &PlannedChange, table: &Table, row: u32) -> Option<String> {
    let at = |name: &String| item.key_at(name, &table.primary_key);
    text(table.primary_key.iter().filter_map(at).map(|at| item.batch.value(row as usize, at)))
}
