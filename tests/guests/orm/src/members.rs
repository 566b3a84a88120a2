//! Users with addresses and groups, which several subjects use.

use sqlservice_sdk::prelude::*;

use crate::case::{each, one};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 40, unique)]
    pub name: String,
    pub age: Option<i64>,
    #[model(cascade = "all, delete-orphan", order_by = "email")]
    pub addresses: Many<Address>,
    #[model(through = Member, order_by = "name")]
    pub groups: Many<Group>,
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

#[derive(Model, Clone, Debug, Default)]
#[model(table = "user_groups")]
pub struct Group {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 40)]
    pub name: String,
    #[model(through = Member, order_by = "name")]
    pub users: Many<User>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "members")]
pub struct Member {
    #[model(primary_key, foreign_key = "users.id")]
    pub user_id: i64,
    #[model(primary_key, foreign_key = "user_groups.id")]
    pub group_id: i64,
}

pub fn user(name: &str) -> User {
    User { name: name.to_owned(), ..User::default() }
}

pub fn address(email: &str) -> Address {
    Address { email: email.to_owned(), ..Address::default() }
}

pub fn group(name: &str) -> Group {
    Group { name: name.to_owned(), ..Group::default() }
}

/// Users of these names, the first one with these addresses, all committed.
pub async fn people(session: &Session, names: &[&str], emails: &[&str]) -> Result<Vec<Entity<User>>, Error> {
    let mut users: Vec<Entity<User>> = names.iter().map(|name| Entity::new(user(name))).collect();
    if let Some(first) = users.first_mut() {
        first.edit().addresses.set(emails.iter().map(|email| address(email)));
    }
    session.add_all(&users)?;
    session.commit().await?;
    Ok(users)
}

/// Each user as another session sees it: `name`, `name:age`, with its addresses and groups in brackets.
pub async fn seen(db: &Database) -> Result<String, Error> {
    let users =
        db.session()?.query::<User>().order_by(User::NAME).with(User::ADDRESSES).with(User::GROUPS).all().await?;
    Ok(users.iter().map(|user| shown(user)).collect::<Vec<_>>().join(" "))
}

/// A user as text, from its object.
pub fn shown(user: &User) -> String {
    let age = user.age.map(|age| format!(":{age}")).unwrap_or_default();
    let (emails, groups) = (emails(user), each(&user.groups, |group| group.name.clone()));
    let all = [emails, groups].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("|");
    format!("{}{age}{}", user.name, if all.is_empty() { all } else { format!("({all})") })
}

pub fn emails(user: &User) -> String {
    each(&user.addresses, |address| address.email.clone())
}

pub fn owner(address: &Address) -> String {
    one(&address.user, |user| user.name.clone())
}

/// Renames a user in another transaction.
pub async fn renamed(db: &Database, id: i64, name: &str) -> Result<(), Error> {
    db.transaction(async |other| other.execute(&update::<User>().set(User::NAME, name).filter(User::ID.eq(id))).await)
        .await
        .map(drop)
}

/// Deletes a user without references in another transaction.
pub async fn removed(db: &Database, id: i64) -> Result<(), Error> {
    db.transaction(async |other| other.execute(&delete::<User>().filter(User::ID.eq(id))).await).await.map(drop)
}
