//! Many rows: upserts past the parameters of a statement, updates from columns.

use sqlservice_sdk::prelude::*;

use super::model::{User, open};
use crate::{Saw, unit_of_work::ok_or_error};

#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "prices")]
struct Price {
    #[model(primary_key)]
    id: i64,
    #[model(length = 20)]
    code: String,
    cents: i64,
    note: Option<String>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "stocks")]
struct Stock {
    #[model(primary_key)]
    house: i64,
    #[model(primary_key)]
    item: i64,
    count: i64,
    #[model(version)]
    version: i64,
}

fn price(id: i64, cents: i64) -> Price {
    Price { id, code: format!("c{id}"), cents, note: Some("new".to_owned()) }
}

/// More rows than one statement has parameters for, new and existing ones: all are written or none.
pub async fn query_upsert_many(rows: u32) -> Saw {
    let db = Database::open("default", models![Price]).await?;
    db.create_all().await?;
    let rows = i64::from(rows);
    let half: Vec<Price> = (1..=rows / 2).map(|id| Price { note: None, ..price(id, 0) }).collect();
    db.transaction(async |session| session.insert_many(&half).await).await?;
    let session = db.session()?;
    let known = session.get_one::<Price>(1).await?;
    let all: Vec<Price> = (1..=rows).map(|id| price(id, id)).collect();
    let mut saw = Vec::new();
    session.upsert_many(&all, |insert| insert.on_conflict().do_update(Price::CENTS)).await?;
    let count = select_columns((count_all(), sum(Price::CENTS), count(Price::NOTE)));
    saw.push(ok_or_error(session.one(&count).await.map(drop)));
    let (rows, cents, notes) = session.one(&count).await?;
    saw.push(format!("{rows} {} {notes}", cents.unwrap_or_default()));
    // The session's objects are synchronized.
    saw.push(format!("{} {:?}", known.cents, known.note));
    session.upsert_many(&all, |insert| insert.on_conflict().do_update_all()).await?;
    saw.push(format!("{}", session.one(&count).await?.2));
    session.commit().await?;
    // All or none: the last row does not fit.
    let mut broken: Vec<Price> = all.iter().map(|price| Price { cents: 0, ..price.clone() }).collect();
    broken.push(Price { code: "x".repeat(30), ..price(rows + 1, 0) });
    let failed = session.upsert_many(&broken, |insert| insert.on_conflict().do_update(Price::CENTS)).await;
    saw.push(format!("{}", failed.is_err()));
    saw.push(format!("{}", session.one(&count).await?.1 == cents));
    session.rollback().await?;
    saw.push(ok_or_error(session.upsert_many::<Price>(&[], |insert| insert.on_conflict().do_nothing()).await));
    let connection = db.connect().await?;
    let ignored = connection.upsert_many(&all, |insert| insert.on_conflict().do_nothing()).await?;
    saw.push(format!("{ignored}"));
    if db.capabilities().contains(Capabilities::INSERT_RETURNING) {
        let stored =
            connection.upsert_many_returning(&all, |insert| insert.on_conflict().do_update(Price::CENTS)).await?;
        saw.push(format!("{}", stored.len()));
    } else {
        saw.push(rows.to_string());
    }
    Ok(saw)
}

/// Updates columns of rows by primary key, without row structs.
pub async fn query_update_columns() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let ed = session.get_one::<User>(1).await?;
    let mut saw = Vec::new();
    let update = bulk_update::<User>([1, 3])
        .set(User::NAME, ["eddy".to_owned(), "ally".to_owned()])
        .set(User::AGE, [None, Some(31)]);
    saw.push(format!("{}", session.update_columns(update).await?));
    let rows = select_columns((User::NAME, User::AGE)).order_by(User::ID);
    saw.push(format!("{:?}", session.all(&rows).await?));
    saw.push(format!("{} {:?}", ed.name, ed.age));
    saw.push(ok_or_error(session.update_columns(bulk_update::<User>([1, 2]).set(User::AGE, [Some(1)])).await));
    saw.push(ok_or_error(session.update_columns(bulk_update::<User>([1])).await));
    saw.push(ok_or_error(session.update_columns(bulk_update::<User>([(1, 2)]).set(User::AGE, [None])).await));
    saw.push(ok_or_error(session.update_columns(bulk_update::<User>([] as [i64; 0]).set(User::AGE, [])).await));
    saw.push(ok_or_error(
        session.update_columns(bulk_update::<User>([1, 99]).set(User::AGE, [Some(1), Some(1)])).await,
    ));
    saw.push(format!("{:?}", session.one(&select_columns(User::AGE).filter(User::ID.eq(1))).await?));
    session.rollback().await?;
    let db = Database::open("default", models![Stock]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let stock = |house, item| Stock { house, item, count: 0, version: 1 };
    session.insert_many(&[stock(1, 1), stock(1, 2)]).await?;
    let update = || bulk_update::<Stock>([(1, 1), (1, 2)]).set(Stock::COUNT, [5, 6]);
    saw.push(ok_or_error(session.update_columns(update()).await));
    saw.push(ok_or_error(session.update_columns(update().set(Stock::VERSION, [1, 1])).await));
    saw.push(ok_or_error(session.update_columns(update().set(Stock::VERSION, [2, 1])).await));
    saw.push(format!(
        "{:?}",
        session.all(&select_columns((Stock::COUNT, Stock::VERSION)).order_by(Stock::ITEM)).await?
    ));
    Ok(saw)
}
