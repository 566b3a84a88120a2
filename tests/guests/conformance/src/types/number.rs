//! E01, E02: exact numbers.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{debug, outcome},
};

/// Decimals of several sizes.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "amounts")]
struct Amount {
    #[model(primary_key)]
    id: i64,
    #[model(precision = 38, scale = 12)]
    wide: Decimal,
    #[model(precision = 18, scale = 14)]
    fine: Option<Decimal>,
    #[model(precision = 5, scale = 3)]
    small: Option<Decimal>,
}

/// Integers of every size.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "counts")]
struct Count {
    #[model(primary_key)]
    id: i64,
    short: i16,
    middle: i32,
    long: Option<i64>,
    unsigned: Option<u64>,
}

fn decimal(text: &str) -> Result<Decimal, Error> {
    text.parse().map_err(|_| Error::other(format!("{text} is no decimal")))
}

pub async fn e01_decimals() -> Saw {
    let db = Database::open("default", models![Amount]).await?;
    db.create_all().await?;
    let wide = [
        "31943874831932418390.01",
        "319438950232418390.273596",
        "87673.594069654243",
        "-99999999999999999999999999.999999999999",
        "0",
        "0.000000000001",
    ];
    let fine = ["0.00000001", "-0.00000002", "9999.99999999999999", "0.00000000000001"];
    let small = ["1.000", "-99.999", "0.5"];
    let mut rows = Vec::new();
    for (id, wide) in (1..).zip(wide) {
        let at = |list: &[&str]| list.get(rows.len()).map(|text| decimal(text)).transpose();
        rows.push(Amount { id, wide: decimal(wide)?, fine: at(&fine)?, small: at(&small)? });
    }
    let session = db.session()?;
    session.insert_many(&rows).await?;
    let mut saw: Vec<String> = session
        .all(&select::<Amount>().order_by(Amount::ID))
        .await?
        .into_iter()
        .map(|row| debug(&(row.wide, row.fine, row.small)))
        .collect();
    // Sorted by number, not by text; and found by the equal value.
    let ids = session.all(&select_columns(Amount::ID).order_by(Amount::WIDE)).await?;
    saw.push(debug(&ids));
    let same = Amount::SMALL.eq(decimal("1")?);
    saw.push(outcome(session.one(&select_columns(Amount::ID).filter(same)).await));
    // More digits than the column has, before and after the point.
    for (wide, small) in [("1", "1.0001"), ("1", "100"), ("100000000000000000000000000", "1"), ("1", "1.5000")] {
        let row = Amount { id: 100, wide: decimal(wide)?, fine: None, small: Some(decimal(small)?) };
        saw.push(outcome(session.insert_many(&[row]).await));
        session.rollback().await?;
    }
    Ok(saw)
}

pub async fn e02_integers() -> Saw {
    let db = Database::open("default", models![Count]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let rows = [
        Count { id: i64::MIN, short: i16::MIN, middle: i32::MIN, long: Some(i64::MIN), unsigned: Some(0) },
        Count { id: 1, short: 0, middle: -1, long: None, unsigned: None },
        Count { id: 2, short: 1, middle: 1, long: Some(1_376_537_018_368_127), unsigned: Some(u64::MAX >> 1) },
        Count { id: i64::MAX, short: i16::MAX, middle: i32::MAX, long: Some(i64::MAX), unsigned: Some(1) },
    ];
    session.insert_many(&rows).await?;
    session.commit().await?;
    let read = session.all(&select::<Count>().order_by(Count::ID)).await?;
    let mut saw = vec![debug(&(read == rows))];
    for value in [i64::MIN, i64::MAX] {
        saw.push(outcome(session.one(&select_columns(Count::ID).filter(Count::LONG.eq(value))).await));
    }
    // 2^64-1 where the database supports it.
    let most = Count { id: 3, short: 0, middle: 0, long: None, unsigned: Some(u64::MAX) };
    saw.push(outcome(session.insert_many(&[most]).await));
    let read = session.first(&select_columns(Count::UNSIGNED).filter(Count::ID.eq(3))).await;
    saw.push(outcome(read.map(|found| debug(&found))));
    Ok(saw)
}
