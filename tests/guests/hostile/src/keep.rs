//! Small guests that make the host keep much memory.

use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as RawDatabase,
        sessions::{Session as Raw, TransactionOptions as Options},
        statements::{Node, Root, Select, Statement},
    },
    prelude::*,
    schema::{self, Models},
    value::{Scalar, Value},
};

use crate::lines;

/// Bytes of a comment, below the limit for texts of a model.
const COMMENT: u32 = 16_000;

fn text(bytes: u32) -> Value {
    Value::Scalar(Scalar::Text("x".repeat(bytes as usize)))
}

/// A query of one value.
fn selecting(value: Node) -> Statement {
    let select = Select {
        ctes: Vec::new(),
        columns: vec![0],
        distinct: false,
        source: None,
        where_: None,
        group_by: Vec::new(),
        having: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        lock: None,
    };
    Statement { nodes: vec![value, Node::Select(select)], root: Root::Select(1) }
}

/// Opens the database with a table of this many columns, each with a comment of [`COMMENT`] bytes.
async fn open(columns: u32) -> Result<RawDatabase, Error> {
    let mut table = schema::table("kept");
    table.columns = vec![schema::column::<i64>("id")];
    table.columns.extend((0..columns).map(|at| {
        let mut column = schema::column::<i64>(&format!("c{at}"));
        column.comment = Some("x".repeat(COMMENT as usize));
        column
    }));
    table.primary_key = vec!["id".to_owned()];
    let models = Models { tables: vec![table], relationships: Vec::new() };
    Ok(RawDatabase::open("default".to_owned(), models).await?)
}

async fn session() -> Result<Raw, Error> {
    Ok(open(0).await?.begin(Options::default()).await?)
}

/// Creates this many things of this many bytes each. Returns how many were created before one was refused, and the error;
/// and how often the same works once more after all are dropped.
pub async fn all(what: &str, count: u32, bytes: u32) -> Result<Vec<String>, Error> {
    let mut saw = Vec::new();
    for _ in 0..2 {
        saw.push(match what {
            "prepared" => prepared(count, bytes).await?,
            "models" => models(count, bytes).await?,
            _ => waiting(count, bytes).await?,
        });
    }
    Ok(saw)
}

fn until(kept: usize, refused: Option<Error>) -> String {
    let refused = refused.map_or_else(|| "nothing refused".to_owned(), |error| lines::error(&error));
    format!("{kept}, then {refused}")
}

async fn prepared(count: u32, bytes: u32) -> Result<String, Error> {
    let session = session().await?;
    let mut kept = Vec::new();
    for _ in 0..count {
        match session.prepare(selecting(Node::Literal(text(bytes)))).await {
            Ok(prepared) => kept.push(prepared),
            Err(error) => return Ok(until(kept.len(), Some(error.into()))),
        }
    }
    Ok(until(kept.len(), None))
}

async fn models(count: u32, bytes: u32) -> Result<String, Error> {
    let mut kept = Vec::new();
    for _ in 0..count {
        match open(bytes / COMMENT).await {
            Ok(database) => kept.push(database),
            Err(error) => return Ok(until(kept.len(), Some(error))),
        }
    }
    Ok(until(kept.len(), None))
}

/// Concurrent calls of one session, which are queued.
async fn waiting(count: u32, bytes: u32) -> Result<String, Error> {
    let session = session().await?;
    let prepared = session.prepare(selecting(Node::Parameter(0))).await?;
    let calls = (0..count).map(|_| session.run(&prepared, vec![text(bytes)], RunOptions::default()));
    let mut answers: Vec<Result<_, Error>> = Vec::new();
    for answer in futures::future::join_all(calls).await {
        answers.push(answer.map(|answer| answer.affected).map_err(Error::from));
    }
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    Ok(until(done, answers.into_iter().find_map(Result::err)))
}
