//! B16 and B17: children that cannot exist without their parent (`delete-orphan`).

use sqlservice_sdk::prelude::*;

use super::{commit, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "parents")]
struct Parent {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    children: Many<Child>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "children")]
struct Child {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "parents.id")]
    parent_id: i64,
    #[model(length = 40)]
    name: String,
    parent: One<Parent>,
    #[model(cascade = "all, delete-orphan")]
    toys: Many<Toy>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "toys")]
struct Toy {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "children.id")]
    child_id: i64,
}

fn child(name: &str) -> Entity<Child> {
    Entity::new(Child { name: name.to_owned(), toys: Many::from([Toy::default()]), ..Child::default() })
}

fn parent(name: &str, children: &[Entity<Child>]) -> Parent {
    Parent { name: name.to_owned(), children: Many::from(children.to_vec()), ..Parent::default() }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Parent, Child, Toy]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The committed rows: children with their parents, and the number of toys.
async fn rows(db: &Database) -> Result<String, Error> {
    let children = select_columns((Child::NAME, Parent::NAME))
        .from::<Child>()
        .join::<Parent>(Parent::ID.eq(Child::PARENT_ID))
        .order_by(Child::NAME);
    let session = db.session()?;
    let toys = session.one(&select_columns(count_all()).from::<Toy>()).await?;
    Ok(format!("{:?} {toys}", session.all(&children).await?))
}

/// B16: [c1, c2] becomes [c2, c3].
pub async fn b16_replace(is_loaded: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let (c1, c2, c3) = (child("c1"), child("c2"), child("c3"));
    let first = session.add(parent("p", &[c1.clone(), c2.clone()]))?;
    commit(&db, &session).await?;
    if is_loaded {
        let mut first = first;
        first.edit().children.set([&c2, &c3]);
        commit(&db, &session).await?;
        let agree = c3.parent.get()?.is_some_and(|parent| parent.is(&first));
        return Ok(vec![rows(&db).await?, format!("{:?} {:?} {agree}", c1.status(), c2.status())]);
    }
    let other = db.session()?;
    let mut first = other.get_one::<Parent>(first.id).await?;
    let known = other.get_one::<Child>(c2.id).await?;
    first.edit().children.set([&known, &c3]);
    commit(&db, &other).await?;
    Ok(vec![
        rows(&db).await?,
        format!("{:?} {:?} true", session.get::<Child>(c1.id).await?.map(|_| ()), known.status()),
    ])
}

/// B17: a child moved to another parent is no orphan, whichever side was changed.
pub async fn b17_move() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let moved = child("c");
    let mut first = session.add(parent("p1", std::slice::from_ref(&moved)))?;
    let mut second = session.add(parent("p2", &[]))?;
    commit(&db, &session).await?;
    // Removed from one list and pushed to the other.
    first.edit().children.remove(&moved);
    second.edit().children.push(&moved);
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    saw.push(format!("{} {}", first.children.get()?.len(), moved.parent.get()?.is_some_and(|it| it.is(&second))));
    // Pushed to a list without a removal from the other.
    first.edit().children.push(&moved);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{} {}", first.children.get()?.len(), second.children.get()?.len()));
    // By the child's side alone.
    let mut moved = moved;
    moved.edit().parent.set(&second);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{} {}", first.children.get()?.len(), second.children.get()?.len()));
    // Removed from its list, and the new parent set on the child.
    second.edit().children.remove(&moved);
    moved.edit().parent.set(&first);
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // To a new parent.
    first.edit().children.remove(&moved);
    let mut third = session.add(parent("p3", std::slice::from_ref(&moved)))?;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    // Removed from its list, and moved by its foreign key.
    third.edit().children.remove(&moved);
    moved.edit().parent_id = second.id;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// A pending child is not written after its parent loses it; a child without any parent is refused.
pub async fn b16_pending() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut first = session.add(parent("p", &[]))?;
    session.commit().await?;
    let lost = child("lost");
    first.edit().children.push(&lost);
    first.edit().children.remove(&lost);
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?, format!("{:?}", lost.status())];
    // Deleted with its parent, through its own children, with nothing loaded.
    first.edit().children.push(child("kept"));
    session.commit().await?;
    let other = db.session()?;
    let known = other.get_one::<Parent>(first.id).await?;
    other.delete(&known)?;
    commit(&db, &other).await?;
    saw.push(rows(&db).await?);
    // A child without a parent: its foreign key is not nullable.
    let third = db.session()?;
    third.add(Child { name: "nobody's".to_owned(), ..Child::default() })?;
    saw.push(ok_or_error(third.commit().await).split(" columns").next().unwrap_or_default().to_owned());
    Ok(saw)
}
