//! A connection of any of the three databases: the only place that dispatches between them at run time.

use std::sync::Arc;

use sqlservice_sql::{Batch, compiled::Output};

use super::{BackendConnection, Begin, Done, Execution, StopStatement, busy::Busy, mysql, postgres, sqlite};
use crate::{
    Error, Result,
    row_sink::{FetchSize, RowSink},
    settings::Isolation,
};

/// A pool of any database.
pub(crate) enum AnyPool {
    Sqlite(Arc<sqlite::SqlitePool>),
    Postgres(Arc<postgres::PostgresPool>),
    Mysql(Arc<mysql::MysqlPool>),
}

/// A connection of any database.
pub(crate) enum AnyBackendConnection {
    Sqlite(sqlite::SqliteBackendConnection),
    Postgres(postgres::PostgresBackendConnection),
    Mysql(mysql::MysqlBackendConnection),
}

/// A cancel handle of any database.
#[derive(Clone)]
pub(crate) enum AnyCancelHandle {
    Sqlite(sqlite::SqliteCancelHandle),
    Postgres(postgres::PostgresCancelHandle),
    Mysql(mysql::MysqlCancelHandle),
}

/// A short command between statements, which is never cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ConnectionCommand<'a> {
    Begin(Begin),
    Rollback,
    Savepoint(&'a str),
    Release(&'a str),
    RollbackTo(&'a str),
    Ping,
}

/// Evaluates one expression for each variant.
macro_rules! each {
    ($self:expr, $connection:ident => $work:expr) => {
        match $self {
            Self::Sqlite($connection) => $work,
            Self::Postgres($connection) => $work,
            Self::Mysql($connection) => $work,
        }
    };
}

impl AnyPool {
    /// Returns a connection, and whether it is new. The caller holds a permit for it.
    pub(crate) async fn acquire(&self) -> Result<(AnyBackendConnection, bool)> {
        Ok(match self {
            Self::Sqlite(pool) => {
                let (connection, is_new) = sqlite::SqliteBackendConnection::acquire(pool).await?;
                (AnyBackendConnection::Sqlite(connection), is_new)
            }
            Self::Postgres(pool) => {
                let (connection, is_new) = postgres::PostgresBackendConnection::acquire(pool).await?;
                (AnyBackendConnection::Postgres(connection), is_new)
            }
            Self::Mysql(pool) => {
                let (connection, is_new) = mysql::MysqlBackendConnection::acquire(pool).await?;
                (AnyBackendConnection::Mysql(connection), is_new)
            }
        })
    }

    /// The number of idle connections.
    pub(crate) fn idle(&self) -> u32 {
        each!(self, pool => pool.idle())
    }

    /// Closes the idle connections now, and each borrowed one when it is returned.
    pub(crate) async fn close(&self) {
        each!(self, pool => pool.close().await);
    }
}

impl AnyBackendConnection {
    /// Tracks whether the server may still work for this connection; `None` for SQLite, which runs in this process.
    fn busy(&self) -> Option<Busy> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(connection) => Some(connection.cancel_handle().busy().clone()),
            Self::Mysql(connection) => Some(connection.cancel_handle().busy().clone()),
        }
    }

    /// Runs one command.
    pub(crate) async fn step(&mut self, step: ConnectionCommand<'_>) -> Result<()> {
        match self.busy() {
            Some(busy) => busy.step(self.do_step(step)).await,
            None => self.do_step(step).await,
        }
    }

    async fn do_step(&mut self, step: ConnectionCommand<'_>) -> Result<()> {
        match step {
            ConnectionCommand::Begin(begin) => self.begin(begin).await,
            ConnectionCommand::Rollback => self.rollback().await,
            ConnectionCommand::Savepoint(name) => self.savepoint(name).await,
            ConnectionCommand::Release(name) => self.release(name).await,
            ConnectionCommand::RollbackTo(name) => self.rollback_to(name).await,
            ConnectionCommand::Ping => self.ping().await,
        }
    }

    /// Runs a short query synchronously, on SQLite only: see [`sqlite::SqliteBackendConnection::run_at_once`].
    pub(crate) fn run_at_once(&mut self, job: &Execution, demand: FetchSize) -> Option<(Arc<[Output]>, Batch)> {
        match self {
            Self::Sqlite(connection) => connection.run_at_once(job, demand),
            Self::Postgres(_) | Self::Mysql(_) => None,
        }
    }
}

impl BackendConnection for AnyBackendConnection {
    type CancelHandle = AnyCancelHandle;

    fn cancel_handle(&self) -> AnyCancelHandle {
        match self {
            Self::Sqlite(connection) => AnyCancelHandle::Sqlite(connection.cancel_handle()),
            Self::Postgres(connection) => AnyCancelHandle::Postgres(connection.cancel_handle()),
            Self::Mysql(connection) => AnyCancelHandle::Mysql(connection.cancel_handle()),
        }
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        each!(self, connection => connection.begin(begin).await)
    }

    async fn commit(&mut self) -> Result<()> {
        each!(self, connection => connection.commit().await)
    }

    async fn rollback(&mut self) -> Result<()> {
        each!(self, connection => connection.rollback().await)
    }

    async fn savepoint(&mut self, name: &str) -> Result<()> {
        each!(self, connection => connection.savepoint(name).await)
    }

    async fn release(&mut self, name: &str) -> Result<()> {
        each!(self, connection => connection.release(name).await)
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        each!(self, connection => connection.rollback_to(name).await)
    }

    async fn isolation(&mut self) -> Result<Isolation> {
        match self.busy() {
            Some(busy) => busy.step(async { each!(self, connection => connection.isolation().await) }).await,
            None => each!(self, connection => connection.isolation().await),
        }
    }

    async fn run(&mut self, job: Execution, sink: &mut RowSink) -> Result<Done> {
        // Boxed for servers, where a round trip costs more than the allocation. Otherwise the largest of these futures would set
        // the size of all.
        match self {
            Self::Sqlite(connection) => connection.run(job, sink).await,
            Self::Postgres(connection) => Box::pin(connection.run(job, sink)).await,
            Self::Mysql(connection) => Box::pin(connection.run(job, sink)).await,
        }
    }

    fn transaction_lost(&self, error: &Error) -> bool {
        each!(self, connection => connection.transaction_lost(error))
    }

    fn is_lost(&self) -> bool {
        each!(self, connection => connection.is_lost())
    }

    async fn ping(&mut self) -> Result<()> {
        each!(self, connection => connection.ping().await)
    }

    async fn reset(&mut self) -> Result<()> {
        match self.busy() {
            Some(busy) => busy.step(async { each!(self, connection => connection.reset().await) }).await,
            None => each!(self, connection => connection.reset().await),
        }
    }

    async fn put_back(self) {
        each!(self, connection => connection.put_back().await);
    }

    async fn discard(self) {
        each!(self, connection => connection.discard().await);
    }
}

impl AnyCancelHandle {
    /// The size of the database's tables in bytes, on PostgreSQL of those that the login may insert into; 0 for SQLite, which
    /// limits its own size.
    pub(crate) async fn stored(&self) -> Result<u64> {
        match self {
            Self::Sqlite(_) => Ok(0),
            Self::Postgres(cancel_handle) => cancel_handle.stored().await,
            Self::Mysql(cancel_handle) => cancel_handle.stored().await,
        }
    }
}

impl StopStatement for AnyCancelHandle {
    async fn stop(&self) -> Result<()> {
        each!(self, cancel_handle => cancel_handle.stop().await)
    }
}
