//! Queries: common table expressions, compounds, windows, limits.

use sqlservice_sdk::{
    Column,
    expression::{FrameBound, FrameUnit, Window, dense_rank, first_value, lag, rank},
    prelude::*,
};

use crate::{Saw, lines::rows};

/// A row that may have a parent.
#[derive(Model, Clone)]
#[model(table = "some_table")]
pub(super) struct Some_ {
    #[model(primary_key)]
    pub id: i64,
    #[model(length = 50)]
    pub data: String,
    pub parent_id: Option<i64>,
}

/// The table that rows are copied to.
#[derive(Model, Clone)]
#[model(table = "some_other_table")]
pub(super) struct Other {
    #[model(primary_key)]
    pub id: i64,
    #[model(length = 50)]
    pub data: String,
    pub parent_id: Option<i64>,
}

/// A session in a transaction, with five rows that form a tree.
pub(super) async fn tree() -> Result<Session, Error> {
    let db = Database::open("default", models![Some_, Other]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let above = [None, Some(1), Some(1), Some(3), Some(3)];
    let row = |(id, parent_id): (i64, Option<i64>)| Some_ { id, data: format!("d{id}"), parent_id };
    let all: Vec<_> = (1..).zip(above).map(row).collect();
    session.insert_many(&all).await?;
    Ok(session)
}

pub async fn d01_recursive() -> Saw {
    let session = tree().await?;
    let above = alias::<Some_>("above");
    let first = select::<Some_>().filter(Some_::DATA.in_list(["d2", "d3", "d4"]));
    let next = select_columns((Some_::ID.of(above), Some_::DATA.of(above), Some_::PARENT_ID.of(above)))
        .from_alias(above)
        .join_table("some_cte", column::<i64>("some_cte", "parent_id").eq(Some_::ID.of(above)));
    let whole = select_columns((Some_::ID, Some_::DATA, Some_::PARENT_ID))
        .filter(Some_::DATA.in_list(["d2", "d3", "d4"]))
        .union_all(next);
    let data = column::<String>("some_cte", "data");
    let found = select_columns(&data)
        .from_table("some_cte")
        .with_recursive("some_cte", &whole)
        .filter((&data).ne("d2"))
        .order_by(data.desc());
    // The same expression without its recursion, next to one that uses it.
    let plain = select_columns((column::<i64>("b", "id"), column::<i64>("a", "how_many")))
        .from_table("b")
        .with("a", &select_columns(count_all().label("how_many")).from::<Some_>())
        .with("b", &first)
        .join_table("a", column::<i64>("a", "how_many").gt(column::<i64>("b", "id")))
        .order_by(column::<i64>("b", "id"));
    Ok(vec![rows(session.all(&found).await), rows(session.all(&plain).await)])
}

/// A row with two numbers.
#[derive(Model, Clone, Debug)]
#[model(table = "points")]
pub(super) struct Point {
    #[model(primary_key)]
    pub id: i64,
    pub x: i64,
    pub y: i64,
}

/// A session in a transaction, with these points.
pub(super) async fn points(points: &[(i64, i64, i64)]) -> Result<Session, Error> {
    let db = Database::open("default", models![Point]).await?;
    db.create_all().await?;
    let session = db.begin().await?;
    let points: Vec<_> = points.iter().map(|&(id, x, y)| Point { id, x, y }).collect();
    session.insert_many(&points).await?;
    Ok(session)
}

const ALL: (Column<Point, i64>, Column<Point, i64>, Column<Point, i64>) = (Point::ID, Point::X, Point::Y);

pub async fn d03_unions() -> Saw {
    let session = points(&[(1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 4, 5)]).await?;
    let one = |id: i64| select_columns(ALL).filter(Point::ID.eq(id));
    let limited = |id: i64| one(id).order_by(Point::ID).limit(1);
    // The least of the upper half, and the greatest of the lower half: a lost order would show.
    let upper = select_columns(ALL).filter(Point::ID.ge(3)).order_by(Point::ID).limit(1);
    let lower = select_columns(ALL).filter(Point::ID.le(2)).order_by(Point::ID.desc()).limit(1);
    let both = limited(2).union(limited(3)).order_by(Point::ID);
    let from = column::<i64>("both", "id");
    let outer = select_columns((&from, column::<i64>("both", "y"))).from_query(&both, "both").order_by(from.desc());
    let saw = vec![
        rows(session.all(&one(2).union(one(3)).order_by(Point::ID)).await),
        rows(session.all(&both).await),
        rows(session.all(&upper.union(lower).order_by(Point::ID)).await),
        rows(session.all(&one(2).distinct().union(one(3).distinct()).order_by(Point::ID)).await),
        rows(session.all(&one(2).union_all(one(3)).union_all(one(2)).order_by(Point::ID.desc()).limit(2)).await),
        rows(session.all(&outer).await),
    ];
    Ok(saw)
}

pub async fn d03_intersect_and_except() -> Saw {
    let session = points(&[(1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 4, 5)]).await?;
    let least = |id: i64| select_columns(Point::ID).filter(Point::ID.ge(id));
    let most = |id: i64| select_columns(Point::ID).filter(Point::ID.le(id));
    let middle = least(2).intersect(most(3));
    Ok(vec![
        rows(session.all(&middle.clone().order_by(Point::ID)).await),
        rows(session.all(&least(1).except(most(2)).order_by(Point::ID)).await),
        // A compound as an operand of another one, whatever the precedence.
        rows(session.all(&least(1).except(middle.clone()).order_by(Point::ID)).await),
        rows(session.all(&least(4).union(middle).order_by(Point::ID.desc())).await),
        rows(session.all(&least(1).except(least(2).order_by(Point::ID).limit(1)).order_by(Point::ID)).await),
    ])
}

pub async fn d04_frames() -> Saw {
    let numbers: Vec<_> = (1..=49).map(|i| (i, i, i * 5)).collect();
    let session = points(&numbers).await?;
    let greatest = |window: Window| select_columns(max(Point::Y).over(window)).order_by(Point::ID);
    let ahead = |start, end| {
        window().order_by(Point::X).frame(FrameUnit::Rows, FrameBound::Following(start), FrameBound::Following(end))
    };
    let mut saw = Vec::new();
    // Twice, as a frame's bounds are part of the SQL text and not parameters.
    for _ in 0..2 {
        for (start, end) in [(5, 20), (20, 30)] {
            saw.push(rows(session.all(&greatest(ahead(start, end))).await));
        }
    }
    let around = window().order_by(Point::X);
    let around = around.frame(FrameUnit::Rows, FrameBound::Preceding(1), FrameBound::Following(1));
    let sums = select_columns(sum(Point::X).over(around)).order_by(Point::ID).limit(4);
    saw.push(rows(session.all(&sums).await));
    let so_far = window().order_by(Point::X);
    let so_far = so_far.frame(FrameUnit::Range, FrameBound::Unbounded, FrameBound::Current);
    saw.push(rows(session.all(&select_columns(sum(Point::X).over(so_far)).order_by(Point::ID).limit(4)).await));
    let groups = window().order_by(Point::X);
    let groups = groups.frame(FrameUnit::Groups, FrameBound::Preceding(1), FrameBound::Current);
    saw.push(rows(session.all(&select_columns(sum(Point::X).over(groups)).order_by(Point::ID).limit(4)).await));
    Ok(saw)
}

pub async fn d04_functions() -> Saw {
    let session = points(&[(1, 1, 10), (2, 1, 20), (3, 1, 20), (4, 2, 40), (5, 2, 50)]).await?;
    let by_x = || window().partition_by(Point::X).order_by(Point::Y);
    let exact = || window().partition_by(Point::X).order_by((Point::Y, Point::ID));
    let ranks = select_columns((
        row_number().over(exact()),
        rank().over(by_x()),
        dense_rank().over(by_x()),
        function::<i64>("ntile", literal(2_i32)).over(window().order_by(Point::ID)),
        count_all().over(by_x()),
    ))
    .from::<Point>()
    .order_by(Point::ID);
    let neighbours = select_columns((
        lag(Point::Y).over(exact()),
        function::<Option<i64>>("lead", (Point::Y, literal(2_i32))).over(exact()),
        first_value(Point::Y).over(exact()),
    ))
    .order_by(Point::ID);
    Ok(vec![rows(session.all(&ranks).await), rows(session.all(&neighbours).await)])
}

pub async fn d08_limits() -> Saw {
    let session = points(&[(1, 1, 2), (2, 2, 3), (3, 3, 4), (4, 4, 5), (5, 4, 6)]).await?;
    let all = || select_columns(Point::ID).order_by(Point::ID);
    let mut saw = vec![
        rows(session.all(&all().limit(2)).await),
        rows(session.all(&all().limit(2).offset(1)).await),
        rows(session.all(&all().offset(2)).await),
        rows(session.all(&all().limit(0)).await),
        rows(session.all(&all().limit(9).offset(5)).await),
        rows(session.all(&all().limit(u64::MAX)).await),
        // Ordered by an expression, and by a column that is not selected.
        rows(session.all(&select_columns(Point::ID).order_by((Point::X * -1, Point::Y.desc())).limit(3)).await),
    ];
    // A page whose limit and offset are bind values.
    let page = all().limit_to(parameter(0)).offset_by(parameter(1));
    let page = session.prepare(&page).await?;
    for values in [params![2_i64, 0_i64], params![2_i64, 4_i64], params![0_i64, 0_i64]] {
        saw.push(rows(session.all(&page.bind(values)).await));
    }
    saw.push(format!("{:?}", session.first(&all().limit(3)).await?));
    Ok(saw)
}
