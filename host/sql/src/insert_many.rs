//! Many rows into one table, in as few statements as pay.
//!
//! An embedded database runs one row's statement again and again; one with arrays takes a column a parameter, so that its
//! text is short and always the same; the others take the rows of a batch in one long statement, as many of them as make
//! the same text come again.

use std::{ops::Range, sync::Arc};

use crate::{
    Batch, Catalog, Compiled, Dialect, Error, Fit, Limits, Result, Vector,
    catalog::Entry,
    compile::{Kind, finish, too_long, within_parameters},
    compiled::{Output, Source},
    plan::Target,
    render::Writer,
    schema::{Column, TypeKind},
    statement::NodeId,
};

/// How many rows are given to an embedded database at once, or as columns: others may use the thread in between.
const ROWS: usize = 16_384;
/// How many rows one long statement inserts, and how many values it has. More gains nothing, and a text past 32 KiB is
/// prepared anew each time.
const ROWS_WRITTEN: usize = 1_000;
const VALUES_WRITTEN: usize = 8_000;
/// How many bytes of rows are sent at once; a server has limits of its own.
const BYTES: usize = 4 << 20;

/// Rows to insert into some columns of a table. All names are guest-controlled.
#[derive(Clone, Debug)]
pub struct InsertMany {
    /// The table's schema, where it is not the default one.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The columns, all of them given for each row.
    pub columns: Vec<String>,
    /// The columns to return of each row, in the order of the rows.
    pub returning: Vec<String>,
}

/// What the parameters of a statement are that inserts rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The values of one row: it runs once for each.
    Row,
    /// The values of all rows, row by row.
    Rows,
    /// An array for each column.
    Columns,
}

/// A statement and the rows that it inserts.
#[derive(Clone, Debug)]
pub struct Portion {
    /// The statement.
    pub compiled: Arc<Compiled>,
    /// Which of its values are one.
    pub layout: Layout,
    /// The rows, of the batch that was asked for.
    pub rows: Range<usize>,
}

/// The statements that insert a batch, made one after the other.
pub struct Portions {
    target: InsertMany,
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
    /// database has none, and more columns than parameters.
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
        let table = Checked::new(&target, &catalog, dialect)?;
        table.fits(&batch)?;
        let layout = table.layout(&batch, dialect);
        within_parameters(names, dialect, &limits)?;
        let parameters = limits.parameters.min(dialect.capabilities().max_parameters as usize);
        let most = match layout {
            Layout::Rows => parameters.min(VALUES_WRITTEN).checked_div(names).unwrap_or(1).clamp(1, ROWS_WRITTEN),
            Layout::Row | Layout::Columns => ROWS,
        };
        Ok(Self { target, batch, catalog, dialect, limits, layout, most, done: 0, last: None })
    }

    /// The rows that the statements insert.
    #[must_use]
    pub fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    fn compiled(&mut self, written: usize) -> Result<Arc<Compiled>> {
        if let Some((_, last)) = self.last.as_ref().filter(|(rows, _)| *rows == written) {
            return Ok(Arc::clone(last));
        }
        let table = Checked::new(&self.target, &self.catalog, self.dialect)?;
        let compiled = Arc::new(table.compile(&self.batch, self.layout, written, self.dialect, &self.limits)?);
        self.last = Some((written, Arc::clone(&compiled)));
        Ok(compiled)
    }
}

impl Iterator for Portions {
    type Item = Result<Portion>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = (self.batch.rows as usize).checked_sub(self.done).filter(|left| *left > 0)?;
        let from = u32::try_from(self.done).unwrap_or(u32::MAX);
        let fits = self.batch.rows_within_from(from, BYTES) as usize;
        let taken = left.min(self.most).min(fits.max(1));
        let rows = self.done..self.done.saturating_add(taken);
        self.done = rows.end;
        let written = if self.layout == Layout::Rows { taken } else { 1 };
        let layout = self.layout;
        Some(self.compiled(written).map(|compiled| Portion { compiled, layout, rows }))
    }
}

/// A target whose names are those of a table.
struct Checked<'a> {
    target: &'a InsertMany,
    columns: Vec<&'a Column>,
    returning: Vec<&'a Column>,
}

impl<'a> Checked<'a> {
    fn new(target: &'a InsertMany, catalog: &'a Catalog, dialect: Dialect) -> Result<Self> {
        let entry = catalog
            .entry(target.schema.as_deref(), &target.table)
            .ok_or_else(|| Error::NoSuchTable(target.table.clone()))?;
        if entry.table.is_view {
            return Err(Error::invalid(format!("{:?} is a view, whose rows cannot be changed", target.table)));
        }
        let columns = columns(entry, &target.columns)?;
        if columns.is_empty() {
            return Err(Error::invalid("an insert of many rows has columns"));
        }
        let returning = target.returning.iter().map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
        if !returning.is_empty() && !dialect.capabilities().insert_returning {
            let message = "this database returns nothing of inserts; read the rows afterwards".to_owned();
            return Err(Error::Unsupported { capability: "insert-returning", message });
        }
        Ok(Self { target, columns, returning })
    }

    /// Refuses values that their columns have no room for.
    fn fits(&self, batch: &Batch) -> Result<()> {
        for (column, data) in self.columns.iter().zip(&batch.columns) {
            if let Some(fit) = Fit::of(column) {
                (0..batch.rows as usize).try_for_each(|row| fit.check(data.value_ref(row)))?;
            }
        }
        Ok(())
    }

    fn layout(&self, batch: &Batch, dialect: Dialect) -> Layout {
        let can = dialect.capabilities();
        let as_arrays = || {
            let mut pairs = self.columns.iter().zip(&batch.columns);
            pairs.all(|(column, data)| item_type(&data.values, column.ty.kind).is_some())
        };
        match () {
            () if can.embedded => Layout::Row,
            () if can.arrays && as_arrays() => Layout::Columns,
            () => Layout::Rows,
        }
    }

    fn compile(
        &self,
        batch: &Batch,
        layout: Layout,
        written: usize,
        dialect: Dialect,
        limits: &Limits,
    ) -> Result<Compiled> {
        let count = self.columns.len().saturating_mul(written);
        within_parameters(count, dialect, limits)?;
        let mut writer = Writer::new(dialect, limits.statement_bytes);
        self.write(&mut writer, batch, layout, written);
        let rendered = writer.finish().ok_or_else(|| too_long(limits))?;
        let output = |column: &&Column| Output {
            name: column.name.clone(),
            ty: Some(column.ty.clone()),
            nullable: Some(column.nullable),
        };
        let outputs = self.returning.iter().map(output).collect();
        // It fits: the count of parameters has been looked at.
        let parameters = u32::try_from(count).unwrap_or(u32::MAX);
        finish(rendered, outputs, dialect, limits, Kind { parameters, writes: true, locks: false })
    }

    fn write(&self, writer: &mut Writer, batch: &Batch, layout: Layout, written: usize) {
        writer.push("INSERT INTO ");
        writer.target(Target { schema: self.target.schema.as_deref(), name: &self.target.table });
        writer.push(" (");
        writer.names(&self.target.columns);
        match layout {
            Layout::Columns => self.write_arrays(writer, batch),
            Layout::Row | Layout::Rows => self.write_rows(writer, written),
        }
        if !self.target.returning.is_empty() {
            writer.push(" RETURNING ");
            writer.names(&self.target.returning);
        }
    }

    fn write_rows(&self, writer: &mut Writer, rows: usize) {
        writer.push(") VALUES ");
        let mut number = 0_u32;
        for row in 0..rows {
            writer.push(if row > 0 { ", (" } else { "(" });
            for (position, column) in self.columns.iter().enumerate() {
                writer.push(if position > 0 { ", " } else { "" });
                writer.placeholder(&Source::Parameter(number), Some(column.ty.kind), NodeId::MAX, None);
                number = number.saturating_add(1);
            }
            writer.push(")");
        }
    }

    /// Rows come out of the arrays in their order, and go in as they come.
    fn write_arrays(&self, writer: &mut Writer, batch: &Batch) {
        writer.push(") SELECT * FROM unnest(");
        for (position, (column, data)) in self.columns.iter().zip(&batch.columns).enumerate() {
            writer.push(if position > 0 { ", CAST(" } else { "CAST(" });
            let number = u32::try_from(position).unwrap_or(u32::MAX);
            writer.placeholder(&Source::Parameter(number), Some(column.ty.kind), NodeId::MAX, None);
            writer.push(" AS ");
            writer.push(item_type(&data.values, column.ty.kind).unwrap_or("text"));
            writer.push("[])");
        }
        writer.push(")");
    }
}

/// The type of a column's items where they go as an array: each assigns to the column's type as a single value would.
fn item_type(values: &Vector, kind: TypeKind) -> Option<&'static str> {
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

fn columns<'a>(entry: &'a Entry, names: &[String]) -> Result<Vec<&'a Column>> {
    let mut seen = std::collections::HashSet::new();
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let column = column(entry, name)?;
        if column.computed.is_some() || !seen.insert(name) {
            return Err(Error::invalid(format!("the column {name:?} is computed or written twice")));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn column<'a>(entry: &'a Entry, name: &str) -> Result<&'a Column> {
    let missing = || Error::NoSuchColumn { table: Some(entry.table.name.clone()), column: name.to_owned() };
    entry.column(name).ok_or_else(missing)
}
