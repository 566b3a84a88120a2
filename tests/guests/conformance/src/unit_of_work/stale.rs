//! B20: rows deleted by another session.

use sqlservice_sdk::prelude::*;

use super::{commit, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "plain_rows")]
struct Plain {
    #[model(primary_key)]
    id: i64,
    #[model(length = 40)]
    name: String,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "versioned_rows")]
struct Versioned {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: i64,
    #[model(length = 40)]
    name: String,
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Plain, Versioned]).await?;
    db.create_all().await?;
    let session = db.session()?;
    session.add_all([1, 2, 3].map(|id| Plain { id, name: format!("p{id}") }))?;
    session.add_all([1, 2, 3].map(|id| Versioned { id, version: 0, name: format!("v{id}") }))?;
    session.commit().await?;
    Ok(db)
}

/// Deletes row 2 of both tables in another session.
async fn behind(db: &Database) -> Result<(), Error> {
    let other = db.session()?;
    other.execute(&delete::<Plain>().filter(Plain::ID.eq(2))).await?;
    other.execute(&delete::<Versioned>().filter(Versioned::ID.eq(2))).await?;
    other.commit().await
}

async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let plain = session.all(&select_columns((Plain::ID, Plain::NAME)).order_by(Plain::ID)).await?;
    let versioned = select_columns((Versioned::ID, Versioned::VERSION, Versioned::NAME)).order_by(Versioned::ID);
    Ok(format!("{plain:?} {:?}", session.all(&versioned).await?))
}

/// An update of a deleted row is an error, and nothing of its flush is written.
pub async fn b20_update(is_versioned: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut plain = session.query::<Plain>().order_by(Plain::ID).all().await?;
    let mut versioned = session.query::<Versioned>().order_by(Versioned::ID).all().await?;
    session.commit().await?;
    behind(&db).await?;
    if is_versioned {
        versioned.iter_mut().for_each(|row| row.edit().name = "new".to_owned());
    } else {
        plain.iter_mut().for_each(|row| row.edit().name = "new".to_owned());
    }
    let mut saw = vec![ok_or_error(session.flush().await)];
    session.rollback().await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{} {} {}", plain[0].name, versioned[0].name, versioned[0].version));
    // Without the stale objects, the session is usable again.
    session.expunge(&plain[1]);
    session.expunge(&versioned[1]);
    plain[0].edit().name = "after".to_owned();
    versioned[0].edit().name = "after".to_owned();
    session.commit().await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// A delete of a deleted row succeeds, unless the row is versioned.
pub async fn b20_delete(is_versioned: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let plain = session.query::<Plain>().order_by(Plain::ID).all().await?;
    let versioned = session.query::<Versioned>().order_by(Versioned::ID).all().await?;
    session.commit().await?;
    behind(&db).await?;
    if is_versioned {
        versioned[..2].iter().try_for_each(|row| session.delete(row))?;
    } else {
        plain[..2].iter().try_for_each(|row| session.delete(row))?;
    }
    let mut saw = vec![ok_or_error(session.flush().await)];
    if is_versioned {
        session.rollback().await?;
    }
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{:?} {:?}", plain[1].status(), versioned[1].status()));
    Ok(saw)
}
