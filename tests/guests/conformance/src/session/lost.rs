//! T-59, T-60 and T-66 with objects: transactions that take too long, a pool that is empty, connections that are gone.

use std::{cell::RefCell, time::Duration};

use sqlservice_sdk::{Rows, prelude::*};

use super::model::{Address, User, address, open, seen, user};
use crate::{Saw, unit_of_work::ok_or_error};

/// A transaction over the host's time limit is rolled back, and so are its objects.
pub async fn t59_too_long(milliseconds: u64) -> Saw {
    let db = open(&["ed"]).await?;
    let session = db.session()?;
    let mut ed = session.get_one::<User>(1).await?;
    ed.edit().name = "eddy".to_owned();
    let jo = session.add(user("jo"))?;
    session.flush().await?;
    sleep(Duration::from_millis(milliseconds)).await;
    ed.edit().age = Some(7);
    let mut saw = vec![ok_or_error(session.commit().await), ok_or_error(session.flush().await)];
    session.rollback().await?;
    saw.push(format!("{} {:?} {:?}", ed.name, ed.age, jo.status()));
    ed.edit().name.push('x');
    session.save(&jo).await?;
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// A session that gets no connection loses nothing: it writes its changes once a connection is free.
pub async fn t60_starved() -> Saw {
    let db = open(&["ed"]).await?;
    let (first, second) = (db.session()?, db.session()?);
    let mut ed = first.get_one::<User>(1).await?;
    ed.edit().name = "eddy".to_owned();
    first.flush().await?;
    // The first session holds the only connection.
    let jo = second.add(user("jo"))?;
    let mut saw =
        vec![ok_or_error(second.flush().await), ok_or_error(second.commit().await), format!("{:?}", jo.status())];
    first.commit().await?;
    second.commit().await?;
    saw.push(format!("{:?} {}", jo.status(), jo.id));
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// State that the guest keeps between two calls.
struct Held {
    db: Database,
    session: Session,
    ed: Entity<User>,
    jo: Entity<User>,
    /// The session that reads the rows.
    reader: Session,
    rows: Rows<String>,
}

thread_local! {
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// Leaves one session with edits after a flush, and another one in the middle of a large result set.
pub async fn t66_hold() -> Saw {
    let db = open(&["ed"]).await?;
    // The cross join of users and addresses: a gigabyte, more than all buffers between the two ends hold.
    let users: Vec<User> = (0..5_000).map(|n| user(&format!("{n:040}"))).collect();
    let addresses: Vec<Address> = (0..5_000).map(|n| address(&format!("{n}@example.org"))).collect();
    db.transaction(async |session| {
        session.insert_many(&users).await?;
        session.insert_many(&addresses).await
    })
    .await?;
    let session = db.session()?;
    let mut ed = session.get_one::<User>(1).await?;
    ed.edit().name = "eddy".to_owned();
    let jo = session.add(user("jo"))?;
    session.flush().await?;
    ed.edit().age = Some(7);
    let reader = db.session()?;
    let mut rows = reader.stream(&select_columns(User::NAME).cross_join::<Address>(), 100).await?;
    let first = rows.next_batch().await?.map_or(0, |rows| rows.len());
    HELD.set(Some(Held { db, session, ed, jo, reader, rows }));
    Ok(vec![first.to_string()])
}

/// Goes on after both connections were killed.
pub async fn t66_go_on() -> Saw {
    let Some(Held { db, session, mut ed, jo, reader, mut rows }) = HELD.take() else {
        return Err(Error::other("nothing is held"));
    };
    let ended = async {
        while rows.next_batch().await?.is_some() {}
        Ok(())
    };
    let mut saw = vec![ok_or_error(ended.await), ok_or_error(session.commit().await)];
    reader.rollback().await?;
    session.rollback().await?;
    saw.push(format!("{} {:?} {:?}", ed.name, ed.age, jo.status()));
    ed.edit().name.push('x');
    session.save(&jo).await?;
    session.commit().await?;
    let few = select_columns(User::NAME).filter(User::ID.le(1).or(User::ID.gt(5_001))).order_by(User::ID);
    saw.push(db.session()?.all(&few).await?.join(" "));
    Ok(saw)
}
