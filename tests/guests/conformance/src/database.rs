//! The calls of a database.

use std::time::Duration;

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{self, done, outcome},
    model::{User, add, names, open},
};

/// The first of three tables in a row.
#[derive(Model, Clone)]
#[model(table = "a")]
struct A {
    #[model(primary_key)]
    id: i64,
}

/// The second one.
#[derive(Model, Clone)]
#[model(table = "b")]
struct B {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "a.id")]
    a_id: Option<i64>,
}

/// The third one.
#[derive(Model, Clone)]
#[model(table = "c")]
struct C {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "b.id")]
    b_id: Option<i64>,
}

pub async fn a01_ping() -> Saw {
    let db = Database::open("default", models![]).await?;
    db.ping().await?;
    Ok(vec!["true".to_owned()])
}

pub async fn a02_create_and_drop() -> Saw {
    // Declared in the wrong order.
    let db = Database::open("default", models![C, B, A]).await?;
    let mut saw = vec![db.create_all().await?.join(" "), db.create_all().await?.join(" ")];
    // The tables are as declared.
    let session = db.begin().await?;
    session.insert_many(&[A { id: 1 }]).await?;
    session.insert_many(&[B { id: 1, a_id: Some(1) }]).await?;
    session.insert_many(&[C { id: 1, b_id: Some(1) }]).await?;
    session.commit().await?;
    saw.push(db.tables().iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(" "));
    saw.push(db.drop_all().await?.join(" "));
    saw.push(db.drop_all().await?.join(" "));
    Ok(saw)
}

pub async fn a02_strictly() -> Saw {
    let db = Database::open("default", models![A, B, C]).await?;
    let strictly =
        |only: &[&str]| DdlOptions { only: only.iter().map(|&name| name.to_owned()).collect(), check_first: false };
    let only = |only: &[&str]| DdlOptions { check_first: true, ..strictly(only) };
    Ok(vec![
        db.create_all_with(only(&["a", "b"])).await?.join(" "),
        outcome(db.create_all_with(strictly(&["b"])).await.map(|_| "made again")),
        db.create_all_with(only(&["b", "c"])).await?.join(" "),
        db.drop_all_with(only(&["c"])).await?.join(" "),
        outcome(db.drop_all_with(strictly(&["c"])).await.map(|_| "dropped again")),
        outcome(db.create_all_with(only(&["d"])).await.map(|_| "made something else")),
        db.drop_all().await?.join(" "),
    ])
}

pub async fn a03_reflect() -> Saw {
    let db = Database::open("default", models![]).await?;
    let mut saw = vec![db.tables().len().to_string()];
    let missing = ReflectOptions { only: vec!["a".to_owned(), "nosuch".to_owned()], ..ReflectOptions::default() };
    saw.push(outcome(db.reflect_with(missing).await.map(|_| "reflected nosuch")));
    saw.push(db.tables().len().to_string());
    let one = ReflectOptions { only: vec!["b".to_owned()], ..ReflectOptions::default() };
    saw.push(names_of(&db.reflect_with(one).await?));
    saw.push(names_of(&db.reflect().await?));
    saw.push(names_of(&db.tables()));
    // Reflected tables are not declared, so they are neither created nor dropped.
    saw.push(db.create_all().await?.len().to_string());
    saw.push(db.drop_all().await?.len().to_string());
    // A reflected table can be queried like a declared one.
    let session = db.session()?;
    let id = column::<i64>("b", "id");
    let ids = select_columns(id.clone()).from_table("b").order_by(id);
    saw.push(format!("{:?}", session.all(&ids).await?));
    Ok(saw)
}

/// The tables known to a database that is opened again, with the same models and with others.
pub async fn a03_opened_again() -> Saw {
    let first = Database::open("default", models![A]).await?;
    let mut saw = vec![names_of(&first.tables())];
    first.reflect().await?;
    saw.push(names_of(&first.tables()));
    // More sets of models than a cache keeps, each twice.
    for turn in 0..2 {
        let sets = [models![], models![A], models![A, B], models![A, B, C], models![User], models![User, A]];
        for models in sets {
            let db = Database::open("default", models).await?;
            saw.extend((turn == 0).then(|| names_of(&db.tables())));
        }
    }
    // Sessions outlive their database, and their statements do not affect another database's sessions.
    let session = Database::open("default", models![A]).await?.session()?;
    let other = Database::open("default", models![A, B]).await?.session()?;
    for _ in 0..3 {
        saw.push(format!("{:?}", session.all(&select_columns(A::ID).order_by(A::ID)).await?));
        saw.push(format!("{:?}", other.all(&select_columns(A::ID).order_by(A::ID.desc())).await?));
    }
    Ok(saw)
}

fn names_of(tables: &[sqlservice_sdk::schema::Table]) -> String {
    let mut names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    names.sort_unstable();
    names.join(" ")
}

pub async fn a04_begin_and(end: String) -> Saw {
    let db = open().await?;
    db.transaction(async |session| {
        add(session, 900, "nine hundred").await?;
        match end.as_str() {
            "raise" => Err(Error::other("raised")),
            "trap" => trap(),
            "wait" => {
                sleep(Duration::from_secs(600)).await;
                Ok(Vec::new())
            }
            "drop" => {
                // Dropping the work's future drops the session in it.
                let inner = open().await?;
                let work = inner.transaction(async |session| {
                    add(session, 901, "nine hundred and one").await?;
                    sleep(Duration::from_secs(600)).await;
                    Ok(())
                });
                session.rollback().await?;
                Ok(vec![outcome(timeout(Duration::from_millis(300), work).await.map(|_| "ended"))])
            }
            other => Err(Error::other(format!("there is no end {other:?}"))),
        }
    })
    .await
}

fn trap() -> ! {
    std::process::abort()
}

pub async fn a05_begin_and_leave() -> Saw {
    let db = open().await?;
    let changed = db.transaction(async |session| add(session, 900, "nine hundred").await).await?;
    let session = db.begin().await?;
    add(&session, 901, "nine hundred and one").await?;
    let open = session.in_transaction();
    session.commit().await?;
    Ok(vec![changed.to_string(), format!("{open} {}", session.in_transaction())])
}

pub async fn a06_begin_in_begin(outer_reads: bool) -> Saw {
    let db = open().await?;
    let options = TransactionOptions { read_only: outer_reads, ..TransactionOptions::default() };
    let outer = db.begin_with(options).await?;
    let mut saw = vec![if outer_reads { names(&outer).await? } else { add(&outer, 1, "outer").await?.to_string() }];
    let inner = db.begin().await?;
    saw.push(add(&inner, 2, "inner").await?.to_string());
    inner.commit().await?;
    outer.rollback().await?;
    Ok(saw)
}

pub async fn a07_closed_transaction() -> Saw {
    let db = open().await?;
    let session = db.begin().await?;
    add(&session, 900, "nine hundred").await?;
    session.commit().await?;
    Ok(vec![
        outcome(add(&session, 901, "too late").await),
        outcome(names(&session).await),
        done(session.begin(TransactionOptions::default()).await),
        done(session.begin_nested().await.map(drop)),
        done(session.rollback().await),
        session.in_transaction().to_string(),
    ])
}

/// With users u1, u2 and u3: every method, for entities and for columns, with none, one and three matches.
pub async fn a08_statements() -> Saw {
    let session = open().await?.session()?;
    let mut saw = Vec::new();
    for (matches, filter) in [(0, User::ID.gt(3)), (1, User::ID.eq(2)), (3, User::ID.gt(0))] {
        let users = select::<User>().filter(filter.clone()).order_by(User::ID.desc());
        let all = session.all(&users).await?;
        saw.push(format!("{matches} all {}", all.iter().map(|user| &*user.name).collect::<Vec<_>>().join(" ")));
        let name = |user: User| user.name;
        saw.push(format!("{matches} first {:?}", session.first(&users).await?.map(name)));
        saw.push(format!("{matches} one {}", outcome(session.one(&users).await.map(name))));
        let maybe = session.one_or_none(&users).await.map(|user| format!("{:?}", user.map(name)));
        saw.push(format!("{matches} one_or_none {}", outcome(maybe)));

        let columns = select_columns((User::ID, User::NOTE)).filter(filter).order_by(User::ID);
        saw.push(format!("{matches} columns {:?}", session.all(&columns).await?));
        let one = session.one(&columns).await.map(|row| format!("{row:?}"));
        saw.push(format!("{matches} one row {}", outcome(one)));
    }
    // A missing row and a null are distinct.
    let note = select_columns(User::NOTE);
    saw.push(format!("{:?}", session.first(&note.clone().filter(User::ID.eq(1))).await?));
    saw.push(format!("{:?}", session.first(&note.filter(User::ID.eq(9))).await?));
    saw.push(format!("{}", session.one(&select_columns(count(User::ID))).await?));
    Ok(saw)
}

/// The same with SQL text.
pub async fn a08_text() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let connection = db.connect().await?;
    let mark = if db.dialect() == Dialect::Postgresql { "$1" } else { "?" };
    let mut saw = Vec::new();
    for (matches, above) in [(0, 3), (1, 2), (3, 0)] {
        let sql = format!("SELECT id, name FROM users WHERE id > {mark} ORDER BY id");
        let all = raw::all::<(i64, String)>(&session, &sql, params![above as i64]).await?;
        saw.push(format!("{matches} all {all:?}"));
        let first = raw::first::<(i64, String)>(&connection, &sql, params![above as i64]).await?;
        saw.push(format!("{matches} first {first:?}"));
    }
    let sql = format!("UPDATE users SET note = {mark}");
    saw.push(raw::execute(&session, &sql, params!["text"]).await?.to_string());
    session.rollback().await?;
    saw.push(lines::outcome(raw::execute(&session, "COMMIT", params![]).await));
    Ok(saw)
}

/// A row of eight values: 5,000 of them are 40,000 parameters.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "wide")]
struct Wide {
    #[model(primary_key)]
    id: i64,
    a: i64,
    b: i64,
    c: i64,
    d: i64,
    e: i64,
    f: i64,
    g: i64,
}

fn wide(ids: std::ops::Range<i64>, g: i64) -> Vec<Wide> {
    ids.map(|id| Wide { id, a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g }).collect()
}

pub async fn a14_sizes() -> Saw {
    let db = Database::open("default", models![Wide]).await?;
    db.create_all().await?;
    let most = db.limits().parameters;
    let count = select_columns((count_all(), sum(Wide::G))).from::<Wide>();
    let upsert = |rows: &[Wide]| {
        insert::<Wide>().values(rows).on_conflict_of(Wide::ID).do_set(|row| row.set(Wide::G, excluded(Wide::G)))
    };
    let session = db.session()?;
    // Half of the rows exist.
    let mut saw = vec![session.insert_many(&wide(0..2_500, 1)).await?.to_string()];
    for rows in wide(0..5_000, 10).chunks(most as usize / 8) {
        session.execute(&upsert(rows)).await?;
    }
    session.commit().await?;
    saw.push(format!("{:?}", session.one(&count).await?));
    // In one call, however many statements it takes: 40,000 values, with new keys.
    saw.push(session.insert_many(&wide(5_000..10_000, 100)).await?.to_string());
    saw.push(format!("{:?}", session.one(&count).await?));
    session.commit().await?;
    // A single statement over the parameter limit is refused before anything is sent: the session stays usable.
    let one = session.execute(&upsert(&wide(0..5_000, 20))).await;
    saw.push(outcome(one.map(|_| "done")));
    let listed = select_columns(count_all()).from::<Wide>().filter(Wide::ID.in_list(0..40_000_i64));
    saw.push(outcome(session.one(&listed).await));
    saw.push(most.to_string());
    session.rollback().await?;
    Ok(saw)
}
