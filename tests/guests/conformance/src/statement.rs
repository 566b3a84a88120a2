//! Statements and their result sets.

mod change;
mod filter;
mod function;
mod join;
mod name;
mod query;
mod repeated;

pub use self::{change::*, filter::*, function::*, join::*, name::*, query::*, repeated::*};

use std::time::Duration;

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{self, outcome},
    model::{User, names, open},
};

/// A row with a generated key.
#[derive(Model, Clone, Default)]
#[model(table = "items")]
struct Item {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 50)]
    data: String,
}

/// An employee of a department.
#[derive(Model, Clone)]
#[model(table = "employees")]
struct Employee {
    #[model(primary_key)]
    id: i64,
    #[model(length = 1)]
    dept: String,
}

fn items(count: u32) -> Vec<Item> {
    (0..count).map(|number| Item { id: 0, data: format!("d{number}") }).collect()
}

async fn open_items() -> Result<Database, Error> {
    let db = Database::open("default", models![Item]).await?;
    db.create_all().await?;
    Ok(db)
}

pub async fn d09_few() -> Saw {
    let session = open_items().await?.begin().await?;
    let insert = insert::<Item>().values(&items(5)).returning((Item::ID, Item::DATA));
    let rows = match session.all(&insert).await {
        Ok(rows) => rows,
        Err(error) => return Ok(vec![lines::error(&error)]),
    };
    session.commit().await?;
    Ok(rows.into_iter().map(|(id, data)| format!("{id} {data}")).collect())
}

/// The number of rows returned in the order sent, and the number of statements, where the server counts them.
pub async fn d09_many(rows: u32) -> Saw {
    let db = open_items().await?;
    let session = db.begin().await?;
    let before = inserts_so_far(&db, &session).await?;
    let sent = items(rows);
    let stored = match session.insert_many_returning(&sent).await {
        Ok(stored) => stored,
        Err(error) => return Ok(vec![lines::error(&error)]),
    };
    let in_order = stored.iter().zip(&sent).filter(|(stored, sent)| stored.data == sent.data).count();
    let ascending = stored.windows(2).filter(|pair| pair[0].id < pair[1].id).count();
    let statements = inserts_so_far(&db, &session).await? - before;
    let found = session.all(&select_columns((Item::ID, Item::DATA)).order_by(Item::ID)).await?;
    let same =
        found.iter().zip(&stored).filter(|(found, stored)| found.0 == stored.id && found.1 == stored.data).count();
    session.commit().await?;
    Ok(vec![
        format!("{} returned, {in_order} in order, {ascending} steps up", stored.len()),
        format!("{same} of {} stored as returned", found.len()),
        statements.to_string(),
    ])
}

/// How many inserts the server has run in this transaction; 0 where it does not count.
async fn inserts_so_far(db: &Database, session: &Session) -> Result<i64, Error> {
    let sql = match db.dialect() {
        // Each statement of a transaction has a number, which its rows keep.
        Dialect::Postgresql => "SELECT count(DISTINCT cmin::text) FROM items",
        Dialect::Mariadb => {
            "SELECT CAST(variable_value AS SIGNED) FROM information_schema.session_status WHERE variable_name = 'COM_INSERT'"
        }
        _ => return Ok(0),
    };
    Ok(raw::first::<i64>(session, sql, params![]).await?.unwrap_or_default())
}

pub async fn d11_update() -> Saw {
    let session = open().await?.begin().await?;
    let rename = |filter: Expr<bool>| {
        update::<User>().set(User::NAME, User::NAME.concat("_new")).filter(filter).returning((User::ID, User::NAME))
    };
    let mut saw = Vec::new();
    for filter in [User::ID.eq(2), User::ID.eq(9), User::ID.in_list([0_i64; 0])] {
        let rows = session.all(&rename(filter)).await.map(|rows| format!("{rows:?}"));
        saw.push(outcome(rows));
    }
    saw.push(names(&session).await?);
    session.commit().await?;
    Ok(saw)
}

pub async fn d11_delete() -> Saw {
    let session = open().await?.begin().await?;
    let remove = |filter: Expr<bool>| delete::<User>().filter(filter).returning((User::ID, User::NAME));
    let mut saw = Vec::new();
    for filter in [User::ID.eq(2), User::ID.eq(9), User::ID.in_list([0_i64; 0])] {
        let rows = session.all(&remove(filter)).await.map(|rows| format!("{rows:?}"));
        saw.push(outcome(rows));
    }
    saw.push(names(&session).await?);
    session.commit().await?;
    Ok(saw)
}

pub async fn d12_matched() -> Saw {
    let db = Database::open("default", models![Employee]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let employee = |(id, dept): (i64, &str)| Employee { id, dept: dept.to_owned() };
    let employees: Vec<_> = (1..).zip(["A", "A", "B", "B", "B", "C", "C", "C"]).map(employee).collect();
    let mut saw = vec![session.insert_many(&employees).await?.to_string()];
    let update = |from: &str, to: &str| update::<Employee>().set(Employee::DEPT, to).filter(Employee::DEPT.eq(from));
    saw.push(session.execute(&update("C", "Z")).await?.to_string());
    saw.push(session.execute(&update("Z", "C")).await?.to_string());
    // No value changes, and three rows match.
    saw.push(session.execute(&update("C", "C")).await?.to_string());
    saw.push(session.execute(&update("X", "C")).await?.to_string());
    saw.push(session.execute(&delete::<Employee>().filter(Employee::DEPT.eq("C"))).await?.to_string());
    saw.push(session.execute(&delete::<Employee>().filter(Employee::DEPT.eq("C"))).await?.to_string());
    session.commit().await?;
    Ok(saw)
}

pub async fn d15_partitions() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut sizes = Vec::new();
    let mut ids = Vec::new();
    let mut rows = session.stream(&select_columns(User::ID).order_by(User::ID), 4).await?;
    while let Some(batch) = rows.next_batch().await? {
        sizes.push(batch.len());
        ids.extend(batch);
    }
    let in_order = ids.iter().copied().eq(1..=15);
    drop(rows);
    let whole = session.all(&select::<User>()).await?.len();
    Ok(vec![format!("{sizes:?}"), in_order.to_string(), whole.to_string()])
}

pub async fn d15_abandon() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let query = select_columns(User::ID).order_by(User::ID);
    let mut rows = session.stream(&query, 4).await?;
    let first = rows.next_batch().await?;
    drop(rows);
    // The session is free at once, and in the same transaction.
    let again = session.one(&select_columns(count_all()).from::<User>()).await?;
    // A connection dropped with an unread cursor.
    let connection = db.connect().await?;
    let mut rows = connection.stream(&query, 4).await?;
    let second = rows.next_batch().await?;
    drop(connection);
    let third = outcome(rows.next_batch().await.map(|batch| format!("{batch:?}")));
    drop(rows);
    Ok(vec![format!("{first:?}"), again.to_string(), format!("{second:?}"), third])
}

pub async fn d15_busy() -> Saw {
    let session = open().await?.session()?;
    let query = select_columns(User::ID).order_by(User::ID);
    let mut rows = session.stream(&query, 4).await?;
    let count = select_columns(count_all()).from::<User>();
    // At once, not after the cursor is read: its reader is this same caller.
    let refused = timeout(Duration::from_secs(5), session.one(&count)).await?;
    let mut saw = vec![outcome(refused), outcome(session.commit().await.map(|()| "committed"))];
    let mut left = 0;
    while let Some(batch) = rows.next_batch().await? {
        left += batch.len();
    }
    saw.push(left.to_string());
    // A cursor read to its end no longer occupies the session.
    saw.push(session.one(&count).await?.to_string());
    Ok(saw)
}
