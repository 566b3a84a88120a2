//! Short builders of changes.

use sqlservice_sdk::bindings::sqlservice::database::{
    rows::{Batch, ColumnData, Strings, Vector},
    sessions::{Change, Deletes, Inserts, KeyReference, Updates},
};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn batch(rows: usize, columns: Vec<ColumnData>) -> Batch {
    Batch { rows: rows as u32, columns }
}

pub fn integers(values: &[Option<i64>]) -> ColumnData {
    let mut validity = vec![0_u8; values.len().div_ceil(8)];
    for (row, value) in values.iter().enumerate() {
        validity[row / 8] |= u8::from(value.is_some()) << (row % 8);
    }
    ColumnData {
        validity: Some(validity),
        values: Vector::Integers(values.iter().map(|value| value.unwrap_or_default()).collect()),
    }
}

pub fn key(values: &[i64]) -> ColumnData {
    ColumnData { validity: None, values: Vector::Integers(values.to_vec()) }
}

pub fn texts(values: &[&str]) -> ColumnData {
    let mut strings = Strings { offsets: vec![0], data: String::new() };
    for value in values {
        strings.data.push_str(value);
        strings.offsets.push(strings.data.len() as u32);
    }
    ColumnData { validity: None, values: Vector::Texts(strings) }
}

/// The integers of a column.
pub fn column(batch: &Batch, column: usize) -> Vec<i64> {
    match batch.columns.get(column).map(|column| &column.values) {
        Some(Vector::Integers(values)) => values.clone(),
        _ => Vec::new(),
    }
}

/// The integers of the first column.
pub fn keys(batch: &Batch) -> Vec<i64> {
    column(batch, 0)
}

pub struct Insert(Inserts);

impl Insert {
    pub fn into(table: &str, columns: &[&str]) -> Self {
        let rows = batch(0, Vec::new());
        Self(Inserts {
            table: table.to_owned(),
            columns: names(columns),
            rows,
            links: Vec::new(),
            returning: Vec::new(),
        })
    }

    pub fn rows(mut self, rows: u32, columns: Vec<ColumnData>) -> Self {
        self.0.rows = Batch { rows, columns };
        self
    }

    pub fn links(mut self, links: &[(u32, u16, u32, u32)]) -> Self {
        let link =
            |&(row, column, of_change, of_row): &(u32, u16, u32, u32)| KeyReference { row, column, of_change, of_row };
        self.0.links = links.iter().map(link).collect();
        self
    }

    pub fn returning(mut self, columns: &[&str]) -> Change {
        self.0.returning = names(columns);
        self.done()
    }

    pub fn done(self) -> Change {
        Change::Inserts(self.0)
    }
}

pub struct Update(Updates);

impl Update {
    pub fn of(table: &str, columns: &[&str]) -> Self {
        Self(Updates {
            table: table.to_owned(),
            keys: batch(0, Vec::new()),
            versions: None,
            columns: names(columns),
            rows: batch(0, Vec::new()),
            links: Vec::new(),
            returning: Vec::new(),
            stored: None,
        })
    }

    pub fn keys(mut self, keys: &[i64]) -> Self {
        self.0.keys = batch(keys.len(), vec![key(keys)]);
        self
    }

    pub fn versions(mut self, versions: &[i64]) -> Self {
        self.0.versions = Some(batch(versions.len(), vec![key(versions)]));
        self
    }

    pub fn rows(mut self, columns: Vec<ColumnData>) -> Self {
        self.0.rows = Batch { rows: self.0.keys.rows, columns };
        self
    }

    pub fn returning(mut self, columns: &[&str]) -> Change {
        self.0.returning = names(columns);
        self.done()
    }

    pub fn done(self) -> Change {
        Change::Updates(self.0)
    }
}

pub fn delete_of(table: &str, keys: &[i64]) -> Change {
    let keys = batch(keys.len(), vec![key(keys)]);
    Change::Deletes(Deletes { table: table.to_owned(), keys, versions: None, stored: None, strict: false })
}

pub fn delete_versions(table: &str, keys: &[i64], versions: &[i64]) -> Change {
    let versions = Some(batch(versions.len(), vec![key(versions)]));
    Change::Deletes(Deletes {
        table: table.to_owned(),
        keys: batch(keys.len(), vec![key(keys)]),
        versions,
        stored: None,
        strict: false,
    })
}
