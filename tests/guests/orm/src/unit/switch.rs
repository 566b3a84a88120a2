//! New objects that take over the rows of deleted ones, and columns with names of their own.

use sqlservice_sdk::prelude::*;

use super::{Cup, Labelled, Plain, Tray};
use crate::case::{Case, each, kind, one, rows, same};

fn cup(id: i64, name: &str) -> Cup {
    Cup { id, name: name.to_owned(), ..Cup::default() }
}

fn tray(id: i64, name: &str, cups: &[(i64, &str)]) -> Tray {
    let cups: Vec<Cup> = cups.iter().map(|(id, name)| cup(*id, name)).collect();
    Tray { id, name: name.to_owned(), cups: cups.into() }
}

async fn seen(db: &Database, wanted: &str) -> Case {
    let query = select_columns((Cup::ID, Cup::NAME, Tray::NAME)).from::<Cup>().join_related(Cup::TRAY);
    rows(db, "rows", &query.order_by(Cup::ID), wanted).await
}

pub(super) async fn a_row_is_switched_with_its_children(db: &Database) -> Case {
    let session = db.session()?;
    let old = session.add(tray(1, "old", &[(1, "a"), (2, "b")]))?;
    session.commit().await?;
    session.delete(&old)?;
    let new = session.add(tray(1, "new", &[(2, "c"), (3, "d")]))?;
    session.commit().await?;
    seen(db, r#"[(2, "c", "new"), (3, "d", "new")]"#).await?;
    same("list", each(&new.cups, |cup| cup.name.clone()), "c d")?;
    same("known", session.get_one::<Tray>(1).await?.is(&new), true)?;
    same("tray", one(&new.cups.get()?[0].tray, |tray| tray.name.clone()), "new")
}

pub(super) async fn a_switched_row_is_updated_and_deleted(db: &Database) -> Case {
    let session = db.session()?;
    let old = session.add(tray(1, "old", &[]))?;
    session.commit().await?;
    session.delete(&old)?;
    let mut new = session.add(tray(1, "new", &[]))?;
    new.edit().name = "edited".to_owned();
    session.flush().await?;
    new.edit().name = "again".to_owned();
    session.flush().await?;
    new.edit().cups.push(cup(1, "a"));
    session.commit().await?;
    seen(db, r#"[(1, "a", "again")]"#).await?;
    session.delete(&new)?;
    session.flush().await?;
    session.add(tray(1, "third", &[(1, "b")]))?;
    session.commit().await?;
    seen(db, r#"[(1, "b", "third")]"#).await?;
    same("old ones", (old.status(), new.status()), (Status::Detached, Status::Detached))
}

/// A child of the deleted tray is related to the new one, which has its row.
pub(super) async fn a_child_stays_on_a_switched_row(db: &Database) -> Case {
    let session = db.session()?;
    let old = session.add(tray(1, "old", &[(1, "a"), (2, "b")]))?;
    session.commit().await?;
    let kept = old.cups.get()?[0].clone();
    session.delete(&old)?;
    let new = session.add(Tray { cups: Many::from([&kept]), ..tray(1, "new", &[]) })?;
    session.commit().await?;
    seen(db, r#"[(1, "a", "new")]"#).await?;
    same(
        "both sides",
        (one(&kept.tray, |tray| tray.name.clone()), each(&new.cups, |cup| cup.name.clone())),
        ("new".to_owned(), "a".to_owned()),
    )
}

/// A child that needs its parent cannot be pushed to a deleted one: nothing is lost, nothing is written.
pub(super) async fn a_child_that_needs_a_parent_that_goes(db: &Database) -> Case {
    let session = db.session()?;
    let mut old = session.add(tray(1, "old", &[(1, "a")]))?;
    session.commit().await?;
    session.delete(&old)?;
    let new = Entity::new(cup(2, "b"));
    old.edit().cups.push(&new);
    same("refused", kind(&session.commit().await), "foreign key")?;
    seen(db, r#"[(1, "a", "old")]"#).await?;
    old.edit().cups.remove(&new);
    session.commit().await?;
    seen(db, "[]").await
}

pub(super) async fn keys_of_columns_with_other_names(db: &Database) -> Case {
    let session = db.session()?;
    let labelled = |label: &str| Labelled { name: label.to_owned(), ..Labelled::default() };
    let mut top = session.add(Labelled { children: Many::from([labelled("b"), labelled("c")]), ..labelled("a") })?;
    session.commit().await?;
    let b = top.children.get()?[0].clone();
    same("keys", (top.id > 0, b.parent_id), (true, Some(top.id)))?;
    top.edit().name = "A".to_owned();
    session.delete(&b)?;
    session.commit().await?;
    let other = db.session()?;
    let found = other.query::<Labelled>().filter(Labelled::NAME.eq("A")).with(Labelled::CHILDREN).one().await?;
    same("found", (found.id, each(&found.children, |it| it.name.clone())), (top.id, "c".to_owned()))?;
    same("by its key", other.get_one::<Labelled>(top.id).await?.is(&found), true)?;
    let c = found.children.get()?[0].clone();
    other.load(std::slice::from_ref(&c), Labelled::PARENT).await?;
    same("parent", one(&c.parent, |it| it.name.clone()), "A")?;
    other.delete(&found)?;
    other.commit().await?;
    rows(db, "rows", &select_columns((Labelled::NAME, Labelled::PARENT_ID)), r#"[("c", None)]"#).await
}

/// Columns that the new object leaves unset become null.
pub(super) async fn a_switched_row_takes_nulls(db: &Database) -> Case {
    let session = db.session()?;
    let full = Cup { note: Some(7), plain: One::from(Plain::default()), ..cup(1, "a") };
    let mut tray = session.add(Tray { cups: Many::from([full]), ..tray(1, "tray", &[]) })?;
    session.commit().await?;
    tray.edit().cups.set([cup(1, "b")]);
    session.commit().await?;
    let query = select_columns((Cup::NAME, Cup::NOTE, Cup::PLAIN_ID));
    rows(db, "rows", &query, r#"[("b", None, None)]"#).await?;
    let now = tray.cups.get()?[0].clone();
    same("object", (now.plain_id, one(&now.plain, |plain| plain.id.to_string())), (None, "-".to_owned()))
}

/// The row is deleted by its stored key, whatever key was set since.
pub(super) async fn an_edited_key_and_a_delete(db: &Database) -> Case {
    let session = db.session()?;
    let mut first = session.add(tray(1, "first", &[(1, "a")]))?;
    session.add(tray(5, "other", &[(2, "b")]))?;
    session.commit().await?;
    first.edit().id = 5;
    session.delete(&first)?;
    session.commit().await?;
    same("object", first.status(), Status::Detached)?;
    seen(db, r#"[(2, "b", "other")]"#).await
}

/// The child of a new tray takes over the row of a child deleted with another tray.
pub(super) async fn a_row_is_switched_to_another_owner(db: &Database) -> Case {
    let session = db.session()?;
    let old = session.add(tray(1, "old", &[(1, "a"), (2, "b")]))?;
    session.commit().await?;
    let gone = old.cups.get()?[0].clone();
    session.delete(&old)?;
    let mut new = session.add(tray(2, "new", &[(1, "c")]))?;
    session.commit().await?;
    seen(db, r#"[(1, "c", "new")]"#).await?;
    same("statuses", (gone.status(), new.cups.get()?[0].status()), (Status::Detached, Status::Persistent))?;
    // The same between two trays that stay.
    let mut third = session.add(tray(3, "third", &[(7, "x")]))?;
    session.commit().await?;
    let c = new.cups.get()?[0].clone();
    new.edit().cups.remove(&c);
    third.edit().cups.push(cup(1, "d"));
    session.commit().await?;
    seen(db, r#"[(1, "d", "third"), (7, "x", "third")]"#).await?;
    same(
        "lists",
        (each(&new.cups, |it| it.name.clone()), each(&third.cups, |it| it.name.clone())),
        (String::new(), "x d".to_owned()),
    )
}

/// A failed flush leaves both objects as they were, and the next one switches the row.
pub(super) async fn a_switch_that_fails_is_done_later(db: &Database) -> Case {
    let session = db.session()?;
    let old = session.add(tray(1, "old", &[(1, "a")]))?;
    session.add(tray(2, "other", &[(9, "z")]))?;
    session.commit().await?;
    session.delete(&old)?;
    let mut new = session.add(tray(1, "new", &[(1, "b"), (9, "taken")]))?;
    same("refused", kind(&session.flush().await), "unique")?;
    same("statuses", (old.status(), new.status()), (Status::Deleted, Status::Pending))?;
    seen(db, r#"[(1, "a", "old"), (9, "z", "other")]"#).await?;
    let taken = new.cups.get()?[1].clone();
    new.edit().cups.remove(&taken);
    session.commit().await?;
    seen(db, r#"[(1, "b", "new"), (9, "z", "other")]"#).await
}
