//! C04, C05 and T-63: failed flushes, and the state of the objects and the session after them.

use sqlservice_sdk::prelude::*;

use super::model::{User, names, open, seen, session, user};
use crate::{Saw, unit_of_work::ok_or_error};

/// The first two words of a call's outcome, which are the same on every database.
fn short<T>(result: Result<T, Error>) -> String {
    ok_or_error(result).split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// A new user with an existing key.
fn duplicate() -> User {
    User { id: 1, ..user("duplicate") }
}

/// The state after a failed commit, with and without savepoints around flushes.
pub async fn c04_commit_fails(savepoints: bool) -> Saw {
    let db = open(&["ed"]).await?;
    let session = session(&db, savepoints)?;
    let mut ed = session.get_one::<User>(1).await?;
    ed.edit().name = "edward".to_owned();
    let new = session.add(user("new"))?;
    let duplicate = session.add(duplicate())?;
    let mut saw = vec![short(session.commit().await)];
    // The objects are as they were before the flush.
    saw.push(format!("{} {} {:?} {} {:?}", ed.name, new.id, new.status(), duplicate.id, duplicate.status()));
    let quiet = session.no_autoflush(async |session| names(session).await).await;
    saw.push(quiet.unwrap_or_else(|error| ok_or_error::<()>(Err(error))));
    saw.push(short(session.query::<User>().all().await));
    saw.push(ok_or_error(session.get::<User>(1).await));
    session.rollback().await?;
    saw.push(format!("{} {} {:?} {:?}", ed.name, new.id, new.status(), duplicate.status()));
    saw.push(format!("{} {}", session.new_objects().len(), session.dirty().len()));
    session.add(&new)?;
    ed.edit().name = "eddie".to_owned();
    session.commit().await?;
    saw.push(format!("{} {}", seen(&db).await?, new.id > 1));
    Ok(saw)
}

/// With a savepoint around the flush the objects can be corrected and flushed again, and nothing is lost.
pub async fn c04_mended() -> Saw {
    let db = open(&["ed", "jack"]).await?;
    let session = db.session()?;
    let mut ed = session.get_one::<User>(1).await?;
    let jack = session.get_one::<User>(2).await?;
    ed.edit().name = "edward".to_owned();
    session.delete(&jack)?;
    let new = session.add(user("new"))?;
    let mut duplicate = session.add(duplicate())?;
    let mut saw = vec![short(session.flush().await)];
    let lists = format!("{} {} {}", session.new_objects().len(), session.dirty().len(), session.deleted().len());
    saw.push(lists);
    duplicate.edit().id = 0;
    session.commit().await?;
    saw.push(seen(&db).await?);
    saw.push(format!("{} {}", duplicate.id == new.id + 1, ed.name));
    Ok(saw)
}

/// The same in a savepoint: earlier changes are committed.
pub async fn c05_in_a_savepoint(savepoints: bool) -> Saw {
    let db = open(&["ed"]).await?;
    let session = session(&db, savepoints)?;
    let mut ed = session.get_one::<User>(1).await?;
    ed.edit().name = "edward".to_owned();
    let savepoint = session.begin_nested().await?;
    ed.edit().name = "lost".to_owned();
    let duplicate = session.add(duplicate())?;
    let mut saw = vec![short(session.flush().await)];
    savepoint.rollback().await?;
    saw.push(format!("{} {:?}", ed.name, duplicate.status()));
    saw.push(names(&session).await?);
    // Work in a closure, whose failure rolls back the savepoint.
    let nested = session.nested(async |session| {
        session.add(&duplicate)?;
        session.flush().await
    });
    saw.push(short(nested.await));
    saw.push(format!("{} {:?}", ed.name, duplicate.status()));
    // A release flushes; that fails, so the savepoint is rolled back.
    let savepoint = session.begin_nested().await?;
    session.add(&duplicate)?;
    saw.push(short(savepoint.release().await));
    saw.push(format!("{} {:?}", ed.name, duplicate.status()));
    session.nested(async |session| session.add(user("nested")).map(|_| ())).await?;
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// T-63: a failed statement requires a rollback, which restores the objects, too.
pub async fn t63_statement() -> Saw {
    let db = open(&["ed"]).await?;
    let session = db.session()?;
    let mut ed = session.get_one::<User>(1).await?;
    ed.edit().name = "edward".to_owned();
    let violation = session.execute(&insert::<User>().values(&[duplicate()])).await;
    let mut saw = vec![short(violation)];
    saw.push(ed.name.clone());
    let new = session.add(user("new"))?;
    saw.push(ok_or_error(session.flush().await));
    saw.push(ok_or_error(session.commit().await));
    saw.push(ok_or_error(session.begin_nested().await));
    session.rollback().await?;
    saw.push(format!("{} {:?}", ed.name, new.status()));
    session.add(&new)?;
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}
