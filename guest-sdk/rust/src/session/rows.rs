//! The rows of a result set, batch by batch.

use std::{marker::PhantomData, rc::Rc};

use futures::stream::{self, Stream};

use super::ResultSet;
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Cursor, ResultColumn},
    },
    error::ColumnReference,
    row::{self, FromRow},
};

/// Rows of a later batch, unless the caller sets a number.
const BATCH_ROWS: u32 = 1024;
/// Bytes of a later batch; a guest's memory never shrinks, so more would only be kept.
const BATCH_BYTES: u32 = 256 * 1024;

/// A statement's result set, and its columns: the result set's own, or those of the prepared statement.
#[doc(hidden)]
pub struct StatementResult {
    pub(crate) answer: ResultSet,
    pub(crate) columns: Rc<[ResultColumn]>,
}

impl StatementResult {
    pub(crate) fn new(mut answer: ResultSet) -> Self {
        let columns = std::mem::take(&mut answer.columns).into();
        Self { answer, columns }
    }
}

/// The rows of a query, batch by batch. Dropping it stops the query and frees the connection for the next call. PostgreSQL aborts
/// the transaction of a query with many unread rows: the next call returns [`Error::PendingRollback`]. Limit the query to avoid
/// this.
pub struct Rows<T> {
    columns: Rc<[ResultColumn]>,
    first: Option<Batch>,
    rest: Option<Cursor>,
    batch_rows: u32,
    /// The columns to read, in this order; `None` reads all in their own order.
    order: Option<Vec<usize>>,
    of: PhantomData<fn() -> T>,
}

impl<T: FromRow> Rows<T> {
    pub(crate) fn new(sent: StatementResult, batch_rows: u32) -> Self {
        let StatementResult { answer: ResultSet { first_batch: first, cursor: rest, .. }, columns } = sent;
        let batch_rows = if batch_rows == 0 { BATCH_ROWS } else { batch_rows };
        Self { columns, first: Some(first), rest, batch_rows, order: None, of: PhantomData }
    }

    /// Creates the rows of a raw SQL statement: a model finds its columns by their names, at any position.
    pub(crate) fn by_name(answer: ResultSet, batch_rows: u32) -> Result<Self> {
        let mut rows = Self::new(StatementResult::new(answer), batch_rows);
        let Some(names) = T::NAMES else { return Ok(rows) };
        let position = |name: &&str| {
            let missing = || Error::NoSuchColumn(ColumnReference { table: None, column: (*name).to_owned() });
            rows.columns.iter().position(|column| column.name == *name).ok_or_else(missing)
        };
        let order = names.iter().map(position).collect::<Result<Vec<_>>>()?;
        rows.columns = pick(rows.columns.to_vec(), &order).into();
        rows.order = Some(order);
        Ok(rows)
    }

    /// Returns the names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Returns the next rows, at least one; `None` at the end.
    pub async fn next_batch(&mut self) -> Result<Option<Vec<T>>> {
        while let Some(batch) = self.fetch().await? {
            if batch.rows > 0 {
                let batch = match &self.order {
                    Some(order) => Batch { rows: batch.rows, columns: pick(batch.columns, order) },
                    None => batch,
                };
                return row::decode(&self.columns, batch).map(Some);
            }
        }
        Ok(None)
    }

    /// Returns the next batch unchanged, with all of its columns.
    pub(crate) async fn next_raw(&mut self) -> Result<Option<Batch>> {
        self.fetch().await
    }

    /// Returns the columns' names and types.
    pub(crate) fn about(&self) -> &[ResultColumn] {
        &self.columns
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

    /// Returns the remaining rows.
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut rows = self.next_batch().await?.unwrap_or_default();
        while let Some(batch) = self.next_batch().await? {
            rows.extend(batch);
        }
        Ok(rows)
    }

    /// Returns the rows one by one, as a stream for the combinators of `futures`.
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

/// Returns some items of a list in another order. Missing items are left out, which the reader then reports.
fn pick<C>(items: Vec<C>, order: &[usize]) -> Vec<C> {
    let mut items: Vec<Option<C>> = items.into_iter().map(Some).collect();
    order.iter().filter_map(|&at| items.get_mut(at)?.take()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Model,
        schema::{TypeKind, column_type},
        value::Field,
    };

    #[derive(Model, Clone, Debug, PartialEq)]
    struct User {
        #[model(primary_key)]
        id: i64,
        name: String,
    }

    fn answer(names: &[&str]) -> ResultSet {
        let column =
            |name: &&str| ResultColumn { name: (*name).to_owned(), ty: column_type(TypeKind::Other), nullable: None };
        let columns = vec![
            Field::encode(&mut ["ed".to_owned()].iter()),
            Field::encode(&mut [true].iter()),
            Field::encode(&mut [7_i64].iter()),
        ];
        let first = Batch { rows: 1, columns };
        ResultSet {
            columns: names.iter().map(column).collect(),
            first_batch: first,
            cursor: None,
            affected: 0,
            last_key: None,
        }
    }

    #[test]
    fn a_model_finds_its_columns_by_their_names() {
        let rows = Rows::<User>::by_name(answer(&["name", "other", "id"]), 0).expect("they are there");
        let rows = futures::executor::block_on(rows.collect());
        assert_eq!(rows, Ok(vec![User { id: 7, name: "ed".to_owned() }]));
    }

    #[test]
    fn a_missing_column_is_named() {
        let missing = Rows::<User>::by_name(answer(&["name", "other", "key"]), 0).err();
        assert_eq!(missing.map(|error| error.to_string()).as_deref(), Some("there is no column \"id\""));
    }

    #[test]
    fn other_rows_are_read_in_order() {
        let rows = Rows::<(String, bool, i64)>::by_name(answer(&["a", "b", "c"]), 0).expect("by position");
        assert_eq!(futures::executor::block_on(rows.collect()), Ok(vec![("ed".to_owned(), true, 7)]));
    }
}
