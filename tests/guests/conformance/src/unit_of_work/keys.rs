//! Relationships by other keys: two between the same models, composite keys, text keys, and one-to-one.

use sqlservice_sdk::prelude::*;

use super::{commit, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "author_id", order_by = "title")]
    written: Many<Book>,
    #[model(foreign_key = "editor_id", order_by = "title")]
    edited: Many<Book>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "books")]
struct Book {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    title: String,
    #[model(foreign_key = "people.id")]
    author_id: Option<i64>,
    #[model(foreign_key = "people.id")]
    editor_id: Option<i64>,
    #[model(foreign_key = "author_id")]
    author: One<Person>,
    #[model(foreign_key = "editor_id")]
    editor: One<Person>,
}

/// Books with their authors and editors.
async fn books(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let found = session.query::<Book>().order_by(Book::TITLE).with(Book::AUTHOR).with(Book::EDITOR).all().await?;
    let name = |person: &One<Person>| Ok::<_, Error>(person.get()?.map_or("-".to_owned(), |it| it.name.clone()));
    let told = found.iter().map(|book| Ok(format!("{}:{}:{}", book.title, name(&book.author)?, name(&book.editor)?)));
    Ok(told.collect::<Result<Vec<_>, Error>>()?.join(" "))
}

/// Two relationships between the same two models.
pub async fn unit_keys_two_relationships() -> Saw {
    let db = Database::open("default", models![Person, Book]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let book = |title: &str| Entity::new(Book { title: title.to_owned(), ..Book::default() });
    let (x, y) = (book("x"), book("y"));
    let ed = session.add(Person { name: "ed".to_owned(), written: Many::from([&x, &y]), ..Person::default() })?;
    let jo = session.add(Person { name: "jo".to_owned(), edited: Many::from([&x]), ..Person::default() })?;
    commit(&db, &session).await?;
    let mut saw = vec![books(&db).await?];
    let mut y = y;
    y.edit().editor.set(&ed);
    let mut x = x;
    x.edit().author.set(&jo);
    commit(&db, &session).await?;
    saw.push(books(&db).await?);
    let lists = [&ed.written, &ed.edited, &jo.written, &jo.edited];
    let lists = lists.map(|list| list.get().map(|all| all.iter().map(|it| it.title.clone()).collect::<String>()));
    saw.push(format!("{lists:?}"));
    session.delete(&ed)?;
    commit(&db, &session).await?;
    saw.push(books(&db).await?);
    Ok(saw)
}

/// A composite key of two texts.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "rooms")]
struct Room {
    #[model(primary_key, length = 20)]
    house: String,
    #[model(primary_key, length = 20)]
    number: String,
    floor: i64,
    #[model(cascade = "all", order_by = "place")]
    seats: Many<Seat>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "seats", foreign_key(columns(house, number), refers = "rooms(house, number)"))]
struct Seat {
    #[model(primary_key, length = 20)]
    house: String,
    #[model(primary_key, length = 20)]
    number: String,
    #[model(primary_key)]
    place: i64,
    room: One<Room>,
}

async fn seats(db: &Database) -> Result<String, Error> {
    let seats =
        select_columns((Seat::HOUSE, Seat::NUMBER, Seat::PLACE)).order_by((Seat::HOUSE, Seat::NUMBER, Seat::PLACE));
    Ok(format!("{:?}", db.session()?.all(&seats).await?))
}

/// Composite keys, texts among them, that children copy from their parent.
pub async fn unit_keys_composite() -> Saw {
    let db = Database::open("default", models![Room, Seat]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let seat = |place| Seat { place, ..Seat::default() };
    let room = |number: &str, seats: Vec<Seat>| Room {
        house: "Ä".to_owned(),
        number: number.to_owned(),
        seats: Many::from(seats),
        ..Room::default()
    };
    let mut first = session.add(room("1", vec![seat(2), seat(1)]))?;
    session.add(room("2", vec![seat(1)]))?;
    commit(&db, &session).await?;
    let mut saw = vec![seats(&db).await?];
    let known = session.get::<Room>(("Ä", "1")).await?;
    saw.push(format!("{}", known.is_some_and(|known| known.is(&first))));
    first.edit().floor = 3;
    commit(&db, &session).await?;
    let other = db.session()?;
    let mut found = other.query::<Room>().order_by(Room::NUMBER).with(Room::SEATS).all().await?;
    let shape =
        |room: &Entity<Room>| room.seats.get().map(|seats| seats.iter().map(|seat| seat.place).collect::<Vec<_>>());
    saw.push(format!("{} {:?} {:?}", found[0].floor, shape(&found[0])?, shape(&found[1])?));
    let seat = other.get_one::<Seat>(("Ä", "2", 1_i64)).await?;
    other.load(std::slice::from_ref(&seat), Seat::ROOM).await?;
    saw.push(format!("{}", seat.room.get()?.is_some_and(|room| room.is(&found[1]))));
    other.delete(&found.remove(0))?;
    commit(&db, &other).await?;
    saw.push(seats(&db).await?);
    Ok(saw)
}

/// A country has its code as primary key.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "countries")]
struct Country {
    #[model(primary_key, length = 8)]
    code: String,
    #[model(foreign_key = "countries.code", length = 8)]
    part_of: Option<String>,
    whole: One<Country>,
    capital: One<Capital>,
}

/// The one capital of a country.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "capitals")]
struct Capital {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "countries.code", unique, length = 8)]
    country_code: Option<String>,
    country: One<Country>,
}

async fn capitals(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let countries = session.all(&select_columns((Country::CODE, Country::PART_OF)).order_by(Country::CODE)).await?;
    let capitals = select_columns((Capital::NAME, Capital::COUNTRY_CODE)).order_by(Capital::NAME);
    Ok(format!("{countries:?} {:?}", session.all(&capitals).await?))
}

/// Text keys, inserted in one statement with the rows that refer to them, and a one-to-one relationship.
pub async fn unit_keys_natural() -> Saw {
    let db = Database::open("default", models![Country, Capital]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let capital = |name: &str| Capital { name: name.to_owned(), ..Capital::default() };
    let uk = Entity::new(Country { code: "uk".to_owned(), ..Country::default() });
    let scotland = Country { code: "sco".to_owned(), whole: One::from(&uk), ..Country::default() };
    let mut scotland = session.add(scotland)?;
    scotland.edit().capital.set(capital("Edinburgh"));
    commit(&db, &session).await?;
    let mut saw = vec![capitals(&db).await?];
    let edinburgh = scotland.capital.get()?.cloned().expect("it was set");
    saw.push(format!("{}", edinburgh.country.get()?.is_some_and(|country| country.is(&scotland))));

    // Another capital replaces the first one; both sides are updated.
    let mut uk = uk;
    let mut london = session.add(capital("London"))?;
    london.edit().country.set(&uk);
    commit(&db, &session).await?;
    saw.push(format!("{:?}", uk.capital.get()?.map(|capital| capital.name.clone())));
    uk.edit().capital.clear();
    scotland.edit().capital.set(&london);
    saw.push(ok_or_error(session.flush().await).split(" columns").next().unwrap_or_default().to_owned());
    session.commit().await?;
    saw.push(capitals(&db).await?);
    let fresh = db.session()?;
    let found = fresh.query::<Country>().order_by(Country::CODE).with(Country::CAPITAL).all().await?;
    let names = found.iter().map(|it| it.capital.get().map(|it| it.map(|it| it.name.clone())));
    saw.push(format!("{:?}", names.collect::<Result<Vec<_>, _>>()?));
    Ok(saw)
}
