//! Merged objects with their related objects.

use sqlservice_sdk::prelude::*;

use super::{Mark, Page, page, pages, user};
use crate::{
    case::{Case, count, each, one, rows, same},
    shop::{self, Address, Card, Item, Keyword, Order, OrderItem, User},
};

/// A relationship that is set to none.
fn nothing<T: Model + Clone>() -> One<T> {
    let mut one = One::default();
    one.clear();
    one
}

fn address(id: i64, email: &str) -> Address {
    Address { id, email: email.to_owned(), ..Address::default() }
}

fn order(id: i64) -> Order {
    Order { id, text: format!("order {id}"), ..Order::default() }
}

fn item(id: i64, name: &str) -> Item {
    Item { id, name: name.to_owned(), ..Item::default() }
}

/// The addresses with their users, as another session sees them.
async fn addresses(db: &Database, what: &str, wanted: &str) -> Case {
    let query = select_columns((Address::ID, Address::USER_ID, Address::EMAIL)).order_by(Address::ID);
    let found = db.session()?.all(&query).await?;
    let shown = |(id, user, email): &(i64, Option<i64>, String)| format!("{id}:{}:{email}", user.unwrap_or(0));
    same(what, found.iter().map(shown).collect::<Vec<_>>().join(" "), wanted)
}

/// The pairs of an order, as another session sees them.
async fn pairs(db: &Database, what: &str, order: i64, wanted: &[i64]) -> Case {
    let query = select_columns(OrderItem::ITEM_ID).filter(OrderItem::ORDER_ID.eq(order)).order_by(OrderItem::ITEM_ID);
    same(what, db.session()?.all(&query).await?, wanted.to_vec())
}

async fn filled(db: &Database) -> Result<Session, Error> {
    shop::fill(db).await?;
    db.session()
}

pub(super) async fn a_list_takes_the_place_of_what_is_there(db: &Database) -> Case {
    let session = filled(db).await?;
    let kept = address(3, "ed@new");
    let merged = session.merge(User { addresses: Many::from([kept, address(0, "ed@six")]), ..user(2, "ed") }).await?;
    session.commit().await?;
    same("list", shop::emails(&merged.addresses), "new six")?;
    addresses(db, "rows", "1:1:jack@bean 3:2:ed@new 5:3:fred@fred 6:2:ed@six").await
}

pub(super) async fn an_unset_list_leaves_what_is_there(db: &Database) -> Case {
    let session = filled(db).await?;
    let merged = session.merge(user(2, "eddy")).await?;
    same("not loaded", merged.addresses.is_loaded(), false)?;
    session.load(std::slice::from_ref(&merged), User::ADDRESSES).await?;
    session.merge(user(2, "edward")).await?;
    session.commit().await?;
    same("list", shop::emails(&merged.addresses), "wood betty lala")?;
    rows(db, "name", &select_columns(User::NAME).filter(User::ID.eq(2)), r#"["edward"]"#).await?;
    same("rows", count::<Address>(db).await?, 5)
}

pub(super) async fn an_empty_list_takes_all_away(db: &Database) -> Case {
    let session = filled(db).await?;
    let merged = session.merge(User { addresses: Vec::<Address>::new().into(), ..user(2, "ed") }).await?;
    session.commit().await?;
    same("list", shop::emails(&merged.addresses), "")?;
    addresses(db, "rows", "1:1:jack@bean 5:3:fred@fred").await
}

pub(super) async fn a_many_to_one_is_matched_new_and_cleared(db: &Database) -> Case {
    let session = filled(db).await?;
    let detached = db.session()?.get_one::<User>(3).await?;
    session.merge(Order { user: One::from(user(2, "renamed")), ..order(1) }).await?;
    let new = session.merge(Order { user: One::from(user(0, "new")), ..order(3) }).await?;
    session.merge(Order { user: nothing(), ..order(5) }).await?;
    let mut given = order(2);
    given.user = One::from(&detached);
    let of_fred = session.merge(given).await?;
    session.commit().await?;
    same("new", one(&new.user, |user| user.name.clone()), "new")?;
    let known = session.get_one::<User>(3).await?;
    same("of the session", of_fred.user.get()?.is_some_and(|user| user.is(&known) && !user.is(&detached)), true)?;
    let of = select_columns((Order::ID, Order::USER_ID)).order_by(Order::ID);
    rows(db, "owners", &of, "[(1, Some(2)), (2, Some(3)), (3, Some(5)), (4, Some(3)), (5, None)]").await?;
    let names = select_columns(User::NAME).order_by(User::ID);
    rows(db, "names", &names, r#"["jack", "renamed", "fred", "chuck", "new"]"#).await
}

fn card(id: i64, code: &str) -> Card {
    Card { id, code: code.to_owned(), ..Card::default() }
}

/// All cards.
async fn cards(db: &Database, what: &str, wanted: &str) -> Case {
    rows(db, what, &select_columns((Card::USER_ID, Card::CODE)).order_by(Card::ID), wanted).await
}

pub(super) async fn a_one_to_one_is_matched(db: &Database) -> Case {
    let session = filled(db).await?;
    session.merge(User { card: One::from(card(0, "a")), ..user(1, "jack") }).await?;
    session.commit().await?;
    session.merge(User { card: One::from(card(1, "b")), ..user(1, "jack") }).await?;
    session.commit().await?;
    cards(db, "the same", r#"[(Some(1), "b")]"#).await?;
    let other = db.session()?;
    let merged = other.merge(User { card: One::from(card(0, "c")), ..user(1, "jack") }).await?;
    other.commit().await?;
    same("loaded", one(&merged.card, |card| card.code.clone()), "c")?;
    cards(db, "replaced", r#"[(Some(1), "c")]"#).await
}

pub(super) async fn a_one_to_one_is_cleared(db: &Database) -> Case {
    let session = filled(db).await?;
    session.merge(User { card: One::from(card(0, "a")), ..user(1, "jack") }).await?;
    session.commit().await?;
    // Whether the card is loaded or not.
    let other = db.session()?;
    other.merge(User { card: nothing(), ..user(1, "jack") }).await?;
    other.commit().await?;
    cards(db, "gone", "[]").await
}

pub(super) async fn pairs_are_matched(db: &Database) -> Case {
    let session = filled(db).await?;
    let items = Many::from([item(1, "item 1"), item(4, "four"), item(0, "new")]);
    let merged = session.merge(Order { items, ..order(1) }).await?;
    session.commit().await?;
    same("loaded", shop::numbers(&merged.items), "1 4 6")?;
    pairs(db, "rows", 1, &[1, 4, 6]).await?;
    pairs(db, "others", 2, &[1, 2, 3]).await?;
    rows(db, "renamed", &select_columns(Item::NAME).filter(Item::ID.eq(4)), r#"["four"]"#).await
}

pub(super) async fn a_circle_is_merged_once(db: &Database) -> Case {
    let first = filled(db).await?;
    let mut jack = first.query::<User>().with(User::ADDRESSES.with(Address::USER)).get_one(1).await?;
    first.expunge_all();
    jack.edit().name = "jackie".to_owned();
    jack.addresses.handles()?[0].edit().email = "jack@moon".to_owned();
    let session = db.session()?;
    let merged = session.merge(&jack).await?;
    let back = merged.addresses.get()?[0].user.get()?.is_some_and(|user| user.is(&merged));
    same("back", (back, merged.is(&jack)), (true, false))?;
    session.commit().await?;
    addresses(db, "rows", "1:1:jack@moon 2:2:ed@wood 3:2:ed@betty 4:2:ed@lala 5:3:fred@fred").await?;
    same("users", count::<User>(db).await?, 4)
}

pub(super) async fn an_object_that_a_graph_has_twice(db: &Database) -> Case {
    let session = filled(db).await?;
    let shared = Entity::new(address(0, "x@shared"));
    let with = |id: i64| Order { address: One::from(&shared), ..order(id) };
    // The same object twice, then two objects of one row.
    let both = Many::from([with(1), with(3)]);
    let merged = session.merge(User { orders: both, ..user(1, "jack") }).await?;
    session.commit().await?;
    let of = |at: usize| -> Result<Option<i64>, Error> { Ok(merged.orders.get()?[at].address_id) };
    same("one row", (of(0)?, of(1)?), (Some(6), Some(6)))?;
    let named = |id: i64, email: &str| Order { address: One::from(address(2, email)), ..order(id) };
    session.merge(User { orders: Many::from([named(1, "ed@a"), named(3, "ed@b")]), ..user(1, "jack") }).await?;
    session.commit().await?;
    same("rows", count::<Address>(db).await?, 6)?;
    rows(db, "the last word", &select_columns(Address::EMAIL).filter(Address::ID.eq(2)), r#"["ed@b"]"#).await
}

pub(super) async fn keys_of_several_columns_are_matched(db: &Database) -> Case {
    let session = filled(db).await?;
    for (order_id, item_id) in [(1, 1), (1, 4)] {
        session.merge(OrderItem { order_id, item_id }).await?;
    }
    session.commit().await?;
    pairs(db, "rows", 1, &[1, 2, 3, 4]).await
}

pub(super) async fn a_relationship_that_does_not_cascade_is_left_alone(db: &Database) -> Case {
    let session = pages(db).await?;
    let mut known = session.query::<Page>().with(Page::MARKS).get_one(1).await?;
    known.edit().marks.push(Mark::default());
    session.commit().await?;
    session.merge(Page { marks: Many::from([Mark::default(), Mark::default()]), ..page(1, "x") }).await?;
    session.merge(Page { marks: Vec::<Mark>::new().into(), ..page(1, "y") }).await?;
    session.commit().await?;
    same("loaded", each(&known.marks, |mark| mark.id.to_string()), "1")?;
    rows(db, "rows", &select_columns((Mark::ID, Mark::PAGE_ID)), "[(1, Some(1))]").await?;
    rows(db, "the page", &select_columns(Page::TEXT).filter(Page::ID.eq(1)), r#"["y"]"#).await
}

pub(super) async fn children_of_children_are_matched(db: &Database) -> Case {
    let session = filled(db).await?;
    let keywords = Many::from([Keyword { id: 1, name: "azure".to_owned() }]);
    let items = Many::from([Item { keywords, ..item(1, "one") }]);
    session.merge(User { orders: Many::from([Order { items, ..order(1) }]), ..user(1, "jack") }).await?;
    session.commit().await?;
    pairs(db, "items", 1, &[1]).await?;
    let found = db.session()?.query::<Item>().with(Item::KEYWORDS).get_one(1).await?;
    same("keywords", each(&found.keywords, |keyword| keyword.name.clone()), "azure")?;
    // The other orders of the replaced list have no user.
    let of = select_columns((Order::ID, Order::USER_ID)).filter(Order::ID.in_list([1, 3, 5])).order_by(Order::ID);
    rows(db, "owners", &of, "[(1, Some(1)), (3, None), (5, None)]").await
}

pub(super) async fn detached_lists_are_compared(db: &Database) -> Case {
    let first = filled(db).await?;
    let mut ed = first.query::<User>().with(User::ADDRESSES).get_one(2).await?;
    first.expunge_all();
    let all = ed.addresses.handles()?;
    ed.edit().addresses.remove(&all[0]);
    ed.edit().addresses.push(address(0, "ed@new"));
    all[1].clone().edit().email = "ed@two".to_owned();
    let session = db.session()?;
    session.merge(&ed).await?;
    session.commit().await?;
    addresses(db, "rows", "1:1:jack@bean 3:2:ed@two 4:2:ed@lala 5:3:fred@fred 6:2:ed@new").await
}

pub(super) async fn a_pending_child_is_kept(db: &Database) -> Case {
    shop::fill(db).await?;
    let session = db.session_with(SessionOptions { autoflush: false, ..SessionOptions::default() })?;
    let mut jack = session.get_one::<User>(1).await?;
    jack.edit().addresses.push(address(0, "jack@new"));
    session.merge(user(1, "jack")).await?;
    session.commit().await?;
    same("rows", count::<Address>(db).await?, 6)
}

pub(super) async fn a_child_that_two_parents_name(db: &Database) -> Case {
    let session = filled(db).await?;
    let ed = session.query::<User>().with(User::ADDRESSES).get_one(2).await?;
    let of_jack = Many::from([address(1, "jack@bean"), address(2, "ed@wood")]);
    session.merge(User { addresses: of_jack, ..user(1, "jack") }).await?;
    session.commit().await?;
    same("the old list", shop::emails(&ed.addresses), "betty lala")?;
    addresses(db, "rows", "1:1:jack@bean 2:1:ed@wood 3:2:ed@betty 4:2:ed@lala 5:3:fred@fred").await
}
