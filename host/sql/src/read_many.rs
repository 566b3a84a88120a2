//! Rows of a table that some columns find: by the keys of a batch, however many there are.
//!
//! A batch has a row for each key. Rows that are found by several keys come once.

use crate::{
    Batch, Catalog, Compiled, Dialect, Error, Operation, Result, Summary,
    catalog::OrderKey,
    compile::{Kind, finish, too_long, within_parameters},
    compiled::Source,
    insert_many::{Planned, are_arrays, arrays, column, fit, outputs},
    plan::Target as Table,
    portions::{Layout, Shape, Target},
    render::Writer,
    schema::Column,
    statement::NodeId,
};

/// A table by its schema and name.
pub(crate) type Name = (Option<String>, String);

/// Rows to read. All names are those of declared tables.
#[derive(Clone, Debug)]
pub(crate) struct ReadMany {
    pub(crate) table: Name,
    /// The columns that find rows: the table's own, or those of the table between.
    pub(crate) by: Vec<String>,
    pub(crate) between: Option<Between>,
    /// The order; the primary key comes after it.
    pub(crate) order_by: Vec<OrderKey>,
}

/// A table whose rows say which rows belong together; its columns `by` come first in what is read.
#[derive(Clone, Debug)]
pub(crate) struct Between {
    pub(crate) table: Name,
    /// Its columns, and those of the table that is read which they refer to.
    pub(crate) on: Vec<(String, String)>,
}

impl Target for ReadMany {
    fn check(&self, batch: &Batch, catalog: &Catalog, dialect: Dialect) -> Result<Layout> {
        let checked = Checked::new(self, catalog)?;
        fit(&checked.by, batch)?;
        let as_arrays = dialect.capabilities().arrays && are_arrays(&checked.by, batch);
        Ok(if as_arrays { Layout::Columns } else { Layout::Slots })
    }

    fn width(&self, _: &Catalog, _: Layout) -> usize {
        self.by.len()
    }

    fn most_found(&self) -> usize {
        Self::KEYS
    }

    /// One of ten sizes, so that few texts come again and again.
    fn written(&self, rows: usize) -> usize {
        rows.next_power_of_two()
    }

    fn compile(&self, shape: &Shape<'_>) -> Result<Compiled> {
        let checked = Checked::new(self, shape.catalog)?;
        let Shape { dialect, limits, written, layout, .. } = *shape;
        let mut writer = Writer::new(dialect, limits.statement_bytes);
        checked.write(&mut writer, shape);
        let rendered = writer.finish().ok_or_else(|| too_long(limits))?;
        within_parameters(rendered.slots.len(), dialect, limits)?;
        let rows = if layout == Layout::Columns { 1 } else { written };
        let parameters = u32::try_from(checked.by.len().saturating_mul(rows)).unwrap_or(u32::MAX);
        let outputs = outputs(&checked.outputs());
        let own = shape.catalog.entry(self.table.0.as_deref(), &self.table.1);
        let clock = own.is_none_or(|entry| entry.table.is_view);
        let between = self.between.as_ref().and_then(|at| shape.catalog.entry(at.table.0.as_deref(), &at.table.1));
        let summary = Summary::new(Operation::Select, &own.into_iter().chain(between).collect());
        finish(rendered, outputs, dialect, limits, Kind { parameters, writes: false, locks: false, clock, summary })
    }
}

impl ReadMany {
    /// How many keys one statement has where they are written out.
    pub(crate) const KEYS: usize = 512;

    /// The columns that find rows.
    pub(crate) fn finders<'a>(&self, catalog: &'a Catalog) -> Result<Vec<&'a Column>> {
        let (schema, name) = self.between.as_ref().map_or(&self.table, |between| &between.table);
        let finder = catalog.entry(schema.as_deref(), name).ok_or_else(|| Error::NoSuchTable(name.clone()))?;
        self.by.iter().map(|name| column(finder, name)).collect()
    }
}

/// What is read, by columns that are there.
struct Checked<'a> {
    read: &'a ReadMany,
    by: Vec<&'a Column>,
    columns: Vec<&'a Column>,
    primary_key: &'a [String],
}

impl<'a> Checked<'a> {
    fn new(read: &'a ReadMany, catalog: &'a Catalog) -> Result<Self> {
        let (schema, name) = &read.table;
        let entry = catalog.entry(schema.as_deref(), name).ok_or_else(|| Error::NoSuchTable(name.clone()))?;
        let by = read.finders(catalog)?;
        Ok(Self { read, by, columns: entry.table.columns.iter().collect(), primary_key: &entry.table.primary_key })
    }

    fn outputs(&self) -> Vec<&'a Column> {
        let before: &[&Column] = if self.read.between.is_some() { &self.by } else { &[] };
        before.iter().chain(&self.columns).copied().collect()
    }

    /// The name of the table that has the columns which find rows. One between has a name of its own where it would have
    /// that of the table which it leads to, in another schema.
    fn finder(&self) -> &str {
        let own = self.read.table.1.as_str();
        match &self.read.between {
            None => own,
            Some(between) if between.table.1 != own => &between.table.1,
            Some(_) if own == "pair" => "pairs",
            Some(_) => "pair",
        }
    }

    fn write(&self, writer: &mut Writer, shape: &Shape<'_>) {
        let target = |name: &'a Name| Table { schema: name.0.as_deref(), name: &name.1 };
        let own = self.read.table.1.as_str();
        writer.push("SELECT ");
        let before: &[&Column] = if self.read.between.is_some() { &self.by } else { &[] };
        let named = before.iter().map(|column| (self.finder(), column)).chain(self.columns.iter().map(|at| (own, at)));
        for (position, (table, column)) in named.enumerate() {
            writer.push(if position > 0 { ", " } else { "" });
            writer.qualified(Some(table), &column.name);
        }
        writer.push(" FROM ");
        if let Some(between) = &self.read.between {
            writer.target(target(&between.table));
            if self.finder() != between.table.1 {
                writer.push(" AS ");
                writer.name(self.finder());
            }
            writer.push(" JOIN ");
            writer.target(target(&self.read.table));
            for (position, (near, far)) in between.on.iter().enumerate() {
                writer.push(if position > 0 { " AND " } else { " ON " });
                writer.qualified(Some(self.finder()), near);
                if let Some(column) = self.columns.iter().find(|column| column.name == *far) {
                    writer.collation(column);
                }
                writer.push(" = ");
                writer.qualified(Some(own), far);
            }
        } else {
            writer.target(target(&self.read.table));
        }
        self.condition(writer, shape);
        // Owner by owner, and each one's rows in their order: as the index of a foreign key has them.
        let owners = self.by.iter().map(|column| (self.finder(), *column, false));
        let named = |name: &String| self.columns.iter().find(|column| column.name == *name).copied();
        let keys = self.read.order_by.iter().map(|key| (&key.column, key.descending));
        let keys = keys.chain(self.primary_key.iter().map(|name| (name, false)));
        let order = keys.filter_map(|(name, descending)| Some((own, named(name)?, descending)));
        let mut seen = Vec::new();
        for (table, column, descending) in owners.chain(order) {
            if seen.contains(&(table, &column.name)) {
                continue;
            }
            let position = seen.len();
            seen.push((table, &column.name));
            writer.push(if position > 0 { ", " } else { " ORDER BY " });
            writer.qualified(Some(table), &column.name);
            writer.collation(column);
            writer.push(if descending { " DESC" } else { "" });
        }
    }

    fn condition(&self, writer: &mut Writer, shape: &Shape<'_>) {
        let is_row = self.by.len() > 1;
        writer.push(if is_row { " WHERE (" } else { " WHERE " });
        for (position, column) in self.by.iter().enumerate() {
            writer.push(if position > 0 { ", " } else { "" });
            writer.qualified(Some(self.finder()), &column.name);
            writer.collation(column);
        }
        writer.push(if is_row { ") IN (" } else { " IN (" });
        if shape.layout == Layout::Columns {
            writer.push("SELECT * FROM ");
            arrays(writer, &self.by, shape.batch, Planned::ByLength);
        } else {
            // SQLite compares rows with the rows of a query only.
            writer.push(if is_row && shape.dialect == Dialect::Sqlite { "VALUES " } else { "" });
            let mut number = 0_u32;
            for row in 0..shape.written {
                writer.push(if row > 0 { ", " } else { "" });
                writer.push(if is_row { "(" } else { "" });
                for (position, column) in self.by.iter().enumerate() {
                    writer.push(if position > 0 { ", " } else { "" });
                    writer.placeholder(&Source::Parameter(number), Some(column.ty.kind), NodeId::MAX, None);
                    number = number.saturating_add(1);
                }
                writer.push(if is_row { ")" } else { "" });
            }
        }
        writer.push(")");
    }
}
