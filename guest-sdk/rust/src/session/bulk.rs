//! Bulk statements, which bypass the unit of work.

use std::marker::PhantomData;

use rustc_hash::FxHashSet;

use super::Session;
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData},
        sessions::{Change, Updates},
    },
    entity::mapper,
    expression::Lowered,
    mapping::{batch_of_keys, keys_of},
    model::{Column, IntoKey, Model, Record, unset::left_out_key},
    statement::{ChangedTable, ColumnList, Command, Insert, insert},
    value::{Field, Value},
};

/// Returns the greatest number of rows in one upsert statement.
///
/// # Errors
/// An error of the statement or of the rows, before anything is sent.
pub(super) fn upsert_rows<M: Model>(
    parameters: usize,
    rows: &[M],
    conflict: &impl Fn(Insert<M>) -> Insert<M>,
) -> Result<usize> {
    let Some(first) = rows.first() else { return Ok(1) };
    let left_out = left_out_key(rows)?;
    let one = || insert::<M>().values(std::slice::from_ref(first));
    let Lowered { parameters: of_row, .. } = one().lower()?.statement()?;
    let Lowered { parameters: of_one, .. } = conflict(one()).lower()?.statement()?;
    let width = M::COLUMNS.len() - usize::from(left_out.is_some());
    // The values of the conflict clause occur once, not for each row.
    let others = of_one.len().saturating_sub(of_row.len());
    Ok((parameters.saturating_sub(others) / width.max(1)).max(1))
}

/// New values of some columns for rows of these primary keys: see [`bulk_update`].
pub struct BulkUpdate<M> {
    keys: Vec<Vec<Value>>,
    columns: Vec<(&'static str, ColumnData)>,
    wrong: Option<Error>,
    of: PhantomData<fn() -> M>,
}

/// Creates an argument of [`Session::update_columns`]: new values of some columns, a list for each column, for rows of these
/// primary keys (tuples for several columns).
pub fn bulk_update<M: Record>(keys: impl IntoIterator<Item: IntoKey>) -> BulkUpdate<M> {
    let keys: Vec<Vec<Value>> = keys.into_iter().map(IntoKey::into_key).collect();
    let wrong = keys.iter().find(|key| key.len() != M::KEY.len()).map(|key| {
        let (wanted, got) = (M::KEY.len(), key.len());
        Error::invalid(format!("a key of {:?} has {wanted} columns, not {got}", M::TABLE))
    });
    BulkUpdate { keys, columns: Vec::new(), wrong, of: PhantomData }
}

impl<M: Record> BulkUpdate<M> {
    /// Sets the new values of a column, one for each key in the same order. The values of the model's version column are the
    /// versions that the rows must have, and count up.
    pub fn set<T: Field>(mut self, column: Column<M, T>, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<T> = values.into_iter().collect();
        if let Err(misfit) = T::check(values.iter(), column.name()) {
            self.wrong.get_or_insert(misfit);
        }
        if values.len() != self.keys.len() {
            let (keys, got, name) = (self.keys.len(), values.len(), column.name());
            self.wrong.get_or_insert_with(|| Error::invalid(format!("{keys} rows get {got} values of {name:?}")));
        }
        self.columns.push((column.name(), T::encode(&mut values.iter())));
        self
    }

    /// Encodes the update for the contract.
    fn updates(self) -> Result<Updates> {
        let Self { keys: rows, columns: mut set, wrong, of: _ } = self;
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        let count = u32::try_from(rows.len()).map_err(|_| Error::invalid("more than 2^32 rows in one call"))?;
        let batch = |columns: Vec<ColumnData>| Batch { rows: count, columns };
        let version = M::VERSION.and_then(|at| M::COLUMNS.get(at));
        let versions = match version {
            None => None,
            Some(name) => {
                let at = set.iter().position(|(column, _)| column == name).ok_or_else(|| {
                    Error::invalid(format!(
                        "rows of {:?} have versions: set {name:?} to those that they must have",
                        M::TABLE
                    ))
                })?;
                Some(batch(vec![set.remove(at).1]))
            }
        };
        if set.is_empty() {
            return Err(Error::invalid("an update sets nothing: say what with `set`"));
        }
        let (names, values): (Vec<_>, Vec<_>) = set.into_iter().unzip();
        Ok(Updates {
            table: M::TABLE.to_owned(),
            keys: batch_of_keys(&rows)?,
            versions,
            columns: names.into_iter().map(str::to_owned).collect(),
            rows: batch(values),
            stored: None,
            links: Vec::new(),
            returning: Vec::new(),
        })
    }
}

/// Refuses duplicate keys: the database would choose which of two values the row gets.
fn check_keys(updates: &Updates) -> Result<()> {
    let columns: Vec<&ColumnData> = updates.keys.columns.iter().collect();
    let keys = keys_of(&columns, updates.keys.rows as usize).map_err(|_| Error::invalid("a key that is no value"))?;
    let mut seen = FxHashSet::default();
    if keys.iter().flatten().all(|key| seen.insert(key)) {
        return Ok(());
    }
    Err(Error::invalid(format!("two rows of {:?} have the same primary key", updates.table)))
}

impl Session {
    /// Updates columns of rows by their primary keys, in one crossing and few statements, all or none; returns how many. It
    /// compares nothing, fires no events and has no cascades: it is the fast way where the unit of work is not needed. Objects of
    /// these rows are synchronized, as they are by statements. If columns of a unique key change, the rows are read first, so that
    /// a row can take a value that another one frees, and rows can swap values.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model, Clone)] struct Item { #[model(primary_key)] id: i64, price: i64, stock: i64 }
    /// # async fn example(session: &Session, items: Vec<Item>) -> Result<(), Error> {
    /// session.update_many(&items, (Item::PRICE, Item::STOCK)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::StaleData`] where a row does not exist, or has another version than the model's version column; [`Error::Invalid`]
    /// for two rows with the same key.
    pub async fn update_many<M: Record>(&self, rows: &[M], columns: impl ColumnList<M>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let mapper = mapper::<M>();
        let names = columns.names();
        let position = |name: &&str| M::COLUMNS.iter().position(|column| column == name);
        let set: Vec<usize> = names.iter().filter_map(position).collect();
        let rows: Vec<&M> = rows.iter().collect();
        let count = u32::try_from(rows.len()).map_err(|_| Error::invalid("more than 2^32 rows in one call"))?;
        let batch = |columns: &[usize]| -> Result<Batch> {
            let columns = columns.iter().map(|&column| M::encode_column(&rows, column)).collect::<Result<_>>()?;
            Ok(Batch { rows: count, columns })
        };
        let updates = Updates {
            table: mapper.table.to_owned(),
            keys: batch(&mapper.key)?,
            versions: M::VERSION.map(|version| batch(&[version])).transpose()?,
            columns: set.iter().map(|&column| M::COLUMNS[column].to_owned()).collect(),
            rows: batch(&set)?,
            links: Vec::new(),
            returning: Vec::new(),
            stored: None,
        };
        self.update_rows::<M>(updates).await?;
        Ok(count.into())
    }

    /// Like `update_many`, from columns instead of whole rows: it needs only the primary keys and the new values. Returns how many
    /// rows were updated.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model, Clone)] struct Item { #[model(primary_key)] id: i64, price: i64, note: Option<String> }
    /// # async fn example(session: &Session, ids: Vec<i64>, prices: Vec<i64>) -> Result<(), Error> {
    /// session.update_columns(bulk_update::<Item>(ids).set(Item::PRICE, prices)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::StaleData`] where a row does not exist, or has another version than is given; [`Error::Invalid`] where there are
    /// not as many values as keys, or where rows have versions and none are given.
    pub async fn update_columns<M: Record>(&self, update: BulkUpdate<M>) -> Result<u64> {
        let updates = update.updates()?;
        let count = updates.keys.rows;
        if count > 0 {
            self.update_rows::<M>(updates).await?;
        }
        Ok(count.into())
    }

    async fn update_rows<M: Record>(&self, mut updates: Updates) -> Result<()> {
        check_keys(&updates)?;
        self.ready().await?;
        updates.stored = self.read_uniques(mapper::<M>(), &updates.keys, &updates.columns).await?;
        self.unit().has_written.set(true);
        let following = self.expire_changed(Some(&ChangedTable::of(mapper::<M>())));
        self.contract().flush(vec![Change::Updates(updates)]).await?;
        self.synchronize(following).await
    }
}
