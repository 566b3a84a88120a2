//! B13 to B15: row switches, edits without a net change, and batches of rows with the same columns.

use sqlservice_sdk::prelude::*;

use super::{commit, mark};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "things")]
struct Thing {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40, unique)]
    name: String,
    #[model(length = 40)]
    note: Option<String>,
    #[model(length = 40, default = "made")]
    kind: Option<String>,
    size: f64,
    data: Vec<u8>,
    parts: Many<Part>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "parts")]
struct Part {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "things.id")]
    thing_id: Option<i64>,
    #[model(length = 40)]
    name: String,
}

fn thing(id: i64, name: &str) -> Thing {
    Thing { id, name: name.to_owned(), ..Thing::default() }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Thing, Part]).await?;
    db.create_all().await?;
    Ok(db)
}

async fn rows(db: &Database) -> Result<String, Error> {
    let rows = select_columns((Thing::ID, Thing::NAME, Thing::NOTE, Thing::KIND)).order_by(Thing::ID);
    Ok(format!("{:?}", db.session()?.all(&rows).await?))
}

/// B13: a new object with the key of a deleted one takes over its row.
pub async fn b13_row_switch() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let note = Some("kept?".to_owned());
    let part = Part { name: "part".to_owned(), ..Part::default() };
    let old = session.add(Thing { note, parts: Many::from([part]), ..thing(100, "a") })?;
    commit(&db, &session).await?;
    session.delete(&old)?;
    let new = session.add(Thing { kind: Some("made".to_owned()), ..thing(100, "b") })?;
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    let known = session.get::<Thing>(100).await?;
    saw.push(format!("{} {:?} {:?}", known.is_some_and(|it| it.is(&new)), old.status(), new.status()));
    // The common columns are equal: only columns that the new object leaves unset are written.
    session.delete(&new)?;
    let mut third = session.add(Thing { kind: Some("made".to_owned()), ..thing(100, "b") })?;
    commit(&db, &session).await?;
    third.edit().name = "c".to_owned();
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // A new object with the same unique name takes over the row by its given key.
    session.delete(&third)?;
    session.add(Thing { kind: Some("made".to_owned()), ..thing(100, "c") })?;
    session.add(thing(101, "a"))?;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// B14: edits without a net change are not written.
pub async fn b14_net_changes() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let note = Some("note".to_owned());
    let made = Thing { note, size: 0.1, data: vec![1, 2], kind: Some("k".to_owned()), ..thing(1, "a") };
    session.add(made)?;
    session.add(Thing { kind: Some("k".to_owned()), ..thing(2, "b") })?;
    commit(&db, &session).await?;
    drop(session);
    let session = db.session()?;
    let mut found = session.query::<Thing>().order_by(Thing::ID).all().await?;
    let (mut second, mut first) = (found.remove(1), found.remove(0));
    // Set to the same value.
    first.edit().name = "a".to_owned();
    first.edit().data = vec![1, 2];
    commit(&db, &session).await?;
    // Set and set back.
    first.edit().note = None;
    first.edit().note = Some("note".to_owned());
    let mut saw = vec![format!("{}", session.is_modified(&first))];
    commit(&db, &session).await?;
    // Only one of three edited columns changed, and no column of the other row.
    {
        let mut edit = first.edit();
        edit.name = "a".to_owned();
        edit.note = Some("new".to_owned());
        edit.kind = Some("k".to_owned());
    }
    second.edit().name = "b".to_owned();
    saw.push(format!("{} {}", session.is_modified(&first), session.is_modified(&second)));
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // A child removed and pushed again.
    let part = session.add(Part { name: "p".to_owned(), ..Part::default() })?;
    first.edit().parts.push(&part);
    session.commit().await?;
    session.load(std::slice::from_ref(&first), Thing::PARTS).await?;
    first.edit().parts.remove(&part);
    first.edit().parts.push(&part);
    commit(&db, &session).await?;
    saw.push(format!("{}", part.thing_id == Some(1)));
    Ok(saw)
}

/// B15: rows that send the same columns are one statement, wherever they were added.
pub async fn b15_batches() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let kind = |kind: &str| Some(kind.to_owned());
    let added = [
        thing(0, "t1"),
        thing(0, "t2"),
        thing(1003, "t3"),
        thing(1004, "t4"),
        thing(1005, "t5"),
        thing(1006, "t6"),
        Thing { kind: kind("two"), ..thing(1009, "t9") },
        Thing { kind: kind("three"), ..thing(1010, "t10") },
        thing(1011, "t11"),
    ];
    let mut things = session.add_all(added)?;
    commit(&db, &session).await?;
    let known: Vec<_> =
        things.iter().map(|thing| (thing.id, thing.name.clone(), thing.note.clone(), thing.kind.clone())).collect();
    let mut sorted = known.clone();
    sorted.sort();
    let saw = format!("{}", rows(&db).await? == format!("{sorted:?}"));
    let kinds = known.iter().filter_map(|(.., kind)| kind.as_deref()).collect::<Vec<_>>().join(" ");
    // Updates are batched by the columns that change.
    for (at, thing) in things.iter_mut().enumerate() {
        let mut edit = thing.edit();
        edit.note = (at % 2 == 0).then(|| format!("n{at}"));
        if at == 1 {
            edit.kind = None;
        }
        if at > 6 {
            edit.name = format!("new{at}");
        }
    }
    mark(&db).await?;
    session.commit().await?;
    mark(&db).await?;
    Ok(vec![saw, kinds, rows(&db).await?])
}
