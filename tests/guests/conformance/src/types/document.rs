//! E04: JSON, and its null as distinct from SQL's.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{debug, outcome},
};

/// A document.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "documents")]
struct Document {
    #[model(primary_key)]
    id: i64,
    body: Option<Json>,
}

/// A row with this text as its document, valid or not.
fn document(id: i64, body: Option<&str>) -> Document {
    Document { id, body: body.map(Json::new) }
}

pub async fn e04_documents() -> Saw {
    let db = Database::open("default", models![Document]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let rows = [
        document(1, Some(r#"{"k": {"inner": [1, 2.5, true, null]}}"#)),
        document(2, Some(r#"{"réveillé": "🐋 \ud83d\udc0b x", "k": "v"}"#)),
        document(3, Some("null")),
        document(4, None),
        document(5, Some(r#""text""#)),
        document(6, Some("[]")),
        document(7, Some(r#"{"k": 7}"#)),
    ];
    session.insert_many(&rows).await?;
    session.commit().await?;
    let read = session.all(&select_columns(Document::BODY).order_by(Document::ID)).await?;
    let mut saw: Vec<String> =
        read.into_iter().map(|body| body.map_or("NULL".to_owned(), |body| body.to_string())).collect();
    let ids = async |condition: Expr<bool>| {
        outcome(
            session
                .all(&select_columns(Document::ID).filter(condition).order_by(Document::ID))
                .await
                .map(|ids| debug(&ids)),
        )
    };
    saw.push(ids(Document::BODY.is_null()).await);
    saw.push(ids(Document::BODY.cast::<String>().eq("null")).await);
    saw.push(ids(json_text(Document::BODY, "k").eq("v")).await);
    // Invalid JSON is refused, and nothing of it is stored.
    for text in ["", "{", "{'a': 1}", "nul", "[1,]", "NaN", "01", "\"\u{1}\"", "1 2"] {
        saw.push(outcome(session.insert_many(&[document(100, Some(text))]).await));
        session.rollback().await?;
    }
    Ok(saw)
}
