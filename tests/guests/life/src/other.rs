//! Moves along other relationships: an owning many-to-one, one-to-one, and through a secondary table.

use sqlservice_sdk::prelude::*;

use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "holders")]
struct Holder {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "prefs.id")]
    pref_id: Option<i64>,
    #[model(cascade = "all, delete-orphan")]
    pref: One<Pref>,
    #[model(cascade = "all, delete-orphan")]
    badge: One<Badge>,
    #[model(through = Shelf, cascade = "all, delete-orphan", order_by = "name")]
    books: Many<Book>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "prefs")]
struct Pref {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    holders: Many<Holder>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "badges")]
struct Badge {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "holders.id")]
    holder_id: i64,
    holder: One<Holder>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "books")]
struct Book {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(through = Shelf)]
    holders: Many<Holder>,
}

#[derive(Model, Clone, Debug)]
#[model(table = "shelves")]
struct Shelf {
    #[model(primary_key, foreign_key = "holders.id")]
    holder_id: i64,
    #[model(primary_key, foreign_key = "books.id")]
    book_id: i64,
}

fn holder(name: &str) -> Holder {
    Holder { name: name.to_owned(), ..Holder::default() }
}

async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let holders = session.all(&select::<Holder>().order_by(Holder::NAME)).await?;
    let prefs = session.all(&select::<Pref>().order_by(Pref::NAME)).await?;
    let badges = session.all(&select::<Badge>().order_by(Badge::NAME)).await?;
    let books = session.all(&select::<Book>().order_by(Book::NAME)).await?;
    let shelves = session.all(&select::<Shelf>().order_by((Shelf::HOLDER_ID, Shelf::BOOK_ID))).await?;
    let name = |id: i64| holders.iter().find(|holder| holder.id == id).map_or("", |holder| holder.name.as_str());
    let of = |pref: &Pref| -> Vec<&str> {
        holders.iter().filter(|holder| holder.pref_id == Some(pref.id)).map(|holder| holder.name.as_str()).collect()
    };
    let on = |book: &Book| -> Vec<&str> {
        shelves.iter().filter(|shelf| shelf.book_id == book.id).map(|shelf| name(shelf.holder_id)).collect()
    };
    let mut shown: Vec<String> = prefs.iter().map(|pref| format!("{}:{}", pref.name, of(pref).join(","))).collect();
    shown.extend(badges.iter().map(|badge| format!("{}:{}", badge.name, name(badge.holder_id))));
    shown.extend(books.iter().map(|book| format!("{}:{}", book.name, on(book).join(","))));
    Ok(shown.join(" "))
}

/// `old` owns one row of each kind and is deleted.
pub async fn moved(way: &str, deletes_first: bool) -> Saw {
    let db = Database::open("default", models![Holder, Pref, Badge, Book, Shelf]).await?;
    db.create_all().await?;
    let session = db.session()?;
    session.add(Holder {
        pref: One::from(Pref { name: "pref".to_owned(), ..Pref::default() }),
        badge: One::from(Badge { name: "badge".to_owned(), ..Badge::default() }),
        books: Many::from([
            Book { name: "book".to_owned(), ..Book::default() },
            Book { name: "left".to_owned(), ..Book::default() },
        ]),
        ..holder("old")
    })?;
    session.add(holder("kept"))?;
    session.commit().await?;
    let session = db.session()?;
    let mut old = session.query::<Holder>().filter(Holder::NAME.eq("old")).one().await?;
    let mut kept = session.query::<Holder>().filter(Holder::NAME.eq("kept")).one().await?;
    let mut pref = session.query::<Pref>().one().await?;
    let mut badge = session.query::<Badge>().one().await?;
    let mut book = session.query::<Book>().filter(Book::NAME.eq("book")).one().await?;
    if way.ends_with("loaded") {
        let both = [old.clone(), kept.clone()];
        session.load(&both, Holder::PREF).await?;
        session.load(&both, Holder::BADGE).await?;
        session.load(&both, Holder::BOOKS).await?;
    }
    if deletes_first {
        session.delete(&old)?;
    }
    match way.split(" and").next().unwrap_or_default() {
        "the one side sets it" => {
            kept.edit().pref.set(&pref);
            kept.edit().badge.set(&badge);
            kept.edit().books.push(&book);
        }
        "the other side says so" => {
            pref.edit().holders.push(&kept);
            badge.edit().holder.set(&kept);
            book.edit().holders.push(&kept);
        }
        "keys say so" => {
            kept.edit().pref_id = Some(pref.id);
            badge.edit().holder_id = kept.id;
        }
        "a new one gets it" => {
            session.add(Holder {
                pref: One::from(&pref),
                badge: One::from(&badge),
                books: Many::from([book.clone()]),
                ..holder("new")
            })?;
        }
        "it is taken away first" => {
            old.edit().pref.clear();
            old.edit().badge.clear();
            old.edit().books.remove(&book);
            kept.edit().pref.set(&pref);
            kept.edit().badge.set(&badge);
            kept.edit().books.push(&book);
        }
        "it stays where it is lost" => {
            // The old owner stays, with other rows.
            old.edit().pref.set(Pref { name: "pref 2".to_owned(), ..Pref::default() });
            old.edit().badge.set(Badge { name: "badge 2".to_owned(), ..Badge::default() });
            old.edit().books.set([Book { name: "book 2".to_owned(), ..Book::default() }]);
            kept.edit().pref.set(&pref);
            kept.edit().badge.set(&badge);
            kept.edit().books.push(&book);
            session.commit().await?;
            return Ok(vec![rows(&db).await?]);
        }
        _ => {}
    }
    if !deletes_first {
        session.delete(&old)?;
    }
    session.commit().await?;
    Ok(vec![rows(&db).await?])
}
