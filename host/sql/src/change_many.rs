//! Many rows of a table, each found by its primary key: changed, removed, or read again.
//!
//! A batch has the columns to set, then the primary key, then the version that a row must have where there is one.

use crate::{
    Batch, Catalog, Compiled, Dialect, Error, Operation, Result, Summary,
    catalog::Entry,
    compile::{Kind, finish, too_long, within_parameters},
    compiled::{Output, Source},
    insert_many::{Planned, are_arrays, arrays, column, columns, fit, outputs, writable},
    plan::Target as Table,
    portions::{Layout, Shape, Target},
    quote,
    render::Writer,
    schema::{Column, DefaultValue, ForeignKey, TypeKind},
    statement::NodeId,
};

/// What is done with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Update,
    Delete,
    /// Reads columns, after the position of the row among those that were asked for.
    Read,
}

/// Rows of a table, by their primary keys. All names are guest-controlled.
#[derive(Clone, Debug)]
pub(crate) struct ChangeMany {
    pub(crate) verb: Verb,
    pub(crate) schema: Option<String>,
    pub(crate) table: String,
    /// The columns to set.
    pub(crate) columns: Vec<String>,
    /// Whether rows must have a version, which an update counts up.
    pub(crate) is_versioned: bool,
    /// The columns to return.
    pub(crate) returning: Vec<String>,
}

impl ChangeMany {
    /// Whether its rows come back with their position before them, as they come in any order.
    pub(crate) fn is_numbered(&self, layout: Layout) -> bool {
        self.verb == Verb::Read || (layout == Layout::Columns && !self.returning.is_empty())
    }
}

impl Target for ChangeMany {
    fn check(&self, batch: &Batch, catalog: &Catalog, dialect: Dialect) -> Result<Layout> {
        let checked = Checked::new(self, catalog)?;
        fit(checked.set(), batch)?;
        let can = dialect.capabilities();
        Ok(match self.verb {
            Verb::Read => Layout::Slots,
            _ if can.embedded => Layout::Row,
            _ if can.arrays && are_arrays(&checked.all, batch) => Layout::Columns,
            _ => Layout::Slots,
        })
    }

    fn width(&self, catalog: &Catalog, layout: Layout) -> usize {
        let key = catalog.table(self.schema.as_deref(), &self.table).map_or(0, |table| table.primary_key.len());
        let (set, found) = (self.columns.len(), key.saturating_add(usize::from(self.is_versioned)));
        match (layout, self.verb) {
            (Layout::Slots, Verb::Update) => set.saturating_mul(found + 1).saturating_add(found),
            (Layout::Slots, _) => found * 2,
            _ => set.saturating_add(found),
        }
    }

    fn compile(&self, shape: &Shape<'_>) -> Result<Compiled> {
        let checked = Checked::new(self, shape.catalog)?;
        let Shape { dialect, limits, written, layout, .. } = *shape;
        let mut writer = Writer::new(dialect, limits.statement_bytes);
        match layout {
            Layout::Columns => checked.write_columns(&mut writer, shape.batch),
            Layout::Slots => checked.write_slots(&mut writer, written),
            Layout::Row | Layout::Rows => checked.write_row(&mut writer),
        }
        let rendered = writer.finish().ok_or_else(|| too_long(limits))?;
        let count = checked.all.len().saturating_mul(written);
        within_parameters(rendered.slots.len(), dialect, limits)?;
        let position = self.is_numbered(layout).then(|| Output {
            name: NUMBER.to_owned(),
            ty: Some(TypeKind::Int64.into()),
            nullable: Some(false),
        });
        let outputs = position.into_iter().chain(outputs(&checked.returning)).collect();
        let parameters = u32::try_from(count).unwrap_or(u32::MAX);
        let operation = match self.verb {
            Verb::Update => Operation::Update,
            Verb::Delete => Operation::Delete,
            Verb::Read => Operation::Select,
        };
        let (writes, summary) =
            (self.verb != Verb::Read, Summary::new(operation, &[checked.entry].into_iter().collect()));
        let kind = Kind { parameters, writes, locks: false, clock: false, summary };
        finish(rendered, outputs, dialect, limits, kind)
    }
}

/// The name of a row's position among those that were given, where the table has none like it.
const NUMBER: &str = "n";

/// A target whose names are those of a table.
struct Checked<'a> {
    target: &'a ChangeMany,
    entry: &'a Entry,
    /// The columns of the table.
    columns: &'a [Column],
    /// The columns of the batch.
    all: Vec<&'a Column>,
    /// How many of them are set.
    set: usize,
    /// The columns that find a row, the version included.
    found: Vec<&'a Column>,
    version: Option<&'a str>,
    returning: Vec<&'a Column>,
    /// Columns that every update touches, and that this one does not set.
    touched: Vec<&'a Column>,
    /// Whether rows of the table refer to others of it.
    refers_to_itself: bool,
}

impl<'a> Checked<'a> {
    fn new(target: &'a ChangeMany, catalog: &'a Catalog) -> Result<Self> {
        let entry = writable(catalog, target.schema.as_deref(), &target.table)?;
        let table = &entry.table;
        if table.primary_key.is_empty() {
            return Err(Error::invalid(format!("{:?} has no primary key to find its rows by", table.name)));
        }
        let version = match (&table.version_column, target.is_versioned) {
            (_, false) => None,
            (Some(version), true) if !target.columns.contains(version) => Some(version.as_str()),
            (Some(version), true) => {
                return Err(Error::invalid(format!("the version {version:?} counts up by itself; do not set it")));
            }
            (None, true) => return Err(Error::invalid(format!("{:?} has no version column", table.name))),
        };
        let mut all = columns(entry, &target.columns)?;
        let bare = all.is_empty() && version.is_none();
        if target.verb == Verb::Update && bare {
            return Err(Error::invalid("an update sets columns"));
        }
        let set = all.len();
        let names = table.primary_key.iter().map(String::as_str).chain(version);
        let found = names.map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
        all.extend(&found);
        let returning = target.returning.iter().map(|name| column(entry, name)).collect::<Result<_>>()?;
        let touched = table.columns.iter().filter(|at| {
            let texts = matches!(at.on_update, DefaultValue::Now | DefaultValue::Expression(_));
            texts && !target.columns.contains(&at.name) && version != Some(at.name.as_str())
        });
        let touched = touched.collect();
        let to_itself = |key: &ForeignKey| key.table == table.name && key.schema == table.schema;
        let refers_to_itself = table.foreign_keys.iter().any(to_itself);
        let columns = &table.columns;
        Ok(Self { target, entry, columns, all, set, found, version, returning, touched, refers_to_itself })
    }

    /// The columns that are set.
    fn set(&self) -> &[&'a Column] {
        self.all.get(..self.set).unwrap_or_default()
    }

    fn table(&self, writer: &mut Writer) {
        writer.target(Table { schema: self.target.schema.as_deref(), name: &self.target.table });
    }

    /// Writes a column of the table with its table's name.
    fn own(&self, writer: &mut Writer, name: &str) {
        writer.qualified(Some(&self.target.table), name);
    }

    /// Writes the placeholder of a value of the batch.
    fn value(&self, writer: &mut Writer, row: usize, position: usize) {
        let kind = self.all.get(position).map(|column| column.ty.kind);
        let number = row.saturating_mul(self.all.len()).saturating_add(position);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        writer.placeholder(&Source::Parameter(number), kind, NodeId::MAX, None);
    }

    /// Writes what is set, each column by what the caller writes for its position.
    fn assignments(&self, writer: &mut Writer, value: impl Fn(&Self, &mut Writer, usize)) {
        let mut before = " SET ";
        let mut begin = |writer: &mut Writer, name: &str| {
            writer.push(std::mem::replace(&mut before, ", "));
            writer.name(name);
            writer.push(" = ");
        };
        // The key comes last: MySQL would look for the new one in the assignments after it.
        let is_key = |column: &Column| self.found.iter().any(|found| found.name == column.name);
        let set = || self.set().iter().enumerate();
        for (position, column) in set().filter(|(_, at)| !is_key(at)).chain(set().filter(|(_, at)| is_key(at))) {
            begin(writer, &column.name);
            writer.stored(column, |writer| value(self, writer, position));
        }
        if let Some(version) = self.version {
            begin(writer, version);
            self.own(writer, version);
            writer.push(" + 1");
        }
        for column in &self.touched {
            begin(writer, &column.name);
            let now = quote::now(column.ty.kind, writer.dialect());
            writer.stored(column, |writer| match &column.on_update {
                DefaultValue::Expression(text) => {
                    writer.push("(");
                    writer.push(text);
                    writer.push(")");
                }
                _ => writer.push(now),
            });
        }
    }

    /// Writes the condition that finds a row, each column by what the caller writes for its position in the batch.
    fn condition(&self, writer: &mut Writer, value: impl Fn(&Self, &mut Writer, usize)) {
        for (position, column) in self.found.iter().enumerate() {
            writer.push(if position > 0 { " AND " } else { "" });
            self.own(writer, &column.name);
            writer.collation(column);
            writer.push(" = ");
            value(self, writer, self.set + position);
        }
    }

    fn begin(&self, writer: &mut Writer) {
        writer.push(if self.target.verb == Verb::Update { "UPDATE " } else { "DELETE FROM " });
        self.table(writer);
    }

    /// One row's statement.
    fn write_row(&self, writer: &mut Writer) {
        let value = |this: &Self, writer: &mut Writer, position| this.value(writer, 0, position);
        self.begin(writer);
        if self.target.verb == Verb::Update {
            self.assignments(writer, value);
        }
        writer.push(" WHERE ");
        self.condition(writer, value);
        if !self.returning.is_empty() {
            writer.push(" RETURNING ");
            writer.names(&self.target.returning);
        }
    }

    /// All rows, joined as arrays.
    fn write_columns(&self, writer: &mut Writer, batch: &Batch) {
        let given = if self.target.table == "given" { "given_rows" } else { "given" };
        let before = self.unlike();
        let (name, number) = (|position: usize| format!("{before}c{position}"), format!("{before}{NUMBER}"));
        let value = |_: &Self, writer: &mut Writer, position: usize| {
            writer.qualified(Some(given), &name(position));
        };
        self.begin(writer);
        if self.target.verb == Verb::Update {
            self.assignments(writer, value);
            writer.push(" FROM ");
        } else {
            writer.push(" USING ");
        }
        arrays(writer, &self.all, batch, Planned::ByKey);
        writer.push(" WITH ORDINALITY AS ");
        writer.name(given);
        writer.push("(");
        for position in 0..self.all.len() {
            writer.name(&name(position));
            writer.push(", ");
        }
        writer.name(&number);
        writer.push(") WHERE ");
        self.condition(writer, value);
        if !self.returning.is_empty() {
            writer.push(" RETURNING ");
            writer.qualified(Some(given), &number);
            writer.push(" - 1");
            self.returned(writer);
        }
    }

    /// What makes names unlike those of the table's columns, which its own expressions use without the table.
    fn unlike(&self) -> String {
        let is_like = |name: &str, before: &str| {
            let rest = name.strip_prefix(before).unwrap_or_default();
            rest == NUMBER || rest.strip_prefix('c').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let is_free = |before: &String| !self.columns.iter().any(|column| is_like(&column.name, before));
        (0..=self.columns.len()).map(|count| "_".repeat(count)).find(is_free).unwrap_or_default()
    }

    fn returned(&self, writer: &mut Writer) {
        for column in &self.returning {
            writer.push(", ");
            self.own(writer, &column.name);
        }
    }

    /// All rows by their keys in a list, with what is set chosen by the key.
    fn write_slots(&self, writer: &mut Writer, rows: usize) {
        if self.target.verb == Verb::Read {
            writer.push("SELECT ");
            self.chosen(writer, rows, |_, writer, row| writer.push(&row.to_string()));
            writer.push(" END");
            self.returned(writer);
            writer.push(" FROM ");
            self.table(writer);
        } else {
            self.begin(writer);
        }
        if self.target.verb == Verb::Update {
            self.assignments(writer, |this, writer, position| {
                this.chosen(writer, rows, |this, writer, row| this.value(writer, row, position));
                writer.push(" ELSE ");
                if let Some(column) = this.all.get(position) {
                    this.own(writer, &column.name);
                }
                writer.push(" END");
            });
        }
        writer.push(" WHERE (");
        for (position, column) in self.found.iter().enumerate() {
            writer.push(if position > 0 { ", " } else { "" });
            self.own(writer, &column.name);
        }
        writer.push(") IN (");
        for row in 0..rows {
            writer.push(if row > 0 { ", (" } else { "(" });
            for position in 0..self.found.len() {
                writer.push(if position > 0 { ", " } else { "" });
                self.value(writer, row, self.set + position);
            }
            writer.push(")");
        }
        writer.push(")");
        // MySQL looks for rows that refer to a row when it removes that one, not when the statement ends.
        if self.target.verb == Verb::Delete && self.refers_to_itself && rows > 1 && writer.is_mysql() {
            writer.push(" ORDER BY ");
            self.chosen(writer, rows, |_, writer, row| writer.push(&row.to_string()));
            writer.push(" END");
        }
    }

    /// Writes a choice by the key of each row, up to its `ELSE`.
    fn chosen(&self, writer: &mut Writer, rows: usize, then: impl Fn(&Self, &mut Writer, usize)) {
        writer.push("CASE");
        for row in 0..rows {
            writer.push(" WHEN ");
            let value = |this: &Self, writer: &mut Writer, position| this.value(writer, row, position);
            self.condition(writer, value);
            writer.push(" THEN ");
            then(self, writer, row);
        }
    }
}
