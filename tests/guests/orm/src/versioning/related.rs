//! Relationships and versions.

use sqlservice_sdk::prelude::*;

use super::{Doc, Page, Part, Tag, doc, docs, retitled, seen};
use crate::case::{Case, kind, rows, same};

fn page(id: i64) -> Page {
    Page { id, ..Page::default() }
}

/// The versions of all pages.
async fn pages(db: &Database, wanted: &str) -> Case {
    rows(db, "pages", &select_columns((Page::ID, Page::VERSION, Page::DOC_ID)).order_by(Page::ID), wanted).await
}

/// The foreign keys are columns of the children: their versions are incremented, their owner's is not.
pub(super) async fn a_list_counts_its_children(db: &Database) -> Case {
    let session = db.session()?;
    let mut all = docs(&session, 2).await?;
    all[0].edit().pages.set([page(1), page(2)]);
    session.commit().await?;
    pages(db, "[(1, 1, Some(1)), (2, 1, Some(1))]").await?;
    let first = all[0].pages.get()?[0].clone();
    all[1].edit().pages.push(&first);
    session.commit().await?;
    pages(db, "[(1, 2, Some(2)), (2, 1, Some(1))]").await?;
    same("objects", (first.version, all[0].version, all[1].version), (2, 1, 1))?;
    seen(db, r#"[(1, 1, "first"), (2, 1, "first")]"#).await
}

pub(super) async fn a_parent_counts_the_owner(db: &Database) -> Case {
    let session = db.session()?;
    let all = docs(&session, 2).await?;
    let mut one = session.add(Page { doc: One::from(&all[0]), ..page(1) })?;
    session.commit().await?;
    one.edit().doc.set(&all[1]);
    session.commit().await?;
    same("moved", one.version, 2)?;
    one.edit().doc.set(&all[1]);
    session.commit().await?;
    same("set to the same", one.version, 2)?;
    one.edit().doc.clear();
    session.commit().await?;
    pages(db, "[(1, 3, None)]").await
}

pub(super) async fn children_without_a_parent_count(db: &Database) -> Case {
    let session = db.session()?;
    let one = session.add(Doc { pages: Many::from([page(1), page(2)]), ..doc(1) })?;
    session.commit().await?;
    session.delete(&one)?;
    session.commit().await?;
    pages(db, "[(1, 2, None), (2, 2, None)]").await?;
    // A child that another session changed makes its parent's delete fail.
    let two = session.add(Doc { pages: Many::from([page(3)]), ..doc(2) })?;
    session.commit().await?;
    let other = db.session()?;
    other.get_one::<Page>(3).await?.edit().doc_id = None;
    other.commit().await?;
    session.delete(&two)?;
    same("stale", kind(&session.commit().await), "stale pages 0 of 1")?;
    session.rollback().await?;
    seen(db, r#"[(2, 1, "first")]"#).await
}

pub(super) async fn pairs_do_not_count(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    one.edit().tags.set([Tag { id: 1, ..Tag::default() }, Tag { id: 2, ..Tag::default() }]);
    session.commit().await?;
    let tag = one.tags.get()?[0].clone();
    one.edit().tags.remove(&tag);
    session.commit().await?;
    same("objects", (one.version, tag.version), (1, 1))?;
    rows(db, "tags", &select_columns(Tag::VERSION), "[1, 1]").await
}

/// The version of a row deleted by cascade is checked as well.
pub(super) async fn a_row_that_follows_is_asked(db: &Database) -> Case {
    let session = db.session()?;
    let part = Part { text: "a".to_owned(), ..Part::default() };
    let one = session.add(Doc { part: One::from(part), ..doc(1) })?;
    session.commit().await?;
    let other = db.session()?;
    other.get_one::<Part>(1).await?.edit().text = "others".to_owned();
    other.commit().await?;
    session.delete(&one)?;
    same("stale", kind(&session.commit().await), "stale parts 0 of 1")?;
    session.rollback().await?;
    let part = one.part.get()?.cloned().ok_or("no part")?;
    session.refresh(&part).await?;
    session.delete(&one)?;
    session.commit().await?;
    same("gone", session.query::<Part>().count().await?, 0)
}

/// A new child with the orphan's key takes over its row, whose version goes on.
pub(super) async fn a_child_of_the_same_key_takes_the_row(db: &Database) -> Case {
    let session = db.session()?;
    let part = |text: &str| Part { text: text.to_owned(), ..Part::default() };
    let mut one = docs(&session, 1).await?.remove(0);
    one.edit().part.set(part("first"));
    session.commit().await?;
    one.edit().part.set(part("second"));
    session.commit().await?;
    let query = select_columns((Part::ID, Part::VERSION, Part::TEXT));
    rows(db, "switched", &query, r#"[(1, 2, "second")]"#).await?;
    let mut second = one.part.get()?.cloned().ok_or("no part")?;
    second.edit().text = "third".to_owned();
    session.commit().await?;
    rows(db, "edited", &query, r#"[(1, 3, "third")]"#).await?;
    same("objects", (one.version, second.version), (1, 3))
}

pub(super) async fn post_updates_count_once(db: &Database) -> Case {
    let session = db.session()?;
    let mut all = docs(&session, 3).await?;
    let (two, three) = (all[1].clone(), all[2].clone());
    all[0].edit().next.set(&two);
    session.commit().await?;
    same("many-to-one", (all[0].version, two.version), (2, 1))?;
    all[0].edit().all.push(&three);
    session.commit().await?;
    same("one-to-many", (all[0].version, three.version), (2, 2))?;
    retitled(db, 3, "others").await?;
    all[0].edit().all.remove(&three);
    same("stale", kind(&session.commit().await), "stale docs 0 of 1")?;
    session.rollback().await?;
    seen(db, r#"[(1, 2, "first"), (2, 1, "first"), (3, 3, "others")]"#).await
}

/// The update that closes a cycle belongs to the inserts, the one that opens it to the deletes.
pub(super) async fn post_updates_of_new_rows_do_not_count(db: &Database) -> Case {
    let session = db.session()?;
    let [mut one, mut two] = [1, 2].map(|id| Entity::new(doc(id)));
    one.edit().next.set(&two);
    two.edit().next.set(&one);
    let both = [&one, &two].map(Entity::clone);
    one.edit().all.set(both);
    session.add(&one)?;
    session.commit().await?;
    let query = select_columns((Doc::VERSION, Doc::NEXT_ID, Doc::FIRST_ID)).order_by(Doc::ID);
    rows(db, "rows", &query, "[(1, Some(2), Some(1)), (1, Some(1), Some(1))]").await?;
    two.edit().title = "second".to_owned();
    session.commit().await?;
    same("later", (one.version, two.version), (1, 2))?;
    session.delete(&one)?;
    session.delete(&two)?;
    session.commit().await?;
    seen(db, "[]").await
}

/// The same by repeated merges.
pub(super) async fn a_merged_child_takes_the_row(db: &Database) -> Case {
    let session = db.session()?;
    let given = |text: &str| Doc { part: One::from(Part { text: text.to_owned(), ..Part::default() }), ..doc(1) };
    session.add(given("first"))?;
    session.commit().await?;
    session.expunge_all();
    for text in ["second", "third"] {
        session.merge(given(text)).await?;
        session.commit().await?;
    }
    rows(db, "parts", &select_columns((Part::ID, Part::VERSION, Part::TEXT)), r#"[(1, 3, "third")]"#).await?;
    seen(db, r#"[(1, 1, "first")]"#).await
}
