//! A plugin that keeps notes. It knows its database by a name; who runs it decides which one that is.

use sqlservice_sdk::prelude::*;

// Its models, and what it exports, in WIT. `sqlservice inspect` shows both.
sqlservice_sdk::plugin!(
    models = [Note],
    "export add-note: async func(text: string) -> result<s64, string>;
     export notes: async func() -> result<list<string>, string>;"
);

/// A row of the table `notes`.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "notes")]
struct Note {
    #[model(primary_key, generated)]
    id: i64,
    text: String,
    done: bool,
}

struct Plugin;

impl Guest for Plugin {
    async fn add_note(text: String) -> Result<i64, String> {
        let db = Database::open("default", declared_models()).await?;
        db.create_all().await?;
        // Committed at its end; an error rolls it back.
        let note = db.transaction(async |session| session.insert(&Note { text, ..Note::default() }).await).await?;
        Ok(note.id)
    }

    async fn notes() -> Result<Vec<String>, String> {
        let db = Database::open("default", declared_models()).await?;
        db.create_all().await?;
        let open = select::<Note>().filter(Note::DONE.eq(false)).order_by(Note::ID.asc());
        let notes = db.session()?.all(&open).await?;
        Ok(notes.into_iter().map(|note| note.text).collect())
    }
}

export!(Plugin);
