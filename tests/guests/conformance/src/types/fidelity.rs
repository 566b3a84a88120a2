//! Round trips of each type: classes of values are generated from a seed, written, and compared with the values read
//! back.

mod class;
pub mod random;

use std::pin::Pin;

use sqlservice_sdk::prelude::*;

use self::{class::Class, random::Random};
use crate::{Saw, lines};

/// The number of values of a refused class that are tried one by one.
const ALONE: usize = 24;

/// A model with a column of one type.
trait Kept: Model + Clone {
    type Of: Clone + std::fmt::Debug;

    fn new(id: i64, value: Option<Self::Of>) -> Self;

    fn value(&self) -> Option<&Self::Of>;
}

/// A model for each type, and the classes of its values.
macro_rules! kinds {
    ($($module:ident $table:literal { $(#[$attribute:meta])* $of:ty } $classes:path;)*) => {
        $(mod $module {
            #[allow(unused_imports, reason = "not every type is the SDK's")]
            use sqlservice_sdk::prelude::*;

            #[derive(Model, Clone)]
            #[model(table = $table)]
            pub struct Row {
                #[model(primary_key)]
                id: i64,
                $(#[$attribute])*
                value: Option<$of>,
            }

            impl super::Kept for Row {
                type Of = $of;

                fn new(id: i64, value: Option<$of>) -> Self {
                    Self { id, value }
                }

                fn value(&self) -> Option<&$of> {
                    self.value.as_ref()
                }
            }
        })*

        /// One line a class: its type, its name and the outcome.
        pub async fn types_fidelity(seed: u64, values: u32) -> Saw {
            let mut saw = Vec::new();
            $(
                let classes = $classes(&mut Random::new(seed), values as usize);
                let observed: Pin<Box<dyn Future<Output = Saw>>> = Box::pin(observe::<$module::Row>($table, classes));
                saw.extend(observed.await?);
            )*
            Ok(saw)
        }
    };
}

kinds! {
    boolean "boolean" { bool } class::booleans;
    int16 "int16" { i16 } class::int16;
    int32 "int32" { i32 } class::int32;
    int64 "int64" { i64 } class::int64;
    uint64 "uint64" { u64 } class::uint64;
    float32 "float32" { f32 } class::float32;
    float64 "float64" { f64 } class::float64;
    decimal "decimal" { #[model(precision = 38, scale = 12)] Decimal } class::decimals;
    text "text" { String } class::texts;
    varchar "varchar" { #[model(length = 20)] String } class::varchars;
    bytes "bytes" { Vec<u8> } class::bytes;
    uuid "uuid" { Uuid } class::uuids;
    json "json" { Json } class::documents;
    date "date" { Date } class::dates;
    time "time" { Time } class::times;
    timestamp "timestamp" { Timestamp } class::timestamps;
    timestamp_tz "timestamp-tz" { TimestampTz } class::moments;
    interval "interval" { Interval } class::intervals;
    enumeration "enumeration" { super::class::Label } class::labels;
    array_int64 "array of int64" { Vec<Option<i64>> } class::integer_arrays;
    array_text "array of text" { Vec<Option<String>> } class::text_arrays;
}

async fn observe<R: Kept>(kind: &'static str, classes: Vec<Class<R::Of>>) -> Saw {
    let db = match Database::open("default", models![R]).await {
        Ok(db) => db,
        Err(error) => {
            let refused = lines::error(&error);
            return Ok(classes.iter().map(|class| format!("{kind}|{}|{refused}", class.name)).collect());
        }
    };
    db.create_all().await?;
    let session = db.session()?;
    let mut saw = Vec::new();
    for class in classes {
        saw.push(format!("{kind}|{}|{}", class.name, outcome::<R>(&session, &class).await?));
    }
    Ok(saw)
}

/// The outcome of a class: `exact`, `equal`, the error that refuses each of its values, or a description of the failure.
async fn outcome<R: Kept>(session: &Session, class: &Class<R::Of>) -> Result<String, Error> {
    // Nulls between the values, so that the column always has some.
    let with_nulls = class.values.iter().flat_map(|value| [Some(value.clone()), None]);
    let rows: Vec<R> = (1..).zip(with_nulls).map(|(id, value)| R::new(id, value)).collect();
    let sent = session.insert_many(&rows).await;
    let outcome = match sent {
        Ok(_) => match session.all(&select::<R>().order_by(column::<i64>(R::TABLE, "id"))).await {
            Ok(read) => compared(class, &rows, &read),
            Err(error) => format!("unreadable: {}", lines::error(&error)),
        },
        Err(error) => {
            session.rollback().await?;
            one_by_one::<R>(session, class, &lines::error(&error)).await?
        }
    };
    session.rollback().await?;
    Ok(outcome)
}

fn compared<R: Kept>(class: &Class<R::Of>, sent: &[R], read: &[R]) -> String {
    if sent.len() != read.len() {
        return format!("changed: {} rows were sent, {} came back", sent.len(), read.len());
    }
    let holds = |same: fn(&R::Of, &R::Of) -> bool| {
        sent.iter().zip(read).find(|(sent, read)| match (sent.value(), read.value()) {
            (Some(sent), Some(read)) => !same(sent, read),
            (sent, read) => sent.is_some() || read.is_some(),
        })
    };
    match (holds(class.same), holds(class.equal)) {
        (None, _) => "exact".to_owned(),
        (_, None) => "equal".to_owned(),
        (_, Some((sent, read))) => format!("changed: {:?} was sent, {:?} came back", sent.value(), read.value()),
    }
}

/// A class counts as refused if each of its values is refused by the same error.
async fn one_by_one<R: Kept>(session: &Session, class: &Class<R::Of>, refused: &str) -> Result<String, Error> {
    for value in class.values.iter().take(ALONE) {
        let alone = session.insert_many(&[R::new(1, Some(value.clone()))]).await;
        session.rollback().await?;
        let told = lines::outcome(alone);
        if told != refused {
            return Ok(format!("not all alike: {refused}, but {told} of {value:?}"));
        }
    }
    Ok(refused.to_owned())
}
