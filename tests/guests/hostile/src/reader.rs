//! A reader that requests empty batches, gives up, or does not read at all.

use std::time::Duration;

use sqlservice_sdk::{
    bindings::sqlservice::database::{databases::Database as Raw, sessions::TransactionOptions as Options},
    prelude::*,
    schema::Models,
    statement::Query,
};

use crate::{
    forge,
    lines::outcome,
    model::{User, count_users, open},
    stop::at_poll,
};

/// Three numbers a row, and far more rows than are read.
fn cubes() -> impl Query<Row = (i64, i64, i64)> {
    let (second, third) = (alias::<User>("second"), alias::<User>("third"));
    select_columns((User::ID, User::ID.of(second), User::ID.of(third)))
        .from::<User>()
        .join_alias(second, literal(true))
        .join_alias(third, literal(true))
}

pub async fn badly() -> Result<Vec<String>, Error> {
    let mut saw = vec![nothing_asked().await?];
    let session = open().await?.session()?;
    let mut rows = session.stream(&cubes(), 1).await?;
    let mut slowly = 0;
    for _ in 0..5 {
        slowly += rows.next_batch().await?.map_or(0, |batch| batch.len());
        sleep(Duration::from_millis(2)).await;
    }
    saw.push(format!("{slowly} slowly"));
    for _ in 0..50 {
        // The dropped call loses its batch, and nothing else.
        drop(at_poll(rows.next_batch(), 1).await);
    }
    saw.push(format!("then {:?}", rows.next_batch().await?.map(|batch| batch.len())));
    drop(rows);
    let now = outcome(count_users(&session).await);
    session.rollback().await?;
    saw.extend([now, outcome(count_users(&session).await)]);
    Ok(saw)
}

pub async fn never(idle: u32) -> Result<Vec<String>, Error> {
    let session = open().await?.session()?;
    let mut rows = session.stream(&cubes(), 100).await?;
    let first = rows.next_batch().await?.map(|batch| batch.len());
    sleep(Duration::from_millis(idle.into())).await;
    let second = rows.next_batch().await.map(|batch| format!("{:?}", batch.is_some()));
    drop(rows);
    let mut saw = vec![format!("{first:?}"), outcome(second), outcome(count_users(&session).await)];
    session.rollback().await?;
    saw.push(outcome(count_users(&session).await));
    Ok(saw)
}

/// Batches limited to no rows and no bytes have a row each.
async fn nothing_asked() -> Result<String, Error> {
    let db = Raw::open("default".to_owned(), Models { tables: Vec::new(), relationships: Vec::new() }).await?;
    let session = db.begin(Options::default()).await?;
    let three = forge::numbers(3);
    let options = RunOptions { batch_rows: Some(0), ..RunOptions::default() };
    let answer = session.execute(three, Vec::new(), options).await?;
    let mut batches = vec![answer.first_batch.rows];
    if let Some(cursor) = answer.cursor {
        while let Some(batch) = cursor.next_batch(0, 0).await? {
            batches.push(batch.rows);
        }
    }
    Ok(format!("{batches:?}"))
}
