//! A guest's session: it checks statements, runs them, and holds permits and charges while they run.

use std::sync::Arc;

use sqlservice_db as db;
use sqlservice_sql::{self as sql, Compiled, Value, Weight as _};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    SqlError,
    bindings::sqlservice::database::{rows, schema, sessions, statements, values},
    conv,
    database_state::DatabaseState,
    limits::SqlLimits,
};

/// The state of a guest's session. Dropping it rolls back and returns the connection to its pool, in a host-owned task.
pub(crate) struct SessionState {
    pub(crate) session: db::Session,
    pub(crate) opened: Arc<DatabaseState>,
    _permit: OwnedSemaphorePermit,
}

impl SessionState {
    pub(crate) fn new(session: db::Session, opened: Arc<DatabaseState>, permit: OwnedSemaphorePermit) -> Arc<Self> {
        let session = session.limit_transactions(opened.limits.transaction_time);
        let session = session.limit_idle_transactions(opened.limits.idle_transaction_time);
        Arc::new(Self { session, opened, _permit: permit })
    }

    /// Runs a statement.
    pub(crate) async fn execute(
        &self,
        statement: statements::Statement,
        parameters: Vec<values::Value>,
        options: &sessions::Options,
    ) -> Result<PermittedResult, SqlError> {
        let statement: sql::statement::Statement = statement.into();
        let parameters: Vec<Value> = conv::all(parameters);
        let _kept = self.opened.charge(statement.weight().saturating_add(parameters.weight()))?;
        let compiled = self.opened.compile(statement)?;
        self.run(StatementRequest::Compiled(compiled, parameters), options).await
    }

    /// Runs a statement that was prepared for the same database.
    pub(crate) async fn execute_prepared(
        &self,
        opened: &Arc<DatabaseState>,
        compiled: Arc<Compiled>,
        parameters: Vec<values::Value>,
        options: &sessions::Options,
    ) -> Result<PermittedResult, SqlError> {
        if !Arc::ptr_eq(opened, &self.opened) {
            return Err(sql::Error::invalid("the statement was prepared for another database").into());
        }
        let parameters: Vec<Value> = conv::all(parameters);
        let _kept = self.opened.charge(parameters.weight())?;
        self.run(StatementRequest::Prepared(compiled, parameters), options).await
    }

    /// Runs SQL text, where that was granted.
    pub(crate) async fn execute_text(
        &self,
        text: String,
        parameters: Vec<values::Value>,
        options: &sessions::Options,
    ) -> Result<PermittedResult, SqlError> {
        if !self.opened.grant.allows_text() {
            return Err(sql::Error::Denied("raw SQL on this database".to_owned()).into());
        }
        let parameters: Vec<Value> = conv::all(parameters);
        let _kept = self.opened.charge(text.len().saturating_add(parameters.weight()))?;
        self.run(StatementRequest::Text(text, parameters), options).await
    }

    /// Inserts a batch. Where the database has no `RETURNING` for inserts, the rows are read back as in a flush.
    pub(crate) async fn insert_many(
        &self,
        inserts: sql::flush::Inserts,
        options: &sessions::Options,
    ) -> Result<PermittedResult, SqlError> {
        self.opened.grant.tables.check_insert(&inserts.table)?;
        let _kept = self.opened.charge(inserts.rows.weight())?;
        if !inserts.returning.is_empty() && !self.opened.grant.database.dialect().capabilities().insert_returning {
            return self.insert_and_read(inserts, options).await;
        }
        let sql::flush::Inserts { table, columns, rows, returning, .. } = inserts;
        let statements = self.statements(sql::InsertMany { schema: None, table, columns, returning }, rows)?;
        self.run(StatementRequest::Many(statements), options).await
    }

    /// Flushes a unit of work.
    pub(crate) async fn flush(&self, changes: Vec<sessions::Change>) -> Result<Vec<rows::Batch>, SqlError> {
        let opened = &self.opened;
        let dialect = opened.grant.database.dialect();
        let changes: Vec<sql::flush::Change> = conv::all(changes);
        opened.grant.tables.check_changes(&changes)?;
        let _kept = opened.charge(changes.weight())?;
        let flush = sql::Flush::new(changes, opened.catalog(), dialect, opened.limits.statement)?;
        // The returned rows are those that the guest sent, so only their bytes are limited.
        let options = opened.within(db::RunOptions::default()).max_rows(None);
        let hide = |failed: db::FlushError| db::FlushError { error: opened.hide(failed.error), ..failed };
        Ok(conv::all(self.session.flush(flush, options).await.map_err(hide)?))
    }

    /// Loads rows and the rows of their relationships.
    pub(crate) async fn load(
        &self,
        plan: sessions::Plan,
        options: &sessions::Options,
    ) -> Result<(sessions::ResultSet, Vec<sessions::Loaded>), SqlError> {
        let opened = &self.opened;
        let dialect = opened.grant.database.dialect();
        let (plan, root) = conv::plan(plan);
        let _kept = opened.charge(root.weight())?;
        let mut loading = sql::Loading::new(&plan, opened.catalog(), dialect, opened.limits.statement)?;
        let root = match root {
            conv::Root::Query(statement, parameters) => {
                let compiled = opened.compile_joined(&mut loading, statement)?;
                loading.check_query(&compiled)?;
                db::Root::Query(compiled, parameters)
            }
            conv::Root::Keys(keys) => db::Root::Keys(loading.by_keys(&keys)?),
            conv::Root::Known(columns, rows) => {
                loading.take_known(columns, rows)?;
                db::Root::Known
            }
        };
        let is_known = matches!(root, db::Root::Known);
        let loading = self.session.load(root, loading, opened.run(options)).await;
        let (columns, rows, loaded) = loading.map_err(|error| opened.hide(error))?;
        // The guest has these rows already.
        let first = if is_known { sql::Batch::default() } else { rows };
        Ok((conv::complete(&columns, first, 0), conv::all(loaded)))
    }

    /// Reflects tables, and adds them to the catalog.
    pub(crate) async fn reflect(&self, options: schema::ReflectOptions) -> Result<Vec<schema::Table>, SqlError> {
        let limits = self.opened.within(db::RunOptions::default());
        let (options, granted) = (options.into(), &self.opened.grant.tables);
        granted.check_reflection(&options)?;
        let tables = self.opened.visible(self.session.reflect(options, limits.timeout).await?);
        self.opened.add_reflected(&tables)?;
        Ok(conv::all(tables))
    }

    async fn run(&self, run: StatementRequest, options: &sessions::Options) -> Result<PermittedResult, SqlError> {
        let options = self.opened.run(options);
        let columns_known = matches!(run, StatementRequest::Prepared(..));
        let answer = match run {
            StatementRequest::Compiled(compiled, parameters) | StatementRequest::Prepared(compiled, parameters) => {
                self.session.execute(compiled, parameters, options).await
            }
            StatementRequest::Text(text, parameters) => self.session.execute_text(text, parameters, options).await,
            StatementRequest::Many(statements) => self.session.insert_many(statements, options).await,
        };
        let answer = answer.map_err(|error| self.opened.hide(error))?;
        // Only a result that did not fit into one batch needs a cursor permit. Without one the result is dropped, which stops the
        // statement.
        let permit = match &answer.cursor {
            Some(_) => Some(self.opened.cursor_permit()?),
            None => None,
        };
        Ok(PermittedResult { answer, permit, limits: self.opened.limits.clone(), columns_known })
    }

    /// Inserts a batch and reads back the columns that the database does not return, as a flush does.
    async fn insert_and_read(
        &self,
        inserts: sql::flush::Inserts,
        options: &sessions::Options,
    ) -> Result<PermittedResult, SqlError> {
        let (opened, affected) = (&self.opened, inserts.rows.rows.into());
        let (catalog, dialect) = (opened.catalog(), opened.grant.database.dialect());
        let columns = sql::bulk::returned(&catalog, dialect, None, &inserts.table, &inserts.returning)?;
        let change = sql::flush::Change::Inserts(inserts);
        let flush = sql::Flush::new(vec![change], catalog, dialect, opened.limits.statement)?;
        let returned = self.session.flush(flush, opened.run(options)).await;
        let returned = returned.map_err(|failure| opened.hide(failure.error))?;
        let first_batch = returned.into_iter().next().unwrap_or_default();
        let answer = db::ResultSet { columns: columns.into(), first_batch, cursor: None, affected, last_key: None };
        Ok(PermittedResult { answer, permit: None, limits: opened.limits.clone(), columns_known: false })
    }

    /// Makes the statements that insert a batch.
    fn statements(&self, target: sql::InsertMany, batch: sql::Batch) -> Result<sql::BulkStatements, SqlError> {
        let opened = &self.opened;
        let dialect = opened.grant.database.dialect();
        let limits = opened.limits.statement;
        Ok(sql::BulkStatements::new(target, Arc::new(batch), opened.catalog(), dialect, limits)?)
    }
}

enum StatementRequest {
    Compiled(Arc<Compiled>, Vec<Value>),
    Prepared(Arc<Compiled>, Vec<Value>),
    Text(String, Vec<Value>),
    Many(sql::BulkStatements),
}

/// A result set, with the permit of its cursor if it has one.
pub(crate) struct PermittedResult {
    pub(crate) answer: db::ResultSet,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    pub(crate) limits: Arc<SqlLimits>,
    /// Whether the guest got the columns when it prepared the statement.
    pub(crate) columns_known: bool,
}
