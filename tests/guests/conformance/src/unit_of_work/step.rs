//! Statements and bulk updates in a session: its objects are synchronized.

use sqlservice_sdk::prelude::*;

use super::{mark, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "shelves")]
struct Shelf {
    #[model(primary_key)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(order_by = "id")]
    books: Many<Book>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "books")]
struct Book {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "shelves.id")]
    shelf_id: Option<i64>,
    shelf: One<Shelf>,
    #[model(length = 40)]
    title: String,
    price: i64,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "counters")]
struct Counter {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: i64,
    count: i64,
}

async fn open() -> Result<(Database, Session), Error> {
    let db = Database::open("default", models![Shelf, Book, Counter]).await?;
    db.create_all().await?;
    let session = db.session()?;
    session.add_all([1, 2].map(|id| Shelf { id, name: format!("s{id}"), ..Shelf::default() }))?;
    let book = |id| Book { id, shelf_id: Some(1), title: format!("b{id}"), price: 10 * id, ..Book::default() };
    session.add_all([1, 2, 3, 4].map(book))?;
    session.add_all([1, 2].map(|id| Counter { id, version: 0, count: 0 }))?;
    session.commit().await?;
    let session = db.session()?;
    Ok((db, session))
}

fn shown(books: &[Entity<Book>]) -> String {
    let book = |book: &Entity<Book>| {
        let shelf = book.shelf.get().ok().flatten().map_or("-".to_owned(), |shelf| shelf.name.clone());
        format!("{} {} {shelf} {:?}", book.title, book.price, book.status())
    };
    books.iter().map(book).collect::<Vec<_>>().join(", ")
}

/// An update and a delete by a condition, with some of the rows in the identity map.
pub async fn unit_step() -> Saw {
    let (db, session) = open().await?;
    let query = || session.query::<Book>().filter(Book::ID.lt(4)).order_by(Book::ID).with(Book::SHELF);
    let mut books = query().all().await?;
    books[0].edit().title = "mine".to_owned();
    mark(&db).await?;
    // Pending changes are flushed first, as before every statement.
    let raised = update::<Book>().set(Book::PRICE, Book::PRICE + 1).filter(Book::PRICE.ge(20));
    let matched = session.execute(&raised).await?;
    mark(&db).await?;
    let mut saw = vec![format!("{matched}: {}", shown(&books))];
    // A changed foreign key unloads the relationship.
    session.execute(&update::<Book>().set(Book::SHELF_ID, 2).filter(Book::ID.eq(2))).await?;
    saw.push(format!("{} {:?}", shown(&books), books[1].shelf.is_loaded()));
    session.load(&books, Book::SHELF).await?;
    saw.push(shown(&books));
    session.execute(&delete::<Book>().filter(Book::PRICE.eq(21))).await?;
    saw.push(format!("{} {:?}", shown(&books), session.get::<Book>(2).await?.is_some()));
    // Objects of other tables are not refreshed.
    mark(&db).await?;
    session.execute(&update::<Counter>().set(Counter::COUNT, 5)).await?;
    mark(&db).await?;
    session.rollback().await?;
    saw.push(shown(&books));
    Ok(saw)
}

/// Unflushed edits stay, and the other columns are synchronized.
pub async fn unit_step_edits() -> Saw {
    let (_db, session) = open().await?;
    let mut book = session.get_one::<Book>(1).await?;
    let prices = update::<Book>().set(Book::PRICE, 7).set(Book::TITLE, "theirs");
    book.edit().title = "mine".to_owned();
    session.no_autoflush(async |session| session.execute(&prices).await).await?;
    let mut saw = vec![format!("{} {} {}", book.title, book.price, session.is_modified(&book))];
    session.commit().await?;
    let stored = select_columns((Book::TITLE, Book::PRICE)).filter(Book::ID.eq(1));
    saw.push(format!("{:?}", session.one(&stored).await?));
    // Prepared changes and upserts are synchronized, too.
    let prepared = session.prepare_change(&update::<Book>().set(Book::PRICE, parameter::<i64>(0))).await?;
    session.execute(&prepared.bind(params![9])).await?;
    saw.push(book.price.to_string());
    let row = Book { id: 1, title: "upserted".to_owned(), ..Book::default() };
    session.execute(&insert::<Book>().values(&[row]).on_conflict().do_update(Book::TITLE)).await?;
    saw.push(format!("{} {}", book.title, book.price));
    Ok(saw)
}

/// Without synchronization, objects keep their values.
pub async fn unit_step_apart() -> Saw {
    let (db, session) = open().await?;
    drop(session);
    let session = db.session_with(SessionOptions { synchronize: false, ..SessionOptions::default() })?;
    let book = session.get_one::<Book>(1).await?;
    mark(&db).await?;
    session.execute(&update::<Book>().set(Book::PRICE, 7)).await?;
    mark(&db).await?;
    let before = book.price;
    session.refresh(&book).await?;
    Ok(vec![format!("{before} {}", book.price)])
}

/// Updates by primary key.
pub async fn unit_update_many() -> Saw {
    let (db, session) = open().await?;
    let known = session.get_one::<Book>(1).await?;
    let row = |id: i64| Book { id, shelf_id: None, title: format!("t{id}"), price: id, ..Book::default() };
    let rows: Vec<Book> = (1..=3).map(row).collect();
    mark(&db).await?;
    let updated = session.update_many(&rows, (Book::TITLE, Book::PRICE)).await?;
    mark(&db).await?;
    let stored = select_columns((Book::ID, Book::TITLE, Book::PRICE, Book::SHELF_ID)).order_by(Book::ID);
    let mut saw = vec![updated.to_string(), format!("{} {}", known.title, known.price)];
    saw.push(format!("{:?}", session.all(&stored).await?));
    // A missing row: none is updated.
    let gone = [row(1), Book { title: "gone".to_owned(), ..row(9) }];
    saw.push(ok_or_error(session.update_many(&gone, Book::PRICE).await));
    saw.push(format!("{:?}", session.update_many::<Book>(&[], Book::PRICE).await?));
    // Versions are checked and incremented.
    let counter = |id, version| Counter { id, version, count: 8 };
    saw.push(ok_or_error(session.update_many(&[counter(1, 1), counter(2, 1)], Counter::COUNT).await));
    saw.push(ok_or_error(session.update_many(&[counter(1, 1), counter(2, 2)], Counter::COUNT).await));
    session.commit().await?;
    let counters = select_columns((Counter::ID, Counter::VERSION, Counter::COUNT)).order_by(Counter::ID);
    saw.push(format!("{:?}", db.session()?.all(&counters).await?));
    Ok(saw)
}
