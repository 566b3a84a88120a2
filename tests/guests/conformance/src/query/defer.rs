//! Columns that are read only by queries that ask for them.

use sqlservice_sdk::{prelude::*, value::Deferred};

use crate::{
    Saw,
    unit_of_work::{mark, ok_or_error},
};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "folders")]
struct Folder {
    #[model(primary_key)]
    id: i64,
    notes: Many<Note>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "notes")]
struct Note {
    #[model(primary_key)]
    id: i64,
    #[model(foreign_key = "folders.id")]
    folder_id: i64,
    body: Deferred<String>,
    #[model(length = 40)]
    title: String,
    mark: Deferred<Option<i64>>,
    folder: One<Folder>,
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Folder, Note]).await?;
    db.create_all().await?;
    let note = |id: i64| Note {
        id,
        folder_id: 1,
        body: format!("body {id}").into(),
        title: format!("title {id}"),
        mark: Some(id).into(),
        ..Note::default()
    };
    db.try_transaction(async |session| -> Result<(), Error> {
        session.insert_many(&[Folder { id: 1, ..Folder::default() }]).await?;
        session.insert_many(&[note(1), note(2), note(3)]).await?;
        Ok(())
    })
    .await?;
    Ok(db)
}

/// The deferred columns of a note, or their errors.
fn shown(note: &Note) -> String {
    let body = note.body.get().map_or_else(|error| ok_or_error::<()>(Err(error)), Clone::clone);
    let mark = note.mark.get().map_or_else(|error| ok_or_error::<()>(Err(error)), |mark| format!("{mark:?}"));
    format!("{} {body} {mark}", note.title)
}

/// All notes, read as plain rows.
async fn rows(session: &Session) -> Result<String, Error> {
    let rows = session.all(&select::<Note>().order_by(Note::ID)).await?;
    Ok(rows.iter().map(shown).collect::<Vec<_>>().join(", "))
}

/// Deferred columns are not selected, and reading one is an error until it is loaded; an unloaded column is not written.
pub async fn query_deferred() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let query = || session.query::<Note>().order_by(Note::ID);
    let mut saw = Vec::new();
    mark(&db).await?;
    let mut notes = query().all().await?;
    let one = db.session()?.get::<Note>(2).await?.map(|note| shown(&note));
    let page = query().page(2, None).await?.items.len();
    let filtered = query().filter(Note::BODY.ends_with("3")).with(Note::FOLDER).all().await?;
    mark(&db).await?;
    saw.push(format!("{} {:?} {page} {:?}", shown(&notes[0]), one, filtered[0].folder.get()?.map(|folder| folder.id)));
    saw.push(format!("{:?} {}", notes[0], notes[0].to_dict().get("body").is_none()));
    // An edit beside unloaded columns writes only the edited column.
    notes[0].edit().title = "new".to_owned();
    notes[1].edit().body.set("other");
    session.flush().await?;
    saw.push(format!("{} | {}", shown(&notes[1]), rows(&session).await?));
    // Undeferred columns are loaded for objects in the identity map, too.
    query().undefer(Note::BODY).all().await?;
    saw.push(notes.iter().map(|note| shown(note)).collect::<Vec<_>>().join(", "));
    session.load_deferred(&notes).await?;
    saw.push(notes.iter().map(|note| shown(note)).collect::<Vec<_>>().join(", "));
    session.flush().await?;
    session.expunge_all();
    let note = query().load_only(Note::MARK).first().await?.ok_or(Error::NoResult)?;
    saw.push(shown(&note));
    let note = session.query::<Note>().undefer((Note::BODY, Note::MARK)).get_one(1).await?;
    saw.push(shown(&note));
    // Edits of a loaded column are compared; an equal value is no change.
    let mut note = note;
    note.edit().body.set("body 1");
    saw.push(format!("{}", session.is_modified(&note)));
    note.edit().mark.set(None::<i64>);
    session.flush().await?;
    saw.push(rows(&session).await?);
    // A reload that defers the column unloads it again.
    let again = session.query::<Note>().populate_existing().get_one(1).await?;
    saw.push(format!("{} {}", again.is(&note), shown(&note)));
    session.rollback().await?;
    saw.push(rows(&session).await?);
    Ok(saw)
}

/// A copy of an object without its deferred columns cannot be inserted; deferred columns in streams and relationships.
pub async fn query_deferred_elsewhere() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    let note = session.get_one::<Note>(1).await?;
    let copy = Note { id: 9, ..note.to_model() };
    saw.push(ok_or_error(session.insert_many(std::slice::from_ref(&copy)).await));
    session.add(copy)?;
    saw.push(ok_or_error(session.flush().await));
    session.rollback().await?;
    let mut rows = session.query::<Note>().order_by(Note::ID).stream(2).await?;
    let first = rows.next_batch().await?.unwrap_or_default();
    drop(rows);
    saw.push(first.iter().map(|note| shown(note)).collect::<Vec<_>>().join(", "));
    session.rollback().await?;
    session.expunge_all();
    let folder = session.query::<Folder>().with(Folder::NOTES).get_one(1).await?;
    saw.push(format!("{}", folder.notes.get()?.len()));
    // A new object that takes a deleted object's row writes every column.
    session.expunge_all();
    let old = session.get_one::<Note>(3).await?;
    session.delete(&old)?;
    session.add(Note { id: 3, folder_id: 1, title: "title 3".to_owned(), ..Note::default() })?;
    session.flush().await?;
    let stored = session.all(&select_columns((Note::BODY, Note::MARK)).filter(Note::ID.eq(3))).await?;
    saw.push(format!("{stored:?}"));
    // The value of a bulk update is set on the object.
    let other = session.get_one::<Note>(2).await?;
    session.execute(&update::<Note>().set(Note::BODY, "bulk").filter(Note::ID.eq(2))).await?;
    saw.push(format!("{:?}", other.body.get().ok()));
    Ok(saw)
}
