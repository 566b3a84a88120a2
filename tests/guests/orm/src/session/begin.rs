//! How a session begins and ends its transactions.

use sqlservice_sdk::{prelude::*, session::SessionOptions};

use crate::{
    case::{Case, count, kind, same},
    members::{User, people, seen, user},
};

pub(super) async fn a_transaction_begins_with_a_statement(db: &Database) -> Case {
    let session = db.session()?;
    session.add(user("ed"))?;
    same("added", session.in_transaction(), false)?;
    session.flush().await?;
    same("flushed", session.in_transaction(), true)?;
    session.commit().await?;
    same("committed", session.in_transaction(), false)?;
    // Without changes no transaction begins.
    session.commit().await?;
    session.rollback().await?;
    same("neither", session.in_transaction(), false)?;
    session.query::<User>().all().await?;
    same("queried", session.in_transaction(), true)?;
    let savepoint = session.begin_nested().await?;
    savepoint.rollback().await?;
    same("after a savepoint", session.in_transaction(), true)?;
    session.rollback().await?;
    same("rolled back", session.in_transaction(), false)?;
    same("rows", seen(db).await?, "ed")
}

pub(super) async fn a_second_begin_is_refused(db: &Database) -> Case {
    let session = db.session()?;
    session.add(user("ed"))?;
    session.begin(TransactionOptions::default()).await?;
    same("twice", kind(&session.begin(TransactionOptions::default()).await), "AlreadyBegun")?;
    session.commit().await?;
    session.query::<User>().all().await?;
    same("by itself", kind(&session.begin(TransactionOptions::default()).await), "AlreadyBegun")?;
    // The session stays usable.
    session.add(user("jo"))?;
    session.commit().await?;
    session.begin(TransactionOptions::default()).await?;
    session.rollback().await?;
    same("rows", seen(db).await?, "ed jo")
}

pub(super) async fn a_closed_session_is_rolled_back(db: &Database) -> Case {
    let session = db.session()?;
    let users = people(&session, &["ed"], &["a"]).await?;
    let flushed = session.add(user("flushed"))?;
    session.flush().await?;
    let pending = session.add(user("pending"))?;
    let mut ed = users[0].clone();
    ed.edit().age = Some(7);
    session.close().await?;
    let statuses = (ed.status(), flushed.status(), pending.status());
    same("statuses", statuses, (Status::Detached, Status::Detached, Status::Transient))?;
    same("it still says", (ed.age, ed.name.as_str()), (Some(7), "ed"))?;
    same("rows", seen(db).await?, "ed(a)")
}

pub(super) async fn a_failed_flush_is_the_error_of_the_query(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed"], &[]).await?;
    users[0].edit().age = Some(7);
    let double = session.add(user("ed"))?;
    same("all", kind(&session.query::<User>().all().await), "unique")?;
    same("count", kind(&session.query::<User>().count().await), "unique")?;
    same("get", kind(&session.get::<User>(77).await), "unique")?;
    same("a savepoint", kind(&session.begin_nested().await), "unique")?;
    same("a statement", kind(&session.execute(&delete::<User>()).await), "unique")?;
    same("still there", (double.status(), session.dirty().len()), (Status::Pending, 1))?;
    session.expunge(&double);
    same("mended", session.query::<User>().count().await?, 1)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed:7")
}

pub(super) async fn autoflush_is_off_inside(db: &Database) -> Case {
    let session = db.session()?;
    session.add(user("ed"))?;
    let inside = session.no_autoflush(async |session| session.query::<User>().count().await).await?;
    same("inside", inside, 0)?;
    same("outside", session.query::<User>().count().await?, 1)?;
    let quiet = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    quiet.add(user("jo"))?;
    session.commit().await?;
    same("never", quiet.query::<User>().count().await?, 1)?;
    quiet.commit().await?;
    same("rows", count::<User>(db).await?, 2)
}

pub(super) async fn two_sessions_know_different_objects(db: &Database) -> Case {
    let (one, other) = (db.session()?, db.session()?);
    let users = people(&one, &["ed"], &[]).await?;
    let mut theirs = other.get_one::<User>(users[0].id).await?;
    same("the same object", theirs.is(&users[0]), false)?;
    theirs.edit().age = Some(7);
    other.commit().await?;
    same("not told", users[0].age, None)?;
    one.refresh(&users[0]).await?;
    same("told", users[0].age, Some(7))
}
