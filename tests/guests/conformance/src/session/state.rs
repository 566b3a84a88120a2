//! G07 and G09: the state of objects without a query, and many writers of one file.

use sqlservice_sdk::prelude::*;

use super::model::{Address, User, address, open_with, owner, rename, user};
use crate::{Saw, unit_of_work::ok_or_error};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "stamps")]
struct Stamp {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(default = now)]
    created: Option<Timestamp>,
    #[model(on_update = now)]
    updated: Option<Timestamp>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "counters")]
struct Counter {
    #[model(primary_key)]
    id: i64,
    count: i64,
}

/// Reading an unloaded relationship is an error that names it.
pub async fn g07_unloaded() -> Saw {
    let db = open_with(&["u1"], &["a1"]).await?;
    let session = db.session()?;
    let mut user = session.get_one::<User>(1).await?;
    let mut address = session.get_one::<Address>(1).await?;
    let mut saw = vec![ok_or_error(user.addresses.get()), owner(&address), ok_or_error(user.addresses.handles())];
    // An unloaded relationship can be changed, and stays unloaded.
    user.edit().addresses.push(super::model::address("a2"));
    saw.push(ok_or_error(user.addresses.get()));
    session.commit().await?;
    saw.push(ok_or_error(user.addresses.get()));
    address.edit().user.clear();
    saw.push(owner(&address));
    session.rollback().await?;
    saw.push(owner(&address));
    session.load(std::slice::from_ref(&user), User::ADDRESSES).await?;
    saw.push(user.addresses.get()?.len().to_string());
    Ok(saw)
}

/// Values that the database computes on an update are known after it.
pub async fn g07_on_update() -> Saw {
    let db = Database::open("default", models![Stamp]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let mut stamp = session.add(Stamp { name: "first".to_owned(), ..Stamp::default() })?;
    session.commit().await?;
    let (created, before) = (stamp.created, stamp.updated);
    sqlservice_sdk::sleep(std::time::Duration::from_millis(1_100)).await;
    stamp.edit().name = "second".to_owned();
    session.commit().await?;
    let stored = db.session()?.one(&select_columns((Stamp::CREATED, Stamp::UPDATED))).await?;
    let mut saw = vec![format!("{} {}", stored == (stamp.created, stamp.updated), stamp.updated > before)];
    saw.push((stamp.created == created).to_string());
    Ok(saw)
}

/// After a rollback objects have the last committed values.
pub async fn g07_rolled_back() -> Saw {
    let db = open_with(&["u1", "u2"], &["a1"]).await?;
    let session = db.session()?;
    let mut first = session.query::<User>().with(User::ADDRESSES).filter(User::ID.eq(1)).one().await?;
    first.edit().name = "committed".to_owned();
    session.commit().await?;
    first.edit().name = "flushed".to_owned();
    first.edit().addresses.push(address("a2"));
    session.flush().await?;
    first.edit().name = "edited".to_owned();
    let mut known = session.get_one::<User>(2).await?;
    session.execute(&update::<User>().set(User::NAME, "by a statement").filter(User::ID.eq(2))).await?;
    session.refresh(&known).await?;
    let mut saw = vec![format!("{} {}", first.name, known.name)];
    session.rollback().await?;
    saw.push(format!("{} {} {}", first.name, known.name, first.addresses.get()?.len()));
    // Another session changed the row: the next read sees that.
    rename(&db, 1, "other").await?;
    session.get_one::<User>(1).await?;
    saw.push(first.name.clone());
    known.edit().age = Some(1);
    session.add(user("new"))?;
    session.commit().await?;
    saw.push(super::model::seen(&db).await?);
    Ok(saw)
}

pub async fn g09_setup() -> Saw {
    let db = Database::open("default", models![Counter]).await?;
    db.create_all().await?;
    let session = db.session()?;
    session.add_all([0, 1].map(|id| Counter { id, count: 0 }))?;
    session.commit().await?;
    Ok(Vec::new())
}

/// Transactions that read a row and then write it.
pub async fn g09_write(times: u32) -> Saw {
    let db = Database::open("default", models![Counter]).await?;
    for _ in 0..times {
        let session = db.begin().await?;
        let mut counter = session.get_one::<Counter>(1).await?;
        counter.edit().count += 1;
        session.commit().await?;
    }
    Ok(Vec::new())
}

pub async fn g09_count() -> Saw {
    let db = Database::open("default", models![Counter]).await?;
    let counts = db.session()?.all(&select_columns(Counter::COUNT).order_by(Counter::ID)).await?;
    Ok(vec![format!("{counts:?}")])
}
