//! C06 to C09 and T-64: savepoints, and the state that objects return to.

use sqlservice_sdk::prelude::*;

use super::model::{Address, User, address, emails, names, open, open_with, owner, seen, seen_addresses, user};
use crate::{Saw, unit_of_work::ok_or_error};

/// New objects in a savepoint that is rolled back, released, or dropped; flushed in it or not.
pub async fn c06_new_and_renamed(end: String, is_flushed: bool) -> Saw {
    let db = open(&[]).await?;
    let session = db.session()?;
    let mut ed = session.add(user("ed"))?;
    let mut jack = session.add(user("jack"))?;
    let savepoint = session.begin_nested().await?;
    ed.edit().name = "edward".to_owned();
    jack.edit().name = "jackward".to_owned();
    let wendy = session.add(user("wendy"))?;
    let fred = session.add(user("fred"))?;
    let mut saw = Vec::new();
    if is_flushed {
        saw.push(names(&session).await?);
    }
    match end.as_str() {
        "rollback" => savepoint.rollback().await?,
        "release" => savepoint.release().await?,
        _ => drop(savepoint),
    }
    saw.push(format!("{} {} {:?} {:?}", ed.name, jack.name, wendy.status(), fred.status()));
    saw.push(format!("{} {}", wendy.id > 0, session.new_objects().len()));
    saw.push(names(&session).await?);
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// Each savepoint restores the state at its own beginning.
pub async fn c07_nested(is_flushed: bool) -> Saw {
    let db = open(&[]).await?;
    let session = db.session()?;
    let mut user = session.add(user("a"))?;
    let mut rename = async |name: &str| {
        user.edit().name = name.to_owned();
        if is_flushed { session.flush().await } else { Ok(()) }
    };
    let first = session.begin_nested().await?;
    rename("b").await?;
    let second = session.begin_nested().await?;
    rename("c").await?;
    let third = session.begin_nested().await?;
    rename("d").await?;
    third.rollback().await?;
    let mut saw = vec![format!("{} {}", user.name, names(&session).await?)];
    second.release().await?;
    saw.push(format!("{} {}", user.name, names(&session).await?));
    // Changes of a released savepoint belong to the enclosing one.
    first.rollback().await?;
    saw.push(format!("{} {} {:?}", user.name, names(&session).await?, user.status()));
    session.rollback().await?;
    saw.push(format!("{} {:?}", user.id, user.status()));
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// Relationships changed in a savepoint, from both sides.
pub async fn c08_collections(is_flushed: bool) -> Saw {
    let db = open_with(&["u1", "u2"], &["a1", "a2"]).await?;
    let session = db.session()?;
    let users = session.query::<User>().with(User::ADDRESSES.with(Address::USER)).order_by(User::ID).all().await?;
    let (mut first, second) = (users[0].clone(), users[1].clone());
    let mut addresses = first.addresses.handles()?;
    let savepoint = session.begin_nested().await?;
    let new = Entity::new(address("a3"));
    first.edit().addresses.push(&new);
    first.edit().addresses.remove(&addresses[0]);
    addresses[1].edit().user.set(&second);
    if is_flushed {
        session.flush().await?;
    }
    let show = || format!("{} {} {} {}", emails(&first), emails(&second), owner(&addresses[0]), owner(&addresses[1]));
    let mut saw = Vec::new();
    if is_flushed {
        saw.push(show());
    }
    savepoint.rollback().await?;
    saw.push(show());
    saw.push(format!("{:?} {} {:?}", new.status(), new.id, new.user_id));
    saw.push(format!("{:?} {:?} {}", addresses[0].user_id, addresses[1].user_id, session.dirty().len()));
    // The same change still works.
    first.edit().addresses.push(&new);
    session.commit().await?;
    saw.push(format!("{} {}", emails(&first), seen_addresses(&db).await?));
    Ok(saw)
}

/// Objects read in a savepoint whose rows are gone after its rollback.
pub async fn c08_read_inside() -> Saw {
    let db = open_with(&["u1"], &["a1"]).await?;
    let session = db.session()?;
    let first = session.get_one::<User>(1).await?;
    let savepoint = session.begin_nested().await?;
    session.add(Address { user_id: Some(1), ..address("a2") })?;
    session.execute(&update::<User>().set(User::NAME, "changed").filter(User::ID.eq(1))).await?;
    session.refresh(&first).await?;
    session.load(std::slice::from_ref(&first), User::ADDRESSES).await?;
    let mut saw = vec![format!("{} {}", first.name, emails(&first))];
    savepoint.rollback().await?;
    saw.push(format!("{} {}", first.name, emails(&first)));
    session.load(std::slice::from_ref(&first), User::ADDRESSES).await?;
    saw.push(emails(&first));
    Ok(saw)
}

/// An object deleted in a savepoint is persistent again after its rollback.
pub async fn c09_deleted(is_flushed: bool) -> Saw {
    let db = open_with(&["ed", "jack"], &["a1"]).await?;
    let session = db.session()?;
    let mut ed = session.query::<User>().with(User::ADDRESSES).filter(User::ID.eq(1)).one().await?;
    let savepoint = session.begin_nested().await?;
    ed.edit().name = "edward".to_owned();
    session.delete(&ed)?;
    if is_flushed {
        session.flush().await?;
    }
    let mut saw = vec![format!("{:?} {}", ed.status(), session.contains(&ed))];
    savepoint.rollback().await?;
    saw.push(format!("{:?} {} {}", ed.status(), session.contains(&ed), session.deleted().len()));
    saw.push(format!("{} {}", ed.name, emails(&ed)));
    saw.push(session.get::<User>(1).await?.is_some_and(|found| found.is(&ed)).to_string());
    ed.edit().age = Some(1);
    session.commit().await?;
    saw.push(format!("{} {}", seen(&db).await?, seen_addresses(&db).await?));
    // The same with a rollback of the whole transaction.
    session.delete(&ed)?;
    if is_flushed {
        session.flush().await?;
    }
    session.rollback().await?;
    saw.push(format!("{:?} {}", ed.status(), session.get::<User>(1).await?.is_some_and(|found| found.is(&ed))));
    Ok(saw)
}

/// T-64: a savepoint that outlives its transaction does not affect the next one.
pub async fn t64_outlived(end: String) -> Saw {
    let db = open(&["ed"]).await?;
    let session = db.session()?;
    let mut ed = session.get_one::<User>(1).await?;
    let old = session.begin_nested().await?;
    ed.edit().name = "edward".to_owned();
    session.commit().await?;
    // A savepoint of the same depth.
    let savepoint = session.begin_nested().await?;
    let flushed = session.add(user("flushed"))?;
    session.flush().await?;
    let new = session.add(user("new"))?;
    ed.edit().age = Some(7);
    let mut saw = vec![match end.as_str() {
        "rollback" => ok_or_error(old.rollback().await),
        "release" => ok_or_error(old.release().await),
        _ => {
            drop(old);
            "dropped".to_owned()
        }
    }];
    // A release flushes before it finds that the savepoint has ended.
    let is_kept = matches!(new.status(), Status::Pending | Status::Persistent);
    saw.push(format!("{} {:?} {is_kept} {:?}", ed.name, flushed.status(), ed.age));
    savepoint.release().await?;
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// T-64: an outer savepoint that ends before an inner one is rolled back, with its objects.
pub async fn t64_out_of_order(end: String) -> Saw {
    let db = open(&["ed"]).await?;
    let session = db.session()?;
    let mut ed = session.get_one::<User>(1).await?;
    ed.edit().age = Some(7);
    let outer = session.begin_nested().await?;
    ed.edit().name = "edward".to_owned();
    let inner = session.begin_nested().await?;
    let new = session.add(user("new"))?;
    session.flush().await?;
    let ended = if end == "release" { outer.release().await } else { outer.rollback().await };
    let mut saw = vec![ok_or_error(ended).split(':').next().unwrap_or_default().to_owned()];
    saw.push(format!("{} {:?} {:?}", ed.name, ed.age, new.status()));
    saw.push(ok_or_error(inner.release().await));
    saw.push(format!("{} {:?} {:?}", ed.name, ed.age, new.status()));
    saw.push(names(&session).await?);
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}
