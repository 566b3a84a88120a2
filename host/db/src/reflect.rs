//! Reads what a database has into the contract's tables: what the three backends have in common.
//!
//! A reflected table equals the declared one that made it, but for what a database does not keep:
//! - Keys, constraints and indexes come in the order of their names, as no database keeps another one.
//! - An index that its columns do not describe is left out: of expressions, of a part of the rows, of prefixes, or of a
//!   kind such as full text. So is the index that MySQL makes for a foreign key and the one behind a primary key.
//! - MySQL and MariaDB do not tell unique indexes from unique constraints: both come as `uniques`. Their primary keys have
//!   no name of their own, and MariaDB does not tell `RESTRICT` from `NO ACTION`; both come as [`Action::NoAction`].
//! - SQLite counts up every lone `INTEGER PRIMARY KEY`, so its default is [`sqlservice_sql::schema::DefaultValue::GeneratedKey`]; it keeps no comments.
//! - A default that is no constant, nor the time, is an [`sqlservice_sql::schema::DefaultValue::Expression`] in the database's own words; so is
//!   the text of a check and of a computed column.
//! - `version_column` is a matter of models; no database knows it.

mod assembly;
mod default;

use std::{sync::Arc, time::Duration};

use sqlservice_sql::{
    Dialect,
    schema::{Action, Table},
};

use crate::{
    Database, Error, Result,
    ask::Asker,
    backend::{Begin, Link, mysql, postgres, sqlite},
    error::LimitKind,
    feed::Clock,
    lease::{Core, Listener, Turn},
    run::Watch,
    settings::Isolation,
};

pub(crate) use assembly::{Assembly, Keys, MAX_TEXT, TABLES};
pub(crate) use default::{constant, default_value, unwrapped};

/// What is read from a database.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReflectOptions {
    /// Only these tables, verbatim; all where empty. Those that are not there are an error that names them.
    pub only: Vec<String>,
    /// The schema; the default one where nothing is said. Where there is only one, its name or nothing.
    pub schema: Option<String>,
    /// Whether views are read too.
    pub views: bool,
}

sqlservice_sql::setters!(ReflectOptions { only: Vec<String>, schema? String, views: bool });

/// What a foreign key does, from SQL's words for it. A word that is none of them does nothing of its own.
pub(crate) fn action(text: &str) -> Action {
    match text {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}

impl Database {
    /// Reads tables, and views when asked, with all that holds them together, in the order of their names. System tables are
    /// never read. What differs from a declared table is listed in this module's doc.
    ///
    /// It takes a connection of the pool for it, and sees what is committed; [`crate::Session::reflect`] sees with its transaction. A
    /// caller that goes away does not stop it.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchTable`] names the tables of `only` that do not exist; [`Error::Limit`] where there are more than 10,000
    /// tables, a text of more than 1 MiB or more than 64 MiB in all.
    pub async fn reflect(&self, options: ReflectOptions) -> Result<Vec<Table>> {
        options.check()?;
        let (dialect, settings) = (self.identify().await?, self.inner.settings.clone());
        let (began, instruments) = (self.instruments.now(), Arc::clone(&self.instruments));
        self.with_connection(move |mut held| async move {
            let tables = read_apart(&mut Asker::new(&mut held, dialect, &settings, &instruments), &options).await;
            instruments.reflected(began, tables.as_ref().map(Vec::len));
            (held, tables)
        })
        .await
    }
}

impl ReflectOptions {
    /// Refuses what would be too much to ask for. The names are guest-controlled.
    fn check(&self) -> Result<()> {
        if self.only.len() > TABLES {
            return Err(Error::Limit { kind: LimitKind::Rows, allowed: TABLES as u64 });
        }
        Ok(())
    }
}

/// Reads tables in the transaction that is open, or without one.
async fn read(ask: &mut Asker<'_>, options: &ReflectOptions) -> Result<Vec<Table>> {
    let assembly = match ask.dialect {
        Dialect::Sqlite => sqlite::reflect::read(ask, options).await,
        Dialect::Postgres => postgres::reflect::read(ask, options).await,
        Dialect::Mysql | Dialect::Mariadb => mysql::reflect::read(ask, options).await,
    };
    assembly?.finish(options)
}

/// Reads tables in a transaction of their own, where that makes a difference.
async fn read_apart(ask: &mut Asker<'_>, options: &ReflectOptions) -> Result<Vec<Table>> {
    let Some(isolation) = snapshot(ask.dialect) else { return read(ask, options).await };
    ask.begin(Begin { isolation, read_only: true, ..Begin::default() }).await?;
    let tables = read(ask, options).await;
    ask.end(false).await?;
    tables
}

/// The level of a transaction that reads tables at one moment; nothing where none does.
fn snapshot(dialect: Dialect) -> Option<Isolation> {
    match dialect {
        Dialect::Sqlite => sqlite::reflect::SNAPSHOT,
        Dialect::Postgres => postgres::reflect::SNAPSHOT,
        Dialect::Mysql | Dialect::Mariadb => mysql::reflect::SNAPSHOT,
    }
}

/// Reads tables as a session sees them.
pub(crate) async fn reflect(
    core: &Arc<Core>,
    options: ReflectOptions,
    timeout: Option<Duration>,
) -> Result<Vec<Table>> {
    options.check()?;
    let call = Clock::new(None);
    let listener = Listener::new(core, &call);
    let answer = core.call(move |turn| turn.reflect(options, timeout, call)).await;
    listener.hear();
    answer
}

impl Turn {
    async fn reflect(mut self, options: ReflectOptions, timeout: Option<Duration>, call: Clock) -> Result<Vec<Table>> {
        let began = self.core.instruments.now();
        let tables = self.read_tables(&options, timeout).await;
        self.core.instruments.reflected(began, tables.as_ref().map(Vec::len));
        // As for a single query, a caller that went away does not know what its transaction has seen and locked.
        if let Some(transaction) = self.transaction().filter(|_| self.is_transactional()) {
            call.enter(transaction);
        }
        self.settle().await;
        tables
    }

    async fn read_tables(&mut self, options: &ReflectOptions, timeout: Option<Duration>) -> Result<Vec<Table>> {
        self.enter().await?;
        self.connect().await?;
        if self.caller.is_gone() {
            return Err(Error::Cancelled);
        }
        let apart = snapshot(self.core.database.dialect()).filter(|_| self.is_autocommit());
        let Some(isolation) = apart else {
            self.autobegin().await?;
            return self.ask_for_tables(options, timeout).await;
        };
        let outer = self.take_hollow();
        let tables = match self.open_snapshot(isolation).await {
            Ok(()) => self.ask_for_tables(options, timeout).await,
            Err(error) => Err(error),
        };
        self.end_own(outer).await;
        tables
    }

    /// Asks the session's connection. A failure is one of a statement.
    async fn ask_for_tables(&mut self, options: &ReflectOptions, timeout: Option<Duration>) -> Result<Vec<Table>> {
        let transaction = self.transaction();
        let Some(mut held) = self.state.held.take() else { return Err(Error::Disconnected(None)) };
        let watch = Watch::Call { caller: &mut self.caller, core: &self.core, transaction };
        let mut ask = Asker::of_call(&mut held, &self.core, watch, timeout);
        let tables = read(&mut ask, options).await;
        let is_broken = ask.is_broken() || matches!(tables, Err(Error::Disconnected(_)));
        let is_lost = is_broken || tables.as_ref().err().is_some_and(|error| held.link.transaction_lost(error));
        if is_broken {
            held.discard().await;
        } else {
            self.state.held = Some(held);
        }
        if tables.as_ref().is_err_and(|error| !matches!(error, Error::Statement(_))) {
            self.fail(is_lost);
        }
        tables
    }
}
