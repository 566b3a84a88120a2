//! Reads a server's result set: how each column is decoded, and the columns that the row sink reports.

use std::sync::Arc;

use sqlservice_sql::{
    compiled::Output,
    schema::{ColumnType, TypeKind},
};

use super::{
    Execution,
    column_writer::{Column, reads_as},
    row_buffer::RowBuffer,
};
use crate::row_sink::RowSink;

/// How the values of a column are decoded.
pub(crate) trait WireForm: Sized {
    /// The driver's column.
    type Column: sqlx::Column;

    /// Returns the form of a column's type.
    fn of(column: &Self::Column) -> Self;

    /// The kind of the decoded values.
    fn kind(&self) -> TypeKind;

    /// The type that is reported for a column which no model declares.
    fn column_type(&self, column: &Self::Column) -> ColumnType;
}

/// A result set that is being read.
pub(crate) struct Reading<F> {
    pub forms: Vec<F>,
    pub columns: Arc<[Output]>,
    pub page: RowBuffer,
}

impl<F: WireForm> Reading<F> {
    /// Chooses how each column is decoded, and reports the columns to the row sink.
    pub(crate) fn begin(columns: &[F::Column], job: &Execution, sink: &mut RowSink) -> Self {
        let expected = job.expected.as_ref().filter(|expected| expected.len() == columns.len());
        let mut forms = Vec::with_capacity(columns.len());
        let mut results = Vec::with_capacity(columns.len());
        let mut writers = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let form = F::of(column);
            let (result, kind) = result_column(column, &form, expected.and_then(|expected| expected.get(at)));
            forms.push(form);
            results.push(result);
            writers.push(Column::new(kind));
        }
        // Columns equal to the compiler's share its allocation.
        let columns = match expected {
            Some(expected) if **expected == *results => Arc::clone(expected),
            _ => results.into(),
        };
        sink.columns(Arc::clone(&columns));
        Self { forms, columns, page: RowBuffer::new(writers, sink.demand()) }
    }

    /// The name of a column.
    pub(crate) fn name(&self, at: usize) -> &str {
        self.columns.get(at).map_or("", |column| column.name.as_str())
    }

    /// Reports a result set without rows.
    pub(crate) fn finish_empty(columns: &[F::Column], job: &Execution, sink: &mut RowSink) {
        if !columns.is_empty() {
            let mut reading = Self::begin(columns, job, sink);
            sink.finish(reading.page.take());
        }
    }
}

/// The column that is reported, and the kind in which its values are kept.
fn result_column<F: WireForm>(column: &F::Column, form: &F, expected: Option<&Output>) -> (Output, TypeKind) {
    let stored = form.kind();
    let declared = expected.and_then(|expected| expected.ty.as_ref());
    let (ty, kind) = match declared {
        Some(ty) if reads_as(stored, ty.kind) => (ty.clone(), ty.kind),
        _ => (form.column_type(column), stored),
    };
    let nullable = expected.and_then(|expected| expected.nullable);
    let name = expected.map_or_else(|| sqlx::Column::name(column).to_owned(), |expected| expected.name.clone());
    (Output { name, ty: Some(ty), nullable }, kind)
}
