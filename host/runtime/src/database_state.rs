//! A database that a guest opened: what it was granted, the limits that hold, and the tables that are known.

use std::sync::{Arc, PoisonError, RwLock};

use sqlservice_db as db;
use sqlservice_sql::{self as sql, Catalog, Compiled, statement::Statement};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Level;

use crate::{
    SqlError,
    bindings::sqlservice::database::sessions,
    conv,
    grant::Grant,
    limits::SqlLimits,
    memory::{Charge, MemoryBudget},
    model_cache::CompiledCatalog,
};

/// What a call brings that is smaller is not counted, as the number of calls and handles is limited.
const SMALL: usize = 4 << 10;

/// A database that a guest opened, with its models.
pub(crate) struct DatabaseState {
    pub(crate) grant: Grant,
    pub(crate) limits: Arc<SqlLimits>,
    pub(crate) sessions: Arc<Semaphore>,
    pub(crate) cursors: Arc<Semaphore>,
    memory: Arc<MemoryBudget>,
    known: RwLock<(Arc<CompiledCatalog>, Charge)>,
}

impl DatabaseState {
    /// The places are those of sessions and of cursors.
    pub(crate) fn new(
        grant: Grant,
        known: Arc<CompiledCatalog>,
        limits: Arc<SqlLimits>,
        (sessions, cursors): (Arc<Semaphore>, Arc<Semaphore>),
        memory: Arc<MemoryBudget>,
    ) -> db::Result<Self> {
        let charge = memory.charge(known.weight)?;
        Ok(Self { grant, limits, sessions, cursors, memory, known: RwLock::new((known, charge)) })
    }

    fn known(&self) -> Arc<CompiledCatalog> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Counts what a call brings as kept by the host, as long as what is returned lives.
    pub(crate) fn charge(&self, bytes: usize) -> Result<Option<Charge>, SqlError> {
        if bytes < SMALL { Ok(None) } else { Ok(Some(self.memory.charge(bytes)?)) }
    }

    /// The tables that are known now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.known().catalog.clone()
    }

    /// What the guest may see of reflected tables.
    pub(crate) fn visible(&self, tables: Vec<sql::schema::Table>) -> Vec<sql::schema::Table> {
        let tables = self.grant.tables.visible(tables);
        match &self.grant.rules {
            Some(rules) => rules.visible(tables),
            None => tables,
        }
    }

    /// An error of the database without the names of what does not exist for the guest.
    pub(crate) fn hide(&self, error: db::Error) -> db::Error {
        let Some(rules) = &self.grant.rules else { return error };
        let mut violation = match error {
            db::Error::Integrity(violation) => violation,
            // The guest's own names were found in its models: this one may be one of the policy's.
            db::Error::NoSuchColumn(name) if !rules.knows_column(&name) => return self.hidden(&name),
            db::Error::NoSuchTable(name) if !rules.knows_all(&name, &[]) => return self.hidden(&name),
            other => return other,
        };
        let is_known = violation.table.as_deref().is_some_and(|table| rules.knows_all(table, &violation.columns));
        if !is_known {
            (violation.constraint, violation.columns) = (None, Vec::new());
            violation.table = violation.table.filter(|table| rules.knows_all(table, &[]));
        }
        db::Error::Integrity(violation)
    }

    /// What a guest is told where the database misses something that is none of the guest's: the host's log has the name.
    fn hidden(&self, name: &str) -> db::Error {
        let instruments = self.grant.database.instruments();
        instruments.log(Level::ERROR, "the database does not have what a policy names", Some(&name));
        db::Error::Denied(db::error::DatabaseError {
            message: "what the policy of this database names".to_owned(),
            sqlstate: None,
            source: None,
        })
    }

    /// Adds what reflection read. Statements may mean something else from now on.
    pub(crate) fn add_reflected(&self, tables: &[sql::schema::Table]) -> Result<(), SqlError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let more = known.0.with(tables);
        let charge = self.memory.charge(more.weight)?;
        *known = (more, charge);
        Ok(())
    }

    pub(crate) fn compile(&self, statement: Statement) -> Result<Arc<Compiled>, SqlError> {
        self.grant.tables.check_statement(&statement)?;
        let (dialect, instruments) = (self.grant.database.dialect(), self.grant.database.instruments());
        Ok(self.known().compile(statement, dialect, &self.limits.statement, instruments)?)
    }

    /// The query of a plan with the loads that join it, or as it is where these make more of it than a statement may be.
    pub(crate) fn compile_joined(
        &self,
        loading: &mut sql::Loading,
        query: Statement,
    ) -> Result<Arc<Compiled>, SqlError> {
        self.grant.tables.check_statement(&query)?;
        let (dialect, limits) = (self.grant.database.dialect(), &self.limits.statement);
        let (known, instruments) = (self.known(), self.grant.database.instruments());
        if let Some(joined) = loading.join(&query) {
            if let Ok(compiled) = known.compile(joined, dialect, limits, instruments) {
                return Ok(compiled);
            }
            loading.without_joins();
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
