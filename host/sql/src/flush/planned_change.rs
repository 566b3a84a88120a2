//! The state of one change: the rows that it writes and those that came back.

use std::{collections::HashMap, sync::Arc};

use super::{
    Change, Deletes, Inserts, KeyReference, KnownRows, RowGroup, Updates, fill_rows,
    key_reference::{KeyReferences, KeySource},
};
use crate::{
    Batch, Catalog, ColumnData, Error, Result, Value,
    batch::{BatchBuilder, ColumnBuilder, VectorKind},
    bulk::is_made,
    schema::{DefaultValue, Table},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeKind {
    Insert,
    Update,
    Delete,
}

/// A change with a single batch: the written columns, the primary key, the version.
pub(super) struct PlannedChange {
    pub(super) kind: ChangeKind,
    pub(super) schema: Option<String>,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// The columns of the primary key that an update finds its rows by.
    keys: Vec<String>,
    pub(super) batch: Arc<Batch>,
    pub(super) links: KeyReferences,
    pub(super) is_versioned: bool,
    /// The stored values of the rows, as far as the guest sent them.
    pub(super) stored: Option<KnownRows>,
    /// The change whose values it only parks.
    pub(super) prepares: Option<usize>,
    /// Whether missing rows are no error.
    pub(super) may_be_gone: bool,
    /// Parked values of the key columns, by row and column of the batch.
    pub(super) moved: HashMap<(u32, u16), Value>,
    /// The columns to return, the requested ones first.
    pub(super) returning: Vec<String>,
    /// The way to read an insert's rows back, where the database does not return them.
    pub(super) read_back: Option<ReadBack>,
    asked: usize,
    pub(super) matched: u64,
    /// Whether other rows take values from its rows, which references may have filled.
    pub(super) is_source: bool,
    /// The filled values, by row and column.
    filled: HashMap<(u32, u16), Value>,
    made: Vec<Batch>,
    /// The place of each row's result: the batch, and the row in it.
    placed: Vec<Option<(usize, usize)>>,
}

impl PlannedChange {
    pub(super) fn new(change: Change, catalog: &Catalog) -> Result<Self> {
        let may_be_gone = matches!(&change, Change::Deletes(Deletes { versions: None, strict: false, .. }));
        let (kind, table, columns, rows, keys, versions, links, returning, stored) = match change {
            Change::Inserts(Inserts { table, columns, rows, links, returning }) => {
                (ChangeKind::Insert, table, columns, rows, None, None, links, returning, None)
            }
            Change::Updates(Updates { table, keys, versions, columns, rows, links, returning, stored }) => {
                (ChangeKind::Update, table, columns, rows, Some(keys), versions, links, returning, stored)
            }
            Change::Deletes(Deletes { table, keys, versions, stored, strict: _ }) => {
                let none = Batch { rows: keys.rows, columns: Vec::new() };
                (ChangeKind::Delete, table, Vec::new(), none, Some(keys), versions, Vec::new(), Vec::new(), stored)
            }
        };
        let entry = catalog.named(&table).ok_or_else(|| Error::NoSuchTable(table.clone()))?;
        let (mut batch, mut columns, mut links) = (rows, columns, links);
        let given = columns.len();
        let count = batch.rows;
        // The batch's number of rows is a claim of the guest: nothing is allocated for each row before this check.
        fits(&table, "columns", &batch, count, columns.len())?;
        batch.validate()?;
        if kind == ChangeKind::Update {
            touch(&entry.table, &mut columns, &mut batch)?;
        }
        if let Some(keys) = keys {
            fits(&table, "primary key", &keys, count, entry.table.primary_key.len())?;
            keys.validate()?;
            batch.columns.extend(keys.columns);
        }
        let is_versioned = versions.is_some();
        if let Some(versions) = versions {
            fits(&table, "version", &versions, count, 1)?;
            versions.validate()?;
            batch.columns.extend(versions.columns);
        }
        if let Some(stored) = &stored {
            fits(&table, "stored values", &stored.rows, count, stored.columns.len())?;
            stored.rows.validate()?;
            if let Some(name) = stored.columns.iter().find(|name| entry.column(name).is_none()) {
                return Err(Error::NoSuchColumn { table: Some(table), column: name.clone() });
            }
        }
        shift(&mut links, given, columns.len());
        let keys = if kind == ChangeKind::Update { entry.table.primary_key.clone() } else { Vec::new() };
        if !returning.is_empty() && links.iter().any(|link| usize::from(link.column) >= columns.len()) {
            return Err(Error::invalid(format!("a row of {table:?} that is found by a link returns nothing")));
        }
        Ok(Self {
            kind,
            schema: entry.table.schema.clone(),
            table,
            columns,
            keys,
            batch: Arc::new(batch),
            links: KeyReferences::new(links)?,
            is_versioned,
            stored,
            prepares: None,
            may_be_gone,
            moved: HashMap::new(),
            asked: returning.len(),
            returning,
            read_back: None,
            matched: 0,
            is_source: false,
            filled: HashMap::new(),
            made: Vec::new(),
            placed: vec![None; count as usize],
        })
    }

    /// Returns the column that a reference fills: a written one, or after these a key column that finds the row.
    pub(super) fn linked_column(&self, column: u16) -> Option<&String> {
        let column = usize::from(column);
        self.columns.get(column).or_else(|| self.keys.get(column.checked_sub(self.columns.len())?))
    }

    /// Returns the number of rows.
    pub(super) fn rows(&self) -> u32 {
        self.batch.rows
    }

    /// Returns the rows of a step as a batch.
    pub(super) fn rows_of(&self, step: &RowGroup, filled: &[(usize, u16, Value)]) -> Result<Arc<Batch>> {
        let all = step.rows.len() == self.rows() as usize && step.rows.iter().copied().eq(0..self.rows());
        if step.reads && self.kind == ChangeKind::Insert {
            return self.keys_of(step).map(Arc::new);
        }
        if step.reads {
            // A changed key finds its row by the new value.
            let at = |(position, key): (usize, &String)| {
                let written = self.columns.iter().position(|name| name == key);
                written.unwrap_or(self.columns.len() + position)
            };
            let columns = self.keys.iter().enumerate().map(at).filter_map(|at| self.batch.columns.get(at));
            return Ok(Arc::new(Batch::pick(columns, &step.rows)));
        }
        if all && filled.is_empty() && self.moved.is_empty() {
            return Ok(Arc::clone(&self.batch));
        }
        if self.moved.is_empty() {
            return fill_rows::pick(&self.batch.columns, &step.rows, filled).map(Arc::new);
        }
        let keys = u16::try_from(self.columns.len()).unwrap_or(u16::MAX)..;
        let mut others = filled.to_vec();
        for (position, row) in step.rows.iter().enumerate() {
            let moved = keys.clone().take(self.keys.len());
            others
                .extend(moved.filter_map(|column| Some((position, column, self.moved.get(&(*row, column))?.clone()))));
        }
        fill_rows::pick(&self.batch.columns, &step.rows, &others).map(Arc::new)
    }

    /// Returns the position in the batch of a primary key column that finds the row.
    pub(super) fn key_at(&self, column: &str, primary_key: &[String]) -> Option<usize> {
        let position = primary_key.iter().position(|key| key == column)?;
        (self.kind != ChangeKind::Insert).then_some(self.columns.len() + position)
    }

    /// Returns the position of a column among the written ones.
    pub(super) fn written(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// Whether a value of a row comes from a row that the flush inserts.
    pub(super) fn is_linked(&self, row: u32, column: usize) -> bool {
        u16::try_from(column).is_ok_and(|column| self.links.has(row, column))
    }

    /// Whether any value of a row comes from a row that the flush inserts.
    pub(super) fn has_links(&self, row: u32) -> bool {
        self.links.has_row(row)
    }

    /// Returns the primary keys of inserted rows: given, filled by references, or generated.
    fn keys_of(&self, step: &RowGroup) -> Result<Batch> {
        let keys = self.read_back.as_ref().map_or(&[][..], |read_back| &read_back.keys);
        let mut batch = BatchBuilder::with_capacity(&vec![VectorKind::Dynamic; keys.len()], step.rows.len());
        for row in &step.rows {
            for ((name, written), column) in keys.iter().zip(batch.columns()) {
                match self.value_of(*row, *written, self.returning.iter().position(|of| of == name)) {
                    Some(value) => column.push_value(value)?,
                    None => column.push_null(),
                }
            }
            batch.end_row();
        }
        batch.finish()
    }

    /// Keeps the values that references filled, since other rows need them.
    pub(super) fn keep(&mut self, step: &RowGroup, filled: Vec<(usize, u16, Value)>) {
        for (position, column, value) in filled {
            if let Some(row) = step.rows.get(position) {
                self.filled.insert((*row, column), value);
            }
        }
    }

    /// Returns the value that a row has or got; `None` if it is unknown.
    pub(super) fn known(&self, row: u32, source: &KeySource) -> Option<Value> {
        self.value_of(row, source.written, source.returned)
    }

    /// Returns the value of a column that is written or returned at these positions.
    fn value_of(&self, row: u32, written: Option<u16>, returned: Option<usize>) -> Option<Value> {
        if let Some(written) = written {
            let value = self.filled.get(&(row, written)).cloned();
            let value = value.unwrap_or_else(|| self.batch.value(row as usize, usize::from(written)));
            if !value.is_null() {
                return Some(value);
            }
        }
        let (batch, at) = (*self.placed.get(row as usize)?)?;
        Some(self.made.get(batch)?.value(at, returned?)).filter(|value| !value.is_null())
    }

    /// Prepares an insert for a database that returns only the generated key of inserted rows: the other columns to return
    /// are read by primary key.
    pub(super) fn read_back(&mut self, catalog: &Catalog) -> Result<()> {
        if self.kind != ChangeKind::Insert || self.returning.is_empty() {
            return Ok(());
        }
        let entry = catalog.entry(self.schema.as_deref(), &self.table);
        let entry = entry.ok_or_else(|| Error::NoSuchTable(self.table.clone()))?;
        let made = entry.table.columns.iter().find(|column| is_made(column, &self.columns));
        let made = made.map(|column| column.name.clone());
        let reads = self.returning.iter().any(|name| Some(name) != made.as_ref());
        // The other columns are read by this key; the requested columns stay in front.
        if let (true, Some(made)) = (reads, &made)
            && !self.returning.contains(made)
        {
            self.returning.push(made.clone());
        }
        let written = |name: &String| self.columns.iter().position(|of| of == name);
        let place = |name: &String| written(name).and_then(|at| u16::try_from(at).ok());
        let keys: Vec<_> = entry.table.primary_key.iter().map(|name| (name.clone(), place(name))).collect();
        let known = keys.iter().all(|(name, written)| written.is_some() || Some(name) == made.as_ref());
        if reads && (keys.is_empty() || !known) {
            let message =
                "this database returns nothing of inserts, and the rows have no key to read them by".to_owned();
            return Err(Error::Unsupported { capability: "insert-returning", message });
        }
        // Keys that references fill have to be kept.
        self.is_source |= reads;
        self.read_back = Some(ReadBack { made, keys, reads });
        Ok(())
    }

    /// Returns the columns that the statement of an insert returns.
    pub(super) fn returned_by_insert(&self) -> Vec<String> {
        match &self.read_back {
            None => self.returning.clone(),
            Some(read_back) => read_back.made.iter().cloned().collect(),
        }
    }

    /// Extends what a statement returned to the columns that the change returns: those that are read later are null.
    pub(super) fn widened(&self, returned: Batch) -> Batch {
        let Some(read_back) = self.read_back.as_ref().filter(|read_back| read_back.reads) else { return returned };
        let rows = returned.rows;
        let mut key = returned.columns.into_iter().next();
        let column = |name: &String| match &read_back.made {
            Some(made) if made == name => key.take(),
            _ => None,
        };
        let columns: Vec<_> = self.returning.iter().map(column).map(|of| of.unwrap_or_else(|| nulls(rows))).collect();
        Batch { rows, columns }
    }

    /// Keeps the returned values of some rows.
    pub(super) fn place(&mut self, rows: &[u32], mut returned: Batch, is_numbered: bool) {
        let positions =
            if is_numbered && !returned.columns.is_empty() { Some(returned.columns.remove(0)) } else { None };
        for at in 0..returned.rows as usize {
            let position = match &positions {
                None => Some(at),
                Some(numbers) => match numbers.value(at) {
                    Value::Scalar(crate::Scalar::Integer(number)) => usize::try_from(number).ok(),
                    _ => None,
                },
            };
            let place = position.and_then(|at| rows.get(at)).and_then(|row| self.placed.get_mut(*row as usize));
            if let Some(place) = place {
                *place = Some((self.made.len(), at));
            }
        }
        self.made.push(returned);
    }

    /// Returns the requested columns of all rows.
    pub(super) fn finish(mut self) -> Result<Batch> {
        if self.asked == 0 {
            let rows = if self.kind == ChangeKind::Delete {
                u32::try_from(self.matched).unwrap_or(u32::MAX)
            } else {
                self.rows()
            };
            return Ok(Batch { rows, columns: Vec::new() });
        }
        let in_order = self.placed.iter().enumerate().all(|(row, place)| *place == Some((0, row)));
        if let ([_], true) = (self.made.as_slice(), in_order) {
            let mut only = self.made.remove(0);
            only.columns.truncate(self.asked);
            return Ok(only);
        }
        let mut whole = BatchBuilder::with_capacity(&vec![VectorKind::Dynamic; self.asked], self.placed.len());
        for place in &self.placed {
            for (position, column) in whole.columns().iter_mut().enumerate() {
                let value = place.and_then(|(batch, at)| Some(self.made.get(batch)?.value(at, position)));
                match value.filter(|value| !value.is_null()) {
                    Some(value) => column.push_value(value)?,
                    None => column.push_null(),
                }
            }
            whole.end_row();
        }
        whole.finish()
    }
}

/// The way to read back rows that an insert does not return.
pub(super) struct ReadBack {
    /// The key that the database generates and reports.
    made: Option<String>,
    /// The primary key, each column with its position among the written ones.
    keys: Vec<(String, Option<u16>)>,
    /// Whether more columns than that key are returned, which are read afterwards.
    pub(super) reads: bool,
}

/// Makes a column of nulls.
fn nulls(rows: u32) -> ColumnData {
    let mut column = ColumnBuilder::new(VectorKind::Dynamic, rows as usize);
    (0..rows).for_each(|_| column.push_null());
    column.finish()
}

/// Shifts references to key columns by the number of columns that were added before these.
fn shift(links: &mut [KeyReference], given: usize, columns: usize) {
    let added = u16::try_from(columns.saturating_sub(given)).unwrap_or(u16::MAX);
    for link in links.iter_mut().filter(|link| usize::from(link.column) >= given) {
        link.column = link.column.saturating_add(added);
    }
}

/// Adds the `on_update` constants of columns that this update does not set.
fn touch(table: &Table, columns: &mut Vec<String>, batch: &mut Batch) -> Result<()> {
    for column in &table.columns {
        if let DefaultValue::Literal(value) = &column.on_update
            && !columns.contains(&column.name)
        {
            let mut constant = ColumnBuilder::new(VectorKind::Dynamic, batch.rows as usize);
            for _ in 0..batch.rows {
                if value.is_null() { constant.push_null() } else { constant.push_value(value.clone())? }
            }
            columns.push(column.name.clone());
            batch.columns.push(constant.finish());
        }
    }
    Ok(())
}

fn fits(table: &str, what: &str, batch: &Batch, rows: u32, columns: usize) -> Result<()> {
    if batch.rows == rows && batch.columns.len() == columns {
        return Ok(());
    }
    let (got_rows, got) = (batch.rows, batch.columns.len());
    Err(Error::invalid(format!(
        "the {what} of a change to {table:?} should be {columns} columns of {rows} rows, not {got} of {got_rows}"
    )))
}
