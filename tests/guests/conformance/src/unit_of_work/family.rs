//! B01 to B05: one-to-many relationships, from both sides.

use sqlservice_sdk::prelude::*;

use super::{commit, mark, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
struct User {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(order_by = "email")]
    addresses: Many<Address>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "addresses")]
struct Address {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "users.id")]
    user_id: Option<i64>,
    #[model(length = 40)]
    email: String,
    user: One<User>,
}

fn user(name: &str) -> User {
    User { name: name.to_owned(), ..User::default() }
}

fn address(email: &str) -> Address {
    Address { email: email.to_owned(), ..Address::default() }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![User, Address]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The committed rows: users, and addresses with the names of their users, in insert order.
async fn rows(db: &Database) -> Result<String, Error> {
    let users = db.session()?.all(&select_columns(User::NAME).order_by(User::ID)).await?;
    let addresses = select_columns((Address::EMAIL, nullif(User::NAME, "")))
        .from::<Address>()
        .left_join::<User>(User::ID.eq(Address::USER_ID))
        .order_by(Address::ID);
    Ok(format!("{users:?} {:?}", db.session()?.all(&addresses).await?))
}

fn emails(addresses: &Many<Address>) -> String {
    match addresses.get() {
        Ok(addresses) => format!("{:?}", addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>()),
        Err(error) => ok_or_error::<()>(Err(error)),
    }
}

/// u1 with a1 and a2.
async fn family(db: &Database, session: &Session) -> Result<Entity<User>, Error> {
    let addresses = Many::from([address("a1"), address("a2")]);
    let parent = session.add(User { addresses, ..user("u1") })?;
    commit(db, session).await?;
    Ok(parent)
}

/// B01, and the state of both sides afterwards.
pub async fn b01_save() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let parent = family(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    let children = parent.addresses.handles()?;
    let agree = |child: &Entity<Address>| {
        Ok::<_, Error>(child.user_id == Some(parent.id) && child.user.get()?.is_some_and(|user| user.is(&parent)))
    };
    saw.push(format!("{} {}", agree(&children[0])?, agree(&children[1])?));
    saw.push(format!("{}", children[0].id > 0 && children[0].id < children[1].id));
    Ok(saw)
}

/// The same from the children's side: the parent cascades into the session.
pub async fn b01_from_the_child() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let parent = Entity::new(user("u1"));
    let first = session.add(Address { user: One::from(&parent), ..address("b") })?;
    session.add(Address { user: One::from(&parent), ..address("a") })?;
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    saw.push(format!("{} {}", first.user_id == Some(parent.id), emails(&parent.addresses)));

    // Moved from one parent to another; both lists are updated.
    let other = session.add(user("u2"))?;
    let mut moved = first.clone();
    moved.edit().user.set(&other);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{} {}", emails(&parent.addresses), emails(&other.addresses)));
    // By the foreign key alone.
    moved.edit().user_id = Some(parent.id);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{} {}", emails(&parent.addresses), emails(&other.addresses)));
    saw.push(format!("{}", moved.user.get()?.is_some_and(|user| user.is(&parent))));
    Ok(saw)
}

/// B02: the parent is deleted and its children stay, loaded or not.
pub async fn b02_delete_parent(is_loaded: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let parent = family(&db, &session).await?;
    let id = parent.id;
    let children = parent.addresses.handles()?;
    if is_loaded {
        session.delete(&parent)?;
        commit(&db, &session).await?;
        let left: Vec<_> = children.iter().map(|child| child.user_id).collect();
        let owners = children.iter().map(|child| child.user.get().map(|user| user.is_none())).collect::<Vec<_>>();
        return Ok(vec![rows(&db).await?, format!("{left:?} {owners:?} {:?}", parent.status())]);
    }
    let other = db.session()?;
    let parent = other.get_one::<User>(id).await?;
    other.delete(&parent)?;
    commit(&db, &other).await?;
    Ok(vec![rows(&db).await?])
}

/// B03: the parent and all children are deleted.
pub async fn b03_delete_all() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let parent = family(&db, &session).await?;
    session.delete(&parent)?;
    for child in parent.addresses.handles()? {
        session.delete(&child)?;
    }
    commit(&db, &session).await?;
    Ok(vec![rows(&db).await?])
}

/// A removed child has no parent any more; a child added to an unloaded relationship gets one without a query.
pub async fn b02_change_unloaded() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let known = family(&db, &session).await?;
    let other = db.session()?;
    let mut parent = other.get_one::<User>(known.id).await?;
    let gone = other.get_one::<Address>(known.addresses.get()?[0].id).await?;
    {
        let mut edit = parent.edit();
        edit.addresses.push(address("a3"));
        edit.addresses.remove(&gone);
    }
    commit(&db, &other).await?;
    let mut saw = vec![rows(&db).await?, emails(&parent.addresses)];
    mark(&db).await?;
    other.load(std::slice::from_ref(&parent), User::ADDRESSES).await?;
    mark(&db).await?;
    saw.push(emails(&parent.addresses));
    // An assignment replaces the whole list.
    parent.edit().addresses.set([address("a5"), address("a4")]);
    commit(&db, &other).await?;
    saw.push(rows(&db).await?);
    // An assigned list keeps its order; a loaded one has the relationship's.
    saw.push(emails(&parent.addresses));
    let fresh = db.session()?.query::<User>().with(User::ADDRESSES).one().await?;
    saw.push(emails(&fresh.addresses));
    Ok(saw)
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "addresses")]
struct Letter {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "users.id")]
    user_id: Option<i64>,
    #[model(length = 40)]
    email: String,
    user: One<Person>,
}

/// A user without a relationship to addresses.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
struct Person {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
}

/// B04: only the children have a relationship to their parent.
pub async fn b04_many_to_one() -> Saw {
    let db = Database::open("default", models![Person, Letter]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let person = Entity::new(Person { name: "u1".to_owned(), ..Person::default() });
    let letter = |email: &str| Letter { email: email.to_owned(), user: One::from(&person), ..Letter::default() };
    let mut letters = session.add_all([letter("a1"), letter("a2")])?;
    commit(&db, &session).await?;
    session.delete(&person)?;
    for letter in &mut letters {
        letter.edit().user.clear();
    }
    commit(&db, &session).await?;
    Ok(vec![rows(&db).await?])
}

/// B05: rows related only by their foreign keys.
pub async fn b05_unconnected(child_first: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let parent = Entity::new(User { id: 1, ..user("u1") });
    let child = Entity::new(Address { id: 1, user_id: Some(1), ..address("a1") });
    if child_first {
        session.add(&child)?;
        session.add(&parent)?;
    } else {
        session.add(&parent)?;
        session.add(&child)?;
    }
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    if child_first {
        session.delete(&child)?;
        session.delete(&parent)?;
    } else {
        session.delete(&parent)?;
        session.delete(&child)?;
    }
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}
