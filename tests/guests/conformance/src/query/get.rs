//! `get` of a query: with a lock, a filter, loads, options, and `populate_existing`.

use sqlservice_sdk::{prelude::*, session::EntityQuery, statement::Select};

use super::model::{Device, Room, User, devices, open};
use crate::{Saw, unit_of_work::ok_or_error};

/// The result of a lookup.
fn found(user: Result<Option<Entity<User>>, Error>) -> String {
    match user {
        Ok(Some(user)) => user.name.clone(),
        Ok(None) => "nothing".to_owned(),
        Err(error) => ok_or_error::<()>(Err(error)),
    }
}

async fn rename(db: &Database, id: i64, name: &str) -> Result<(), Error> {
    let change = update::<User>().set(User::NAME, name).filter(User::ID.eq(id));
    db.transaction(async |other| other.execute(&change).await).await.map(drop)
}

/// A lock of `get` is taken: a concurrent `no_wait` lock of the row is refused.
pub async fn query_get_locks() -> Saw {
    let db = open().await?;
    let (first, second) = (db.session()?, db.session()?);
    // The object is in the identity map, and the row is locked nonetheless.
    first.get::<User>(1).await?;
    first.commit().await?;
    rename(&db, 1, "eddy").await?;
    let mut saw = vec![found(first.query::<User>().for_update().get(1).await)];
    let no_wait = Lock { no_wait: true, ..Lock::default() };
    saw.push(found(second.query::<User>().lock(no_wait.clone()).get(1).await));
    second.rollback().await?;
    saw.push(found(second.query::<User>().lock(no_wait.clone()).get(2).await));
    second.rollback().await?;
    let skip = Lock { skip_locked: true, ..Lock::default() };
    saw.push(found(second.query::<User>().lock(skip).get(1).await));
    second.rollback().await?;
    first.commit().await?;
    saw.push(found(second.query::<User>().lock(no_wait).get(1).await));
    saw.push(found(second.query::<User>().for_update().get(99).await));
    Ok(saw)
}

/// A filter applies to `get` whether or not the object is in the identity map; so do joins, limits and aliases.
pub async fn query_get_filters() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let get = async |query: EntityQuery<'_, User>, id: i64| found(query.get(id).await);
    let old = |session| Session::query::<User>(session).filter(User::AGE.gt(35));
    let mut saw = vec![get(old(&session), 1).await, get(old(&session), 3).await, get(old(&session), 2).await];
    // Now the objects are in the identity map.
    let all = session.query::<User>().all().await?;
    saw.push(format!("{} {}", get(old(&session), 1).await, get(old(&session), 3).await));
    let has_phone = || session.query::<User>().filter(User::DEVICES.any(Device::KIND.eq("phone")));
    saw.push(format!("{} {} {}", get(has_phone(), 1).await, get(has_phone(), 2).await, get(has_phone(), 3).await));
    let joined = || session.query::<User>().join_related(User::DEVICES);
    saw.push(format!("{} {}", get(joined(), 1).await, get(joined(), 4).await));
    saw.push(get(session.query::<User>().offset(1), 1).await);
    let whole = select::<User>();
    let worker = alias::<User>("worker");
    let of_boss = session.query_of(worker.select().filter(User::BOSS_ID.of(worker).eq(1)));
    saw.push(get(of_boss, 3).await);
    saw.push(get(session.query_of(Select::clone(&whole)), 4).await);
    saw.push(format!("{}", all.len()));
    Ok(saw)
}

/// `populate_existing` reads a known object again, with the loads of the query.
pub async fn query_get_again() -> Saw {
    let db = open().await?;
    let session = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    let mut known = session.get_one::<User>(1).await?;
    session.commit().await?;
    rename(&db, 1, "eddy").await?;
    let mut saw = vec![found(session.query::<User>().get(1).await)];
    saw.push(found(session.query::<User>().populate_existing().get(1).await));
    saw.push(format!("{} {}", known.name, devices(&known)));
    known.edit().name = "edited".to_owned();
    let again = session.query::<User>().populate_existing().with(User::DEVICES).get_one(1).await?;
    saw.push(format!("{} {} {}", again.is(&known), known.name, devices(&known)));
    // The object is in the identity map, and its relationship is loaded nonetheless.
    let jo = session.get_one::<User>(2).await?;
    let loaded = session.query::<User>().with(User::DEVICES).get_one(2).await?;
    saw.push(format!("{} {}", loaded.is(&jo), devices(&jo)));
    saw.push(found(session.query::<User>().populate_existing().get(99).await));
    saw.push(ok_or_error(session.query::<User>().get_one(99).await));
    Ok(saw)
}

/// Options of the query apply to `get`.
pub async fn query_get_options() -> Saw {
    let db = open().await?;
    let none = RunOptions { max_rows: Some(0), ..RunOptions::default() };
    let mut saw = Vec::new();
    for way in 0..3 {
        let session = db.session()?;
        let query = session.query::<User>().options(none);
        let query = match way {
            0 => query,
            1 => query.populate_existing(),
            _ => query.filter(User::AGE.gt(1)),
        };
        saw.push(found(query.get(1).await));
    }
    Ok(saw)
}

/// Keys of several columns, and keys with a wrong number of columns.
pub async fn query_get_composite() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let in_house = || session.query::<Room>().filter(Room::HOUSE.eq(1));
    let found = |room: Result<Option<Entity<Room>>, Error>| match room {
        Ok(room) => room.map_or("nothing".to_owned(), |room| format!("{} {}", room.house, room.number)),
        Err(error) => ok_or_error::<()>(Err(error)),
    };
    let mut saw = vec![found(in_house().get((1, 2)).await), found(in_house().get((2, 1)).await)];
    saw.push(found(session.query::<Room>().populate_existing().get((2, 1)).await));
    saw.push(found(in_house().get(1).await));
    saw.push(found(session.query::<Room>().get(1).await));
    Ok(saw)
}
