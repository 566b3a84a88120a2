//! Conditions: lists, patterns, nulls.

use sqlservice_sdk::prelude::*;

use crate::{Saw, lines::rows};

/// A row to look for.
#[derive(Model, Clone)]
#[model(table = "sought")]
struct Sought {
    #[model(primary_key)]
    id: i64,
    x: i64,
    y: Option<i64>,
    #[model(length = 50)]
    z: Option<String>,
}

async fn sought() -> Result<Session, Error> {
    let db = Database::open("default", models![Sought]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let row = |id| Sought { id, x: id, y: Some(id + 1), z: Some(format!("z{id}")) };
    session.insert_many(&(1..=4).map(row).collect::<Vec<_>>()).await?;
    session.insert_many(&[Sought { id: 5, x: 5, y: None, z: None }]).await?;
    Ok(session)
}

pub async fn d05_lists() -> Saw {
    let session = sought().await?;
    let none = [0_i64; 0];
    let no_pairs: [(i64, i64); 0] = [];
    let no_row = select_columns(Sought::ID).filter(Sought::ID.lt(0));
    let conditions: Vec<Expr<bool>> = vec![
        Sought::X.in_list(none),
        Sought::X.not_in_list(none),
        // A null is no member of an empty list either.
        Sought::Y.in_list(none),
        Sought::Y.not_in_list(none),
        Sought::Y.in_list(none).is_null(),
        literal(None::<i64>).in_list(none),
        literal(None::<i64>).not_in_list(none),
        Sought::X.in_list([2, 3]),
        Sought::X.not_in_list([2, 3]),
        // A null is neither in a list nor not in it.
        Sought::Y.in_list([2, 3]),
        Sought::Y.not_in_list([2, 3]),
        Sought::X.in_list([Some(2), None]),
        Sought::X.not_in_list([Some(2), None]),
        tuple((Sought::X, Sought::Y)).in_list(no_pairs),
        tuple((Sought::X, Sought::Y)).not_in_list(no_pairs),
        tuple((Sought::X, Sought::Y)).in_list([(2, 3), (3, 4), (4, 5), (1, 9)]),
        tuple((Sought::X, Sought::Y)).not_in_list([(2, 3), (3, 4)]),
        // Tuples of several types.
        tuple((Sought::X, Sought::Z)).in_list([(2, "z2"), (3, "z3"), (4, "none")]),
        tuple((Sought::X, Sought::Z, Sought::ID)).in_list([(2, "z2", 2), (3, "z3", 2)]),
        tuple((Sought::X, Sought::Y)).eq((2, 3)),
        tuple((Sought::X, Sought::Y)).gt((2, 3)),
        Sought::X.in_list(none).or(Sought::X.in_list([1])),
        Sought::X.in_query(&no_row),
        Sought::X.not_in_query(&no_row),
        Sought::X.in_query(&select_columns(Sought::ID).filter(Sought::ID.gt(3))),
        tuple((Sought::X, Sought::Y))
            .in_query(&select_columns((Sought::ID, Sought::ID + 1)).limit(2).order_by(Sought::ID)),
    ];
    let mut saw = Vec::new();
    for condition in conditions {
        saw.push(rows(session.all(&select_columns(Sought::ID).filter(condition).order_by(Sought::ID)).await));
    }
    Ok(saw)
}

/// A text with the special characters of patterns.
#[derive(Model, Clone)]
#[model(table = "texts")]
struct Text {
    #[model(primary_key)]
    id: i64,
    #[model(length = 50)]
    data: Option<String>,
}

pub async fn d06_patterns() -> Saw {
    let db = Database::open("default", models![Text]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let texts = [
        "abcdefg", "ab/cdefg", "ab%cdefg", "ab_cdefg", "abcde/fg", "abcde%fg", "ab#cdefg", "ab9cdefg", "abcde#fg",
        "abcd9fg",
    ];
    let row = |(id, data): (i64, Option<&str>)| Text { id, data: data.map(str::to_owned) };
    let all: Vec<_> = (1..).zip(texts.into_iter().map(Some).chain([None])).map(row).collect();
    session.insert_many(&all).await?;
    let data = Text::DATA;
    let conditions: Vec<Expr<bool>> = vec![
        // As patterns.
        data.like("ab%c%"),
        data.like(literal("ab%".to_owned()).concat("c%")),
        data.like("%e%fg"),
        data.like("%b%cde%"),
        data.not_like("ab%c%"),
        // As literal texts.
        data.starts_with("ab%c"),
        data.starts_with("ab#c"),
        data.starts_with("ab_c"),
        data.ends_with("e%fg"),
        data.ends_with("e#fg"),
        data.contains("b%cde"),
        data.contains("b%cd"),
        data.contains("b#cd"),
        data.contains("/"),
        data.contains("").not(),
        data.starts_with("ab%c").not(),
        data.contains("b%cde").not(),
        // With a given escape character.
        data.like_escaped("ab##c%", '#'),
        data.like_escaped("ab#%c%", '#'),
        data.like_escaped("%e##fg", '#'),
        data.like_escaped("%b##cde%", '#'),
        data.like_escaped("ab/_c%", '/'),
        // Case-sensitive, unless `ilike`.
        data.like("AB%"),
        data.ilike("AB/C%"),
        data.like("ab_cdefg"),
        data.like("ab\\_cdefg"),
    ];
    let mut saw = Vec::new();
    for condition in conditions {
        saw.push(rows(session.all(&select_columns(Text::ID).filter(condition).order_by(Text::ID)).await));
    }
    Ok(saw)
}

/// Two values that may be null.
#[derive(Model, Clone)]
#[model(table = "pairs")]
struct Pair {
    #[model(primary_key)]
    id: i64,
    a: Option<i64>,
    b: Option<i64>,
}

pub async fn d07_distinct() -> Saw {
    let db = Database::open("default", models![Pair]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let pairs = [(Some(0), Some(1)), (Some(1), Some(1)), (None, Some(1)), (Some(0), None), (None, None)];
    let row = |(id, (a, b))| Pair { id, a, b };
    session.insert_many(&(1..).zip(pairs).map(row).collect::<Vec<_>>()).await?;
    let conditions: Vec<Expr<bool>> = vec![
        Pair::A.is_distinct_from(Pair::B),
        Pair::A.is_not_distinct_from(Pair::B),
        Pair::A.is_distinct_from(None::<i64>),
        Pair::A.is_not_distinct_from(1),
        Pair::A.eq(Pair::B),
        Pair::A.ne(Pair::B),
        Pair::A.is_distinct_from(Pair::B).not(),
    ];
    let mut saw = Vec::new();
    for condition in conditions {
        saw.push(rows(session.all(&select_columns(Pair::ID).filter(condition).order_by(Pair::ID)).await));
    }
    Ok(saw)
}
