//! E05: enumerations.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{self, debug, outcome},
};

#[derive(Enumeration, Clone, Copy, Debug, PartialEq)]
enum Letter {
    A,
    B,
    #[enumeration(label = "a%")]
    Percent,
    #[enumeration(label = "b%percent")]
    WithPercent,
    #[enumeration(label = "réveillé")]
    Awake,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "letters")]
struct Labelled {
    #[model(primary_key, generated)]
    id: i64,
    #[model(default = "b")]
    letter: Letter,
    maybe: Option<Letter>,
}

/// The same table, declared by a guest with other labels.
#[derive(Enumeration, Clone, Copy, Debug, PartialEq)]
enum Newer {
    A,
    New,
}

#[derive(Model, Clone)]
#[model(table = "letters")]
struct Outdated {
    #[model(primary_key, generated)]
    id: i64,
    letter: Newer,
}

/// The same table, declared by a guest without an enumeration.
#[derive(Model, Clone)]
#[model(table = "letters")]
struct Plain {
    #[model(primary_key, generated)]
    id: i64,
    letter: String,
}

pub async fn e05_labels() -> Saw {
    let db = Database::open("default", models![Labelled]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let letters = [Letter::A, Letter::B, Letter::Percent, Letter::WithPercent, Letter::Awake];
    let row = |at: usize| Labelled { id: 0, letter: letters[at], maybe: (at != 2).then_some(letters[4 - at]) };
    let rows: Vec<Labelled> = (0..5).map(row).collect();
    let stored = session.insert_many_returning(&rows).await?;
    session.commit().await?;
    let mut saw: Vec<String> = stored.iter().map(|row| debug(&(row.id, row.letter, row.maybe))).collect();
    let read = session.all(&select::<Labelled>().order_by(Labelled::ID)).await?;
    saw.push(debug(&(read == stored)));
    let like = select_columns(Labelled::ID).filter(Labelled::LETTER.eq(Letter::Percent));
    saw.push(debug(&session.all(&like).await?));
    // Refused in the guest, before anything is sent.
    saw.push(outcome(Letter::from_label("c").map(|letter| letter.label())));
    session.rollback().await?;
    // A label that this table does not have, and one that this guest does not have.
    let newer = Database::open("default", models![Outdated]).await?.session()?;
    saw.push(outcome(newer.insert_many(&[Outdated { id: 0, letter: Newer::New }]).await));
    newer.rollback().await?;
    saw.push(outcome(newer.all(&select::<Outdated>()).await.map(|rows| rows.len())));
    newer.rollback().await?;
    let plain = Database::open("default", models![Plain]).await?.session()?;
    saw.push(outcome(plain.insert_many(&[Plain { id: 0, letter: "c".to_owned() }]).await));
    Ok(saw)
}

/// With a table whose column has the database's own enumeration type, or a check.
pub async fn e05_native() -> Saw {
    let db = Database::open("default", models![Labelled]).await?;
    let session = db.session()?;
    let row = Labelled { id: 1, letter: Letter::WithPercent, maybe: Some(Letter::Awake) };
    let mut saw = vec![outcome(session.insert_many(&[row]).await)];
    let read = session.all(&select::<Labelled>().filter(Labelled::LETTER.eq(Letter::WithPercent))).await;
    saw.push(match read {
        Ok(rows) => debug(&rows),
        Err(error) => lines::error(&error),
    });
    Ok(saw)
}
