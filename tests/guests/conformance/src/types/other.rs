//! E06: UUIDs, bytes, truth values and floats.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    lines::{debug, outcome},
};

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "others")]
struct Other {
    #[model(primary_key)]
    id: i64,
    key: Option<Uuid>,
    bytes: Option<Vec<u8>>,
    #[model(length = 16)]
    short: Option<Vec<u8>>,
    yes: Option<bool>,
    double: Option<f64>,
    single: Option<f32>,
}

/// A table of another program, which stores UUIDs as 32 hexadecimal digits.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "foreign_keys_of_others")]
struct Foreign {
    #[model(primary_key)]
    id: i64,
    digits: Uuid,
}

fn other(id: i64) -> Other {
    Other { id, key: None, bytes: None, short: None, yes: None, double: None, single: None }
}

pub async fn e06_others() -> Saw {
    let db = Database::open("default", models![Other]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let key = Uuid::from_u128(0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8);
    let rows = [
        Other {
            key: Some(key),
            bytes: Some(b"7\xe7\x9f".to_vec()),
            short: Some(vec![0, 255]),
            yes: Some(true),
            double: Some(0.1),
            single: Some(0.1),
            ..other(1)
        },
        Other {
            key: Some(Uuid::default()),
            bytes: Some(Vec::new()),
            short: Some(Vec::new()),
            yes: Some(false),
            ..other(2)
        },
        Other { double: Some(f64::MAX), single: Some(f32::MIN_POSITIVE), bytes: Some((0..=255).collect()), ..other(3) },
        Other { double: Some(f64::from_bits(1)), single: Some(f32::from_bits(1)), ..other(4) },
    ];
    session.insert_many(&rows).await?;
    session.commit().await?;
    let read = session.all(&select::<Other>().order_by(Other::ID)).await?;
    let mut saw = vec![debug(&(read == rows))];
    let ids = async |condition: Expr<bool>| {
        outcome(
            session.all(&select_columns(Other::ID).filter(condition).order_by(Other::ID)).await.map(|ids| debug(&ids)),
        )
    };
    saw.push(ids(Other::KEY.eq(key)).await);
    saw.push(ids(Other::YES.expr().not_null()).await);
    saw.push(ids(Other::YES.eq(false)).await);
    saw.push(ids(Other::BYTES.eq(b"7\xe7\x9f".to_vec())).await);
    saw.push(ids(Other::SINGLE.eq(0.1_f32)).await);
    for (id, double) in (10..).zip([f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0]) {
        saw.push(outcome(session.insert_many(&[Other { double: Some(double), ..other(id) }]).await));
        let read = session.first(&select_columns(Other::DOUBLE).filter(Other::ID.eq(id))).await;
        saw.push(outcome(read.map(|found| debug(&found))));
        session.rollback().await?;
    }
    Ok(saw)
}

/// With a table `foreign_keys_of_others` that was made from outside.
pub async fn e06_foreign() -> Saw {
    let session = Database::open("default", models![Foreign]).await?.session()?;
    let read = session.all(&select::<Foreign>()).await?;
    Ok(read.into_iter().map(|row| row.digits.to_string()).collect())
}
