//! Resources and tasks that are left open.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sqlservice_sdk::prelude::*;

use crate::{
    lines,
    model::{User, add, open},
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

/// Opens sessions up to the limit, then cursors.
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
    let mut saw = vec![format!("{} sessions, then {}", sessions.len(), lines::error(&refused))];
    sessions.truncate(1);
    // Dropped sessions can be opened again.
    sessions.push(db.session()?);
    let one = sessions.remove(0);
    saw.push(one.all(&select_columns(User::ID)).await?.len().to_string());
    Ok(saw)
}

/// The count of a task that was left behind. A writing task sets 1 if it was refused, and 2 if it committed.
static COUNTED: AtomicU32 = AtomicU32::new(0);

/// Ends its call and leaves a task behind.
pub async fn task(how: &str) -> Result<Vec<String>, Error> {
    const MOMENT: Duration = Duration::from_millis(1);
    match how {
        "counts" => spawn(async {
            loop {
                COUNTED.fetch_add(1, Ordering::Relaxed);
                sleep(MOMENT).await;
            }
        }),
        "spins" => spawn(async {
            sleep(MOMENT).await;
            loop {
                COUNTED.fetch_add(1, Ordering::Relaxed);
            }
        }),
        _ => {
            let session = open().await?.begin().await?;
            add(&session, 900).await?;
            spawn(async move {
                sleep(MOMENT).await;
                let ended = match add(&session, 901).await {
                    Ok(_) => session.commit().await,
                    Err(error) => Err(error),
                };
                COUNTED.store(if ended.is_ok() { 2 } else { 1 }, Ordering::Relaxed);
            });
        }
    }
    Ok(Vec::new())
}

pub async fn count(ms: u32) -> u32 {
    sleep(Duration::from_millis(ms.into())).await;
    COUNTED.load(Ordering::Relaxed)
}
