//! Loads for objects in the identity map.

use sqlservice_sdk::prelude::*;

use super::filled;
use crate::{
    case::{Case, count, kind, one, same},
    shop::{self, Address, Order, User, all},
};

fn address(email: &str) -> Address {
    Address { email: email.to_owned(), ..Address::default() }
}

/// Inserts an address of a user in another session.
async fn behind(db: &Database, user_id: i64) -> Result<(), Error> {
    let behind = Address { user_id: Some(user_id), ..address("x@behind") };
    db.transaction(async |session| session.insert(&behind).await.map(drop)).await
}

pub(super) async fn lists_of_known_objects_stay(db: &Database) -> Case {
    let session = filled(db).await?;
    let jack = session.query::<User>().with(User::ADDRESSES).get_one(1).await?;
    session.commit().await?;
    behind(db, 1).await?;
    for is_joined in [false, true] {
        let query = session.query::<User>().filter(User::ID.eq(1));
        let query = if is_joined { query.with(User::ADDRESSES.joined()) } else { query.with(User::ADDRESSES) };
        same("found", query.one().await?.is(&jack), true)?;
        same("list", shop::emails(&jack.addresses), "bean")?;
    }
    session.load(std::slice::from_ref(&jack), User::ADDRESSES).await?;
    same("loaded again", shop::emails(&jack.addresses), "bean")
}

pub(super) async fn populated_lists_are_new(db: &Database) -> Case {
    let session = filled(db).await?;
    let jack = session.query::<User>().with(User::ADDRESSES).get_one(1).await?;
    session.commit().await?;
    behind(db, 1).await?;
    session.query::<User>().with(User::ADDRESSES).populate_existing().get_one(1).await?;
    same("populated", shop::emails(&jack.addresses), "bean behind")?;
    session.commit().await?;
    behind(db, 1).await?;
    session.refresh(&jack).await?;
    same("unloaded", jack.addresses.is_loaded(), false)?;
    session.load(std::slice::from_ref(&jack), User::ADDRESSES).await?;
    same("refreshed", shop::emails(&jack.addresses), "bean behind behind")
}

pub(super) async fn lists_are_added_to_known_objects(db: &Database) -> Case {
    let session = filled(db).await?;
    let known = session.query::<User>().order_by(User::ID).all().await?;
    same("not loaded", kind(&known[0].addresses.get()), "unloaded addresses")?;
    let again = session.query::<User>().order_by(User::ID).with(User::ADDRESSES.joined()).all().await?;
    same("the same objects", known == again, true)?;
    same("lists", shop::users(&known), super::USERS)?;
    session.load(&known, User::ORDERS.with(Order::ITEMS)).await?;
    let orders = shop::orders(known[0].orders.get()?);
    same("orders", orders, "1:jack[1 2 3] 3:jack[3 4 5] 5:jack[5]".replace("jack", "unloaded user"))
}

pub(super) async fn the_second_level_of_known_objects(db: &Database) -> Case {
    let session = filled(db).await?;
    let users = session.query::<User>().order_by(User::ID).with(User::ORDERS).all().await?;
    for is_joined in [false, true] {
        let items = if is_joined { Order::ITEMS.joined() } else { Order::ITEMS.into() };
        let found = session.query::<User>().order_by(User::ID).with(User::ORDERS.with(items)).all().await?;
        same("known", found == users, true)?;
        same("of jack", shop::numbers(&users[0].orders.get()?[1].items), "3 4 5")?;
    }
    // Owners at a nested level, too.
    let order = session.query::<Order>().with(Order::USER.with(User::ADDRESSES)).get_one(2).await?;
    same("of fred", one(&order.user, |user| shop::emails(&user.addresses)), "fred")
}

pub(super) async fn an_edited_list_stays_when_it_is_loaded_again(db: &Database) -> Case {
    shop::fill(db).await?;
    let session = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    let mut ed = session.query::<User>().with(User::ADDRESSES).get_one(2).await?;
    let first = ed.addresses.get()?[0].clone();
    ed.edit().addresses.remove(&first);
    ed.edit().addresses.push(address("ed@new"));
    session.load(std::slice::from_ref(&ed), User::ADDRESSES).await?;
    session.query::<User>().with(User::ADDRESSES.joined()).all().await?;
    same("list", shop::emails(&ed.addresses), "betty lala new")?;
    session.commit().await?;
    same("rows", count::<Address>(db).await?, 5)
}

pub(super) async fn loads_make_nothing_dirty(db: &Database) -> Case {
    let session = filled(db).await?;
    let users = session.query::<User>().with(User::ADDRESSES.with(Address::USER)).with(User::CARD).all().await?;
    let orders = session.query::<Order>().with(Order::USER).with(Order::ITEMS.joined()).all().await?;
    let modified =
        users.iter().any(|user| session.is_modified(user)) || orders.iter().any(|it| session.is_modified(it));
    same("modified", (modified, session.dirty().len(), session.new_objects().len()), (false, 0, 0))
}

pub(super) async fn a_list_with_pushed_and_removed_objects_is_loaded(db: &Database) -> Case {
    shop::fill(db).await?;
    let session = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    let first = session.get_one::<Address>(2).await?;
    let mut ed = session.get_one::<User>(2).await?;
    ed.edit().addresses.push(address("ed@new"));
    ed.edit().addresses.remove(&first);
    session.load(std::slice::from_ref(&ed), User::ADDRESSES).await?;
    same("list", shop::emails(&ed.addresses), "betty lala new")?;
    session.commit().await?;
    let again = db.session()?.query::<User>().with(User::ADDRESSES).get_one(2).await?;
    same("rows", shop::emails(&again.addresses), "betty lala new")
}

pub(super) async fn objects_of_every_status_are_asked(db: &Database) -> Case {
    let session = filled(db).await?;
    let load = async |user: &Entity<User>| kind(&session.load(std::slice::from_ref(user), User::ADDRESSES).await);
    let new = Entity::new(User { name: "new".to_owned(), ..User::default() });
    same("transient", load(&new).await, "NotPersisted")?;
    same("of nothing", shop::emails(&new.addresses), "")?;
    session.add(&new)?;
    // A pending owner is flushed first, and has a row then.
    same("pending", load(&new).await, "ok")?;
    let expunged = session.get_one::<User>(1).await?;
    session.expunge(&expunged);
    same("detached", load(&expunged).await, "Detached")?;
    same("unloaded", kind(&expunged.addresses.get()), "unloaded addresses")?;
    let gone = session.get_one::<User>(4).await?;
    session.delete(&gone)?;
    session.flush().await?;
    same("deleted", load(&gone).await, "Detached")?;
    let other = db.session()?.get_one::<User>(2).await?;
    same("of another session", load(&other).await != "ok", true)
}

/// An error names the unloaded relationship, also for objects that the plugin created.
pub(super) async fn relations_name_themselves_where_they_are_unloaded(db: &Database) -> Case {
    let session = filled(db).await?;
    // The foreign key refers to an owner outside the identity map.
    let order = session.add(Order { user_id: Some(2), address_id: Some(1), ..Order::default() })?;
    session.flush().await?;
    same("user", kind(&order.user.get()), "unloaded user")?;
    same("address", kind(&order.address.get()), "unloaded address")?;
    let mut changed = order.clone();
    changed.edit().address_id = Some(2);
    changed.edit().user_id = Some(3);
    session.flush().await?;
    same(
        "changed",
        (kind(&order.user.get()), kind(&order.address.get())),
        ("unloaded user".into(), "unloaded address".into()),
    )?;
    // A new owner's lists are empty; after a refresh they are unloaded.
    let user = session.add(User { name: "new".to_owned(), ..User::default() })?;
    session.flush().await?;
    same("new lists", shop::emails(&user.addresses), "")?;
    session.refresh(&user).await?;
    same("list", kind(&user.addresses.get()), "unloaded addresses")?;
    same("one", kind(&user.card.get()), "unloaded card")?;
    session.rollback().await?;
    same("transient", order.user.get().map(|user| user.is_none()).is_ok(), true)
}

pub(super) async fn what_is_unloaded_names_itself_after_a_statement(db: &Database) -> Case {
    let session = filled(db).await?;
    let jack = session.get_one::<User>(1).await?;
    let order = session.add(Order { user: One::from(&jack), ..Order::default() })?;
    session.flush().await?;
    same("known", one(&order.user, |user| user.name.clone()), "jack")?;
    session.execute(&update::<Order>().set(Order::USER_ID, 2).filter(Order::ID.eq(order.id))).await?;
    same("unloaded", (order.user_id, kind(&order.user.get())), (Some(2), "unloaded user".to_owned()))?;
    // By a filtered load, which leaves the other rows unknown.
    let users = session.query::<User>().with(User::ADDRESSES.filter(Address::ID.eq(1))).all().await?;
    let new = session.add(User { addresses: Many::from([address("n@new")]), ..User::default() })?;
    session.flush().await?;
    session.load(std::slice::from_ref(&new), User::ADDRESSES.filter(Address::ID.eq(1))).await?;
    session.refresh(&new).await?;
    same("list", kind(&new.addresses.get()), "unloaded addresses")?;
    same("users", all(&users, |user| user.id.to_string()), "1 2 3 4")
}

/// As SQLAlchemy's `test_load_on_fks.py`: a load follows the current value of an edited foreign key.
pub(super) async fn an_edited_foreign_key_leads_to_its_owner(db: &Database) -> Case {
    shop::fill(db).await?;
    for autoflush in [true, false] {
        let session = db.session_with(SessionOptions { autoflush, ..SessionOptions::default() })?;
        let mut order = session.get_one::<Order>(1).await?;
        order.edit().user_id = Some(2);
        session.load(std::slice::from_ref(&order), Order::USER).await?;
        same("edited", one(&order.user, |user| user.name.clone()), "ed")?;
        let mut other = session.get_one::<Order>(5).await?;
        other.edit().user_id = None;
        other.edit().address_id = Some(3);
        session.query::<Order>().order_by(Order::ID).with(Order::USER).with(Order::ADDRESS.joined()).all().await?;
        let address = one(&other.address, |address| address.id.to_string());
        let wanted = if autoflush { "3" } else { "unloaded address" };
        same("by a query", (one(&other.user, |user| user.name.clone()), address), ("-".to_owned(), wanted.to_owned()))?;
        session.load(&[order.clone(), other.clone()], Order::ADDRESS.filter(Address::ID.gt(0))).await?;
        same("by a filter", one(&other.address, |address| address.id.to_string()), "3")?;
        session.flush().await?;
        let rows =
            select_columns((Order::USER_ID, Order::ADDRESS_ID)).filter(Order::ID.in_list([1, 5])).order_by(Order::ID);
        same("rows", session.all(&rows).await?, vec![(Some(2), Some(1)), (None, Some(3))])?;
        session.rollback().await?;
    }
    Ok(())
}
