//! C01: one object a row, how it is refreshed, and how it leaves the session.

use sqlservice_sdk::{prelude::*, session::SessionOptions};

use super::model::{User, emails, open, open_with, rename, seen, user};
use crate::{
    Saw,
    unit_of_work::{mark, ok_or_error},
};

const SEVEN: &[&str] = &["u1", "u2", "u3", "u4", "u5", "u6", "u7"];

/// The same object for the same key, from one query; another object after the first was expunged.
pub async fn c01_get() -> Saw {
    let db = open(SEVEN).await?;
    let session = db.session()?;
    mark(&db).await?;
    let first = session.get_one::<User>(7).await?;
    let second = session.get_one::<User>(7).await?;
    mark(&db).await?;
    let mut saw = vec![format!("{} {}", first.name, first.is(&second))];
    // A query runs, and returns the object in the identity map.
    let queried = session.query::<User>().filter(User::NAME.eq("u7")).one().await?;
    let row = session.one(&select::<User>().filter(User::ID.eq(7))).await?;
    saw.push(format!("{} {}", queried.is(&first), session.attach(row).is(&first)));
    session.expunge_all();
    mark(&db).await?;
    let third = session.get_one::<User>(7).await?;
    mark(&db).await?;
    saw.push(format!("{} {:?} {:?}", third.is(&first), first.status(), third.status()));
    saw.push(format!("{} {}", session.contains(&first), session.contains(&third)));
    saw.push(ok_or_error(session.get_one::<User>(8).await));
    Ok(saw)
}

/// The identity map drops objects without handles, unless they have changes to write.
pub async fn c01_weak() -> Saw {
    let db = open(SEVEN).await?;
    let session = db.session()?;
    drop(session.get_one::<User>(1).await?);
    mark(&db).await?;
    session.get_one::<User>(1).await?.edit().name = "edited".to_owned();
    mark(&db).await?;
    let kept = session.get_one::<User>(1).await?;
    mark(&db).await?;
    let mut saw = vec![format!("{} {}", kept.name, session.dirty().len())];
    drop(kept);
    session.add(user("new"))?;
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// Other sessions' changes are seen after a query that reads the row again.
pub async fn session_identity_anew() -> Saw {
    let db = open_with(&["u1", "u2"], &["a1"]).await?;
    let session = db.session()?;
    let mut first = session.query::<User>().with(User::ADDRESSES).filter(User::ID.eq(1)).one().await?;
    session.commit().await?;
    rename(&db, 1, "other").await?;
    let query = || session.query::<User>().filter(User::ID.eq(1));
    let known = session.get_one::<User>(1).await?;
    let mut saw = vec![format!("{} {}", known.name, query().one().await?.name)];
    session.expire(&first);
    // An expired object keeps its values until the session reads it again.
    saw.push(first.name.clone());
    mark(&db).await?;
    session.get_one::<User>(1).await?;
    session.get_one::<User>(1).await?;
    mark(&db).await?;
    saw.push(format!("{} {}", first.name, emails(&first)));
    session.commit().await?;
    rename(&db, 1, "another").await?;
    saw.push(query().populate_existing().one().await?.name.clone());
    session.commit().await?;
    rename(&db, 1, "again").await?;
    first.edit().name = "lost".to_owned();
    session.refresh(&first).await?;
    saw.push(format!("{} {}", first.name, session.is_modified(&first)));
    session.commit().await?;
    rename(&db, 1, "u1").await?;
    // Edits before an expire are lost, edits after it are written.
    first.edit().name = "lost".to_owned();
    session.expire_all();
    first.edit().age = Some(7);
    mark(&db).await?;
    let read = session.get_one::<User>(1).await?;
    mark(&db).await?;
    saw.push(format!("{} {:?} {}", read.name, read.age, read.is(&first)));
    Ok(saw)
}

/// A deleted row.
pub async fn session_identity_gone() -> Saw {
    let db = open(&["u1", "u2"]).await?;
    let session = db.session()?;
    let first = session.get_one::<User>(1).await?;
    session.commit().await?;
    db.transaction(async |other| other.execute(&delete::<User>().filter(User::ID.eq(1))).await).await?;
    let mut saw = vec![ok_or_error(session.refresh(&first).await)];
    session.expire(&first);
    saw.push(ok_or_error(session.get_one::<User>(1).await));
    saw.push(ok_or_error(session.refresh(&Entity::new(user("new"))).await));
    let other = db.session()?;
    saw.push(ok_or_error(other.refresh(&first).await));
    Ok(saw)
}

/// Changes of expunged objects are not written.
pub async fn session_identity_expunge() -> Saw {
    let db = open(&["u1", "u2", "u3"]).await?;
    let session = db.session()?;
    let mut edited = session.get_one::<User>(1).await?;
    let deleted = session.get_one::<User>(2).await?;
    edited.edit().name = "edited".to_owned();
    session.delete(&deleted)?;
    let new = session.add(user("new"))?;
    let kept = session.add(user("kept"))?;
    session.expunge(&edited);
    session.expunge(&deleted);
    session.expunge(&new);
    let mut saw = vec![format!("{:?} {:?} {:?} {:?}", edited.status(), deleted.status(), new.status(), kept.status())];
    session.commit().await?;
    saw.push(seen(&db).await?);
    // An expunged object takes its edits into another session.
    let other = db.session()?;
    other.add(&edited)?;
    edited.edit().age = Some(1);
    other.delete(&deleted)?;
    other.add(&new)?;
    other.commit().await?;
    saw.push(seen(&db).await?);
    saw.push(format!("{:?} {:?} {:?}", edited.status(), deleted.status(), new.status()));
    Ok(saw)
}

/// Objects keep their values after a commit, or expire, depending on the session.
pub async fn session_identity_commit(expires: bool) -> Saw {
    let db = open(&["u1", "u2"]).await?;
    let session = db.session_with(SessionOptions { expire_on_commit: expires, ..SessionOptions::default() })?;
    let mut written = session.get_one::<User>(1).await?;
    let read = session.get_one::<User>(2).await?;
    written.edit().age = Some(1);
    session.commit().await?;
    rename(&db, 1, "other").await?;
    rename(&db, 2, "others").await?;
    let mut saw = vec![format!("{} {}", written.name, read.name)];
    mark(&db).await?;
    session.get_one::<User>(1).await?;
    session.get_one::<User>(2).await?;
    mark(&db).await?;
    saw.push(format!("{} {}", written.name, read.name));
    Ok(saw)
}
