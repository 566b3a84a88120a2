//! Futures dropped before they complete, at their n-th poll or after some time; and traps at the n-th poll.

use std::{
    future::{Future, poll_fn},
    task::Poll,
    time::Duration,
};

use futures::{
    future::{Either, select as either},
    pin_mut,
};
use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as Raw,
        rows::{Batch, ColumnData, Vector},
        schema::Relationship,
        sessions::{self, Change, Load, LoadRoot, Plan, TransactionOptions as Options},
    },
    prelude::*,
    schema::Models,
};

use crate::{
    change::{Insert, Update, key, texts},
    lines::{done, outcome},
    model::{Device, User, add, count_users, open},
    object,
};

/// When a future is dropped.
#[derive(Clone, Copy)]
pub enum Stop {
    /// After this many polls.
    AtPoll(u32),
    /// After this many microseconds.
    After(u32),
    /// Never: after this many polls, the guest traps.
    Trap(u32),
}

impl Stop {
    /// The output of the future; nothing if it was dropped before.
    pub async fn run<T>(self, future: impl Future<Output = Result<T, Error>>) -> Result<Option<T>, Error> {
        match self {
            Self::AtPoll(polls) => at_poll(future, polls).await,
            Self::Trap(polls) => at_poll_after(future, polls, || std::process::abort()).await,
            Self::After(microseconds) => {
                let future = Box::pin(future);
                let time = sleep(Duration::from_micros(microseconds.into()));
                pin_mut!(time);
                // On the right, the pair that is dropped here contains the future.
                match either(future, time).await {
                    Either::Left((output, _)) => Some(output),
                    Either::Right(((), _)) => None,
                }
            }
        }
        .transpose()
    }
}

/// Drops a future after this many polls.
pub async fn at_poll<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    at_poll_after(future, polls, || {}).await
}

/// The same, and calls a function right before.
async fn at_poll_after<T>(future: impl Future<Output = T>, polls: u32, before: impl Fn()) -> Option<T> {
    let mut future = Some(Box::pin(future));
    let mut left = polls;
    poll_fn(move |context| {
        let Some(running) = future.as_mut() else { return Poll::Ready(None) };
        if left > 0 {
            left -= 1;
            if let Poll::Ready(output) = running.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
        }
        if left > 0 {
            return Poll::Pending;
        }
        before();
        future = None;
        Poll::Ready(None)
    })
    .await
}

/// Runs an operation until it is stopped; returns whether it completed before. All handles are dropped at the end.
pub async fn sweep(operation: &str, id: i64, stop: Stop) -> Result<bool, Error> {
    if operation.starts_with("object-") {
        return object::sweep(operation, id, stop).await;
    }
    let db = open().await?;
    let query = select_columns((User::ID, User::NAME)).order_by(User::ID);
    let done = match operation {
        "connect" => stop.run(db.connect()).await?.is_some(),
        "begin" => stop.run(db.begin()).await?.is_some(),
        "ping" => stop.run(db.ping()).await?.is_some(),
        "first-use" => {
            let session = db.session()?;
            stop.run(add(&session, id)).await?.is_some()
        }
        "execute" => {
            let session = db.begin().await?;
            stop.run(add(&session, id)).await?.is_some()
        }
        "insert-many" => {
            let session = db.begin().await?;
            let row = |n: i64| User { id: id + n, name: format!("hostile {}", id + n), note: Some("x".repeat(100)) };
            let rows: Vec<_> = (0..500).map(row).collect();
            stop.run(session.insert_many(&rows)).await?.is_some()
        }
        "commit" => {
            let session = db.begin().await?;
            add(&session, id).await?;
            stop.run(session.commit()).await?.is_some()
        }
        "rollback" => {
            let session = db.begin().await?;
            add(&session, id).await?;
            stop.run(session.rollback()).await?.is_some()
        }
        "close" => {
            let connection = db.connect().await?;
            add(&connection, id).await?;
            stop.run(connection.close()).await?.is_some()
        }
        "savepoint" => {
            let session = db.begin().await?;
            add(&session, id).await?;
            stop.run(session.begin_nested()).await?.is_some()
        }
        "release" => {
            let session = db.begin().await?;
            let savepoint = session.begin_nested().await?;
            add(&session, id).await?;
            stop.run(savepoint.release()).await?.is_some()
        }
        "flush" => {
            let models = models![User];
            let session = Raw::open("default".to_owned(), models).await?.begin(Options::default()).await?;
            stop.run(async { Ok(session.flush(rows_twice(id)).await?) }).await?.is_some()
        }
        "load" => {
            let session = Raw::open("default".to_owned(), related()).await?.begin(Options::default()).await?;
            stop.run(async { Ok(session.load(users_by_key(), WITHOUT).await?) }).await?.is_some()
        }
        "reflect" => stop.run(db.reflect()).await?.is_some(),
        "create-all" => stop.run(db.create_all()).await?.is_some(),
        "cursor" => {
            let session = db.begin().await?;
            add(&session, id).await?;
            let mut rows = session.stream(&query, 1).await?;
            rows.next_batch().await?;
            stop.run(rows.next_batch()).await?.is_some()
        }
        "stream" => {
            let session = db.begin().await?;
            add(&session, id).await?;
            stop.run(session.stream(&query, 1)).await?.is_some()
        }
        other => return Err(Error::other(format!("there is no operation {other:?}"))),
    };
    Ok(done)
}

const WITHOUT: sessions::Options = sessions::Options { timeout_ms: None, max_rows: None, batch_rows: None };

/// Users and devices, with their relationships.
fn related() -> Models {
    let mut models = models![User, Device];
    let relationship = |owner: &str, name: &str, target: &str, collection| Relationship {
        name: name.to_owned(),
        owner: owner.to_owned(),
        target: target.to_owned(),
        foreign_key: None,
        through: None,
        collection,
        cascade: Vec::new(),
        passive_deletes: false,
        post_update: false,
        order_by: Vec::new(),
    };
    models.relationships =
        vec![relationship("users", "devices", "devices", true), relationship("devices", "user", "users", false)];
    models
}

/// More users than one statement looks up, with their devices, and the devices' users: several statements in sequence.
fn users_by_key() -> Plan {
    let load = |relationship: &str, nested: &[u32]| Load {
        relationship: relationship.to_owned(),
        nested: nested.to_vec(),
        joined: false,
    };
    let ids: Vec<i64> = (1..=1_500).collect();
    let rows = ids.len() as u32;
    let keys = Batch { rows, columns: vec![ColumnData { validity: None, values: Vector::Integers(ids) }] };
    let loads = vec![load("devices", &[1]), load("user", &[])];
    Plan { table: "users".to_owned(), root: LoadRoot::Keys(keys), loads, first_loads: vec![0] }
}

/// Rows that are inserted, then updated.
fn rows_twice(id: i64) -> Vec<Change> {
    let ids: Vec<i64> = (id..id + 300).collect();
    let names: Vec<String> = ids.iter().map(|id| format!("hostile {id}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    vec![
        Insert::into("users", &["id", "name"]).rows(300, vec![key(&ids), texts(&names)]).returning(&["id"]),
        Update::of("users", &["note"]).keys(&ids).rows(vec![texts(&["x"; 300])]).done(),
    ]
}

/// Every operation once, for a host that drops the call at any point.
pub async fn everything(id: i64) -> Result<Vec<String>, Error> {
    let db = open().await?;
    db.ping().await?;
    db.reflect().await?;
    let session = db.begin().await?;
    add(&session, id).await?;
    let savepoint = session.begin_nested().await?;
    add(&session, id + 1).await?;
    savepoint.rollback().await?;
    let mut rows = session.stream(&select_columns((User::ID, User::NAME)), 1).await?;
    rows.next_batch().await?;
    rows.next_batch().await?;
    drop(rows);
    session.rollback().await?;
    let connection = db.connect().await?;
    add(&connection, id).await?;
    connection.rollback().await?;
    connection.close().await?;
    let session = db.begin().await?;
    add(&session, id).await?;
    session.commit().await?;
    Ok(Vec::new())
}

/// A session whose calls are dropped stays usable: after a stopped call it has to be rolled back.
pub async fn drop_and_go_on(id: i64) -> Result<Vec<String>, Error> {
    // More rows than any database inserts at once.
    let many = |from: i64| -> Vec<User> {
        (from..from + 20_000).map(|id| User { id, name: format!("hostile {id}"), note: None }).collect()
    };
    let session = open().await?.session()?;
    add(&session, id).await?;
    let dropped = at_poll(session.insert_many(&many(id + 1)), 1).await;
    let mut saw = vec![format!("dropped {}", dropped.is_none())];
    saw.push(outcome(count_users(&session).await));
    saw.push(done(session.rollback().await));
    saw.push(outcome(count_users(&session).await));
    // A queued call that is dropped never starts.
    let rows = many(id + 1);
    let first = session.insert_many(&rows);
    let second = async { at_poll(add(&session, id), 1).await.is_none() };
    let (first, second) = futures::join!(first, second);
    saw.push(format!("{} dropped {second}", outcome(first.map(|_| "inserted"))));
    saw.push(done(session.commit().await));
    let kept = select_columns((count_all(), min(User::ID))).from::<User>().filter(User::ID.ge(id));
    saw.push(outcome(session.one(&kept).await.map(|kept| format!("{kept:?}"))));
    Ok(saw)
}
