//! `test_query.py` and SQLAlchemy's suite for dialects (`test_select.py`, `test_insert.py`, `test_results.py`,
//! `test_types.py`): queries and their results.

mod value;

use sqlservice_sdk::{
    expression::{FrameBound, FrameUnit, position},
    prelude::*,
};

use self::value::{
    bytes_and_truths, casts_of_numbers_texts_and_null, concatenation_and_null, decimals_beside_decimals,
    nulls_of_every_type_beside_values, remainders_of_negative_numbers, rows_with_equal_names, texts_of_values_see_case,
    texts_that_need_care, unions_with_nulls, values_alone_are_compared,
};
use crate::{
    case::{Case, cases, kind, rows, same},
    shop::{self, Address, Card, Item, ItemKeyword, Keyword, Order, OrderItem, User, all},
};

cases! { [User, Address, Card, Order, Item, Keyword, OrderItem, ItemKeyword, value::Word]:
    slices, operators_and_negations, lists_and_ranges, orders_by_labels_and_expressions, groups_by_expressions,
    joins_on_true_and_on_false, exists_is_true_and_false, one_and_first, windows_over_groups, unions_of_entities,
    a_query_of_a_query, common_tables_with_entities, conditions_nest, distinct_columns, limits_of_nothing,
    texts_that_need_care, concatenation_and_null, casts_of_numbers_texts_and_null, rows_with_equal_names,
    bytes_and_truths, texts_of_values_see_case, values_alone_are_compared, nulls_of_every_type_beside_values,
    unions_with_nulls, decimals_beside_decimals, remainders_of_negative_numbers,
}

async fn filled(db: &Database) -> Result<Session, Error> {
    shop::fill(db).await?;
    db.session()
}

async fn slices(db: &Database) -> Case {
    let session = filled(db).await?;
    let slice = async |from: u64, rows: u64| {
        let found = session.query::<User>().order_by(User::ID).offset(from).limit(rows).all().await?;
        Ok::<String, Error>(all(&found, |user| user.name.clone()))
    };
    same("the first", slice(0, 2).await?, "jack ed")?;
    same("the middle", slice(1, 2).await?, "ed fred")?;
    same("over the end", slice(3, 9).await?, "chuck")?;
    same("past the end", slice(9, 2).await?, "")?;
    let rest = session.query::<User>().order_by(User::ID.desc()).offset(2).all().await?;
    same("the rest", all(&rest, |user| user.name.clone()), "ed jack")?;
    // `count` and `exists` respect offset and limit.
    let counted = session.query::<User>().order_by(User::ID).offset(1).limit(2).count().await?;
    same("counted", (counted, session.query::<User>().offset(4).exists().await?), (2, false))
}

/// The names of the users that match a condition.
async fn users(session: &Session, what: &str, condition: Expr<bool>, wanted: &str) -> Case {
    let found = session.query::<User>().filter(condition).order_by(User::ID).all().await?;
    same(what, all(&found, |user| user.name.clone()), wanted)
}

async fn operators_and_negations(db: &Database) -> Case {
    let session = filled(db).await?;
    session.execute(&update::<User>().set(User::AGE, User::ID * 10).filter(User::ID.ne(3))).await?;
    users(&session, "eq", User::NAME.eq("ed"), "ed").await?;
    users(&session, "ne", User::NAME.ne("ed"), "jack fred chuck").await?;
    users(&session, "less", User::AGE.lt(20), "jack").await?;
    users(&session, "less or equal", User::AGE.le(20), "jack ed").await?;
    users(&session, "greater", User::AGE.gt(20), "chuck").await?;
    users(&session, "not less", User::AGE.lt(20).not(), "ed chuck").await?;
    users(&session, "not equal", User::AGE.ne(20), "jack chuck").await?;
    users(&session, "null", User::AGE.is_null(), "fred").await?;
    users(&session, "not null", !User::AGE.is_null(), "jack ed chuck").await?;
    users(&session, "distinct", User::AGE.is_distinct_from(20), "jack fred chuck").await?;
    users(&session, "arithmetic", (User::AGE + 10).eq(User::ID * 10 + 10), "jack ed chuck").await?;
    users(&session, "negative", (-User::AGE).lt(-20), "chuck").await?;
    users(&session, "remainder", (User::ID % 2).eq(0), "ed chuck").await?;
    users(&session, "quotient", (User::AGE / 15).eq(1), "ed").await?;
    users(&session, "null compared", User::AGE.eq(None::<i64>), "").await?;
    users(&session, "a column", User::NAME.eq(lower(User::NAME)).and(User::ID.lt(3)), "jack ed").await
}

async fn lists_and_ranges(db: &Database) -> Case {
    let session = filled(db).await?;
    session.execute(&update::<User>().set(User::AGE, User::ID * 10).filter(User::ID.ne(3))).await?;
    let none: [&str; 0] = [];
    users(&session, "in", User::NAME.in_list(["ed", "fred", "nobody"]), "ed fred").await?;
    users(&session, "in none", User::NAME.in_list(none), "").await?;
    users(&session, "not in none", User::AGE.not_in_list([] as [i64; 0]), "jack ed fred chuck").await?;
    users(&session, "not in", User::AGE.not_in_list([10, 20]), "chuck").await?;
    users(&session, "in with null", User::AGE.in_list([Some(10), None]), "jack").await?;
    users(&session, "not in with null", User::AGE.not_in_list([Some(10), None]), "").await?;
    users(&session, "between", User::AGE.between(20, 40), "ed chuck").await?;
    users(&session, "not between", !User::AGE.between(20, 40), "jack").await?;
    users(&session, "between none", User::AGE.between(40, 20), "").await?;
    let pairs = tuple((User::ID, User::NAME)).in_list([(1, "jack"), (2, "fred"), (3, "fred")]);
    users(&session, "pairs", pairs, "jack fred").await?;
    let owners = select_columns(Address::USER_ID).filter(Address::EMAIL.starts_with("ed@"));
    users(&session, "in a query", User::ID.in_query(&owners), "ed").await?;
    users(&session, "not in a query", User::ID.not_in_query(&owners), "jack fred chuck").await
}

async fn orders_by_labels_and_expressions(db: &Database) -> Case {
    let session = filled(db).await?;
    let sum = || (User::ID * 2 - 5).label("twice");
    let found = session.all(&select_columns((User::NAME, sum())).order_by(output::<i64>("twice").desc())).await?;
    let names = |found: &[(String, i64)]| found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ");
    same("by a label", names(&found), "chuck fred ed jack")?;
    let found = session.all(&select_columns((User::NAME, sum())).order_by((length(User::NAME), sum().desc()))).await?;
    same("by two", names(&found), "ed fred jack chuck")?;
    let found = session.all(&select_columns(User::NAME).order_by((User::ID % 2, User::NAME.desc()))).await?;
    same("composed", found.join(" "), "ed chuck jack fred")?;
    let choice = when(User::NAME.eq("fred"), 0).when(User::NAME.eq("chuck"), 1).otherwise(2);
    let found = session.all(&select_columns(User::NAME).order_by((choice, User::ID.desc()))).await?;
    same("a choice", found.join(" "), "fred chuck ed jack")?;
    let pets = select_columns(count_all()).from::<Address>().filter(Address::USER_ID.eq(User::ID));
    let found = session.all(&select_columns(User::NAME).order_by((scalar(&pets).desc(), User::ID))).await?;
    same("by a query", found.join(" "), "ed jack fred chuck")
}

async fn groups_by_expressions(db: &Database) -> Case {
    let session = filled(db).await?;
    let size = length(User::NAME).label("size");
    let query = select_columns((&size, count_all(), min(User::NAME))).from::<User>().group_by(&size).order_by(size);
    let wanted = r#"[(Some(2), 1, Some("ed")), (Some(4), 2, Some("fred")), (Some(5), 1, Some("chuck"))]"#;
    rows(db, "by an expression", &query, wanted).await?;
    let host = substr(Address::EMAIL, position(Address::EMAIL, "@").cast::<i32>() + 1, 20);
    let first = substr(Address::EMAIL, 1, 1);
    let query =
        select_columns((&first, count_distinct(host))).group_by(&first).having(count_all().gt(1)).order_by(first);
    rows(db, "with having", &query, r#"[("e", 3)]"#).await?;
    let named = select_columns((User::NAME, count(Order::ID).label("orders")))
        .left_join_related(User::ORDERS)
        .group_by((User::ID, User::NAME))
        .order_by((output::<i64>("orders").desc(), User::ID));
    let found = session.all(&named).await?;
    same("by a label", format!("{found:?}"), r#"[("jack", 3), ("fred", 2), ("ed", 0), ("chuck", 0)]"#)?;
    let none = select_columns((count_all(), max(User::ID), sum(User::AGE))).filter(User::ID.gt(90));
    rows(db, "of none", &none.from::<User>(), "[(0, None, None)]").await?;
    let distinct = select_columns((count_distinct(Order::USER_ID), count(Order::ADDRESS_ID)));
    rows(db, "distinct", &distinct, "[(2, 4)]").await
}

async fn joins_on_true_and_on_false(db: &Database) -> Case {
    let session = filled(db).await?;
    let pairs = || select_columns((User::NAME, Address::ID.expr().nullable())).filter(User::ID.le(2));
    let count = async |query: sqlservice_sdk::statement::Select<(String, Option<i64>)>| -> Result<String, Error> {
        let found = session.all(&query).await?;
        Ok(format!("{} {}", found.len(), found.iter().filter(|(_, id)| id.is_some()).count()))
    };
    same("true", count(pairs().join::<Address>(literal(true))).await?, "10 10")?;
    same("false", count(pairs().join::<Address>(literal(false))).await?, "0 0")?;
    same("outer true", count(pairs().left_join::<Address>(literal(true))).await?, "10 10")?;
    same("outer false", count(pairs().left_join::<Address>(literal(false))).await?, "2 0")?;
    let on = Address::USER_ID.eq(User::ID).and(Address::EMAIL.ends_with("lala"));
    same("outer", count(pairs().left_join::<Address>(on)).await?, "2 1")?;
    same("cross", count(pairs().cross_join::<Address>()).await?, "10 10")
}

async fn exists_is_true_and_false(db: &Database) -> Case {
    let session = filled(db).await?;
    let there = |name: &str| select_columns(User::ID).filter(User::NAME.eq(name));
    let found = session.one(&select_columns((exists(&there("ed")), exists(&there("nobody"))))).await?;
    same("selected", found, (true, false))?;
    users(&session, "true", exists(&there("ed")), "jack ed fred chuck").await?;
    users(&session, "false", exists(&there("nobody")), "").await?;
    users(&session, "not", !exists(&there("nobody")), "jack ed fred chuck").await
}

async fn one_and_first(db: &Database) -> Case {
    let session = filled(db).await?;
    let by = |name: &'static str| session.query::<User>().filter(User::NAME.ends_with(name)).order_by(User::ID);
    same("first of many", by("ed").first().await?.map(|user| user.id), Some(2))?;
    same("one of many", kind(&by("ed").one().await), "MultipleResults")?;
    same("one or none of many", kind(&by("ed").one_or_none().await), "MultipleResults")?;
    same("one of none", kind(&by("x").one().await), "NoResult")?;
    same("none", (by("x").one_or_none().await?.is_none(), by("x").first().await?.is_none()), (true, true))?;
    same("one", by("jack").one().await?.id, 1)?;
    // A join that returns several rows has multiple results, though they are one object.
    let joined = session.query::<User>().join_related(User::ADDRESSES).filter(User::NAME.eq("ed"));
    same("joined", kind(&joined.one().await), "MultipleResults")
}

async fn windows_over_groups(db: &Database) -> Case {
    let session = filled(db).await?;
    let by_user = || window().partition_by(Address::USER_ID).order_by(Address::ID);
    let query =
        select_columns((Address::ID, row_number().over(by_user()), count_all().over(by_user()))).order_by(Address::ID);
    rows(db, "numbers", &query, "[(1, 1, 1), (2, 1, 1), (3, 2, 2), (4, 3, 3), (5, 1, 1)]").await?;
    let two = window().order_by(Address::ID).frame(FrameUnit::Rows, FrameBound::Preceding(1), FrameBound::Current);
    let query = select_columns(sum(Address::ID).over(two)).order_by(Address::ID);
    rows(db, "two rows", &query, "[Some(1), Some(3), Some(5), Some(7), Some(9)]").await?;
    let counted = select_columns((Address::USER_ID, sum(count_all()).over(window()))).group_by(Address::USER_ID);
    // MariaDB loses the order of such a query if an index has it.
    let mut found = session.all(&counted.from::<Address>()).await?;
    found.sort();
    same("over groups", format!("{found:?}"), "[(Some(1), Some(5)), (Some(2), Some(5)), (Some(3), Some(5))]")
}

async fn unions_of_entities(db: &Database) -> Case {
    let session = filled(db).await?;
    let of = |name: &str| select::<User>().filter(User::NAME.eq(name));
    let both = of("ed").union(of("jack")).union(of("ed")).order_by(output::<i64>("id"));
    let found: Vec<User> = session.all(&both).await?;
    same("union", found.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(" "), "jack ed")?;
    let objects: Vec<Entity<User>> = found.into_iter().map(|user| session.attach(user)).collect();
    session.load(&objects, User::ADDRESSES).await?;
    same("loaded", shop::users(&objects), "jack(bean) ed(wood betty lala)")?;
    let all = select_columns(User::ID).union_all(select_columns(User::ID)).order_by(output::<i64>("id")).limit(3);
    rows(db, "all", &all, "[1, 1, 2]").await?;
    let some =
        select_columns(User::ID).filter(User::ID.le(3)).intersect(select_columns(User::ID).filter(User::ID.ge(2)));
    rows(db, "both", &some.except(select_columns(User::ID).filter(User::ID.eq(2))), "[3]").await
}

async fn a_query_of_a_query(db: &Database) -> Case {
    let session = filled(db).await?;
    let counted = select_columns((Address::USER_ID, count_all().label("emails"))).group_by(Address::USER_ID);
    let emails = column::<i64>("counted", "emails");
    let query = select::<User>()
        .join_query(&counted.from::<Address>(), "counted", column::<i64>("counted", "user_id").eq(User::ID))
        .filter((&emails).gt(1));
    let found = session.query_of(query).with(User::ADDRESSES).all().await?;
    same("entities", shop::users(&found), "ed(wood betty lala)")?;
    let middle = select_columns((User::ID, User::NAME)).order_by(User::ID.desc()).limit(2);
    let name = column::<String>("last", "name");
    let outer = select_columns(&name).from_query(&middle, "last").order_by(name);
    rows(db, "limited inside", &outer, r#"["chuck", "fred"]"#).await
}

async fn common_tables_with_entities(db: &Database) -> Case {
    let session = filled(db).await?;
    let open = select_columns((Order::USER_ID, Order::TEXT)).filter(Order::IS_OPEN.eq(true));
    let query = select::<User>()
        .with("open", &open)
        .join_table("open", column::<Option<i64>>("open", "user_id").eq(User::ID))
        .order_by(column::<String>("open", "text").desc());
    let found = session.query_of(query).with(User::ORDERS).all().await?;
    let shown = |user: &User| format!("{}{}", user.name, user.orders.get().map_or(0, <[_]>::len));
    same("entities", all(&found, shown), "fred2 jack3")
}

async fn conditions_nest(db: &Database) -> Case {
    let session = filled(db).await?;
    let name = |name: &str| User::NAME.eq(name.to_owned());
    users(&session, "or in and", name("ed").or(name("jack")).and(User::ID.gt(1)), "ed").await?;
    users(&session, "and in or", name("ed").and(User::ID.gt(5)).or(name("jack")), "jack").await?;
    users(&session, "not", !(name("ed").or(name("jack"))), "fred chuck").await?;
    users(&session, "all of none", all_of([]), "jack ed fred chuck").await?;
    users(&session, "any of none", any_of([]), "").await?;
    users(&session, "a hundred", any_of((0..100).map(|at| User::ID.eq(at * 2))), "ed chuck").await?;
    let deep = User::ORDERS.any(Order::ITEMS.any(Item::KEYWORDS.any(Keyword::NAME.eq("square"))));
    users(&session, "deep", deep, "jack fred").await?;
    let nobody = !User::ADDRESSES.exists() & !User::ORDERS.exists();
    users(&session, "neither", nobody, "chuck").await
}

async fn distinct_columns(db: &Database) -> Case {
    let session = filled(db).await?;
    let owners = select_columns(Order::USER_ID).distinct().order_by(Order::USER_ID);
    rows(db, "one", &owners, "[Some(1), Some(3)]").await?;
    let pairs = select_columns((Order::USER_ID, Order::ADDRESS_ID)).distinct().filter(Order::ADDRESS_ID.is_not_null());
    same("two", session.all(&pairs).await?.len(), 2)?;
    let counted = session.count(&select_columns(Order::USER_ID).distinct()).await?;
    same("counted", counted, 2)
}

async fn limits_of_nothing(db: &Database) -> Case {
    let session = filled(db).await?;
    let query = || select_columns(User::ID).order_by(User::ID);
    rows(db, "none", &query().limit(0), "[]").await?;
    rows(db, "offset of none", &query().offset(0).limit(1), "[1]").await?;
    let page = session.prepare(&query().limit_to(parameter::<i64>(0)).offset_by(parameter::<i64>(1) + 1)).await;
    // A limit is a number or a parameter, not an expression.
    same("an expression", page.is_err(), true)
}
