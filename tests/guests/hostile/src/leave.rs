//! Things that are left open.

use sqlservice_sdk::prelude::*;

use crate::{
    model::{User, add, open},
    told,
};

pub async fn sessions(count: u32) -> Result<Vec<String>, Error> {
    let db = open().await?;
    let mut left = Vec::new();
    for number in 0..count {
        let options = TransactionOptions { read_only: number > 0, ..TransactionOptions::default() };
        let session = db.begin_with(options).await?;
        if number == 0 {
            add(&session, 900).await?;
        }
        left.push(session);
    }
    let saw = vec![left.len().to_string()];
    std::mem::forget(left);
    std::mem::forget(db);
    Ok(saw)
}

/// Takes as many sessions as there are, then as many cursors.
pub async fn until_refused() -> Result<Vec<String>, Error> {
    let db = open().await?;
    let mut sessions = Vec::new();
    let refused = loop {
        match db.session() {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
        if sessions.len() > 100_000 {
            return Err(Error::other("nobody refuses sessions"));
        }
    };
    let mut saw = vec![format!("{} sessions, then {}", sessions.len(), told::error(&refused))];
    sessions.truncate(1);
    // Those that were dropped can be had again.
    sessions.push(db.session()?);
    let one = sessions.remove(0);
    saw.push(one.all(&select_columns(User::ID)).await?.len().to_string());
    Ok(saw)
}
