//! A unit of work's changes, written in one crossing: the host is called as an SDK calls it.

pub mod change;
mod hostile;

use sqlservice_sdk::{
    bindings::sqlservice::database::{
        databases::Database as Raw,
        sessions::{Session as RawSession, TransactionOptions as Options},
    },
    prelude::*,
    schema::Models,
};

pub use self::hostile::{t32_change_bytes, t32_change_time, t68_changes};

use self::change::{Insert, Update, delete_of, integers, key, keys, texts};
use crate::{Saw, lines};

#[derive(Model, Clone)]
#[model(table = "makers")]
struct Maker {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40, unique)]
    name: String,
}

#[derive(Model, Clone)]
#[model(table = "parts")]
struct Part {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "makers.id")]
    maker_id: Option<i64>,
    #[model(length = 40)]
    name: String,
}

#[derive(Model, Clone)]
#[model(table = "nodes")]
struct Node {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "nodes.id")]
    parent_id: Option<i64>,
    #[model(length = 40)]
    name: String,
}

#[derive(Model, Clone)]
#[model(table = "pages")]
struct Page {
    #[model(primary_key)]
    id: i64,
    version: i64,
    #[model(length = 40)]
    text: String,
    #[model(default = 7)]
    stock: i64,
}

fn all() -> Models {
    let mut models = models![Maker, Part, Node, Page];
    for table in &mut models.tables {
        if table.name == "pages" {
            table.version_column = Some("version".to_owned());
        }
    }
    models
}

async fn open() -> Result<(Database, RawSession), Error> {
    let db = Database::open("default", all()).await?;
    db.create_all().await?;
    let session = Raw::open("default".to_owned(), all()).await?.begin(Options::default()).await?;
    Ok((db, session))
}

/// The committed parts with their makers.
async fn parts(db: &Database) -> Result<String, Error> {
    let rows = select_columns((Part::NAME, nullif(Maker::NAME, "")))
        .from::<Part>()
        .left_join::<Maker>(Part::MAKER_ID.eq(Maker::ID))
        .order_by(Part::NAME);
    Ok(format!("{:?}", db.session()?.all(&rows).await?))
}

pub async fn b01_graph() -> Saw {
    let (db, session) = open().await?;
    let made = session
        .flush(vec![
            // The referring rows are sent first; the host reorders them.
            Insert::into("parts", &["maker_id", "name"])
                .rows(3, vec![integers(&[None; 3]), texts(&["a", "b", "c"])])
                .links(&[(0, 0, 1, 1), (1, 0, 1, 0), (2, 0, 1, 1)])
                .returning(&["id"]),
            Insert::into("makers", &["name"]).rows(2, vec![texts(&["ed", "jo"])]).returning(&["id"]),
        ])
        .await?;
    let (parts_made, makers) = (keys(&made[0]), keys(&made[1]));
    session.commit().await?;
    let ids = db.session()?.all(&select_columns(Part::ID).order_by(Part::NAME)).await?;
    let mut saw = vec![parts(&db).await?, format!("{}", ids == parts_made)];

    // Deletes run children first, whatever the order sent.
    let session = Raw::open("default".to_owned(), all()).await?.begin(Options::default()).await?;
    let nobody = Update::of("parts", &["maker_id"]).keys(&parts_made[1..2]).rows(vec![integers(&[None])]);
    let gone = session
        .flush(vec![
            delete_of("makers", &makers),
            delete_of("parts", &[parts_made[0], parts_made[2], 999]),
            nobody.done(),
        ])
        .await?;
    session.commit().await?;
    saw.push(format!("{:?}", gone.iter().map(|batch| batch.rows).collect::<Vec<_>>()));
    saw.push(parts(&db).await?);
    Ok(saw)
}

pub async fn flush_b07_tree() -> Saw {
    let (db, session) = open().await?;
    let made = session
        .flush(vec![
            Insert::into("nodes", &["parent_id", "name"])
                .rows(4, vec![integers(&[None; 4]), texts(&["child", "root", "grandchild", "other child"])])
                .links(&[(0, 0, 0, 1), (2, 0, 0, 0), (3, 0, 0, 1)])
                .returning(&["id"]),
        ])
        .await?;
    session.commit().await?;
    let ids = keys(&made[0]);
    let place = |id: Option<i64>| id.and_then(|id| ids.iter().position(|known| *known == id));
    let rows = db.session()?.all(&select_columns((Node::ID, Node::PARENT_ID, Node::NAME))).await?;
    let mut rows: Vec<_> = rows.into_iter().map(|(id, parent, name)| (place(Some(id)), place(parent), name)).collect();
    rows.sort();
    let mut saw = vec![format!("{rows:?}")];
    // Given keys, children before parents.
    let session = Raw::open("default".to_owned(), all()).await?.begin(Options::default()).await?;
    let given = Insert::into("nodes", &["id", "parent_id", "name"])
        .rows(3, vec![key(&[903, 901, 902]), integers(&[Some(902), None, Some(901)]), texts(&["z", "x", "y"])]);
    saw.push(format!("{:?}", session.flush(vec![given.done()]).await?.len()));
    session.commit().await?;
    // Two rows that need each other.
    let session = Raw::open("default".to_owned(), all()).await?.begin(Options::default()).await?;
    let circle = Insert::into("nodes", &["parent_id", "name"])
        .rows(2, vec![integers(&[None; 2]), texts(&["a", "b"])])
        .links(&[(0, 0, 0, 1), (1, 0, 0, 0)]);
    saw.push(refusal(session.flush(vec![circle.done()]).await));
    saw.push(format!("{:?}", db.session()?.one(&select_columns(count_all()).from::<Node>()).await?));
    Ok(saw)
}

fn refusal<T>(result: Result<T, impl Into<Error>>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => match error.into() {
            Error::Integrity(violation) => {
                let change = violation.change;
                format!("{} of change {change:?}", lines::error(&Error::Integrity(violation)))
            }
            Error::StaleData(stale) => {
                format!("stale {} {} of {}, change {:?}", stale.table, stale.matched, stale.expected, stale.change)
            }
            Error::CircularDependency(tables) => format!("circular {tables:?}"),
            error => lines::error(&error),
        },
    }
}

async fn pages(db: &Database) -> Result<String, Error> {
    let rows = select_columns((Page::ID, Page::VERSION, Page::TEXT, Page::STOCK)).order_by(Page::ID);
    Ok(format!("{:?}", db.session()?.all(&rows).await?))
}

pub async fn c10_versions() -> Saw {
    let (db, session) = open().await?;
    let first = Insert::into("pages", &["id", "version", "text"])
        .rows(3, vec![key(&[1, 2, 3]), integers(&[Some(1); 3]), texts(&["a", "b", "c"])])
        .returning(&["stock"]);
    let mut saw = vec![format!("{:?}", keys(&session.flush(vec![first]).await?[0]))];
    let update = |ids: &[i64], versions: &[i64], text: &str| {
        let many = vec![text; ids.len()];
        Update::of("pages", &["text"]).keys(ids).versions(versions).rows(vec![texts(&many)])
    };
    let written = session.flush(vec![update(&[3, 1], &[1, 1], "new").returning(&["version", "id"])]).await?;
    // Returned in the order of the rows sent, whatever the database's order.
    saw.push(format!("{:?} {:?}", keys(&written[0]), change::column(&written[0], 1)));
    session.commit().await?;
    saw.push(pages(&db).await?);
    let session = Raw::open("default".to_owned(), all()).await?.begin(Options::default()).await?;
    saw.push(refusal(
        session.flush(vec![update(&[2], &[1], "kept?").done(), update(&[1, 3], &[2, 1], "stale").done()]).await,
    ));
    let removed = change::delete_versions("pages", &[1, 2], &[1, 1]);
    saw.push(refusal(session.flush(vec![removed]).await));
    // Neither flush left a row behind, and the transaction is still usable.
    saw.push(refusal(session.flush(vec![change::delete_versions("pages", &[3], &[2])]).await));
    session.commit().await?;
    saw.push(pages(&db).await?);
    Ok(saw)
}

pub async fn flush_violation() -> Saw {
    let (db, session) = open().await?;
    let maker = |name: &str| Insert::into("makers", &["name"]).rows(1, vec![texts(&[name])]).done();
    session.flush(vec![maker("before")]).await?;
    let twice = Insert::into("makers", &["name"]).rows(2, vec![texts(&["new", "before"])]);
    let part = Insert::into("parts", &["name"]).rows(1, vec![texts(&["kept?"])]);
    let mut saw = vec![refusal(session.flush(vec![part.done(), twice.done()]).await)];
    let orphan = Insert::into("parts", &["maker_id", "name"]).rows(1, vec![key(&[999]), texts(&["orphan"])]);
    saw.push(refusal(session.flush(vec![maker("kept?"), orphan.done()]).await));
    // Only the failed flush is undone.
    session.flush(vec![maker("after")]).await?;
    session.commit().await?;
    let names = select_columns(Maker::NAME).order_by(Maker::NAME);
    saw.push(format!("{:?}", db.session()?.all(&names).await?));
    saw.push(parts(&db).await?);
    Ok(saw)
}

/// The given number of parents with three children each.
pub async fn flush_b21_many(parents: u32) -> Saw {
    let (db, session) = open().await?;
    let names: Vec<String> = (0..parents).map(|number| format!("m{number:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let children: Vec<String> = (0..parents * 3).map(|number| format!("p{number:05}")).collect();
    let children: Vec<&str> = children.iter().map(String::as_str).collect();
    let links: Vec<_> = (0..parents * 3).map(|row| (row, 0, 0, row / 3)).collect();
    let nulls = vec![None; children.len()];
    let made = session
        .flush(vec![
            Insert::into("makers", &["name"]).rows(parents, vec![texts(&names)]).returning(&["id"]),
            Insert::into("parts", &["maker_id", "name"])
                .rows(parents * 3, vec![integers(&nulls), texts(&children)])
                .links(&links)
                .returning(&["id"]),
        ])
        .await?;
    session.commit().await?;
    let rows = select_columns((Part::ID, Part::NAME, Maker::ID, Maker::NAME))
        .from::<Part>()
        .join::<Maker>(Part::MAKER_ID.eq(Maker::ID))
        .order_by(Part::NAME);
    let (parts, makers) = (keys(&made[1]), keys(&made[0]));
    let mut right = 0;
    for (at, (id, name, maker, owner)) in db.session()?.all(&rows).await?.into_iter().enumerate() {
        let as_made = parts.get(at) == Some(&id) && makers.get(at / 3) == Some(&maker);
        right += u32::from(as_made && name == format!("p{at:05}") && owner == format!("m{:05}", at / 3));
    }
    Ok(vec![right.to_string()])
}
