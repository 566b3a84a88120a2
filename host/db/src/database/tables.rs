//! What is done with a database's tables: they are created, dropped and read.

use std::sync::Arc;

use sqlservice_sql::schema::Table;

use super::Database;
use crate::{
    error::Result,
    operation::{
        admin::AdminConnection,
        ddl::{self, TableChange, table_action::TableAction},
        reflect::{self, options::ReflectOptions},
    },
};

impl Database {
    /// Creates tables, their indexes and constraints, in the order that foreign keys ask for, whatever the order given;
    /// foreign keys in a circle are no obstacle. Returns the names of those created (`schema.name` with a schema), in order.
    /// Views among them are passed over.
    ///
    /// Those that exist already are passed over with `check_first`. Their definition is not looked at. Where this handle has an
    /// [owner](Self::with_owner), those that were created are its own from now on, and those that were passed over are not.
    ///
    /// All happens or nothing, on MySQL and MariaDB nearly: each statement stands for itself there, so after an error what
    /// this call created is dropped again, which a lost connection or a host that ends can prevent. Several calls at once,
    /// from any number of hosts, take turns. A caller that goes away does not stop the work.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Operational`] names tables that exist already, without `check_first`; [`crate::Error::LockNotAvailable`] where others
    /// hold what is needed for longer than the lock timeout; [`crate::Error::OutcomeUnknown`] where the connection was lost and nothing says
    /// what became of the tables, on MySQL and MariaDB from the first statement on; and what the database says.
    pub async fn create_all(&self, tables: Vec<Table>, check_first: bool) -> Result<Vec<String>> {
        self.change(TableAction::Create, tables, check_first).await
    }

    /// Drops tables in the opposite order; foreign keys in a circle are no obstacle. Returns the names of those dropped, in
    /// order. Those that do not exist are passed over with `check_first`.
    ///
    /// All or nothing, but for MySQL and MariaDB, where what was dropped before an error stays dropped. A table that others,
    /// which are not dropped, refer to is refused before anything is dropped; on SQLite only where they have rows that do.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Denied`] names tables that are not those of this handle's [owner](Self::with_owner), where it has one, before
    /// anything is dropped;
    /// [`crate::Error::Integrity`], on PostgreSQL [`crate::Error::Operational`] with 2BP01, where others refer to what is to be dropped;
    /// [`crate::Error::NoSuchTable`] names those that do not exist, without `check_first`; else as [`Database::create_all`].
    pub async fn drop_all(&self, tables: Vec<Table>, check_first: bool) -> Result<Vec<String>> {
        self.change(TableAction::Drop, tables, check_first).await
    }

    async fn change(&self, action: TableAction, mut tables: Vec<Table>, check_first: bool) -> Result<Vec<String>> {
        tables.retain(|table| !table.is_view);
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let change = TableChange { action, tables, check_first, owner: self.owner.clone() };
        let (dialect, settings) = (self.identify().await?, self.inner.settings.clone());
        let (began, instruments) = (self.instruments.now(), Arc::clone(&self.instruments));
        self.with_connection(move |mut held| async move {
            let mut admin = AdminConnection::new(&mut held, dialect, &settings, &instruments);
            let result = ddl::change(&mut admin, change).await;
            // Told here, as a caller that goes away does not stop the work.
            instruments.schema_changed(began, action, &result);
            (held, result)
        })
        .await
    }

    /// Reads tables, and views when asked, with all that holds them together, in the order of their names. System tables are
    /// never read. What differs from a declared table is listed at [`ReflectOptions`].
    ///
    /// It takes a connection of the pool for it, and sees what is committed; [`crate::Session::reflect`] sees with its transaction. A
    /// caller that goes away does not stop it.
    ///
    /// # Errors
    ///
    /// [`crate::Error::NoSuchTable`] names the tables of `only` that do not exist; [`crate::Error::Limit`] where there are more than 10,000
    /// tables, a text of more than 1 MiB or more than 64 MiB in all.
    pub async fn reflect(&self, options: ReflectOptions) -> Result<Vec<Table>> {
        options.check()?;
        let (dialect, settings) = (self.identify().await?, self.inner.settings.clone());
        let (began, instruments) = (self.instruments.now(), Arc::clone(&self.instruments));
        self.with_connection(move |mut held| async move {
            let tables =
                reflect::read_apart(&mut AdminConnection::new(&mut held, dialect, &settings, &instruments), &options)
                    .await;
            instruments.reflected(began, tables.as_ref().map(Vec::len));
            (held, tables)
        })
        .await
    }
}
