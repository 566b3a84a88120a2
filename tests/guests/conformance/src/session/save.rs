//! A10 to A15: rows that are inserted or updated, depending on their keys.

use sqlservice_sdk::{partial, prelude::*};

use super::model::{Address, User, address, emails, open, open_with, seen, seen_addresses, user};
use crate::{
    Saw,
    unit_of_work::{commit, mark, ok_or_error},
};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "groups")]
struct Group {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
}

fn keyed(id: i64, name: &str) -> User {
    User { id, ..user(name) }
}

/// The row exists: its changed columns are updated.
pub async fn a10_existing() -> Saw {
    let db = open(&["a"]).await?;
    let session = db.session()?;
    mark(&db).await?;
    let saved = session.save(keyed(1, "b")).await?;
    session.commit().await?;
    mark(&db).await?;
    let mut saw = vec![seen(&db).await?, saved.is(&session.get_one::<User>(1).await?).to_string()];
    // An object in the identity map is not queried again, and the given object stays transient.
    let given = Entity::new(keyed(1, "c"));
    mark(&db).await?;
    let known = session.save(&given).await?;
    session.commit().await?;
    mark(&db).await?;
    saw.push(format!("{} {:?} {}", known.is(&saved), given.status(), saved.name));
    // New objects are the given ones, with a key or without.
    let (new, with_key) = (Entity::new(user("new")), Entity::new(keyed(7, "seven")));
    mark(&db).await?;
    saw.push(format!("{} {}", session.save(&new).await?.is(&new), session.save(&with_key).await?.is(&with_key)));
    session.commit().await?;
    mark(&db).await?;
    saw.push(format!("{} {}", seen(&db).await?, new.id));
    Ok(saw)
}

/// Columns that are not set keep their values.
pub async fn a11_partial() -> Saw {
    let db = open(&["a"]).await?;
    let session = db.session()?;
    session.save(partial::<User>().set(User::ID, 1).set(User::AGE, 7)).await?;
    session.commit().await?;
    session.expunge_all();
    mark(&db).await?;
    let saved = session.save(partial::<User>().set(User::ID, 1)).await?;
    session.commit().await?;
    mark(&db).await?;
    let mut saw = vec![format!("{} {:?}", saved.name, saved.age)];
    session.save(partial::<User>().set(User::ID, 1).set(User::NAME, "b")).await?;
    commit(&db, &session).await?;
    saw.push(format!("{} {:?}", saved.name, saved.age));
    // A column can be set to null.
    session.save(partial::<User>().set(User::ID, 1).set(User::AGE, None::<i64>)).await?;
    commit(&db, &session).await?;
    saw.push(format!("{} {:?} {}", saved.name, saved.age, seen(&db).await?));
    // The other columns of a new row get their defaults.
    let new = session.save(partial::<User>().set(User::NAME, "new")).await?;
    session.commit().await?;
    saw.push(format!("{} {:?} {}", new.id, new.age, seen(&db).await?));
    Ok(saw)
}

/// Nothing is sent for refused arguments.
pub async fn a12_refused() -> Saw {
    let db = open(&["a"]).await?;
    let session = db.session()?;
    let pending = session.add(user("pending"))?;
    mark(&db).await?;
    let twice = ok_or_error(session.save_all([keyed(1, "b"), keyed(1, "c")]).await);
    let nothing = ok_or_error(session.save_all(Vec::<User>::new()).await);
    let nobody = ok_or_error(session.save_objects(Vec::new()).await);
    mark(&db).await?;
    let shown = |line: String| line.split(':').next().unwrap_or_default().to_owned();
    let mut saw = vec![format!("{} {} {} {:?}", shown(twice), shown(nothing), shown(nobody), pending.status())];
    saw.push(seen(&db).await?);
    Ok(saw)
}

/// Several models at once, one query each.
pub async fn a13_mixed() -> Saw {
    let db = Database::open("default", models![User, Address, Group]).await?;
    db.create_all().await?;
    let session = db.session()?;
    for id in 1..=3 {
        session.add(user(&format!("u{id}")))?;
        session.add(Group { name: format!("g{id}"), ..Group::default() })?;
    }
    session.commit().await?;
    session.expunge_all();
    let mut all = Vec::new();
    for id in 1..=6 {
        all.push(Entity::new(keyed(id, &format!("user {id}"))).erase());
        all.push(Entity::new(Group { id, name: format!("group {id}") }).erase());
    }
    mark(&db).await?;
    let saved = session.save_objects(all.clone()).await?;
    mark(&db).await?;
    commit(&db, &session).await?;
    let given = saved.iter().zip(&all).map(|(saved, given)| if saved == given { 'g' } else { 'k' });
    let mut saw = vec![given.collect::<String>(), seen(&db).await?];
    let groups = session.all(&select_columns(Group::NAME).order_by(Group::ID)).await?;
    saw.push(groups.join(" "));
    Ok(saw)
}

/// More rows than any database takes in one statement.
pub async fn a14_many(rows: i64) -> Saw {
    let db = open(&[]).await?;
    let half: Vec<User> = (1..=rows / 2).map(|id| keyed(2 * id, "old")).collect();
    db.transaction(async |session| session.insert_many(&half).await).await?;
    let session = db.session()?;
    let saved = session.save_all((1..=rows).map(|id| keyed(id, &format!("n{id}")))).await?;
    session.commit().await?;
    let in_order = saved.iter().zip(1..).all(|(saved, id)| saved.id == id);
    let other = db.session()?;
    let right = select_columns((User::ID, User::NAME)).order_by(User::ID);
    let found = other.all(&right).await?;
    let are_right = found.iter().zip(1..).all(|((id, name), at)| *id == at && *name == format!("n{at}"));
    Ok(vec![format!("{in_order} {} {are_right}", found.len())])
}

/// The row of a detached object was deleted: it is inserted again.
pub async fn a15_deleted_behind() -> Saw {
    let db = open(&["a", "b"]).await?;
    let session = db.session()?;
    let detached = session.get_one::<User>(1).await?;
    session.commit().await?;
    session.expunge(&detached);
    db.transaction(async |other| other.execute(&delete::<User>().filter(User::ID.eq(1))).await).await?;
    mark(&db).await?;
    let saved = session.save(&detached).await?;
    session.commit().await?;
    mark(&db).await?;
    let mut saw = vec![format!("{} {:?} {}", saved.is(&detached), saved.status(), seen(&db).await?)];
    // An object of another live session is copied where its row exists, and refused where it does not.
    let other = db.session()?;
    let theirs = other.get_one::<User>(2).await?;
    let pending = other.add(user("theirs"))?;
    saw.push(format!("{} {}", session.save(&theirs).await?.is(&theirs), ok_or_error(session.save(&pending).await)));
    Ok(saw)
}

/// A graph: existing rows are kept, and updated where they differ.
pub async fn a10_graph(is_known: bool) -> Saw {
    let db = open_with(&["u1"], &["a1", "a2"]).await?;
    let session = db.session()?;
    let known = if is_known { session.query::<User>().with(User::ADDRESSES).all().await? } else { Vec::new() };
    let kept = Address { id: 1, user_id: Some(1), ..address("changed") };
    let addresses = Many::from([kept, address("a3")]);
    let saved = session.save(User { addresses, ..keyed(1, "renamed") }).await?;
    commit(&db, &session).await?;
    let mut saw = vec![format!("{} {}", seen(&db).await?, seen_addresses(&db).await?)];
    saw.push(format!("{} {}", emails(&saved), known.first().is_none_or(|known| known.is(&saved))));
    // From the child's side.
    let owner = One::from(keyed(1, "again"));
    session.save(Address { id: 2, user: owner, ..address("a2") }).await?;
    session.commit().await?;
    saw.push(format!("{} {} {}", seen(&db).await?, seen_addresses(&db).await?, saved.name));
    // Detached with its related objects, and given another one.
    let mut detached = session.query::<User>().with(User::ADDRESSES).populate_existing().one().await?;
    session.expunge_all();
    detached.edit().addresses.push(address("a4"));
    detached.edit().name = "last".to_owned();
    let saved = session.save(&detached).await?;
    session.commit().await?;
    saw.push(format!("{} {} {}", seen(&db).await?, seen_addresses(&db).await?, emails(&saved)));
    // Detached with the relationship unloaded.
    session.expunge_all();
    let mut detached = session.get_one::<User>(1).await?;
    session.expunge_all();
    detached.edit().addresses.push(address("a5"));
    session.save(&detached).await?;
    session.commit().await?;
    saw.push(seen_addresses(&db).await?);
    Ok(saw)
}
