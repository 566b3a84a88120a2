//! Primary keys that are changed, freed and taken in a transaction that is rolled back.

use sqlservice_sdk::prelude::*;

use super::{Named, named};
use crate::case::{Case, kind, rows, same};

async fn seen(db: &Database, wanted: &str) -> Case {
    rows(db, "rows", &select_columns((Named::NAME, Named::NOTE)).order_by(Named::NAME), wanted).await
}

async fn one(session: &Session) -> Result<Entity<Named>, Error> {
    let one = session.add(named("u1", 1))?;
    session.commit().await?;
    Ok(one)
}

async fn knows(session: &Session, name: &str, object: &Entity<Named>) -> Result<bool, Error> {
    Ok(session.get::<Named>(name).await?.is_some_and(|found| found.is(object)))
}

pub(super) async fn a_key_that_another_row_takes(db: &Database) -> Case {
    let session = db.session()?;
    let mut u1 = one(&session).await?;
    u1.edit().name = "u2".to_owned();
    session.flush().await?;
    let new = session.add(named("u1", 2))?;
    session.flush().await?;
    same("inside", (knows(&session, "u2", &u1).await?, knows(&session, "u1", &new).await?), (true, true))?;
    session.rollback().await?;
    same("names", (u1.name.as_str(), new.status()), ("u1", Status::Transient))?;
    same("outside", (knows(&session, "u1", &u1).await?, session.get::<Named>("u2").await?.is_none()), (true, true))?;
    seen(db, r#"[("u1", Some(1))]"#).await
}

pub(super) async fn a_key_that_is_taken_twice_in_a_row(db: &Database) -> Case {
    let session = db.session()?;
    let mut u1 = one(&session).await?;
    for _ in 0..2 {
        u1.edit().name = "u2".to_owned();
        let new = session.add(named("u1", 2))?;
        session.flush().await?;
        session.delete(&new)?;
        session.flush().await?;
        u1.edit().name = "u1".to_owned();
        session.flush().await?;
        session.rollback().await?;
        same("known", (knows(&session, "u1", &u1).await?, u1.note), (true, Some(1)))?;
    }
    u1.edit().note = Some(3);
    session.commit().await?;
    seen(db, r#"[("u1", Some(3))]"#).await
}

pub(super) async fn a_new_row_of_a_deleted_key_is_rolled_back(db: &Database) -> Case {
    let session = db.session()?;
    let u1 = one(&session).await?;
    session.delete(&u1)?;
    session.flush().await?;
    let new = session.add(named("u1", 2))?;
    session.flush().await?;
    same("inside", knows(&session, "u1", &new).await?, true)?;
    session.rollback().await?;
    same("statuses", (u1.status(), new.status()), (Status::Persistent, Status::Transient))?;
    same("outside", (knows(&session, "u1", &u1).await?, u1.note), (true, Some(1)))?;
    session.commit().await?;
    seen(db, r#"[("u1", Some(1))]"#).await
}

pub(super) async fn a_deleted_row_is_inserted_behind_the_session(db: &Database) -> Case {
    let session = db.session()?;
    let u1 = one(&session).await?;
    session.delete(&u1)?;
    session.flush().await?;
    session.insert_many(&[named("u1", 2)]).await?;
    let behind = session.get_one::<Named>("u1").await?;
    same("inside", (behind.is(&u1), behind.note), (false, Some(2)))?;
    session.rollback().await?;
    same("there again", (u1.status(), u1.note), (Status::Persistent, Some(1)))?;
    same("outside", knows(&session, "u1", &u1).await?, true)?;
    // The other object was read from a row that was rolled back.
    same("the other one", session.contains(&behind), false)?;
    seen(db, r#"[("u1", Some(1))]"#).await
}

pub(super) async fn a_key_changes_in_a_kept_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut u1 = one(&session).await?;
    let savepoint = session.begin_nested().await?;
    u1.edit().name = "u2".to_owned();
    session.flush().await?;
    let new = session.add(named("u1", 2))?;
    session.flush().await?;
    savepoint.release().await?;
    same("kept", (knows(&session, "u2", &u1).await?, knows(&session, "u1", &new).await?), (true, true))?;
    session.rollback().await?;
    same("all is back", (u1.name.as_str(), knows(&session, "u1", &u1).await?), ("u1", true))?;
    let savepoint = session.begin_nested().await?;
    u1.edit().name = "u3".to_owned();
    session.flush().await?;
    savepoint.rollback().await?;
    same("back alone", (u1.name.as_str(), knows(&session, "u1", &u1).await?), ("u1", true))?;
    u1.edit().note = Some(4);
    session.commit().await?;
    seen(db, r#"[("u1", Some(4))]"#).await
}

pub(super) async fn several_changes_of_a_key(db: &Database) -> Case {
    let session = db.session()?;
    let mut u1 = one(&session).await?;
    for name in ["u2", "u3", "u4"] {
        u1.edit().name = name.to_owned();
        session.flush().await?;
        same(name, knows(&session, name, &u1).await?, true)?;
    }
    session.rollback().await?;
    same("first", (u1.name.as_str(), knows(&session, "u1", &u1).await?), ("u1", true))?;
    u1.edit().name = "u5".to_owned();
    session.commit().await?;
    same("last", (knows(&session, "u5", &u1).await?, session.get::<Named>("u1").await?.is_none()), (true, true))?;
    seen(db, r#"[("u5", Some(1))]"#).await
}

pub(super) async fn a_switched_row_and_a_flush_that_fails(db: &Database) -> Case {
    let session = db.session()?;
    let u1 = one(&session).await?;
    session.add(named("other", 0))?;
    session.commit().await?;
    session.delete(&u1)?;
    let mut new = session.add(named("u1", 2))?;
    session.flush().await?;
    let double = session.add(named("other", 3))?;
    new.edit().note = Some(5);
    same("refused", kind(&session.flush().await), "unique")?;
    same("kept", (new.status(), new.note, u1.status()), (Status::Persistent, Some(5), Status::Deleted))?;
    session.rollback().await?;
    let statuses = (u1.status(), new.status(), double.status());
    same("back", statuses, (Status::Persistent, Status::Transient, Status::Transient))?;
    same("known", (knows(&session, "u1", &u1).await?, u1.note), (true, Some(1)))?;
    session.delete(&u1)?;
    session.add(&new)?;
    session.commit().await?;
    same("switched", knows(&session, "u1", &new).await?, true)?;
    seen(db, r#"[("other", Some(0)), ("u1", Some(2))]"#).await
}

pub(super) async fn a_switched_row_and_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut u1 = one(&session).await?;
    let savepoint = session.begin_nested().await?;
    session.delete(&u1)?;
    let mut new = session.add(named("u1", 2))?;
    session.flush().await?;
    // The switched row belongs to the new object.
    new.edit().note = Some(3);
    session.flush().await?;
    same("inside", session.one(&select_columns(Named::NOTE)).await?, Some(3))?;
    savepoint.rollback().await?;
    same("back", (u1.status(), new.status()), (Status::Persistent, Status::Transient))?;
    u1.edit().note = Some(4);
    session.commit().await?;
    seen(db, r#"[("u1", Some(4))]"#).await
}

/// An object read for the key of a deleted row leaves the session when a savepoint's rollback restores that row.
pub(super) async fn a_row_of_a_deleted_key_in_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut u1 = one(&session).await?;
    let savepoint = session.begin_nested().await?;
    session.delete(&u1)?;
    session.flush().await?;
    session.insert_many(&[named("u1", 2)]).await?;
    let mut behind = session.get_one::<Named>("u1").await?;
    behind.edit().note = Some(3);
    savepoint.rollback().await?;
    same("statuses", (u1.status(), behind.status()), (Status::Persistent, Status::Detached))?;
    same("known", (knows(&session, "u1", &u1).await?, session.dirty().len()), (true, 0))?;
    u1.edit().note = Some(4);
    session.commit().await?;
    seen(db, r#"[("u1", Some(4))]"#).await
}

/// Two objects swap their keys, and get them back.
pub(super) async fn exchanged_keys_come_back(db: &Database) -> Case {
    let session = db.session()?;
    let (mut a, mut b) = (session.add(named("a", 1))?, session.add(named("b", 2))?);
    session.commit().await?;
    for is_nested in [true, false] {
        let savepoint = session.begin_nested().await?;
        a.edit().name = "b".to_owned();
        b.edit().name = "a".to_owned();
        session.flush().await?;
        same("inside", (knows(&session, "b", &a).await?, knows(&session, "a", &b).await?), (true, true))?;
        if is_nested {
            savepoint.rollback().await?;
        } else {
            savepoint.release().await?;
            session.rollback().await?;
        }
        same("outside", (knows(&session, "a", &a).await?, knows(&session, "b", &b).await?), (true, true))?;
        same("names", (a.name.as_str(), b.name.as_str(), a.note, b.note), ("a", "b", Some(1), Some(2)))?;
    }
    a.edit().note = Some(3);
    session.commit().await?;
    seen(db, r#"[("a", Some(3)), ("b", Some(2))]"#).await
}
