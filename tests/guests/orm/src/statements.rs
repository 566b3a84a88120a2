//! `dml/test_orm_upd_del_basic.py` and `dml/test_orm_upd_del_assorted.py`: update and delete statements, with which the
//! session's objects are synchronized.

mod reach;

use sqlservice_sdk::prelude::*;

use self::reach::{
    a_foreign_key_that_changes_unloads_the_relationship, a_key_that_changes, a_list_is_not_told_of_a_delete,
    deleted_rows_are_added_again, deletes_follow_with_other_sources, other_models_follow_nothing,
    returned_rows_are_followed, synchronizing_can_be_left_out, updates_read_other_rows,
};
use crate::case::{Case, cases, count, each, kind, rows, same};

cases! { [Person, Pet]:
    values_and_expressions_reach_objects, they_flush_first, pending_edits_stay, edits_of_what_is_deleted_go,
    new_objects_are_of_no_concern, expired_objects_stay_expired, deletes_reach_objects, deletes_go_back_with_a_rollback,
    updates_go_back_with_a_rollback, in_a_savepoint, all_rows, counts_are_of_matched_rows, by_a_connection_beside_it,
    prepared_changes_reach_objects, a_change_that_fails_leaves_objects,
    updates_read_other_rows, deletes_follow_with_other_sources, a_foreign_key_that_changes_unloads_the_relationship,
    a_key_that_changes, deleted_rows_are_added_again, synchronizing_can_be_left_out, returned_rows_are_followed,
    a_list_is_not_told_of_a_delete, other_models_follow_nothing,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "people")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20, unique)]
    name: String,
    age: Option<i64>,
    #[model(order_by = "id")]
    pets: Many<Pet>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "pets")]
struct Pet {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "people.id", on_update = "cascade")]
    person_id: Option<i64>,
    #[model(length = 20)]
    name: String,
    person: One<Person>,
}

/// John, jack, jill and jane of SQLAlchemy's tests; jack has two pets.
async fn people(db: &Database) -> Result<(Session, Vec<Entity<Person>>), Error> {
    people_with(db, SessionOptions::default()).await
}

async fn people_with(db: &Database, options: SessionOptions) -> Result<(Session, Vec<Entity<Person>>), Error> {
    let person = |(name, age): (&str, i64)| Person { name: name.to_owned(), age: Some(age), ..Person::default() };
    let pet = |name: &str| Pet { name: name.to_owned(), person_id: Some(2), ..Pet::default() };
    let all = [("john", 25), ("jack", 47), ("jill", 29), ("jane", 37)].map(person);
    let pets = [pet("rex"), pet("tom")];
    let fill = async |session: &Session| {
        session.insert_many(&all).await?;
        session.insert_many(&pets).await
    };
    db.transaction(async |session| fill(session).await).await?;
    let session = db.session_with(options)?;
    let found = session.query::<Person>().order_by(Person::ID).all().await?;
    Ok((session, found))
}

/// The ages of the objects.
fn ages(people: &[Entity<Person>]) -> Vec<i64> {
    people.iter().map(|person| person.age.unwrap_or_default()).collect()
}

/// The ages as another session sees them.
async fn stored(db: &Database, what: &str, wanted: &[i64]) -> Case {
    let query = select_columns(Person::AGE.or_else(0)).order_by(Person::ID);
    same(what, db.session()?.all(&query).await?, wanted.to_vec())
}

async fn values_and_expressions_reach_objects(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let older = update::<Person>().set(Person::AGE, Person::AGE - 10).filter(Person::AGE.gt(29));
    same("matched", session.execute(&older).await?, 2)?;
    same("by an expression", ages(&all), vec![25, 37, 29, 27])?;
    session.execute(&update::<Person>().set(Person::AGE, 1).filter(Person::NAME.eq("jill"))).await?;
    session.execute(&update::<Person>().set(Person::AGE, None::<i64>).filter(Person::ID.eq(1))).await?;
    same("by values", ages(&all), vec![0, 37, 1, 27])?;
    let either = when(Person::NAME.eq("jack"), Person::AGE + 100).otherwise(Person::ID * 2);
    session.execute(&update::<Person>().set(Person::AGE, either)).await?;
    same("by a choice", ages(&all), vec![2, 137, 6, 8])?;
    same("nothing to write", session.dirty().len(), 0)?;
    session.commit().await?;
    stored(db, "rows", &[2, 137, 6, 8]).await
}

async fn they_flush_first(db: &Database) -> Case {
    let (session, mut all) = people(db).await?;
    all[0].edit().age = Some(100);
    let new = session.add(Person { name: "new".to_owned(), age: Some(200), ..Person::default() })?;
    let matched =
        session.execute(&update::<Person>().set(Person::AGE, Person::AGE + 1).filter(Person::AGE.ge(100))).await?;
    same("matched", matched, 2)?;
    same("objects", (all[0].age, new.age), (Some(101), Some(201)))?;
    all[1].edit().age = Some(300);
    same("deleted", session.execute(&delete::<Person>().filter(Person::AGE.eq(201))).await?, 1)?;
    session.commit().await?;
    stored(db, "rows", &[101, 300, 29, 37]).await
}

async fn pending_edits_stay(db: &Database) -> Case {
    let without = SessionOptions { autoflush: false, ..SessionOptions::default() };
    let (session, mut all) = people_with(db, without).await?;
    all[0].edit().age = Some(50);
    all[1].edit().name = "jackie".to_owned();
    session.execute(&update::<Person>().set(Person::AGE, Person::AGE - 10)).await?;
    same("objects", (ages(&all), all[1].name.as_str()), (vec![50, 37, 19, 27], "jackie"))?;
    session.commit().await?;
    stored(db, "rows", &[50, 37, 19, 27]).await
}

async fn edits_of_what_is_deleted_go(db: &Database) -> Case {
    let without = SessionOptions { autoflush: false, ..SessionOptions::default() };
    let (session, mut all) = people_with(db, without).await?;
    all[2].edit().age = Some(50);
    same("deleted", session.execute(&delete::<Person>().filter(Person::AGE.eq(29))).await?, 1)?;
    same("status", (all[2].status(), session.dirty().len()), (Status::Deleted, 0))?;
    session.commit().await?;
    stored(db, "rows", &[25, 47, 37]).await
}

async fn new_objects_are_of_no_concern(db: &Database) -> Case {
    let without = SessionOptions { autoflush: false, ..SessionOptions::default() };
    let (session, _) = people_with(db, without).await?;
    let new = session.add(Person { name: "new".to_owned(), age: Some(1), ..Person::default() })?;
    session.execute(&update::<Person>().set(Person::AGE, 5)).await?;
    same("pending", (new.status(), new.age), (Status::Pending, Some(1)))?;
    session.commit().await?;
    stored(db, "rows", &[5, 5, 5, 5, 1]).await
}

async fn expired_objects_stay_expired(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    session.load(&all, Person::PETS).await?;
    session.expire(&all[1]);
    session.execute(&update::<Person>().set(Person::AGE, Person::AGE + 10)).await?;
    same("objects", ages(&all), vec![35, 57, 39, 47])?;
    session.commit().await?;
    // Another session's change is read only for the expired object.
    db.transaction(async |other| other.execute(&update::<Person>().set(Person::AGE, 1)).await).await?;
    let (first, second) = (session.get_one::<Person>(1).await?, session.get_one::<Person>(2).await?);
    same("read again", (first.age, second.age), (Some(35), Some(1)))?;
    same("lists", (first.pets.is_loaded(), second.pets.is_loaded()), (true, false))
}

async fn deletes_reach_objects(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let young = delete::<Person>().filter(Person::AGE.lt(30).or(Person::NAME.eq("jane")));
    same("deleted", session.execute(&young).await?, 3)?;
    let statuses: Vec<Status> = all.iter().map(Entity::status).collect();
    same("statuses", statuses, vec![Status::Deleted, Status::Persistent, Status::Deleted, Status::Deleted])?;
    same("contained", (session.contains(&all[0]), session.contains(&all[1])), (false, true))?;
    same("found", session.get::<Person>(1).await?.is_none(), true)?;
    session.commit().await?;
    same("detached", all[0].status(), Status::Detached)?;
    stored(db, "rows", &[47]).await
}

async fn deletes_go_back_with_a_rollback(db: &Database) -> Case {
    let (session, mut all) = people(db).await?;
    session.execute(&delete::<Person>().filter(Person::NAME.eq("john"))).await?;
    session.rollback().await?;
    same("back", (all[0].status(), session.contains(&all[0])), (Status::Persistent, true))?;
    same("known", session.get_one::<Person>(1).await?.is(&all[0]), true)?;
    all[0].edit().age = Some(26);
    session.commit().await?;
    stored(db, "rows", &[26, 47, 29, 37]).await
}

async fn updates_go_back_with_a_rollback(db: &Database) -> Case {
    let (session, mut all) = people(db).await?;
    session.execute(&update::<Person>().set(Person::AGE, Person::AGE * 2)).await?;
    all[0].edit().age = Some(1);
    session.flush().await?;
    session.execute(&update::<Person>().set(Person::AGE, Person::AGE * 2)).await?;
    same("twice", ages(&all), vec![2, 188, 116, 148])?;
    session.rollback().await?;
    same("back", ages(&all), vec![25, 47, 29, 37])?;
    session.commit().await?;
    stored(db, "rows", &[25, 47, 29, 37]).await
}

async fn in_a_savepoint(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    session.execute(&update::<Person>().set(Person::AGE, 1).filter(Person::ID.eq(1))).await?;
    let savepoint = session.begin_nested().await?;
    session.execute(&update::<Person>().set(Person::AGE, 2).filter(Person::ID.le(2))).await?;
    session.execute(&delete::<Person>().filter(Person::ID.eq(3))).await?;
    same("inside", (ages(&all[..2]), all[2].status()), (vec![2, 2], Status::Deleted))?;
    savepoint.rollback().await?;
    same("outside", (ages(&all), all[2].status()), (vec![1, 47, 29, 37], Status::Persistent))?;
    session
        .nested(async |session| session.execute(&delete::<Person>().filter(Person::ID.eq(4))).await.map(drop))
        .await?;
    session.commit().await?;
    stored(db, "rows", &[1, 47, 29]).await
}

async fn all_rows(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    same("updated", session.execute(&update::<Person>().set(Person::AGE, 42)).await?, 4)?;
    same("objects", ages(&all), vec![42; 4])?;
    session.execute(&delete::<Pet>()).await?;
    same("deleted", session.execute(&delete::<Person>()).await?, 4)?;
    same("gone", all.iter().all(|person| person.status() == Status::Deleted), true)?;
    session.commit().await?;
    same("rows", count::<Person>(db).await?, 0)
}

async fn counts_are_of_matched_rows(db: &Database) -> Case {
    let (session, _) = people(db).await?;
    // A row that keeps its value counts as matched.
    same("the same", session.execute(&update::<Person>().set(Person::AGE, Person::AGE)).await?, 4)?;
    same("none", session.execute(&update::<Person>().set(Person::AGE, 0).filter(Person::ID.gt(90))).await?, 0)?;
    same("deleted", session.execute(&delete::<Pet>().filter(Pet::PERSON_ID.eq(2))).await?, 2)?;
    same("again", session.execute(&delete::<Pet>().filter(Pet::PERSON_ID.eq(2))).await?, 0)
}

async fn by_a_connection_beside_it(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    session.commit().await?;
    let connection = db.connect().await?;
    connection.execute(&update::<Person>().set(Person::AGE, 5)).await?;
    connection.commit().await?;
    // A connection's changes are not synchronized.
    same("objects", ages(&all), vec![25, 47, 29, 37])?;
    session.expire_all();
    session.query::<Person>().all().await?;
    same("read again", ages(&all), vec![5; 4])
}

async fn prepared_changes_reach_objects(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let change = update::<Person>().set(Person::AGE, parameter::<i64>(0)).filter(Person::ID.eq(parameter::<i64>(1)));
    let change = session.prepare_change(&change).await?;
    for (age, id) in [(10_i64, 1_i64), (20, 2)] {
        same("matched", session.execute(&change.bind(params![age, id])).await?, 1)?;
    }
    same("objects", ages(&all), vec![10, 20, 29, 37])?;
    session.commit().await?;
    stored(db, "rows", &[10, 20, 29, 37]).await
}

async fn a_change_that_fails_leaves_objects(db: &Database) -> Case {
    let (session, all) = people(db).await?;
    let twice = session.execute(&update::<Person>().set(Person::NAME, "same")).await;
    same("refused", kind(&twice), "unique")?;
    session.rollback().await?;
    same("objects", all.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" "), "john jack jill jane")?;
    let of_jack = session.execute(&delete::<Person>().filter(Person::ID.eq(2))).await;
    same("referred to", kind(&of_jack), "foreign key")?;
    session.rollback().await?;
    session.load(&all, Person::PETS).await?;
    same("pets", each(&all[1].pets, |pet| pet.name.clone()), "rex tom")?;
    rows(db, "rows", &select_columns(count_all()).from::<Person>(), "[4]").await
}
