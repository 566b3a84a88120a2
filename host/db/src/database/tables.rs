//! Creates, drops and reflects a database's tables.

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
    /// Creates tables, their indexes and constraints, in the order that foreign keys require, whatever order is given; cycles of foreign
    /// keys are allowed. Returns the names of the created tables (`schema.name` with a schema), in order. Views among them are skipped.
    ///
    /// With `check_first`, tables that exist already are skipped; their definition is not compared. Where this handle has an
    /// [owner](Self::with_owner), it owns the created tables from now on, and not the skipped ones.
    ///
    /// All tables are created or none. On MySQL and MariaDB this holds only nearly, as each statement commits itself: after an error, the
    /// tables that this call created are dropped again, which a lost connection or a host that ends can prevent. Concurrent calls, from
    /// any number of hosts, run one after the other. Dropping the future does not stop the work.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Operational`] names tables that exist already, without `check_first`; [`crate::Error::LockNotAvailable`] where
    /// another session holds a lock for longer than the lock timeout; [`crate::Error::OutcomeUnknown`] where the connection was lost and
    /// it is unknown what became of the tables, on MySQL and MariaDB from the first statement on; and the errors of the database.
    pub async fn create_all(&self, tables: Vec<Table>, check_first: bool) -> Result<Vec<String>> {
        self.change(TableAction::Create, tables, check_first).await
    }

    /// Drops tables in the opposite order; cycles of foreign keys are allowed. Returns the names of the dropped tables, in order. With
    /// `check_first`, tables that do not exist are skipped.
    ///
    /// All tables are dropped or none, except on MySQL and MariaDB, where tables that were dropped before an error stay dropped. A table
    /// is refused, before anything is dropped, if foreign keys of tables that remain refer to it; on SQLite only if rows do.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Denied`] names tables that do not belong to this handle's [owner](Self::with_owner), where it has one, before
    /// anything is dropped; [`crate::Error::Integrity`], on PostgreSQL [`crate::Error::Operational`] with 2BP01, where remaining tables
    /// refer to dropped ones; [`crate::Error::NoSuchTable`] names tables that do not exist, without `check_first`; else as
    /// [`Database::create_all`].
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
            // Reported here, as dropping the future does not stop the work.
            instruments.schema_changed(began, action, &result);
            (held, result)
        })
        .await
    }

    /// Reads tables, and views on request, with their keys, constraints and indexes, in the order of their names. System tables are never
    /// read. The differences from a declared table are listed at [`ReflectOptions`].
    ///
    /// It uses a connection of the pool, and sees committed tables only; [`crate::Session::reflect`] reads in the session's transaction.
    /// Dropping the future does not stop it.
    ///
    /// # Errors
    ///
    /// [`crate::Error::NoSuchTable`] names the tables of `only` that do not exist; [`crate::Error::Limit`] where there are more than
    /// 10,000 tables, a text of more than 1 MiB or more than 64 MiB in all.
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
