//! G: many things at once, and things left behind.

use futures::join;
use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    model::{User, add, names, open},
    told::outcome,
};

pub async fn g05_together() -> Saw {
    let db = open().await?;
    // In the order of their start: the second one sees what the first one did, and not what the third one does.
    let session = db.session()?;
    let (first, second, third) = join!(add(&session, 10, "ten"), names(&session), add(&session, 11, "eleven"));
    let mut saw = vec![outcome(first), outcome(second), outcome(third)];
    saw.push(names(&session).await?);
    session.rollback().await?;
    // The same in three sessions of their own, which are as many connections.
    let (one, two, three) = (db.session()?, db.session()?, db.session()?);
    let (first, second, third) = join!(names(&one), names(&two), names(&three));
    saw.extend([outcome(first), outcome(second), outcome(third)]);
    Ok(saw)
}

/// Opens sessions in every state and forgets them.
pub async fn g10_forget(times: u32) -> Saw {
    let db = open().await?;
    let query = select_columns(User::ID).order_by(User::ID);
    let mut seen = 0;
    for turn in 0..times {
        match turn % 5 {
            0 => seen += db.session()?.all(&query).await?.len(),
            1 => seen += db.begin().await?.all(&query).await?.len(),
            2 => seen += db.connect().await?.all(&query).await?.len(),
            3 => {
                // With an unread cursor and a savepoint.
                let session = db.session()?;
                let _savepoint = session.begin_nested().await?;
                seen += session.stream(&query, 2).await?.next_batch().await?.map_or(0, |batch| batch.len());
            }
            _ => drop(db.session()?),
        }
    }
    Ok(vec![seen.to_string()])
}
