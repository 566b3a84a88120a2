//! Reflects a database's tables into the contract's types: the part that the three backends have in common.

pub(crate) mod assembly;
pub(crate) mod default;
pub(crate) mod options;

use std::{sync::Arc, time::Duration};

use sqlservice_sql::{Dialect, schema::Table};

use self::options::ReflectOptions;
use super::{admin::AdminConnection, statement::Interruption};
use crate::{
    backend::{BackendConnection, Begin, mysql, postgres, sqlite},
    error::{Error, Result},
    guard::{CallGuard, Core, SessionGuard},
    row_sink::Clock,
    settings::Isolation,
};

/// Reads tables in the open transaction, or without one.
async fn read(admin: &mut AdminConnection<'_>, options: &ReflectOptions) -> Result<Vec<Table>> {
    let assembly = match admin.dialect {
        Dialect::Sqlite => sqlite::reflect::read(admin, options).await,
        Dialect::Postgres => postgres::reflect::read(admin, options).await,
        Dialect::Mysql | Dialect::Mariadb => mysql::reflect::read(admin, options).await,
    };
    assembly?.finish(options)
}

/// Reads tables in a transaction of their own, where the database has one that sees a single snapshot.
pub(crate) async fn read_apart(admin: &mut AdminConnection<'_>, options: &ReflectOptions) -> Result<Vec<Table>> {
    let Some(isolation) = snapshot(admin.dialect) else { return read(admin, options).await };
    admin.begin(Begin { isolation, read_only: true, ..Begin::default() }).await?;
    let tables = read(admin, options).await;
    admin.end(false).await?;
    tables
}

/// Returns the isolation level at which all tables are read at one moment; nothing where no level does that.
fn snapshot(dialect: Dialect) -> Option<Isolation> {
    match dialect {
        Dialect::Sqlite => sqlite::reflect::SNAPSHOT,
        Dialect::Postgres => postgres::reflect::SNAPSHOT,
        Dialect::Mysql | Dialect::Mariadb => mysql::reflect::SNAPSHOT,
    }
}

/// Reads tables as a session's transaction sees them.
pub(crate) async fn reflect(
    core: &Arc<Core>,
    options: ReflectOptions,
    timeout: Option<Duration>,
) -> Result<Vec<Table>> {
    options.check()?;
    let call = Clock::new(None);
    let listener = CallGuard::new(core, &call);
    let answer = core.call(move |guard| reflect_in_turn(guard, options, timeout, call)).await;
    listener.acknowledge();
    answer
}

async fn reflect_in_turn(
    mut guard: SessionGuard,
    options: ReflectOptions,
    timeout: Option<Duration>,
    call: Clock,
) -> Result<Vec<Table>> {
    let began = guard.core.instruments.now();
    let tables = read_tables(&mut guard, &options, timeout).await;
    guard.core.instruments.reflected(began, tables.as_ref().map(Vec::len));
    // As for a single query: a caller that is gone does not know what its transaction has read and locked.
    if let Some(transaction) = guard.transaction().filter(|_| guard.is_transactional()) {
        call.enter(transaction);
    }
    guard.settle().await;
    tables
}

async fn read_tables(
    guard: &mut SessionGuard,
    options: &ReflectOptions,
    timeout: Option<Duration>,
) -> Result<Vec<Table>> {
    guard.enter().await?;
    guard.connect().await?;
    if guard.lease.caller.is_gone() {
        return Err(Error::Cancelled);
    }
    let apart = snapshot(guard.core.database.dialect()).filter(|_| guard.is_autocommit());
    let Some(isolation) = apart else {
        guard.autobegin().await?;
        return ask_for_tables(guard, options, timeout).await;
    };
    let outer = guard.take_hollow();
    let tables = match guard.open_snapshot(isolation).await {
        Ok(()) => ask_for_tables(guard, options, timeout).await,
        Err(error) => Err(error),
    };
    guard.end_own(outer).await;
    tables
}

/// Reads tables over the session's connection. A failure counts as that of a statement.
async fn ask_for_tables(
    guard: &mut SessionGuard,
    options: &ReflectOptions,
    timeout: Option<Duration>,
) -> Result<Vec<Table>> {
    let transaction = guard.transaction();
    let Some(mut held) = guard.lease.state.held.take() else { return Err(Error::Disconnected(None)) };
    let interruption = Interruption::Call { caller: &mut guard.lease.caller, core: &guard.core, transaction };
    let mut admin = AdminConnection::of_call(&mut held, &guard.core, interruption, timeout);
    let tables = read(&mut admin, options).await;
    let is_broken = admin.is_broken() || matches!(tables, Err(Error::Disconnected(_)));
    let is_lost = is_broken || tables.as_ref().err().is_some_and(|error| held.connection.transaction_lost(error));
    if is_broken {
        held.discard().await;
    } else {
        guard.lease.state.held = Some(held);
    }
    if tables.as_ref().is_err_and(|error| !matches!(error, Error::Statement(_))) {
        guard.fail(is_lost);
    }
    tables
}
