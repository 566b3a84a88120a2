//! Loads of self-referential tables, through secondary tables, and by composite keys.

use sqlservice_sdk::prelude::*;

use super::filled;
use crate::{
    case::{Case, each, one, same},
    shop::{self, Address, Item, Keyword, Order, User, all},
};

/// A tree.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "nodes")]
pub(super) struct Node {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(foreign_key = "nodes.id")]
    parent_id: Option<i64>,
    #[model(foreign_key = "parent_id", order_by = "name", cascade = "all")]
    children: Many<Node>,
    #[model(foreign_key = "parent_id")]
    parent: One<Node>,
}

/// A composite key.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "houses")]
pub(super) struct House {
    #[model(primary_key)]
    street: i64,
    #[model(primary_key)]
    number: i64,
    #[model(order_by = "id")]
    rooms: Many<Room>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "rooms", foreign_key(columns(street, number), refers = "houses(street, number)"))]
pub(super) struct Room {
    #[model(primary_key)]
    id: i64,
    street: Option<i64>,
    number: Option<i64>,
    house: One<House>,
}

fn node(name: &str, children: Vec<Node>) -> Node {
    Node { name: name.to_owned(), children: children.into(), ..Node::default() }
}

/// A node with its loaded descendants.
fn below(node: &Node) -> String {
    match node.children.get() {
        Ok([]) => node.name.clone(),
        Ok(children) => format!("{}({})", node.name, all(children, below)),
        Err(_) => format!("{}?", node.name),
    }
}

pub(super) async fn a_tree_is_loaded_down_and_up(db: &Database) -> Case {
    let session = db.session()?;
    let leaves = vec![node("n121", vec![]), node("n122", vec![])];
    let middle = vec![node("n11", vec![]), node("n12", leaves), node("n13", vec![])];
    session.add(node("n1", middle))?;
    session.commit().await?;
    let whole = "n1(n11? n12(n121? n122?) n13?)";
    for is_joined in [false, true] {
        let session = db.session()?;
        let query = session.query::<Node>().filter(Node::NAME.eq("n1"));
        let deep = || if is_joined { Node::CHILDREN.joined() } else { Node::CHILDREN.into() };
        let root = query.with(deep().with(deep())).one().await?;
        same("down", below(&root), whole.replace("n11?", "n11").replace("n13?", "n13"))?;
        let session = db.session()?;
        let up = || if is_joined { Node::PARENT.joined() } else { Node::PARENT.into() };
        let leaf = session.query::<Node>().filter(Node::NAME.eq("n121")).with(up().with(up())).one().await?;
        let upwards =
            one(&leaf.parent, |parent| format!("{} {}", parent.name, one(&parent.parent, |it| it.name.clone())));
        same("up", upwards, "n12 n1")?;
        // The root's parent is loaded as none; relationships outside the query are unloaded.
        let root = session.query::<Node>().filter(Node::NAME.eq("n1")).with(Node::PARENT).one().await?;
        same("above", one(&root.parent, |it| it.name.clone()), "-")?;
        same("below", root.children.is_loaded(), false)?;
    }
    Ok(())
}

pub(super) async fn a_circle_back_to_the_owner(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let session = db.session()?;
        let back = if is_joined { Address::USER.joined() } else { Address::USER.into() };
        let users = session.query::<User>().order_by(User::ID).with(User::ADDRESSES.with(back)).all().await?;
        for user in &users {
            let is_back =
                |address: &Entity<Address>| address.user.get().is_ok_and(|it| it.is_some_and(|it| it.is(user)));
            same("back", user.addresses.get()?.iter().all(is_back), true)?;
        }
        // The other way round, through an owner shared by many.
        let session = db.session()?;
        let list = if is_joined { User::ADDRESSES.joined() } else { User::ADDRESSES.into() };
        let found = session.query::<Address>().order_by(Address::ID).with(Address::USER.with(list)).all().await?;
        let shown = |address: &Address| one(&address.user, |user| shop::emails(&user.addresses));
        let ed = "wood betty lala";
        same("lists", all(&found, shown), ["bean", ed, ed, ed, "fred"].join(" "))?;
    }
    Ok(())
}

pub(super) async fn pairs_of_pairs(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let session = db.session()?;
        let keywords = if is_joined { Item::KEYWORDS.joined() } else { Item::KEYWORDS.into() };
        let found = session.query::<Item>().order_by(Item::ID).with(keywords).with(Item::ORDERS).all().await?;
        let words = |item: &Item| format!("[{}]", each(&item.keywords, |word| word.name.clone()));
        same("words", all(&found, words), "[red big round] [red small square] [green big round] [] []")?;
        let orders = |item: &Item| format!("[{}]", each(&item.orders, |order| order.id.to_string()));
        same("orders", all(&found, orders), "[1 2 4] [1 2] [1 2 3] [3] [3 4 5]")?;
        let shared = (found[0].keywords.get()?[0].clone(), found[1].keywords.get()?[0].clone());
        same("one object", shared.0.is(&shared.1), true)?;
        // And back, through the same secondary table.
        let session = db.session()?;
        let items = if is_joined { Order::ITEMS.joined() } else { Order::ITEMS.into() };
        let order = session.query::<Order>().with(items.with(Item::ORDERS)).get_one(4).await?;
        let back = each(&order.items, |item| format!("[{}]", each(&item.orders, |order| order.id.to_string())));
        same("back", back, "[1 2 4] [3 4 5]")?;
        let by_word = session.query::<Item>().filter(Item::KEYWORDS.any(Keyword::NAME.eq("big"))).order_by(Item::ID);
        same("by a word", all(&by_word.all().await?, |item| item.id.to_string()), "1 3")?;
    }
    Ok(())
}

pub(super) async fn keys_of_two_columns_with_nulls(db: &Database) -> Case {
    let session = db.session()?;
    let house = |street, number| House { street, number, ..House::default() };
    session.add_all([house(1, 1), house(1, 2), house(2, 1)])?;
    session.flush().await?;
    let room = |(id, street, number)| Room { id, street, number, ..Room::default() };
    let keys = [
        (1, Some(1), Some(2)),
        (2, Some(2), Some(1)),
        (3, Some(1), None),
        (4, None, Some(1)),
        (5, Some(1), Some(2)),
        (6, None, None),
    ];
    session.add_all(keys.map(room))?;
    session.commit().await?;
    for is_joined in [false, true] {
        let session = db.session()?;
        let rooms = if is_joined { House::ROOMS.joined() } else { House::ROOMS.into() };
        let houses = session.query::<House>().order_by((House::STREET, House::NUMBER)).with(rooms).all().await?;
        let shown = |house: &House| format!("[{}]", each(&house.rooms, |room| room.id.to_string()));
        same("rooms", all(&houses, shown), "[] [1 5] [2]")?;
        let session = db.session()?;
        let house = if is_joined { Room::HOUSE.joined() } else { Room::HOUSE.into() };
        let rooms = session.query::<Room>().order_by(Room::ID).with(house).all().await?;
        let shown = |room: &Room| one(&room.house, |house| format!("{}.{}", house.street, house.number));
        same("houses", all(&rooms, shown), "1.2 2.1 - - 1.2 -")?;
    }
    Ok(())
}

pub(super) async fn an_alias_is_queried(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let session = db.session()?;
        let other = alias::<User>("other");
        let query = other.select().filter(User::NAME.of(other).ne("ed")).order_by(User::ID.of(other).desc());
        let list = if is_joined { User::ADDRESSES.joined() } else { User::ADDRESSES.into() };
        let found = session.query_of(query).with(list).all().await?;
        same("users", shop::users(&found), "chuck() fred(fred) jack(bean)")?;
        // Two users of one order: its owner and the owner of its address.
        let owner = alias::<User>("owner");
        let query = select::<Order>()
            .join::<Address>(Address::ID.eq(Order::ADDRESS_ID))
            .join_alias(owner, User::ID.of(owner).eq(Address::USER_ID))
            .filter(User::NAME.of(owner).eq("ed"))
            .order_by(Order::ID);
        let found = session.query_of(query).with(Order::USER).all().await?;
        same("orders", all(&found, |order| one(&order.user, |user| user.name.clone())), "fred fred")?;
    }
    Ok(())
}

pub(super) async fn distinct_owners_with_lists(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let session = db.session()?;
        let list = || if is_joined { User::ADDRESSES.joined() } else { User::ADDRESSES.into() };
        let query = session.query::<User>().join_related(User::ADDRESSES).select(|select| select.distinct());
        let found = query.order_by(User::ID).with(list()).all().await?;
        same("once", shop::users(&found), "jack(bean) ed(wood betty lala) fred(fred)")?;
        let session = db.session()?;
        let query = session.query::<User>().join_related(User::ADDRESSES).select(|select| select.distinct());
        let found = query.order_by(User::ID).limit(2).with(list()).all().await?;
        same("limited", shop::users(&found), "jack(bean) ed(wood betty lala)")?;
    }
    Ok(())
}

pub(super) async fn entities_beside_columns(db: &Database) -> Case {
    let session = filled(db).await?;
    let known = session.get_one::<User>(2).await?;
    let rows = select_columns((entity::<User>(), count(Address::ID)))
        .left_join_related(User::ADDRESSES)
        .group_by((User::ID, User::NAME, User::AGE))
        .order_by(User::ID);
    let found = session.all(&rows).await?;
    let users: Vec<(Entity<User>, i64)> =
        found.into_iter().map(|(user, count)| (session.attach(user), count)).collect();
    let shown: Vec<String> = users.iter().map(|(user, count)| format!("{}{count}", user.name)).collect();
    same("counted", shown.join(" "), "jack1 ed3 fred1 chuck0")?;
    same("the known one", users[1].0.is(&known), true)?;
    let objects: Vec<Entity<User>> = users.into_iter().map(|(user, _)| user).collect();
    session.load(&objects, User::ADDRESSES).await?;
    same("loaded", shop::users(&objects), super::USERS)
}
