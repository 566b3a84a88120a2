//! `test_versioning.py`: versions of rows, which every update increments.

mod bulk;
mod counted;
mod related;
mod stale;
mod types;

use sqlservice_sdk::prelude::*;

use self::{
    bulk::{
        a_bulk_update_asks_and_counts, a_bulk_update_of_columns_needs_versions, a_statement_sets_a_version,
        a_statement_that_says_nothing_of_versions,
    },
    counted::{
        a_changed_key_counts, a_locking_read_gives_the_newest, a_new_version_after_a_refresh, a_rollback_takes_it_back,
        a_savepoint_takes_it_back, a_switched_row_goes_on, a_version_set_by_hand_is_refused, counted_once_a_flush,
        merged_with_the_right_an_old_and_none, not_counted_where_nothing_changes,
    },
    related::{
        a_child_of_the_same_key_takes_the_row, a_list_counts_its_children, a_merged_child_takes_the_row,
        a_parent_counts_the_owner, a_row_that_follows_is_asked, children_without_a_parent_count, pairs_do_not_count,
        post_updates_count_once, post_updates_of_new_rows_do_not_count,
    },
    stale::{
        a_delete_of_a_row_that_is_gone, a_delete_of_an_old_version, an_update_of_a_row_that_is_gone,
        an_update_of_an_old_version, an_update_of_what_others_set_as_well, of_many_the_count_is_told,
        unversioned_rows_are_matched,
    },
    types::{large_versions_count, stale_in_a_savepoint, versions_of_keys_of_several_columns},
};
use crate::case::{cases, rows};

cases! { [Doc, Page, Tag, DocTag, Part, Plain, Large, Small]:
    counted_once_a_flush, not_counted_where_nothing_changes, a_rollback_takes_it_back, a_savepoint_takes_it_back,
    a_version_set_by_hand_is_refused, a_new_version_after_a_refresh, a_locking_read_gives_the_newest,
    a_changed_key_counts, a_switched_row_goes_on, merged_with_the_right_an_old_and_none, an_update_of_an_old_version,
    a_delete_of_an_old_version, an_update_of_a_row_that_is_gone, a_delete_of_a_row_that_is_gone,
    an_update_of_what_others_set_as_well, of_many_the_count_is_told, unversioned_rows_are_matched,
    a_list_counts_its_children, a_parent_counts_the_owner, children_without_a_parent_count, pairs_do_not_count,
    a_row_that_follows_is_asked, a_child_of_the_same_key_takes_the_row, a_merged_child_takes_the_row,
    post_updates_count_once,
    post_updates_of_new_rows_do_not_count, a_bulk_update_asks_and_counts, a_bulk_update_of_columns_needs_versions,
    a_statement_sets_a_version, a_statement_that_says_nothing_of_versions, large_versions_count,
    versions_of_keys_of_several_columns, stale_in_a_savepoint,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "docs")]
struct Doc {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: i64,
    #[model(length = 20)]
    title: String,
    #[model(foreign_key = "docs.id")]
    next_id: Option<i64>,
    #[model(foreign_key = "docs.id")]
    first_id: Option<i64>,
    #[model(order_by = "id")]
    pages: Many<Page>,
    #[model(through = DocTag)]
    tags: Many<Tag>,
    #[model(cascade = "all, delete-orphan")]
    part: One<Part>,
    #[model(foreign_key = "next_id", post_update)]
    next: One<Doc>,
    #[model(foreign_key = "first_id", post_update)]
    all: Many<Doc>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "pages")]
struct Page {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: i64,
    #[model(foreign_key = "docs.id")]
    doc_id: Option<i64>,
    doc: One<Doc>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "tags")]
struct Tag {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "doc_tags")]
struct DocTag {
    #[model(primary_key, foreign_key = "docs.id")]
    doc_id: i64,
    #[model(primary_key, foreign_key = "tags.id")]
    tag_id: i64,
}

/// A part whose primary key is its document's, and which is an orphan without it.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "parts")]
struct Part {
    #[model(primary_key, foreign_key = "docs.id")]
    id: i64,
    #[model(version)]
    version: i64,
    #[model(length = 20)]
    text: String,
}

/// A row without a version.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "plains")]
struct Plain {
    #[model(primary_key)]
    id: i64,
    #[model(length = 20)]
    title: String,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "large")]
struct Large {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: u64,
    note: Option<i64>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "small")]
struct Small {
    #[model(primary_key, length = 20)]
    kind: String,
    #[model(primary_key)]
    number: i64,
    #[model(version)]
    version: i32,
    note: Option<i64>,
}

fn doc(id: i64) -> Doc {
    Doc { id, title: "first".to_owned(), ..Doc::default() }
}

/// This many documents, committed.
async fn docs(session: &Session, count: i64) -> Result<Vec<Entity<Doc>>, Error> {
    let docs = session.add_all((1..=count).map(doc))?;
    session.commit().await?;
    Ok(docs)
}

/// Changes a document in another session, by its object.
async fn retitled(db: &Database, id: i64, title: &str) -> Result<(), Error> {
    let other = db.session()?;
    other.get_one::<Doc>(id).await?.edit().title = title.to_owned();
    other.commit().await
}

async fn seen(db: &Database, wanted: &str) -> crate::case::Case {
    let query = select_columns((Doc::ID, Doc::VERSION, Doc::TITLE)).order_by(Doc::ID);
    rows(db, "rows", &query, wanted).await
}
