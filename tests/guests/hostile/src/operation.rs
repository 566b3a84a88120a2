//! Every kind of change and lock of a row, for a host that granted some of them.

use sqlservice_sdk::prelude::*;

use crate::{
    lines::outcome,
    model::{User, add, open},
};

/// The result of each operation, in a transaction of its own that is rolled back.
pub async fn all() -> Result<Vec<String>, Error> {
    let db = open().await?;
    let mut saw = Vec::new();
    for way in [
        "read",
        "insert",
        "insert from a query",
        "insert many",
        "insert by a flush",
        "insert or leave",
        "insert or update",
        "update",
        "update by a flush",
        "delete",
        "delete by a flush",
        "lock",
        "lock in a subquery",
    ] {
        let session = db.begin().await?;
        saw.push(format!("{way}: {}", outcome(take(way, &session).await)));
        session.rollback().await?;
    }
    Ok(saw)
}

fn user(id: i64) -> User {
    User { id, name: format!("hostile {id}"), note: None }
}

async fn take(way: &str, session: &Session) -> Result<u64, Error> {
    let first = || select::<User>().order_by(User::ID).limit(1);
    let insert_one = || insert::<User>().values(&[user(900)]);
    match way {
        "read" => Ok(session.all(&first()).await?.len() as u64),
        "insert" => add(session, 900).await,
        "insert from a query" => {
            let rows = select_columns((User::ID + 900, User::NAME.concat("x"))).filter(User::ID.eq(1));
            session.execute(&insert::<User>().query((User::ID, User::NAME), &rows)).await
        }
        "insert many" => session.insert_many(&[user(900)]).await.map(|_| 1),
        "insert by a flush" => {
            session.add(user(900))?;
            session.flush().await.map(|_| 1)
        }
        "insert or leave" => session.execute(&insert_one().on_conflict().do_nothing()).await,
        "insert or update" => session.execute(&insert_one().on_conflict().do_update(User::NAME)).await,
        "update" => session.execute(&update::<User>().set(User::NOTE, "x").filter(User::ID.eq(1))).await,
        "update by a flush" => {
            let mut one = session.query::<User>().order_by(User::ID).limit(1).one().await?;
            one.edit().note = Some("x".to_owned());
            session.flush().await.map(|_| 1)
        }
        "delete" => session.execute(&delete::<User>().filter(User::ID.eq(1))).await,
        "delete by a flush" => {
            let one = session.query::<User>().order_by(User::ID).limit(1).one().await?;
            session.delete(&one)?;
            session.flush().await.map(|_| 1)
        }
        "lock" => Ok(session.all(&first().for_update()).await?.len() as u64),
        _ => {
            let locked = select_columns(User::ID).filter(User::ID.eq(1)).for_update();
            let query = select_columns(User::NAME).filter(User::ID.in_query(&locked));
            Ok(session.all(&query).await?.len() as u64)
        }
    }
}
