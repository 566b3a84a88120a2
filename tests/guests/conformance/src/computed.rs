//! Values come back with the type that their column promises: numbers computed from values and columns of several types,
//! and texts that differ only in trailing blanks.

use sqlservice_sdk::{Field, FromRow, expression::*, prelude::*};

use crate::{Saw, lines::outcome};

/// Numbers of every type.
#[derive(Model, Clone)]
#[model(table = "figures")]
struct Figure {
    #[model(primary_key)]
    id: i64,
    short: i16,
    middle: i32,
    long: i64,
    unsigned: u64,
    single: f32,
    double: f64,
    none: Option<i32>,
    #[model(precision = 12, scale = 2)]
    money: Decimal,
}

async fn figures() -> Result<Session, Error> {
    let db = Database::open("default", models![Figure]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let figure = |id, factor: i16| Figure {
        id,
        short: 7 * factor,
        middle: 7 * i32::from(factor),
        long: 7 * i64::from(factor),
        unsigned: 7,
        single: 7.5,
        double: 7.5 * f64::from(factor),
        none: None,
        money: Decimal::from(7 * i64::from(factor)),
    };
    session.insert_many(&[figure(1, 1), figure(2, -1)]).await?;
    Ok(session)
}

/// Evaluates expressions, of the first figure or without a table, and collects the results.
struct Results<'s> {
    session: &'s Session,
    saw: Vec<String>,
}

impl Results<'_> {
    async fn tell<T: Field + FromRow + std::fmt::Debug>(&mut self, name: &str, expression: Expr<T>) {
        let query = select_columns(expression).from::<Figure>().filter(Figure::ID.eq(1));
        let value = self.session.one(&query).await;
        self.note(name, value);
    }

    async fn alone<T: Field + FromRow + std::fmt::Debug>(&mut self, name: &str, expression: Expr<T>) {
        let value = self.session.one(&select_columns(expression)).await;
        self.note(name, value);
    }

    async fn all<T: Field + FromRow + std::fmt::Debug>(&mut self, name: &str, expression: Expr<T>) {
        let value = self.session.one(&select_columns(expression).from::<Figure>()).await;
        self.note(name, value);
    }

    async fn all_words<T: Field + FromRow + std::fmt::Debug>(&mut self, name: &str, expression: Expr<T>) {
        let value = self.session.one(&select_columns(expression).from::<Word>()).await;
        self.note(name, value);
    }

    fn note<T: std::fmt::Debug>(&mut self, name: &str, value: Result<T, Error>) {
        self.saw.push(format!("{name}: {}", outcome(value.map(|value| format!("{value:?}")))));
    }
}

/// Expressions of values alone: only the host can give them a type.
pub async fn computed_values() -> Saw {
    let session = figures().await?;
    let mut results = Results { session: &session, saw: Vec::new() };
    let big = 9_007_199_254_740_993_i64;
    results.alone("quotient", literal(7) / 2).await;
    results.alone("quotient of less", literal(-7) / 2).await;
    results.alone("quotient of long ones", literal(big) / 1).await;
    results.alone("quotient of floats", literal(7.0) / 2.0).await;
    results.alone("quotient of a quotient", literal(15) / 2 / 2).await;
    results.alone("rest", literal(-7) % 4).await;
    results.alone("sum", literal(big) + 0).await;
    results.alone("product", literal(big) * 1).await;
    results.alone("difference", literal(big) - 1).await;
    results.alone("negative", -literal(big)).await;
    results.alone("abs", abs(literal(-big))).await;
    results.alone("case", when(literal(true), literal(big)).otherwise(1)).await;
    results.alone("quotient of a case", when(literal(true), literal(7)).otherwise(1) / 2).await;
    results.alone("quotient by a case", literal(7) / when(literal(true), literal(2)).otherwise(1)).await;
    results.alone("quotient of a case without another", when(literal(true), literal(7)).or_null() / 2).await;
    results.alone("quotient of a coalesce", coalesce(literal(None::<i64>), 7) / 2).await;
    results.alone("quotient of a greatest", greatest(literal(7), 3) / 2).await;
    results.alone("quotient of a nullif", nullif(literal(7), 3) / 2).await;
    results.alone("quotient of nothing", literal(None::<i64>) / 2).await;
    results.alone("quotient of a length", length(literal("seven77".to_owned())) / 2).await;
    results.alone("quotient of a cast", literal(7.0).cast::<i64>() / 2).await;
    results.alone("quotient of a query", scalar(&select_columns(literal(7))) / 2).await;
    results.alone("coalesce", coalesce(literal(None::<i64>), big)).await;
    results.alone("coalesce of floats", coalesce(literal(None::<f64>), 1.5)).await;
    results.alone("greatest", greatest(literal(big), 1)).await;
    results.alone("float", literal(2.0) * 2.0).await;
    results.alone("round", round(literal(2.5), 0)).await;
    results.alone("truth", literal(true)).await;
    results.alone("comparison", literal(7).gt(2)).await;
    results.alone("condition in a case", when(literal(7).gt(2), literal(true)).otherwise(false)).await;
    results.alone("text", literal("a".to_owned())).await;
    results.alone("unsigned", literal(u64::MAX / 2) / 2).await;
    Ok(results.saw)
}

/// Expressions of columns with values and with other columns.
pub async fn computed_columns() -> Saw {
    let session = figures().await?;
    let mut results = Results { session: &session, saw: Vec::new() };
    results.tell("short", Figure::SHORT / 2).await;
    results.tell("middle", Figure::MIDDLE / 2).await;
    results.tell("long", Figure::LONG / 2).await;
    results.tell("unsigned", Figure::UNSIGNED / 2).await;
    results.tell("single", Figure::SINGLE / 2.0).await;
    results.tell("double", Figure::DOUBLE / 2.0).await;
    results.tell("a value by a column", literal(20) / Figure::MIDDLE).await;
    results.tell("none", Figure::NONE / 2).await;
    results.tell("of coalesce", coalesce(Figure::NONE, 7) / 2).await;
    results.tell("of coalesce of columns", coalesce(Figure::NONE, Figure::MIDDLE) / 2).await;
    results.tell("of a case", when(Figure::SHORT.gt(0), Figure::LONG).otherwise(0) / 2).await;
    results.tell("of a case of values", when(Figure::SHORT.gt(0), literal(7)).otherwise(0) / 2).await;
    results.tell("of a sum in brackets", (Figure::LONG + 8) / 2).await;
    results.tell("of a product", Figure::LONG * 3 / 2).await;
    results.tell("rest", Figure::LONG % 4).await;
    results.tell("wider", Figure::LONG + Figure::MIDDLE.expr().cast::<i64>()).await;
    results.tell("as a float", Figure::LONG.expr().cast::<f64>() / 2.0).await;
    results.all("sum", sum(Figure::LONG)).await;
    results.all("sum of short", sum(Figure::SHORT)).await;
    results.all("sum of unsigned", sum(Figure::UNSIGNED)).await;
    results.all("sum of values", sum(literal(7))).await;
    results.all("sum of a case", sum(when(Figure::LONG.gt(0), literal(7)).otherwise(0))).await;
    results.all("quotient of a sum", sum(abs(Figure::LONG)) / 4).await;
    results.all("quotient of a count", count(Figure::ID) / 2).await;
    results.all("sum of floats", sum(Figure::DOUBLE)).await;
    results.all("mean", avg(Figure::LONG)).await;
    results.all("mean of values", avg(literal(7))).await;
    results.all("mean of a case", avg(when(Figure::LONG.gt(0), literal(1)).otherwise(0))).await;
    results.all("least", min(Figure::SHORT)).await;
    results.all("quotient of the greatest", max(Figure::UNSIGNED) / 2).await;
    results.all("greatest of a coalesce", max(coalesce(Figure::NONE, 7))).await;
    Ok(results.saw)
}

/// Prepared statements, whose bind values come later and vary in width.
pub async fn computed_parameters() -> Saw {
    let session = figures().await?;
    let mut saw = Vec::new();
    let by = session.prepare(&select_columns(literal(7) / parameter::<i32>(0))).await?;
    for divisor in [2, 3, -2] {
        saw.push(format!("by {divisor}: {}", session.one(&by.bind(params![divisor])).await?));
    }
    let of = session
        .prepare(&select_columns(Figure::LONG / parameter::<i64>(0)).from::<Figure>().order_by(Figure::ID))
        .await?;
    for divisor in [2_i64, 1 << 40] {
        saw.push(format!("of long by {divisor}: {:?}", session.all(&of.bind(params![divisor])).await?));
    }
    let case = when(Figure::LONG.gt(parameter::<i64>(0)), parameter::<i64>(1)).otherwise(Figure::LONG) / 2;
    let case = session.prepare(&select_columns(case).from::<Figure>().order_by(Figure::ID)).await?;
    for value in [9_i64, 9_007_199_254_740_995] {
        saw.push(format!("of a case of {value}: {:?}", session.all(&case.bind(params![0_i64, value])).await?));
    }
    let first =
        session.prepare(&select_columns(coalesce(Figure::NONE, parameter::<i32>(0)) / 2).from::<Figure>()).await?;
    for value in [9, -9] {
        saw.push(format!("of a coalesce of {value}: {:?}", session.all(&first.bind(params![value])).await?));
    }
    Ok(saw)
}

/// Texts that are keys, unique, or neither.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "words")]
struct Word {
    #[model(primary_key, length = 20)]
    word: String,
    #[model(length = 20, unique)]
    other: String,
    long: String,
    doc: Json,
}

fn word(word: &str) -> Word {
    let doc = Json::new(format!("{{\"of\": {word:?}}}"));
    Word { word: word.to_owned(), other: word.to_owned(), long: word.to_owned(), doc }
}

/// Texts are equal only if every character is: blanks, accents and case count.
pub async fn computed_texts() -> Saw {
    let db = Database::open("default", models![Word]).await?;
    db.create_all().await?;
    let mut saw = Vec::new();
    let words = ["abc", "abc ", "abc  ", "abc\t", "ABC", "äbc", "", " "];
    db.transaction(async |session| session.insert_many(&words.map(word)).await.map(drop)).await?;
    let session = db.begin().await?;
    for key in ["abc", "abc ", "abc   ", " ", "  "] {
        saw.push(format!(
            "get {key:?}: {:?}",
            session.get::<Word>(key.to_owned()).await?.map(|found| found.word.clone())
        ));
    }
    let found = async |condition: Expr<bool>| {
        let query = select_columns(Word::WORD).filter(condition).order_by(Word::WORD);
        session.all(&query).await.map(|words| format!("{words:?}"))
    };
    saw.push(format!("equal: {}", found(Word::OTHER.eq("abc ")).await?));
    saw.push(format!("not equal: {}", found(Word::LONG.ne("abc ")).await?));
    saw.push(format!("long: {}", found(Word::LONG.eq("abc")).await?));
    saw.push(format!("in: {}", found(Word::LONG.in_list(["abc ", " "])).await?));
    saw.push(format!("greater: {}", found(Word::OTHER.gt("abc ")).await?));
    saw.push(format!("between: {}", found(Word::OTHER.between("abc", "abc ")).await?));
    saw.push(format!("trimmed: {}", found(rtrim(Word::LONG).eq("abc")).await?));
    saw.push(format!("columns: {}", found(Word::LONG.eq(Word::OTHER).and(Word::LONG.eq("abc "))).await?));
    saw.push(format!("concat: {}", found(Word::LONG.concat(" ").eq("abc ")).await?));
    saw.push(format!("replace: {}", found(replace(Word::LONG, "c", "").eq("ab ")).await?));
    saw.push(format!(
        "distinct from: {}",
        found(Word::LONG.is_distinct_from("abc").not().or(Word::LONG.eq(""))).await?
    ));
    saw.push(format!("a member of a document: {}", found(json_text(Word::DOC, "of").eq("abc ")).await?));
    saw.push(format!(
        "a member beside a column: {}",
        found(json_text(Word::DOC, "of").eq(Word::LONG).and(Word::LONG.eq(" "))).await?
    ));
    let same = select_columns(Word::LONG).filter(Word::LONG.eq("abc "));
    saw.push(format!("in a query: {}", found(Word::OTHER.in_query(&same)).await?));
    let mut alone = Results { session: &session, saw };
    alone.alone("values", literal("a ".to_owned()).eq("a")).await;
    alone.alone("values of another case", literal("A".to_owned()).eq("a")).await;
    alone.alone("values in a list", literal("a".to_owned()).in_list(["a ", "A"])).await;
    alone.alone("nullif", nullif(literal("a ".to_owned()), "a")).await;
    alone.alone("a cast", literal(7).cast::<String>().eq("7 ")).await;
    alone.alone("a member of a value", json_text(literal(Json::new(r#"{"a": "x "}"#)), "a").eq("x")).await;
    alone.all_words("different", count_distinct(Word::LONG)).await;
    let mut saw = alone.saw;
    let groups = select_columns((trim(Word::WORD), count_all())).from::<Word>().group_by(trim(Word::WORD));
    let mut groups: Vec<String> = session.all(&groups).await?.iter().map(|group| format!("{group:?}")).collect();
    groups.sort();
    saw.push(format!("groups of trimmed: {}", groups.join(" ")));
    let distinct = session.all(&select_columns(Word::LONG).distinct()).await?.len();
    saw.push(format!("distinct: {distinct}"));
    let both = select_columns(Word::LONG).filter(Word::LONG.eq("abc"));
    let both = both.union(select_columns(Word::OTHER).filter(Word::OTHER.eq("abc ")));
    saw.push(format!("union: {}", session.all(&both).await?.len()));
    session.rollback().await?;
    let again = db.transaction(async |session| session.insert_many(&[word("abc   ")]).await.map(drop)).await;
    saw.push(format!("one blank more: {}", outcome(again.map(|()| "ok"))));
    let again = db.transaction(async |session| session.insert_many(&[word("abc ")]).await.map(drop)).await;
    saw.push(format!("the same: {}", again.is_err_and(|error| error.is_unique_violation())));
    let changed = db
        .transaction(async |session| {
            session.execute(&update::<Word>().set(Word::LONG, "x").filter(Word::WORD.eq("abc "))).await
        })
        .await?;
    saw.push(format!("changed: {changed}"));
    Ok(saw)
}
