//! The contract's `session`: finds the session, converts, and delegates to it.

use std::sync::Arc;

use sqlservice_db as db;
use sqlservice_sql::Weight as _;
use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::{
        rows::Batch,
        schema::{ReflectOptions, Table},
        sessions::{
            Change, HostSession, HostSessionWithStore, Isolation, Loaded, Options, Plan, ResultSet, TransactionOptions,
        },
        statements::Statement,
        values::Value,
    },
    conv,
    ctx::{HasSql, SqlCtxView},
    cursor::Cursor,
    prepared::Prepared,
    savepoint::Savepoint,
    session_state::{PermittedResult, SessionState},
};

/// A session of a guest. Dropping it rolls back and returns the connection to its pool, in a host-owned task.
pub struct Session(pub(crate) Arc<SessionState>);

/// Clones the state out of the table, so that the store is not borrowed across an await.
pub(crate) fn lookup<T>(store: &Accessor<T, HasSql>, this: &Resource<Session>) -> Result<Arc<SessionState>, SqlError> {
    Ok(store.with(|mut access| access.get().table.get(this).map(|session| session.0.clone()))?)
}

/// Passes a result to the guest, with a cursor in its table where there are more rows.
pub(crate) fn into_wit<T>(store: &Accessor<T, HasSql>, answered: PermittedResult) -> Result<ResultSet, SqlError> {
    let db::ResultSet { columns, first_batch, cursor, affected, last_key } = answered.answer;
    let columns = if answered.columns_known { [].into() } else { columns };
    let cursor = cursor.zip(answered.permit).map(|(cursor, permit)| Cursor::new(cursor, permit, answered.limits));
    let cursor = match cursor {
        Some(cursor) => Some(store.with(|mut access| access.get().table.push(cursor))?),
        None => None,
    };
    Ok(ResultSet { cursor, last_key, ..conv::complete(&columns, first_batch, affected) })
}

impl HostSession for SqlCtxView<'_> {
    fn in_transaction(&mut self, this: Resource<Session>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&this)?.0.session.in_transaction())
    }

    fn drop(&mut self, this: Resource<Session>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl<T: Send> HostSessionWithStore<T> for HasSql {
    async fn execute(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        statement: Statement,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<ResultSet, SqlError> {
        into_wit(store, lookup(store, &this)?.execute(statement, parameters, &options).await?)
    }

    async fn prepare(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        statement: Statement,
    ) -> Result<Resource<Prepared>, SqlError> {
        let opened = lookup(store, &this)?.opened.clone();
        let statement: sqlservice_sql::statement::Statement = statement.into();
        let running = opened.charge(statement.weight())?;
        let compiled = opened.compile(statement)?;
        drop(running);
        let kept = opened.charge(compiled.weight())?.map(Arc::new);
        let prepared = Prepared { compiled, opened, _kept: kept };
        Ok(store.with(|mut access| access.get().table.push(prepared))?)
    }

    async fn run(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        prepared: Resource<Prepared>,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<ResultSet, SqlError> {
        let session = lookup(store, &this)?;
        let prepared = store.with(|mut access| access.get().table.get(&prepared).cloned())?;
        into_wit(store, session.execute_prepared(&prepared.opened, prepared.compiled, parameters, &options).await?)
    }

    async fn insert_many(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        table: String,
        columns: Vec<String>,
        rows: Batch,
        returning: Vec<String>,
        options: Options,
    ) -> Result<ResultSet, SqlError> {
        let inserts = conv::inserts(table, columns, rows, returning);
        into_wit(store, lookup(store, &this)?.insert_many(inserts, &options).await?)
    }

    async fn load(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        plan: Plan,
        options: Options,
    ) -> Result<(ResultSet, Vec<Loaded>), SqlError> {
        lookup(store, &this)?.load(plan, &options).await
    }

    async fn flush(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        changes: Vec<Change>,
    ) -> Result<Vec<Batch>, SqlError> {
        lookup(store, &this)?.flush(changes).await
    }

    async fn begin(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        options: TransactionOptions,
    ) -> Result<(), SqlError> {
        let state = lookup(store, &this)?;
        Ok(state.session.begin(state.opened.transaction(&options)).await?)
    }

    async fn begin_nested(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<Resource<Savepoint>, SqlError> {
        let state = lookup(store, &this)?;
        let savepoint = Savepoint { savepoint: state.session.begin_nested().await?, _session: state };
        Ok(store.with(|mut access| access.get().table.push(savepoint))?)
    }

    async fn commit(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<(), SqlError> {
        let state = lookup(store, &this)?;
        Ok(state.session.commit().await.map_err(|error| state.opened.hide(error))?)
    }

    async fn rollback(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<(), SqlError> {
        Ok(lookup(store, &this)?.session.rollback().await?)
    }

    async fn set_isolation(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        level: Isolation,
    ) -> Result<(), SqlError> {
        Ok(lookup(store, &this)?.session.set_isolation(level.into()).await?)
    }

    async fn get_isolation(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<Isolation, SqlError> {
        Ok(lookup(store, &this)?.session.isolation().await?.into())
    }

    async fn reflect(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        options: ReflectOptions,
    ) -> Result<Vec<Table>, SqlError> {
        lookup(store, &this)?.reflect(options).await
    }

    /// Removes the resource from the guest's table, and waits until its connection is back in the pool.
    async fn close(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<(), SqlError> {
        let state = store.with(|mut access| access.get().table.delete(this))?.0;
        Ok(state.session.close().await?)
    }
}
