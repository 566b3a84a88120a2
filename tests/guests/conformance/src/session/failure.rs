//! C04, C05 and T-63: flushes that fail, and what is left of objects and session.

use sqlservice_sdk::prelude::*;

use super::model::{User, names, open, seen, session, user};
use crate::{Saw, unit_of_work::ok_or_error};

/// How a call ended: the first two words of it, which every database has alike.
fn short<T>(result: Result<T, Error>) -> String {
    ok_or_error(result).split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// A new user with a key that is taken.
fn duplicate() -> User {
    User { id: 1, ..user("duplicate") }
}

/// How a failed commit leaves things, with savepoints around flushes or without.
pub async fn c04_commit_fails(savepoints: bool) -> Saw {
    let db = open(&["ed"]).await?;
    let session = session(&db, savepoints)?;
    let mut ed = session.get_one::<User>(1).await?;
    ed.edit().name = "edward".to_owned();
    let new = session.add(user("new"))?;
    let duplicate = session.add(duplicate())?;
    let mut saw = vec![short(session.commit().await)];
    // They are what they were before the flush.
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

/// With a savepoint around the flush it can be mended, and nothing is lost.
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

/// The same inside of a savepoint: what came before it is committed.
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
    // Work in a closure, whose failure undoes it.
    let nested = session.nested(async |session| {
        session.add(&duplicate)?;
        session.flush().await
    });
    saw.push(short(nested.await));
    saw.push(format!("{} {:?}", ed.name, duplicate.status()));
    // Its release writes what was not written; that fails, so it goes back.
    let savepoint = session.begin_nested().await?;
    session.add(&duplicate)?;
    saw.push(short(savepoint.release().await));
    saw.push(format!("{} {:?}", ed.name, duplicate.status()));
    session.nested(async |session| session.add(user("nested")).map(|_| ())).await?;
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// T-63: a statement that fails asks for a rollback, and objects go back with it.
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
