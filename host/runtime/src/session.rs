//! The contract's `session`: a transaction at a time, its connection taken at first use.

use std::sync::Arc;

use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Answer, Change, HostSession, HostSessionWithStore, Loaded, Options, Plan, TransactionOptions},
        statements::Statement,
        values::Value,
    },
    ctx::{HasSql, SqlCtxView},
    prepared::Prepared,
    savepoint::Savepoint,
    work::{self, Holds, Work},
};

/// A session of a guest. Dropping it rolls back and gives the pool's connection back, in a task of the host's.
pub struct Session(pub(crate) Arc<Work>);

impl Holds for Session {
    fn work(&self) -> &Arc<Work> {
        &self.0
    }
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
    ) -> Result<Answer, SqlError> {
        work::execute(store, this, statement, parameters, options).await
    }

    async fn prepare(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        statement: Statement,
    ) -> Result<Resource<Prepared>, SqlError> {
        work::prepare(store, this, statement)
    }

    async fn run(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        prepared: Resource<Prepared>,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<Answer, SqlError> {
        work::run(store, this, prepared, parameters, options).await
    }

    async fn insert_many(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        table: String,
        columns: Vec<String>,
        rows: Batch,
        returning: Vec<String>,
        options: Options,
    ) -> Result<Answer, SqlError> {
        work::insert_many(store, this, table, columns, rows, returning, options).await
    }

    async fn load(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        plan: Plan,
        options: Options,
    ) -> Result<(Answer, Vec<Loaded>), SqlError> {
        work::load(store, this, plan, options).await
    }

    async fn flush(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        changes: Vec<Change>,
    ) -> Result<Vec<Batch>, SqlError> {
        work::flush(store, this, changes).await
    }

    async fn begin(
        store: &Accessor<T, Self>,
        this: Resource<Session>,
        options: TransactionOptions,
    ) -> Result<(), SqlError> {
        work::begin(store, this, options).await
    }

    async fn begin_nested(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<Resource<Savepoint>, SqlError> {
        work::begin_nested(store, this).await
    }

    async fn commit(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<(), SqlError> {
        work::commit(store, this).await
    }

    async fn rollback(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<(), SqlError> {
        work::rollback(store, this).await
    }

    async fn close(store: &Accessor<T, Self>, this: Resource<Session>) -> Result<(), SqlError> {
        work::close(store, this).await
    }
}
