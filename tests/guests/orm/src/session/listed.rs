//! The session's lists of pending changes.

use sqlservice_sdk::prelude::*;

use crate::{
    case::{Case, kind, same},
    members::{Address, address, people, seen, user},
};

/// The numbers of new, dirty and deleted objects.
fn listed(session: &Session) -> (usize, usize, usize) {
    (session.new_objects().len(), session.dirty().len(), session.deleted().len())
}

pub(super) async fn added_and_deleted_are_listed(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo", "al"], &[]).await?;
    same("nothing", listed(&session), (0, 0, 0))?;
    session.add(user("new"))?;
    users[0].edit().age = Some(7);
    session.delete(&users[1])?;
    same("all", listed(&session), (1, 1, 1))?;
    // An object both edited and deleted counts as deleted.
    users[1].edit().age = Some(7);
    same("edited as well", listed(&session), (1, 1, 1))?;
    users[0].edit().age = None;
    same("edited back", listed(&session), (1, 0, 1))?;
    session.flush().await?;
    same("flushed", listed(&session), (0, 0, 0))?;
    session.rollback().await?;
    same("rolled back", listed(&session), (0, 0, 0))?;
    same("rows", seen(db).await?, "al ed jo")
}

pub(super) async fn an_added_object_is_deleted(db: &Database) -> Case {
    let session = db.session()?;
    let new = session.add(user("new"))?;
    same("pending", kind(&session.delete(&new)), "NotPersisted")?;
    session.flush().await?;
    session.delete(&new)?;
    same("deleted", listed(&session), (0, 0, 1))?;
    session.add(&new)?;
    same("added again", (listed(&session), new.status()), ((0, 0, 0), Status::Persistent))?;
    session.delete(&new)?;
    session.flush().await?;
    same("gone", kind(&session.add(&new)), "Detached")?;
    session.commit().await?;
    same("rows", seen(db).await?, "")
}

pub(super) async fn is_modified_of_columns(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &[]).await?.remove(0);
    same("read", session.is_modified(&ed), false)?;
    ed.edit().name = "ed".to_owned();
    same("set to the same", session.is_modified(&ed), false)?;
    ed.edit().name = "eddy".to_owned();
    same("set", session.is_modified(&ed), true)?;
    session.flush().await?;
    same("flushed", session.is_modified(&ed), false)?;
    same("new", session.is_modified(&Entity::new(user("new"))), true)
}

pub(super) async fn is_modified_of_relationships(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &["a"]).await?;
    let mut a = users[0].addresses.get()?[0].clone();
    users[0].edit().addresses.push(address("b"));
    same("pushed", (session.is_modified(&users[0]), session.is_modified(&a)), (true, false))?;
    let b = users[0].addresses.get()?[1].clone();
    users[0].edit().addresses.remove(&b);
    same("taken away", session.is_modified(&users[0]), false)?;
    a.edit().user.set(&users[1]);
    same("moved", session.is_modified(&a), true)?;
    a.edit().user.set(&users[0]);
    same("moved back", session.is_modified(&a), false)?;
    // A push to an unloaded list modifies its owner.
    let other = db.session()?;
    let mut unloaded = other.get_one::<crate::members::User>(users[0].id).await?;
    same("unloaded", other.is_modified(&unloaded), false)?;
    unloaded.edit().addresses.push(Address { user_id: None, ..address("c") });
    same("pushed unloaded", other.is_modified(&unloaded), true)
}

pub(super) async fn expunged_ones_are_not_listed(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo", "al"], &[]).await?;
    let new = session.add(user("new"))?;
    users[0].edit().age = Some(7);
    session.delete(&users[1])?;
    session.expunge(&new);
    session.expunge(&users[0]);
    session.expunge(&users[1]);
    same("listed", listed(&session), (0, 0, 0))?;
    same("contained", (session.contains(&new), session.contains(&users[2])), (false, true))?;
    session.commit().await?;
    same("rows", seen(db).await?, "al ed jo")?;
    session.expunge_all();
    same("all", (session.contains(&users[2]), users[2].status()), (false, Status::Detached))
}

pub(super) async fn after_a_commit_nothing_is_listed(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = session.add(user("ed"))?;
    ed.edit().addresses.push(address("a"));
    session.commit().await?;
    same("listed", listed(&session), (0, 0, 0))?;
    let a = ed.addresses.get()?[0].clone();
    ed.edit().addresses.remove(&a);
    // The flush finds the orphan.
    same("removed", listed(&session), (0, 1, 0))?;
    session.commit().await?;
    same("again", (listed(&session), a.status()), ((0, 0, 0), Status::Detached))?;
    same("rows", seen(db).await?, "ed")
}
