//! Rows that another session has changed or deleted.

use sqlservice_sdk::prelude::*;

use super::{Doc, Plain, docs, retitled, seen};
use crate::case::{Case, kind, rows, same};

async fn deleted(db: &Database, id: i64) -> Result<(), Error> {
    db.transaction(async |other| other.execute(&delete::<Doc>().filter(Doc::ID.eq(id))).await).await.map(drop)
}

pub(super) async fn an_update_of_an_old_version(db: &Database) -> Case {
    let session = db.session()?;
    let mut all = docs(&session, 2).await?;
    retitled(db, 1, "others").await?;
    all[0].edit().title = "mine".to_owned();
    all[1].edit().title = "mine".to_owned();
    let new = session.add(super::doc(3))?;
    // Nothing is written, and all changes are still pending.
    same("stale", kind(&session.commit().await), "stale docs 1 of 2")?;
    same("kept", (all[0].version, all[0].title.as_str(), new.status()), (1, "mine", Status::Pending))?;
    session.rollback().await?;
    seen(db, r#"[(1, 2, "others"), (2, 1, "first")]"#).await
}

/// An update is stale even if another session set the same value.
pub(super) async fn an_update_of_what_others_set_as_well(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    retitled(db, 1, "same").await?;
    one.edit().title = "same".to_owned();
    same("stale", kind(&session.commit().await), "stale docs 0 of 1")?;
    session.rollback().await?;
    seen(db, r#"[(1, 2, "same")]"#).await
}

pub(super) async fn a_delete_of_an_old_version(db: &Database) -> Case {
    let session = db.session()?;
    let all = docs(&session, 2).await?;
    retitled(db, 2, "others").await?;
    all.iter().try_for_each(|doc| session.delete(doc))?;
    same("stale", kind(&session.commit().await), "stale docs 1 of 2")?;
    session.rollback().await?;
    session.delete(&all[0])?;
    session.commit().await?;
    seen(db, r#"[(2, 2, "others")]"#).await
}

pub(super) async fn an_update_of_a_row_that_is_gone(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    deleted(db, 1).await?;
    one.edit().title = "mine".to_owned();
    same("stale", kind(&session.commit().await), "stale docs 0 of 1")?;
    session.rollback().await?;
    // A row inserted with the same key is another row, whose version starts again.
    let other = db.session()?;
    other.add(super::doc(1))?;
    other.commit().await?;
    one.edit().title = "mine".to_owned();
    session.commit().await?;
    seen(db, r#"[(1, 2, "mine")]"#).await
}

pub(super) async fn a_delete_of_a_row_that_is_gone(db: &Database) -> Case {
    let session = db.session()?;
    let one = docs(&session, 1).await?.remove(0);
    deleted(db, 1).await?;
    session.delete(&one)?;
    same("stale", kind(&session.commit().await), "stale docs 0 of 1")?;
    session.rollback().await?;
    seen(db, "[]").await
}

pub(super) async fn of_many_the_count_is_told(db: &Database) -> Case {
    let session = db.session()?;
    let mut all = docs(&session, 30).await?;
    retitled(db, 7, "others").await?;
    deleted(db, 9).await?;
    all.iter_mut().for_each(|doc| doc.edit().title = format!("of {}", doc.id));
    same("updates", kind(&session.commit().await), "stale docs 28 of 30")?;
    session.rollback().await?;
    all.iter().try_for_each(|doc| session.delete(doc))?;
    same("deletes", kind(&session.commit().await), "stale docs 28 of 30")?;
    session.rollback().await?;
    same("rows", session.query::<Doc>().count().await?, 29)
}

/// A row without a version is matched, whatever another session set: a matched row counts, changed or not.
pub(super) async fn unversioned_rows_are_matched(db: &Database) -> Case {
    let session = db.session()?;
    let plain = |id| Plain { id, title: "first".to_owned() };
    let mut all = session.add_all([1, 2, 3].map(plain))?;
    session.commit().await?;
    let set = update::<Plain>().set(Plain::TITLE, "same").filter(Plain::ID.lt(3));
    db.transaction(async |other| other.execute(&set).await).await?;
    all.iter_mut().for_each(|plain| plain.edit().title = "same".to_owned());
    session.commit().await?;
    all[0].edit().title = "alone".to_owned();
    db.transaction(async |other| other.execute(&update::<Plain>().set(Plain::TITLE, "alone")).await).await?;
    session.commit().await?;
    rows(db, "rows", &select_columns(Plain::TITLE).order_by(Plain::ID), r#"["alone", "alone", "alone"]"#).await
}
