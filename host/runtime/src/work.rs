//! What a connection and a session do alike: check a statement, run it, and hold what it needs while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use sqlservice_db as db;
use sqlservice_sql::{self as sql, Catalog, Compiled, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::{errors, rows, sessions, statements, values},
    conv,
    ctx::{Grant, HasSql, SqlLimits},
    cursor::Cursor,
    known::{Counters, Known},
    prepared::Prepared,
    savepoint::Savepoint,
};

/// A database that a guest opened, with its models.
pub(crate) struct Opened {
    pub(crate) grant: Grant,
    pub(crate) limits: Arc<SqlLimits>,
    pub(crate) sessions: Arc<Semaphore>,
    pub(crate) cursors: Arc<Semaphore>,
    counters: Arc<Counters>,
    known: RwLock<Arc<Known>>,
}

impl Opened {
    pub(crate) fn new(grant: Grant, known: Arc<Known>, ctx: &crate::SqlCtx) -> Self {
        Self {
            grant,
            limits: ctx.limits.clone(),
            sessions: ctx.sessions.clone(),
            cursors: ctx.cursors.clone(),
            counters: ctx.counters.clone(),
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
        Ok(self.known().compile(statement.into(), dialect, &self.limits.statement, &self.counters)?)
    }

    /// The query of a plan with the loads that join it, or as it is where these make more of it than a statement may be.
    fn compile_joined(
        &self,
        loading: &mut sql::Loading,
        query: statements::Statement,
    ) -> Result<Arc<Compiled>, SqlError> {
        let (query, dialect, limits) = (query.into(), self.grant.database.dialect(), &self.limits.statement);
        let known = self.known();
        if let Some(joined) = loading.join(&query) {
            if let Ok(compiled) = known.compile(joined, dialect, limits, &self.counters) {
                return Ok(compiled);
            }
            loading.apart();
        }
        Ok(known.compile(query, dialect, limits, &self.counters)?)
    }

    /// One more session or connection, where the guest may have one.
    pub(crate) fn permit(&self) -> Result<OwnedSemaphorePermit, SqlError> {
        take(&self.sessions, errors::LimitKind::Sessions, self.limits.sessions)
    }

    /// Transaction options cut to the host's limits.
    pub(crate) fn transaction(&self, options: &sessions::TransactionOptions) -> db::TransactionOptions {
        let mut options = conv::transaction_options(options);
        options.timeout = lower(options.timeout, self.limits.transaction_time);
        options
    }

    /// Run options cut to the host's limits.
    pub(crate) fn run(&self, options: &sessions::Options) -> db::RunOptions {
        self.within(conv::run_options(options))
    }

    /// The same for a call that has none: the host's limits.
    fn within(&self, mut options: db::RunOptions) -> db::RunOptions {
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

fn take(all: &Arc<Semaphore>, kind: errors::LimitKind, allowed: u32) -> Result<OwnedSemaphorePermit, SqlError> {
    all.clone()
        .try_acquire_owned()
        .map_err(|_| errors::Error::Limit(errors::LimitReached { kind, allowed: allowed.into() }).into())
}

/// The lower of two limits, where there are any.
fn lower<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// A connection or session of a guest. Dropping it rolls back and gives the connection back, in a task of the host's.
pub(crate) struct Work {
    pub(crate) session: db::Session,
    pub(crate) opened: Arc<Opened>,
    _permit: OwnedSemaphorePermit,
}

impl Work {
    pub(crate) fn new(session: db::Session, opened: Arc<Opened>, permit: OwnedSemaphorePermit) -> Arc<Self> {
        let session = session.limit_transactions(opened.limits.transaction_time);
        Arc::new(Self { session, opened, _permit: permit })
    }

    async fn run(&self, run: Run, options: &sessions::Options) -> Result<Answered, SqlError> {
        let options = self.opened.run(options);
        let told = matches!(run, Run::Prepared(..));
        let answer = match run {
            Run::Compiled(compiled, parameters) | Run::Prepared(compiled, parameters) => {
                self.session.execute(compiled, parameters, options).await?
            }
            Run::Text(text, parameters) => self.session.execute_text(text, parameters, options).await?,
            Run::Many(portions) => self.session.insert_many(portions, options).await?,
        };
        // Only a result that did not fit needs a cursor's place. Without one the result is dropped, which stops it.
        let permit = match &answer.rest {
            Some(_) => Some(take(&self.opened.cursors, errors::LimitKind::Cursors, self.opened.limits.cursors)?),
            None => None,
        };
        Ok(Answered { answer, permit, limits: self.opened.limits.clone(), told })
    }

    /// Inserts a batch and reads back what the database does not return of it, as a unit of work does.
    async fn insert_and_read(
        &self,
        inserts: sql::flush::Inserts,
        options: &sessions::Options,
    ) -> Result<sessions::Answer, SqlError> {
        let (opened, affected) = (&self.opened, inserts.rows.rows.into());
        let (catalog, dialect) = (opened.catalog(), opened.grant.database.dialect());
        let columns = sql::insert_many::returned(&catalog, None, &inserts.table, &inserts.returning)?;
        let change = sql::flush::Change::Inserts(inserts);
        let flush = sql::Flush::new(vec![change], catalog, dialect, opened.limits.statement)?;
        let returned = self.session.flush(flush, opened.run(options)).await.map_err(|failure| failure.error)?;
        let first = returned.into_iter().next().unwrap_or_default();
        let columns = columns.iter().map(Into::into).collect();
        Ok(sessions::Answer { columns, first: first.into(), rest: None, affected })
    }

    /// The statements that insert a batch.
    fn portions(&self, target: sql::InsertMany, batch: sql::Batch) -> Result<sql::Portions, SqlError> {
        let opened = &self.opened;
        let dialect = opened.grant.database.dialect();
        let limits = opened.limits.statement;
        Ok(sql::Portions::new(target, Arc::new(batch), opened.catalog(), dialect, limits)?)
    }
}

enum Run {
    Compiled(Arc<Compiled>, Vec<Value>),
    Prepared(Arc<Compiled>, Vec<Value>),
    Text(String, Vec<Value>),
    Many(sql::Portions),
}

/// An answer with the cursor's place that it may need.
struct Answered {
    answer: db::Answer,
    permit: Option<OwnedSemaphorePermit>,
    limits: Arc<SqlLimits>,
    /// Whether the guest was told of the columns when it prepared the statement.
    told: bool,
}

impl Answered {
    /// Gives it to the guest, with a cursor in its table where there is more to come.
    fn give<T>(self, store: &Accessor<T, HasSql>) -> Result<sessions::Answer, SqlError> {
        let told = self.told;
        let db::Answer { columns, first, rest, affected, .. } = self.answer;
        let rest = rest.zip(self.permit).map(|(rest, permit)| Cursor::new(rest, permit, self.limits));
        let rest = match rest {
            Some(cursor) => Some(store.with(|mut access| access.get().table.push(cursor))?),
            None => None,
        };
        let columns = if told { Vec::new() } else { columns.iter().map(Into::into).collect() };
        Ok(sessions::Answer { columns, first: first.into(), rest, affected })
    }
}

/// A resource that holds a [`Work`].
pub(crate) trait Holds: Send + 'static {
    /// The work.
    fn work(&self) -> &Arc<Work>;
}

/// Clones the work out of the table, so that nothing of the store is held while it is awaited.
pub(crate) fn of<T, R: Holds>(store: &Accessor<T, HasSql>, resource: &Resource<R>) -> Result<Arc<Work>, SqlError> {
    Ok(store.with(|mut access| access.get().table.get(resource).map(|r| r.work().clone()))?)
}

pub(crate) async fn execute<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    statement: statements::Statement,
    parameters: Vec<values::Value>,
    options: sessions::Options,
) -> Result<sessions::Answer, SqlError> {
    let work = of(store, &this)?;
    let compiled = work.opened.compile(statement)?;
    work.run(Run::Compiled(compiled, conv::all(parameters)), &options).await?.give(store)
}

pub(crate) fn prepare<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    statement: statements::Statement,
) -> Result<Resource<Prepared>, SqlError> {
    let work = of(store, &this)?;
    let compiled = work.opened.compile(statement)?;
    let prepared = Prepared { compiled, opened: work.opened.clone() };
    Ok(store.with(|mut access| access.get().table.push(prepared))?)
}

pub(crate) async fn run<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    prepared: Resource<Prepared>,
    parameters: Vec<values::Value>,
    options: sessions::Options,
) -> Result<sessions::Answer, SqlError> {
    let work = of(store, &this)?;
    let prepared = store.with(|mut access| access.get().table.get(&prepared).cloned())?;
    if !Arc::ptr_eq(&prepared.opened, &work.opened) {
        return Err(sql::Error::invalid("the statement was prepared for another database").into());
    }
    work.run(Run::Prepared(prepared.compiled, conv::all(parameters)), &options).await?.give(store)
}

pub(crate) async fn insert_many<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    table: String,
    columns: Vec<String>,
    batch: rows::Batch,
    returning: Vec<String>,
    options: sessions::Options,
) -> Result<sessions::Answer, SqlError> {
    let work = of(store, &this)?;
    if !returning.is_empty() && !work.opened.grant.database.dialect().capabilities().insert_returning {
        let inserts = sql::flush::Inserts { table, columns, rows: batch.into(), links: Vec::new(), returning };
        return work.insert_and_read(inserts, &options).await;
    }
    let target = sql::InsertMany { schema: None, table, columns, returning };
    let portions = work.portions(target, batch.into())?;
    work.run(Run::Many(portions), &options).await?.give(store)
}

pub(crate) async fn flush<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    changes: Vec<sessions::Change>,
) -> Result<Vec<rows::Batch>, SqlError> {
    let work = of(store, &this)?;
    let opened = &work.opened;
    let dialect = opened.grant.database.dialect();
    let flush = sql::Flush::new(conv::all(changes), opened.catalog(), dialect, opened.limits.statement)?;
    // What comes back was sent, row by row: its bytes are limited, its rows are not.
    let options = db::RunOptions { max_rows: None, ..opened.within(db::RunOptions::default()) };
    Ok(conv::all(work.session.flush(flush, options).await?))
}

pub(crate) async fn load<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    plan: sessions::Plan,
    options: sessions::Options,
) -> Result<(sessions::Answer, Vec<sessions::Loaded>), SqlError> {
    let work = of(store, &this)?;
    let opened = &work.opened;
    let dialect = opened.grant.database.dialect();
    let (plan, start) = conv::plan(plan);
    let mut loading = sql::Loading::new(&plan, opened.catalog(), dialect, opened.limits.statement)?;
    let root = match start {
        conv::Start::Query(statement, parameters) => {
            let compiled = opened.compile_joined(&mut loading, statement)?;
            loading.check_query(&compiled)?;
            db::Root::Query(compiled, parameters)
        }
        conv::Start::Keys(keys) => db::Root::Keys(loading.by_keys(&keys)?),
        conv::Start::Known(columns, rows) => {
            loading.take_known(columns, rows)?;
            db::Root::Known
        }
    };
    let is_known = matches!(root, db::Root::Known);
    let (columns, rows, loaded) = work.session.load(root, loading, opened.run(&options)).await?;
    // What the guest has it need not be given.
    let first = if is_known { sql::Batch::default() } else { rows };
    let columns = columns.iter().map(Into::into).collect();
    let answer = sessions::Answer { columns, first: first.into(), rest: None, affected: 0 };
    let loaded = loaded.into_iter().map(|sql::load::Loaded { load, columns, rows }| sessions::Loaded {
        load: u32::try_from(load).unwrap_or(u32::MAX),
        columns: columns.iter().map(Into::into).collect(),
        rows: rows.into(),
    });
    Ok((answer, loaded.collect()))
}

pub(crate) async fn execute_text<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    text: String,
    parameters: Vec<values::Value>,
    options: sessions::Options,
) -> Result<sessions::Answer, SqlError> {
    let work = of(store, &this)?;
    if !work.opened.grant.raw_sql {
        return Err(errors::Error::Denied("raw SQL on this database".to_owned()).into());
    }
    work.run(Run::Text(text, conv::all(parameters)), &options).await?.give(store)
}

pub(crate) async fn begin<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
    options: sessions::TransactionOptions,
) -> Result<(), SqlError> {
    let work = of(store, &this)?;
    Ok(work.session.begin(work.opened.transaction(&options)).await?)
}

pub(crate) async fn begin_nested<T, R: Holds>(
    store: &Accessor<T, HasSql>,
    this: Resource<R>,
) -> Result<Resource<Savepoint>, SqlError> {
    let work = of(store, &this)?;
    let savepoint = Savepoint { savepoint: work.session.begin_nested().await?, _work: work };
    Ok(store.with(|mut access| access.get().table.push(savepoint))?)
}

pub(crate) async fn commit<T, R: Holds>(store: &Accessor<T, HasSql>, this: Resource<R>) -> Result<(), SqlError> {
    Ok(of(store, &this)?.session.commit().await?)
}

pub(crate) async fn rollback<T, R: Holds>(store: &Accessor<T, HasSql>, this: Resource<R>) -> Result<(), SqlError> {
    Ok(of(store, &this)?.session.rollback().await?)
}

/// Takes the resource away from the guest and waits until its connection is back.
pub(crate) async fn close<T, R: Holds>(store: &Accessor<T, HasSql>, this: Resource<R>) -> Result<(), SqlError> {
    let held = store.with(|mut access| access.get().table.delete(this))?;
    let work = held.work().clone();
    drop(held);
    Ok(work.session.close().await?)
}
