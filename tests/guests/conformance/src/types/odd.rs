//! T-18, T-20, T-40: values that fit no column, written and read.

use sqlservice_sdk::{SqlType, prelude::*, schema::TypeKind, value::Scalar};

use crate::{
    Saw,
    lines::{debug, outcome},
};

/// Any scalar as a column of this type, written and read unchecked.
#[derive(Clone, Debug, PartialEq)]
struct Any<const KIND: usize>(Scalar);

const KINDS: [TypeKind; 7] = [
    TypeKind::Date,
    TypeKind::Time,
    TypeKind::Timestamp,
    TypeKind::TimestampTz,
    TypeKind::Decimal,
    TypeKind::Text,
    TypeKind::Other,
];

impl<const KIND: usize> SqlType for Any<KIND> {
    const KIND: TypeKind = KINDS[KIND];

    fn to_scalar(&self) -> Scalar {
        self.0.clone()
    }

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        Some(Self(scalar))
    }
}

/// A column of each type with a limited range.
#[derive(Model, Clone)]
#[model(table = "edges")]
struct Edge {
    #[model(primary_key)]
    id: i64,
    day: Option<Any<0>>,
    clock: Option<Any<1>>,
    local: Option<Any<2>>,
    instant: Option<Any<3>>,
    #[model(precision = 38, scale = 12)]
    amount: Option<Any<4>>,
    text: Option<Any<5>>,
}

/// Values beyond every limit, each alone, by a bulk insert and by a statement.
pub async fn t20_edges() -> Saw {
    let db = Database::open("default", models![Edge]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let none = Edge { id: 1, day: None, clock: None, local: None, instant: None, amount: None, text: None };
    let mut rows = Vec::new();
    for days in [i32::MIN, -719_163, 2_932_897, i32::MAX] {
        rows.push(Edge { day: Some(Any(Scalar::Date(days))), ..none.clone() });
    }
    // The leap second is no valid time of day either.
    for clock in [i64::MIN, -1, 86_400_000_000, i64::MAX] {
        rows.push(Edge { clock: Some(Any(Scalar::Time(clock))), ..none.clone() });
    }
    for at in [i64::MIN, -62_135_596_800_000_001, 253_402_300_800_000_000, i64::MAX] {
        rows.push(Edge { local: Some(Any(Scalar::Timestamp(at))), ..none.clone() });
        rows.push(Edge { instant: Some(Any(Scalar::TimestampTz(at))), ..none.clone() });
    }
    let nines = "9".repeat(100_000);
    for text in ["1e1000000", "", "-", ".", "NaN", "Infinity", "1e5", "٣", "0x10", " 1", "1.2.3", &nines] {
        rows.push(Edge { amount: Some(Any(Scalar::Decimal(text.to_owned()))), ..none.clone() });
    }
    let mut saw = Vec::new();
    for row in rows {
        let many = outcome(session.insert_many(std::slice::from_ref(&row)).await);
        session.rollback().await?;
        let one = outcome(session.execute(&insert::<Edge>().values(&[row])).await);
        session.rollback().await?;
        saw.push(if many == one { many } else { format!("{many}, but {one}") });
    }
    // The session stays usable.
    session.insert_many(&[Edge { text: Some(Any(Scalar::Text("🐋".to_owned()))), ..none }]).await?;
    let read = session.all(&select_columns(Edge::TEXT)).await?;
    saw.push(debug(&(read == [Some(Any(Scalar::Text("🐋".to_owned())))])));
    Ok(saw)
}

/// A table filled from outside with values that do not fit their columns' types.
#[derive(Model, Clone, Debug)]
#[model(table = "odd")]
struct Odd {
    #[model(primary_key)]
    id: i64,
    day: Option<Date>,
    local: Option<Timestamp>,
    small: Option<i16>,
    yes: Option<bool>,
    #[model(precision = 38, scale = 12)]
    amount: Option<Decimal>,
    key: Option<Uuid>,
    text: Option<String>,
    double: Option<f64>,
    bytes: Option<Vec<u8>>,
}

/// Each row read as its model, and its one value read as its stored type.
pub async fn t40_odd_rows() -> Saw {
    let session = Database::open("default", models![Odd]).await?.session()?;
    let mut saw = Vec::new();
    let ids = session.all(&select_columns(Odd::ID).order_by(Odd::ID)).await?;
    for id in ids {
        let typed = session.first(&select::<Odd>().filter(Odd::ID.eq(id))).await;
        let typed = outcome(typed.map(|_| "read"));
        session.rollback().await?;
        let mut found = Vec::new();
        for name in ["day", "local", "small", "yes", "amount", "key", "text", "double", "bytes"] {
            let any = column::<Option<Any<6>>>("odd", name);
            let value = session.first(&select_columns(any).from::<Odd>().filter(Odd::ID.eq(id))).await;
            match value {
                Ok(Some(Some(Any(scalar)))) => found.push(format!("{name} {scalar:?}")),
                Ok(_) => {}
                Err(error) => {
                    found.push(format!("{name} {}", crate::lines::error(&error)));
                    session.rollback().await?;
                }
            }
        }
        saw.push(format!("{typed}: {}", found.join(", ")));
    }
    // The session stays usable.
    saw.push(outcome(session.one(&select_columns(count_all()).from::<Odd>()).await));
    Ok(saw)
}
