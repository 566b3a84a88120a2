//! Names that need quoting.

use sqlservice_sdk::{prelude::*, statement::Select};

use crate::{
    Saw,
    lines::{outcome, rows},
};

/// Names that contain drivers' placeholders.
#[derive(Model, Clone, Debug, PartialEq, Default)]
#[model(table = "percent%table", index(name = "ix %s", columns(percent)))]
struct Percent {
    #[model(primary_key, generated, column = "%(id)s")]
    id: i64,
    #[model(column = "percent%")]
    percent: i64,
    #[model(column = "spaces % more spaces")]
    spaces: i64,
    #[model(column = ":colon ? $1 {brace}", length = 20)]
    marks: String,
}

/// Names in upper and lower case, and reserved words.
#[derive(Model, Clone, Debug, PartialEq, Default)]
#[model(table = "Order")]
struct Reserved {
    #[model(primary_key, column = "select")]
    id: i64,
    #[model(column = "GROUP")]
    group: i64,
    #[model(column = "MixedCase")]
    mixed: i64,
    #[model(column = "(parens) [brackets]", length = 20)]
    marks: Option<String>,
}

/// Names in other alphabets.
#[derive(Model, Clone, Debug, PartialEq, Default)]
#[model(table = "Unitéble2 漢字")]
struct Unicode {
    #[model(primary_key, generated, column = "méil")]
    id: i64,
    #[model(column = "測試", length = 20)]
    text: String,
    #[model(column = "ω größe")]
    number: i64,
}

/// The number of inserted rows, and whether they are read back as expected.
async fn used<M>(session: &Session, new: &[M], again: &Select<M>, expected: &[M]) -> Result<String, Error>
where
    M: Model + Clone + PartialEq,
{
    let made = session.insert_many(new).await?;
    let found = session.all(again).await?;
    Ok(format!("{made} made, as they were: {}", found == expected))
}

pub async fn d14_odd_names() -> Saw {
    let db = Database::open("default", models![Percent, Reserved, Unicode]).await?;
    let mut made = db.create_all().await?;
    made.sort();
    let mut saw = vec![made.join(" | ")];
    let session = db.begin().await?;
    let percent = |id| Percent { id, percent: 0, spaces: 0, marks: "100% ? :x $1".to_owned() };
    let percents: Vec<_> = (1..=3).map(|id| Percent { percent: id * 10, spaces: -id, ..percent(id) }).collect();
    // The database generates the keys.
    let new: Vec<_> = percents.iter().map(|row| Percent { id: 0, ..row.clone() }).collect();
    saw.push(used(&session, &new, &select::<Percent>().order_by(Percent::ID), &percents).await?);
    let words: Vec<_> = (1..=3).map(|id| Reserved { id, group: id % 2, mixed: id, marks: None }).collect();
    saw.push(used(&session, &words, &select::<Reserved>().order_by(Reserved::ID), &words).await?);
    let texts: Vec<_> = (1..=3).map(|id| Unicode { id, text: "測試 ω".to_owned(), number: id }).collect();
    let new: Vec<_> = texts.iter().map(|row| Unicode { id: 0, ..row.clone() }).collect();
    saw.push(used(&session, &new, &select::<Unicode>().order_by(Unicode::ID), &texts).await?);
    saw.extend(queries(&session).await?);
    saw.extend(returned(&session).await);
    session.commit().await?;
    Ok(saw)
}

async fn queries(session: &Session) -> Saw {
    let by = select_columns((Percent::SPACES, Percent::PERCENT + Percent::SPACES))
        .filter(Percent::PERCENT.in_list([10, 20]).and(Percent::MARKS.contains("% ?")))
        .order_by(Percent::SPACES);
    let grouped = select_columns((Reserved::GROUP, max(Reserved::MIXED).label("max %s")))
        .group_by(Reserved::GROUP)
        .having(count_all().gt(0))
        .order_by(Reserved::GROUP);
    let joined = select_columns((Unicode::TEXT, Percent::PERCENT, Reserved::MIXED))
        .join::<Percent>(Percent::ID.eq(Unicode::NUMBER))
        .join::<Reserved>(Reserved::ID.eq(Unicode::ID))
        .filter(Unicode::NUMBER.gt(2));
    let (label, name) = ("größe %", "r & d");
    let derived = select_columns(column::<i64>(name, label))
        .from_query(&select_columns(Unicode::NUMBER.label(label)), name)
        .order_by(output::<i64>(label));
    let renamed = update::<Percent>().set(Percent::SPACES, Percent::PERCENT).filter(Percent::ID.eq(1));
    let upsert = insert::<Reserved>().values(&[Reserved { id: 1, group: 7, mixed: 8, marks: None }]);
    Ok(vec![
        rows(session.all(&by).await),
        rows(session.all(&grouped).await),
        rows(session.all(&joined).await),
        rows(session.all(&derived).await),
        outcome(session.execute(&renamed).await),
        outcome(
            session
                .execute(&upsert.on_conflict().do_update((Reserved::GROUP, Reserved::MIXED)))
                .await
                .map(|_| "upserted"),
        ),
        rows(session.all(&select_columns((Reserved::GROUP, Reserved::MIXED)).filter(Reserved::ID.eq(1))).await),
    ])
}

/// The rows that changes return under these names, some with generated keys.
async fn returned(session: &Session) -> Vec<String> {
    let percent = Percent { percent: 40, marks: "%".to_owned(), ..Percent::default() };
    let unicode = Unicode { text: "é".to_owned(), ..Unicode::default() };
    let many = session.insert_many_returning(&[percent.clone(), percent]).await;
    let many = many.map(|rows| rows.into_iter().map(|row| (row.id, row.percent, row.marks)).collect());
    let unicode = insert::<Unicode>().values(&[unicode]).returning((Unicode::ID, Unicode::TEXT));
    let change = update::<Reserved>().set(Reserved::MARKS, "%s").filter(Reserved::ID.eq(2));
    let gone = delete::<Unicode>().filter(Unicode::NUMBER.eq(3));
    vec![
        rows(many),
        rows(session.all(&unicode).await),
        rows(session.all(&change.returning((Reserved::GROUP, Reserved::MARKS))).await),
        rows(session.all(&gone.returning((Unicode::TEXT, Unicode::NUMBER))).await),
    ]
}
