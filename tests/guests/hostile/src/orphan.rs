//! Parents dropped before their children, statements of another database, and guessed names.

use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as RawDatabase,
        sessions::{Savepoint, Session as Raw, TransactionOptions as Options},
    },
    prelude::*,
    schema::Models,
};

use crate::{
    forge::numbers,
    lines::{done, outcome},
};

async fn open(name: &str) -> Result<RawDatabase, Error> {
    let none = Models { tables: Vec::new(), relationships: Vec::new() };
    Ok(RawDatabase::open(name.to_owned(), none).await?)
}

/// Drops a database before its prepared statement is run, and sessions before their cursor and their savepoint.
pub async fn parents() -> Result<Vec<String>, Error> {
    let db = open("default").await?;
    let session: Raw = db.begin(Options::default()).await?;
    let prepared = session.prepare(numbers(3)).await?;
    drop(db);
    let ran = session.run(&prepared, Vec::new(), RunOptions::default()).await;
    let mut saw =
        vec![format!("prepared: {}", outcome(ran.map(|answer| answer.first_batch.rows).map_err(Error::from)))];
    drop(session);
    drop(prepared);

    let session: Raw = open("default").await?.begin(Options::default()).await?;
    let one = RunOptions { batch_rows: Some(1), ..RunOptions::default() };
    let answer = session.execute(numbers(3), Vec::new(), one).await?;
    let cursor = answer.cursor.ok_or_else(|| Error::other("there is no cursor"))?;
    drop(session);
    let next = cursor.next_batch(1, u32::MAX).await.map(|batch| batch.map_or(0, |batch| batch.rows));
    saw.push(format!("cursor: {}", outcome(next.map_err(Error::from))));
    drop(cursor);

    let session: Raw = open("default").await?.begin(Options::default()).await?;
    let savepoint = session.begin_nested().await?;
    drop(session);
    saw.push(format!("savepoint: {}", done(Savepoint::release(savepoint).await.map_err(Error::from))));
    Ok(saw)
}

/// Runs the prepared statement of each of two databases in a session of the other one, then in its own.
pub async fn swapped(names: &[String; 2]) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    for name in names {
        let session: Raw = open(name).await?.connect().await?;
        let prepared = session.prepare(numbers(2)).await?;
        all.push((session, prepared));
    }
    let mut saw = Vec::new();
    for (at, in_session) in [(0, 1), (1, 0), (0, 0), (1, 1)] {
        let ran = all[in_session].0.run(&all[at].1, Vec::new(), RunOptions::default()).await;
        saw.push(outcome(ran.map(|answer| answer.first_batch.rows).map_err(Error::from)));
        // Both may be the same file, which one session can lock.
        all[in_session].0.rollback().await?;
    }
    Ok(saw)
}

/// The result of opening each of these databases.
pub async fn guessed(names: Vec<String>) -> Vec<String> {
    let mut saw = Vec::new();
    for name in names {
        saw.push(outcome(open(&name).await.map(|_| "opened")));
    }
    saw
}
