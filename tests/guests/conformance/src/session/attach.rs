//! C14, C15: an object belongs to one session.

use sqlservice_sdk::prelude::*;

use super::model::{Address, User, address, open_with, seen, seen_addresses, user};
use crate::{Saw, unit_of_work::ok_or_error};

/// An object belongs to one session at a time.
pub async fn c14_another_session() -> Saw {
    let db = open_with(&["u1", "u2"], &["a1"]).await?;
    let (one, other) = (db.session()?, db.session()?);
    let mut known = one.get_one::<User>(1).await?;
    let pending = one.add(user("pending"))?;
    let mut saw =
        vec![ok_or_error(other.add(&known)), ok_or_error(other.add(&pending)), ok_or_error(other.delete(&known))];
    // A related object cannot bring it in either; nothing of the flush is written.
    let related = other.add(Address { user: One::from(&known), ..address("a2") })?;
    saw.push(ok_or_error(other.flush().await));
    saw.push(format!("{:?} {:?} {:?}", related.status(), related.user_id, known.status()));
    other.expunge(&related);
    other.expunge(&known);
    other.expire(&pending);
    saw.push(format!("{} {}", one.contains(&known), other.contains(&known)));
    // An expunged object may join another session, and so may objects related to it.
    one.expunge(&known);
    one.expunge(&pending);
    known.edit().name = "renamed".to_owned();
    other.add(&related)?;
    other.add(&pending)?;
    other.commit().await?;
    saw.push(format!("{} {}", seen(&db).await?, seen_addresses(&db).await?));
    // A session has one object a row.
    one.rollback().await?;
    let again = one.get_one::<User>(1).await?;
    other.expunge(&known);
    saw.push(ok_or_error(one.add(&known)).split(':').next().unwrap_or_default().to_owned());
    saw.push(format!("{} {:?}", one.get_one::<User>(1).await?.is(&again), known.status()));
    saw.push(ok_or_error(one.add(&again)));
    Ok(saw)
}

/// An object without a row cannot be deleted.
pub async fn c15_never_saved() -> Saw {
    let db = open_with(&["u1", "u2"], &[]).await?;
    let session = db.session()?;
    let new = Entity::new(user("new"));
    let mut saw = vec![ok_or_error(session.delete(&new))];
    session.add(&new)?;
    saw.push(ok_or_error(session.delete(&new)));
    session.flush().await?;
    session.delete(&new)?;
    saw.push(ok_or_error(session.delete(&new)));
    session.commit().await?;
    saw.push(seen(&db).await?);
    // The delete was committed.
    saw.push(format!("{:?} {}", new.status(), ok_or_error(session.delete(&new))));
    saw.push(ok_or_error(session.add(&new)).split(':').next().unwrap_or_default().to_owned());
    session.save(&new).await?;
    session.commit().await?;
    saw.push(seen(&db).await?);
    // An object marked for deletion may be added again.
    let kept = session.get_one::<User>(1).await?;
    session.delete(&kept)?;
    session.add(&kept)?;
    saw.push(format!("{:?} {}", kept.status(), session.deleted().len()));
    session.delete(&kept)?;
    session.flush().await?;
    saw.push(format!("{} {}", ok_or_error(session.add(&kept)), session.get::<User>(1).await?.is_some()));
    session.rollback().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// Detached objects can still be read and edited, but not loaded.
pub async fn session_detached() -> Saw {
    let db = open_with(&["u1", "u2"], &["a1"]).await?;
    let session = db.session()?;
    let mut known = session.get_one::<User>(1).await?;
    session.commit().await?;
    drop(session);
    known.edit().age = Some(7);
    let mut saw = vec![format!("{:?} {} {:?}", known.status(), known.name, known.age)];
    saw.push(ok_or_error(known.addresses.get()));
    let other = db.session()?;
    saw.push(ok_or_error(other.load(std::slice::from_ref(&known), User::ADDRESSES).await));
    saw.push(ok_or_error(other.refresh(&known).await));
    other.add(&known)?;
    other.load(std::slice::from_ref(&known), User::ADDRESSES).await?;
    saw.push(known.addresses.get()?.len().to_string());
    other.commit().await?;
    let ages = db.session()?.all(&select_columns(User::AGE).order_by(User::ID)).await?;
    saw.push(format!("{ages:?}"));
    Ok(saw)
}
