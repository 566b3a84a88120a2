//! The parts of statements for many rows: columns by name, and values of a batch.

use std::borrow::Cow;

use super::{Checker, query::shape, scope::no_column};
use crate::{
    Result,
    catalog::Entry,
    compiled::{Output, ValueSource},
    resolved::{self, Bind, Body, Expr, FromItem, Order, Query, Select, Type, Typed},
    schema::Column,
    statement::NodeId,
};

impl<'a> Checker<'a> {
    /// A declared or reflected table that is read.
    pub(crate) fn source_entry(&mut self, schema: Option<&str>, name: &str) -> Result<&'a Entry> {
        let entry = self.entry(schema, name)?;
        self.clock |= entry.table.is_view;
        Ok(entry)
    }

    /// A column of a source.
    pub(crate) fn column_of(table: Option<&'a str>, column: &'a Column) -> Typed<'a> {
        let expr = Expr::Column { table, name: &column.name };
        Typed { nullable: Some(column.nullable), ..Typed::new(expr, Type::Declared(&column.ty)) }
    }

    /// A column that is returned.
    pub(crate) fn returned(table: Option<&'a str>, column: &'a Column) -> resolved::Column<'a> {
        resolved::Column { value: Self::column_of(table, column), name: Cow::Borrowed(&column.name) }
    }

    /// The parameter of this number, assigned to a column. `check_bounds` has checked the batch's values against the column.
    pub(crate) fn parameter(number: usize, column: &'a Column) -> Typed<'a> {
        let source = ValueSource::Parameter(u32::try_from(number).unwrap_or(u32::MAX));
        let kind = Some(column.ty.kind);
        let bind = Bind { source, kind, node: NodeId::MAX, bounds: None, alone: false };
        Typed::new(Expr::Bind(bind), Type::Declared(&column.ty))
    }
}

/// A select of some rows of a source.
pub(crate) fn select<'a>(
    columns: Vec<resolved::Column<'a>>,
    source: FromItem<'a>,
    filter: Typed<'a>,
    order_by: Vec<Order<'a>>,
) -> Query<'a> {
    let shape = shape(&columns);
    let select = Select {
        columns,
        distinct: false,
        is_compared: false,
        source: Some(source),
        filter: Some(filter),
        group_by: Vec::new(),
        having: None,
    };
    let body = Body::Select(Box::new(select));
    Query { order_by, ..Query::new(body, shape) }
}

/// A column of a table that is read.
pub(crate) fn column<'a>(entry: &'a Entry, name: &str) -> Result<&'a Column> {
    entry.readable(name).ok_or_else(|| no_column(Some(&entry.table.name), name))
}

/// The result columns of a statement that returns these columns.
pub(crate) fn outputs_of(columns: &[&Column]) -> Vec<Output> {
    let output = |column: &&Column| Output {
        name: column.name.clone(),
        ty: Some(column.ty.clone()),
        nullable: Some(column.nullable),
    };
    columns.iter().map(output).collect()
}
