//! Upserts, and inserts that return rows or take them from a query.

use sqlservice_sdk::prelude::*;

use super::{Part, Ware, at, places, ware, wares};
use crate::case::{Case, count, kind, rows, same};

/// Whether the database supports a conflict target, and returning rows from an upsert.
fn is_exact(db: &Database) -> bool {
    db.capabilities().contains(Capabilities::CONFLICT_TARGET)
}

pub(super) async fn upserts_by_a_unique_key(db: &Database) -> Case {
    let session = wares(db).await?;
    let all = [Ware { price: Some(5), ..ware("b", 20) }, Ware { price: Some(6), ..ware("d", 4) }];
    let upserted = session.upsert_many(&all, |insert| insert.on_conflict_of(Ware::CODE).do_update(Ware::PRICE)).await;
    if !is_exact(db) {
        return same("refused", kind(&upserted), "unsupported conflict-target");
    }
    session.commit().await?;
    // The existing row keeps its key and its other columns.
    places(db, "rows", "a1 b2 c3 d4").await?;
    let prices = select_columns((Ware::CODE, Ware::PRICE)).filter(Ware::PRICE.is_not_null()).order_by(Ware::CODE);
    rows(db, "prices", &prices, r#"[("b", Some(5)), ("d", Some(6))]"#).await
}

pub(super) async fn upserts_leave_what_is_there(db: &Database) -> Case {
    let session = wares(db).await?;
    let all = [Ware { price: Some(5), ..ware("b", 20) }, ware("d", 4)];
    if is_exact(db) {
        session.upsert_many(&all, |insert| insert.on_conflict_of(Ware::CODE).do_nothing()).await?;
        session.commit().await?;
        places(db, "rows", "a1 b2 c3 d4").await?;
        return rows(db, "prices", &select_columns(Ware::PRICE).filter(Ware::PRICE.is_not_null()), "[]").await;
    }
    // Another unique key could conflict as well, and the database would not report which one did.
    let refused = session.upsert_many(&all, |insert| insert.on_conflict().do_nothing()).await;
    same("refused", kind(&refused), "unsupported conflict-target")
}

pub(super) async fn upserts_with_expressions(db: &Database) -> Case {
    let session = wares(db).await?;
    if !is_exact(db) {
        return Ok(());
    }
    let of = |id, price| Ware { id, price: Some(price), code: format!("w{id}"), place: Some(id), ..Ware::default() };
    for _ in 0..2 {
        let count_up = |insert: sqlservice_sdk::statement::Insert<Ware>| {
            insert.on_conflict().do_set(|row| row.set(Ware::PRICE, coalesce(Ware::PRICE, 0) + excluded(Ware::PRICE)))
        };
        session.upsert_many(&[of(1, 10), of(2, 20), of(4, 40)], count_up).await?;
    }
    session.commit().await?;
    let prices = select_columns((Ware::CODE, Ware::PRICE)).order_by(Ware::ID);
    let wanted = r#"[("a", Some(20)), ("b", Some(40)), ("c", None), ("w4", Some(80))]"#;
    rows(db, "prices", &prices, wanted).await
}

pub(super) async fn objects_follow_upserts(db: &Database) -> Case {
    let session = wares(db).await?;
    let mut known = session.query::<Ware>().order_by(Ware::ID).all().await?;
    known[0].edit().price = Some(1);
    let all = [Ware { price: Some(5), ..at(1, Some(10)) }, Ware { price: Some(6), ..at(2, Some(20)) }];
    if !is_exact(db) {
        return Ok(());
    }
    session.upsert_many(&all, |insert| insert.on_conflict().do_update((Ware::PRICE, Ware::PLACE))).await?;
    same("prices", known.iter().map(|it| it.price).collect::<Vec<_>>(), vec![Some(5), Some(6), None])?;
    same("codes", known.iter().map(|it| it.code.as_str()).collect::<String>(), "abc")?;
    same("clean", session.dirty().len(), 0)?;
    session.rollback().await?;
    same("back", known.iter().map(|it| it.price).collect::<Vec<_>>(), vec![None; 3])?;
    // By a unique key, too, where the objects' primary keys are not given.
    let upsert = [Ware { price: Some(9), ..ware("c", 30) }];
    session.upsert_many(&upsert, |insert| insert.on_conflict_of(Ware::CODE).do_update(Ware::PRICE)).await?;
    same("by its code", (known[2].price, known[2].place), (Some(9), Some(3)))?;
    session.commit().await?;
    places(db, "rows", "a1 b2 c3").await
}

pub(super) async fn upserts_return_entities(db: &Database) -> Case {
    let session = wares(db).await?;
    let known = session.get_one::<Ware>(2).await?;
    let all = [Ware { price: Some(5), ..ware("b", 20) }, Ware { price: Some(6), ..ware("d", 4) }];
    let upsert = |insert: sqlservice_sdk::statement::Insert<Ware>| {
        insert.on_conflict_of(Ware::CODE).do_update((Ware::PRICE, Ware::PLACE))
    };
    let stored = session.upsert_many_returning(&all, upsert).await;
    if !is_exact(db) {
        return same("refused", kind(&stored).starts_with("unsupported conflict-"), true);
    }
    let mut objects: Vec<Entity<Ware>> = stored?.into_iter().map(|ware| session.attach(ware)).collect();
    objects.sort_by_key(|ware| ware.id);
    same("known", (objects[0].is(&known), known.price, known.place), (true, Some(5), Some(20)))?;
    same("new", (objects[1].code.as_str(), objects[1].status()), ("d", Status::Persistent))?;
    objects[1].edit().price = Some(60);
    session.commit().await?;
    places(db, "rows", "a1 b20 c3 d4").await?;
    rows(db, "edited", &select_columns(Ware::PRICE).filter(Ware::CODE.eq("d")), "[Some(60)]").await
}

pub(super) async fn a_conflict_that_is_not_the_named_one(db: &Database) -> Case {
    let session = wares(db).await?;
    if !is_exact(db) {
        return Ok(());
    }
    let upsert = [ware("d", 1)];
    let failed = session.upsert_many(&upsert, |insert| insert.on_conflict_of(Ware::CODE).do_update(Ware::PRICE)).await;
    same("the place", kind(&failed), "unique")?;
    session.rollback().await?;
    places(db, "rows", "a1 b2 c3").await
}

pub(super) async fn inserts_return_entities(db: &Database) -> Case {
    let session = wares(db).await?;
    let one = session.insert(&ware("d", 4)).await?;
    let mut object = session.attach(one);
    same("one", (object.id, object.stock, object.status()), (4, Some(7), Status::Persistent))?;
    same("found", session.get_one::<Ware>(4).await?.is(&object), true)?;
    object.edit().price = Some(8);
    let many = session.insert_many_returning(&[ware("e", 5), ware("f", 6)]).await?;
    let objects: Vec<Entity<Ware>> = many.into_iter().map(|ware| session.attach(ware)).collect();
    session.add(Part { ware_id: objects[1].id, ..Part::default() })?;
    session.delete(&objects[0])?;
    session.commit().await?;
    places(db, "rows", "a1 b2 c3 d4 f6").await?;
    rows(db, "edited", &select_columns(Ware::PRICE).filter(Ware::CODE.eq("d")), "[Some(8)]").await?;
    rows(db, "part", &select_columns(Part::WARE_ID), "[6]").await?;
    let returning = insert::<Ware>().set(Ware::CODE, "g").returning((Ware::ID, Ware::STOCK));
    let returned = session.one(&returning).await;
    if db.capabilities().contains(Capabilities::INSERT_RETURNING) {
        return same("columns", returned?, (7, Some(7)));
    }
    same("refused", kind(&returned), "unsupported insert-returning")
}

pub(super) async fn inserts_from_queries(db: &Database) -> Case {
    let session = wares(db).await?;
    // From the table itself, with generated keys and the defaults of unset columns.
    let copies = select_columns((Ware::CODE.concat("2"), Ware::PLACE + 10)).filter(Ware::ID.lt(3)).order_by(Ware::ID);
    same("copied", session.execute(&insert::<Ware>().query((Ware::CODE, Ware::PLACE), &copies)).await?, 2)?;
    let none = select_columns((Ware::CODE, Ware::PLACE)).filter(Ware::ID.gt(90));
    same("none", session.execute(&insert::<Ware>().query((Ware::CODE, Ware::PLACE), &none)).await?, 0)?;
    let parts = select_columns(Ware::ID).filter(Ware::CODE.like("%2"));
    same("parts", session.execute(&insert::<Part>().query(Part::WARE_ID, &parts)).await?, 2)?;
    session.commit().await?;
    places(db, "rows", "a1 b2 c3 a211 b212").await?;
    same("parts", count::<Part>(db).await?, 2)?;
    rows(db, "defaults", &select_columns(Ware::STOCK).distinct(), "[Some(7)]").await
}

pub(super) async fn inserts_of_expressions(db: &Database) -> Case {
    let session = wares(db).await?;
    let last = select_columns(max(Ware::PLACE)).from::<Ware>();
    let after = insert::<Ware>().set(Ware::CODE, upper(literal("d".to_owned()))).set(Ware::PLACE, scalar(&last) + 1);
    same("inserted", session.execute(&after).await?, 1)?;
    let fixed = insert::<Ware>().set(Ware::CODE, literal("e".to_owned()).concat("f")).set(Ware::PRICE, literal(2) * 21);
    session.execute(&fixed).await?;
    session.commit().await?;
    places(db, "rows", "a1 b2 c3 D4 ef-").await?;
    rows(db, "price", &select_columns(Ware::PRICE).filter(Ware::CODE.eq("ef")), "[Some(42)]").await
}
