//! A database that a guest opened: what it was granted, the limits that hold, and the tables that are known.

use std::sync::{Arc, PoisonError, RwLock};

use sqlservice_db as db;
use sqlservice_sql::{self as sql, Catalog, Compiled};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    SqlError,
    bindings::sqlservice::database::{sessions, statements},
    conv,
    ctx::{Grant, SqlLimits},
    known::Known,
};

/// A database that a guest opened, with its models.
pub(crate) struct Opened {
    pub(crate) grant: Grant,
    pub(crate) limits: Arc<SqlLimits>,
    pub(crate) sessions: Arc<Semaphore>,
    pub(crate) cursors: Arc<Semaphore>,
    known: RwLock<Arc<Known>>,
}

impl Opened {
    pub(crate) fn new(grant: Grant, known: Arc<Known>, ctx: &crate::SqlCtx) -> Self {
        Self {
            grant,
            limits: ctx.limits.clone(),
            sessions: ctx.sessions.clone(),
            cursors: ctx.cursors.clone(),
            known: RwLock::new(known),
        }
    }

    fn known(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The tables that are known now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.known().catalog.clone()
    }

    /// Adds what reflection read. Statements may mean something else from now on.
    pub(crate) fn learn(&self, tables: &[sql::schema::Table]) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = known.with(tables);
    }

    pub(crate) fn compile(&self, statement: statements::Statement) -> Result<Arc<Compiled>, SqlError> {
        let dialect = self.grant.database.dialect();
        Ok(self.known().compile(
            statement.into(),
            dialect,
            &self.limits.statement,
            self.grant.database.instruments(),
        )?)
    }

    /// The query of a plan with the loads that join it, or as it is where these make more of it than a statement may be.
    pub(crate) fn compile_joined(
        &self,
        loading: &mut sql::Loading,
        query: statements::Statement,
    ) -> Result<Arc<Compiled>, SqlError> {
        let (query, dialect, limits) = (query.into(), self.grant.database.dialect(), &self.limits.statement);
        let (known, instruments) = (self.known(), self.grant.database.instruments());
        if let Some(joined) = loading.join(&query) {
            if let Ok(compiled) = known.compile(joined, dialect, limits, instruments) {
                return Ok(compiled);
            }
            loading.apart();
        }
        Ok(known.compile(query, dialect, limits, instruments)?)
    }

    /// One more session, where the guest may have one.
    pub(crate) fn permit(&self) -> Result<OwnedSemaphorePermit, SqlError> {
        take(&self.sessions, db::error::LimitKind::Sessions, self.limits.sessions)
    }

    /// One more cursor, where the guest may have one.
    pub(crate) fn cursor_permit(&self) -> Result<OwnedSemaphorePermit, SqlError> {
        take(&self.cursors, db::error::LimitKind::Cursors, self.limits.cursors)
    }

    /// Transaction options cut to the host's limits.
    pub(crate) fn transaction(&self, options: &sessions::TransactionOptions) -> db::TransactionOptions {
        let mut options = conv::transaction_options(options);
        options.timeout = lower(options.timeout, self.limits.transaction_time);
        options.idle_timeout = self.limits.idle_transaction_time;
        options
    }

    /// Run options cut to the host's limits.
    pub(crate) fn run(&self, options: &sessions::Options) -> db::RunOptions {
        self.within(conv::run_options(options))
    }

    /// The same for a call that has none: the host's limits.
    pub(crate) fn within(&self, mut options: db::RunOptions) -> db::RunOptions {
        options.timeout = lower(options.timeout, self.limits.statement_time);
        options.max_rows = lower(options.max_rows, self.limits.rows);
        // The batch that comes with the call is one like all others.
        let rows = options.batch_rows.unwrap_or(db::RunOptions::BATCH_ROWS);
        options.batch_rows = Some(rows.min(self.limits.batch_rows));
        options.batch_bytes = Some(db::RunOptions::BATCH_BYTES.min(self.limits.batch_bytes));
        options.max_bytes = Some(self.limits.answer_bytes);
        options
    }
}

/// One of so many, where one is left.
fn take(all: &Arc<Semaphore>, kind: db::error::LimitKind, allowed: u32) -> Result<OwnedSemaphorePermit, SqlError> {
    all.clone().try_acquire_owned().map_err(|_| db::Error::Limit { kind, allowed: allowed.into() }.into())
}

/// The lower of two limits, where there are any.
fn lower<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
