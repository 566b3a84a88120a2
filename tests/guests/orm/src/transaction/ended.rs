//! The ends of transactions, and what other sessions see of them.

use std::time::Duration;

use sqlservice_sdk::prelude::*;

use crate::{
    case::{Case, count, kind, same},
    members::{User, people, renamed, seen, user},
};

pub(super) async fn transactions_do_not_see_each_other(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    ed.edit().name = "eddy".to_owned();
    session.add(user("new"))?;
    session.flush().await?;
    same("while it is open", seen(db).await?, "ed")?;
    session.commit().await?;
    same("committed", seen(db).await?, "eddy new")
}

/// Only the edited columns of a row are written, so another session's changes are kept.
pub(super) async fn what_others_commit_is_not_overwritten(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    renamed(db, ed.id, "others").await?;
    ed.edit().age = Some(7);
    session.commit().await?;
    same("both", seen(db).await?, "others:7(a)")?;
    // Setting a column to its known value is no change.
    ed.edit().name = "ed".to_owned();
    session.commit().await?;
    same("still", seen(db).await?, "others:7(a)")
}

pub(super) async fn a_session_of_one_transaction_ends_with_it(db: &Database) -> Case {
    let session = db.begin().await?;
    let mut ed = session.add(user("ed"))?;
    session.commit().await?;
    same("committed", (session.in_transaction(), ed.status()), (false, Status::Persistent))?;
    ed.edit().age = Some(7);
    same("flush", kind(&session.flush().await), "TransactionClosed")?;
    same("query", kind(&session.query::<User>().all().await), "TransactionClosed")?;
    let rolled_back = db.begin().await?;
    rolled_back.add(user("jo"))?;
    rolled_back.rollback().await?;
    same("after a rollback", kind(&rolled_back.query::<User>().all().await), "TransactionClosed")?;
    same("rows", seen(db).await?, "ed")
}

pub(super) async fn work_in_a_closure(db: &Database) -> Case {
    let kept = db.transaction(async |session| session.add(user("ed"))).await?;
    same("kept", kept.id > 0, true)?;
    let failed: Result<(), Error> = db
        .transaction(async |session| {
            session.add(user("jo"))?;
            session.flush().await?;
            Err(Error::other("no"))
        })
        .await;
    same("failed", kind(&failed), r#"Other("no")"#)?;
    // The flush at the end may fail as well.
    let double = db.transaction(async |session| session.add(user("ed"))).await;
    same("at its end", kind(&double), "unique")?;
    same("rows", seen(db).await?, "ed")
}

pub(super) async fn work_ends_its_transaction_itself(db: &Database) -> Case {
    db.transaction(async |session| {
        session.add(user("ed"))?;
        session.commit().await
    })
    .await?;
    db.transaction(async |session| {
        session.add(user("jo"))?;
        session.flush().await?;
        session.rollback().await
    })
    .await?;
    same("rows", seen(db).await?, "ed")?;
    // Calls after the commit have no transaction.
    let late = db
        .transaction(async |session| {
            session.commit().await?;
            session.add(user("al"))?;
            session.flush().await
        })
        .await;
    same("late", kind(&late), "TransactionClosed")?;
    same("rows", count::<User>(db).await?, 1)
}

/// The transaction's time limit ended it before the closure did: its changes are lost, and the caller gets an error.
pub(super) async fn work_outlives_its_transaction(db: &Database) -> Case {
    let options = TransactionOptions { timeout_ms: Some(100), ..TransactionOptions::default() };
    let late: Result<(), Error> = db
        .transaction_with(options, async |session| {
            session.add(user("ed"))?;
            session.flush().await?;
            while session.in_transaction() {
                sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        })
        .await;
    same("late", kind(&late), "TransactionClosed")?;
    same("rows", count::<User>(db).await?, 0)
}

pub(super) async fn a_dropped_session_is_rolled_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    ed.edit().age = Some(7);
    let new = session.add(user("new"))?;
    session.flush().await?;
    drop(session);
    same("statuses", (ed.status(), new.status()), (Status::Detached, Status::Detached))?;
    same("rows", seen(db).await?, "ed(a)")?;
    // Its insert was rolled back: a save in another session inserts it.
    let other = db.session()?;
    other.save(&new).await?;
    other.commit().await?;
    same("saved", seen(db).await?, "ed(a) new")
}
