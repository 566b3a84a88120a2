//! The contract's `raw-sql`: SQL as text, where it was granted.

use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::{
        raw_sql::{Host, HostWithStore},
        sessions::{Answer, Options},
        values::Value,
    },
    connection::Connection,
    ctx::{HasSql, SqlCtxView},
    session::Session,
    work,
};

impl Host for SqlCtxView<'_> {}

impl<T: Send> HostWithStore<T> for HasSql {
    async fn execute(
        store: &Accessor<T, Self>,
        connection: Resource<Connection>,
        sql: String,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<Answer, SqlError> {
        work::execute_text(store, connection, sql, parameters, options).await
    }

    async fn execute_in(
        store: &Accessor<T, Self>,
        session: Resource<Session>,
        sql: String,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<Answer, SqlError> {
        work::execute_text(store, session, sql, parameters, options).await
    }
}
