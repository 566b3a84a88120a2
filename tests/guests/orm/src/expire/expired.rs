//! `expire` and `expire_all`.

use sqlservice_sdk::{prelude::*, session::SessionOptions};

use crate::{
    case::{Case, kind, same},
    members::{User, address, emails, group, people, removed, renamed, seen, user},
};

/// The next query reads an expired object again, once; until then its handles have the old values.
pub(super) async fn it_is_read_once(db: &Database) -> Case {
    let session = db.session()?;
    let ed = people(&session, &["ed"], &[]).await?.remove(0);
    renamed(db, ed.id, "first").await?;
    session.expire(&ed);
    same("nobody asked", ed.name.as_str(), "ed")?;
    session.get_one::<User>(ed.id).await?;
    same("asked", ed.name.as_str(), "first")?;
    session.commit().await?;
    renamed(db, ed.id, "second").await?;
    session.get_one::<User>(ed.id).await?;
    same("not asked again", ed.name.as_str(), "first")?;
    session.expire_all();
    session.query::<User>().all().await?;
    same("by a query", ed.name.as_str(), "second")
}

pub(super) async fn edits_are_lost(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    ed.edit().name = "eddy".to_owned();
    ed.edit().age = Some(7);
    session.expire(&ed);
    same("at once", (ed.name.as_str(), ed.age, session.dirty().len()), ("ed", None, 0))?;
    same("read", session.get_one::<User>(ed.id).await?.name.as_str(), "ed")?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed")
}

pub(super) async fn edits_of_lists_are_lost(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &["a", "b"]).await?;
    let mut a = users[0].addresses.get()?[0].clone();
    let new = Entity::new(address("new"));
    users[0].edit().addresses.remove(&a);
    users[0].edit().addresses.push(&new);
    users[0].edit().groups.push(group("g"));
    a.edit().user.set(&users[1]);
    session.expire(&users[0]);
    session.expire(&a);
    session.commit().await?;
    same("statuses", (a.status(), new.status()), (Status::Persistent, Status::Transient))?;
    same("rows", seen(db).await?, "ed(a b) jo")
}

pub(super) async fn edits_of_all_are_lost(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo", "al"], &["a"]).await?;
    users.iter_mut().for_each(|user| user.edit().age = Some(7));
    let new = session.add(user("new"))?;
    session.delete(&users[2])?;
    session.expire_all();
    let saw = (session.dirty().len(), new.status(), users[2].status());
    same("only edits", saw, (0, Status::Pending, Status::Deleted))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a) jo new")
}

/// `refresh-expire`, which `all` contains: related objects expire with their owner.
pub(super) async fn edits_of_what_follows_are_lost(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a", "b"]).await?.remove(0);
    let mut all = ed.addresses.handles()?;
    all[0].edit().email = "edited".to_owned();
    ed.edit().groups.push(group("g"));
    session.flush().await?;
    let mut g = ed.groups.get()?[0].clone();
    all[1].edit().email = "lost".to_owned();
    g.edit().name = "kept".to_owned();
    session.expire(&ed);
    same("at once", (all[1].email.as_str(), g.name.as_str()), ("b", "kept"))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(b edited|kept)")
}

pub(super) async fn an_edit_after_it_is_kept(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    ed.edit().name = "lost".to_owned();
    session.expire(&ed);
    ed.edit().age = Some(7);
    session.no_autoflush(async |session| session.query::<User>().all().await).await?;
    same("read meanwhile", (ed.name.as_str(), ed.age), ("ed", Some(7)))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed:7")
}

pub(super) async fn nothing_is_written(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    ed.edit().age = Some(7);
    session.expire(&ed);
    same("clean", session.is_modified(&ed), false)?;
    renamed(db, ed.id, "others").await?;
    session.commit().await?;
    same("rows", seen(db).await?, "others")
}

pub(super) async fn expired_and_deleted_is_deleted(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    ed.edit().age = Some(7);
    session.delete(&ed)?;
    session.expire(&ed);
    same("status", (ed.status(), ed.age), (Status::Deleted, None))?;
    session.commit().await?;
    same("rows", seen(db).await?, "")
}

pub(super) async fn a_pending_object_stays_what_it_is(db: &Database) -> Case {
    let session = db.session()?;
    let mut new = session.add(user("new"))?;
    new.edit().age = Some(7);
    session.expire(&new);
    same("status", (new.status(), new.age), (Status::Pending, Some(7)))?;
    session.commit().await?;
    same("rows", seen(db).await?, "new:7")
}

pub(super) async fn an_object_of_another_session_stays_what_it_is(db: &Database) -> Case {
    let (one, other) = (db.session()?, db.session()?);
    let mut ed = people(&one, &["ed"], &[]).await?.remove(0);
    ed.edit().age = Some(7);
    other.expire(&ed);
    one.commit().await?;
    same("theirs", seen(db).await?, "ed:7")?;
    one.expunge(&ed);
    ed.edit().age = Some(8);
    one.expire(&ed);
    same("nobody's", ed.age, Some(8))
}

pub(super) async fn an_expired_row_that_is_gone(db: &Database) -> Case {
    let session = db.session()?;
    let users = people(&session, &["ed", "jo"], &[]).await?;
    removed(db, users[0].id).await?;
    session.expire_all();
    same("get", session.get::<User>(users[0].id).await?.is_none(), true)?;
    same("contained", (session.contains(&users[0]), session.contains(&users[1])), (false, true))?;
    same("get_one", kind(&session.get_one::<User>(users[0].id).await), "NoResult")?;
    session.commit().await?;
    same("rows", seen(db).await?, "jo")
}

/// The edits of an expired object are still pending, and their update finds no row.
pub(super) async fn an_expired_row_that_is_gone_is_edited(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    removed(db, ed.id).await?;
    session.expire(&ed);
    ed.edit().age = Some(7);
    same("flushed", kind(&session.flush().await), "stale users 0 of 1")?;
    session.rollback().await?;
    same("rows", seen(db).await?, "")
}

pub(super) async fn an_expired_row_comes_back_with_a_rollback(db: &Database) -> Case {
    let session = db.session()?;
    let ed = people(&session, &["ed"], &[]).await?.remove(0);
    session.execute(&delete::<User>()).await?;
    same("gone", (session.get::<User>(ed.id).await?.is_none(), session.contains(&ed)), (true, false))?;
    session.rollback().await?;
    same("back", (session.contains(&ed), session.get_one::<User>(ed.id).await?.is(&ed)), (true, true))?;
    // The same in a session that does not synchronize.
    let quiet = db.session_with(SessionOptions { synchronize: false, ..SessionOptions::default() })?;
    session.commit().await?;
    let ed = quiet.get_one::<User>(ed.id).await?;
    quiet.execute(&delete::<User>()).await?;
    quiet.expire(&ed);
    same("gone again", (quiet.get::<User>(ed.id).await?.is_none(), quiet.contains(&ed)), (true, false))?;
    quiet.rollback().await?;
    same("back again", (quiet.contains(&ed), quiet.get_one::<User>(ed.id).await?.is(&ed)), (true, true))
}

pub(super) async fn a_relationship_is_unloaded_by_the_next_row(db: &Database) -> Case {
    let session = db.session()?;
    let ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    session.expire(&ed);
    same("until then", emails(&ed), "a")?;
    session.get_one::<User>(ed.id).await?;
    same("then", emails(&ed), "unloaded addresses")?;
    session.expire(&ed);
    session.query::<User>().with(User::ADDRESSES).all().await?;
    same("loaded with it", emails(&ed), "a")
}

pub(super) async fn expired_in_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &["a"]).await?;
    users[0].edit().age = Some(7);
    let savepoint = session.begin_nested().await?;
    users[0].edit().age = Some(8);
    session.flush().await?;
    users[0].edit().name = "lost".to_owned();
    session.expire(&users[0]);
    same("inside", (users[0].name.as_str(), users[0].age), ("ed", Some(8)))?;
    session.execute(&delete::<User>().filter(User::NAME.eq("jo"))).await?;
    session.expire_all();
    same("gone", session.get::<User>(users[1].id).await?.is_none(), true)?;
    savepoint.rollback().await?;
    same(
        "outside",
        (users[0].age, users[1].status(), emails(&users[0])),
        (Some(7), Status::Persistent, "a".to_owned()),
    )?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed:7(a) jo")
}

/// An edited key is reset to the row's.
pub(super) async fn an_edited_key_is_lost(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    let id = ed.id;
    ed.edit().id = id + 100;
    session.expire(&ed);
    same("known", (session.get_one::<User>(id).await?.is(&ed), ed.id), (true, id))?;
    session.commit().await?;
    same("nothing else", session.get::<User>(id + 100).await?.is_none(), true)?;
    same("rows", seen(db).await?, "ed(a)")
}
