//! The builder of a batch: rows are added one by one, with one builder per column.

use super::{ColumnBuilder, ColumnCapacity, VectorKind, too_long};
use crate::{Result, batch::Batch};

/// Builds a batch with one builder per column.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    columns: Vec<ColumnBuilder>,
    rows: usize,
}

impl BatchBuilder {
    /// Creates a batch of no rows with columns of these kinds.
    #[must_use]
    pub fn with_capacity(kinds: &[VectorKind], capacity: usize) -> Self {
        Self { columns: kinds.iter().map(|kind| ColumnBuilder::new(*kind, capacity)).collect(), rows: 0 }
    }

    /// Creates a batch of no rows and reserves this room for its columns; further columns get none.
    #[must_use]
    pub fn with_room(kinds: &[VectorKind], room: &[ColumnCapacity]) -> Self {
        let room = room.iter().copied().chain(std::iter::repeat(ColumnCapacity::default()));
        Self {
            columns: kinds.iter().zip(room).map(|(kind, room)| ColumnBuilder::with_room(*kind, room)).collect(),
            rows: 0,
        }
    }

    /// Returns the room that the columns use.
    #[must_use]
    pub fn room(&self) -> Vec<ColumnCapacity> {
        self.columns.iter().map(ColumnBuilder::room).collect()
    }

    /// Returns the columns, to push one value to each.
    pub fn columns(&mut self) -> &mut [ColumnBuilder] {
        &mut self.columns
    }

    /// Returns the column at this position.
    pub fn column(&mut self, position: usize) -> Option<&mut ColumnBuilder> {
        self.columns.get_mut(position)
    }

    /// Ends a row: columns that got no value get a null.
    #[inline]
    pub fn end_row(&mut self) {
        self.rows += 1;
        for column in &mut self.columns {
            while column.len() < self.rows {
                column.push_null();
            }
        }
    }

    /// Returns the number of ended rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row has ended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns the size of the batch in bytes, as limits count it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(ColumnBuilder::bytes).sum()
    }

    /// Returns the batch.
    pub fn finish(self) -> Result<Batch> {
        let rows = u32::try_from(self.rows).map_err(|_| too_long())?;
        Ok(Batch { rows, columns: self.columns.into_iter().map(ColumnBuilder::finish).collect() })
    }
}
