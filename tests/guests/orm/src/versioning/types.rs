//! Versions of other integer types, and of rows with composite keys.

use sqlservice_sdk::prelude::*;

use super::{Large, Small};
use crate::case::{Case, kind, rows, same};

pub(super) async fn large_versions_count(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(Large { id: 1, ..Large::default() })?;
    session.commit().await?;
    same("first", one.version, 1)?;
    one.edit().note = Some(1);
    session.commit().await?;
    same("second", one.version, 2)?;
    let other = db.session()?;
    other.get_one::<Large>(1).await?.edit().note = Some(2);
    other.commit().await?;
    one.edit().note = Some(3);
    same("stale", kind(&session.commit().await), "stale large 0 of 1")?;
    session.rollback().await?;
    same("merged", kind(&session.merge(Large { id: 1, version: 2, note: None }).await), "stale large 0 of 1")?;
    session.merge(Large { id: 1, version: 3, note: Some(4) }).await?;
    session.commit().await?;
    rows(db, "rows", &select_columns((Large::VERSION, Large::NOTE)), "[(4, Some(4))]").await
}

pub(super) async fn versions_of_keys_of_several_columns(db: &Database) -> Case {
    let session = db.session()?;
    let small = |number| Small { kind: "a".to_owned(), number, ..Small::default() };
    let mut all = session.add_all([1, 2, 3].map(small))?;
    session.commit().await?;
    same("first", all.iter().map(|it| it.version).sum::<i32>(), 3)?;
    all.iter_mut().for_each(|it| it.edit().note = Some(1));
    session.commit().await?;
    let other = db.session()?;
    other.get_one::<Small>(("a", 2)).await?.edit().note = Some(2);
    other.commit().await?;
    all.iter_mut().for_each(|it| it.edit().note = Some(3));
    same("stale", kind(&session.commit().await), "stale small 2 of 3")?;
    session.rollback().await?;
    all.iter().try_for_each(|it| session.delete(it))?;
    same("deletes", kind(&session.commit().await), "stale small 2 of 3")?;
    session.rollback().await?;
    session.refresh(&all[1]).await?;
    // One row is switched, one gets another key, one is deleted.
    session.delete(&all[0])?;
    let new = session.add(small(1))?;
    all[1].edit().number = 9;
    session.delete(&all[2])?;
    session.commit().await?;
    same("objects", (new.version, all[1].version), (3, 4))?;
    let query = select_columns((Small::NUMBER, Small::VERSION, Small::NOTE)).order_by(Small::NUMBER);
    rows(db, "rows", &query, "[(1, 3, None), (9, 4, Some(2))]").await
}

/// A stale flush in a savepoint undoes only the savepoint.
pub(super) async fn stale_in_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(Large { id: 1, ..Large::default() })?;
    let mut two = session.add(Large { id: 2, ..Large::default() })?;
    session.commit().await?;
    let other = db.session()?;
    other.get_one::<Large>(2).await?.edit().note = Some(9);
    other.commit().await?;
    one.edit().note = Some(1);
    let savepoint = session.begin_nested().await?;
    two.edit().note = Some(2);
    same("stale", kind(&session.flush().await), "stale large 0 of 1")?;
    savepoint.rollback().await?;
    same("objects", (one.version, one.note, two.version, two.note), (2, Some(1), 1, None))?;
    session.commit().await?;
    let query = select_columns((Large::ID, Large::VERSION, Large::NOTE)).order_by(Large::ID);
    rows(db, "rows", &query, "[(1, 2, Some(1)), (2, 2, Some(9))]").await
}
