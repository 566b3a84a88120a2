//! Updates and deletes with other tables, inserts from queries, upserts.

use sqlservice_sdk::{
    Field, FromRow,
    prelude::*,
    statement::{Select, Update},
};

use super::query::{Other, Some_, tree};
use crate::{
    Saw,
    lines::{error, outcome, rows},
};

/// Copies the tree to the other table, from a query.
async fn copied() -> Result<Session, Error> {
    let session = tree().await?;
    let all = select_columns((Some_::ID, Some_::DATA, Some_::PARENT_ID));
    let copied = insert::<Other>().query((Other::ID, Other::DATA, Other::PARENT_ID), &all);
    session.execute(&copied).await?;
    Ok(session)
}

async fn others(session: &Session) -> String {
    rows(session.all(&select_columns((Other::ID, Other::DATA, Other::PARENT_ID)).order_by(Other::ID)).await)
}

/// A subquery of a common table expression.
fn some_cte<T: Field + FromRow>(name: &str) -> Select<T> {
    let some = select_columns((Some_::ID, Some_::DATA)).filter(Some_::DATA.in_list(["d2", "d3", "d4"]));
    select_columns(column::<T>("some_cte", name)).from_table("some_cte").with("some_cte", &some)
}

/// Runs each change, reports its row count and the rows after it, and rolls it back.
async fn each(session: &Session, changes: Vec<Update<Other>>) -> Saw {
    let mut saw = Vec::new();
    for change in changes {
        let savepoint = session.begin_nested().await?;
        match session.execute(&change).await {
            Ok(count) => saw.push(format!("{count}: {}", others(session).await)),
            Err(failure) => saw.push(error(&failure)),
        }
        savepoint.rollback().await?;
    }
    Ok(saw)
}

pub async fn d02_update() -> Saw {
    let session = copied().await?;
    let to_five = || update::<Other>().set(Other::PARENT_ID, 5);
    let itself = alias::<Other>("itself");
    each(
        &session,
        vec![
            to_five()
                .from_query(&some_cte::<String>("data"), "found")
                .filter(Other::DATA.eq(column::<String>("found", "data"))),
            to_five().filter(Other::DATA.in_query(&some_cte::<String>("data"))),
            // With another table, and with a second occurrence of the same table.
            update::<Other>()
                .from::<Some_>()
                .set(Other::PARENT_ID, Some_::ID * 10)
                .set(Other::DATA, Some_::DATA.concat("!"))
                .filter(Some_::ID.eq(Other::ID).and(Some_::PARENT_ID.eq(1))),
            update::<Other>()
                .from_alias(itself)
                .set(Other::DATA, Other::DATA.of(itself))
                .filter(Other::ID.of(itself).eq(Other::PARENT_ID)),
            // A correlated scalar subquery.
            update::<Other>()
                .set(
                    Other::PARENT_ID,
                    scalar(&select_columns(count_all()).from::<Some_>().filter(Some_::PARENT_ID.eq(Other::ID))),
                )
                .filter(exists(&select_columns(Some_::ID).filter(Some_::PARENT_ID.eq(Other::ID)))),
            // Both expressions read the old values.
            update::<Other>()
                .set(Other::DATA, Other::ID.cast::<String>())
                .set(Other::PARENT_ID, Other::PARENT_ID + Other::ID),
        ],
    )
    .await
}

pub async fn d02_delete() -> Saw {
    let session = copied().await?;
    let itself = alias::<Other>("itself");
    let below =
        select_columns(Other::ID.of(itself)).from_alias(itself).filter(Other::PARENT_ID.of(itself).eq(Other::ID));
    let deletes = vec![
        delete::<Other>()
            .using_query(&some_cte::<String>("data"), "found")
            .filter(Other::DATA.eq(column::<String>("found", "data"))),
        delete::<Other>().filter(Other::DATA.in_query(&some_cte::<String>("data"))),
        delete::<Other>().using::<Some_>().filter(Some_::ID.eq(Other::ID).and(Some_::PARENT_ID.eq(3))),
        delete::<Other>().using_alias(itself).filter(Other::PARENT_ID.of(itself).eq(Other::ID)),
        // Correlated with the table itself: rows without children.
        delete::<Other>().filter(exists(&below).not()),
    ];
    let mut saw = Vec::new();
    for delete in deletes {
        let savepoint = session.begin_nested().await?;
        match session.execute(&delete).await {
            Ok(count) => saw.push(format!("{count}: {}", others(&session).await)),
            Err(failure) => saw.push(error(&failure)),
        }
        savepoint.rollback().await?;
    }
    Ok(saw)
}

/// A table whose columns have defaults.
#[derive(Model, Clone)]
#[model(table = "includes_defaults")]
struct Defaulted {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 50)]
    data: String,
    #[model(default = 5)]
    x: i64,
    #[model(default = 4)]
    y: i64,
}

pub async fn d10_insert_from_select() -> Saw {
    let db = Database::open("default", models![Defaulted]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    for id in 1..=3 {
        let one = insert::<Defaulted>().set(Defaulted::ID, id).set(Defaulted::DATA, format!("data{id}"));
        session.execute(&one).await?;
    }
    let some = select_columns((Defaulted::ID + 5, Defaulted::DATA)).filter(Defaulted::DATA.in_list(["data2", "data3"]));
    let mut saw =
        vec![outcome(session.execute(&insert::<Defaulted>().query((Defaulted::ID, Defaulted::DATA), &some)).await)];
    let all = select_columns((Defaulted::ID, Defaulted::DATA, Defaulted::X, Defaulted::Y));
    saw.push(rows(session.all(&all.clone().order_by((Defaulted::DATA, Defaulted::ID))).await));
    // From an empty query, and with returned rows.
    let none = select_columns(Defaulted::DATA).filter(Defaulted::ID.lt(0));
    saw.push(outcome(session.execute(&insert::<Defaulted>().query(Defaulted::DATA, &none)).await));
    let more = select_columns((Defaulted::ID + 20, Defaulted::DATA.concat("+"))).filter(Defaulted::ID.eq(1));
    let more = insert::<Defaulted>().query((Defaulted::ID, Defaulted::DATA), &more);
    saw.push(rows(session.all(&more.returning((Defaulted::ID, Defaulted::DATA, Defaulted::X))).await));
    Ok(saw)
}

/// A row with a single key.
#[derive(Model, Clone)]
#[model(table = "counters")]
struct Counter {
    #[model(primary_key)]
    id: i64,
    #[model(length = 50)]
    name: String,
    visits: i64,
}

async fn counters() -> Result<Session, Error> {
    let db = Database::open("default", models![Counter]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    session.insert_many(&[counter(1, "one", 10)]).await?;
    Ok(session)
}

fn counter(id: i64, name: &str, visits: i64) -> Counter {
    Counter { id, name: name.to_owned(), visits }
}

async fn all_counters(session: &Session) -> String {
    rows(session.all(&select_columns((Counter::ID, Counter::NAME, Counter::VISITS)).order_by(Counter::ID)).await)
}

pub async fn d13_upserts() -> Saw {
    let session = counters().await?;
    let both = [counter(1, "ONE", 1), counter(2, "two", 2)];
    let conflict = || insert::<Counter>().values(&both).on_conflict();
    let columns = (Counter::ID, Counter::NAME, Counter::VISITS);
    let added = |filter: bool| {
        conflict().do_set(|row| {
            let row = row
                .set(Counter::VISITS, Counter::VISITS + excluded(Counter::VISITS))
                .set(Counter::NAME, excluded(Counter::NAME));
            if filter { row.filter(excluded(Counter::VISITS).gt(Counter::VISITS)) } else { row }
        })
    };
    let upserts = vec![
        conflict().do_update((Counter::NAME, Counter::VISITS)),
        conflict().do_nothing(),
        insert::<Counter>().values(&both).on_conflict_of(Counter::ID).do_update(Counter::NAME),
        added(false),
        added(true),
    ];
    let mut saw = Vec::new();
    for upsert in upserts {
        let savepoint = session.begin_nested().await?;
        let done = session.execute(&upsert).await.map(|_| "done");
        saw.push(format!("{}: {}", outcome(done), all_counters(&session).await));
        savepoint.rollback().await?;
        let savepoint = session.begin_nested().await?;
        let returned = session.all(&upsert.returning(columns)).await.map(|mut rows| {
            rows.sort();
            rows
        });
        saw.push(rows(returned));
        savepoint.rollback().await?;
    }
    // From a query: an existing counter, and a new one.
    let query = select_columns((Counter::ID, Counter::NAME.concat("?"), Counter::VISITS));
    let upsert = insert::<Counter>().query(columns, &query).on_conflict().do_update(Counter::NAME);
    session.execute(&upsert).await?;
    saw.push(all_counters(&session).await);
    Ok(saw)
}
