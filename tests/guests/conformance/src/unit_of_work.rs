//! Sessions with objects, as a plugin's author writes them.

mod cycle;
mod family;
mod graph;
mod keys;
mod made;
mod many;
mod natural;
mod net;
mod orphan;
mod passive;
mod random;
mod stale;
mod step;
mod tags;
mod tree;
mod unique;
mod unset;

use sqlservice_sdk::prelude::*;

pub use self::{
    cycle::*, family::*, graph::*, keys::*, made::*, many::*, natural::*, net::*, orphan::*, passive::*, random::*,
    stale::*, step::*, tags::*, tree::*, unique::*, unset::*,
};

/// Runs a query that separates two steps in the host's statement log.
pub async fn mark(db: &Database) -> Result<(), Error> {
    db.session()?.one(&select_columns(literal(0_i64))).await.map(|_: i64| ())
}

/// Commits a session between two marks.
pub async fn commit(db: &Database, session: &Session) -> Result<(), Error> {
    mark(db).await?;
    session.commit().await?;
    mark(db).await
}

/// `ok`, or the error's case and the details that a caller can branch on.
pub fn ok_or_error<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(Error::StaleData(stale)) => format!("stale {} {} of {}", stale.table, stale.matched, stale.expected),
        Err(Error::CircularDependency(tables)) => format!("circular {tables:?}"),
        Err(Error::Unloaded(unloaded)) => format!("unloaded {}", unloaded.relation),
        Err(error) => crate::lines::error(&error),
    }
}
