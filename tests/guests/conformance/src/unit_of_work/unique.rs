//! Unique values that one row frees and another one takes, in one flush.

use sqlservice_sdk::prelude::*;

use super::{commit, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40, unique)]
    name: String,
    #[model(unique)]
    seat: Option<i32>,
    #[model(version)]
    version: i64,
    #[model(cascade = "all, delete-orphan")]
    badge: One<Badge>,
    locker: One<Locker>,
}

/// The badge of a person, which cannot be without one.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "badges")]
struct Badge {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "people.id", unique)]
    person_id: i64,
    #[model(length = 40)]
    text: String,
}

/// The locker of a person, or of none.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "lockers")]
struct Locker {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "people.id", unique)]
    person_id: Option<i64>,
    #[model(length = 40)]
    text: String,
}

async fn open() -> Result<(Database, Session), Error> {
    let db = Database::open("default", models![Person, Badge, Locker, Place, Code]).await?;
    db.create_all().await?;
    let session = db.session()?;
    Ok((db, session))
}

fn person(name: &str, seat: i32) -> Person {
    Person { name: name.to_owned(), seat: Some(seat), ..Person::default() }
}

/// Names and seats, ordered by key.
async fn people(db: &Database) -> Result<String, Error> {
    let people = select_columns((Person::NAME, Person::SEAT, Person::VERSION)).order_by(Person::ID);
    let people = db.session()?.all(&people).await?;
    let told = people.iter().map(|(name, seat, version)| format!("{name}:{}:{version}", seat.unwrap_or_default()));
    Ok(told.collect::<Vec<_>>().join(" "))
}

/// Inserts take the values that an update and a delete free.
pub async fn unique_freed() -> Saw {
    let (db, session) = open().await?;
    let mut ed = session.add(person("ed", 1))?;
    let jo = session.add(person("jo", 2))?;
    commit(&db, &session).await?;
    session.add(person("ed", 3))?;
    ed.edit().name = "al".to_owned();
    commit(&db, &session).await?;
    let mut saw = vec![people(&db).await?];
    session.add(person("jo", 2))?;
    session.delete(&jo)?;
    commit(&db, &session).await?;
    saw.push(people(&db).await?);
    // An update takes the value that a delete frees.
    let gone = session.query::<Person>().filter(Person::NAME.eq("jo")).one().await?;
    session.delete(&gone)?;
    ed.edit().name = "jo".to_owned();
    commit(&db, &session).await?;
    saw.push(people(&db).await?);
    Ok(saw)
}

/// Rows swap their values, three of them in a ring, in not-null texts and in nullable numbers; and a chain.
pub async fn unique_swapped() -> Saw {
    let (db, session) = open().await?;
    let mut all = Vec::new();
    for (name, seat) in [("a", 1), ("b", 2), ("c", 3)] {
        all.push(session.add(person(name, seat))?);
    }
    commit(&db, &session).await?;
    let mut saw = Vec::new();
    for (names, seats) in [(["b", "a", "c"], [1, 2, 3]), (["c", "b", "a"], [2, 3, 1]), (["d", "c", "b"], [3, 4, 5])] {
        for ((person, name), seat) in all.iter_mut().zip(names).zip(seats) {
            let mut person = person.edit();
            (person.name, person.seat) = (name.to_owned(), Some(seat));
        }
        commit(&db, &session).await?;
        saw.push(people(&db).await?);
        saw.push(all.iter().map(|person| format!("{}:{}", person.name, person.version)).collect::<Vec<_>>().join(" "));
    }
    // A swap that is rolled back.
    for (person, name) in all.iter_mut().zip(["b", "d", "c"]) {
        person.edit().name = name.to_owned();
    }
    session.flush().await?;
    session.rollback().await?;
    saw.push(all.iter().map(|person| person.name.clone()).collect::<String>());
    saw.push(people(&db).await?);
    Ok(saw)
}

/// Real violations: a value that another row keeps, and a value that two rows take.
pub async fn unique_kept() -> Saw {
    let (db, session) = open().await?;
    let mut ed = session.add(person("ed", 1))?;
    let mut jo = session.add(person("jo", 2))?;
    commit(&db, &session).await?;
    let mut saw = Vec::new();
    ed.edit().name = "jo".to_owned();
    jo.edit().seat = Some(3);
    saw.push(ok_or_error(session.flush().await).split(' ').take(2).collect::<Vec<_>>().join(" "));
    session.rollback().await?;
    ed.edit().name = "x".to_owned();
    jo.edit().name = "x".to_owned();
    session.add(person("ed", 9))?;
    saw.push(ok_or_error(session.flush().await).split(' ').take(2).collect::<Vec<_>>().join(" "));
    session.rollback().await?;
    saw.push(people(&db).await?);
    Ok(saw)
}

async fn one_each(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let badges = session.all(&select_columns((Badge::TEXT, Badge::PERSON_ID)).order_by(Badge::TEXT)).await?;
    let lockers = session.all(&select_columns((Locker::TEXT, Locker::PERSON_ID)).order_by(Locker::TEXT)).await?;
    Ok(format!("{badges:?} {lockers:?}"))
}

/// A one-to-one row is replaced: the old one is deleted, or loses its owner. Two people swap theirs.
pub async fn unique_replaced() -> Saw {
    let (db, session) = open().await?;
    let badge = |text: &str| Badge { text: text.to_owned(), ..Badge::default() };
    let locker = |text: &str| Locker { text: text.to_owned(), ..Locker::default() };
    let mut ed = session.add(person("ed", 1))?;
    let mut jo = session.add(person("jo", 2))?;
    for (person, text) in [(&mut ed, "1"), (&mut jo, "2")] {
        person.edit().badge.set(badge(text));
        person.edit().locker.set(locker(text));
    }
    commit(&db, &session).await?;
    ed.edit().badge.set(badge("3"));
    ed.edit().locker.set(locker("3"));
    commit(&db, &session).await?;
    let mut saw = vec![one_each(&db).await?];
    // Lockers may lose their owner in between.
    let (mine, yours) = (ed.locker.get()?.cloned(), jo.locker.get()?.cloned());
    ed.edit().locker.set(yours.ok_or(Error::NoResult)?);
    jo.edit().locker.set(mine.ok_or(Error::NoResult)?);
    commit(&db, &session).await?;
    saw.push(one_each(&db).await?);
    saw.push(format!("{:?}", ed.locker.get()?.map(|locker| locker.text.clone())));
    Ok(saw)
}

/// Positions in a list, each unique.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "places", unique(columns(list, position)))]
struct Place {
    #[model(primary_key, generated)]
    id: i64,
    list: i64,
    position: i16,
    #[model(length = 10)]
    text: String,
}

/// A new first position: all others move on; then the last one moves to the front.
pub async fn unique_positions() -> Saw {
    let (db, session) = open().await?;
    let place = |list, position, text: &str| Place { list, position, text: text.to_owned(), ..Place::default() };
    let mut all = Vec::new();
    for (at, text) in (1..).zip(["a", "b", "c", "d"]) {
        all.push(session.add(place(1, at, text))?);
        session.add(place(2, at, text))?;
    }
    commit(&db, &session).await?;
    all.iter_mut().for_each(|place| place.edit().position += 1);
    session.add(place(1, 1, "x"))?;
    commit(&db, &session).await?;
    let texts = async || {
        let texts = select_columns(Place::TEXT).order_by((Place::LIST, Place::POSITION));
        Ok::<_, Error>(db.session()?.all(&texts).await?.concat())
    };
    let mut saw = vec![texts().await?];
    for (at, place) in (2..).zip(&mut all) {
        place.edit().position = if at == 5 { 2 } else { at + 1 };
    }
    commit(&db, &session).await?;
    saw.push(texts().await?);
    Ok(saw)
}

/// A composite key of two numbers, one of which is the row's status.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "codes")]
struct Code {
    #[model(primary_key)]
    code: i64,
    #[model(primary_key)]
    status: i64,
    #[model(length = 10)]
    text: String,
}

/// Primary keys that rows pass on, swap, and take from deleted rows.
pub async fn unique_keys() -> Saw {
    let (db, session) = open().await?;
    let code = |status, text: &str| Code { code: 1, status, text: text.to_owned() };
    let mut published = session.add(code(1, "p"))?;
    let mut editable = session.add(code(2, "e"))?;
    commit(&db, &session).await?;
    let mut saw = Vec::new();
    let known = async || {
        let rows = select_columns((Code::STATUS, Code::TEXT)).order_by(Code::STATUS);
        let rows = db.session()?.all(&rows).await?;
        let mut told = format!("{rows:?}");
        for status in 1..=3_i64 {
            let found = session.get::<Code>((1_i64, status)).await?;
            told.push_str(&format!(" {}", found.map_or("-".to_owned(), |code| code.text.clone())));
        }
        Ok::<_, Error>(told)
    };
    for (p, e) in [(3, 1), (1, 2), (2, 1)] {
        published.edit().status = p;
        editable.edit().status = e;
        commit(&db, &session).await?;
        saw.push(known().await?);
    }
    let savepoint = session.begin_nested().await?;
    published.edit().status = 1;
    editable.edit().status = 2;
    savepoint.release().await?;
    session.rollback().await?;
    saw.push(format!("{} {} {}", published.status, editable.status, known().await?));
    // The key of a deleted row.
    session.delete(&editable)?;
    published.edit().status = 1;
    commit(&db, &session).await?;
    saw.push(known().await?);
    Ok(saw)
}
