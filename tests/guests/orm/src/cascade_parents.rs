//! `test_cascade.py`: cascades along a many-to-one relationship, over two levels, with and without `delete-orphan`.

use sqlservice_sdk::prelude::*;

use crate::case::{Case, cases, one, same};

cases! { [Account, Profile, Picture, Order, Bill, Stamp]:
    what_is_cleared_goes, what_is_replaced_goes, what_was_never_written_is_replaced, a_delete_takes_both_levels,
    a_delete_takes_both_levels_unloaded, cleared_and_deleted_takes_both, cleared_below_and_deleted_takes_all,
    cleared_below_takes_the_last, set_to_the_same_again, set_to_the_same_twice, replaced_while_unloaded,
    cleared_while_unloaded, moved_to_another_owner, plain_delete_takes_both, plain_set_after_delete_takes_both,
    plain_set_below_after_delete_takes_all,     plain_replaced_keeps,     shared_by_two_is_refused_by_the_database, two_owners_of_one_are_deleted,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "accounts")]
struct Account {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "profiles.id")]
    profile_id: Option<i64>,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan")]
    profile: One<Profile>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "profiles")]
struct Profile {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "pictures.id")]
    picture_id: Option<i64>,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan")]
    picture: One<Picture>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "pictures")]
struct Picture {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
}

/// The same three without `delete-orphan`.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "orders")]
struct Order {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "bills.id")]
    bill_id: Option<i64>,
    #[model(cascade = "all")]
    bill: One<Bill>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "bills")]
struct Bill {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "stamps.id")]
    stamp_id: Option<i64>,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all")]
    stamp: One<Stamp>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "stamps")]
struct Stamp {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
}

fn profile(name: &str) -> Profile {
    let picture = Picture { name: format!("{name}'s"), ..Picture::default() };
    Profile { name: name.to_owned(), picture: One::from(picture), ..Profile::default() }
}

async fn account(session: &Session, name: &str) -> Result<Entity<Account>, Error> {
    let account =
        Account { name: name.to_owned(), profile: One::from(profile(&format!("p-{name}"))), ..Account::default() };
    let made = session.add(account)?;
    session.commit().await?;
    Ok(made)
}

/// The names of profiles and of pictures.
async fn seen(db: &Database, profiles: &str, pictures: &str) -> Case {
    let session = db.session()?;
    let found = session.all(&select_columns(Profile::NAME).order_by(Profile::NAME)).await?.join(" ");
    same("profiles", found.as_str(), profiles)?;
    let found = session.all(&select_columns(Picture::NAME).order_by(Picture::NAME)).await?.join(" ");
    same("pictures", found.as_str(), pictures)
}

fn bill(name: &str) -> Bill {
    Bill { name: name.to_owned(), stamp: One::from(stamp(&format!("{name}'s"))), ..Bill::default() }
}

fn stamp(name: &str) -> Stamp {
    Stamp { name: name.to_owned(), ..Stamp::default() }
}

async fn order(session: &Session, name: &str) -> Result<Entity<Order>, Error> {
    let made = session.add(Order { bill: One::from(bill(name)), ..Order::default() })?;
    session.commit().await?;
    Ok(made)
}

/// The number of orders, and the names of bills and stamps.
async fn left(db: &Database, orders: u64, bills: &str, stamps: &str) -> Case {
    let session = db.session()?;
    same("orders", session.count(&select::<Order>()).await?, orders)?;
    let found = session.all(&select_columns(Bill::NAME).order_by(Bill::NAME)).await?.join(" ");
    same("bills", found.as_str(), bills)?;
    let found = session.all(&select_columns(Stamp::NAME).order_by(Stamp::NAME)).await?.join(" ");
    same("stamps", found.as_str(), stamps)
}

/// The handle of a many-to-one relationship's object.
fn of<T: sqlservice_sdk::entity::Record>(one: &One<T>) -> Result<Entity<T>, String> {
    Ok(one.get()?.ok_or("nothing is there")?.clone())
}

async fn what_is_cleared_goes(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = account(&session, "ed").await?;
    account(&session, "jo").await?;
    ed.edit().profile.clear();
    session.commit().await?;
    seen(db, "p-jo", "p-jo's").await?;
    same("key", ed.profile_id, None)
}

async fn what_is_replaced_goes(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = account(&session, "ed").await?;
    ed.edit().profile.set(profile("new"));
    session.commit().await?;
    seen(db, "new", "new's").await
}

async fn what_was_never_written_is_replaced(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = session.add(Account { name: "ed".to_owned(), ..Account::default() })?;
    session.flush().await?;
    let first = session.add(profile("first"))?;
    ed.edit().profile.set(&first);
    ed.edit().profile.set(profile("second"));
    session.commit().await?;
    // The first profile was added to the session explicitly.
    same("current", one(&ed.profile, |profile| profile.name.clone()), "second")?;
    same("key", ed.profile_id, Some(of(&ed.profile)?.id))
}

async fn a_delete_takes_both_levels(db: &Database) -> Case {
    let session = db.session()?;
    let ed = account(&session, "ed").await?;
    session.delete(&ed)?;
    session.commit().await?;
    seen(db, "", "").await
}

async fn a_delete_takes_both_levels_unloaded(db: &Database) -> Case {
    let session = db.session()?;
    let id = account(&session, "ed").await?.id;
    let other = db.session()?;
    let ed = other.get_one::<Account>(id).await?;
    other.delete(&ed)?;
    other.commit().await?;
    seen(db, "", "").await
}

async fn cleared_and_deleted_takes_both(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = account(&session, "ed").await?;
    ed.edit().profile.clear();
    session.delete(&ed)?;
    session.commit().await?;
    seen(db, "", "").await
}

async fn cleared_below_and_deleted_takes_all(db: &Database) -> Case {
    let session = db.session()?;
    let ed = account(&session, "ed").await?;
    of(&ed.profile)?.edit().picture.clear();
    session.delete(&ed)?;
    session.commit().await?;
    seen(db, "", "").await
}

async fn cleared_below_takes_the_last(db: &Database) -> Case {
    let session = db.session()?;
    let ed = account(&session, "ed").await?;
    of(&ed.profile)?.edit().picture.clear();
    session.commit().await?;
    seen(db, "p-ed", "").await
}

async fn set_to_the_same_again(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = account(&session, "ed").await?;
    let profile = of(&ed.profile)?;
    ed.edit().profile.clear();
    ed.edit().profile.set(&profile);
    session.commit().await?;
    seen(db, "p-ed", "p-ed's").await
}

async fn set_to_the_same_twice(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = account(&session, "ed").await?;
    let new = Entity::new(profile("new"));
    ed.edit().profile.set(&new);
    ed.edit().profile.set(&new);
    session.commit().await?;
    seen(db, "new", "new's").await
}

async fn replaced_while_unloaded(db: &Database) -> Case {
    let session = db.session()?;
    let id = account(&session, "ed").await?.id;
    let other = db.session()?;
    let mut ed = other.get_one::<Account>(id).await?;
    ed.edit().profile.set(profile("new"));
    other.commit().await?;
    seen(db, "new", "new's").await
}

async fn cleared_while_unloaded(db: &Database) -> Case {
    let session = db.session()?;
    let id = account(&session, "ed").await?.id;
    let other = db.session()?;
    let mut ed = other.get_one::<Account>(id).await?;
    ed.edit().profile.clear();
    other.commit().await?;
    seen(db, "", "").await
}

async fn moved_to_another_owner(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = account(&session, "ed").await?;
    let mut jo = account(&session, "jo").await?;
    let profile = of(&ed.profile)?;
    ed.edit().profile.clear();
    jo.edit().profile.set(&profile);
    session.commit().await?;
    seen(db, "p-ed", "p-ed's").await?;
    same("key", jo.profile_id, Some(profile.id))
}

async fn plain_delete_takes_both(db: &Database) -> Case {
    let session = db.session()?;
    let made = order(&session, "a").await?;
    order(&session, "b").await?;
    session.delete(&made)?;
    session.commit().await?;
    left(db, 1, "b", "b's").await
}

async fn plain_set_after_delete_takes_both(db: &Database) -> Case {
    let session = db.session()?;
    let mut made = session.add(Order::default())?;
    let mut bill = session.add(Bill { name: "x".to_owned(), ..Bill::default() })?;
    let stamp = session.add(stamp("y"))?;
    session.commit().await?;
    session.delete(&made)?;
    made.edit().bill.set(&bill);
    bill.edit().stamp.set(&stamp);
    session.commit().await?;
    left(db, 0, "", "").await
}

async fn plain_set_below_after_delete_takes_all(db: &Database) -> Case {
    let session = db.session()?;
    let made =
        session.add(Order { bill: One::from(Bill { name: "x".to_owned(), ..Bill::default() }), ..Order::default() })?;
    let stamp = session.add(stamp("y"))?;
    session.commit().await?;
    session.delete(&made)?;
    of(&made.bill)?.edit().stamp.set(&stamp);
    session.commit().await?;
    left(db, 0, "", "").await
}

async fn plain_replaced_keeps(db: &Database) -> Case {
    let session = db.session()?;
    let mut made = order(&session, "a").await?;
    made.edit().bill.set(bill("b"));
    session.commit().await?;
    left(db, 1, "a b", "a's b's").await
}

async fn shared_by_two_is_refused_by_the_database(db: &Database) -> Case {
    let session = db.session()?;
    let first = order(&session, "a").await?;
    let second = session.add(Order { bill: One::from(&of(&first.bill)?), ..Order::default() })?;
    session.commit().await?;
    session.delete(&first)?;
    same("refused", crate::case::kind(&session.commit().await), "foreign key")?;
    session.rollback().await?;
    session.delete(&second)?;
    session.delete(&first)?;
    session.commit().await?;
    left(db, 0, "", "").await
}

async fn two_owners_of_one_are_deleted(db: &Database) -> Case {
    let session = db.session()?;
    let first = order(&session, "a").await?;
    let second = session.add(Order { bill: One::from(&of(&first.bill)?), ..Order::default() })?;
    session.commit().await?;
    let other = db.session()?;
    let (second, first) = (other.get_one::<Order>(second.id).await?, other.get_one::<Order>(first.id).await?);
    other.delete(&second)?;
    other.delete(&first)?;
    other.commit().await?;
    left(db, 0, "", "").await
}
