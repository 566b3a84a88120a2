//! Lookups by primary key, and whether they query the database.

use sqlservice_sdk::prelude::*;

use crate::{
    case::{Case, kind, same},
    members::{Address, Group, Member, User, emails, people, removed, renamed, seen, user},
};

pub(super) async fn a_deleted_object_is_found_until_it_is_flushed(db: &Database) -> Case {
    let session = db.session()?;
    let ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    session.delete(&ed)?;
    same("before", session.get::<User>(ed.id).await?.is_some_and(|found| found.is(&ed)), true)?;
    session.flush().await?;
    same("after", session.get::<User>(ed.id).await?.is_none(), true)?;
    same("get_one", kind(&session.get_one::<User>(ed.id).await), "NoResult")?;
    same("a query", session.query::<User>().all().await?.len(), 0)?;
    session.rollback().await?;
    same("there again", session.get_one::<User>(ed.id).await?.is(&ed), true)?;
    session.delete(&ed)?;
    session.commit().await?;
    same("gone", (session.get::<User>(ed.id).await?.is_none(), ed.status()), (true, Status::Detached))
}

pub(super) async fn a_pending_object_is_not_known_by_its_key(db: &Database) -> Case {
    let session = db.session()?;
    let new = session.add(User { id: 7, ..user("ed") })?;
    let inside = session.no_autoflush(async |session| session.get::<User>(7).await).await?;
    same("without a flush", inside.is_none(), true)?;
    same("with one", session.get_one::<User>(7).await?.is(&new), true)
}

/// An edit survives a query of its row; the commit writes it.
pub(super) async fn an_edit_stays_when_its_row_is_read(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    renamed(db, ed.id, "others").await?;
    ed.edit().age = Some(7);
    let read = session.no_autoflush(async |session| session.query::<User>().with(User::ADDRESSES).all().await).await?;
    same("the same", (read[0].is(&ed), ed.age, ed.name.as_str()), (true, Some(7), "ed"))?;
    session.commit().await?;
    // Only the edited column is written.
    same("rows", seen(db).await?, "others:7(a)")
}

pub(super) async fn an_edited_key_is_the_old_one_until_a_flush(db: &Database) -> Case {
    let session = db.session()?;
    let mut pair = session.add(Member { user_id: 0, group_id: 0 })?;
    session.expunge(&pair);
    let ed = people(&session, &["ed"], &[]).await?.remove(0);
    let groups = session.add_all(["a", "b"].map(crate::members::group))?;
    session.flush().await?;
    pair.edit().user_id = ed.id;
    pair.edit().group_id = groups[0].id;
    session.add(&pair)?;
    session.commit().await?;
    pair.edit().group_id = groups[1].id;
    let (old, new) = ((ed.id, groups[0].id), (ed.id, groups[1].id));
    same("by the old one", session.get_one::<Member>(old).await?.is(&pair), true)?;
    session.flush().await?;
    same("by the new one", session.get_one::<Member>(new).await?.is(&pair), true)?;
    same("not by the old one", session.get::<Member>(old).await?.is_none(), true)?;
    session.rollback().await?;
    same("by the old one again", session.get_one::<Member>(old).await?.is(&pair), true)?;
    same("nothing is there", session.get::<Member>(new).await?.is_none(), true)
}

pub(super) async fn populate_existing_drops_edits(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    renamed(db, ed.id, "others").await?;
    let anew = async |session: &Session| session.query::<User>().populate_existing().with(User::ADDRESSES).all().await;
    ed.edit().age = Some(7);
    ed.edit().addresses.push(crate::members::address("b"));
    session.no_autoflush(anew).await?;
    same("by a query", (ed.name.as_str(), ed.age, emails(&ed)), ("others", None, "a".to_owned()))?;
    ed.edit().age = Some(8);
    let id = ed.id;
    let got =
        session.no_autoflush(async |session| session.query::<User>().populate_existing().get_one(id).await).await?;
    same("by get", (got.is(&ed), ed.age), (true, None))?;
    session.commit().await?;
    same("rows", seen(db).await?, "others(a)")
}

pub(super) async fn get_of_nothing(db: &Database) -> Case {
    let session = db.session()?;
    same("get", session.get::<User>(1).await?.is_none(), true)?;
    same("get_one", kind(&session.get_one::<User>(1).await), "NoResult")?;
    same("two columns", session.get::<Member>((1, 1)).await?.is_none(), true)?;
    same("a query's get_one", kind(&session.query::<Group>().get_one(1).await), "NoResult")?;
    same("one", kind(&session.query::<Address>().one().await), "NoResult")
}

/// A row deleted by another session is found to be gone by the next query of it.
pub(super) async fn what_is_gone_is_not_known(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    removed(db, ed.id).await?;
    same("known", session.get_one::<User>(ed.id).await?.is(&ed), true)?;
    session.expire(&ed);
    same("read", session.get::<User>(ed.id).await?.is_none(), true)?;
    same("contained", (session.contains(&ed), session.get::<User>(ed.id).await?.is_none()), (false, true))?;
    // The object has no pending changes any more.
    ed.edit().age = Some(7);
    session.commit().await?;
    same("rows", seen(db).await?, "")
}
