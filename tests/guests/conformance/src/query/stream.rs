//! Objects streamed in batches, with their related objects.

use sqlservice_sdk::prelude::*;

use super::model::{Device, User, devices, open};
use crate::{
    Saw,
    unit_of_work::{mark, ok_or_error},
};

/// Inserts this many users, each with two devices.
async fn many(db: &Database, users: i64) -> Result<(), Error> {
    let rows: Vec<User> = (100..100 + users).map(|id| User { id, name: format!("u{id}"), ..User::default() }).collect();
    let device = |id: i64| Device { id, user_id: Some(id / 2), kind: format!("k{}", id % 2), ..Device::default() };
    let owned: Vec<Device> = (200..200 + 2 * users).map(device).collect();
    db.transaction(async |session| {
        session.insert_many(&rows).await?;
        session.insert_many(&owned).await
    })
    .await
    .map(drop)
}

/// Batches come complete and in the order of the query, and the session is free between two of them.
pub async fn query_stream(users: u32, batch: u32) -> Saw {
    let db = open().await?;
    many(&db, users.into()).await?;
    let session = db.session()?;
    let query = || session.query::<User>().filter(User::ID.ge(100)).order_by((User::NAME.desc(), User::ID));
    let mut saw = Vec::new();
    let (mut sizes, mut names, mut is_whole) = (Vec::new(), Vec::new(), true);
    mark(&db).await?;
    let mut rows = query().with(User::DEVICES).stream(batch).await?;
    while let Some(users) = rows.next_batch().await? {
        sizes.push(users.len());
        for user in &users {
            let owned: Vec<i64> = user.devices.get()?.iter().map(|device| device.id).collect();
            is_whole &= owned == [user.id * 2 + 1, user.id * 2];
            names.push(user.name.clone());
        }
    }
    mark(&db).await?;
    let expected: Vec<String> =
        session.all(&select_columns(User::NAME).filter(User::ID.ge(100)).order_by(User::NAME.desc())).await?;
    saw.push(format!("{sizes:?} {is_whole} {}", names == expected));
    // Between two batches: another query, a flush, a deleted row, and a row that another session changes.
    let mut rows = query().with(User::DEVICES).stream(2).await?;
    let mut first = rows.next_batch().await?.unwrap_or_default();
    first[0].edit().name = "edited".to_owned();
    let gone = select_columns(User::ID).filter(User::ID.ge(100)).order_by(User::NAME.desc()).offset(2).limit(1);
    let gone: Vec<i64> = session.all(&gone).await?;
    session.execute(&delete::<Device>().filter(Device::USER_ID.eq(gone[0]))).await?;
    session.execute(&delete::<User>().filter(User::ID.eq(gone[0]))).await?;
    let second = rows.next_batch().await?.unwrap_or_default();
    saw.push(format!(
        "{} {} {}",
        first.len(),
        second.len(),
        session.query::<User>().filter(User::NAME.eq("edited")).count().await?
    ));
    drop(rows);
    session.rollback().await?;
    // A join repeats rows, streamed or not; a distinct query returns whole rows.
    let joined = || {
        session.query::<User>().join_related(User::DEVICES).filter(User::ID.lt(100)).order_by((User::ID, Device::ID))
    };
    for query in [
        joined(),
        session.query::<User>().select(|select| select.distinct().filter(User::ID.lt(100)).order_by(User::ID)),
    ] {
        let mut rows = query.with(User::DEVICES.filter(Device::KIND.eq("phone"))).stream(3).await?;
        let mut seen = Vec::new();
        while let Some(users) = rows.next_batch().await? {
            seen.extend(users.iter().map(|user| format!("{} {}", user.name, devices(user))));
        }
        saw.push(seen.join(", "));
    }
    let mut rows = query().filter(User::ID.lt(0)).with(User::DEVICES).stream(3).await?;
    saw.push(ok_or_error(
        rows.next_batch().await.map(|batch| batch.is_none().then_some(()).ok_or(Error::NoResult)).and_then(|it| it),
    ));
    Ok(saw)
}
