//! The same statements repeated, as in loops.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{self, rows},
    model::{User, open},
};

/// Repeated queries, changes and refused changes, one shape each with new bind values, and an object synchronized with them.
pub async fn statement_repeated() -> Saw {
    let db = open().await?;
    let session = db.begin().await?;
    let known = session.get_one::<User>(1).await?;
    let mut saw = Vec::new();
    for turn in 0..4_i64 {
        let by_id = select::<User>().filter(User::ID.eq(turn));
        let by_name = select::<User>().filter(User::NAME.eq(format!("u{turn}")));
        let found = [session.first(&by_id).await?, session.first(&by_name).await?];
        let [one, other] = found.map(|user| user.map(|user| user.name));
        let note = update::<User>().set(User::NOTE, format!("n{turn}")).filter(User::ID.eq(1));
        let changed = session.execute(&note).await?;
        let note = known.note.as_deref().unwrap_or_default();
        let count = session.count(&select::<User>().filter(User::ID.gt(turn))).await?;
        saw.push(format!("{one:?} {other:?} {changed} {note} {count}"));
    }
    // A null is a bind value like any other, and constants are part of the statement.
    for note in [Some("n3"), None, Some("n3")] {
        let noted = select_columns(User::ID).filter(User::NOTE.is_not_distinct_from(note.map(str::to_owned)));
        saw.push(rows(session.all(&noted.order_by(User::ID)).await));
    }
    for limit in [1, 2, 1, 2, 3] {
        saw.push(rows(session.all(&select_columns(User::ID).order_by(User::ID).limit(limit)).await));
    }
    session.commit().await?;
    // A refused statement fails each time with the same error.
    for name in ["u1", "u2", "u3", "u4"] {
        let twice = insert::<User>().values(&[User { name: name.to_owned(), ..User::default() }]);
        let session = db.begin().await?;
        saw.push(session.execute(&twice).await.map_or_else(|error| lines::error(&error), |count| count.to_string()));
    }
    Ok(saw)
}

/// More shapes than the statement cache keeps, each several times. Returns the number of rows found.
pub async fn statement_repeated_shapes(shapes: u32) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut found = 0;
    for turn in 0..3_i64 {
        for shape in 0..shapes {
            let ids = (0..=i64::from(shape)).map(|id| id + turn);
            found += session.all(&select_columns(User::ID).filter(User::ID.in_list(ids))).await?.len();
        }
    }
    Ok(vec![found.to_string()])
}
