//! Children pushed to or removed from a parent that is deleted or in no session.

use sqlservice_sdk::prelude::*;

use super::{Kid, Parent, family, kid, parent, seen};
use crate::case::{Case, one, same};

/// The kid stays without a parent: it was pushed after the delete was marked.
pub(super) async fn pushed_after_the_delete_of_its_parent(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a"]).await?;
    session.delete(&ed)?;
    let new = Entity::new(kid("new"));
    ed.edit().kids.push(&new);
    session.commit().await?;
    same("status", (new.status(), new.parent_id), (Status::Persistent, None))?;
    seen(db, "after", "", "new:", "new's").await
}

pub(super) async fn moved_after_the_delete_of_its_parent(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a"]).await?;
    let jo = family(&session, "jo", &["b"]).await?;
    let b = jo.kids.get()?[0].clone();
    session.delete(&ed)?;
    ed.edit().kids.push(&b);
    session.commit().await?;
    // It keeps its parent.
    same("status", (b.status(), one(&b.parent, |parent| parent.name.clone())), (Status::Persistent, "jo".to_owned()))?;
    seen(db, "after", "jo", "b:jo", "b's").await
}

/// A kid pushed before the delete is deleted too, or is not inserted if it is pending.
pub(super) async fn pushed_before_the_delete_of_its_parent(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a"]).await?;
    let jo = family(&session, "jo", &["b"]).await?;
    let (b, new) = (jo.kids.get()?[0].clone(), Entity::new(kid("new")));
    ed.edit().kids.push(&b);
    ed.edit().kids.push(&new);
    session.delete(&ed)?;
    session.commit().await?;
    same("statuses", (b.status(), new.status()), (Status::Detached, Status::Transient))?;
    seen(db, "after", "jo", "", "").await
}

pub(super) async fn pushed_to_an_unloaded_list_after_the_delete(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a"]).await?;
    let other = db.session()?;
    let mut ed = other.get_one::<Parent>(ed.id).await?;
    other.delete(&ed)?;
    ed.edit().kids.push(kid("new"));
    other.commit().await?;
    seen(db, "after", "", "new:", "new's").await
}

/// A parent whose delete is taken back keeps the kids pushed meanwhile.
pub(super) async fn pushed_after_a_delete_that_is_taken_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a"]).await?;
    session.delete(&ed)?;
    ed.edit().kids.push(kid("b"));
    session.add(&ed)?;
    session.flush().await?;
    session.delete(&ed)?;
    ed.edit().kids.push(kid("c"));
    session.commit().await?;
    seen(db, "after", "", "c:", "c's").await
}

pub(super) async fn pushed_after_the_delete_and_rolled_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a"]).await?;
    session.delete(&ed)?;
    let new = Entity::new(kid("new"));
    ed.edit().kids.push(&new);
    session.flush().await?;
    session.rollback().await?;
    same("statuses", (ed.status(), new.status()), (Status::Persistent, Status::Transient))?;
    session.delete(&ed)?;
    session.commit().await?;
    seen(db, "after", "", "", "").await
}

/// The parent is set on the kid: it has lost its old parent and has no other one.
pub(super) async fn its_own_side_set_after_the_delete(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a"]).await?;
    let jo = family(&session, "jo", &["b"]).await?;
    let mut b = jo.kids.get()?[0].clone();
    session.delete(&ed)?;
    b.edit().parent.set(&ed);
    let new = session.add(Kid { parent: One::from(&ed), ..kid("new") })?;
    session.commit().await?;
    same("statuses", (b.status(), new.status()), (Status::Persistent, Status::Persistent))?;
    same("list", jo.kids.get()?.len(), 0)?;
    seen(db, "after", "jo", "b: new:", "b's new's").await
}

pub(super) async fn its_own_side_set_before_the_delete(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a"]).await?;
    let jo = family(&session, "jo", &["b", "c"]).await?;
    let mut all = jo.kids.handles()?;
    let new = session.add(Kid { parent: One::from(&ed), ..kid("new") })?;
    all[0].edit().parent.set(&ed);
    session.delete(&ed)?;
    // Edits of other columns do not change that.
    all[0].edit().name = "x".to_owned();
    all[1].edit().name = "y".to_owned();
    session.commit().await?;
    same("statuses", (all[0].status(), new.status()), (Status::Detached, Status::Transient))?;
    seen(db, "after", "jo", "y:jo", "c's").await
}

/// A detached parent loses a kid of a session.
pub(super) async fn taken_from_a_parent_of_no_session(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let all = ed.kids.handles()?;
    session.expunge(&ed);
    same("all are out", all[0].status(), Status::Detached)?;
    session.add(&all[0])?;
    session.add(&all[1])?;
    ed.edit().kids.remove(&all[0]);
    session.commit().await?;
    same("statuses", (all[0].status(), all[1].status()), (Status::Detached, Status::Persistent))?;
    seen(db, "after", "ed", "b:ed", "b's").await?;
    // Pushed back before the flush, it stays.
    ed.edit().kids.remove(&all[1]);
    ed.edit().kids.push(&all[1]);
    session.commit().await?;
    seen(db, "put back", "ed", "b:ed", "b's").await
}

pub(super) async fn taken_from_a_parent_that_joins(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    session.close().await?;
    ed.edit().kids.remove(&a);
    let other = db.session()?;
    other.add(&ed)?;
    other.commit().await?;
    seen(db, "after", "ed", "b:ed", "b's").await
}

/// A parent that was never added had a new kid and lost it.
pub(super) async fn taken_from_a_parent_that_was_never_added(db: &Database) -> Case {
    let session = db.session()?;
    let (first, second) = (session.add(kid("first"))?, Entity::new(kid("second")));
    let mut ed = Entity::new(parent("ed"));
    for kid in [&first, &second] {
        ed.edit().kids.push(kid);
        ed.edit().kids.remove(kid);
    }
    // It is added after its removal, so it is written without a parent.
    session.add(&second)?;
    session.commit().await?;
    same("statuses", (first.status(), second.status()), (Status::Transient, Status::Persistent))?;
    seen(db, "after", "", "second:", "second's").await
}

/// Another parent in the session has it: it is no orphan.
pub(super) async fn moved_from_a_parent_of_no_session(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a"]).await?;
    let a = ed.kids.get()?[0].clone();
    session.expunge(&ed);
    session.add(&a)?;
    let mut jo = session.add(parent("jo"))?;
    ed.edit().kids.remove(&a);
    jo.edit().kids.push(&a);
    session.commit().await?;
    seen(db, "after", "ed jo", "a:jo", "a's").await?;
    same("kids", session.query::<Kid>().count().await?, 1)
}
