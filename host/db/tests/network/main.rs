//! Connections to PostgreSQL and MariaDB: values, errors, cancellation, cleanup. Needs both servers, see [`server::one`].

mod errors;
mod infile;
mod limits;
mod logins;
mod outcome;
mod poison;
mod pool;
mod proxy;
#[path = "../server/mod.rs"]
mod server;
mod sessions;
mod silence;
mod stopping;
mod storage;
mod trips;
mod values;

use sqlservice_db::{RunOptions, Session};
use sqlservice_sql::{Scalar, Value};

use server::{Kind, Server, run_with};

fn integer(value: i64) -> Value {
    Scalar::Integer(value).into()
}

fn text(value: &str) -> Value {
    Scalar::Text(value.into()).into()
}

async fn ask(session: &Session, sql: &str, parameters: Vec<Value>) -> Value {
    run_with(session, sql, parameters, RunOptions::default()).await.expect(sql).first_batch.value(0, 0)
}

/// Returns the server's id of the session's connection, by a compiled statement: after text the connection would be reset or closed.
async fn ask_id(session: &Session, server: &Server) -> Value {
    let compiled = server::compiled(server.own_id(), &[], &[("id", sqlservice_sql::schema::TypeKind::Int64)]);
    session.execute(compiled, vec![], RunOptions::default()).await.expect("an id").first_batch.value(0, 0)
}

/// A parameter's placeholder.
fn place(server: &Server, at: usize) -> String {
    match server.kind {
        Kind::Postgres => format!("${at}"),
        Kind::Mariadb => "?".into(),
    }
}
