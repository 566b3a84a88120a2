//! The state of objects after a rollback.

use sqlservice_sdk::prelude::*;

use crate::{
    case::{Case, each, same},
    members::{Address, Group, User, address, emails, group, owner, people, seen, user},
};

pub(super) async fn new_objects_go_out(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    let flushed = session.add(user("flushed"))?;
    session.flush().await?;
    ed.edit().addresses.push(address("a"));
    let a = ed.addresses.get()?[0].clone();
    session.flush().await?;
    let pending = session.add(user("pending"))?;
    session.rollback().await?;
    let statuses = (flushed.status(), a.status(), pending.status());
    same("statuses", statuses, (Status::Transient, Status::Transient, Status::Transient))?;
    same("keys", (flushed.id, a.id, a.user_id), (0, 0, None))?;
    same("owner", (emails(&ed), session.new_objects().len()), (String::new(), 0))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed")
}

/// A new owner and its children become transient together, and stay related.
pub(super) async fn new_objects_in_lists_go_out(db: &Database) -> Case {
    let session = db.session()?;
    let ed = session.add(User { addresses: Many::from([address("a"), address("b")]), ..user("ed") })?;
    session.flush().await?;
    session.rollback().await?;
    same("list", emails(&ed), "a b")?;
    let ids: Vec<(i64, Option<i64>)> = ed.addresses.get()?.iter().map(|it| (it.id, it.user_id)).collect();
    same("keys", ids, vec![(0, None), (0, None)])?;
    same("rows", seen(db).await?, "")?;
    session.add(&ed)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a b)")
}

pub(super) async fn edits_come_back_flushed_or_not(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &[]).await?;
    users[0].edit().name = "flushed".to_owned();
    session.flush().await?;
    users[0].edit().age = Some(7);
    users[1].edit().age = Some(8);
    session.rollback().await?;
    same("objects", (users[0].name.as_str(), users[0].age, users[1].age), ("ed", None, None))?;
    same("modified", (session.is_modified(&users[0]), session.is_modified(&users[1])), (false, false))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed jo")
}

pub(super) async fn deletes_come_back_with_what_went_along(db: &Database) -> Case {
    let session = db.session()?;
    let ed = people(&session, &["ed"], &["a", "b"]).await?.remove(0);
    let all = ed.addresses.handles()?;
    for is_flushed in [true, false] {
        session.delete(&ed)?;
        if is_flushed {
            session.flush().await?;
        }
        session.rollback().await?;
        let statuses: Vec<Status> = all.iter().map(Entity::status).chain([ed.status()]).collect();
        same("statuses", statuses, vec![Status::Persistent; 3])?;
        same("list", (emails(&ed), owner(&all[0])), ("a b".to_owned(), "ed".to_owned()))?;
    }
    same("known", session.get_one::<Address>(all[0].id).await?.is(&all[0]), true)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a b)")
}

pub(super) async fn orphans_come_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a", "b"]).await?.remove(0);
    let a = ed.addresses.get()?[0].clone();
    ed.edit().addresses.remove(&a);
    session.flush().await?;
    same("gone", a.status(), Status::Deleted)?;
    session.rollback().await?;
    same("there again", (a.status(), emails(&ed), owner(&a)), (Status::Persistent, "a b".to_owned(), "ed".to_owned()))?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a b)")
}

pub(super) async fn collections_come_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &["a", "b"]).await?;
    let all = users[0].addresses.handles()?;
    let mut a = all[0].clone();
    for is_flushed in [true, false] {
        a.edit().user.set(&users[1]);
        users[1].edit().addresses.push(address("c"));
        if is_flushed {
            session.flush().await?;
            same("moved", (emails(&users[0]), emails(&users[1])), ("b".to_owned(), "c a".to_owned()))?;
        }
        session.rollback().await?;
        same("lists", (emails(&users[0]), emails(&users[1])), ("a b".to_owned(), String::new()))?;
        same("the other side", (owner(&a), a.user_id), ("ed".to_owned(), Some(users[0].id)))?;
    }
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a b) jo")
}

pub(super) async fn pairs_come_back_on_both_sides(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = session.add(User { groups: Many::from([group("g"), group("h")]), ..user("ed") })?;
    session.commit().await?;
    let groups = ed.groups.handles()?;
    session.load(&groups, Group::USERS).await?;
    ed.edit().groups.remove(&groups[0]);
    ed.edit().groups.push(group("new"));
    session.flush().await?;
    let names = |group: &Group| each(&group.users, |user| user.name.clone());
    same("inside", (names(&groups[0]), names(&groups[1])), (String::new(), "ed".to_owned()))?;
    session.rollback().await?;
    same("outside", (names(&groups[0]), names(&groups[1])), ("ed".to_owned(), "ed".to_owned()))?;
    same("the owner", each(&ed.groups, |group| group.name.clone()), "g h")?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(g h)")
}

pub(super) async fn what_was_rolled_back_is_added_again(db: &Database) -> Case {
    let session = db.session()?;
    let ed = session.add(User { addresses: Many::from([address("a")]), ..user("ed") })?;
    for _ in 0..3 {
        session.flush().await?;
        session.rollback().await?;
        session.add(&ed)?;
    }
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a)")?;
    let a = ed.addresses.get()?[0].clone();
    same("keys", (a.user_id, owner(&a)), (Some(ed.id), "ed".to_owned()))
}

/// An object whose insert was rolled back is inserted with its current values.
pub(super) async fn what_was_rolled_back_is_edited_and_added(db: &Database) -> Case {
    let session = db.session()?;
    let mut jo = people(&session, &["jo"], &[]).await?.remove(0);
    let mut ed = session.add(user("ed"))?;
    session.flush().await?;
    ed.edit().age = Some(7);
    session.rollback().await?;
    same("as it was added", ed.age, None)?;
    ed.edit().age = Some(8);
    let other = db.session()?;
    other.add(&ed)?;
    other.commit().await?;
    jo.edit().age = Some(9);
    session.commit().await?;
    same("rows", seen(db).await?, "ed:8 jo:9")
}
