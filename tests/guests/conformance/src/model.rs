//! The tables that most scenarios use.

use sqlservice_sdk::{prelude::*, schema::Models};

use crate::Saw;

/// A user.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 64, unique)]
    pub name: String,
    pub note: Option<String>,
}

/// A device of a user.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "devices")]
pub struct Device {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "users.id")]
    pub user_id: i64,
    #[model(length = 20)]
    pub kind: String,
}

pub fn models() -> Models {
    models![User, Device]
}

pub async fn open() -> Result<Database, Error> {
    Database::open("default", models()).await
}

pub fn user(id: i64, name: &str) -> User {
    User { id, name: name.to_owned(), note: None }
}

/// Inserts one user by a statement that every database supports.
pub async fn add(on: &impl Executor, id: i64, name: &str) -> Result<u64, Error> {
    on.execute(&insert::<User>().values(&[user(id, name)])).await
}

/// All names, by key.
pub async fn names(on: &impl Executor) -> Result<String, Error> {
    let names = on.all(&select_columns(User::NAME).order_by(User::ID)).await?;
    Ok(names.join(" "))
}

/// Makes the tables, with users `u1` to `u<n>`.
pub async fn setup(users: u32) -> Saw {
    let db = open().await?;
    let made = db.create_all().await?;
    let rows: Vec<User> = (1..=i64::from(users)).map(|id| user(id, &format!("u{id}"))).collect();
    db.transaction(async |session| session.insert_many(&rows).await).await?;
    Ok(made)
}

/// The state of a newly acquired connection: whether the server reports an open transaction, and how many rows an
/// autocommitted write changes.
pub async fn borrow_and_write(id: i64) -> Saw {
    let db = open().await?;
    let connection = db.connect().await?;
    connection.set_isolation(Isolation::Autocommit).await?;
    let transaction = match db.dialect() {
        Dialect::Postgresql => {
            // The time is constant within a transaction; two autocommitted statements have two times.
            let time = "SELECT (extract(epoch FROM now()) * 1000000)::bigint";
            let first = raw::first::<i64>(&connection, time, params![]).await?;
            first == raw::first::<i64>(&connection, time, params![]).await?
        }
        Dialect::Mariadb => raw::first::<i64>(&connection, "SELECT @@in_transaction", params![]).await? != Some(0),
        // No SQL reports it; the test checks the lock of the file instead.
        _ => false,
    };
    let written = add(&connection, id, &format!("borrower {id}")).await?;
    connection.close().await?;
    Ok(vec![format!("in transaction {transaction}"), format!("written {written}")])
}
