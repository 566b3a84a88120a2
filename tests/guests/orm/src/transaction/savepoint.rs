//! The state of objects after a savepoint.

use sqlservice_sdk::prelude::*;

use crate::{
    case::{Case, each, kind, same},
    members::{Group, User, address, emails, group, people, renamed, seen, user},
};

pub(super) async fn new_objects_of_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let before = session.add(user("before"))?;
    let savepoint = session.begin_nested().await?;
    let mut inside = session.add(user("inside"))?;
    inside.edit().addresses.push(address("a"));
    session.flush().await?;
    let pending = session.add(user("pending"))?;
    savepoint.rollback().await?;
    let statuses = (before.status(), inside.status(), pending.status());
    same("statuses", statuses, (Status::Persistent, Status::Transient, Status::Transient))?;
    same("keys", (inside.id, session.new_objects().len()), (0, 0))?;
    session.add(&inside)?;
    session.commit().await?;
    same("rows", seen(db).await?, "before inside(a)")
}

pub(super) async fn deletes_in_savepoints_come_back(db: &Database) -> Case {
    let session = db.session()?;
    let users = people(&session, &["ed", "jo"], &["a"]).await?;
    let savepoint = session.begin_nested().await?;
    session.delete(&users[0])?;
    session.flush().await?;
    let inner = session.begin_nested().await?;
    session.delete(&users[1])?;
    inner.rollback().await?;
    same("inner", (users[0].status(), users[1].status()), (Status::Deleted, Status::Persistent))?;
    savepoint.rollback().await?;
    same("outer", (users[0].status(), emails(&users[0])), (Status::Persistent, "a".to_owned()))?;
    session.delete(&users[1])?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a)")
}

pub(super) async fn a_savepoint_writes_first_what_was_edited(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    ed.edit().age = Some(7);
    let new = session.add(user("new"))?;
    let savepoint = session.begin_nested().await?;
    same("written", (session.dirty().len(), new.status()), (0, Status::Persistent))?;
    ed.edit().name = "inside".to_owned();
    drop(savepoint);
    same("dropped", (ed.age, ed.name.as_str()), (Some(7), "ed"))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed:7 new")
}

/// A released savepoint passes its changes to the enclosing one.
pub(super) async fn edits_through_savepoints_that_nest(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    let outer = session.begin_nested().await?;
    let middle = session.begin_nested().await?;
    let inner = session.begin_nested().await?;
    ed.edit().age = Some(7);
    inner.release().await?;
    middle.release().await?;
    same("kept", (ed.age, session.is_modified(&ed)), (Some(7), false))?;
    outer.rollback().await?;
    same("undone", ed.age, None)?;
    let outer = session.begin_nested().await?;
    ed.edit().age = Some(8);
    let inner = session.begin_nested().await?;
    ed.edit().age = Some(9);
    inner.rollback().await?;
    same("the inner one", ed.age, Some(8))?;
    outer.release().await?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed:8")
}

pub(super) async fn pairs_go_back_with_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = session.add(User { groups: Many::from([group("g")]), ..user("ed") })?;
    session.commit().await?;
    let g = ed.groups.get()?[0].clone();
    session.load(std::slice::from_ref(&g), Group::USERS).await?;
    let savepoint = session.begin_nested().await?;
    ed.edit().groups.set([group("h")]);
    session.flush().await?;
    savepoint.rollback().await?;
    let names = (each(&ed.groups, |group| group.name.clone()), each(&g.users, |user| user.name.clone()));
    same("both sides", names, ("g".to_owned(), "ed".to_owned()))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(g)")
}

/// Objects that a savepoint did not change are not read again.
pub(super) async fn what_a_savepoint_did_not_touch_stays(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &["a"]).await?;
    renamed(db, users[0].id, "others").await?;
    let savepoint = session.begin_nested().await?;
    users[1].edit().age = Some(7);
    session.flush().await?;
    savepoint.rollback().await?;
    let ed = session.get_one::<User>(users[0].id).await?;
    same("not asked", (ed.name.as_str(), emails(&ed)), ("ed", "a".to_owned()))?;
    same("undone", users[1].age, None)?;
    // The end of the transaction expires them.
    session.rollback().await?;
    same("asked", session.get_one::<User>(users[0].id).await?.name.as_str(), "others")
}

pub(super) async fn statements_in_a_savepoint_are_undone(db: &Database) -> Case {
    let session = db.session()?;
    let users = people(&session, &["ed", "jo"], &[]).await?;
    let savepoint = session.begin_nested().await?;
    session.execute(&update::<User>().set(User::AGE, Some(7))).await?;
    session.execute(&delete::<User>().filter(User::NAME.eq("jo"))).await?;
    same("inside", (users[0].age, users[1].status()), (Some(7), Status::Deleted))?;
    savepoint.rollback().await?;
    same("outside", (users[0].age, users[1].status()), (None, Status::Persistent))?;
    same("known", session.get_one::<User>(users[1].id).await?.is(&users[1]), true)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed jo")
}

pub(super) async fn a_failed_flush_in_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &[]).await?;
    users[0].edit().age = Some(7);
    let savepoint = session.begin_nested().await?;
    users[1].edit().name = "ed".to_owned();
    session.add(user("new"))?;
    same("failed", kind(&session.flush().await), "unique")?;
    savepoint.rollback().await?;
    same("objects", (users[0].age, users[1].name.as_str()), (Some(7), "jo"))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed:7 jo")
}
