//! Rows that are still to come.

use std::marker::PhantomData;

use futures::stream::{self, Stream};

use super::Answer;
use crate::{
    Result,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Cursor, ResultColumn},
    },
    row::{self, FromRow},
};

/// Rows of a later batch, where nobody said how many.
const BATCH_ROWS: u32 = 1024;
/// Bytes of a later batch; a guest's memory never shrinks, so more would only be kept.
const BATCH_BYTES: u32 = 256 * 1024;

/// The rows of a query, batch by batch. Dropping it stops the query and frees the connection for the next call.
pub struct Rows<T> {
    columns: Vec<ResultColumn>,
    first: Option<Batch>,
    rest: Option<Cursor>,
    batch_rows: u32,
    of: PhantomData<fn() -> T>,
}

impl<T: FromRow> Rows<T> {
    pub(crate) fn new(answer: Answer, batch_rows: u32) -> Self {
        let Answer { columns, first, rest, affected: _ } = answer;
        let batch_rows = if batch_rows == 0 { BATCH_ROWS } else { batch_rows };
        Self { columns, first: Some(first), rest, batch_rows, of: PhantomData }
    }

    /// The names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The next rows, at least one; nothing at the end.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<T>>> {
        while let Some(batch) = self.fetch().await? {
            if batch.rows > 0 {
                return row::decode(&self.columns, batch).map(Some);
            }
        }
        Ok(None)
    }

    async fn fetch(&mut self) -> Result<Option<Batch>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some(cursor) = &self.rest else { return Ok(None) };
        let batch = cursor.next_batch(self.batch_rows, BATCH_BYTES).await?;
        if batch.is_none() {
            self.rest = None;
        }
        Ok(batch)
    }

    /// All rows that are left.
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut rows = self.next_batch().await?.unwrap_or_default();
        while let Some(batch) = self.next_batch().await? {
            rows.extend(batch);
        }
        Ok(rows)
    }

    /// The rows one by one, as a stream for the combinators of `futures`.
    pub fn into_stream(self) -> impl Stream<Item = Result<T>> {
        let start = (self, Vec::new().into_iter());
        stream::try_unfold(start, async |(mut rows, mut batch): (Self, std::vec::IntoIter<T>)| {
            loop {
                if let Some(row) = batch.next() {
                    return Ok(Some((row, (rows, batch))));
                }
                match rows.next_batch().await? {
                    Some(next) => batch = next.into_iter(),
                    None => return Ok(None),
                }
            }
        })
    }
}
