//! T-61, T-67 and T-69 with objects: keys and versions set by hand, hundreds of sessions, other models' tables.

use sqlservice_sdk::prelude::*;

use super::model::{User, names, open, seen, user};
use crate::{Saw, unit_of_work::ok_or_error};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "drafts")]
struct Draft {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: i64,
    #[model(length = 40)]
    text: String,
}

/// An edited primary key is updated; a key that is taken undoes its flush, and the session stays usable.
pub async fn t67_key() -> Saw {
    let db = open(&["ed", "jo"]).await?;
    let session = db.session()?;
    let (mut ed, mut jo) = (session.get_one::<User>(1).await?, session.get_one::<User>(2).await?);
    jo.edit().age = Some(7);
    ed.edit().id = 2;
    let mut saw = vec![ok_or_error(session.flush().await)];
    ed.edit().id = 9;
    saw.push(ok_or_error(session.flush().await));
    let found = session.get::<User>(9).await?;
    saw.push(format!("{} {}", found.is_some_and(|found| found.is(&ed)), session.get::<User>(1).await?.is_none()));
    session.commit().await?;
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// Versions are counted by the flush: a version set by hand is refused, and nothing of its flush is written.
pub async fn t67_version() -> Saw {
    let db = Database::open("default", models![Draft]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let mut drafts = session.add_all([1, 2].map(|id| Draft { id, ..Draft::default() }))?;
    session.commit().await?;
    drafts[0].edit().text = "kept?".to_owned();
    drafts[1].edit().version = 7;
    let mut saw = vec![ok_or_error(session.flush().await)];
    drafts[1].edit().version = 1;
    drafts[1].edit().text = "new".to_owned();
    session.commit().await?;
    let rows = select_columns((Draft::ID, Draft::VERSION, Draft::TEXT)).order_by(Draft::ID);
    saw.push(format!("{:?}", db.session()?.all(&rows).await?));
    // No row matches: the rows are gone.
    let other = db.session()?;
    other.execute(&delete::<Draft>()).await?;
    other.commit().await?;
    drafts[0].edit().text = "late".to_owned();
    saw.push(ok_or_error(session.flush().await));
    session.rollback().await?;
    saw.push(format!("{} {}", drafts[0].text, drafts[0].version));
    Ok(saw)
}

/// Sessions opened and dropped, each with a change; half of them commit.
pub async fn t61_sessions(count: u32) -> Saw {
    let db = open(&[]).await?;
    for number in 0..count {
        let session = db.session()?;
        session.add(user(&format!("u{number}")))?;
        session.flush().await?;
        if number % 2 == 0 {
            session.commit().await?;
        }
    }
    Ok(vec![names(&db.session()?).await?.split(' ').count().to_string()])
}

/// `drop_all` drops the declared tables and no others.
pub async fn t69_others() -> Saw {
    let db = open(&["ed"]).await?;
    let other = Database::open("default", models![Draft]).await?;
    let mut saw = vec![other.create_all().await?.join(" "), other.create_all().await?.join(" ")];
    saw.push(other.drop_all().await?.join(" "));
    saw.push(seen(&db).await?);
    Ok(saw)
}
