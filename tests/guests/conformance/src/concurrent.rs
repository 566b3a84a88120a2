//! Concurrent calls, and sessions and cursors that are left behind.

use futures::join;
use sqlservice_sdk::{Prepared, prelude::*};

use crate::{
    Saw,
    lines::outcome,
    model::{User, add, names, open},
};

pub async fn g05_together() -> Saw {
    let db = open().await?;
    // Calls of one session run in the order of their start: the second sees the first one's row, and not the third one's.
    let session = db.session()?;
    let (first, second, third) = join!(add(&session, 10, "ten"), names(&session), add(&session, 11, "eleven"));
    let mut saw = vec![outcome(first), outcome(second), outcome(third)];
    saw.push(names(&session).await?);
    session.rollback().await?;
    // The same in three sessions, which use a connection each.
    let (one, two, three) = (db.session()?, db.session()?, db.session()?);
    let (first, second, third) = join!(names(&one), names(&two), names(&three));
    saw.extend([outcome(first), outcome(second), outcome(third)]);
    Ok(saw)
}

/// Opens sessions in every state and drops them without ending them.
pub async fn g10_forget(times: u32) -> Saw {
    let db = open().await?;
    let query = select_columns(User::ID).order_by(User::ID);
    let mut seen = 0;
    for turn in 0..times {
        match turn % 5 {
            0 => seen += db.session()?.all(&query).await?.len(),
            1 => seen += db.begin().await?.all(&query).await?.len(),
            2 => seen += db.connect().await?.all(&query).await?.len(),
            3 => {
                // With an unread cursor and a savepoint.
                let session = db.session()?;
                let _savepoint = session.begin_nested().await?;
                seen += session.stream(&query, 2).await?.next_batch().await?.map_or(0, |batch| batch.len());
            }
            _ => drop(db.session()?),
        }
    }
    Ok(vec![seen.to_string()])
}

/// Changes a table between two uses of statements that are cached, in a session that stays open.
pub async fn g08_altered() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let by_id = session.prepare(&select::<User>().filter(User::ID.eq(parameter::<i64>(0)))).await?;
    let widen = match db.dialect() {
        Dialect::Postgresql => Some("ALTER TABLE users ALTER COLUMN name TYPE varchar(200)"),
        Dialect::Mariadb | Dialect::Mysql => Some("ALTER TABLE users MODIFY name VARCHAR(200) NOT NULL"),
        _ => None,
    };
    let changes =
        [Some("ALTER TABLE users ADD COLUMN extra INTEGER"), widen, Some("ALTER TABLE users DROP COLUMN extra")];
    let mut saw = vec![look(&session, &by_id).await?];
    for change in changes.into_iter().flatten() {
        alter(&db, change).await?;
        saw.push(look(&session, &by_id).await?);
    }
    Ok(saw)
}

/// Drops a column that a cached statement reads.
pub async fn g08_dropped() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = vec![session.all(&select::<User>()).await?.len().to_string()];
    session.commit().await?;
    alter(&db, "ALTER TABLE users DROP COLUMN note").await?;
    saw.push(outcome(session.all(&select::<User>()).await.map(|rows| rows.len())));
    session.rollback().await?;
    saw.push(names(&session).await?);
    Ok(saw)
}

async fn alter(db: &Database, sql: &str) -> Result<(), Error> {
    let other = db.connect().await?;
    other.set_isolation(Isolation::Autocommit).await?;
    raw::execute(&other, sql, params![]).await?;
    other.close().await
}

/// Runs a prepared statement and a newly built one; each may fail once with an error that asks for a retry.
async fn look(session: &Session, by_id: &Prepared<User>) -> Result<String, Error> {
    let prepared = again(session, async || Ok(session.one(&by_id.bind(params![2])).await?.name)).await?;
    let built = again(session, async || names(session).await).await?;
    session.commit().await?;
    Ok(format!("{prepared}; {built}"))
}

async fn again(session: &Session, work: impl AsyncFn() -> Result<String, Error>) -> Result<String, Error> {
    match work().await {
        Err(error) if error.is_retryable() => {
            session.rollback().await?;
            Ok(format!("again {}", work().await?))
        }
        result => result,
    }
}
