//! B18 and B19: children whose delete is left to the database.

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
    #[model(cascade = "all, delete-orphan", passive_deletes)]
    children: Many<Child>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "children")]
struct Child {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "parents.id", on_delete = "cascade")]
    parent_id: i64,
}

/// The same, without a delete action in the database.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "shelves")]
struct Shelf {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(passive_deletes)]
    books: Many<Book>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "books")]
struct Book {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "shelves.id")]
    shelf_id: Option<i64>,
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Parent, Child, Shelf, Book]).await?;
    db.create_all().await?;
    Ok(db)
}

async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let parents = session.one(&select_columns(count_all()).from::<Parent>()).await?;
    let children = session.one(&select_columns(count_all()).from::<Child>()).await?;
    let shelves = session.one(&select_columns(count_all()).from::<Shelf>()).await?;
    let books = session.all(&select_columns(nullif(Book::SHELF_ID, 0_i64)).from::<Book>()).await?;
    let owned = books.iter().filter(|shelf| shelf.is_some()).count();
    Ok(format!("{parents} {children} {shelves} {owned} of {}", books.len()))
}

/// B18: four children, loaded or not, that the database deletes with their parent.
pub async fn b18_left_to_the_database(is_loaded: bool) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let children: Vec<Child> = (0..4).map(|_| Child::default()).collect();
    let parent = session.add(Parent { name: "p".to_owned(), children: Many::from(children), ..Parent::default() })?;
    session.commit().await?;
    let mut saw = vec![rows(&db).await?];
    let other = db.session()?;
    let parent = other.get_one::<Parent>(parent.id).await?;
    if is_loaded {
        other.load(std::slice::from_ref(&parent), Parent::CHILDREN).await?;
    }
    other.delete(&parent)?;
    commit(&db, &other).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// B19: the database refuses to delete a referenced row; nothing is lost.
pub async fn b19_refused() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let books: Vec<Book> = (0..4).map(|_| Book::default()).collect();
    let shelf = session.add(Shelf { name: "s".to_owned(), books: Many::from(books), ..Shelf::default() })?;
    session.commit().await?;
    let other = db.session()?;
    let mut known = other.get_one::<Shelf>(shelf.id).await?;
    other.delete(&known)?;
    super::mark(&db).await?;
    let mut saw = vec![ok_or_error(other.commit().await).split(" columns").next().unwrap_or_default().to_owned()];
    super::mark(&db).await?;
    other.rollback().await?;
    saw.push(format!("{} {:?}", rows(&db).await?, known.status()));
    // The session and the object stay usable.
    known.edit().name = "t".to_owned();
    other.commit().await?;
    saw.push(db.session()?.one(&select_columns(Shelf::NAME)).await?);
    Ok(saw)
}
