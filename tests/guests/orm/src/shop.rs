//! The models and rows that SQLAlchemy's own tests of loading, merging and querying use: users with addresses and orders, orders
//! of items, items with keywords.

use sqlservice_sdk::{entity::Record, prelude::*};

use crate::case::{each, one};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 20)]
    pub name: String,
    pub age: Option<i64>,
    #[model(cascade = "all, delete-orphan", order_by = "id")]
    pub addresses: Many<Address>,
    #[model(order_by = "id")]
    pub orders: Many<Order>,
    #[model(cascade = "all, delete-orphan")]
    pub card: One<Card>,
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

/// The one card of a user.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "cards")]
pub struct Card {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "users.id", unique)]
    pub user_id: Option<i64>,
    #[model(length = 20)]
    pub code: String,
    pub user: One<User>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "orders")]
pub struct Order {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(foreign_key = "users.id")]
    pub user_id: Option<i64>,
    #[model(foreign_key = "addresses.id", on_delete = "set null")]
    pub address_id: Option<i64>,
    #[model(length = 20)]
    pub text: String,
    pub is_open: bool,
    pub user: One<User>,
    pub address: One<Address>,
    #[model(through = OrderItem, order_by = "id")]
    pub items: Many<Item>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "items")]
pub struct Item {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 20)]
    pub name: String,
    #[model(through = ItemKeyword, order_by = "id")]
    pub keywords: Many<Keyword>,
    #[model(through = OrderItem, order_by = "id")]
    pub orders: Many<Order>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "keywords")]
pub struct Keyword {
    #[model(primary_key, generated)]
    pub id: i64,
    #[model(length = 20)]
    pub name: String,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "order_items")]
pub struct OrderItem {
    #[model(primary_key, foreign_key = "orders.id")]
    pub order_id: i64,
    #[model(primary_key, foreign_key = "items.id")]
    pub item_id: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "item_keywords")]
pub struct ItemKeyword {
    #[model(primary_key, foreign_key = "items.id")]
    pub item_id: i64,
    #[model(primary_key, foreign_key = "keywords.id")]
    pub keyword_id: i64,
}

/// Inserts the rows of the fixtures, with generated keys from 1.
pub async fn fill(db: &Database) -> Result<(), Error> {
    let user = |name: &str| User { name: name.to_owned(), ..User::default() };
    let address =
        |(user, email): (i64, &str)| Address { user_id: Some(user), email: email.to_owned(), ..Address::default() };
    let order = |(at, user, address): (usize, i64, Option<i64>)| Order {
        user_id: Some(user),
        address_id: address,
        text: format!("order {at}"),
        is_open: at == 3 || at == 4,
        ..Order::default()
    };
    let item = |at: i64| Item { name: format!("item {at}"), ..Item::default() };
    let keyword = |name: &str| Keyword { name: name.to_owned(), ..Keyword::default() };
    let addresses = [(1, "jack@bean"), (2, "ed@wood"), (2, "ed@betty"), (2, "ed@lala"), (3, "fred@fred")];
    let orders = [(1, 1, Some(1)), (2, 3, Some(4)), (3, 1, Some(1)), (4, 3, Some(4)), (5, 1, None)];
    let of_orders = [(1, &[1, 2, 3][..]), (2, &[1, 2, 3]), (3, &[3, 4, 5]), (4, &[1, 5]), (5, &[5])];
    let of_items = [(1, [2, 4, 6]), (2, [2, 5, 7]), (3, [3, 4, 6])];
    let pairs = of_orders.iter().flat_map(|(order, items)| items.iter().map(|item| (*order, *item)));
    let pairs: Vec<OrderItem> = pairs.map(|(order_id, item_id)| OrderItem { order_id, item_id }).collect();
    let words = of_items.iter().flat_map(|(item, keywords)| keywords.map(|keyword| (*item, keyword)));
    let words: Vec<ItemKeyword> = words.map(|(item_id, keyword_id)| ItemKeyword { item_id, keyword_id }).collect();
    let session = db.begin().await?;
    session.insert_many(&["jack", "ed", "fred", "chuck"].map(user)).await?;
    session.insert_many(&addresses.map(address)).await?;
    session.insert_many(&orders.map(order)).await?;
    session.insert_many(&(1..=5).map(item).collect::<Vec<_>>()).await?;
    session.insert_many(&["blue", "red", "green", "big", "small", "round", "square"].map(keyword)).await?;
    session.insert_many(&pairs).await?;
    session.insert_many(&words).await?;
    session.commit().await
}

/// Each user with its loaded addresses.
pub fn users(users: &[Entity<User>]) -> String {
    let shown = |user: &Entity<User>| format!("{}({})", user.name, emails(&user.addresses));
    users.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// The domains of addresses.
pub fn emails(addresses: &Many<Address>) -> String {
    each(addresses, |address| address.email.split('@').next_back().unwrap_or_default().to_owned())
}

/// Each order with its loaded user and items.
pub fn orders(orders: &[Entity<Order>]) -> String {
    let shown = |order: &Entity<Order>| {
        format!("{}:{}[{}]", order.id, one(&order.user, |user| user.name.clone()), numbers(&order.items))
    };
    orders.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// The keys of items.
pub fn numbers(items: &Many<Item>) -> String {
    each(items, |item| item.id.to_string())
}

/// The text of each object.
pub fn all<M: Record>(objects: &[Entity<M>], shown: impl Fn(&M) -> String) -> String {
    objects.iter().map(|object| shown(object)).collect::<Vec<_>>().join(" ")
}
