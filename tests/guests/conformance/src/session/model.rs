//! Users and their addresses, and their text forms.

use sqlservice_sdk::{prelude::*, session::SessionOptions};

use crate::unit_of_work::ok_or_error;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 40)]
    pub name: String,
    pub age: Option<i64>,
    #[model(order_by = "email")]
    pub addresses: Many<Address>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "addresses")]
pub struct Address {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "users.id")]
    pub user_id: Option<i64>,
    #[model(length = 40)]
    pub email: String,
    pub user: One<User>,
}

pub fn user(name: &str) -> User {
    User { name: name.to_owned(), ..User::default() }
}

pub fn address(email: &str) -> Address {
    Address { email: email.to_owned(), ..Address::default() }
}

/// Creates the tables with users of these names, whose keys count from one.
pub async fn open(names: &[&str]) -> Result<Database, Error> {
    let db = Database::open("default", models![User, Address]).await?;
    db.create_all().await?;
    let rows: Vec<User> = names.iter().map(|name| user(name)).collect();
    db.transaction(async |session| session.insert_many(&rows).await).await?;
    Ok(db)
}

/// The same with addresses of the first user.
pub async fn open_with(names: &[&str], emails: &[&str]) -> Result<Database, Error> {
    let db = open(names).await?;
    let of_first = |email: &&str| Address { user_id: Some(1), ..address(email) };
    let rows: Vec<Address> = emails.iter().map(of_first).collect();
    db.transaction(async |session| session.insert_many(&rows).await).await?;
    Ok(db)
}

/// A session with or without savepoints around flushes.
pub fn session(db: &Database, flush_savepoints: bool) -> Result<Session, Error> {
    db.session_with(SessionOptions { flush_savepoints, ..SessionOptions::default() })
}

/// The names of all users, as another session sees them.
pub async fn seen(db: &Database) -> Result<String, Error> {
    names(&db.session()?).await
}

/// The names of all users, read as plain rows.
pub async fn names(on: &impl Executor) -> Result<String, Error> {
    Ok(on.all(&select_columns(User::NAME).order_by(User::ID)).await?.join(" "))
}

/// Addresses with their users' keys, as another session sees them.
pub async fn seen_addresses(db: &Database) -> Result<String, Error> {
    let query = select_columns((Address::EMAIL, Address::USER_ID)).order_by((Address::EMAIL, Address::ID));
    let shown = |(email, user): (String, Option<i64>)| format!("{email}:{}", user.unwrap_or_default());
    Ok(db.session()?.all(&query).await?.into_iter().map(shown).collect::<Vec<_>>().join(" "))
}

/// Changes a user's name in another session.
pub async fn rename(db: &Database, id: i64, name: &str) -> Result<(), Error> {
    let change = update::<User>().set(User::NAME, name).filter(User::ID.eq(id));
    db.transaction(async |session| session.execute(&change).await).await.map(|_| ())
}

/// The addresses of a user, or the error of an unloaded relationship.
pub fn emails(user: &Entity<User>) -> String {
    match user.addresses.get() {
        Ok(addresses) => format!("{:?}", addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>()),
        Err(error) => ok_or_error::<()>(Err(error)),
    }
}

/// The user of an address, or the error of an unloaded relationship.
pub fn owner(address: &Entity<Address>) -> String {
    match address.user.get() {
        Ok(user) => user.map_or_else(|| "nobody".to_owned(), |user| user.name.clone()),
        Err(error) => ok_or_error::<()>(Err(error)),
    }
}
