//! Reads rows of a table by the keys of a batch, however many there are.
//!
//! A batch has a row for each key. Repeated keys return a row once; a secondary table returns it once for each row of its own.

use super::{
    BatchShape, Layout,
    array::{are_arrays, arrays},
    check_bounds,
};
use crate::{
    Batch, Catalog, Error, Result,
    catalog::{Entry, OrderKey},
    check::{Checker, column, select},
    resolved::{BatchValues, Expr, FromItem, JoinEstimate, KeySet, Order, ResolvedStatement, Type, Typed},
    schema::Column,
    statement::JoinKind,
};

/// A table by its schema and name.
pub(crate) type TableName = (Option<String>, String);

/// Rows to read. All names are those of declared tables.
#[derive(Clone, Debug)]
pub(crate) struct ReadMany {
    pub(crate) table: TableName,
    /// The columns that find rows: the table's own, or those of the secondary table.
    pub(crate) by: Vec<String>,
    pub(crate) secondary: Option<SecondaryTable>,
    /// The order; the primary key is appended to it.
    pub(crate) order_by: Vec<OrderKey>,
}

/// An association table, whose rows link owners to rows; its columns `by` come first in the result set.
#[derive(Clone, Debug)]
pub(crate) struct SecondaryTable {
    pub(crate) table: TableName,
    /// Its columns, each with the column that it refers to in the table that is read.
    pub(crate) on: Vec<(String, String)>,
}

impl ReadMany {
    /// The most keys that one statement lists.
    pub(crate) const KEYS: usize = 512;

    /// Returns the columns that find rows.
    pub(crate) fn finders<'a>(&self, catalog: &'a Catalog) -> Result<Vec<&'a Column>> {
        let (schema, name) = self.finder_table();
        let finder = catalog.entry(schema.as_deref(), name).ok_or_else(|| Error::NoSuchTable(name.clone()))?;
        self.by.iter().map(|name| column(finder, name)).collect()
    }

    fn finder_table(&self) -> &TableName {
        self.secondary.as_ref().map_or(&self.table, |secondary| &secondary.table)
    }

    /// Returns the name of the table that has the columns which find rows. A secondary table gets an alias if it has the
    /// same name as the table that is read, in another schema.
    fn finder(&self) -> &str {
        let own = self.table.1.as_str();
        match &self.secondary {
            None => own,
            Some(secondary) if secondary.table.1 != own => &secondary.table.1,
            Some(_) if own == "pair" => "pairs",
            Some(_) => "pair",
        }
    }

    pub(super) fn check<'a>(&'a self, checker: &mut Checker<'a>, batch: &Batch) -> Result<Layout> {
        checker.source_entry(self.table.0.as_deref(), &self.table.1)?;
        let by = self.finders(checker.catalog)?;
        check_bounds(&by, batch)?;
        Ok(if checker.can.arrays && are_arrays(&by, batch) { Layout::Columns } else { Layout::Placeholders })
    }

    pub(super) fn resolve<'a>(
        &'a self,
        checker: &mut Checker<'a>,
        shape: BatchShape<'a>,
    ) -> Result<ResolvedStatement<'a>> {
        let (own, finder) = (self.table.1.as_str(), self.finder());
        let entry = checker.source_entry(self.table.0.as_deref(), own)?;
        let (finder_schema, finder_name) = self.finder_table();
        let finder_entry = checker.source_entry(finder_schema.as_deref(), finder_name)?;
        let by = self.by.iter().map(|name| column(finder_entry, name)).collect::<Result<Vec<_>>>()?;
        let before: &[&Column] = if self.secondary.is_some() { &by } else { &[] };
        let columns = before.iter().map(|column| Checker::returned(Some(finder), column));
        let all = entry.table.columns.iter().map(|at| column(entry, &at.name)).collect::<Result<Vec<_>>>()?;
        let columns = columns.chain(all.into_iter().map(|column| Checker::returned(Some(own), column))).collect();
        let order_by = self.order(finder, &by, entry)?;
        let filter = among(finder, by, shape);
        let source = self.source(checker, entry, finder_entry)?;
        Ok(ResolvedStatement::Select(select(columns, source, filter, order_by)))
    }

    fn source<'a>(&'a self, checker: &mut Checker<'a>, entry: &'a Entry, finder: &'a Entry) -> Result<FromItem<'a>> {
        let own_source = checker.read(entry, self.table.0.as_deref(), None)?;
        let Some(secondary) = &self.secondary else { return Ok(own_source) };
        let (own, name) = (self.table.1.as_str(), self.finder());
        let mut on = Vec::with_capacity(secondary.on.len());
        for (local, remote) in &secondary.on {
            let local = Checker::column_of(Some(name), column(finder, local)?);
            on.push([local, Checker::column_of(Some(own), column(entry, remote)?)]);
        }
        let left = checker.read(finder, secondary.table.0.as_deref(), (name != secondary.table.1).then_some(name))?;
        let on = Some(Box::new(Typed::boolean(Expr::Equal(on))));
        Ok(FromItem::Join { kind: JoinKind::Inner, left: Box::new(left), right: Box::new(own_source), on })
    }

    /// Orders rows by owner, and within one owner by `order_by`: the index of a foreign key has them in this order.
    fn order<'a>(&'a self, finder: &'a str, by: &[&'a Column], entry: &'a Entry) -> Result<Vec<Order<'a>>> {
        let own = self.table.1.as_str();
        let owners = by.iter().map(|column| (finder, *column, false));
        let keys = self.order_by.iter().map(|key| (&key.column, key.descending));
        let keys = keys.chain(entry.table.primary_key.iter().map(|name| (name, false)));
        let keys = keys.filter_map(|(name, descending)| Some((own, entry.column(name)?, descending)));
        let mut orders: Vec<Order<'a>> = Vec::new();
        let mut seen: Vec<(&str, &Column)> = Vec::new();
        for (table, column, descending) in owners.chain(keys) {
            if seen.iter().any(|(known, other)| *known == table && other.name == column.name) {
                continue;
            }
            seen.push((table, column));
            let value = Checker::column_of(Some(table), column);
            orders.push(Order { value, descending, nulls_first: None });
        }
        Ok(orders)
    }
}

/// Builds the condition that finds rows by the keys of the batch.
fn among<'a>(finder: &'a str, by: Vec<&'a Column>, shape: BatchShape<'_>) -> Typed<'a> {
    let mut columns: Vec<Typed<'a>> = by.iter().map(|column| Checker::column_of(Some(finder), column)).collect();
    let value = match columns.pop() {
        Some(only) if columns.is_empty() => only,
        last => {
            columns.extend(last);
            Typed::new(Expr::Row(columns), Type::Unknown)
        }
    };
    let keys = if shape.layout == Layout::Columns {
        KeySet::Arrays(arrays(&by, shape.batch, JoinEstimate::ByLength))
    } else {
        let width = by.len();
        KeySet::Values(BatchValues { columns: by, first: 0, width, rows: shape.written })
    };
    Typed::boolean(Expr::Among(Box::new(value), keys))
}
