//! E03: dates and times, to the microsecond.

use sqlservice_sdk::prelude::*;

use crate::{Saw, lines::debug};

/// A moment in each of its types.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "moments")]
struct Moment {
    #[model(primary_key)]
    id: i64,
    day: Option<Date>,
    clock: Option<Time>,
    local: Option<Timestamp>,
    instant: Option<TimestampTz>,
    span: Option<Interval>,
}

fn date(year: i32, month: u32, day: u32) -> Date {
    Date::new(year, month, day).unwrap_or_default()
}

fn time(hour: u32, minute: u32, second: u32, microsecond: u32) -> Time {
    Time::new(hour, minute, second, microsecond).unwrap_or_default()
}

fn moments() -> Vec<Moment> {
    let (late, early) = (time(23, 59, 59, 999_999), time(0, 0, 0, 0));
    let clock = time(12, 57, 18, 396);
    let row = |id, day, clock, instant, span| Moment {
        id,
        day: Some(day),
        clock: Some(clock),
        local: Some(Timestamp::new(day, clock)),
        instant: Some(instant),
        span: Some(span),
    };
    let span = |months, days, microseconds| Interval { months, days, microseconds };
    vec![
        row(
            1,
            date(2012, 10, 15),
            time(12, 57, 18, 39_642),
            TimestampTz::new(date(2012, 10, 15), clock),
            span(14, -3, 1_500_000),
        ),
        row(2, date(1850, 11, 10), clock, TimestampTz::new(date(1970, 1, 2), early), span(0, 0, 0)),
        row(3, date(1727, 4, 1), early, TimestampTz::new(date(2037, 12, 31), late), span(-1, 1, -1)),
        row(4, date(1, 1, 1), early, TimestampTz::new(date(2000, 2, 29), late), span(119_988, 365_000, 86_400_000_000)),
        row(5, date(9999, 12, 31), late, TimestampTz::new(date(2024, 2, 29), early), span(0, 0, i64::MIN)),
        Moment { id: 6, day: None, clock: None, local: None, instant: None, span: None },
    ]
}

pub async fn e03_moments() -> Saw {
    let db = Database::open("default", models![Moment]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let rows = moments();
    session.insert_many(&rows).await?;
    session.commit().await?;
    let read = session.all(&select::<Moment>().order_by(Moment::ID)).await?;
    let mut saw = vec![debug(&(read == rows))];
    for row in read {
        let text = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        saw.push(format!(
            "{} {} {} {}",
            text(row.day.map(|day| day.to_string())),
            text(row.clock.map(|clock| clock.to_string())),
            text(row.local.map(|local| local.to_string())),
            text(row.instant.map(|instant| instant.to_string())),
        ));
    }
    // They are compared and sorted by their value.
    let first = &rows[0];
    let same = Moment::LOCAL.eq(first.local).and(Moment::DAY.eq(first.day)).and(Moment::CLOCK.eq(first.clock));
    let found = session.all(&select_columns(Moment::ID).filter(same.and(Moment::INSTANT.eq(first.instant)))).await?;
    saw.push(debug(&found));
    let ordered =
        session.all(&select_columns(Moment::ID).filter(Moment::LOCAL.is_not_null()).order_by(Moment::LOCAL)).await?;
    saw.push(debug(&ordered));
    Ok(saw)
}
