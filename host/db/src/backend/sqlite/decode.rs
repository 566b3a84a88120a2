//! Decodes SQLite's rows, straight from its memory into the columns of a batch.
//!
//! SQLite allows a cell to have another type than its column. Such a cell keeps its own type.

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
    /// Bytes of texts and blobs so far; the other values are small and counted as `row_bytes` for each row.
    bytes: usize,
    row_bytes: usize,
}

impl Filling {
    /// Creates an empty batch.
    pub(super) fn new(layout: &RowLayout, demand: FetchSize) -> Self {
        // A point query should not allocate for a thousand rows.
        let capacity = demand.rows.min(16);
        let batch = BatchBuilder::with_capacity(&layout.vectors, capacity);
        Self { batch, demand, bytes: 0, row_bytes: layout.kinds.len().saturating_mul(8) }
    }

    /// Creates an empty batch with the capacity of the previous one.
    pub(super) fn like(layout: &RowLayout, demand: FetchSize, room: &[ColumnCapacity]) -> Self {
        let batch = BatchBuilder::with_room(&layout.vectors, room);
        Self { batch, demand, bytes: 0, row_bytes: layout.kinds.len().saturating_mul(8) }
    }

    /// The capacity that its columns use.
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

    /// Adds a row with the key that an insert generated.
    pub(super) fn push_key(&mut self, key: i64, layout: &RowLayout) -> Result<()> {
        for (column, kind) in self.batch.columns().iter_mut().zip(&layout.kinds) {
            push(column, *kind, Cell::Integer(key))?;
        }
        self.batch.end_row();
        Ok(())
    }

    /// Whether the batch has reached the reader's fetch size.
    pub(super) fn is_full(&self) -> bool {
        let rows = self.batch.len();
        rows >= self.demand.rows || self.bytes.saturating_add(rows.saturating_mul(self.row_bytes)) >= self.demand.bytes
    }

    /// Whether the batch has no rows.
    pub(super) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Returns the finished batch.
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

/// Adds a text to a column whose type SQLite stores as text.
fn push_text(column: &mut ColumnBuilder, kind: TypeKind, text: &str) -> Result<()> {
    let done = match kind {
        TypeKind::Decimal if decimal::is_plain(text) => Some(column.push_decimal_str(text)),
        // With an exponent, as SQLite writes a float into a text column.
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

/// Adds any other cell: converted to the column's type where that is exact, else with its own type.
fn push_other(column: &mut ColumnBuilder, kind: TypeKind, cell: Cell<'_>) -> Result<()> {
    match (kind, cell) {
        (TypeKind::Uint64, Cell::Integer(value)) if value >= 0 => column.push_u64(value.unsigned_abs()),
        (TypeKind::Float32 | TypeKind::Float64, Cell::Integer(value)) if exact(value).is_some() => {
            column.push_f64(exact(value).unwrap_or_default())
        }
        (TypeKind::Decimal, Cell::Integer(value)) => column.push_decimal_str(&value.to_string()),
        // Rust formats a float without an exponent, in the fewest digits that parse back to it.
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

/// Checks a text for UTF-8: SQLite accepts any bytes as a text.
fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        Error::Data(DatabaseError {
            sqlstate: Some("22021".into()),
            message: "a text in the database is not UTF-8; cast it to BLOB to read its bytes".into(),
            source: Some(Box::new(error)),
        })
    })
}

/// The integer as a float; none beyond 2⁵³, from where not every integer has a float.
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= 1 << 53).then_some(value as f64)
}
