//! The contract's `connection`: Core level, commit as you go.

use std::sync::Arc;

use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::{
        rows::Batch,
        sessions::{Answer, HostConnection, HostConnectionWithStore, Isolation, Options, TransactionOptions},
        statements::Statement,
        values::Value,
    },
    ctx::{HasSql, SqlCtxView},
    prepared::Prepared,
    savepoint::Savepoint,
    work::{self, Holds, Work},
};

/// A connection of a guest. Dropping it rolls back and gives the pool's connection back, in a task of the host's.
pub struct Connection(pub(crate) Arc<Work>);

impl Holds for Connection {
    fn work(&self) -> &Arc<Work> {
        &self.0
    }
}

impl HostConnection for SqlCtxView<'_> {
    fn in_transaction(&mut self, this: Resource<Connection>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&this)?.0.session.in_transaction())
    }

    fn drop(&mut self, this: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for HasSql {
    async fn execute(
        store: &Accessor<T, Self>,
        this: Resource<Connection>,
        statement: Statement,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<Answer, SqlError> {
        work::execute(store, this, statement, parameters, options).await
    }

    async fn prepare(
        store: &Accessor<T, Self>,
        this: Resource<Connection>,
        statement: Statement,
    ) -> Result<Resource<Prepared>, SqlError> {
        work::prepare(store, this, statement)
    }

    async fn run(
        store: &Accessor<T, Self>,
        this: Resource<Connection>,
        prepared: Resource<Prepared>,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<Answer, SqlError> {
        work::run(store, this, prepared, parameters, options).await
    }

    async fn insert_many(
        store: &Accessor<T, Self>,
        this: Resource<Connection>,
        table: String,
        columns: Vec<String>,
        rows: Batch,
        returning: Vec<String>,
        options: Options,
    ) -> Result<Answer, SqlError> {
        work::insert_many(store, this, table, columns, rows, returning, options).await
    }

    async fn begin(
        store: &Accessor<T, Self>,
        this: Resource<Connection>,
        options: TransactionOptions,
    ) -> Result<(), SqlError> {
        work::begin(store, this, options).await
    }

    async fn begin_nested(
        store: &Accessor<T, Self>,
        this: Resource<Connection>,
    ) -> Result<Resource<Savepoint>, SqlError> {
        work::begin_nested(store, this).await
    }

    async fn commit(store: &Accessor<T, Self>, this: Resource<Connection>) -> Result<(), SqlError> {
        work::commit(store, this).await
    }

    async fn rollback(store: &Accessor<T, Self>, this: Resource<Connection>) -> Result<(), SqlError> {
        work::rollback(store, this).await
    }

    async fn set_isolation(
        store: &Accessor<T, Self>,
        this: Resource<Connection>,
        level: Isolation,
    ) -> Result<(), SqlError> {
        Ok(work::of(store, &this)?.session.set_isolation(level.into()).await?)
    }

    async fn get_isolation(store: &Accessor<T, Self>, this: Resource<Connection>) -> Result<Isolation, SqlError> {
        Ok(work::of(store, &this)?.session.isolation().await?.into())
    }

    async fn close(store: &Accessor<T, Self>, this: Resource<Connection>) -> Result<(), SqlError> {
        work::close(store, this).await
    }
}
