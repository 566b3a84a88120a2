//! Types of other crates.

use bigdecimal::BigDecimal;
use jiff::{Span, civil};
use serde::{Deserialize, Serialize};
use sqlservice_sdk::{prelude::*, value::Document};

use crate::{
    Saw,
    lines::{debug, outcome},
};

/// The content of a document.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
struct Settings {
    name: String,
    limits: Vec<Option<f64>>,
}

#[derive(Model, Clone, Debug)]
#[model(table = "natives")]
struct Native {
    #[model(primary_key)]
    id: uuid::Uuid,
    day: Option<civil::Date>,
    clock: Option<civil::Time>,
    local: Option<civil::DateTime>,
    instant: Option<jiff::Timestamp>,
    span: Option<Span>,
    #[model(precision = 38, scale = 12)]
    wide: Option<BigDecimal>,
    #[model(precision = 38, scale = 12)]
    exact: Option<rust_decimal::Decimal>,
    settings: Option<Document<Settings>>,
    any: Option<serde_json::Value>,
}

fn native(id: u128) -> Native {
    Native {
        id: uuid::Uuid::from_u128(id),
        day: None,
        clock: None,
        local: None,
        instant: None,
        span: None,
        wide: None,
        exact: None,
        settings: None,
        any: None,
    }
}

fn wrong(error: impl std::fmt::Display) -> Error {
    Error::other(error.to_string())
}

pub async fn types_native_types() -> Saw {
    let db = Database::open("default", models![Native]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let full = Native {
        day: Some(civil::date(1727, 4, 1)),
        clock: Some(civil::time(12, 57, 18, 396_000)),
        local: Some(civil::date(9999, 12, 31).at(23, 59, 59, 999_999_000)),
        instant: Some("2012-10-15T12:57:18.039642Z".parse().map_err(wrong)?),
        span: Some(Span::new().months(14).days(3).microseconds(1_500_000)),
        wide: Some("-12345678901234567890123456.789012345678".parse().map_err(wrong)?),
        exact: Some("31943874831932.01".parse().map_err(wrong)?),
        settings: Some(Document(Settings { name: "🐋".to_owned(), limits: vec![Some(0.1), None] })),
        any: Some(serde_json::Value::Null),
        ..native(u128::MAX)
    };
    session.insert_many(&[full, native(1)]).await?;
    session.commit().await?;
    let read = session.all(&select::<Native>().order_by(Native::WIDE.desc().nulls_last())).await;
    let read = match read {
        // For databases without `NULLS LAST`.
        Err(Error::Unsupported(_)) => session.all(&select::<Native>().order_by(Native::WIDE.is_null())).await?,
        read => read?,
    };
    let mut saw = Vec::new();
    for row in read {
        saw.push(format!("{} {:?} {:?} {:?}", row.id, row.day, row.clock, row.local));
        let number = |text: Option<String>| text.unwrap_or_default();
        saw.push(format!("{:?} {:?}", row.instant, row.span.map(|span| span.fieldwise())));
        let exact = row.exact.map(|exact| exact.normalize().to_string());
        saw.push(format!("{} {}", number(row.wide.map(|wide| wide.to_string())), number(exact)));
        saw.push(format!("{:?} {:?}", row.settings, row.any));
    }
    // Refused by the column's name, before anything is sent.
    let nanosecond = Native { clock: Some(civil::time(0, 0, 0, 1)), ..native(2) };
    saw.push(outcome(session.insert_many(std::slice::from_ref(&nanosecond)).await));
    let old = Native { day: Some(civil::date(0, 1, 1)), ..native(2) };
    saw.push(outcome(session.insert_many(&[old]).await));
    // A statement with such a value is refused as well; nothing was sent, so the transaction is intact.
    saw.push(outcome(session.execute(&insert::<Native>().values(&[nanosecond])).await));
    session.rollback().await?;
    // 38 digits do not fit the smaller of the two decimal types.
    let wide = select_columns(column::<rust_decimal::Decimal>("natives", "wide")).from::<Native>();
    let wide = wide.filter(Native::WIDE.is_not_null());
    saw.push(outcome(session.all(&wide).await.map(|rows| debug(&rows))));
    Ok(saw)
}
