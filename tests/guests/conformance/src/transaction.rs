//! Transactions, savepoints and isolation.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{done, outcome},
    model::{User, add, names, open},
};

pub async fn c04_pending_rollback() -> Saw {
    let session = open().await?.session()?;
    let mut saw = vec![outcome(add(&session, 10, "ten").await)];
    saw.push(outcome(add(&session, 10, "another").await));
    saw.push(outcome(names(&session).await));
    saw.push(done(session.commit().await));
    saw.push(session.in_transaction().to_string());
    session.rollback().await?;
    saw.push(names(&session).await?);
    saw.push(outcome(add(&session, 11, "eleven").await));
    session.commit().await?;
    Ok(saw)
}

pub async fn c05_pending_rollback_in_savepoint() -> Saw {
    let session = open().await?.begin().await?;
    let mut saw = vec![outcome(add(&session, 10, "ten").await)];
    let savepoint = session.begin_nested().await?;
    saw.push(outcome(add(&session, 11, "u1").await));
    saw.push(outcome(names(&session).await));
    savepoint.rollback().await?;
    saw.push(names(&session).await?);
    // The same with the work in a closure, and a statement that fails.
    let nested = session.nested(async |session| {
        add(session, 12, "twelve").await?;
        add(session, 12, "twelve again").await
    });
    saw.push(outcome(nested.await));
    saw.push(outcome(session.nested(async |session| add(session, 13, "thirteen").await).await));
    session.commit().await?;
    Ok(saw)
}

pub async fn c06_savepoint_rolled_back() -> Saw {
    let session = open().await?.begin().await?;
    let savepoint = session.begin_nested().await?;
    let rename = update::<User>().set(User::NAME, User::NAME.concat("x")).filter(User::ID.le(2));
    let mut saw = vec![session.execute(&rename).await?.to_string()];
    add(&session, 3, "u3").await?;
    saw.push(names(&session).await?);
    savepoint.rollback().await?;
    saw.push(names(&session).await?);
    // A dropped savepoint is rolled back before the next call.
    let dropped = session.begin_nested().await?;
    add(&session, 4, "u4").await?;
    drop(dropped);
    saw.push(names(&session).await?);
    session.commit().await?;
    Ok(saw)
}

pub async fn c07_savepoints_nest() -> Saw {
    let session = open().await?.begin().await?;
    let outer = session.begin_nested().await?;
    add(&session, 3, "u3").await?;
    let inner = session.begin_nested().await?;
    add(&session, 4, "u4").await?;
    let innermost = session.begin_nested().await?;
    add(&session, 5, "u5").await?;
    innermost.rollback().await?;
    let mut saw = vec![names(&session).await?];
    inner.release().await?;
    outer.release().await?;
    saw.push(names(&session).await?);
    session.commit().await?;
    // A savepoint that outlives its transaction has no effect.
    let session = open().await?.session()?;
    let late = session.begin_nested().await?;
    add(&session, 6, "u6").await?;
    session.rollback().await?;
    saw.push(done(late.release().await));
    saw.push(names(&session).await?);
    Ok(saw)
}

/// A level's name.
fn named(level: Isolation) -> String {
    format!("{level:?}").rsplit("::").next().unwrap_or_default().to_owned()
}

/// The isolation level that the server reports.
async fn level(db: &Database, on: &Connection) -> Result<String, Error> {
    let sql = match db.dialect() {
        Dialect::Postgresql => "SELECT current_setting('transaction_isolation')",
        Dialect::Sqlite => return Ok("serializable".to_owned()),
        _ => "SELECT @@tx_isolation",
    };
    let level = raw::first::<String>(on, sql, params![]).await?.unwrap_or_default();
    Ok(level.to_lowercase().replace(['-', ' '], "-"))
}

pub async fn c17_isolation() -> Saw {
    let db = open().await?;
    let connection = db.connect().await?;
    let mut saw = vec![named(connection.isolation().await?)];
    connection.rollback().await?;
    connection.set_isolation(Isolation::Serializable).await?;
    add(&connection, 10, "ten").await?;
    saw.push(named(connection.isolation().await?));
    if db.dialect() == Dialect::Postgresql {
        // Only PostgreSQL reports the level of the transaction itself.
        saw.push(level(&db, &connection).await?);
    }
    saw.push(done(connection.set_isolation(Isolation::Default).await));
    saw.push(done(connection.begin(TransactionOptions::default()).await));
    connection.rollback().await?;
    connection.close().await?;
    // The pool has one connection, so this is the same one.
    let connection = db.connect().await?;
    saw.push(named(connection.isolation().await?));
    Ok(saw)
}

pub async fn c17_levels() -> Saw {
    let db = open().await?;
    let connection = db.connect().await?;
    let mut saw = Vec::new();
    for level in [
        Isolation::ReadUncommitted,
        Isolation::ReadCommitted,
        Isolation::RepeatableRead,
        Isolation::Serializable,
        Isolation::Autocommit,
    ] {
        let set = connection.set_isolation(level).await;
        if let Err(Error::Unsupported(missing)) = &set {
            saw.push(format!("{} message {}", named(level), missing.message));
        }
        saw.push(format!("{} {}", named(level), done(set)));
        let options = TransactionOptions { isolation: level, ..TransactionOptions::default() };
        saw.push(format!("begin {} {}", named(level), done(connection.begin(options).await)));
        connection.rollback().await?;
    }
    Ok(saw)
}

pub async fn c18_autocommit() -> Saw {
    let db = open().await?;
    let connection = db.connect().await?;
    connection.set_isolation(Isolation::Autocommit).await?;
    let mut saw = vec![outcome(add(&connection, 10, "kept").await)];
    saw.push(connection.in_transaction().to_string());
    connection.rollback().await?;
    saw.push(names(&connection).await?);
    connection.close().await?;
    // The next borrower gets the same connection, with transactions again.
    let connection = db.connect().await?;
    saw.push(outcome(add(&connection, 11, "undone").await));
    saw.push(connection.in_transaction().to_string());
    connection.rollback().await?;
    saw.push(names(&connection).await?);
    Ok(saw)
}

pub async fn c19_commit_as_you_go() -> Saw {
    let db = open().await?;
    let connection = db.connect().await?;
    let mut saw = vec![connection.in_transaction().to_string()];
    add(&connection, 10, "kept").await?;
    saw.push(connection.in_transaction().to_string());
    connection.commit().await?;
    saw.push(connection.in_transaction().to_string());
    add(&connection, 11, "undone").await?;
    connection.rollback().await?;
    add(&connection, 12, "closed").await?;
    connection.close().await?;
    let connection = db.connect().await?;
    add(&connection, 13, "dropped").await?;
    drop(connection);
    let session = db.session()?;
    saw.push(session.in_transaction().to_string());
    saw.push(names(&session).await?);
    saw.push(session.in_transaction().to_string());
    Ok(saw)
}
