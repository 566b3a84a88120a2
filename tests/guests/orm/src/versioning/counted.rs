//! When a version is incremented.

use sqlservice_sdk::prelude::*;

use super::{Doc, doc, docs, retitled, seen};
use crate::case::{Case, kind, same};

pub(super) async fn counted_once_a_flush(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    same("inserted", one.version, 1)?;
    one.edit().title = "second".to_owned();
    one.edit().title = "third".to_owned();
    session.flush().await?;
    same("flushed", one.version, 2)?;
    one.edit().title = "fourth".to_owned();
    session.commit().await?;
    same("committed", one.version, 3)?;
    seen(db, r#"[(1, 3, "fourth")]"#).await
}

pub(super) async fn not_counted_where_nothing_changes(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    one.edit().title = "first".to_owned();
    session.commit().await?;
    one.edit().title = "second".to_owned();
    one.edit().title = "first".to_owned();
    session.commit().await?;
    seen(db, r#"[(1, 1, "first")]"#).await
}

pub(super) async fn a_rollback_takes_it_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    for title in ["second", "third"] {
        one.edit().title = title.to_owned();
        session.flush().await?;
    }
    let new = session.add(doc(2))?;
    session.flush().await?;
    same("inside", (one.version, new.version), (3, 1))?;
    session.rollback().await?;
    same("back", (one.version, new.version), (1, 0))?;
    one.edit().title = "fourth".to_owned();
    session.add(&new)?;
    session.commit().await?;
    seen(db, r#"[(1, 2, "fourth"), (2, 1, "first")]"#).await
}

pub(super) async fn a_savepoint_takes_it_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    one.edit().title = "second".to_owned();
    let savepoint = session.begin_nested().await?;
    one.edit().title = "third".to_owned();
    session.flush().await?;
    same("inside", one.version, 3)?;
    savepoint.rollback().await?;
    same("back", (one.version, one.title.as_str()), (2, "second"))?;
    one.edit().title = "fourth".to_owned();
    session.nested(async |session| session.flush().await).await?;
    session.commit().await?;
    seen(db, r#"[(1, 3, "fourth")]"#).await
}

pub(super) async fn a_version_set_by_hand_is_refused(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    one.edit().version = 7;
    let refused = kind(&session.commit().await);
    same("refused", refused.split(':').next().unwrap_or_default(), "invalid")?;
    one.edit().version = 1;
    one.edit().title = "second".to_owned();
    session.commit().await?;
    // A new row may start at any version.
    session.add(Doc { version: 5, ..doc(2) })?;
    session.commit().await?;
    seen(db, r#"[(1, 2, "second"), (2, 5, "first")]"#).await
}

pub(super) async fn a_new_version_after_a_refresh(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    retitled(db, 1, "others").await?;
    one.edit().title = "mine".to_owned();
    same("stale", kind(&session.commit().await), "stale docs 0 of 1")?;
    session.rollback().await?;
    session.refresh(&one).await?;
    same("read", (one.version, one.title.as_str()), (2, "others"))?;
    one.edit().title = "mine".to_owned();
    session.commit().await?;
    seen(db, r#"[(1, 3, "mine")]"#).await
}

pub(super) async fn a_locking_read_gives_the_newest(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    retitled(db, 1, "others").await?;
    let read = match session.query::<Doc>().for_update().get_one(1).await {
        Err(Error::Unsupported(_)) => session.query::<Doc>().populate_existing().get_one(1).await?,
        read => read?,
    };
    same("read", (read.is(&one), one.version), (true, 2))?;
    one.edit().title = "mine".to_owned();
    session.commit().await?;
    seen(db, r#"[(1, 3, "mine")]"#).await
}

pub(super) async fn a_changed_key_counts(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    one.edit().id = 9;
    session.commit().await?;
    same("version", (one.version, session.get_one::<Doc>(9).await?.is(&one)), (2, true))?;
    // An update by the old key matches no row.
    session.commit().await?;
    let other = db.session()?;
    let mut theirs = other.get_one::<Doc>(9).await?;
    other.commit().await?;
    one.edit().id = 10;
    session.commit().await?;
    theirs.edit().title = "late".to_owned();
    same("stale", kind(&other.commit().await), "stale docs 0 of 1")?;
    seen(db, r#"[(10, 3, "first")]"#).await
}

pub(super) async fn a_switched_row_goes_on(db: &Database) -> Case {
    let session = db.session()?;
    let one = docs(&session, 1).await?.remove(0);
    session.delete(&one)?;
    let mut new = session.add(Doc { title: "new".to_owned(), ..doc(1) })?;
    session.commit().await?;
    same("version", new.version, 2)?;
    new.edit().title = "edited".to_owned();
    session.commit().await?;
    seen(db, r#"[(1, 3, "edited")]"#).await?;
    // A switch of a row with an old version is an error.
    retitled(db, 1, "others").await?;
    session.delete(&new)?;
    session.add(Doc { title: "late".to_owned(), ..doc(1) })?;
    same("stale", kind(&session.commit().await), "stale docs 0 of 1")?;
    seen(db, r#"[(1, 4, "others")]"#).await
}

pub(super) async fn merged_with_the_right_an_old_and_none(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = docs(&session, 1).await?.remove(0);
    one.edit().title = "second".to_owned();
    session.commit().await?;
    let given = |version, title: &str| Doc { version, title: title.to_owned(), ..doc(1) };
    same("old", kind(&session.merge(given(1, "old")).await), "stale docs 0 of 1")?;
    same("right", session.merge(given(2, "right")).await?.is(&one), true)?;
    session.commit().await?;
    session.merge(given(0, "none")).await?;
    session.commit().await?;
    // The same for rows outside the identity map.
    session.expunge_all();
    same("old and unknown", kind(&session.merge(given(3, "old")).await), "stale docs 0 of 1")?;
    session.merge(given(4, "right")).await?;
    session.commit().await?;
    seen(db, r#"[(1, 5, "right")]"#).await
}
