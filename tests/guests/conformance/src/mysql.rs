//! Generated keys, with and without support for returning inserted rows: plugins see the same.

use sqlservice_sdk::{prelude::*, raw};

use crate::{Saw, lines::outcome};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "parcels")]
struct Parcel {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(length = 20, default = "new")]
    state: Option<String>,
    #[model(order_by = "position")]
    items: Many<Item>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "parcel_items")]
struct Item {
    #[model(primary_key, foreign_key = "parcels.id")]
    parcel_id: i64,
    #[model(primary_key)]
    position: i32,
    #[model(length = 20, default = "one")]
    count: Option<String>,
}

/// A row whose key is given.
#[derive(Model, Clone, Debug)]
#[model(table = "places")]
struct Place {
    #[model(primary_key, length = 20)]
    name: String,
    #[model(default = 7)]
    level: Option<i64>,
}

fn parcel(name: &str) -> Parcel {
    Parcel { name: name.to_owned(), ..Parcel::default() }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Parcel, Item, Place]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The server's dialect, and whether it returns inserted rows.
pub async fn mysql_who() -> Saw {
    let db = open().await?;
    Ok(vec![
        format!("Dialect::{:?}", db.dialect()),
        db.capabilities().contains(Capabilities::INSERT_RETURNING).to_string(),
    ])
}

/// Whether each key belongs to the row that it was returned for.
async fn check(db: &Database, given: &[(i64, String)]) -> Result<String, Error> {
    let stored = db.session()?.all(&select_columns((Parcel::ID, Parcel::NAME))).await?;
    let wrong: Vec<_> = given.iter().filter(|row| !stored.contains(row)).collect();
    Ok(if wrong.is_empty() { "as stored".to_owned() } else { format!("{wrong:?} of {stored:?}") })
}

/// One row, many rows, objects with children, and rows with given keys.
pub async fn mysql_keys() -> Saw {
    let db = open().await?;
    let mut saw = Vec::new();
    let one = db.transaction(async |session| session.insert(&parcel("one")).await).await?;
    saw.push(format!("{} {:?}", check(&db, &[(one.id, one.name.clone())]).await?, one.state));
    let rows: Vec<Parcel> = (0..2_500).map(|number| parcel(&format!("many {number}"))).collect();
    let many = db.transaction(async |session| session.insert_many_returning(&rows).await).await?;
    let keys: Vec<(i64, String)> = many.iter().map(|row| (row.id, row.name.clone())).collect();
    let in_order = many.iter().zip(&rows).all(|(stored, row)| stored.name == row.name);
    saw.push(format!("{} {in_order} {} {:?}", many.len(), check(&db, &keys).await?, many[2_499].state));
    let session = db.session()?;
    let mut parcels = Vec::new();
    for number in 0..20 {
        let items = (1..=3).map(|position| Entity::new(Item { position, ..Item::default() })).collect::<Vec<_>>();
        let row = Parcel { items: items.iter().collect(), ..parcel(&format!("object {number}")) };
        parcels.push((session.add(row)?, items));
    }
    session.commit().await?;
    let keys: Vec<(i64, String)> = parcels.iter().map(|(row, _)| (row.id, row.name.clone())).collect();
    let right = |(parcel, items): &(Entity<Parcel>, Vec<Entity<Item>>)| {
        items.iter().all(|item| item.parcel_id == parcel.id && item.count.as_deref() == Some("one"))
    };
    saw.push(format!("{} {}", check(&db, &keys).await?, parcels.iter().all(right)));
    let place = |name: &str| Place { name: name.to_owned(), level: None };
    let session = db.session()?;
    let given = session.add(place("a"))?;
    session.commit().await?;
    saw.push(format!("{:?}", given.level));
    let none = db.transaction(async |session| session.insert_many_returning::<Parcel>(&[]).await).await?;
    saw.push(none.len().to_string());
    let twice =
        db.transaction(async |session| session.insert(&Place { name: "a".to_owned(), level: Some(1) }).await).await;
    saw.push(twice.is_err_and(|error| error.is_unique_violation()).to_string());
    let text = insert::<Parcel>().values(&[parcel("text")]).returning(Parcel::ID);
    let text = db.transaction(async |session| session.one(&text).await).await;
    saw.push(outcome(text.map(|key| if key > 0 { "a key" } else { "none" })));
    Ok(saw)
}

/// Keys with an increment above 1, as on servers that share a table, set here by the guest's own SQL.
pub async fn mysql_steps() -> Saw {
    let db = open().await?;
    let session = db.begin().await?;
    raw::execute(&session, "SET SESSION auto_increment_increment = 7, SESSION auto_increment_offset = 3", params![])
        .await?;
    let rows: Vec<Parcel> = (0..50).map(|number| parcel(&format!("apart {number}"))).collect();
    let many = session.insert_many_returning(&rows).await?;
    session.commit().await?;
    let keys: Vec<(i64, String)> = many.iter().map(|row| (row.id, row.name.clone())).collect();
    let apart = many.windows(2).all(|pair| pair[1].id - pair[0].id == 7);
    let next = db.transaction(async |session| session.insert_many_returning(&rows[..2]).await).await?;
    Ok(vec![format!("{apart} {}", check(&db, &keys).await?), (next[1].id - next[0].id).to_string()])
}

/// Inserts while others insert into the same table.
pub async fn mysql_together(name: String, rows: u32) -> Saw {
    let db = open().await?;
    let mut keys = Vec::new();
    for round in 0..rows {
        let rows: Vec<Parcel> = (0..100).map(|number| parcel(&format!("{name} {round} {number}"))).collect();
        let many = db.transaction(async |session| session.insert_many_returning(&rows).await).await?;
        keys.extend(many.iter().zip(rows).map(|(stored, row)| (stored.id, row.name)));
    }
    Ok(vec![check(&db, &keys).await?])
}

/// A table that already exists.
#[derive(Model, Clone, Debug)]
#[model(table = "labels")]
struct Label {
    #[model(primary_key, length = 20)]
    name: String,
    text: String,
}

/// A new table that refers to it.
#[derive(Model, Clone, Debug)]
#[model(table = "labelled")]
struct Labelled {
    #[model(primary_key)]
    id: i64,
    #[model(length = 20, foreign_key = "labels.name")]
    label: String,
    #[model(length = 20, unique)]
    note: String,
}

/// New tables beside one with another collation.
pub async fn mysql_existing(collation: String) -> Saw {
    let db = Database::open("default", models![Label, Labelled]).await?;
    let (characters, _) = collation.split_once('_').unwrap_or_default();
    let table = format!(
        "CREATE TABLE labels (name VARCHAR(20) NOT NULL PRIMARY KEY, text LONGTEXT NOT NULL) \
         CHARACTER SET {characters} COLLATE {collation}"
    );
    raw::execute(&db.session()?, &table, params![]).await?;
    let mut saw = vec![db.create_all().await?.join(" ")];
    let label = |name: &str| Label { name: name.to_owned(), text: format!("of {name}") };
    let labelled = |id, label: &str, note: &str| Labelled { id, label: label.to_owned(), note: note.to_owned() };
    let session = db.begin().await?;
    session.insert_many(&[label("a"), label("b")]).await?;
    session.insert_many(&[labelled(1, "a", "x"), labelled(2, "a", "x "), labelled(3, "b", "X")]).await?;
    saw.push(format!("{:?}", session.get::<Label>("a".to_owned()).await?.map(|found| found.text.clone())));
    let joined = select_columns((Labelled::ID, Label::TEXT)).from::<Labelled>();
    let joined = joined.join::<Label>(Label::NAME.eq(Labelled::LABEL)).order_by(Labelled::ID);
    saw.push(format!("{:?}", session.all(&joined).await?));
    let of_a = select_columns(Label::NAME).filter(Label::TEXT.eq("of a"));
    let found = select_columns(Labelled::ID).filter(Labelled::LABEL.in_query(&of_a)).order_by(Labelled::ID);
    saw.push(format!("{:?}", session.all(&found).await?));
    let noted = select_columns(Labelled::ID).filter(Labelled::NOTE.in_list(["x", "X"])).order_by(Labelled::ID);
    saw.push(format!("{:?}", session.all(&noted).await?));
    let gone = session.execute(&delete::<Label>().filter(Label::NAME.eq("b"))).await;
    saw.push(gone.is_err_and(|error| matches!(error, Error::Integrity(_))).to_string());
    session.rollback().await?;
    Ok(saw)
}
