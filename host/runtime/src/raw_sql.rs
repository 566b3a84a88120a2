//! The contract's `raw-sql`: SQL as text, where it was granted.

use wasmtime::component::{Accessor, Resource};

use crate::{
    SqlError,
    bindings::sqlservice::database::{
        raw_sql::{Host, HostWithStore},
        sessions::{Options, ResultSet},
        values::Value,
    },
    ctx::{HasSql, SqlCtxView},
    session::{Session, into_wit, lookup},
};

impl Host for SqlCtxView<'_> {}

impl<T: Send> HostWithStore<T> for HasSql {
    async fn execute(
        store: &Accessor<T, Self>,
        session: Resource<Session>,
        sql: String,
        parameters: Vec<Value>,
        options: Options,
    ) -> Result<ResultSet, SqlError> {
        into_wit(store, lookup(store, &session)?.execute_text(sql, parameters, &options).await?)
    }
}
