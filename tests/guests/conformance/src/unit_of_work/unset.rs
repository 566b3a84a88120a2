//! Unset columns of a new row: one rule for all kinds of insert.

use sqlservice_sdk::prelude::*;

use super::{mark, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "tasks")]
struct Task {
    #[model(primary_key)]
    id: i64,
    #[model(default = true)]
    open: Auto<bool>,
    #[model(length = 10, default = "new")]
    state: Option<String>,
    #[model(default = 7)]
    weight: Option<i64>,
    #[model(default = now)]
    made: Option<Timestamp>,
    #[model(default = 5)]
    plain: i64,
    note: Option<i64>,
}

fn task(id: i64) -> Task {
    Task { id, ..Task::default() }
}

/// A task with every column set, none to its default.
fn full(id: i64) -> Task {
    let made = Some(Timestamp::from_microseconds(0));
    Task { open: false.into(), state: Some("x".to_owned()), weight: Some(0), made, plain: 1, note: Some(2), ..task(id) }
}

async fn rows(db: &Database) -> Result<Vec<String>, Error> {
    let session = db.session()?;
    let rows = session.all(&select::<Task>().order_by(Task::ID)).await?;
    let told = rows.iter().map(|task| {
        let Task { id, open, state, weight, made, plain, note } = task;
        let made = made.is_some_and(|made| made.microseconds() > 0);
        format!(
            "{id} {:?} {} {} {made} {plain} {note:?}",
            open.get(),
            state.as_deref().unwrap_or("-"),
            weight.unwrap_or(-1)
        )
    });
    Ok(told.collect())
}

/// The same row by each kind of insert.
pub async fn unset_ways(way: String) -> Saw {
    let db = Database::open("default", models![Task]).await?;
    db.create_all().await?;
    let session = db.session()?;
    match way.as_str() {
        "add" => {
            session.add(task(1))?;
            session.add(full(2))?;
            session.commit().await?;
        }
        "save" => {
            session.save(task(1)).await?;
            session.save(full(2)).await?;
            session.commit().await?;
        }
        "insert" => {
            let stored = session.insert(&task(1)).await?;
            if (stored.open.get(), stored.weight) != (Some(&true), Some(7)) {
                return Err(Error::other(format!("{stored:?}")));
            }
            session.insert(&full(2)).await?;
            session.commit().await?;
        }
        "many" => {
            session.insert_many(&[task(1)]).await?;
            session.insert_many(&[full(2)]).await?;
            session.commit().await?;
        }
        // Constant defaults replace unset values beside rows that set them; a generated time does not.
        "mixed" => {
            let made = Some(Timestamp::from_microseconds(1));
            session.insert_many(&[Task { made, ..task(1) }, full(2)]).await?;
            session.commit().await?;
        }
        "values" => {
            let made = Some(Timestamp::from_microseconds(1));
            session.execute(&insert::<Task>().values(&[Task { made, ..task(1) }, full(2)])).await?;
            session.commit().await?;
        }
        "upsert" => {
            session.insert_many(&[full(1), full(2)]).await?;
            let columns = (Task::OPEN, Task::STATE, Task::WEIGHT, Task::MADE, Task::PLAIN, Task::NOTE);
            session.execute(&insert::<Task>().values(&[task(1)]).on_conflict().do_update(columns)).await?;
            session.commit().await?;
        }
        _ => {
            session.add(Task { id: 1, ..Task::initial() })?;
            session.add(full(2))?;
            session.commit().await?;
        }
    }
    rows(&db).await
}

/// Rows that differ in unset columns without a constant default.
pub async fn unset_mixed() -> Saw {
    let db = Database::open("default", models![Task]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let mut saw = vec![ok_or_error(session.insert_many(&[task(1), full(2)]).await)];
    saw.push(ok_or_error(session.execute(&insert::<Task>().values(&[task(1), full(2)])).await));
    // Objects are grouped by the columns that they set.
    session.add(task(1))?;
    session.add(full(2))?;
    session.commit().await?;
    saw.push(format!("{}", rows(&db).await?.len()));
    Ok(saw)
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "owners")]
struct Owner {
    #[model(primary_key, generated)]
    id: i64,
    pets: Many<Pet>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "pets")]
struct Pet {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "owners.id")]
    owner_id: i64,
    #[model(foreign_key = "kinds.id")]
    kind_id: Option<i64>,
    owner: One<Owner>,
}

/// Its keys are given, and 0 is a valid one.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "kinds")]
struct Kind {
    #[model(primary_key)]
    id: i64,
    #[model(length = 10)]
    name: Auto<String>,
}

/// A required column left unset is refused by its name, before anything is sent.
pub async fn unset_forgotten() -> Saw {
    let db = Database::open("default", models![Owner, Pet, Kind]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let kind = Kind { id: 0, name: "cat".to_owned().into() };
    let owner =
        session.add(Owner { pets: Many::from([Pet { kind_id: Some(0), ..Pet::default() }]), ..Owner::default() })?;
    session.add(kind)?;
    session.commit().await?;
    let mut saw = vec![format!("{}", owner.pets.get()?.len())];
    let pet = || Pet { kind_id: Some(0), ..Pet::default() };
    let forgotten = |result: Result<(), Error>| match result {
        Err(error) if error.is_not_null_violation() => {
            error.violation().map(|it| format!("{:?} {:?}", it.table, it.columns)).unwrap_or_default()
        }
        other => ok_or_error(other),
    };
    mark(&db).await?;
    session.add(pet())?;
    saw.push(forgotten(session.flush().await));
    session.rollback().await?;
    saw.push(forgotten(session.insert(&pet()).await.map(drop)));
    saw.push(forgotten(session.insert_many(&[pet(), pet()]).await.map(drop)));
    saw.push(forgotten(session.execute(&insert::<Pet>().values(&[pet()])).await.map(drop)));
    session.save(pet()).await?;
    saw.push(forgotten(session.flush().await));
    session.rollback().await?;
    // A column that is not nullable and has no default.
    session.add(Kind { id: 2, ..Kind::default() })?;
    saw.push(forgotten(session.flush().await));
    session.rollback().await?;
    saw.push(forgotten(session.insert_many(&[Kind { id: 2, ..Kind::default() }]).await.map(drop)));
    mark(&db).await?;
    // The session stays usable, from each side of the relationship.
    let pet = session.add(Pet { owner: One::from(&owner), ..Pet::default() })?;
    session.commit().await?;
    saw.push(format!("{}", pet.owner_id == owner.id));
    saw.push(format!("{}", db.session()?.count(&select::<Pet>()).await?));
    Ok(saw)
}

/// The limits in force, as the host reports them.
pub async fn unset_limits() -> Saw {
    let limits = Database::open("default", models![]).await?.limits();
    Ok(vec![format!("{}", limits.result_bytes)])
}
