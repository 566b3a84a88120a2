//! Many rows into one table.

use crate::{
    Batch, Catalog, Compiled, Dialect, Error, Fit, Operation, Result, Summary,
    catalog::Entry,
    compile::{Kind, finish, too_long, within_parameters},
    compiled::{Output, Source},
    plan::Target as Table,
    portions::{Layout, Shape, Target, item_type},
    render::Writer,
    schema::{Column, DefaultValue},
    statement::NodeId,
};

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

impl Target for InsertMany {
    fn check(&self, batch: &Batch, catalog: &Catalog, dialect: Dialect) -> Result<Layout> {
        let table = Checked::new(self, catalog, dialect)?;
        fit(&table.columns, batch)?;
        Ok(table.layout(batch, dialect))
    }

    fn width(&self, _: &Catalog, _: Layout) -> usize {
        self.columns.len()
    }

    fn compile(&self, shape: &Shape<'_>) -> Result<Compiled> {
        Checked::new(self, shape.catalog, shape.dialect)?.compile(shape)
    }
}

/// A target whose names are those of a table.
struct Checked<'a> {
    target: &'a InsertMany,
    entry: &'a Entry,
    columns: Vec<&'a Column>,
    /// The column whose default is named where no column is given: rows of nothing but defaults.
    plain: &'a Column,
    returning: Vec<&'a Column>,
}

impl<'a> Checked<'a> {
    fn new(target: &'a InsertMany, catalog: &'a Catalog, dialect: Dialect) -> Result<Self> {
        let entry = writable(catalog, target.schema.as_deref(), &target.table)?;
        let columns = columns(entry, &target.columns)?;
        let plain = entry.table.columns.iter().find(|column| column.computed.is_none());
        let plain = plain.ok_or_else(|| Error::invalid("an insert of many rows has columns"))?;
        let returning = target.returning.iter().map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
        let checked = Self { target, entry, columns, plain, returning };
        if !(checked.returning.is_empty() || dialect.capabilities().insert_returning || checked.returns_made_key()) {
            let message =
                "this database returns nothing of inserts but the key that it makes; read the rows afterwards";
            return Err(Error::Unsupported { capability: "insert-returning", message: message.to_owned() });
        }
        Ok(checked)
    }

    fn layout(&self, batch: &Batch, dialect: Dialect) -> Layout {
        let can = dialect.capabilities();
        match () {
            () if can.embedded => Layout::Row,
            () if can.arrays && !self.columns.is_empty() && are_arrays(&self.columns, batch) => Layout::Columns,
            () => Layout::Rows,
        }
    }

    fn compile(&self, shape: &Shape<'_>) -> Result<Compiled> {
        let Shape { dialect, limits, written, .. } = *shape;
        let count = self.columns.len().saturating_mul(written);
        within_parameters(count, dialect, limits)?;
        let mut writer = Writer::new(dialect, limits.statement_bytes);
        self.write(&mut writer, shape);
        let rendered = writer.finish().ok_or_else(|| too_long(limits))?;
        // It fits: the count of parameters has been looked at.
        let parameters = u32::try_from(count).unwrap_or(u32::MAX);
        let summary = Summary::new(Operation::Insert, &[self.entry].into_iter().collect());
        let kind = Kind { parameters, writes: true, locks: false, clock: false, summary };
        finish(rendered, outputs(&self.returning), dialect, limits, kind)
    }

    fn write(&self, writer: &mut Writer, shape: &Shape<'_>) {
        writer.push("INSERT INTO ");
        writer.target(Table { schema: self.target.schema.as_deref(), name: &self.target.table });
        if self.columns.is_empty() {
            self.write_defaults(writer, shape);
        } else {
            self.write_columns(writer, shape);
        }
        if !self.target.returning.is_empty() && !self.is_told(shape) {
            writer.push(" RETURNING ");
            writer.names(&self.target.returning);
        }
    }

    /// Rows of nothing but defaults.
    fn write_defaults(&self, writer: &mut Writer, shape: &Shape<'_>) {
        if shape.layout == Layout::Row {
            writer.push(" DEFAULT VALUES");
            return;
        }
        writer.push(" (");
        writer.name(&self.plain.name);
        writer.push(") VALUES (DEFAULT)");
        (1..shape.written).for_each(|_| writer.push(", (DEFAULT)"));
    }

    fn write_columns(&self, writer: &mut Writer, shape: &Shape<'_>) {
        writer.push(" (");
        writer.names(&self.target.columns);
        writer.push(")");
        if shape.layout == Layout::Columns {
            writer.push(" SELECT * FROM ");
            arrays(writer, &self.columns, shape.batch, Planned::ByLength);
        } else {
            self.write_rows(writer, shape.written);
        }
    }

    /// Whether only the key is returned that the database makes, and it tells that by itself: an embedded one row by row, where
    /// it would keep a table for what `RETURNING` returns, each time anew; one without `RETURNING` the first of a statement.
    fn is_told(&self, shape: &Shape<'_>) -> bool {
        let tells = shape.layout == Layout::Row || !shape.dialect.capabilities().insert_returning;
        tells && self.returns_made_key()
    }

    /// Whether nothing but the key is returned that the database makes. One that is given need not be what it counts rows by.
    fn returns_made_key(&self) -> bool {
        matches!(self.returning.as_slice(), [only] if is_made(only, &self.target.columns))
    }

    fn write_rows(&self, writer: &mut Writer, rows: usize) {
        writer.push(" VALUES ");
        let mut number = 0_u32;
        for row in 0..rows {
            writer.push(if row > 0 { ", (" } else { "(" });
            for (position, column) in self.columns.iter().enumerate() {
                writer.push(if position > 0 { ", " } else { "" });
                writer.stored(column, |writer| {
                    writer.placeholder(&Source::Parameter(number), Some(column.ty.kind), NodeId::MAX, None);
                });
                number = number.saturating_add(1);
            }
            writer.push(")");
        }
    }
}

/// Whether the database makes the value of a key, where these columns are given.
pub(crate) fn is_made(column: &Column, given: &[String]) -> bool {
    matches!(column.default, DefaultValue::GeneratedKey) && !given.contains(&column.name)
}

/// Whether the columns of a batch can go as arrays.
pub(crate) fn are_arrays(columns: &[&Column], batch: &Batch) -> bool {
    columns.iter().zip(&batch.columns).all(|(column, data)| item_type(&data.values, column.ty.kind).is_some())
}

/// How a server plans what is joined with the rows of arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planned {
    /// By how many there are: the whole table may be read to find them.
    ByLength,
    /// As for a few rows, whatever their number: each is looked up by its key. Nothing of a query's is known before it runs.
    ByKey,
}

/// Writes the columns of a batch as arrays that become rows again, in their order.
pub(crate) fn arrays(writer: &mut Writer, columns: &[&Column], batch: &Batch, planned: Planned) {
    let (open, close) = match planned {
        Planned::ByLength => ("CAST(", "[])"),
        Planned::ByKey => ("(SELECT CAST(", "[]))"),
    };
    writer.push("unnest(");
    for (position, (column, data)) in columns.iter().zip(&batch.columns).enumerate() {
        writer.push(if position > 0 { ", " } else { "" });
        writer.push(open);
        let number = u32::try_from(position).unwrap_or(u32::MAX);
        writer.placeholder(&Source::Parameter(number), Some(column.ty.kind), NodeId::MAX, None);
        writer.push(" AS ");
        writer.push(item_type(&data.values, column.ty.kind).unwrap_or("text"));
        writer.push(close);
    }
    writer.push(")");
}

/// Refuses values that their columns have no room for.
pub(crate) fn fit(columns: &[&Column], batch: &Batch) -> Result<()> {
    for (column, data) in columns.iter().zip(&batch.columns) {
        if let Some(fit) = Fit::of(column) {
            (0..batch.rows as usize).try_for_each(|row| fit.check(data.value_ref(row)))?;
        }
    }
    Ok(())
}

/// A table whose rows can be changed.
pub(crate) fn writable<'a>(catalog: &'a Catalog, schema: Option<&str>, table: &str) -> Result<&'a Entry> {
    let entry = catalog.entry(schema, table).ok_or_else(|| Error::NoSuchTable(table.to_owned()))?;
    if entry.table.is_view {
        return Err(Error::invalid(format!("{table:?} is a view, whose rows cannot be changed")));
    }
    Ok(entry)
}

/// What an insert returns of these columns of a table. The names are guest-controlled.
///
/// # Errors
///
/// A table or column that does not exist.
pub fn returned(catalog: &Catalog, schema: Option<&str>, table: &str, names: &[String]) -> Result<Vec<Output>> {
    let entry = writable(catalog, schema, table)?;
    let columns = names.iter().map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
    Ok(outputs(&columns))
}

/// What a statement returns of these columns.
pub(crate) fn outputs(columns: &[&Column]) -> Vec<Output> {
    let output = |column: &&Column| Output {
        name: column.name.clone(),
        ty: Some(column.ty.clone()),
        nullable: Some(column.nullable),
    };
    columns.iter().map(output).collect()
}

/// Columns that are written, each once.
pub(crate) fn columns<'a>(entry: &'a Entry, names: &[String]) -> Result<Vec<&'a Column>> {
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

/// A column of a table.
pub(crate) fn column<'a>(entry: &'a Entry, name: &str) -> Result<&'a Column> {
    let missing = || Error::NoSuchColumn { table: Some(entry.table.name.clone()), column: name.to_owned() };
    entry.column(name).ok_or_else(missing)
}
