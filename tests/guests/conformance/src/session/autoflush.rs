//! C02 and C03: queries flush pending changes first, unless autoflush is off.

use sqlservice_sdk::{prelude::*, session::SessionOptions};

use super::model::{User, address, open, open_with, seen, user};
use crate::{
    Saw,
    unit_of_work::{mark, ok_or_error},
};

/// A query finds a pending object.
pub async fn c02_pending() -> Saw {
    let db = open(&["u1"]).await?;
    let session = db.session()?;
    let ed = session.add(user("ed"))?;
    mark(&db).await?;
    let found = session.query::<User>().filter(User::NAME.eq("ed")).one().await?;
    mark(&db).await?;
    let mut saw = vec![format!("{} {:?}", found.is(&ed), ed.status()), seen(&db).await?];
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// Every statement flushes first; a `get` answered by the identity map does not.
pub async fn c02_whoever_asks() -> Saw {
    let db = open_with(&["u1", "u2"], &["a1"]).await?;
    let session = db.session()?;
    let mut known = session.get_one::<User>(1).await?;
    let mut age = 0;
    let mut edit = || {
        age += 1;
        known.edit().age = Some(age);
    };
    edit();
    mark(&db).await?;
    session.get_one::<User>(1).await?;
    mark(&db).await?;
    mark(&db).await?;
    session.get_one::<User>(2).await?;
    mark(&db).await?;
    edit();
    mark(&db).await?;
    let count = session.count(&select::<User>().filter(User::AGE.eq(2))).await?;
    mark(&db).await?;
    edit();
    mark(&db).await?;
    let streamed = session.query::<User>().filter(User::AGE.eq(3)).stream(0).await?.next_batch().await?;
    mark(&db).await?;
    edit();
    mark(&db).await?;
    session.load(&[session.get_one::<User>(1).await?], User::ADDRESSES).await?;
    mark(&db).await?;
    edit();
    let other = update::<User>().set(User::NAME, "five").filter(User::AGE.eq(5));
    mark(&db).await?;
    let matched = session.execute(&other).await?;
    mark(&db).await?;
    // Without changes nothing is written.
    mark(&db).await?;
    session.flush().await?;
    session.query::<User>().all().await?;
    mark(&db).await?;
    edit();
    mark(&db).await?;
    let texts: Vec<i64> = raw::all(&session, "SELECT id FROM users WHERE age = 6", params![]).await?;
    mark(&db).await?;
    Ok(vec![format!("{count} {} {matched} {texts:?}", streamed.map_or(0, |batch| batch.len()))])
}

/// A query that does not flush, and a later one that does.
pub async fn c03_without() -> Saw {
    let db = open(&["u1"]).await?;
    let session = db.session()?;
    session.add(user("ed"))?;
    let query = select::<User>().filter(User::NAME.eq("ed"));
    mark(&db).await?;
    let quiet = session
        .no_autoflush(async |session| {
            let inner = session.no_autoflush(async |session| session.count(&query).await).await?;
            let found = session.query_of(query.clone()).all().await?.len();
            // Neither query has flushed.
            Ok::<_, Error>(format!("{inner} {found}"))
        })
        .await?;
    mark(&db).await?;
    let mut saw = vec![quiet];
    mark(&db).await?;
    saw.push(session.query_of(query.clone()).all().await?.len().to_string());
    mark(&db).await?;
    session.rollback().await?;
    // The same for a session without autoflush.
    let session = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    session.add(user("jack"))?;
    let query = select::<User>().filter(User::NAME.eq("jack"));
    saw.push(session.query_of(query.clone()).all().await?.len().to_string());
    session.flush().await?;
    saw.push(session.query_of(query).all().await?.len().to_string());
    Ok(saw)
}

/// A `no_autoflush` scope that fails or is dropped does not leave autoflush off.
pub async fn c03_ends() -> Saw {
    let db = open(&["u1"]).await?;
    let session = db.session()?;
    let failed: Result<(), Error> = session.no_autoflush(async |_| Err(Error::other("on purpose"))).await;
    let mut saw = vec![failed.is_err().to_string()];
    {
        let pending = session.no_autoflush(async |_| std::future::pending::<()>().await);
        futures::pin_mut!(pending);
        saw.push(futures::poll!(pending).is_pending().to_string());
    }
    session.add(user("ed"))?;
    saw.push(session.count(&select::<User>().filter(User::NAME.eq("ed"))).await?.to_string());
    Ok(saw)
}

/// T-62: uncommitted changes are lost, however the session ends.
pub async fn t62_dropped(end: String) -> Saw {
    let db = open_with(&["u1", "u2"], &["a1"]).await?;
    let session = db.session()?;
    let mut edited = session.get_one::<User>(1).await?;
    edited.edit().name = "edited".to_owned();
    edited.edit().addresses.push(address("a2"));
    let deleted = session.get_one::<User>(2).await?;
    session.delete(&deleted)?;
    let new = session.add(user("new"))?;
    if end.ends_with("flushed") {
        session.flush().await?;
    }
    let mut saw = Vec::new();
    if end.starts_with("close") {
        saw.push(ok_or_error(session.close().await));
    } else {
        drop(session);
        saw.push("ok".to_owned());
    }
    saw.push(format!("{:?} {:?}", edited.status(), deleted.status()));
    saw.push(seen(&db).await?);
    // Another session can save the objects.
    let other = db.session()?;
    other.save(&edited).await?;
    other.save(&new).await?;
    other.save(&deleted).await?;
    other.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}
