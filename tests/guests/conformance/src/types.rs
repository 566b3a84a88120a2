//! Types, and errors that a caller can branch on.

mod document;
pub mod fidelity;
mod label;
mod moment;
mod native;
mod number;
mod odd;
mod other;

pub use self::{
    document::e04_documents,
    fidelity::types_fidelity,
    label::{e05_labels, e05_native},
    moment::e03_moments,
    native::types_native_types,
    number::{e01_decimals, e02_integers},
    odd::{t20_edges, t40_odd_rows},
    other::{e06_foreign, e06_others},
};

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::outcome,
    model::{Device, User, add, open, user},
};

/// A column that is not nullable, declared nullable by a guest.
#[derive(Model, Clone)]
#[model(table = "users")]
struct Careless {
    #[model(primary_key)]
    id: i64,
    name: Option<String>,
}

/// An existing table, declared with a column that it does not have.
#[derive(Model, Clone)]
#[model(table = "users")]
struct Outdated {
    #[model(primary_key)]
    id: i64,
    gone: Option<String>,
}

/// A table that does not exist.
#[derive(Model, Clone)]
#[model(table = "nowhere")]
struct Nowhere {
    #[model(primary_key)]
    id: i64,
}

/// With users u1 to u3.
pub async fn types_violations() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = vec![outcome(add(&session, 1, "another").await)];
    session.rollback().await?;
    saw.push(outcome(add(&session, 10, "u1").await));
    session.rollback().await?;
    saw.push(outcome(session.insert_many(&[user(20, "u20"), user(21, "u2"), user(22, "u22")]).await));
    session.rollback().await?;
    let device = |user_id| Device { id: 0, user_id, kind: "phone".to_owned() };
    saw.push(outcome(session.insert_many(&[device(77)]).await));
    session.rollback().await?;
    session.insert_many(&[device(1)]).await?;
    saw.push(outcome(session.execute(&delete::<User>().filter(User::ID.eq(1))).await));
    session.rollback().await?;
    let careless = Database::open("default", models![Careless]).await?.session()?;
    saw.push(outcome(careless.insert_many(&[Careless { id: 30, name: None }]).await));
    Ok(saw)
}

/// With a table `numbers` that was made from outside and has checks.
pub async fn types_check() -> Saw {
    let db = Database::open("default", models![]).await?;
    db.reflect().await?;
    let connection = db.connect().await?;
    let sql = "INSERT INTO numbers (id, small) VALUES (1, 100)";
    let mut saw = vec![outcome(raw::execute(&connection, sql, params![]).await)];
    connection.rollback().await?;
    saw.push(outcome(raw::execute(&connection, "INSERT INTO numbers (id, small) VALUES (1, 5)", params![]).await));
    Ok(saw)
}

pub async fn types_statements() -> Saw {
    let session = open().await?.session()?;
    let mut saw = vec![
        outcome(session.all(&select::<Nowhere>()).await.map(|rows| rows.len())),
        outcome(
            session.all(&select_columns(column::<i64>("users", "gone")).from::<User>()).await.map(|rows| rows.len()),
        ),
        outcome(
            session.all(&select_columns(column::<i64>("devices", "id")).from::<User>()).await.map(|rows| rows.len()),
        ),
        outcome(session.all(&select_columns(function::<i64>("pg_sleep", literal(1_i64)))).await.map(|rows| rows.len())),
        outcome(session.execute(&update::<User>().filter(User::ID.eq(1))).await),
        // Nothing was sent, so the transaction is intact.
        outcome(session.one(&select_columns(count_all()).from::<User>()).await),
    ];
    session.rollback().await?;
    // Declared, but not in the database.
    let session = Database::open("default", models![Nowhere]).await?.session()?;
    saw.push(outcome(session.all(&select::<Nowhere>()).await.map(|rows| rows.len())));
    session.rollback().await?;
    let session = Database::open("default", models![Outdated]).await?.session()?;
    saw.push(outcome(session.all(&select::<Outdated>()).await.map(|rows| rows.len())));
    session.rollback().await?;
    // A column read as something else.
    let names = select_columns(column::<i64>("users", "name")).from::<Outdated>();
    saw.push(outcome(open().await?.session()?.all(&names).await.map(|rows| rows.len())));
    Ok(saw)
}

pub async fn types_databases() -> Saw {
    let mut saw = Vec::new();
    for name in ["default", "Default", "other", "", "default ", "sqlite://x"] {
        saw.push(outcome(Database::open(name, models![]).await.map(|_| "opened")));
    }
    Ok(saw)
}
