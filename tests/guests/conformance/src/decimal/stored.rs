//! Stored decimals: keys, objects, values that do not fit, and comparisons with numbers of other types.

use sqlservice_sdk::{expression::*, prelude::*};

use crate::{
    Saw,
    lines::{debug, error, outcome},
};

/// A row with a decimal primary key.
#[derive(Model, Clone, Debug)]
#[model(table = "prices")]
struct Price {
    #[model(primary_key, precision = 10, scale = 2)]
    amount: Decimal,
    #[model(unique, precision = 10, scale = 3)]
    code: Option<Decimal>,
    sales: Many<Sale>,
}

/// A row that refers to a price.
#[derive(Model, Clone, Debug)]
#[model(table = "sales")]
struct Sale {
    #[model(primary_key)]
    id: i64,
    #[model(precision = 10, scale = 2, foreign_key = "prices.amount", on_update = "cascade")]
    price: Decimal,
}

/// A row that counts its versions.
#[derive(Model, Clone, Debug)]
#[model(table = "counted")]
struct Counted {
    #[model(primary_key)]
    id: i64,
    #[model(precision = 38, scale = 12)]
    amount: Decimal,
    whole: i64,
    float: f64,
    #[model(version)]
    version: i64,
}

fn price(amount: &str, code: Option<&str>) -> Result<Price, Error> {
    Ok(Price { amount: amount.parse()?, code: code.map(str::parse).transpose()?, sales: Many::default() })
}

async fn prices() -> Result<Session, Error> {
    let db = Database::open("default", models![Price, Sale]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    session.insert_many(&[price("9.5", Some("1.5"))?, price("10", None)?, price("-9.500", Some("2"))?]).await?;
    Ok(session)
}

/// Runs a change in a savepoint, which is rolled back if the change fails.
async fn attempt(session: &Session, command: &impl sqlservice_sdk::statement::Command) -> Result<String, Error> {
    let savepoint = session.begin_nested().await?;
    let told = outcome(session.execute(command).await);
    if told.parse::<u64>().is_ok() {
        savepoint.release().await?
    } else {
        savepoint.rollback().await?
    }
    Ok(told.split(" table=").next().unwrap_or_default().to_owned())
}

async fn amounts(session: &Session) -> Result<String, Error> {
    let order = select_columns((Price::AMOUNT, Price::CODE)).order_by(Price::AMOUNT);
    Ok(debug(&session.all(&order).await?))
}

/// Keys, unique values and foreign keys are compared by value, and changed by expressions.
pub async fn decimal_keys() -> Saw {
    let session = prices().await?;
    let mut saw = vec![amounts(&session).await?];
    for (amount, code) in [("9.50", None), ("9.51", Some("1.500")), ("9.51", Some("1.6"))] {
        saw.push(attempt(&session, &insert::<Price>().values(&[price(amount, code)?])).await?);
    }
    let sale = |id: i64, price: &str| Ok::<_, Error>(Sale { id, price: price.parse()? });
    for (id, price) in [(1, "9.500"), (2, "10.0"), (3, "7")] {
        saw.push(attempt(&session, &insert::<Sale>().values(&[sale(id, price)?])).await?);
    }
    saw.push(
        attempt(&session, &update::<Price>().set(Price::AMOUNT, Price::AMOUNT * 2).filter(Price::AMOUNT.eq(10)))
            .await?,
    );
    saw.push(
        attempt(&session, &update::<Price>().set(Price::AMOUNT, Price::AMOUNT / 3).filter(Price::AMOUNT.lt(0))).await?,
    );
    let code = |text: &str| text.parse::<Decimal>();
    saw.push(attempt(&session, &update::<Price>().set(Price::CODE, Price::CODE * code("1.0005")?)).await?);
    saw.push(amounts(&session).await?);
    saw.push(debug(&session.all(&select_columns((Sale::ID, Sale::PRICE)).order_by(Sale::ID)).await?));
    // Existing rows are updated from the values that could not be inserted.
    let upsert = insert::<Price>()
        .values(&[price("9.50", Some("7"))?, price("0.10", Some("8"))?])
        .on_conflict_of((Price::AMOUNT,))
        .do_set(|upsert| upsert.set(Price::CODE, excluded(Price::CODE) * 10));
    saw.push(attempt(&session, &upsert).await?);
    saw.push(attempt(&session, &delete::<Price>().filter(Price::AMOUNT.in_list([code("0.1")?, code("5")?]))).await?);
    saw.push(amounts(&session).await?);
    Ok(saw)
}

/// Objects are found by the value of their key, and setting an equal decimal is no change.
pub async fn decimal_objects() -> Saw {
    let session = prices().await?;
    let sales = [("1", "9.5"), ("2", "9.50"), ("3", "10")];
    for (id, amount) in sales {
        session.add(Sale { id: id.parse().unwrap_or_default(), price: amount.parse()? })?;
    }
    session.flush().await?;
    let one = session.get_one::<Price>("9.500".parse::<Decimal>()?).await?;
    let other = session.get_one::<Price>("9.5".parse::<Decimal>()?).await?;
    let mut saw = vec![format!("one object {}", one == other)];
    let loaded = session.query::<Price>().with(Price::SALES).order_by(Price::AMOUNT).all().await?;
    for price in loaded {
        let mut ids: Vec<i64> = price.sales.get()?.iter().map(|sale| sale.id).collect();
        ids.sort_unstable();
        saw.push(format!("{}: {ids:?}", price.amount));
    }
    let db = Database::open("default", models![Counted]).await?;
    drop(session);
    db.create_all().await?;
    let session = db.begin().await?;
    let mut counted = session.add(Counted { id: 1, amount: "1.5".parse()?, whole: 2, float: 0.5, version: 0 })?;
    session.flush().await?;
    let first = counted.version;
    counted.edit().amount = "1.500".parse()?;
    saw.push(format!("modified {}", session.is_modified(&counted)));
    session.flush().await?;
    saw.push(format!("versions {}", counted.version - first));
    counted.edit().amount = "1.501".parse()?;
    session.flush().await?;
    saw.push(format!("versions {}", counted.version - first));
    Ok(saw)
}

/// Values that do not fit, and operations without a result.
pub async fn decimal_errors() -> Saw {
    let session = prices().await?;
    let large: Decimal = "99999999.99".parse()?;
    let of = |value: Expr<Decimal>| update::<Price>().set(Price::AMOUNT, value).filter(Price::AMOUNT.eq(10));
    let mut saw = Vec::new();
    for change in [
        of(Price::AMOUNT * &large),
        of(Price::AMOUNT / 0),
        of(Price::AMOUNT % 0),
        of(Price::AMOUNT / (Price::AMOUNT - 10)),
        of(Price::AMOUNT + "0.004".parse::<Decimal>()?),
        of(Price::AMOUNT - "0.005".parse::<Decimal>()?),
    ] {
        saw.push(attempt(&session, &change).await?);
    }
    saw.push(amounts(&session).await?);
    Ok(saw)
}

/// Decimals beside integers, floats and texts, and casts between them.
pub async fn decimal_values() -> Saw {
    let db = Database::open("default", models![Counted]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let row = |id, amount: &str, whole, float| {
        Ok::<_, Error>(Counted { id, amount: amount.parse()?, whole, float, version: 1 })
    };
    session
        .insert_many(&[
            row(1, "2.5", 2, 0.5)?,
            row(2, "-2.500", 3, 2.5)?,
            row(3, "9007199254740993.000000000001", 9_007_199_254_740_993, 0.1)?,
            row(4, "10", 10, 10.0)?,
        ])
        .await?;
    let mut saw = Vec::new();
    macro_rules! tell {
        ($($name:literal: $value:expr;)*) => {$(
            let query = select_columns($value.label("v")).from::<Counted>().order_by(Counted::ID);
            let told = session.all(&query).await.map(|values| debug(&values));
            saw.push(format!("{}: {}", $name, told.unwrap_or_else(|failure| error(&failure))));
        )*};
    }
    // Typed as an integer by the host.
    let whole = || function::<Decimal>("coalesce", (Counted::WHOLE,));
    let float = || function::<Decimal>("coalesce", (Counted::FLOAT,));
    let amount = Counted::AMOUNT;
    tell! {
        "equal to an integer": amount.eq(whole());
        "an integer less": whole().lt(amount);
        "an integer in decimals": whole().in_list([Decimal::from(2), "10.00".parse()?, "2.5".parse()?]);
        "a decimal in integers": amount.in_query(&select_columns(whole()).from::<Counted>());
        "an integer in a query": whole().in_query(&select_columns(amount));
        "between an integer and more": amount.between(whole(), whole() + 1);
        "the greater": greatest(whole(), amount).not_null().cast_decimal(30, 2);
        "a case": when(amount.gt(whole()), whole()).otherwise(amount).cast_decimal(30, 2);
        "an integer or a decimal": nullif(whole(), amount).is_null();
        "greater than a float": amount.gt(float());
        "a float's product": function::<f64>("abs", (amount * float(),)).lt(100.0);
        "as a text": amount.cast::<String>();
        "as an integer": amount.cast::<i64>();
        "as a float": amount.cast::<f64>();
        "of an integer": Counted::WHOLE.cast_decimal(20, 2);
        "of a float": Counted::FLOAT.cast_decimal(20, 3);
        "of a text": Counted::FLOAT.cast::<String>().cast_decimal(20, 3);
        "of a decimal": amount.cast_decimal(20, 1);
        "of any digits": (Counted::WHOLE.cast::<Decimal>() + "0.5".parse::<Decimal>()?).gt(amount);
        "sign": sign(amount);
        "a third": round(amount / 3, 8);
        "a sum": scalar(&select_columns(sum(amount)).from::<Counted>());
        "tuples": tuple((amount, Counted::WHOLE)).in_list([("2.50".parse::<Decimal>()?, 2_i64), ("10.0".parse::<Decimal>()?, 10_i64)]);
    }
    Ok(saw)
}
