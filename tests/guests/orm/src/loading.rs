//! `test_eager_relations.py`, `test_selectin_relations.py`, `test_subquery_relations.py`, `test_assorted_eager.py`,
//! `test_immediate_load.py` and `test_lazy_relations.py`: relationships loaded with objects, by a statement of their own and by a join.

mod known;
mod shape;

use sqlservice_sdk::prelude::*;

use self::{
    known::{
        a_list_with_pushed_and_removed_objects_is_loaded, an_edited_foreign_key_leads_to_its_owner,
        an_edited_list_stays_when_it_is_loaded_again, lists_are_added_to_known_objects, lists_of_known_objects_stay,
        loads_make_nothing_dirty, objects_of_every_status_are_asked, populated_lists_are_new,
        relations_name_themselves_where_they_are_unloaded, the_second_level_of_known_objects,
        what_is_unloaded_names_itself_after_a_statement,
    },
    shape::{
        a_circle_back_to_the_owner, a_tree_is_loaded_down_and_up, an_alias_is_queried, distinct_owners_with_lists,
        entities_beside_columns, keys_of_two_columns_with_nulls, pairs_of_pairs,
    },
};
use crate::{
    case::{Case, cases, one, same},
    shop::{self, Address, Card, Item, ItemKeyword, Keyword, Order, OrderItem, User, all},
};

cases! { [User, Address, Card, Order, Item, Keyword, OrderItem, ItemKeyword, shape::Node, shape::House, shape::Room]:
    lists_by_both_ways_are_the_same, three_levels_in_every_mix, many_to_one_of_many_of_nothing_and_shared,
    one_to_one_and_of_nothing, two_lists_do_not_multiply, limits_count_owners, first_and_one_are_whole,
    a_filter_of_owners_leaves_lists_whole, orders_by_both_sides, nothing_is_found,
    lists_of_known_objects_stay, populated_lists_are_new, lists_are_added_to_known_objects,
    the_second_level_of_known_objects, an_edited_list_stays_when_it_is_loaded_again, loads_make_nothing_dirty,
    a_list_with_pushed_and_removed_objects_is_loaded, objects_of_every_status_are_asked,
    relations_name_themselves_where_they_are_unloaded, what_is_unloaded_names_itself_after_a_statement,
    a_tree_is_loaded_down_and_up, a_circle_back_to_the_owner, pairs_of_pairs, keys_of_two_columns_with_nulls,
    an_alias_is_queried, distinct_owners_with_lists, entities_beside_columns, an_edited_foreign_key_leads_to_its_owner,
}

/// A session on a filled database.
async fn filled(db: &Database) -> Result<Session, Error> {
    shop::fill(db).await?;
    db.session()
}

const USERS: &str = "jack(bean) ed(wood betty lala) fred(fred) chuck()";

async fn lists_by_both_ways_are_the_same(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let session = db.session()?;
        let query = session.query::<User>().order_by(User::ID);
        let query = if is_joined { query.with(User::ADDRESSES.joined()) } else { query.with(User::ADDRESSES) };
        same("users", shop::users(&query.all().await?), USERS)?;
    }
    Ok(())
}

async fn three_levels_in_every_mix(db: &Database) -> Case {
    drop(filled(db).await?);
    for mix in 0..8 {
        let joined = |level: u8| mix & (1 << level) != 0;
        let keywords = if joined(2) { Item::KEYWORDS.joined() } else { Item::KEYWORDS.into() };
        let items = if joined(1) { Order::ITEMS.joined() } else { Order::ITEMS.into() };
        let orders = if joined(0) { User::ORDERS.joined() } else { User::ORDERS.into() };
        let session = db.session()?;
        let query = session.query::<User>().order_by(User::ID).with(orders.with(items.with(keywords)));
        let found = query.all().await?;
        let words = |item: &Item| -> Result<String, Error> {
            Ok(item.keywords.get()?.iter().map(|word| word.id.to_string()).collect::<Vec<_>>().join("+"))
        };
        let mut shown = Vec::new();
        for user in &found {
            let mut orders = Vec::new();
            for order in user.orders.get()? {
                let items: Result<Vec<String>, Error> = order.items.get()?.iter().map(|item| words(item)).collect();
                orders.push(format!("{}[{}]", order.id, items?.join(" ")));
            }
            shown.push(format!("{}({})", user.name, orders.join(" ")));
        }
        let expected = "jack(1[2+4+6 2+5+7 3+4+6] 3[3+4+6  ] 5[]) ed() fred(2[2+4+6 2+5+7 3+4+6] 4[2+4+6 ]) chuck()";
        same(&format!("mix {mix}"), shown.join(" "), expected)?;
    }
    Ok(())
}

async fn many_to_one_of_many_of_nothing_and_shared(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let session = db.session()?;
        let query = session.query::<Order>().order_by(Order::ID);
        let query = if is_joined {
            query.with(Order::ADDRESS.joined()).with(Order::USER.joined())
        } else {
            query.with(Order::ADDRESS).with(Order::USER)
        };
        let found = query.all().await?;
        let shown = |order: &Order| {
            let address = one(&order.address, |address| address.id.to_string());
            format!("{address}/{}", one(&order.user, |user| user.name.clone()))
        };
        same("orders", all(&found, shown), "1/jack 4/fred 1/jack 4/fred -/jack")?;
        // One object a row.
        let (first, third) = (found[0].user.get()?, found[2].user.get()?);
        same("shared", first.zip(third).is_some_and(|(first, third)| first.is(third)), true)?;
    }
    Ok(())
}

async fn one_to_one_and_of_nothing(db: &Database) -> Case {
    let session = filled(db).await?;
    let card = |user_id: i64| Card { user_id: Some(user_id), code: format!("c{user_id}"), ..Card::default() };
    session.add_all([card(2), card(1)])?;
    session.commit().await?;
    for is_joined in [false, true] {
        let session = db.session()?;
        let query = session.query::<User>().order_by(User::ID);
        let query = if is_joined { query.with(User::CARD.joined()) } else { query.with(User::CARD) };
        let shown = |user: &User| one(&user.card, |card| card.code.clone());
        same("cards", all(&query.all().await?, shown), "c1 c2 - -")?;
    }
    Ok(())
}

async fn two_lists_do_not_multiply(db: &Database) -> Case {
    drop(filled(db).await?);
    for (first, second) in [(false, false), (true, false), (false, true), (true, true)] {
        let session = db.session()?;
        let query = session.query::<User>().order_by(User::ID);
        let query = if first { query.with(User::ADDRESSES.joined()) } else { query.with(User::ADDRESSES) };
        let query = if second { query.with(User::ORDERS.joined()) } else { query.with(User::ORDERS) };
        let found = query.all().await?;
        same("addresses", shop::users(&found), USERS)?;
        let orders = |user: &User| format!("{}", user.orders.get().map_or(0, <[_]>::len));
        same("orders", all(&found, orders), "3 0 2 0")?;
    }
    Ok(())
}

async fn limits_count_owners(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let with = || if is_joined { User::ADDRESSES.joined() } else { User::ADDRESSES.into() };
        let session = db.session()?;
        let page = session.query::<User>().order_by(User::ID).limit(2).offset(1).with(with()).all().await?;
        same("page", shop::users(&page), "ed(wood betty lala) fred(fred)")?;
        let session = db.session()?;
        let last = session.query::<User>().order_by(User::NAME.desc()).limit(2).with(with()).all().await?;
        same("last", shop::users(&last), "jack(bean) fred(fred)")?;
        let session = db.session()?;
        let none = session.query::<User>().order_by(User::ID).limit(0).with(with()).all().await?;
        same("none", none.len(), 0)?;
    }
    Ok(())
}

async fn first_and_one_are_whole(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let with = || if is_joined { User::ADDRESSES.joined() } else { User::ADDRESSES.into() };
        let session = db.session()?;
        let query = || session.query::<User>().filter(User::NAME.eq("ed")).with(with());
        let first = query().first().await?;
        let once = query().one().await?;
        let maybe = query().one_or_none().await?;
        let found: Vec<Entity<User>> = first.into_iter().chain([once]).chain(maybe).collect();
        let ed = "ed(wood betty lala)";
        same("found", shop::users(&found), [ed, ed, ed].join(" "))?;
    }
    Ok(())
}

async fn a_filter_of_owners_leaves_lists_whole(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let with = || if is_joined { User::ADDRESSES.joined() } else { User::ADDRESSES.into() };
        let session = db.session()?;
        // The query joins one address; the list has all.
        let query = session.query::<User>().join_related(User::ADDRESSES).filter(Address::EMAIL.eq("ed@betty"));
        same("joined", shop::users(&query.with(with()).all().await?), "ed(wood betty lala)")?;
        let session = db.session()?;
        let query = session.query::<User>().filter(User::ADDRESSES.any(Address::EMAIL.ends_with("lala")));
        same("any", shop::users(&query.with(with()).all().await?), "ed(wood betty lala)")?;
    }
    Ok(())
}

async fn orders_by_both_sides(db: &Database) -> Case {
    drop(filled(db).await?);
    for is_joined in [false, true] {
        let with = || if is_joined { User::ADDRESSES.joined() } else { User::ADDRESSES.into() };
        let session = db.session()?;
        let query = session.query::<User>().join_related(User::ADDRESSES).order_by(Address::EMAIL.desc());
        let found = query.with(with()).all().await?;
        // One object for each joined row, each with its whole list.
        let ed = "ed(wood betty lala)";
        same("by the other side", shop::users(&found), ["jack(bean) fred(fred)", ed, ed, ed].join(" "))?;
        let found = session.query::<User>().order_by((User::AGE, User::NAME.desc())).with(with()).all().await?;
        same("by both", all(&found, |user| user.name.clone()), "jack fred ed chuck")?;
    }
    Ok(())
}

async fn nothing_is_found(db: &Database) -> Case {
    let session = filled(db).await?;
    let query = || session.query::<User>().filter(User::ID.gt(90)).with(User::ADDRESSES).with(User::ORDERS.joined());
    same("all", query().all().await?.len(), 0)?;
    same("first", query().first().await?.is_none(), true)?;
    session.load::<User>(&[], User::ADDRESSES).await?;
    let chuck = session.query::<User>().with(User::ADDRESSES.with(Address::USER)).get_one(4).await?;
    same("of nobody", (chuck.addresses.is_loaded(), shop::emails(&chuck.addresses)), (true, String::new()))
}
