//! A link of any of the three databases: the one place that tells them apart at run time.

use std::sync::Arc;

use sqlservice_sql::{Batch, compiled::Output};

use super::{Begin, Done, Execution, Link, Stop, busy::Busy, mysql, postgres, sqlite};
use crate::{
    Error, Result,
    row_sink::{FetchSize, RowSink},
    settings::Isolation,
};

/// Where the connections of any database come from.
pub(crate) enum AnyPool {
    Sqlite(Arc<sqlite::SqlitePool>),
    Postgres(Arc<postgres::PostgresPool>),
    Mysql(Arc<mysql::MysqlPool>),
}

/// A link of any database.
pub(crate) enum AnyLink {
    Sqlite(sqlite::SqliteLink),
    Postgres(postgres::PostgresLink),
    Mysql(mysql::MysqlLink),
}

/// A cancel handle of any database.
#[derive(Clone)]
pub(crate) enum AnyCancelHandle {
    Sqlite(sqlite::SqliteCancelHandle),
    Postgres(postgres::PostgresCancelHandle),
    Mysql(mysql::MysqlCancelHandle),
}

/// A short piece of work between statements, which is never stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    Begin(Begin),
    Rollback,
    Savepoint(&'a str),
    Release(&'a str),
    RollbackTo(&'a str),
    Ping,
}

/// Does the same with whichever link it is.
macro_rules! each {
    ($self:expr, $link:ident => $work:expr) => {
        match $self {
            Self::Sqlite($link) => $work,
            Self::Postgres($link) => $work,
            Self::Mysql($link) => $work,
        }
    };
}

impl AnyPool {
    /// A connection, and whether it was made for this. The caller has a place for it.
    pub(crate) async fn acquire(&self) -> Result<(AnyLink, bool)> {
        Ok(match self {
            Self::Sqlite(pool) => {
                let (link, is_new) = sqlite::SqliteLink::acquire(pool).await?;
                (AnyLink::Sqlite(link), is_new)
            }
            Self::Postgres(pool) => {
                let (link, is_new) = postgres::PostgresLink::acquire(pool).await?;
                (AnyLink::Postgres(link), is_new)
            }
            Self::Mysql(pool) => {
                let (link, is_new) = mysql::MysqlLink::acquire(pool).await?;
                (AnyLink::Mysql(link), is_new)
            }
        })
    }

    /// How many connections no borrower uses.
    pub(crate) fn idle(&self) -> u32 {
        each!(self, pool => pool.idle())
    }

    /// Closes the connections that no borrower uses, and each other one when it is given back.
    pub(crate) async fn close(&self) {
        each!(self, pool => pool.close().await);
    }
}

impl AnyLink {
    /// What knows whether the server may still work for it; nothing where the database lies in this process.
    fn busy(&self) -> Option<Busy> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(link) => Some(link.cancel_handle().busy().clone()),
            Self::Mysql(link) => Some(link.cancel_handle().busy().clone()),
        }
    }

    /// Does one piece of work.
    pub(crate) async fn step(&mut self, step: Step<'_>) -> Result<()> {
        match self.busy() {
            Some(busy) => busy.step(self.do_step(step)).await,
            None => self.do_step(step).await,
        }
    }

    async fn do_step(&mut self, step: Step<'_>) -> Result<()> {
        match step {
            Step::Begin(begin) => self.begin(begin).await,
            Step::Rollback => self.rollback().await,
            Step::Savepoint(name) => self.savepoint(name).await,
            Step::Release(name) => self.release(name).await,
            Step::RollbackTo(name) => self.rollback_to(name).await,
            Step::Ping => self.ping().await,
        }
    }

    /// Runs a short query here and now, where the database lies in this process: see [`sqlite::SqliteLink::run_at_once`].
    pub(crate) fn run_at_once(&mut self, job: &Execution, demand: FetchSize) -> Option<(Arc<[Output]>, Batch)> {
        match self {
            Self::Sqlite(link) => link.run_at_once(job, demand),
            Self::Postgres(_) | Self::Mysql(_) => None,
        }
    }
}

impl Link for AnyLink {
    type CancelHandle = AnyCancelHandle;

    fn cancel_handle(&self) -> AnyCancelHandle {
        match self {
            Self::Sqlite(link) => AnyCancelHandle::Sqlite(link.cancel_handle()),
            Self::Postgres(link) => AnyCancelHandle::Postgres(link.cancel_handle()),
            Self::Mysql(link) => AnyCancelHandle::Mysql(link.cancel_handle()),
        }
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        each!(self, link => link.begin(begin).await)
    }

    async fn commit(&mut self) -> Result<()> {
        each!(self, link => link.commit().await)
    }

    async fn rollback(&mut self) -> Result<()> {
        each!(self, link => link.rollback().await)
    }

    async fn savepoint(&mut self, name: &str) -> Result<()> {
        each!(self, link => link.savepoint(name).await)
    }

    async fn release(&mut self, name: &str) -> Result<()> {
        each!(self, link => link.release(name).await)
    }

    async fn rollback_to(&mut self, name: &str) -> Result<()> {
        each!(self, link => link.rollback_to(name).await)
    }

    async fn isolation(&mut self) -> Result<Isolation> {
        match self.busy() {
            Some(busy) => busy.step(async { each!(self, link => link.isolation().await) }).await,
            None => each!(self, link => link.isolation().await),
        }
    }

    async fn run(&mut self, job: Execution, sink: &mut RowSink) -> Result<Done> {
        // Boxed where a round trip costs more: what is large in one would be copied for all.
        match self {
            Self::Sqlite(link) => link.run(job, sink).await,
            Self::Postgres(link) => Box::pin(link.run(job, sink)).await,
            Self::Mysql(link) => Box::pin(link.run(job, sink)).await,
        }
    }

    fn transaction_lost(&self, error: &Error) -> bool {
        each!(self, link => link.transaction_lost(error))
    }

    fn is_lost(&self) -> bool {
        each!(self, link => link.is_lost())
    }

    async fn ping(&mut self) -> Result<()> {
        each!(self, link => link.ping().await)
    }

    async fn reset(&mut self) -> Result<()> {
        match self.busy() {
            Some(busy) => busy.step(async { each!(self, link => link.reset().await) }).await,
            None => each!(self, link => link.reset().await),
        }
    }

    async fn put_back(self) {
        each!(self, link => link.put_back().await);
    }

    async fn discard(self) {
        each!(self, link => link.discard().await);
    }
}

impl AnyCancelHandle {
    /// How many bytes the tables have that the login may write; 0 where that is the database's own to bound.
    pub(crate) async fn stored(&self) -> Result<u64> {
        match self {
            Self::Sqlite(_) => Ok(0),
            Self::Postgres(cancel_handle) => cancel_handle.stored().await,
            Self::Mysql(cancel_handle) => cancel_handle.stored().await,
        }
    }
}

impl Stop for AnyCancelHandle {
    async fn stop(&self) -> Result<()> {
        each!(self, cancel_handle => cancel_handle.stop().await)
    }
}
