//! A plugin's own errors, and other crates', in transactions.

use std::fmt;

use sqlservice_sdk::prelude::*;

use super::model::{User, open};
use crate::{Saw, unit_of_work::ok_or_error};

/// A plugin's own error.
#[derive(Debug)]
enum Refused {
    TooYoung(i64),
    Number(std::num::ParseIntError),
    Database(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<std::num::ParseIntError> for Refused {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Number(error)
    }
}

/// An error of another crate, independent of the SDK.
#[derive(Debug)]
struct Foreign;

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("foreign")
    }
}

impl std::error::Error for Foreign {}

fn foreign() -> Result<(), Foreign> {
    Err(Foreign)
}

async fn grow(session: &Session, age: &str) -> Result<i64, Refused> {
    session.execute(&update::<User>().set(User::AGE, 1).filter(User::ID.eq(1))).await?;
    let age: i64 = age.parse()?;
    if age < 18 {
        return Err(Refused::TooYoung(age));
    }
    session.execute(&update::<User>().set(User::AGE, age).filter(User::ID.eq(1))).await?;
    if age > 150 {
        session.insert_many(&[User { id: 1, ..User::default() }]).await?;
    }
    Ok(age)
}

/// `?` on any error leaves the transaction, rolls it back, and passes the error to the caller.
pub async fn query_errors() -> Saw {
    let db = open().await?;
    let mut saw = Vec::new();
    let age = async || db.session()?.one(&select_columns(User::AGE).filter(User::ID.eq(1))).await;
    for text in ["x", "7", "151", "44"] {
        let outcome = db.try_transaction(async |session| grow(session, text).await).await;
        let outcome = match outcome {
            Ok(age) => format!("done {age}"),
            Err(Refused::TooYoung(age)) => format!("too young {age}"),
            Err(Refused::Number(error)) => error.to_string(),
            Err(Refused::Database(error)) => format!("{}", error.is_unique_violation()),
        };
        saw.push(format!("{outcome} {:?}", age().await?));
    }
    let boxed = db
        .try_transaction(async |session| -> Result<i64, Box<dyn std::error::Error>> {
            session.execute(&update::<User>().set(User::AGE, 2)).await?;
            Err(Foreign)?
        })
        .await;
    saw.push(format!("{} {:?}", boxed.is_err_and(|error| error.is::<Foreign>()), age().await?));
    // A savepoint that fails with the plugin's own error, in a transaction that goes on.
    let kept = db
        .try_transaction(async |session| -> Result<_, Refused> {
            session.execute(&update::<User>().set(User::AGE, 45).filter(User::ID.eq(1))).await?;
            let nested = session.try_nested(async |session| grow(session, "7").await).await;
            Ok(matches!(nested, Err(Refused::TooYoung(7))))
        })
        .await;
    saw.push(format!("{} {:?}", kept.is_ok_and(|is_own| is_own), age().await?));
    // Converted to the SDK's own error: common errors keep their case, others only their text.
    let own = db
        .transaction(async |session| {
            session.execute(&update::<User>().set(User::AGE, 3)).await?;
            Ok("x".parse::<i64>()?)
        })
        .await;
    saw.push(ok_or_error(own));
    let own = db
        .transaction(async |session| {
            session.execute(&update::<User>().set(User::AGE, 3)).await?;
            foreign().map_err(Error::other)?;
            Ok(())
        })
        .await;
    saw.push(format!("{} {:?}", ok_or_error(own), age().await?));
    Ok(saw)
}
