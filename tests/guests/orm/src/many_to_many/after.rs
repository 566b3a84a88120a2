//! Pairs added to a list whose owner is marked for deletion.

use sqlservice_sdk::prelude::*;

use super::{Book, BookOnShelf, Shelf};
use crate::case::{Case, count, rows, same};

fn book(name: &str) -> Entity<Book> {
    Entity::new(Book { name: name.to_owned(), ..Book::default() })
}

/// A shelf with one book, committed.
async fn shelf(session: &Session, name: &str) -> Result<Entity<Shelf>, Error> {
    let shelf = session.add(Shelf { books: Many::from([book(name)]), ..Shelf::default() })?;
    session.commit().await?;
    Ok(shelf)
}

async fn books(db: &Database, wanted: &str) -> Case {
    rows(db, "books", &select_columns(Book::NAME).order_by(Book::NAME), wanted).await
}

/// Both books stay, without a shelf.
pub(super) async fn a_pair_after_the_delete_of_its_owner(db: &Database) -> Case {
    let session = db.session()?;
    let (mut first, second) = (shelf(&session, "a").await?, shelf(&session, "b").await?);
    let b = second.books.get()?[0].clone();
    session.delete(&first)?;
    first.edit().books.push(&b);
    first.edit().books.push(book("new"));
    session.commit().await?;
    books(db, r#"["b", "new"]"#).await?;
    same("pairs", count::<BookOnShelf>(db).await?, 1)
}

pub(super) async fn a_pair_before_the_delete_of_its_owner(db: &Database) -> Case {
    let session = db.session()?;
    let mut first = shelf(&session, "a").await?;
    let (old, new) = (session.add(book("old"))?, book("new"));
    session.commit().await?;
    first.edit().books.push(&old);
    first.edit().books.push(&new);
    session.delete(&first)?;
    session.commit().await?;
    same("statuses", (old.status(), new.status()), (Status::Detached, Status::Transient))?;
    books(db, "[]").await?;
    same("pairs", count::<BookOnShelf>(db).await?, 0)
}
