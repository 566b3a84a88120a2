//! Many rows at once, past the unit of work.

use super::{
    Session,
    unit::{Changed, mapper},
};
use crate::{
    Error, Result,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Change, Updates},
    },
    entity::Record,
    statement::ColumnList,
};

impl Session {
    /// Updates columns of rows by their primary keys, in one crossing and as few statements as pay, all or none; returns how
    /// many. Nothing is compared, no event happens and nothing that is related follows: it is the fast way where the unit of
    /// work is not needed. Objects of these rows are kept in step, as they are by statements.
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
    /// [`Error::StaleData`] where a row is not there, or has another version than the model's version column says.
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
        self.ready().await?;
        self.unit().has_written.set(true);
        let following = self.unit().expire_changed(Some(&Changed::of(mapper)));
        self.contract().flush(vec![Change::Updates(updates)]).await?;
        self.unit().keep_in_step(following).await?;
        Ok(count.into())
    }
}
