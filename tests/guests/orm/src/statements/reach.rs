//! Objects that a statement synchronizes, and objects that it does not.

use sqlservice_sdk::prelude::*;

use super::{Person, Pet, ages, people, people_with, stored};
use crate::case::{Case, count, each, kind, one, rows, same};

pub(super) async fn updates_read_other_rows(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    // A scalar subquery, a correlated one, and an `IN` subquery.
    let oldest = select_columns(max(Person::AGE)).from::<Person>();
    session.execute(&update::<Person>().set(Person::AGE, scalar(&oldest) + 1).filter(Person::ID.eq(1))).await?;
    same("the oldest", ages(&all), vec![48, 47, 29, 37])?;
    let pets = select_columns(count_all()).from::<Pet>().filter(Pet::PERSON_ID.eq(Person::ID));
    session.execute(&update::<Person>().set(Person::AGE, scalar(&pets))).await?;
    same("counted", ages(&all), vec![0, 2, 0, 0])?;
    let owners = select_columns(Pet::PERSON_ID).filter(Pet::NAME.eq("rex"));
    session.execute(&update::<Person>().set(Person::AGE, 5).filter(Person::ID.in_query(&owners))).await?;
    same("owners", ages(&all), vec![0, 5, 0, 0])?;
    // With another table.
    let named = update::<Person>()
        .from::<Pet>()
        .set(Person::NAME, Pet::NAME)
        .filter(Pet::PERSON_ID.eq(Person::ID).and(Pet::NAME.eq("tom")));
    same("joined", session.execute(&named).await?, 1)?;
    same("named", all[1].name.as_str(), "tom")?;
    session.commit().await?;
    stored(db, "rows", &[0, 5, 0, 0]).await
}

pub(super) async fn deletes_follow_with_other_sources(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let pets = session.query::<Pet>().all().await?;
    let named = delete::<Pet>().filter(Pet::PERSON_ID.in_query(&select_columns(Person::ID).filter(Person::AGE.gt(40))));
    same("by a query", session.execute(&named).await?, 2)?;
    same("gone", pets.iter().all(|pet| pet.status() == Status::Deleted), true)?;
    let lonely = select_columns(Pet::ID).filter(Pet::PERSON_ID.eq(Person::ID));
    same("by a correlated one", session.execute(&delete::<Person>().filter(exists(&lonely).not())).await?, 4)?;
    same("all gone", all.iter().all(|person| person.status() == Status::Deleted), true)?;
    session.rollback().await?;
    same("back", pets.iter().all(|pet| pet.status() == Status::Persistent), true)?;
    same("rows", (count::<Person>(db).await?, count::<Pet>(db).await?), (4, 2))
}

pub(super) async fn a_foreign_key_that_changes_unloads_the_relationship(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let pets = session.query::<Pet>().order_by(Pet::ID).with(Pet::PERSON).all().await?;
    same("before", one(&pets[0].person, |it| it.name.clone()), "jack")?;
    session.execute(&update::<Pet>().set(Pet::PERSON_ID, 1).filter(Pet::ID.eq(1))).await?;
    same("unloaded", kind(&pets[0].person.get()), "unloaded person")?;
    same("the other", one(&pets[1].person, |it| it.name.clone()), "jack")?;
    session.load(&pets, Pet::PERSON).await?;
    same("loaded", pets[0].person.get()?.is_some_and(|person| person.is(&all[0])), true)?;
    session.execute(&update::<Pet>().set(Pet::PERSON_ID, None::<i64>)).await?;
    session.load(&pets, Pet::PERSON).await?;
    same("nobody", one(&pets[0].person, |it| it.name.clone()), "-")?;
    session.rollback().await?;
    same("back", (pets[0].person_id, pets[1].person_id), (Some(2), Some(2)))
}

pub(super) async fn a_key_that_changes(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    session.execute(&update::<Person>().set(Person::ID, Person::ID + 100).filter(Person::ID.eq(1))).await?;
    // The rows cannot be matched to objects: the old object is deleted, and the row gets a new one.
    same("gone", all[0].status(), Status::Deleted)?;
    same("by the old key", session.get::<Person>(1).await?.is_none(), true)?;
    let new = session.get_one::<Person>(101).await?;
    same("by the new key", (new.is(&all[0]), new.name.as_str()), (false, "john"))?;
    session.rollback().await?;
    same("back", (all[0].status(), all[0].id), (Status::Persistent, 1))?;
    same("by the new key", session.get::<Person>(101).await?.is_none(), true)
}

pub(super) async fn deleted_rows_are_added_again(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    session.execute(&delete::<Person>().filter(Person::ID.eq(1))).await?;
    let again = session.add(Person { id: 1, name: "john".to_owned(), age: Some(1), ..Person::default() })?;
    session.flush().await?;
    same("another object", (again.is(&all[0]), session.get_one::<Person>(1).await?.is(&again)), (false, true))?;
    session.execute(&delete::<Person>().filter(Person::ID.eq(3))).await?;
    // The object of a deleted row is not added again while a rollback may restore it; a copy of its values may be.
    same("the object", kind(&session.save(&all[2]).await), "Detached")?;
    let saved = session.save(all[2].to_model()).await?;
    session.commit().await?;
    stored(db, "rows", &[1, 47, 29, 37]).await?;
    same("the old one", (all[0].status(), saved.status()), (Status::Detached, Status::Persistent))
}

pub(super) async fn synchronizing_can_be_left_out(db: &Database) -> Case {
    let without = SessionOptions { synchronize: false, ..SessionOptions::default() };
    let (session, all) = people_with(db, without).await?;
    session.execute(&update::<Person>().set(Person::AGE, 1)).await?;
    session.execute(&delete::<Person>().filter(Person::ID.eq(1))).await?;
    same("as they were", (ages(&all), all[0].status()), (vec![25, 47, 29, 37], Status::Persistent))?;
    session.refresh(&all[1]).await?;
    same("refreshed", all[1].age, Some(1))?;
    same("gone", kind(&session.refresh(&all[0]).await), "NoResult")?;
    session.expire_all();
    session.query::<Person>().all().await?;
    same("expired", (all[2].age, all[3].age), (Some(1), Some(1)))
}

pub(super) async fn returned_rows_are_followed(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let older = update::<Person>().set(Person::AGE, Person::AGE + 1).filter(Person::AGE.gt(30));
    let returned = session.all(&older.returning((Person::NAME, Person::AGE))).await;
    if !db.capabilities().contains(Capabilities::UPDATE_RETURNING) {
        same("refused", kind(&returned), "unsupported update-returning")?;
        return same("objects", ages(&all), vec![25, 47, 29, 37]);
    }
    let mut returned = returned?;
    returned.sort();
    same("returned", returned, vec![("jack".to_owned(), Some(48)), ("jane".to_owned(), Some(38))])?;
    same("objects", ages(&all), vec![25, 48, 29, 38])?;
    let whole = session.one(&update::<Person>().set(Person::AGE, 9).filter(Person::ID.eq(1)).returning_all()).await?;
    let attached = session.attach(whole);
    same("whole", (attached.is(&all[0]), all[0].age), (true, Some(9)))?;
    let gone = session.all(&delete::<Person>().filter(Person::ID.in_list([1, 3])).returning(Person::NAME)).await?;
    same("deleted", (gone.len(), all[0].status(), all[2].status()), (2, Status::Deleted, Status::Deleted))?;
    session.commit().await?;
    stored(db, "rows", &[48, 38]).await
}

pub(super) async fn a_list_is_not_told_of_a_delete(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    session.load(&all, Person::PETS).await?;
    session.execute(&delete::<Pet>().filter(Pet::NAME.eq("rex"))).await?;
    // As in SQLAlchemy: the list keeps the object until it is loaded again, and nothing of it is written.
    same("the list", all[1].pets.get()?.len(), 2)?;
    session.commit().await?;
    same("rows", count::<Pet>(db).await?, 1)?;
    session.refresh(&all[1]).await?;
    session.load(&all, Person::PETS).await?;
    same("read again", each(&all[1].pets, |pet| pet.name.clone()), "tom")
}

pub(super) async fn other_models_follow_nothing(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let pets = session.query::<Pet>().order_by(Pet::ID).all().await?;
    session.commit().await?;
    db.transaction(async |other| other.execute(&update::<Pet>().set(Pet::NAME, "behind")).await).await?;
    session.execute(&update::<Person>().set(Person::AGE, 1)).await?;
    same("people", ages(&all), vec![1; 4])?;
    // Pets are not queried.
    same("pets", pets.iter().map(|pet| pet.name.as_str()).collect::<Vec<_>>().join(" "), "rex tom")?;
    rows(db, "rows", &select_columns(Pet::NAME).distinct(), r#"["behind"]"#).await
}
