//! Rows on their way out of SQLite, straight from its memory into columns.
//!
//! A cell that does not have its column's type, which SQLite allows, is handed on as what it is.

use sqlservice_sql::{
    Batch, Decimal,
    batch::{BatchBuilder, ColumnBuilder, ColumnCapacity},
    calendar, decimal,
    schema::TypeKind,
};
use uuid::Uuid;

use super::{
    handle::{Handle, value::Cell},
    types::RowLayout,
};
use crate::{Error, Result, error::DatabaseError, row_sink::FetchSize};

/// A batch that is being filled.
pub(super) struct Filling {
    batch: BatchBuilder,
    demand: FetchSize,
    /// Bytes of texts and blobs so far; the rest is small and the same for each row.
    bytes: usize,
    row_bytes: usize,
}

impl Filling {
    /// An empty batch.
    pub(super) fn new(layout: &RowLayout, demand: FetchSize) -> Self {
        // A point query should not pay for a thousand rows.
        let capacity = demand.rows.min(16);
        let batch = BatchBuilder::with_capacity(&layout.vectors, capacity);
        Self { batch, demand, bytes: 0, row_bytes: layout.kinds.len().saturating_mul(8) }
    }

    /// An empty batch that will be like one before it.
    pub(super) fn like(layout: &RowLayout, demand: FetchSize, room: &[ColumnCapacity]) -> Self {
        let batch = BatchBuilder::with_room(&layout.vectors, room);
        Self { batch, demand, bytes: 0, row_bytes: layout.kinds.len().saturating_mul(8) }
    }

    /// The room that it takes.
    pub(super) fn room(&self) -> Vec<ColumnCapacity> {
        self.batch.room()
    }

    /// Adds the current row.
    pub(super) fn push(&mut self, handle: &Handle, layout: &RowLayout) -> Result<()> {
        for (position, (column, kind)) in self.batch.columns().iter_mut().zip(&layout.kinds).enumerate() {
            let cell = handle.cell(position);
            if let Cell::Text(bytes) | Cell::Blob(bytes) = cell {
                self.bytes = self.bytes.saturating_add(bytes.len());
            }
            push(column, *kind, cell)?;
        }
        self.batch.end_row();
        Ok(())
    }

    /// Adds a row of a key that was made.
    pub(super) fn push_key(&mut self, key: i64, layout: &RowLayout) -> Result<()> {
        for (column, kind) in self.batch.columns().iter_mut().zip(&layout.kinds) {
            push(column, *kind, Cell::Integer(key))?;
        }
        self.batch.end_row();
        Ok(())
    }

    /// Whether the reader asked for no more.
    pub(super) fn is_full(&self) -> bool {
        let rows = self.batch.len();
        rows >= self.demand.rows || self.bytes.saturating_add(rows.saturating_mul(self.row_bytes)) >= self.demand.bytes
    }

    /// Whether it has no row.
    pub(super) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// The batch.
    pub(super) fn finish(self) -> Result<Batch> {
        Ok(self.batch.finish()?)
    }
}

/// Adds a cell to its column.
#[inline]
fn push(column: &mut ColumnBuilder, kind: TypeKind, cell: Cell<'_>) -> Result<()> {
    match (kind, cell) {
        (_, Cell::Null) => {
            column.push_null();
            return Ok(());
        }
        (TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64, Cell::Integer(value)) => column.push_i64(value),
        (TypeKind::Text | TypeKind::Varchar | TypeKind::Enumeration, Cell::Text(bytes)) => {
            column.push_str(utf8(bytes)?)
        }
        (TypeKind::Float32 | TypeKind::Float64, Cell::Real(value)) => column.push_f64(value),
        (TypeKind::Boolean, Cell::Integer(value @ (0 | 1))) => column.push_bool(value == 1),
        (_, Cell::Text(bytes)) => return push_text(column, kind, utf8(bytes)?),
        (_, cell) => return push_other(column, kind, cell),
    }?;
    Ok(())
}

/// Adds a text to a column whose type is written as text.
fn push_text(column: &mut ColumnBuilder, kind: TypeKind, text: &str) -> Result<()> {
    let done = match kind {
        TypeKind::Decimal if decimal::is_plain(text) => Some(column.push_decimal_str(text)),
        // As SQLite writes a float into a column of texts.
        TypeKind::Decimal => Decimal::parse(text).ok().map(|value| column.push_decimal_str(&value.to_string())),
        TypeKind::Json => Some(column.push_json_str(text)),
        TypeKind::Uuid => Uuid::try_parse(text).ok().map(|uuid| push_uuid(column, uuid)),
        TypeKind::Date => calendar::parse_date(text).map(|days| column.push_date(days)),
        TypeKind::Time => calendar::parse_time(text).map(|time| column.push_time(time)),
        TypeKind::Timestamp => calendar::parse_timestamp(text).map(|moment| column.push_timestamp(moment)),
        TypeKind::TimestampTz => calendar::parse_timestamp_tz(text).map(|moment| column.push_timestamp_tz(moment)),
        TypeKind::Interval => calendar::parse_interval(text).map(|interval| column.push_interval(interval)),
        _ => None,
    };
    match done {
        Some(done) => done?,
        None => column.push_str(text)?,
    }
    Ok(())
}

/// Adds what is no text to a column that would rather have something else.
fn push_other(column: &mut ColumnBuilder, kind: TypeKind, cell: Cell<'_>) -> Result<()> {
    match (kind, cell) {
        (TypeKind::Uint64, Cell::Integer(value)) if value >= 0 => column.push_u64(value.unsigned_abs()),
        (TypeKind::Float32 | TypeKind::Float64, Cell::Integer(value)) if exact(value).is_some() => {
            column.push_f64(exact(value).unwrap_or_default())
        }
        (TypeKind::Decimal, Cell::Integer(value)) => column.push_decimal_str(&value.to_string()),
        // Rust writes floats without an exponent and as short as they read back the same.
        (TypeKind::Decimal, Cell::Real(value)) if value.is_finite() => column.push_decimal_str(&value.to_string()),
        (TypeKind::Json, Cell::Integer(value)) => column.push_json_str(&value.to_string()),
        (TypeKind::Json, Cell::Real(value)) if value.is_finite() => column.push_json_str(&value.to_string()),
        (TypeKind::Uuid, Cell::Blob(bytes)) => match Uuid::from_slice(bytes) {
            Ok(uuid) => push_uuid(column, uuid),
            Err(_) => column.push_bytes(bytes),
        },
        (_, Cell::Integer(value)) => column.push_i64(value),
        (_, Cell::Real(value)) => column.push_f64(value),
        (_, Cell::Blob(bytes)) => column.push_bytes(bytes),
        (_, Cell::Text(bytes)) => column.push_str(utf8(bytes)?),
        (_, Cell::Null) => {
            column.push_null();
            Ok(())
        }
    }?;
    Ok(())
}

fn push_uuid(column: &mut ColumnBuilder, uuid: Uuid) -> sqlservice_sql::Result<()> {
    let (high, low) = uuid.as_u64_pair();
    column.push_uuid(high, low)
}

/// SQLite takes any bytes for a text.
fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        Error::Data(DatabaseError {
            sqlstate: Some("22021".into()),
            message: "a text in the database is not UTF-8; cast it to BLOB to read its bytes".into(),
            source: Some(Box::new(error)),
        })
    })
}

/// The float that is this integer, where there is one.
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= 1 << 53).then_some(value as f64)
}
