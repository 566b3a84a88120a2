//! A database that the host granted, with the plugin's models.

use std::rc::Rc;

mod description;
mod opened;

pub use self::description::{Capabilities, Dialect, Limits};
use self::opened::OpenDatabase;
pub use crate::bindings::sqlservice::database::databases::DdlOptions;
use crate::{
    Error, Result,
    bindings::sqlservice::database::databases as contract,
    mapping,
    schema::{Models, ReflectOptions, Table},
    session::{Connection, Executor, Session, SessionOptions, TransactionOptions},
    statement::StatementCache,
};

/// A database, opened by the name under which the host granted it. Dropping it leaves its connections and sessions alive.
pub struct Database {
    opened: Rc<OpenDatabase>,
}

impl Database {
    /// Opens a database and checks the models: `Database::open("default", models![User, Device])`. Nothing is sent to it. Opening
    /// it again with the same models, in this call of the plugin or a later one, reuses the opened state and costs little.
    ///
    /// # Errors
    /// [`Error::NoSuchDatabase`] where no database of that name was granted; [`Error::Invalid`] and others for invalid models.
    pub async fn open(name: &str, models: Models) -> Result<Self> {
        if let Some(opened) = opened::find(name, &models) {
            return Ok(Self { opened });
        }
        mapping::opened(&models);
        let contract = contract::Database::open(name.to_owned(), models.clone()).await?;
        let limits = Limits::from_contract(contract.limits());
        let statements = StatementCache::new(u32::try_from(limits.parameters).unwrap_or(u32::MAX));
        let opened = Rc::new(OpenDatabase { contract, limits, statements });
        opened::keep(name, models, &opened);
        Ok(Self { opened })
    }

    /// Returns its kind.
    pub fn dialect(&self) -> Dialect {
        Dialect::from_contract(&self.opened.contract.dialect())
    }

    /// Returns its capabilities.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::from_contract(self.opened.contract.capabilities())
    }

    /// Returns the limits that apply to this plugin; 0 means none.
    pub fn limits(&self) -> Limits {
        self.opened.limits
    }

    /// Returns the tables that were declared or reflected, in the order in which they can be created.
    pub fn tables(&self) -> Vec<Table> {
        self.opened.contract.tables()
    }

    /// Checks that the database responds. A lost connection is replaced first.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.opened.contract.ping().await?)
    }

    /// Takes a connection: commit as you go. Dropping it rolls back.
    pub async fn connect(&self) -> Result<Connection> {
        Ok(Connection::new(self.opened.contract.connect().await?, Rc::clone(&self.opened.statements)))
    }

    /// Returns a session that takes a connection and begins a transaction at its first use: commit as you go.
    pub fn session(&self) -> Result<Session> {
        self.session_with(SessionOptions::default())
    }

    /// Like `session`, with options for its objects.
    pub fn session_with(&self, options: SessionOptions) -> Result<Session> {
        Ok(Session::new(self.opened.contract.session()?, options, Rc::clone(&self.opened.statements)))
    }

    /// Returns a session in a transaction, which is its only one. Dropping it rolls back.
    pub async fn begin(&self) -> Result<Session> {
        self.begin_with(TransactionOptions::default()).await
    }

    /// Like `begin`, with an isolation level, read only, or with a timeout.
    pub async fn begin_with(&self, options: TransactionOptions) -> Result<Session> {
        let contract = self.opened.contract.begin(options).await?;
        Ok(Session::new(contract, SessionOptions::default(), Rc::clone(&self.opened.statements)))
    }

    /// Runs work in a transaction: it commits when the work is `Ok`, and rolls back when it is an error, when its future is dropped
    /// and when the plugin traps. `?` converts the usual errors of the standard library into [`Error::Other`];
    /// `map_err(Error::other)?` converts any error, and [`try_transaction`](Self::try_transaction) keeps the plugin's own.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model, Clone)] struct User { #[model(primary_key, generated)] id: i64, name: String }
    /// # async fn example(db: Database, ed: User, jo: User) -> Result<(), Error> {
    /// db.transaction(async |session| {
    ///     session.insert(&ed).await?;
    ///     session.insert(&jo).await?;
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    pub async fn transaction<T>(&self, work: impl AsyncFnOnce(&Session) -> Result<T>) -> Result<T> {
        self.transaction_with(TransactionOptions::default(), work).await
    }

    /// Like `transaction`, with an error type of the work's own into which `?` converts an [`Error`]: an enum of the plugin's with
    /// `From<Error>`, or `Box<dyn std::error::Error>`, which accepts every error.
    ///
    /// ```no_run
    /// # use sqlservice_sdk::prelude::*;
    /// # #[derive(Model, Clone)] struct User { #[model(primary_key, generated)] id: i64, age: i64 }
    /// # async fn example(db: Database, age: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// db.try_transaction(async |session| -> Result<_, Box<dyn std::error::Error>> {
    ///     let age: i64 = age.parse()?;
    ///     session.execute(&update::<User>().set(User::AGE, age)).await?;
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    pub async fn try_transaction<T, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_with(TransactionOptions::default(), work).await
    }

    /// Like `try_transaction`, with options.
    pub async fn transaction_with<T, E: From<Error>>(
        &self,
        options: TransactionOptions,
        work: impl AsyncFnOnce(&Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let session = self.begin_with(options).await?;
        match work(&session).await {
            Ok(done) => {
                // The work may have ended the transaction itself. `in_transaction` does not show that, as a limit may have ended
                // it.
                if !session.has_ended() {
                    session.commit().await?;
                }
                Ok(done)
            }
            Err(error) => {
                // A failed rollback would hide the reason; dropping the session rolls back in any case.
                let _ = session.rollback().await;
                Err(error)
            }
        }
    }

    /// Runs work in a transaction, and again in a new one, at most `times` times, while it fails with an error that [can be
    /// retried](Error::is_retryable): a deadlock or a serialization failure.
    pub async fn retry<T>(&self, times: u32, mut work: impl AsyncFnMut(&Session) -> Result<T>) -> Result<T> {
        let mut left = times.max(1);
        loop {
            left -= 1;
            match self.transaction(async |session: &Session| work(session).await).await {
                Err(error) if error.is_retryable() && left > 0 => {}
                outcome => return outcome,
            }
        }
    }

    /// Creates the declared tables that do not exist yet, in the order that foreign keys require. Returns the names of those
    /// created.
    pub async fn create_all(&self) -> Result<Vec<String>> {
        self.create_all_with(DdlOptions::default()).await
    }

    /// Creates some tables, or fails where one exists.
    pub async fn create_all_with(&self, options: DdlOptions) -> Result<Vec<String>> {
        Ok(self.opened.contract.create_all(options).await?)
    }

    /// Drops the declared tables that exist, in the opposite order. Returns the names of those dropped.
    pub async fn drop_all(&self) -> Result<Vec<String>> {
        self.drop_all_with(DdlOptions::default()).await
    }

    /// Drops some tables, or fails where one is missing.
    pub async fn drop_all_with(&self, options: DdlOptions) -> Result<Vec<String>> {
        Ok(self.opened.contract.drop_all(options).await?)
    }

    /// Reads the tables of the database. Undeclared tables are added to [`tables`](Self::tables).
    pub async fn reflect(&self) -> Result<Vec<Table>> {
        self.reflect_with(ReflectOptions::default()).await
    }

    /// Reads some tables, those of another schema, or views as well.
    pub async fn reflect_with(&self, options: ReflectOptions) -> Result<Vec<Table>> {
        self.opened.statements.set_reflected();
        Ok(self.opened.contract.reflect(options).await?)
    }
}

#[allow(clippy::derivable_impls, reason = "the type is generated")]
impl Default for DdlOptions {
    /// All declared tables; those that exist already, or are missing already, are skipped.
    fn default() -> Self {
        Self { only: Vec::new(), check_first: true }
    }
}
