//! The tables that the test created.

use sqlservice_sdk::prelude::*;

/// A user, as the well-behaved guest has it.
#[derive(Model, Clone)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 64, unique)]
    pub name: String,
    pub note: Option<String>,
}

/// A device of a user, as the well-behaved guest has it.
#[derive(Model, Clone)]
#[model(table = "devices")]
pub struct Device {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "users.id")]
    pub user_id: i64,
    #[model(length = 20)]
    pub kind: String,
}

pub async fn open() -> Result<Database, Error> {
    Database::open("default", models![User]).await
}

pub async fn add(on: &impl Executor, id: i64) -> Result<u64, Error> {
    on.execute(&insert::<User>().values(&[User { id, name: format!("hostile {id}"), note: None }])).await
}

/// The number of users.
pub async fn count_users(on: &impl Executor) -> Result<i64, Error> {
    on.one(&select_columns(count_all()).from::<User>()).await
}
