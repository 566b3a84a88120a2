//! `refresh`.

use sqlservice_sdk::{prelude::*, session::SessionOptions};

use crate::{
    case::{Case, kind, same},
    members::{User, address, emails, people, removed, renamed, seen, user},
};

pub(super) async fn a_refresh_drops_edits(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    renamed(db, ed.id, "others").await?;
    let new = Entity::new(address("new"));
    ed.edit().name = "mine".to_owned();
    ed.edit().age = Some(7);
    ed.edit().addresses.push(&new);
    session.refresh(&ed).await?;
    same("read", (ed.name.as_str(), ed.age, session.is_modified(&ed)), ("others", None, false))?;
    session.commit().await?;
    same("written", new.status(), Status::Transient)?;
    same("rows", seen(db).await?, "others(a)")?;
    // It can be edited again.
    ed.edit().age = Some(8);
    session.commit().await?;
    same("rows", seen(db).await?, "others:8(a)")
}

pub(super) async fn a_refresh_unloads_relationships(db: &Database) -> Case {
    let session = db.session()?;
    let ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    let a = ed.addresses.get()?[0].clone();
    session.refresh(&ed).await?;
    same("list", emails(&ed), "unloaded addresses")?;
    session.load(std::slice::from_ref(&ed), User::ADDRESSES).await?;
    same("the same again", ed.addresses.get()?[0].is(&a), true)
}

/// A refresh flushes changes of other objects, and not those of the object itself.
pub(super) async fn a_refresh_flushes_others(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &["a"]).await?;
    users[0].edit().age = Some(7);
    users[1].edit().age = Some(8);
    let new = session.add(user("new"))?;
    session.refresh(&users[0]).await?;
    same("others", (new.status(), session.dirty().len(), users[1].age), (Status::Persistent, 0, Some(8)))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a) jo:8 new")?;
    // The foreign key is written from another object's list.
    let a = session.query::<crate::members::Address>().one().await?;
    users[1].edit().addresses.push(&a);
    session.refresh(&a).await?;
    same("told by a list", a.user_id, Some(users[1].id))
}

pub(super) async fn a_refresh_of_what_is_gone(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    removed(db, ed.id).await?;
    ed.edit().age = Some(7);
    same("gone", kind(&session.refresh(&ed).await), "NoResult")?;
    same("found", session.get::<User>(ed.id).await?.is_none(), true)?;
    session.commit().await?;
    same("rows", seen(db).await?, "")
}

pub(super) async fn a_refresh_of_what_is_not_there(db: &Database) -> Case {
    let session = db.session()?;
    let ed = people(&session, &["ed"], &[]).await?.remove(0);
    let new = session.add(user("new"))?;
    same("pending", kind(&session.refresh(&new).await), "NotPersisted")?;
    same("transient", kind(&session.refresh(&Entity::new(user("x"))).await), "NotPersisted")?;
    let other = db.session()?;
    same("another session's", kind(&other.refresh(&ed).await), "Detached")?;
    session.delete(&ed)?;
    same("deleted", kind(&session.refresh(&ed).await), "Detached")?;
    session.rollback().await?;
    session.expunge(&ed);
    same("expunged", kind(&session.refresh(&ed).await), "Detached")
}

pub(super) async fn a_refresh_sees_its_own_transaction(db: &Database) -> Case {
    let session = db.session_with(SessionOptions { synchronize: false, ..SessionOptions::default() })?;
    let ed = people(&session, &["ed"], &[]).await?.remove(0);
    session.execute(&update::<User>().set(User::AGE, Some(7))).await?;
    same("not told", ed.age, None)?;
    session.refresh(&ed).await?;
    same("read", ed.age, Some(7))?;
    session.rollback().await?;
    same("undone", ed.age, None)?;
    session.refresh(&ed).await?;
    same("read again", ed.age, None)
}
