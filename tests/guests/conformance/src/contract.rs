//! Parts of the contract beyond statements and rows: terms of a newer host, reflection in a transaction, last keys.

use sqlservice_sdk::{error::Failure, prelude::*, raw, schema};

use crate::{
    Saw, lines,
    model::{User, add, names, open},
};

pub async fn contract_newer() -> Saw {
    let db = open().await?;
    let can = db.capabilities();
    let mut saw = vec![
        format!("{} of {:?}", db.dialect(), can.iter().collect::<Vec<_>>()),
        format!("{} {}", can.contains(Capabilities::INSERT_RETURNING), can.contains(Capabilities::ARRAYS)),
        format!("{} rows, {} parameters", db.limits().rows, db.limits().parameters),
    ];
    match db.ping().await {
        Ok(()) => saw.push("pinged".to_owned()),
        Err(failed) => {
            saw.push(format!("{} {} {failed}", failed.code(), failed.is_retryable()));
            let details = Failure::from(failed).details;
            saw.extend(details.iter().map(|detail| format!("{}={}", detail.name, detail.value)));
        }
    }
    Ok(saw)
}

const FRESH: &str = "CREATE TABLE fresh (id INTEGER NOT NULL PRIMARY KEY, text VARCHAR(20))";

fn only(table: &str) -> ReflectOptions {
    ReflectOptions { only: vec![table.to_owned()], ..ReflectOptions::default() }
}

fn known(tables: &[schema::Table], name: &str) -> bool {
    tables.iter().any(|table| table.name == name)
}

/// A session reflects the table that its transaction created; after the rollback the table is gone.
pub async fn contract_reflect() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    raw::execute(&session, FRESH, params![]).await?;
    let tables = session.reflect_with(only("fresh")).await?;
    let mut saw: Vec<String> = tables.iter().flat_map(lines::table).collect();
    saw.push(format!("known {}", known(&db.tables(), "fresh")));
    session.rollback().await?;
    saw.push(lines::outcome(session.reflect_with(only("fresh")).await.map(|tables| tables.len())));
    session.rollback().await?;
    let connection = db.connect().await?;
    saw.push(format!("connection sees users {}", known(&connection.reflect().await?, "users")));
    Ok(saw)
}

/// Reflection is refused where any other statement of the session would be.
pub async fn contract_reflect_refused() -> Saw {
    let db = open().await?;
    let session = db.begin().await?;
    let query = select_columns(User::ID).order_by(User::ID);
    let rows = session.stream(&query, 4).await?;
    let reflected = |result: Result<Vec<schema::Table>, Error>| lines::outcome(result.map(|tables| tables.len() > 1));
    let mut saw = vec![reflected(session.reflect().await)];
    drop(rows);
    session.rollback().await?;
    saw.push(reflected(session.reflect().await));
    let session = db.session()?;
    let failed = raw::execute(&session, "SELECT * FROM nowhere", params![]).await;
    saw.push(failed.is_err().to_string());
    saw.push(reflected(session.reflect().await));
    session.rollback().await?;
    saw.push(reflected(session.reflect().await));
    // Pending objects are flushed first.
    session.add(User { id: 9_999, name: "written first".to_owned(), note: None })?;
    saw.push(reflected(session.reflect().await));
    saw.push(session.all(&select_columns(User::NAME).filter(User::NAME.eq("written first"))).await?.join(" "));
    Ok(saw)
}

/// Keys that the database generates, without `returning`.
pub async fn contract_last_key() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let row = |name: &str| insert::<User>().values(&[User { name: name.to_owned(), ..User::default() }]);
    let mut saw = Vec::new();
    for name in ["one more", "and another"] {
        let key = session.execute_for_key(&row(name)).await?;
        let id = session.one(&select_columns(User::ID).filter(User::NAME.eq(name))).await?;
        saw.push(key.map_or_else(|| "none".to_owned(), |key| (key == id).to_string()));
    }
    let no_rows = select_columns(User::NAME).filter(User::ID.lt(0));
    let of_nothing = session.execute_for_key(&insert::<User>().query(User::NAME, &no_rows)).await?;
    let of_an_update = session.execute_for_key(&update::<User>().set(User::NOTE, Some("x".to_owned()))).await?;
    saw.push(format!("{of_nothing:?} {of_an_update:?}"));
    session.commit().await?;
    let text = "INSERT INTO users (name) VALUES ('by text')";
    let key = raw::execute_for_key(&db.connect().await?, text, params![]).await;
    saw.push(lines::outcome(key.map(|key| key.is_some())));
    Ok(saw)
}

/// Sessions and connections are the same resource: both have isolation levels and savepoints, and see each other's committed rows.
pub async fn contract_one_session() -> Saw {
    let db = open().await?;
    let connection = db.connect().await?;
    let savepoint = connection.begin_nested().await?;
    add(&connection, 100, "of a connection").await?;
    savepoint.rollback().await?;
    add(&connection, 101, "kept").await?;
    connection.commit().await?;
    let mut saw = vec![connection.in_transaction().to_string()];
    connection.close().await?;
    let session = db.session()?;
    saw.push(names(&session).await?);
    Ok(saw)
}
