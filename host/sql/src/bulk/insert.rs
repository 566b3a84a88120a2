//! Inserts many rows into one table.

use std::{borrow::Cow, sync::Arc};

use super::{
    BatchShape, Layout,
    array::{are_arrays, arrays},
    check_bounds, enforce_check,
};
use crate::{
    Batch, Catalog, Dialect, Error, Result,
    batch::{ColumnBuilder, VectorKind},
    catalog::Entry,
    check::{Checker, column, outputs_of, with_presets, writable},
    compiled::Output,
    policy::WriteKind,
    resolved::{BatchValues, InsertRows, JoinEstimate, ResolvedStatement, Target},
    schema::{Column, DefaultValue},
};

/// Rows to insert into some columns of a table. All names are guest-controlled.
#[derive(Clone, Debug)]
pub struct InsertMany {
    /// The table's schema, where it is not the default one.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The columns; each row has a value for all of them.
    pub columns: Vec<String>,
    /// The columns to return of each row, in the order of the rows.
    pub returning: Vec<String>,
}

/// The insert's names, resolved in the catalog.
struct ResolvedNames<'a> {
    target: Target<'a>,
    entry: &'a Entry,
    /// The columns that the rows set, followed by those that the host presets.
    columns: Vec<&'a Column>,
    /// The column that the text names with `DEFAULT` where the rows set no column.
    plain: &'a Column,
    returning: Vec<&'a Column>,
    /// Whether only the key that the database generates is returned. A key that the rows set does not count: the database may
    /// not report it.
    returns_made_key: bool,
}

impl InsertMany {
    pub(super) fn entry<'a>(&self, catalog: &'a Catalog) -> Option<&'a Entry> {
        catalog.entry(self.schema.as_deref(), &self.table)
    }

    /// Returns the number of columns of a row, including those that the host presets.
    pub(super) fn width(&self, catalog: &Catalog) -> usize {
        let presets = self.entry(catalog).and_then(|entry| entry.rules.as_ref()).map_or(0, |rules| rules.presets.len());
        self.columns.len().saturating_add(presets)
    }

    fn names<'a>(&'a self, checker: &mut Checker<'a>) -> Result<ResolvedNames<'a>> {
        let (target, entry) = checker.target(self.schema.as_deref(), &self.table)?;
        let mut columns = writable(entry, self.columns.iter().map(String::as_str), WriteKind::Insert)?;
        columns.extend(entry.rules.iter().flat_map(|rules| &rules.presets).map(|preset| &preset.column));
        checker.changeable(entry, WriteKind::Insert)?;
        checker.check_returning(entry, !self.returning.is_empty())?;
        let plain = entry.table.columns.iter().find(|column| column.computed.is_none());
        let plain = plain.ok_or_else(|| Error::invalid("an insert of many rows has columns"))?;
        let returning = self.returning.iter().map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
        let returns_made_key = matches!(returning.as_slice(), [only] if is_made(only, &self.columns));
        let advice = "this database returns nothing of inserts but the key that it makes; read the rows afterwards";
        let returns = returning.is_empty() || returns_made_key || checker.can.insert_returning;
        checker.require(returns, "insert-returning", advice)?;
        Ok(ResolvedNames { target, entry, columns, plain, returning, returns_made_key })
    }

    pub(super) fn check<'a>(&'a self, checker: &mut Checker<'a>, batch: &Batch) -> Result<Layout> {
        let names = self.names(checker)?;
        check_bounds(&names.columns, batch)?;
        Ok(match () {
            () if checker.can.embedded => Layout::Row,
            () if checker.can.arrays && !names.columns.is_empty() && are_arrays(&names.columns, batch) => {
                Layout::Columns
            }
            () => Layout::Rows,
        })
    }

    pub(super) fn enforce_check<'a>(
        &'a self,
        checker: &mut Checker<'a>,
        batch: &Batch,
        is_open: &dyn Fn(u32, usize) -> bool,
    ) -> Result<()> {
        let names = self.names(checker)?;
        let check = names.entry.rules.as_ref().and_then(|rules| rules.insert_check.as_deref());
        enforce_check(names.entry, check, &names.columns, batch, is_open)
    }

    pub(super) fn resolve<'a>(
        &'a self,
        checker: &mut Checker<'a>,
        shape: BatchShape<'a>,
    ) -> Result<ResolvedStatement<'a>> {
        let ResolvedNames { target, entry, columns, plain, returning, returns_made_key } = self.names(checker)?;
        // An embedded database reports the key row by row, while `RETURNING` would cost it a temporary table each time. A
        // database without `RETURNING` reports the first key of a statement.
        let is_told = returns_made_key && (shape.layout == Layout::Row || !checker.can.insert_returning);
        let width = columns.len();
        let all = || with_presets(&self.columns, entry);
        let (names, rows): (Cow<'a, [String]>, InsertRows<'a>) = match shape.layout {
            Layout::Row if columns.is_empty() => (Cow::default(), InsertRows::Defaults),
            _ if columns.is_empty() => (Cow::Owned(vec![plain.name.clone()]), InsertRows::Default(shape.written)),
            Layout::Columns => (all(), InsertRows::Arrays(arrays(&columns, shape.batch, JoinEstimate::ByLength))),
            Layout::Row | Layout::Rows | Layout::Placeholders => {
                let given = BatchValues { columns, first: 0, width, rows: shape.written };
                (all(), InsertRows::Batch(given))
            }
        };
        let returning = returning.into_iter().map(|column| checker.shown(None, entry, column));
        let returning = returning.collect::<Result<_>>()?;
        Ok(ResolvedStatement::Insert { target, columns: names, rows, conflict: None, returning, is_told })
    }
}

/// Returns the rows of an insert with the columns that the host presets.
pub(super) fn filled(entry: &Entry, batch: &Arc<Batch>) -> Result<Arc<Batch>> {
    let presets = entry.rules.iter().flat_map(|rules| &rules.presets);
    let mut filled = Arc::clone(batch);
    for preset in presets {
        let mut column = ColumnBuilder::new(VectorKind::Dynamic, batch.rows as usize);
        (0..batch.rows).try_for_each(|_| column.push_value(preset.value.clone()))?;
        Arc::make_mut(&mut filled).columns.push(column.finish());
    }
    Ok(filled)
}

/// Whether the database generates this key, where the rows set these columns.
pub(crate) fn is_made(column: &Column, given: &[String]) -> bool {
    matches!(column.default, DefaultValue::GeneratedKey) && !given.contains(&column.name)
}

/// Returns the output columns of an insert that returns these columns of a table. The names are guest-controlled.
///
/// # Errors
///
/// A table or column that does not exist.
pub fn returned(
    catalog: &Catalog,
    dialect: Dialect,
    schema: Option<&str>,
    table: &str,
    names: &[String],
) -> Result<Vec<Output>> {
    let (_, entry): (_, &Entry) = Checker::new(&[], catalog, dialect).target(schema, table)?;
    let columns = names.iter().map(|name| column(entry, name)).collect::<Result<Vec<_>>>()?;
    Ok(outputs_of(&columns))
}
