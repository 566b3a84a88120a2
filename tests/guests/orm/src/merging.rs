//! `test_merge.py`: objects merged onto the rows of their primary keys.

mod graph;

use sqlservice_sdk::prelude::*;

use self::graph::{
    a_child_that_two_parents_name, a_circle_is_merged_once, a_list_takes_the_place_of_what_is_there,
    a_many_to_one_is_matched_new_and_cleared, a_one_to_one_is_cleared, a_one_to_one_is_matched,
    a_pending_child_is_kept, a_relationship_that_does_not_cascade_is_left_alone, an_empty_list_takes_all_away,
    an_object_that_a_graph_has_twice, an_unset_list_leaves_what_is_there, children_of_children_are_matched,
    detached_lists_are_compared, keys_of_several_columns_are_matched, pairs_are_matched,
};
use crate::{
    case::{Case, cases, count, kind, rows, same},
    shop::{Address, Card, Item, ItemKeyword, Keyword, Order, OrderItem, User},
};

cases! { [User, Address, Card, Order, Item, Keyword, OrderItem, ItemKeyword, Page, Mark]:
    a_new_object_with_and_without_a_key, onto_a_row, onto_an_object_that_is_known, onto_one_with_edits,
    nothing_differs_and_nothing_is_written, an_object_of_the_session_is_itself, an_object_of_another_session,
    a_pending_object_is_itself, some_columns_only, a_value_becomes_null, a_row_that_is_gone_is_inserted_again,
    a_row_that_went_behind_the_session, nothing_is_flushed_by_it, merged_and_rolled_back, onto_one_that_is_to_be_deleted,
    a_version_must_fit, twice_before_a_flush, onto_an_expired_object,
    a_list_takes_the_place_of_what_is_there, an_unset_list_leaves_what_is_there, an_empty_list_takes_all_away,
    a_many_to_one_is_matched_new_and_cleared, a_one_to_one_is_matched, a_one_to_one_is_cleared, pairs_are_matched,
    a_circle_is_merged_once, an_object_that_a_graph_has_twice, keys_of_several_columns_are_matched,
    a_relationship_that_does_not_cascade_is_left_alone, children_of_children_are_matched, detached_lists_are_compared,
    a_pending_child_is_kept, a_child_that_two_parents_name,
}

/// A versioned page whose marks are not merged with it.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "pages")]
struct Page {
    #[model(primary_key)]
    id: i64,
    #[model(length = 20)]
    text: String,
    note: Option<String>,
    #[model(version)]
    version: i64,
    #[model(cascade = "save-update", order_by = "id")]
    marks: Many<Mark>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "marks")]
struct Mark {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "pages.id")]
    page_id: Option<i64>,
}

fn user(id: i64, name: &str) -> User {
    User { id, name: name.to_owned(), ..User::default() }
}

fn page(id: i64, text: &str) -> Page {
    Page { id, text: text.to_owned(), ..Page::default() }
}

/// Two pages, each of version 1.
async fn pages(db: &Database) -> Result<Session, Error> {
    let session = db.session()?;
    session.add_all([Page { note: Some("n".to_owned()), ..page(1, "a") }, page(2, "b")])?;
    session.commit().await?;
    db.session()
}

/// The pages as another session sees them: text, note, version.
async fn seen(db: &Database, what: &str, wanted: &str) -> Case {
    let query = select_columns((Page::TEXT, Page::NOTE, Page::VERSION)).order_by(Page::ID);
    let found = db.session()?.all(&query).await?;
    let shown = |(text, note, version): &(String, Option<String>, i64)| {
        format!("{text}{}{version}", note.as_deref().unwrap_or("-"))
    };
    same(what, found.iter().map(shown).collect::<Vec<_>>().join(" "), wanted)
}

async fn a_new_object_with_and_without_a_key(db: &Database) -> Case {
    let session = db.session()?;
    let first = session.merge(user(0, "new")).await?;
    let second = session.merge(user(70, "given")).await?;
    // The second one was looked up by its key, which flushed the first one.
    same("status", (first.status(), second.status()), (Status::Persistent, Status::Pending))?;
    session.commit().await?;
    same("keys", (first.id > 0, second.id), (true, 70))?;
    let names = select_columns(User::NAME).order_by(User::NAME);
    rows(db, "rows", &names, r#"["given", "new"]"#).await
}

async fn onto_a_row(db: &Database) -> Case {
    let session = pages(db).await?;
    let given = Entity::new(page(1, "x"));
    let merged = session.merge(&given).await?;
    same("another object", merged.is(&given), false)?;
    same("known", session.get_one::<Page>(1).await?.is(&merged), true)?;
    session.commit().await?;
    same("given", (given.status(), given.version), (Status::Transient, 0))?;
    // Unset columns get the model's default: no note.
    seen(db, "rows", "x-2 b-1").await
}

async fn onto_an_object_that_is_known(db: &Database) -> Case {
    let session = pages(db).await?;
    let known = session.get_one::<Page>(2).await?;
    session.commit().await?;
    // The row is not queried: the other session's note is not seen.
    let other = update::<Page>().set(Page::NOTE, "behind").filter(Page::ID.eq(2));
    db.transaction(async |session| session.execute(&other).await).await?;
    let merged = session.merge(page(2, "y")).await?;
    same("the same object", merged.is(&known), true)?;
    same("its state", (known.text.as_str(), known.note.as_deref()), ("y", None))?;
    session.commit().await?;
    seen(db, "rows", "an1 ybehind2").await
}

async fn onto_one_with_edits(db: &Database) -> Case {
    let session = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    drop(pages(db).await?);
    let mut known = session.get_one::<Page>(1).await?;
    known.edit().text = "edited".to_owned();
    session.merge(partial::<Page>().set(Page::ID, 1).set(Page::NOTE, "merged")).await?;
    same("both", (known.text.as_str(), known.note.as_deref()), ("edited", Some("merged")))?;
    session.commit().await?;
    seen(db, "rows", "editedmerged2 b-1").await
}

async fn nothing_differs_and_nothing_is_written(db: &Database) -> Case {
    let session = pages(db).await?;
    session.merge(Page { note: Some("n".to_owned()), ..page(1, "a") }).await?;
    same("dirty", session.dirty().len(), 0)?;
    session.commit().await?;
    seen(db, "rows", "an1 b-1").await
}

async fn an_object_of_the_session_is_itself(db: &Database) -> Case {
    let session = pages(db).await?;
    let mut known = session.get_one::<Page>(1).await?;
    known.edit().text = "mine".to_owned();
    same("itself", session.merge(&known).await?.is(&known), true)?;
    session.commit().await?;
    seen(db, "rows", "minen2 b-1").await
}

async fn an_object_of_another_session(db: &Database) -> Case {
    let other = pages(db).await?;
    let mut theirs = other.get_one::<Page>(1).await?;
    theirs.edit().text = "theirs".to_owned();
    let session = db.session()?;
    let merged = session.merge(&theirs).await?;
    same("another object", (merged.is(&theirs), theirs.text.as_str()), (false, "theirs"))?;
    session.commit().await?;
    other.rollback().await?;
    same("theirs goes back", theirs.text.as_str(), "a")?;
    seen(db, "rows", "theirsn2 b-1").await
}

async fn a_pending_object_is_itself(db: &Database) -> Case {
    let session = db.session()?;
    let pending = session.add(user(0, "pending"))?;
    same("itself", session.merge(&pending).await?.is(&pending), true)?;
    session.commit().await?;
    same("rows", count::<User>(db).await?, 1)
}

async fn some_columns_only(db: &Database) -> Case {
    let session = pages(db).await?;
    session.merge(partial::<Page>().set(Page::ID, 1).set(Page::TEXT, "z")).await?;
    session.commit().await?;
    seen(db, "rows", "zn2 b-1").await
}

async fn a_value_becomes_null(db: &Database) -> Case {
    let session = pages(db).await?;
    session.merge(partial::<Page>().set(Page::ID, 1).set(Page::NOTE, None::<String>)).await?;
    session.commit().await?;
    seen(db, "rows", "a-2 b-1").await
}

async fn a_row_that_is_gone_is_inserted_again(db: &Database) -> Case {
    let session = pages(db).await?;
    let detached = session.get_one::<Page>(1).await?;
    session.commit().await?;
    session.expunge_all();
    db.transaction(async |other| other.execute(&delete::<Page>().filter(Page::ID.eq(1))).await).await?;
    let merged = session.merge(&detached).await?;
    session.commit().await?;
    same("status", merged.status(), Status::Persistent)?;
    seen(db, "rows", "an1 b-1").await
}

async fn a_row_that_went_behind_the_session(db: &Database) -> Case {
    let session = pages(db).await?;
    let known = session.get_one::<Page>(1).await?;
    session.commit().await?;
    db.transaction(async |other| other.execute(&delete::<Page>().filter(Page::ID.eq(1))).await).await?;
    // The session uses its known object, and the update finds no row.
    session.merge(page(1, "late")).await?;
    let failed = session.commit().await;
    same("stale", kind(&failed), "stale pages 0 of 1")?;
    session.rollback().await?;
    same("as it was", known.text.as_str(), "a")?;
    seen(db, "rows", "b-1").await
}

async fn nothing_is_flushed_by_it(db: &Database) -> Case {
    let session = pages(db).await?;
    let merged = session.merge(page(1, "later")).await?;
    same("dirty", (session.dirty().len(), session.is_modified(&merged)), (1, true))?;
    session.flush().await?;
    session.merge(page(9, "new")).await?;
    same("new", (session.dirty().len(), session.new_objects().len()), (0, 1))?;
    session.rollback().await?;
    seen(db, "rows", "an1 b-1").await
}

async fn merged_and_rolled_back(db: &Database) -> Case {
    let session = pages(db).await?;
    let merged = session.merge(page(1, "x")).await?;
    let new = session.merge(page(9, "new")).await?;
    session.flush().await?;
    session.rollback().await?;
    same("as it was", (merged.text.as_str(), merged.version), ("a", 1))?;
    same("out", new.status(), Status::Transient)?;
    session.merge(page(1, "again")).await?;
    session.commit().await?;
    seen(db, "rows", "again-2 b-1").await
}

async fn onto_one_that_is_to_be_deleted(db: &Database) -> Case {
    let session = pages(db).await?;
    let known = session.get_one::<Page>(1).await?;
    session.delete(&known)?;
    // The delete is flushed before the lookup, so the merged object is a new row.
    let merged = session.merge(page(1, "back")).await?;
    same("another object", merged.is(&known), false)?;
    session.commit().await?;
    seen(db, "rows", "back-1 b-1").await
}

async fn a_version_must_fit(db: &Database) -> Case {
    let session = pages(db).await?;
    session.merge(Page { version: 1, ..page(1, "first") }).await?;
    session.commit().await?;
    let stale = session.merge(Page { version: 1, ..page(1, "second") }).await;
    same("stale", kind(&stale), "stale pages 0 of 1")?;
    session.merge(Page { version: 2, ..page(1, "third") }).await?;
    session.merge(page(2, "none")).await?;
    session.commit().await?;
    seen(db, "rows", "third-3 none-2").await
}

async fn twice_before_a_flush(db: &Database) -> Case {
    let session = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    drop(pages(db).await?);
    let first = session.merge(page(1, "x")).await?;
    let second = session.merge(page(1, "y")).await?;
    same("one object", first.is(&second), true)?;
    session.commit().await?;
    seen(db, "rows", "y-2 b-1").await
}

async fn onto_an_expired_object(db: &Database) -> Case {
    let session = pages(db).await?;
    let known = session.get_one::<Page>(1).await?;
    session.commit().await?;
    let other = update::<Page>().set(Page::NOTE, "behind").filter(Page::ID.eq(1));
    db.transaction(async |session| session.execute(&other).await).await?;
    session.expire(&known);
    session.merge(partial::<Page>().set(Page::ID, 1).set(Page::TEXT, "z")).await?;
    same("read again", known.note.as_deref(), Some("behind"))?;
    session.commit().await?;
    seen(db, "rows", "zbehind2 b-1").await
}
