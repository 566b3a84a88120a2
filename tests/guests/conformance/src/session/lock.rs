//! C16 and T-65: locked rows.

use futures::join;
use sqlservice_sdk::prelude::*;

use super::model::{User, open, seen};
use crate::{Saw, unit_of_work::ok_or_error};

fn no_wait() -> Lock {
    Lock { no_wait: true, ..Lock::default() }
}

/// The first user, locked.
async fn locked(session: &Session, lock: Lock) -> Result<Entity<User>, Error> {
    session.query::<User>().filter(User::ID.eq(1)).lock(lock).one().await
}

/// A `no_wait` lock of a locked row is refused; a later lock reads the row again.
pub async fn c16_locked() -> Saw {
    let db = open(&["u1", "u2"]).await?;
    let (first, second) = (db.session()?, db.session()?);
    let known = second.get_one::<User>(1).await?;
    second.commit().await?;
    let mut held = match locked(&first, Lock::default()).await {
        Ok(held) => held,
        refused => return Ok(vec![ok_or_error(refused)]),
    };
    let mut saw = vec![ok_or_error(locked(&second, no_wait()).await)];
    second.rollback().await?;
    let skipped = Lock { skip_locked: true, ..Lock::default() };
    saw.push(ok_or_error(locked(&second, skipped).await));
    second.rollback().await?;
    held.edit().name = "changed".to_owned();
    first.commit().await?;
    let after = locked(&second, no_wait()).await?;
    saw.push(format!("{} {}", after.is(&known), known.name));
    Ok(saw)
}

/// Two sessions that wait for each other: one is refused, and is usable again after a rollback.
pub async fn t65_deadlock() -> Saw {
    let db = open(&["u1", "u2"]).await?;
    let (first, second) = (db.session()?, db.session()?);
    let mut ones = first.query::<User>().order_by(User::ID).all().await?;
    let mut others = second.query::<User>().order_by(User::ID).all().await?;
    ones[0].edit().name = "first".to_owned();
    first.flush().await?;
    others[1].edit().name = "second".to_owned();
    second.flush().await?;
    ones[1].edit().name = "first too".to_owned();
    others[0].edit().name = "second too".to_owned();
    let (one, other) = join!(async { (first.flush().await, first.rollback().await) }, async {
        (second.flush().await, second.rollback().await)
    });
    let failed: Vec<&Error> = [&one.0, &other.0].into_iter().filter_map(|end| end.as_ref().err()).collect();
    let mut saw = vec![format!("{} {}", failed.len(), failed.iter().all(|error| error.is_retryable()))];
    saw.push(format!("{} {}", one.1.is_ok(), other.1.is_ok()));
    saw.push(format!("{} {} {} {}", ones[0].name, ones[1].name, others[0].name, others[1].name));
    for (session, objects) in [(&first, &mut ones), (&second, &mut others)] {
        objects[0].edit().name.push('x');
        session.commit().await?;
        session.expire_all();
    }
    saw.push(seen(&db).await?);
    Ok(saw)
}
