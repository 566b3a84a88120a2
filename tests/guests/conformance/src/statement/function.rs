//! Functions: the result of each for the same values, as text.

use sqlservice_sdk::{expression::*, prelude::*};

use crate::{Saw, lines::outcome};

/// Values to compute with.
#[derive(Model, Clone)]
#[model(table = "samples")]
struct Sample {
    #[model(primary_key)]
    id: i64,
    #[model(length = 50)]
    text: String,
    nothing: Option<String>,
    whole: i64,
    number: f64,
    #[model(precision = 10, scale = 2)]
    money: Decimal,
    on: Date,
    at: Timestamp,
    moment: TimestampTz,
    time: Time,
    doc: Json,
    none: Option<i64>,
}

const DOC: &str = r#"{"a": {"b": [10, "x", null, true, {"c": "deep"}]}, "$.t": "dollar", "null": null, "text": "null",
    "[0]": "bracket", "q\"uote": 1, "n": 1.5, "f": false, "é": "accent"}"#;

async fn samples() -> Result<Session, Error> {
    let db = Database::open("default", models![Sample]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let on = Date::new(2024, 2, 29).unwrap_or_default();
    let time = Time::new(23, 59, 58, 999_900).unwrap_or_default();
    let sample = Sample {
        id: 1,
        text: "  größe b  ".to_owned(),
        nothing: None,
        whole: -7,
        number: -2.5,
        money: "12.75".parse().unwrap_or_default(),
        on,
        at: Timestamp::new(on, time),
        moment: TimestampTz::new(on, time),
        time,
        doc: Json::new(DOC),
        none: None,
    };
    session.insert_many(&[sample]).await?;
    Ok(session)
}

/// Evaluates expressions on the sample and collects the results.
struct Results<'s> {
    session: &'s Session,
    saw: Vec<String>,
}

impl Results<'_> {
    async fn tell<T>(&mut self, name: &str, expression: Expr<T>)
    where
        T: sqlservice_sdk::Field + sqlservice_sdk::FromRow + std::fmt::Debug,
    {
        let value = self.session.one(&select_columns(expression).from::<Sample>()).await;
        self.saw.push(format!("{name}: {}", outcome(value.map(|value| format!("{value:?}")))));
    }
}

pub async fn statement_functions_of_texts() -> Saw {
    let session = samples().await?;
    let mut results = Results { session: &session, saw: Vec::new() };
    let text = Sample::TEXT;
    results.tell("position", position(text, "ö")).await;
    results.tell("position of nothing", position(text, "nowhere")).await;
    results.tell("position of the empty text", position(text, "")).await;
    results.tell("position sees case", position(text, "B")).await;
    results.tell("position in null", position(Sample::NOTHING, "a")).await;
    results.tell("left", left(trim(text), 3)).await;
    results.tell("left of all", left(text, 99)).await;
    results.tell("left of 0", left(text, 0)).await;
    results.tell("left of less", left(text, -2)).await;
    results.tell("left of null", left(text.expr().nullable(), None::<i32>)).await;
    results.tell("right", right(trim(text), 3)).await;
    results.tell("right of all", right(text, 99)).await;
    results.tell("right of 0", right(text, 0)).await;
    results.tell("right of less", right(text, -2)).await;
    results.tell("ltrim", ltrim(text)).await;
    results.tell("rtrim", rtrim(text)).await;
    results.tell("length", length(text)).await;
    results.tell("substr", substr(text, 3, 2)).await;
    results.tell("replace", replace(trim(text), "ß", "ss")).await;
    Ok(results.saw)
}

pub async fn statement_functions_of_numbers() -> Saw {
    let session = samples().await?;
    let mut results = Results { session: &session, saw: Vec::new() };
    let (number, whole) = (Sample::NUMBER, Sample::WHOLE);
    results.tell("floor", floor(number)).await;
    results.tell("ceil", ceil(number)).await;
    results.tell("floor of more", floor(number * -1.0)).await;
    results.tell("ceil of more", ceil(number * -1.0)).await;
    results.tell("floor of a whole number", floor(number * 2.0)).await;
    results.tell("ceil of a large number", ceil(number * 1e30)).await;
    results.tell("floor of money", floor(Sample::MONEY).cast::<i64>()).await;
    results.tell("ceil of money", ceil(Sample::MONEY).cast::<i64>()).await;
    results.tell("round", round(number, 0)).await;
    results.tell("round of money", round(Sample::MONEY, 1).cast::<f64>()).await;
    results.tell("sign", sign(number)).await;
    results.tell("sign of money", sign(Sample::MONEY)).await;
    results.tell("sign of 0", sign(whole - Sample::WHOLE)).await;
    results.tell("greatest", greatest(whole, 3)).await;
    results.tell("greatest with null", greatest(whole, Sample::NONE)).await;
    results.tell("least", least(whole, 3)).await;
    results.tell("least with null", least(Sample::NONE, whole)).await;
    results.tell("greatest text", greatest(Sample::TEXT, "a")).await;
    // Compared as numbers, not as text.
    results.tell("greatest money", greatest(Sample::MONEY, 9_i64)).await;
    results.tell("a fraction as an integer", number.cast::<i64>()).await;
    results.tell("money as an integer", Sample::MONEY.cast::<i64>()).await;
    results.tell("abs", abs(whole)).await;
    results.tell("the integer part of a quotient", whole / 2).await;
    results.tell("the remainder", whole % 2).await;
    Ok(results.saw)
}

pub async fn statement_functions_of_times() -> Saw {
    let session = samples().await?;
    let mut results = Results { session: &session, saw: Vec::new() };
    let (on, at, moment, time) = (Sample::ON, Sample::AT, Sample::MOMENT, Sample::TIME);
    results.tell("year", year(on)).await;
    results.tell("month", month(at)).await;
    results.tell("day", day(moment)).await;
    results.tell("hour", hour(at)).await;
    results.tell("minute", minute(moment)).await;
    results.tell("second", second(at)).await;
    results.tell("second of a time", second(time)).await;
    results.tell("hour of a time", hour(time)).await;
    results.tell("the date", at.cast::<Date>()).await;
    results.tell("the moment's date", moment.cast::<Date>()).await;
    results.tell("a day later", add_days(on, 1)).await;
    results.tell("a year before", add_days(on, -366)).await;
    results.tell("seconds later", add_seconds(at, 2)).await;
    results.tell("seconds before", add_seconds(moment, -86_400)).await;
    results.tell("of a value", add_days(literal(Date::from_days(0)), Sample::WHOLE)).await;
    results.tell("days between", days_between(on, Date::new(2025, 3, 1).unwrap_or_default())).await;
    results.tell("days back", days_between(on, add_days(on, -30))).await;
    results.tell("the year of a sum", year(add_days(on, 400))).await;
    results.tell("in the same month", month(on).eq(month(at))).await;
    Ok(results.saw)
}

pub async fn statement_functions_of_documents() -> Saw {
    let session = samples().await?;
    let mut results = Results { session: &session, saw: Vec::new() };
    let doc = Sample::DOC;
    let items = || json_get(json_get(doc, "a"), "b");
    results.tell("an item", json_text(items(), 0)).await;
    results.tell("a text", json_text(items(), 1)).await;
    results.tell("null as text", json_text(items(), 2)).await;
    results.tell("true as text", json_text(items(), 3)).await;
    results.tell("deep", json_text(json_get(items(), 4), "c")).await;
    results.tell("past the end", json_text(items(), 9)).await;
    results.tell("false as text", json_text(doc, "f")).await;
    results.tell("a number as text", json_text(doc, "n")).await;
    results.tell("the text null", json_text(doc, "text")).await;
    results.tell("a key like a path", json_text(doc, "$.t")).await;
    results.tell("a key in brackets", json_text(doc, "[0]")).await;
    results.tell("a key with a quote", json_text(doc, "q\"uote")).await;
    results.tell("a key with an accent", json_text(doc, "é")).await;
    results.tell("no such key", json_text(doc, "nowhere")).await;
    results.tell("length", json_length(items())).await;
    results.tell("length of an object", json_length(doc)).await;
    results.tell("type", json_type(doc)).await;
    results.tell("type of an array", json_type(items())).await;
    results.tell("type of a text", json_type(json_get(items(), 1))).await;
    results.tell("type of a number", json_type(json_get(items(), 0))).await;
    results.tell("type of a fraction", json_type(json_get(doc, "n"))).await;
    results.tell("type of a truth", json_type(json_get(doc, "f"))).await;
    results.tell("type of null", json_type(json_get(doc, "null"))).await;
    results.tell("type of nothing", json_type(json_get(doc, "nowhere"))).await;
    Ok(results.saw)
}
