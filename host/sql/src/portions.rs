//! The statements that a batch of rows becomes: as few as pay.
//!
//! An embedded database runs one row's statement again and again; one with arrays takes a column a parameter, so that its
//! text is short and always the same; the others take the rows of a batch in one long statement, as many of them as make
//! the same text come again.

use std::{ops::Range, sync::Arc};

use crate::{
    Batch, Catalog, Compiled, Dialect, Error, InsertMany, Limits, Result, Vector, compile::within_parameters,
    error::Limited, schema::TypeKind,
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
    Slots,
    /// An array for each column.
    Columns,
}

/// A statement and the rows that it takes.
#[derive(Clone, Debug)]
pub struct Portion {
    /// The statement.
    pub compiled: Arc<Compiled>,
    /// Which of its values are one.
    pub layout: Layout,
    /// The rows, of the batch that was asked for.
    pub rows: Range<usize>,
}

/// What is done with the rows of a batch.
pub(crate) trait Target: Send + Sync {
    /// Checks everything that does not depend on how many rows a statement has, and chooses the layout.
    fn check(&self, batch: &Batch, catalog: &Catalog, dialect: Dialect) -> Result<Layout>;

    /// How many parameters a row has in a statement of this layout.
    fn width(&self, catalog: &Catalog, layout: Layout) -> usize;

    /// How many rows one long statement finds by their keys.
    fn most_found(&self) -> usize {
        ROWS_FOUND
    }

    /// How many rows are written out where there are so many: more of them make the same text come again. The values of the
    /// last row stand for those that are not there.
    fn written(&self, rows: usize) -> usize {
        rows
    }

    /// The statement that takes so many rows at once.
    fn compile(&self, shape: &Shape<'_>) -> Result<Compiled>;
}

/// What a statement for rows depends on.
pub(crate) struct Shape<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) catalog: &'a Catalog,
    pub(crate) dialect: Dialect,
    pub(crate) limits: &'a Limits,
    pub(crate) layout: Layout,
    /// How many rows are written out; one where the layout says so.
    pub(crate) written: usize,
}

/// The statements for a batch, made one after the other.
pub struct Portions {
    target: Box<dyn Target>,
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

impl Portions {
    /// Checks what can be checked before anything is sent. An empty batch has no statements.
    ///
    /// # Errors
    ///
    /// A table or column that does not exist, a batch that does not fit the columns or itself, `returning` where the
    /// database has none, more columns than parameters, and more rows of nothing but defaults than a unit of work may have.
    pub fn new(
        target: InsertMany,
        batch: Arc<Batch>,
        catalog: Arc<Catalog>,
        dialect: Dialect,
        limits: Limits,
    ) -> Result<Self> {
        batch.validate()?;
        let (names, given) = (target.columns.len(), batch.columns.len());
        if given != names {
            return Err(Error::invalid(format!("{names} columns are named and the batch has {given}")));
        }
        // Nothing but this number says how many they are.
        if names == 0 && batch.rows as usize > limits.changed_rows {
            return Err(Error::Limit { what: Limited::Rows, allowed: limits.changed_rows as u64 });
        }
        Self::of(Box::new(target), batch, catalog, dialect, limits)
    }

    /// The same for anything that is done with rows. The batch is known to be valid.
    pub(crate) fn of(
        target: Box<dyn Target>,
        batch: Arc<Batch>,
        catalog: Arc<Catalog>,
        dialect: Dialect,
        limits: Limits,
    ) -> Result<Self> {
        let layout = target.check(&batch, &catalog, dialect)?;
        let width = target.width(&catalog, layout);
        within_parameters(width, dialect, &limits)?;
        let parameters = limits.parameters.min(dialect.capabilities().max_parameters as usize);
        let within = |rows: usize| parameters.min(VALUES_WRITTEN).checked_div(width).unwrap_or(rows).clamp(1, rows);
        let most = match layout {
            Layout::Rows => within(ROWS_WRITTEN),
            Layout::Slots => within(target.most_found()),
            Layout::Row | Layout::Columns => ROWS,
        };
        Ok(Self { target, batch, catalog, dialect, limits, layout, most, done: 0, last: None })
    }

    /// The rows that the statements take.
    #[must_use]
    pub fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    fn compiled(&mut self, written: usize) -> Result<Arc<Compiled>> {
        if let Some((_, last)) = self.last.as_ref().filter(|(rows, _)| *rows == written) {
            return Ok(Arc::clone(last));
        }
        let shape = Shape {
            batch: &self.batch,
            catalog: &self.catalog,
            dialect: self.dialect,
            limits: &self.limits,
            layout: self.layout,
            written,
        };
        let compiled = Arc::new(self.target.compile(&shape)?);
        self.last = Some((written, Arc::clone(&compiled)));
        Ok(compiled)
    }
}

impl Iterator for Portions {
    type Item = Result<Portion>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (rows, compiled) = self.portion()?;
            match compiled {
                // Long names make long statements of few rows.
                Err(Error::Limit { what: Limited::StatementSize, .. }) if rows.len() > 1 => self.most = rows.len() / 2,
                compiled => {
                    self.done = rows.end;
                    let layout = self.layout;
                    return Some(compiled.map(|compiled| Portion { compiled, layout, rows }));
                }
            }
        }
    }
}

impl Portions {
    /// The next rows, as many as may go together, and their statement.
    fn portion(&mut self) -> Option<(Range<usize>, Result<Arc<Compiled>>)> {
        let left = (self.batch.rows as usize).checked_sub(self.done).filter(|left| *left > 0)?;
        let from = u32::try_from(self.done).unwrap_or(u32::MAX);
        let fits = self.batch.rows_within_from(from, BYTES) as usize;
        let taken = left.min(self.most).min(fits.max(1));
        let rows = self.done..self.done.saturating_add(taken);
        let written = match self.layout {
            Layout::Rows => taken,
            Layout::Slots => self.target.written(taken).min(self.most).max(taken),
            Layout::Row | Layout::Columns => 1,
        };
        Some((rows, self.compiled(written)))
    }
}

/// The type of a column's items where they go as an array: each assigns to the column's type as a single value would.
pub(crate) fn item_type(values: &Vector, kind: TypeKind) -> Option<&'static str> {
    use TypeKind as K;
    Some(match (values, kind) {
        (Vector::Booleans(_), K::Boolean) => "boolean",
        (Vector::Integers(_), K::Int16 | K::Int32 | K::Int64) => "bigint",
        (Vector::Floats(_), K::Float32 | K::Float64) => "double precision",
        (Vector::Decimals(_), K::Decimal) => "numeric",
        (Vector::Texts(_), K::Text | K::Varchar) => "text",
        (Vector::Bytes(_), K::Bytes) => "bytea",
        (Vector::Uuids(_), K::Uuid) => "uuid",
        (Vector::Jsons(_), K::Json) => "jsonb",
        (Vector::Dates(_), K::Date) => "date",
        (Vector::Times(_), K::Time) => "time",
        (Vector::Timestamps(_), K::Timestamp) => "timestamp",
        (Vector::TimestampsTz(_), K::TimestampTz) => "timestamptz",
        (Vector::Intervals(_), K::Interval) => "interval",
        _ => return None,
    })
}
