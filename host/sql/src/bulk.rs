//! Turns a batch of rows into statements, as few as are worthwhile.
//!
//! An embedded database runs the statement of one row again and again. A database with arrays takes an array parameter per column, so
//! that the text is short and always the same. The others take the rows in long multi-row statements, of sizes that let the same text
//! recur.
//!
//! Each is a resolved statement like any other: the checker resolves its names, and the one renderer writes it.

mod array;
mod change;
mod insert;
mod read;

pub(crate) use change::{ChangeMany, Verb};
pub(crate) use insert::is_made;
pub use insert::{InsertMany, returned};
pub(crate) use read::{ReadMany, SecondaryTable, TableName};

use std::{ops::Range, sync::Arc};

use crate::{
    Batch, Catalog, Compiled, Dialect, Error, Limits, Result, ValueBounds,
    catalog::Entry,
    check::{Checked, Checker},
    compile::{compile_checked, within_parameters},
    error::Limited,
    policy::Predicate,
    resolved::ResolvedStatement,
    schema::Column,
};

/// The most rows of a chunk for an embedded database, or sent as arrays: other work may use the thread between chunks.
const ROWS: usize = 16_384;
/// The most rows and values of one multi-row statement. More gains nothing, and a text past 32 KiB is prepared anew each time.
const ROWS_WRITTEN: usize = 1_000;
const VALUES_WRITTEN: usize = 8_000;
/// The most rows that one statement finds by a list of their keys: each row is compared with the whole list.
const ROWS_FOUND: usize = 100;
/// The most bytes of rows sent at once; a server has limits of its own.
const BYTES: usize = 4 << 20;

/// The way in which rows are bound to the parameters of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The values of one row: the statement runs once for each.
    Row,
    /// The values of all rows, row by row.
    Rows,
    /// The values of all rows, each bound wherever a placeholder names its position.
    Placeholders,
    /// An array for each column.
    Columns,
}

/// A statement and the rows of a batch that it takes.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The statement.
    pub compiled: Arc<Compiled>,
    /// The way in which the rows are bound.
    pub layout: Layout,
    /// The rows, as a range of the batch.
    pub rows: Range<usize>,
}

/// An operation on the rows of a batch.
#[derive(Clone, Debug)]
pub(crate) enum Bulk {
    Insert(InsertMany),
    Change(ChangeMany),
    Read(ReadMany),
}

/// The inputs of a bulk statement besides its names.
#[derive(Clone, Copy)]
struct BatchShape<'a> {
    batch: &'a Batch,
    layout: Layout,
    /// The number of rows that the text spells out; one for `Row` and `Columns`.
    written: usize,
}

impl Bulk {
    /// Checks everything that does not depend on how many rows a statement has, and chooses the layout.
    pub(crate) fn check(&self, batch: &Batch, catalog: &Catalog, dialect: Dialect) -> Result<Layout> {
        let mut checker = Checker::new(&[], catalog, dialect);
        match self {
            Self::Insert(insert) => insert.check(&mut checker, batch),
            Self::Change(change) => change.check(&mut checker, batch),
            Self::Read(read) => read.check(&mut checker, batch),
        }
    }

    /// Returns the batch with the values that the host presets in each row.
    pub(crate) fn filled(&self, batch: Arc<Batch>, catalog: &Catalog) -> Result<Arc<Batch>> {
        match self {
            Self::Insert(insert) if catalog.rules().is_some() => match insert.entry(catalog) {
                Some(entry) => insert::filled(entry, &batch),
                None => Ok(batch),
            },
            _ => Ok(batch),
        }
    }

    /// Refuses rows that do not satisfy a policy's check. The batch is the one that is written.
    pub(crate) fn enforce_check(
        &self,
        batch: &Batch,
        catalog: &Catalog,
        dialect: Dialect,
        is_open: &dyn Fn(u32, usize) -> bool,
    ) -> Result<()> {
        if catalog.rules().is_none() {
            return Ok(());
        }
        let mut checker = Checker::new(&[], catalog, dialect);
        match self {
            Self::Insert(insert) => insert.enforce_check(&mut checker, batch, is_open),
            Self::Change(change) => change.enforce_check(&mut checker, batch, is_open),
            Self::Read(_) => Ok(()),
        }
    }

    /// Resolves the statement that spells out `shape.written` rows.
    fn resolve<'a>(&'a self, shape: BatchShape<'a>, catalog: &'a Catalog, dialect: Dialect) -> Result<Checked<'a>> {
        let mut checker = Checker::new(&[], catalog, dialect);
        let (statement, width): (ResolvedStatement<'a>, usize) = match self {
            Self::Insert(insert) => (insert.resolve(&mut checker, shape)?, shape.batch.columns.len()),
            Self::Change(change) => (change.resolve(&mut checker, shape)?, shape.batch.columns.len()),
            Self::Read(read) => (read.resolve(&mut checker, shape)?, read.by.len()),
        };
        let parameters = u32::try_from(width.saturating_mul(shape.written)).unwrap_or(u32::MAX);
        Ok(checker.checked(statement, parameters))
    }

    /// Returns the number of parameters per row in a statement of this layout.
    fn width(&self, catalog: &Catalog, layout: Layout) -> usize {
        match self {
            Self::Insert(insert) => insert.width(catalog),
            Self::Change(change) => change.width(catalog, layout),
            Self::Read(read) => read.by.len(),
        }
    }

    /// Returns the most rows that one statement finds by a list of their keys.
    fn most_found(&self) -> usize {
        if matches!(self, Self::Read(_)) { ReadMany::KEYS } else { ROWS_FOUND }
    }

    /// Returns the number of rows that the text spells out for `rows` rows. A read rounds up to one of ten sizes, so that the same text
    /// recurs; the values of the last row fill the surplus.
    fn written(&self, rows: usize) -> usize {
        if matches!(self, Self::Read(_)) { rows.next_power_of_two() } else { rows }
    }
}

/// The statements of a batch, made one after the other.
pub struct BulkStatements {
    bulk: Box<Bulk>,
    batch: Arc<Batch>,
    catalog: Arc<Catalog>,
    dialect: Dialect,
    limits: Limits,
    layout: Layout,
    most: usize,
    done: usize,
    /// The last statement, with the number of rows that its text spells out.
    last: Option<(usize, Arc<Compiled>)>,
}

impl BulkStatements {
    /// Checks all that can be checked before anything is sent. An empty batch has no statements.
    ///
    /// # Errors
    ///
    /// A table or column that does not exist, a batch that is malformed or does not have these columns, `returning` where the database
    /// has none, more columns than parameters, and more rows of nothing but defaults than a unit of work may have.
    pub fn new(
        insert: InsertMany,
        batch: Arc<Batch>,
        catalog: Arc<Catalog>,
        dialect: Dialect,
        limits: Limits,
    ) -> Result<Self> {
        batch.validate()?;
        let (names, given) = (insert.columns.len(), batch.columns.len());
        if given != names {
            return Err(Error::invalid(format!("{names} columns are named and the batch has {given}")));
        }
        // Without columns, only `rows` determines how many rows there are.
        if names == 0 && batch.rows as usize > limits.changed_rows {
            return Err(Error::Limit { what: Limited::Rows, allowed: limits.changed_rows as u64 });
        }
        Self::of(Bulk::Insert(insert), batch, catalog, dialect, limits)
    }

    /// As `new`, for any operation on rows. The batch must be valid.
    pub(crate) fn of(
        bulk: Bulk,
        batch: Arc<Batch>,
        catalog: Arc<Catalog>,
        dialect: Dialect,
        limits: Limits,
    ) -> Result<Self> {
        let batch = bulk.filled(batch, &catalog)?;
        let layout = bulk.check(&batch, &catalog, dialect)?;
        bulk.enforce_check(&batch, &catalog, dialect, &|_, _| false)?;
        let width = bulk.width(&catalog, layout);
        within_parameters(width, dialect, &limits)?;
        let parameters = limits.parameters.min(dialect.capabilities().max_parameters as usize);
        let within = |rows: usize| parameters.min(VALUES_WRITTEN).checked_div(width).unwrap_or(rows).clamp(1, rows);
        let most = match layout {
            Layout::Rows => within(ROWS_WRITTEN),
            Layout::Placeholders => within(bulk.most_found()),
            Layout::Row | Layout::Columns => ROWS,
        };
        let bulk = Box::new(bulk);
        Ok(Self { bulk, batch, catalog, dialect, limits, layout, most, done: 0, last: None })
    }

    /// Returns the rows that the statements take.
    #[must_use]
    pub fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    /// Whether the result sets begin with the position of the row, as the rows come in any order.
    pub(crate) fn is_numbered(&self) -> bool {
        matches!(&*self.bulk, Bulk::Change(change) if change.is_numbered(self.layout))
    }

    fn compiled(&mut self, written: usize) -> Result<Arc<Compiled>> {
        if let Some((_, last)) = self.last.as_ref().filter(|(rows, _)| *rows == written) {
            return Ok(Arc::clone(last));
        }
        let shape = BatchShape { batch: &self.batch, layout: self.layout, written };
        let checked = self.bulk.resolve(shape, &self.catalog, self.dialect)?;
        let compiled = Arc::new(compile_checked(&checked, self.dialect, &self.limits)?);
        self.last = Some((written, Arc::clone(&compiled)));
        Ok(compiled)
    }

    /// Returns the next rows, as many as one statement may take, and their statement.
    fn chunk(&mut self) -> Option<(Range<usize>, Result<Arc<Compiled>>)> {
        let left = (self.batch.rows as usize).checked_sub(self.done).filter(|left| *left > 0)?;
        let from = u32::try_from(self.done).unwrap_or(u32::MAX);
        let fits = self.batch.rows_within_from(from, BYTES) as usize;
        let taken = left.min(self.most).min(fits.max(1));
        let rows = self.done..self.done.saturating_add(taken);
        let written = match self.layout {
            Layout::Rows => taken,
            Layout::Placeholders => self.bulk.written(taken).min(self.most).max(taken),
            Layout::Row | Layout::Columns => 1,
        };
        Some((rows, self.compiled(written)))
    }
}

impl Iterator for BulkStatements {
    type Item = Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (rows, compiled) = self.chunk()?;
            match compiled {
                // Long identifiers make long statements of few rows.
                Err(Error::Limit { what: Limited::StatementSize, .. }) if rows.len() > 1 => self.most = rows.len() / 2,
                compiled => {
                    self.done = rows.end;
                    let layout = self.layout;
                    return Some(compiled.map(|compiled| Chunk { compiled, layout, rows }));
                }
            }
        }
    }
}

/// Refuses rows that do not satisfy a policy's check, and any row if the check needs a column that is not among these. A row with a
/// value that is still open is checked when the value is filled in.
fn enforce_check(
    entry: &Entry,
    predicate: Option<&Predicate>,
    columns: &[&Column],
    batch: &Batch,
    is_open: &dyn Fn(u32, usize) -> bool,
) -> Result<()> {
    let Some(predicate) = predicate else { return Ok(()) };
    let table = &entry.table.name;
    let at = |name: &str| columns.iter().position(|column| column.name == name);
    let mut places = Vec::with_capacity(predicate.columns.len());
    for name in &predicate.columns {
        let without = || Error::Denied(format!("writing to {table} without a value for {name}, which is checked"));
        places.push(at(name).ok_or_else(without)?);
    }
    (0..batch.rows)
        .filter(|row| !places.iter().any(|place| is_open(*row, *place)))
        .try_for_each(|row| predicate.check(table, &|name| Some(batch.value_ref(row as usize, at(name)?))))
}

/// Refuses values that exceed the bounds of their columns.
fn check_bounds(columns: &[&Column], batch: &Batch) -> Result<()> {
    for (column, data) in columns.iter().zip(&batch.columns) {
        if let Some(bounds) = ValueBounds::of(column) {
            (0..batch.rows as usize).try_for_each(|row| bounds.check(data.value_ref(row)))?;
        }
    }
    Ok(())
}
