//! Joins of all kinds, and subqueries in all positions.

use sqlservice_sdk::{
    prelude::*,
    statement::{Lock, Select},
};

use crate::{
    Saw,
    lines::{outcome, rows},
};

/// A person who may have a boss.
#[derive(Model, Clone, Debug)]
#[model(table = "staff")]
struct Staff {
    #[model(primary_key)]
    id: i64,
    #[model(length = 20)]
    name: String,
    boss_id: Option<i64>,
    pay: i64,
}

/// A desk that may have an owner.
#[derive(Model, Clone, Debug)]
#[model(table = "desks")]
struct Desk {
    #[model(primary_key)]
    id: i64,
    staff_id: Option<i64>,
    #[model(length = 20)]
    room: String,
}

/// Ann is the boss of Bob and Cyd; Bob has two desks, Ann has one, Cyd none, and one has no owner.
async fn office() -> Result<Database, Error> {
    let db = Database::open("default", models![Staff, Desk]).await?;
    db.create_all().await?;
    let staff = [(1, "ann", None, 30), (2, "bob", Some(1), 20), (3, "cyd", Some(1), 20)];
    let staff = staff.map(|(id, name, boss_id, pay)| Staff { id, name: name.to_owned(), boss_id, pay });
    let desks = [(1, Some(1), "north"), (2, Some(2), "north"), (3, Some(2), "south"), (4, None, "south")];
    let desks = desks.map(|(id, staff_id, room)| Desk { id, staff_id, room: room.to_owned() });
    let fill = async |session: &Session| {
        session.insert_many(&staff).await?;
        session.insert_many(&desks).await
    };
    db.transaction(async |session| fill(session).await).await?;
    Ok(db)
}

pub async fn statement_joins() -> Saw {
    let session = office().await?.session()?;
    let owned = || Desk::STAFF_ID.eq(Staff::ID);
    let boss = alias::<Staff>("boss");
    let maybe = || select_columns((Staff::NAME.expr().nullable(), Desk::ID.expr().nullable()));
    let pairs = || select_columns((Staff::NAME, Desk::ID));
    let by_both = || (Desk::ID, Staff::ID);
    let entities = select_columns((entity::<Staff>(), entity::<Desk>().optional()))
        .left_join::<Desk>(owned().and(Desk::ROOM.eq("south")))
        .order_by(Staff::ID);
    let entities = session.all(&entities).await?;
    let entities: Vec<_> =
        entities.iter().map(|(staff, desk)| (&staff.name, desk.as_ref().map(|desk| desk.id))).collect();
    let known = async |query: Select<(Option<String>, Option<i64>)>| {
        // Databases differ in where nulls sort.
        session.all(&query).await.map(|mut found| {
            found.sort();
            found
        })
    };
    Ok(vec![
        rows(session.all(&pairs().join::<Desk>(owned()).order_by(by_both())).await),
        rows(known(maybe().left_join::<Desk>(owned())).await),
        rows(known(maybe().from::<Staff>().right_join::<Desk>(owned())).await),
        rows(known(maybe().full_join::<Desk>(owned())).await),
        session.one(&select_columns(count_all()).from::<Staff>().cross_join::<Desk>()).await?.to_string(),
        rows(
            session
                .all(
                    &select_columns((Staff::NAME, Staff::NAME.of(boss).expr().nullable()))
                        .left_join_alias(boss, Staff::BOSS_ID.eq(Staff::ID.of(boss)))
                        .order_by(Staff::ID),
                )
                .await,
        ),
        // Three tables, one of them twice.
        rows(
            session
                .all(
                    &select_columns((Staff::NAME, Desk::ROOM, Staff::NAME.of(boss)))
                        .join::<Desk>(owned())
                        .join_alias(boss, Staff::BOSS_ID.eq(Staff::ID.of(boss)))
                        .order_by(Desk::ID),
                )
                .await,
        ),
        format!("{entities:?}"),
    ])
}

pub async fn statement_subqueries() -> Saw {
    let session = office().await?.session()?;
    let boss = alias::<Staff>("boss");
    let his = || select_columns(Desk::ID).filter(Desk::STAFF_ID.eq(Staff::ID));
    let how_many = select_columns(count_all()).from::<Desk>().filter(Desk::STAFF_ID.eq(Staff::ID));
    let names = || select_columns(Staff::NAME).order_by(Staff::ID);
    let first = his().order_by(Desk::ID).limit(1);
    let average = select_columns(avg(Staff::PAY.of(boss))).from_alias(boss);
    let per_room = select_columns((Desk::ROOM, count(Desk::ID).label("desks"))).group_by(Desk::ROOM);
    let room = column::<String>("rooms", "room");
    let lateral =
        select_columns((Desk::ID, Desk::ROOM)).filter(Desk::STAFF_ID.eq(Staff::ID)).order_by(Desk::ID.desc()).limit(1);
    let last = column::<i64>("last", "id");
    Ok(vec![
        rows(session.all(&select_columns((Staff::NAME, scalar(&how_many))).order_by(Staff::ID)).await),
        rows(session.all(&select_columns((Staff::NAME, scalar(&first))).order_by(Staff::ID)).await),
        rows(session.all(&names().filter(exists(&his()))).await),
        rows(session.all(&names().filter(exists(&his()).not())).await),
        rows(
            session
                .all(
                    &names().filter(Staff::ID.in_query(&select_columns(Desk::STAFF_ID).filter(Desk::ROOM.eq("north")))),
                )
                .await,
        ),
        rows(session.all(&names().filter(Staff::PAY.cast::<f64>().gt(scalar(&average)))).await),
        rows(
            session
                .all(
                    &select_columns((&room, column::<i64>("rooms", "desks")))
                        .from_query(&per_room, "rooms")
                        .order_by(room),
                )
                .await,
        ),
        rows(
            session
                .all(
                    &select_columns((Staff::NAME, &last))
                        .join_lateral(&lateral, "last", literal(true))
                        .order_by(Staff::ID),
                )
                .await,
        ),
        rows(
            session
                .all(
                    &select_columns((Staff::NAME, last.nullable()))
                        .left_join_lateral(&lateral, "last", literal(true))
                        .order_by(Staff::ID),
                )
                .await,
        ),
    ])
}

pub async fn statement_groups() -> Saw {
    let session = office().await?.session()?;
    let owned = || Desk::STAFF_ID.eq(Staff::ID);
    let grade = when(Staff::PAY.gt(25), "high").when(Staff::PAY.gt(15), "mid").otherwise("low");
    let only = when(Staff::NAME.eq("bob"), Staff::PAY).or_null();
    let counted =
        || select_columns((Staff::NAME, count(Desk::ID))).left_join::<Desk>(owned()).group_by((Staff::ID, Staff::NAME));
    let key: Expr<i64> = when(Staff::PAY.gt(25), 1_i64).otherwise(0_i64);
    let casts = select_columns((
        Staff::PAY.cast::<String>(),
        Staff::PAY.cast::<f64>() / 8.0,
        literal("42".to_owned()).cast::<i64>(),
        literal("2024-02-29".to_owned()).cast::<Date>(),
        (Staff::PAY.cast::<f64>() / 8.0).cast::<i64>(),
        Staff::BOSS_ID.cast::<String>(),
    ));
    Ok(vec![
        rows(session.all(&counted().order_by(Staff::NAME)).await),
        rows(
            session.all(&counted().having(count(Desk::ID).ge(1)).order_by((count(Desk::ID).desc(), Staff::NAME))).await,
        ),
        rows(
            session
                .all(
                    &select_columns((
                        count_all(),
                        sum(Staff::PAY),
                        min(Staff::NAME),
                        max(Staff::NAME),
                        avg(Staff::PAY),
                        count_distinct(Staff::PAY),
                    ))
                    .from::<Staff>(),
                )
                .await,
        ),
        rows(
            session.all(&select_columns((count_all(), sum(Staff::PAY))).from::<Staff>().filter(Staff::ID.lt(0))).await,
        ),
        rows(session.all(&select_columns(Staff::PAY).distinct().order_by(Staff::PAY)).await),
        rows(
            session
                .all(
                    &select_columns((Desk::ROOM, Desk::STAFF_ID))
                        .filter(Desk::STAFF_ID.is_not_null())
                        .distinct()
                        .order_by((Desk::ROOM, Desk::STAFF_ID)),
                )
                .await,
        ),
        rows(session.all(&select_columns((Staff::NAME, grade, only)).order_by(Staff::ID)).await),
        rows(session.all(&select_columns((key.clone(), count_all())).group_by(key.clone()).order_by(key)).await),
        rows(session.all(&casts.filter(Staff::ID.eq(2))).await),
        rows(session.all(&select_columns(count_all().filter(Staff::PAY.gt(25))).from::<Staff>()).await),
    ])
}

pub async fn statement_locks() -> Saw {
    let db = office().await?;
    let (holder, other) = (db.begin().await?, db.begin().await?);
    let one = |id: i64| select_columns(Staff::NAME).filter(Staff::ID.eq(id));
    let lock = Lock::default;
    let all = |lock: Lock| select_columns(Staff::NAME).order_by(Staff::ID).lock(lock);
    let mut saw = vec![outcome(holder.one(&one(1).for_update()).await)];
    // Skipped, refused at once, and no obstacle for plain reads.
    saw.push(rows(other.all(&all(Lock { skip_locked: true, ..lock() })).await));
    saw.push(outcome(other.one(&one(1)).await));
    let both = Lock { no_wait: true, skip_locked: true, ..lock() };
    saw.push(outcome(other.one(&one(2).lock(both)).await));
    let joined = |lock: Lock| {
        select_columns((Staff::NAME, Desk::ID)).join::<Desk>(Desk::STAFF_ID.eq(Staff::ID)).order_by(Desk::ID).lock(lock)
    };
    let desks = Lock { of: vec!["desks".to_owned()], no_wait: true, ..lock() };
    // A lock of the desks alone: the lock of Ann's row does not matter.
    saw.push(rows(other.all(&joined(desks)).await));
    saw.push(outcome(other.one(&one(3).lock(Lock { share: true, ..lock() })).await));
    let nobody = Lock { of: vec!["nobody".to_owned()], ..lock() };
    saw.push(outcome(other.one(&one(2).lock(nobody)).await).replace('"', "'"));
    let refused = outcome(other.one(&one(1).lock(Lock { no_wait: true, ..lock() })).await);
    saw.push(refused);
    other.rollback().await?;
    holder.rollback().await?;
    let other = db.begin().await?;
    saw.push(outcome(other.one(&one(1).lock(Lock { no_wait: true, ..lock() })).await));
    Ok(saw)
}
