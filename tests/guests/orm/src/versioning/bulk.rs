//! Versions in statements and bulk changes.

use sqlservice_sdk::{prelude::*, session::bulk_update};

use super::{Doc, doc, docs, retitled, seen};
use crate::case::{Case, kind, same};

pub(super) async fn a_bulk_update_asks_and_counts(db: &Database) -> Case {
    let session = db.session()?;
    let all = docs(&session, 2).await?;
    let given = |id, version| Doc { version, title: format!("bulk {version}"), ..doc(id) };
    session.update_many(&[given(1, 1), given(2, 1)], Doc::TITLE).await?;
    same("objects", (all[0].version, all[0].title.as_str()), (2, "bulk 1"))?;
    let stale = session.update_many(&[given(1, 2), given(2, 1)], Doc::TITLE).await;
    same("stale", kind(&stale), "stale docs 1 of 2")?;
    session.rollback().await?;
    session.update_columns(bulk_update::<Doc>([1]).set(Doc::VERSION, [1]).set(Doc::TITLE, ["one".to_owned()])).await?;
    session.commit().await?;
    same("objects", (all[0].version, all[1].version), (2, 1))?;
    seen(db, r#"[(1, 2, "one"), (2, 1, "first")]"#).await
}

pub(super) async fn a_bulk_update_of_columns_needs_versions(db: &Database) -> Case {
    let session = db.session()?;
    docs(&session, 1).await?;
    let without = session.update_columns(bulk_update::<Doc>([1]).set(Doc::TITLE, ["one".to_owned()])).await;
    same("refused", kind(&without).split(':').next().unwrap_or_default(), "invalid")?;
    // A bulk insert stores the given version.
    session.insert_many(&[Doc { version: 1, ..doc(2) }]).await?;
    session.commit().await?;
    seen(db, r#"[(1, 1, "first"), (2, 1, "first")]"#).await
}

pub(super) async fn a_statement_sets_a_version(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    session.execute(&update::<Doc>().set(Doc::VERSION, Doc::VERSION + 5)).await?;
    same("followed", (one.version, session.is_modified(&one)), (6, false))?;
    one.edit().title = "mine".to_owned();
    session.commit().await?;
    seen(db, r#"[(1, 7, "mine")]"#).await
}

/// A statement does not increment versions: an object with the old version is not found stale.
pub(super) async fn a_statement_that_says_nothing_of_versions(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    db.transaction(async |other| other.execute(&update::<Doc>().set(Doc::TITLE, "others")).await).await?;
    one.edit().next_id = Some(1);
    session.commit().await?;
    seen(db, r#"[(1, 2, "others")]"#).await?;
    retitled(db, 1, "again").await?;
    one.edit().next_id = None;
    same("stale", kind(&session.commit().await), "stale docs 0 of 1")
}
