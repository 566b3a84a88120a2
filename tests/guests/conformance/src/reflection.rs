//! Tables created and reflected.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{self, outcome},
};

/// Everything that the database has, one fact a line, with tables sorted by name.
async fn facts(db: &Database, views: bool) -> Saw {
    let options = ReflectOptions { views, ..ReflectOptions::default() };
    let mut tables = db.reflect_with(options).await?;
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tables.iter().flat_map(lines::table).collect())
}

pub async fn f01_reflect(views: bool) -> Saw {
    facts(&Database::open("default", models![]).await?, views).await
}

/// A primary key of three columns, in another order than the columns.
#[derive(Model, Clone)]
#[model(table = "parents")]
struct Parent {
    #[model(primary_key, length = 20)]
    name: String,
    #[model(primary_key)]
    id: i64,
    #[model(primary_key, length = 20)]
    attr: String,
}

/// A composite foreign key of three columns.
#[derive(Model, Clone)]
#[model(
    table = "children",
    foreign_key(name = "fk_children", columns(pname, pid, pattr), refers = "parents(name, id, attr)")
)]
struct Child {
    #[model(primary_key)]
    id: i64,
    #[model(length = 20)]
    pattr: String,
    #[model(length = 20)]
    pname: String,
    pid: i64,
}

pub async fn f02_composite() -> Saw {
    let db = Database::open("default", models![Child, Parent]).await?;
    let mut saw = vec![db.create_all().await?.join(" ")];
    let session = db.begin().await?;
    let text = str::to_owned;
    session.insert_many(&[Parent { attr: text("x"), id: 1, name: text("p") }]).await?;
    let child = |id, pid| Child { id, pattr: text("x"), pname: text("p"), pid };
    session.insert_many(&[child(1, 1)]).await?;
    saw.push(outcome(session.insert_many(&[child(2, 2)]).await));
    session.rollback().await?;
    saw.extend(facts(&Database::open("default", models![]).await?, false).await?);
    Ok(saw)
}

/// The table that the foreign keys refer to.
#[derive(Model, Clone)]
#[model(table = "targets")]
struct Target {
    #[model(primary_key)]
    id: i64,
}

/// Foreign keys with different actions.
#[derive(Model, Clone)]
#[model(table = "sources")]
struct Source {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "targets.id", on_delete = "cascade")]
    follows: Option<i64>,
    #[model(foreign_key = "targets.id", on_delete = "set null", on_update = "cascade")]
    forgets: Option<i64>,
    #[model(foreign_key = "targets.id", on_update = "set null")]
    changes: Option<i64>,
    #[model(foreign_key = "targets.id")]
    holds: Option<i64>,
}

pub async fn f03_actions() -> Saw {
    let db = Database::open("default", models![Target, Source]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    session.insert_many(&[1, 2, 3, 4].map(|id| Target { id })).await?;
    let none = Source { id: 0, follows: None, forgets: None, changes: None, holds: None };
    let rows = [
        Source { id: 1, follows: Some(1), ..none.clone() },
        Source { id: 2, forgets: Some(2), ..none.clone() },
        Source { id: 3, changes: Some(3), ..none.clone() },
        Source { id: 4, holds: Some(4), ..none },
    ];
    session.insert_many(&rows).await?;
    session.execute(&delete::<Target>().filter(Target::ID.le(2))).await?;
    session.execute(&update::<Target>().set(Target::ID, 30).filter(Target::ID.eq(3))).await?;
    let left = select_columns((Source::ID, Source::FOLLOWS, Source::FORGETS, Source::CHANGES, Source::HOLDS));
    let left = session.all(&left.order_by(Source::ID)).await?;
    let mut saw = vec![format!("{left:?}")];
    let refused = session.execute(&delete::<Target>().filter(Target::ID.eq(4))).await;
    saw.push(outcome(refused.map_err(without_name)));
    session.rollback().await?;
    saw.extend(facts(&Database::open("default", models![]).await?, false).await?);
    Ok(saw)
}

/// Drops the name of a violated foreign key, which some databases do not report; only the error's kind is compared.
fn without_name(error: Error) -> Error {
    if error.is_foreign_key_violation() { Error::other("a foreign key") } else { error }
}

/// One table of a reference cycle.
#[derive(Model, Clone)]
#[model(table = "people")]
struct Person {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "balls.id")]
    favorite: Option<i64>,
}

/// The other table of the cycle.
#[derive(Model, Clone)]
#[model(table = "balls")]
struct Ball {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "people.id")]
    owner: Option<i64>,
}

/// A table that refers to itself.
#[derive(Model, Clone)]
#[model(table = "nodes")]
struct Node {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "nodes.id")]
    parent: Option<i64>,
}

pub async fn f06_cycle() -> Saw {
    let db = Database::open("default", models![Person, Ball, Node]).await?;
    let mut made = db.create_all().await?;
    made.sort();
    let mut saw = vec![made.join(" "), db.create_all().await?.join(" ")];
    let session = db.begin().await?;
    session.insert_many(&[Person { id: 1, favorite: None }]).await?;
    session.insert_many(&[Ball { id: 1, owner: Some(1) }]).await?;
    saw.push(session.execute(&update::<Person>().set(Person::FAVORITE, 1)).await?.to_string());
    session.insert_many(&[Node { id: 1, parent: None }, Node { id: 2, parent: Some(1) }]).await?;
    session.commit().await?;
    let keys = facts(&Database::open("default", models![]).await?, false).await?;
    saw.extend(keys.into_iter().filter(|fact| fact.contains("foreign key")));
    // The rows form a cycle as well.
    let mut dropped = db.drop_all().await?;
    dropped.sort();
    saw.push(dropped.join(" "));
    saw.push(db.reflect().await?.len().to_string());
    Ok(saw)
}

/// Names that need quotes.
#[derive(Model, Clone)]
#[model(table = "a.b", index(name = "ix odd", columns(percent, order)))]
struct Dotted {
    #[model(primary_key, column = "Mixed Case Id")]
    id: i64,
    #[model(column = "percent % and spaces", length = 20)]
    percent: String,
    #[model(column = "order")]
    order: i64,
}

/// A table that refers to those names.
#[derive(Model, Clone)]
#[model(
    table = "Quote \" and ` and '",
    foreign_key(name = "FK Mixed", columns(dotted), refers = "\"a.b\"(Mixed Case Id)")
)]
struct Quoted {
    #[model(primary_key, column = "SELECT")]
    id: i64,
    #[model(column = "größe ☃")]
    dotted: i64,
}

pub async fn f07_odd_names() -> Saw {
    let db = Database::open("default", models![Quoted, Dotted]).await?;
    let mut saw = vec![db.create_all().await?.join(" | ")];
    let session = db.begin().await?;
    session.insert_many(&[Dotted { id: 1, percent: "100%".to_owned(), order: 2 }]).await?;
    session.insert_many(&[Quoted { id: 1, dotted: 1 }]).await?;
    let joined = select_columns((Quoted::ID, Dotted::PERCENT, Dotted::ORDER))
        .join::<Dotted>(Dotted::ID.eq(Quoted::DOTTED))
        .order_by(Dotted::ORDER.desc());
    saw.push(format!("{:?}", session.all(&joined).await?));
    saw.push(
        session.execute(&update::<Dotted>().set(Dotted::PERCENT, "0 %").filter(Dotted::ID.eq(1))).await?.to_string(),
    );
    session.commit().await?;
    saw.extend(facts(&Database::open("default", models![]).await?, false).await?);
    saw.push(db.drop_all().await?.join(" | "));
    saw.push(db.reflect().await?.len().to_string());
    Ok(saw)
}
