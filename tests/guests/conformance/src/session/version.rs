//! C10 to C13 and T-67: versions of rows.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    unit_of_work::{commit, mark, ok_or_error},
};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "documents")]
struct Document {
    #[model(primary_key)]
    id: i64,
    #[model(version)]
    version: i64,
    #[model(length = 40)]
    title: String,
    #[model(order_by = "id")]
    pages: Many<Page>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "pages")]
struct Page {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "documents.id")]
    document_id: Option<i64>,
    #[model(length = 40)]
    text: String,
    document: One<Document>,
}

fn document(id: i64, title: &str) -> Document {
    Document { id, title: title.to_owned(), ..Document::default() }
}

fn page(text: &str) -> Page {
    Page { text: text.to_owned(), ..Page::default() }
}

/// Creates the tables with this many documents, each of version 2.
async fn open(documents: i64) -> Result<Database, Error> {
    let db = Database::open("default", models![Document, Page]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let mut all = session.add_all((1..=documents).map(|id| document(id, "first")))?;
    session.flush().await?;
    all.iter_mut().for_each(|document| document.edit().title = "second".to_owned());
    session.commit().await?;
    Ok(db)
}

async fn rows(db: &Database) -> Result<String, Error> {
    let query = select_columns((Document::ID, Document::VERSION, Document::TITLE)).order_by(Document::ID);
    let shown = |(id, version, title): (i64, i64, String)| format!("{id}:{version}:{title}");
    Ok(db.session()?.all(&query).await?.into_iter().map(shown).collect::<Vec<_>>().join(" "))
}

/// Versions count from one, and updates match on the version that the object has.
pub async fn c10_counted() -> Saw {
    let db = open(0).await?;
    let session = db.session()?;
    let mut document = session.add(document(1, "first"))?;
    commit(&db, &session).await?;
    let mut saw = vec![format!("{} {}", document.version, rows(&db).await?)];
    for title in ["second", "third"] {
        document.edit().title = title.to_owned();
        commit(&db, &session).await?;
        saw.push(format!("{} {}", document.version, rows(&db).await?));
    }
    // Without a change the version is not incremented.
    document.edit().title = "third".to_owned();
    commit(&db, &session).await?;
    saw.push(document.version.to_string());
    // A rollback takes the increment back, in the object, too.
    document.edit().title = "undone".to_owned();
    session.flush().await?;
    saw.push(document.version.to_string());
    session.rollback().await?;
    saw.push(format!("{} {}", document.version, document.title));
    document.edit().title = "fourth".to_owned();
    session.commit().await?;
    saw.push(rows(&db).await?);
    session.delete(&document)?;
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// Two sessions read the same version, and one of them writes first.
pub async fn c11_stale(what: String) -> Saw {
    let db = open(2).await?;
    let slow = db.session()?;
    let mut known = slow.query::<Document>().order_by(Document::ID).all().await?;
    slow.commit().await?;
    let fast = db.session()?;
    fast.get_one::<Document>(2).await?.edit().title = "fast".to_owned();
    fast.commit().await?;
    let page = slow.add(page("with it"))?;
    if what == "update" {
        known.iter_mut().for_each(|document| document.edit().title = "slow".to_owned());
    } else {
        known.iter().try_for_each(|document| slow.delete(document))?;
    }
    let mut saw = vec![ok_or_error(slow.commit().await)];
    // The whole flush is undone, and succeeds again without the stale object.
    saw.push(format!("{:?} {} {}", page.status(), known[0].version, known[0].title));
    if what == "update" {
        slow.refresh(&known[1]).await?;
        saw.push(format!("{} {}", known[1].version, known[1].title));
    } else {
        slow.rollback().await?;
        saw.push(format!("{:?} {:?}", known[0].status(), known[1].status()));
        slow.refresh(&known[1]).await?;
        slow.delete(&known[1])?;
    }
    slow.commit().await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// A merged model gives its version, or 0 to ignore it.
pub async fn c12_merge() -> Saw {
    let db = open(3).await?;
    let session = db.session()?;
    let given = |id, version, title: &str| Document { version, ..document(id, title) };
    let unset = session.merge(given(1, 0, "unset")).await?;
    let right = session.merge(given(2, 2, "right")).await?;
    let wrong = session.merge(given(3, 1, "wrong")).await;
    let mut saw = vec![ok_or_error(wrong)];
    session.commit().await?;
    saw.push(format!("{} {} {}", unset.version, right.version, rows(&db).await?));
    // A detached object keeps its version.
    let mut detached = right.clone();
    session.expunge(&detached);
    detached.edit().title = "detached".to_owned();
    session.merge(&detached).await?;
    session.commit().await?;
    saw.push(rows(&db).await?);
    detached.edit().title = "stale".to_owned();
    saw.push(ok_or_error(session.merge(&detached).await));
    session.commit().await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}

/// A change of other rows' references to a row does not increment its version.
pub async fn c13_collection() -> Saw {
    let db = open(2).await?;
    let session = db.session()?;
    let mut documents = session.query::<Document>().with(Document::PAGES).order_by(Document::ID).all().await?;
    documents[0].edit().pages.push(page("p1"));
    commit(&db, &session).await?;
    let mut page = documents[0].pages.handles()?.remove(0);
    page.edit().document.set(&documents[1]);
    commit(&db, &session).await?;
    documents[1].edit().pages.remove(&page);
    commit(&db, &session).await?;
    let mut saw = vec![rows(&db).await?];
    // With a column of its own it does.
    documents[1].edit().pages.push(&page);
    documents[1].edit().title = "third".to_owned();
    mark(&db).await?;
    session.flush().await?;
    mark(&db).await?;
    session.commit().await?;
    saw.push(rows(&db).await?);
    Ok(saw)
}
