//! A database that a guest opened: its grant, its limits, and the known tables.

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

/// Smaller arguments of a call are not counted, as the numbers of calls and handles are limited.
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
    /// The two semaphores hold the permits of sessions and of cursors.
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

    /// Charges a call's arguments to the budget of bytes that the host keeps, until the returned charge is dropped.
    pub(crate) fn charge(&self, bytes: usize) -> Result<Option<Charge>, SqlError> {
        if bytes < SMALL { Ok(None) } else { Ok(Some(self.memory.charge(bytes)?)) }
    }

    /// Returns the catalog of the tables that are known now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.known().catalog.clone()
    }

    /// Returns the parts of reflected tables that the guest may see.
    pub(crate) fn visible(&self, tables: Vec<sql::schema::Table>) -> Vec<sql::schema::Table> {
        let tables = self.grant.tables.visible(tables);
        match &self.grant.rules {
            Some(rules) => rules.visible(tables),
            None => tables,
        }
    }

    /// Returns a database error without the names that do not exist for the guest.
    pub(crate) fn hide(&self, error: db::Error) -> db::Error {
        let Some(rules) = &self.grant.rules else { return error };
        let mut violation = match error {
            db::Error::Integrity(violation) => violation,
            // The guest's own names were found in its models, so this one may be a name of the policy's.
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

    /// Returns the error for a name that the database lacks and that is not the guest's. The name goes to the host's log.
    fn hidden(&self, name: &str) -> db::Error {
        let instruments = self.grant.database.instruments();
        instruments.log(Level::ERROR, "the database does not have what a policy names", Some(&name));
        db::Error::Denied(db::error::DatabaseError {
            message: "what the policy of this database names".to_owned(),
            sqlstate: None,
            source: None,
        })
    }

    /// Adds reflected tables. Statements may get another meaning by it.
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

    /// Compiles the query of a plan with the loads that join it, or without them where they make it exceed a statement's limits.
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

    /// Takes the permit of one more session, or fails at the guest's limit.
    pub(crate) fn permit(&self) -> Result<OwnedSemaphorePermit, SqlError> {
        take(&self.sessions, db::error::LimitKind::Sessions, self.limits.sessions)
    }

    /// Takes the permit of one more cursor, or fails at the guest's limit.
    pub(crate) fn cursor_permit(&self) -> Result<OwnedSemaphorePermit, SqlError> {
        take(&self.cursors, db::error::LimitKind::Cursors, self.limits.cursors)
    }

    /// Returns transaction options capped at the host's limits.
    pub(crate) fn transaction(&self, options: &sessions::TransactionOptions) -> db::TransactionOptions {
        let mut options = conv::transaction_options(options);
        options.timeout = lower(options.timeout, self.limits.transaction_time);
        options.idle_timeout = self.limits.idle_transaction_time;
        options
    }

    /// Returns run options capped at the host's limits.
    pub(crate) fn run(&self, options: &sessions::Options) -> db::RunOptions {
        self.within(conv::run_options(options))
    }

    /// Caps run options at the host's limits, also for a call that has no options of its own.
    pub(crate) fn within(&self, mut options: db::RunOptions) -> db::RunOptions {
        options.timeout = lower(options.timeout, self.limits.statement_time);
        options.max_rows = lower(options.max_rows, self.limits.rows);
        // The first batch, which the call itself returns, has the same limit as all others.
        let rows = options.batch_rows.unwrap_or(db::RunOptions::BATCH_ROWS);
        options.batch_rows = Some(rows.min(self.limits.batch_rows));
        options.batch_bytes = Some(db::RunOptions::BATCH_BYTES.min(self.limits.batch_bytes));
        options.max_bytes = Some(self.limits.answer_bytes);
        options
    }
}

/// Takes one permit, or fails where none is left.
fn take(all: &Arc<Semaphore>, kind: db::error::LimitKind, allowed: u32) -> Result<OwnedSemaphorePermit, SqlError> {
    all.clone().try_acquire_owned().map_err(|_| db::Error::Limit { kind, allowed: allowed.into() }.into())
}

/// Returns the lower of two limits; `None` is no limit.
fn lower<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
