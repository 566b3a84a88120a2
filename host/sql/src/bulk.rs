//! The statements that a batch of rows becomes: as few as pay.
//!
//! An embedded database runs one row's statement again and again; one with arrays takes a column a parameter, so that its
//! text is short and always the same; the others take the rows of a batch in one long statement, as many of them as make
//! the same text come again.
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

/// How many rows are given to an embedded database at once, or as columns: others may use the thread in between.
const ROWS: usize = 16_384;
/// How many rows one long statement has, and how many values. More gains nothing, and a text past 32 KiB is prepared anew
/// each time.
const ROWS_WRITTEN: usize = 1_000;
const VALUES_WRITTEN: usize = 8_000;
/// How many rows are found by their keys in one long statement: each row looks through all of them.
const ROWS_FOUND: usize = 100;
/// How many bytes of rows are sent at once; a server has limits of its own.
const BYTES: usize = 4 << 20;

/// What the parameters of a statement are that takes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The values of one row: it runs once for each.
    Row,
    /// The values of all rows, row by row.
    Rows,
    /// The values of all rows, wherever the statement's placeholders say.
    Placeholders,
    /// An array for each column.
    Columns,
}

/// A statement and the rows that it takes.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The statement.
    pub compiled: Arc<Compiled>,
    /// Which of its values are one.
    pub layout: Layout,
    /// The rows, of the batch that was asked for.
    pub rows: Range<usize>,
}

/// What is done with the rows of a batch.
#[derive(Clone, Debug)]
pub(crate) enum Bulk {
    Insert(InsertMany),
    Change(ChangeMany),
    Read(ReadMany),
}

/// What a statement for rows depends on, besides its names.
#[derive(Clone, Copy)]
struct BatchShape<'a> {
    batch: &'a Batch,
    layout: Layout,
    /// How many rows are written out; one where the layout says so.
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

    /// The batch with what the host fills into each row.
    pub(crate) fn filled(&self, batch: Arc<Batch>, catalog: &Catalog) -> Result<Arc<Batch>> {
        match self {
            Self::Insert(insert) if catalog.rules().is_some() => match insert.entry(catalog) {
                Some(entry) => insert::filled(entry, &batch),
                None => Ok(batch),
            },
            _ => Ok(batch),
        }
    }

    /// Refuses rows of which a policy's check is not true. The batch is that which is written.
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

    /// The statement that takes so many rows at once.
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

    /// How many parameters a row has in a statement of this layout.
    fn width(&self, catalog: &Catalog, layout: Layout) -> usize {
        match self {
            Self::Insert(insert) => insert.width(catalog),
            Self::Change(change) => change.width(catalog, layout),
            Self::Read(read) => read.by.len(),
        }
    }

    /// How many rows one long statement finds by their keys.
    fn most_found(&self) -> usize {
        if matches!(self, Self::Read(_)) { ReadMany::KEYS } else { ROWS_FOUND }
    }

    /// How many rows are written out where there are so many. More of them make the same text come again: a read has one of ten
    /// sizes, and the values of the last row stand for those that are not there.
    fn written(&self, rows: usize) -> usize {
        if matches!(self, Self::Read(_)) { rows.next_power_of_two() } else { rows }
    }
}

/// The statements for a batch, made one after the other.
pub struct BulkStatements {
    bulk: Box<Bulk>,
    batch: Arc<Batch>,
    catalog: Arc<Catalog>,
    dialect: Dialect,
    limits: Limits,
    layout: Layout,
    most: usize,
    done: usize,
    /// The last statement, and how many rows are written in it.
    last: Option<(usize, Arc<Compiled>)>,
}

impl BulkStatements {
    /// Checks what can be checked before anything is sent. An empty batch has no statements.
    ///
    /// # Errors
    ///
    /// A table or column that does not exist, a batch that does not fit the columns or itself, `returning` where the
    /// database has none, more columns than parameters, and more rows of nothing but defaults than a unit of work may have.
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
        // Nothing but this number says how many they are.
        if names == 0 && batch.rows as usize > limits.changed_rows {
            return Err(Error::Limit { what: Limited::Rows, allowed: limits.changed_rows as u64 });
        }
        Self::of(Bulk::Insert(insert), batch, catalog, dialect, limits)
    }

    /// The same for anything that is done with rows. The batch is known to be valid.
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

    /// The rows that the statements take.
    #[must_use]
    pub fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    /// Whether what they return begins with the position of the row, as the rows come in any order.
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

    /// The next rows, as many as may go together, and their statement.
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
                // Long names make long statements of few rows.
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

/// Refuses rows of which a policy's check is not true: of these columns, and of those that get a value without being given. A row whose
/// value is still open is looked at when it is known.
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

/// Refuses values that their columns have no room for.
fn check_bounds(columns: &[&Column], batch: &Batch) -> Result<()> {
    for (column, data) in columns.iter().zip(&batch.columns) {
        if let Some(bounds) = ValueBounds::of(column) {
            (0..batch.rows as usize).try_for_each(|row| bounds.check(data.value_ref(row)))?;
        }
    }
    Ok(())
}
