//! `dml/test_bulk.py` and `dml/test_bulk_statements.py`: bulk inserts and updates, without the unit of work.

mod upsert;

use sqlservice_sdk::prelude::*;

use self::upsert::{
    a_conflict_that_is_not_the_named_one, inserts_from_queries, inserts_of_expressions, inserts_return_entities,
    objects_follow_upserts, upserts_by_a_unique_key, upserts_leave_what_is_there, upserts_return_entities,
    upserts_with_expressions,
};
use crate::case::{Case, cases, count, kind, rows, same};

cases! { [Ware, Shelf, Part]:
    none_at_all, nulls_among_values, rows_come_back_in_their_order, all_of_an_insert_or_none, thousands_are_updated,
    all_of_an_update_or_none, keys_of_two_columns, an_update_sets_its_time, objects_follow_updates_by_keys,
    unique_values_are_swapped, unique_values_move_on, unique_pairs_are_swapped, nulls_and_values_are_swapped,
    a_value_that_another_row_keeps, rows_that_are_not_there, some_keys_are_given, a_key_that_comes_twice,
    upserts_by_a_unique_key, upserts_leave_what_is_there, upserts_with_expressions, objects_follow_upserts,
    upserts_return_entities, a_conflict_that_is_not_the_named_one, inserts_return_entities, inserts_from_queries,
    inserts_of_expressions,
}

/// A ware with a unique code and a unique place.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "wares")]
struct Ware {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20, unique)]
    code: String,
    #[model(unique)]
    place: Option<i64>,
    price: Option<i64>,
    #[model(default = 7)]
    stock: Option<i64>,
    #[model(on_update = now)]
    changed: Option<Timestamp>,
}

/// A composite primary key, and a unique key of two other columns.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "shelves", unique(columns(row, col)))]
struct Shelf {
    #[model(primary_key)]
    house: i64,
    #[model(primary_key, length = 10)]
    name: String,
    row: i64,
    col: i64,
    note: Option<String>,
}

/// A part of a ware.
#[derive(Model, Clone, Debug, Default)]
#[model(table = "parts")]
struct Part {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "wares.id")]
    ware_id: i64,
}

fn ware(code: &str, place: i64) -> Ware {
    Ware { code: code.to_owned(), place: Some(place), ..Ware::default() }
}

/// Three wares, with the keys 1 to 3 and the places 1 to 3.
async fn wares(db: &Database) -> Result<Session, Error> {
    let all = [ware("a", 1), ware("b", 2), ware("c", 3)];
    db.transaction(async |session| session.insert_many(&all).await).await?;
    db.session()
}

/// The codes with their places, ordered by key.
async fn places(db: &Database, what: &str, wanted: &str) -> Case {
    let found = db.session()?.all(&select_columns((Ware::CODE, Ware::PLACE)).order_by(Ware::ID)).await?;
    let shown =
        |(code, place): &(String, Option<i64>)| format!("{code}{}", place.map_or("-".into(), |it| it.to_string()));
    same(what, found.iter().map(shown).collect::<Vec<_>>().join(" "), wanted)
}

fn at(id: i64, place: Option<i64>) -> Ware {
    Ware { id, place, ..Ware::default() }
}

async fn none_at_all(db: &Database) -> Case {
    let session = wares(db).await?;
    same("inserted", session.insert_many::<Ware>(&[]).await?, 0)?;
    same("returned", session.insert_many_returning::<Ware>(&[]).await?.len(), 0)?;
    same("updated", session.update_many::<Ware>(&[], Ware::PRICE).await?, 0)?;
    let none: [i64; 0] = [];
    same("columns", session.update_columns(bulk_update::<Ware>(none).set(Ware::PRICE, [])).await?, 0)?;
    same("upserted", session.upsert_many::<Ware>(&[], |insert| insert.on_conflict().do_nothing()).await?, 0)?;
    session.add_all(Vec::<Ware>::new())?;
    session.commit().await?;
    same("rows", count::<Ware>(db).await?, 3)
}

async fn nulls_among_values(db: &Database) -> Case {
    let session = db.session()?;
    let of = |code: &str, price, stock| Ware { price, stock, place: None, ..ware(code, 0) };
    session.insert_many(&[of("a", Some(1), Some(5)), of("b", None, None), of("c", Some(3), None)]).await?;
    session.commit().await?;
    let values = select_columns((Ware::PRICE, Ware::STOCK)).order_by(Ware::CODE);
    // An unset column with a default is not null.
    rows(db, "inserted", &values, "[(Some(1), Some(5)), (None, Some(7)), (Some(3), Some(7))]").await?;
    let of = |id, price, stock| Ware { id, price, stock, ..Ware::default() };
    session.update_many(&[of(1, None, None), of(2, Some(2), Some(0))], (Ware::PRICE, Ware::STOCK)).await?;
    session.commit().await?;
    rows(db, "updated", &values, "[(None, None), (Some(2), Some(0)), (Some(3), Some(7))]").await
}

async fn rows_come_back_in_their_order(db: &Database) -> Case {
    let session = db.session()?;
    let all: Vec<Ware> = (0..500).rev().map(|at| ware(&format!("w{at}"), at)).collect();
    let stored = session.insert_many_returning(&all).await?;
    session.commit().await?;
    let in_order = stored.iter().zip(&all).all(|(stored, given)| stored.code == given.code);
    let counts_up = stored.windows(2).all(|pair| pair[0].id < pair[1].id);
    same("rows", (stored.len(), in_order, counts_up), (500, true, true))?;
    same("defaults", stored.iter().all(|ware| ware.stock == Some(7)), true)
}

async fn all_of_an_insert_or_none(db: &Database) -> Case {
    let session = wares(db).await?;
    let failed = session.insert_many(&[ware("d", 4), ware("e", 1), ware("f", 6)]).await;
    same("place", kind(&failed), "unique")?;
    session.rollback().await?;
    let many: Vec<Ware> = (10..3_010).map(|at| ware(&format!("w{at}"), at)).chain([ware("a", 9)]).collect();
    let failed = session.insert_many(&many).await;
    same("code", kind(&failed), "unique")?;
    session.rollback().await?;
    same("rows", count::<Ware>(db).await?, 3)
}

async fn thousands_are_updated(db: &Database) -> Case {
    let session = db.session()?;
    let all: Vec<Ware> = (0..4_000).map(|at| ware(&format!("w{at}"), at)).collect();
    let stored = session.insert_many_returning(&all).await?;
    let changed: Vec<Ware> = stored.iter().map(|ware| Ware { price: Some(ware.id * 2), ..ware.clone() }).collect();
    same("updated", session.update_many(&changed, Ware::PRICE).await?, 4_000)?;
    // Each row takes the place of the next: all move at once.
    let ids: Vec<i64> = stored.iter().map(|ware| ware.id).collect();
    let moved = bulk_update::<Ware>(ids).set(Ware::PLACE, (0..4_000).map(|at| Some((at + 1) % 4_000)));
    same("moved", session.update_columns(moved).await?, 4_000)?;
    session.commit().await?;
    let wrong = select_columns(count_all()).from::<Ware>().filter(Ware::PRICE.ne(Ware::ID * 2));
    rows(db, "prices", &wrong, "[0]").await?;
    let one = select_columns(Ware::PLACE).filter(Ware::CODE.in_list(["w0", "w3999"])).order_by(Ware::CODE);
    rows(db, "places", &one, "[Some(1), Some(0)]").await
}

async fn all_of_an_update_or_none(db: &Database) -> Case {
    let session = wares(db).await?;
    session.insert_many(&[ware("d", 4)]).await?;
    let failed = session.update_many(&[at(1, Some(9)), at(99, Some(8))], Ware::PLACE).await;
    same("stale", kind(&failed), "stale wares 1 of 2")?;
    // The update undid itself, and earlier changes are still there.
    session.commit().await?;
    places(db, "rows", "a1 b2 c3 d4").await
}

async fn keys_of_two_columns(db: &Database) -> Case {
    let session = db.session()?;
    let shelf = |house, name: &str, row, note: Option<&str>| Shelf {
        house,
        name: name.to_owned(),
        row,
        col: house,
        note: note.map(str::to_owned),
    };
    session.insert_many(&[shelf(1, "a", 1, None), shelf(1, "b", 2, Some("x")), shelf(2, "a", 1, Some("y"))]).await?;
    session.update_many(&[shelf(1, "b", 5, None), shelf(2, "a", 6, Some("z"))], (Shelf::ROW, Shelf::NOTE)).await?;
    let update = bulk_update::<Shelf>([(1, "a"), (2, "a")]).set(Shelf::NOTE, [Some("one".to_owned()), None]);
    session.update_columns(update).await?;
    session.commit().await?;
    let all = select_columns((Shelf::ROW, Shelf::NOTE)).order_by((Shelf::HOUSE, Shelf::NAME));
    rows(db, "rows", &all, r#"[(1, Some("one")), (5, None), (6, None)]"#).await
}

async fn an_update_sets_its_time(db: &Database) -> Case {
    let session = wares(db).await?;
    let known = session.get_one::<Ware>(1).await?;
    same("none", known.changed, None)?;
    session.update_many(&[Ware { price: Some(1), ..at(1, None) }], Ware::PRICE).await?;
    session.update_columns(bulk_update::<Ware>([2]).set(Ware::PRICE, [Some(2)])).await?;
    session.commit().await?;
    same("the object's", known.changed.is_some(), true)?;
    let timed = select_columns(Ware::ID).filter(Ware::CHANGED.is_not_null()).order_by(Ware::ID);
    rows(db, "rows", &timed, "[1, 2]").await?;
    // A given value is kept.
    let time = Timestamp::from_microseconds(1_000_000);
    session.update_columns(bulk_update::<Ware>([3]).set(Ware::CHANGED, [Some(time)])).await?;
    session.commit().await?;
    let given = select_columns(Ware::CHANGED).filter(Ware::ID.eq(3));
    same("given", db.session()?.one(&given).await?, Some(time))
}

async fn objects_follow_updates_by_keys(db: &Database) -> Case {
    let session = wares(db).await?;
    let mut known = session.query::<Ware>().order_by(Ware::ID).all().await?;
    known[1].edit().price = Some(5);
    session.update_many(&[at(1, Some(3)), at(3, Some(1))], Ware::PLACE).await?;
    same("places", known.iter().map(|ware| ware.place).collect::<Vec<_>>(), vec![Some(3), Some(2), Some(1)])?;
    session.rollback().await?;
    same("back", known.iter().map(|ware| ware.place).collect::<Vec<_>>(), vec![Some(1), Some(2), Some(3)])?;
    same("the edit", known[1].price, None)
}

async fn unique_values_are_swapped(db: &Database) -> Case {
    let session = wares(db).await?;
    session.update_many(&[at(1, Some(2)), at(2, Some(1))], Ware::PLACE).await?;
    session.commit().await?;
    places(db, "swapped", "a2 b1 c3").await?;
    let codes = ["c", "a", "b"].map(str::to_owned);
    session.update_columns(bulk_update::<Ware>([1, 2, 3]).set(Ware::CODE, codes)).await?;
    session.commit().await?;
    places(db, "in a circle", "c2 a1 b3").await
}

async fn unique_values_move_on(db: &Database) -> Case {
    let session = wares(db).await?;
    for (by, wanted) in [(1, "a2 b3 c4"), (-1, "a1 b2 c3")] {
        let moved: Vec<Ware> = session.all(&select::<Ware>().order_by(Ware::ID)).await?;
        let moved: Vec<Ware> =
            moved.into_iter().map(|ware| Ware { place: ware.place.map(|it| it + by), ..ware }).collect();
        session.update_many(&moved, Ware::PLACE).await?;
        session.commit().await?;
        places(db, "moved", wanted).await?;
    }
    Ok(())
}

async fn unique_pairs_are_swapped(db: &Database) -> Case {
    let session = db.session()?;
    let shelf = |name: &str, row, col| Shelf { house: 1, name: name.to_owned(), row, col, note: None };
    session.insert_many(&[shelf("a", 1, 1), shelf("b", 1, 2), shelf("c", 2, 1)]).await?;
    session.update_many(&[shelf("a", 0, 2), shelf("b", 0, 1)], Shelf::COL).await?;
    session.commit().await?;
    let all = select_columns((Shelf::NAME, Shelf::ROW, Shelf::COL)).order_by(Shelf::NAME);
    rows(db, "rows", &all, r#"[("a", 1, 2), ("b", 1, 1), ("c", 2, 1)]"#).await
}

async fn nulls_and_values_are_swapped(db: &Database) -> Case {
    let session = wares(db).await?;
    session.update_many(&[at(2, None), at(1, Some(2))], Ware::PLACE).await?;
    session.update_many(&[at(2, Some(2)), at(1, None), at(3, None)], Ware::PLACE).await?;
    session.commit().await?;
    places(db, "rows", "a- b2 c-").await
}

async fn a_value_that_another_row_keeps(db: &Database) -> Case {
    let session = wares(db).await?;
    let failed = session.update_many(&[at(1, Some(2)), at(2, Some(3))], Ware::PLACE).await;
    same("kept", kind(&failed), "unique")?;
    session.rollback().await?;
    places(db, "rows", "a1 b2 c3").await
}

async fn rows_that_are_not_there(db: &Database) -> Case {
    let session = wares(db).await?;
    let failed =
        session.update_columns(bulk_update::<Ware>([1, 2, 99]).set(Ware::PLACE, [Some(2), Some(1), Some(5)])).await;
    same("stale", kind(&failed), "stale wares 2 of 3")?;
    session.rollback().await?;
    places(db, "rows", "a1 b2 c3").await
}

async fn some_keys_are_given(db: &Database) -> Case {
    let session = db.session()?;
    let mixed = session.insert_many(&[Ware { id: 9, ..ware("a", 1) }, ware("b", 2)]).await;
    same("of one insert", kind(&mixed).starts_with("invalid: some rows have a generated key"), true)?;
    session.add_all([Ware { id: 900, ..ware("a", 1) }, ware("b", 2)])?;
    session.commit().await?;
    same("of objects", count::<Ware>(db).await?, 2)
}

async fn a_key_that_comes_twice(db: &Database) -> Case {
    let session = wares(db).await?;
    let twice = session.update_many(&[at(1, Some(8)), at(1, Some(9))], Ware::PLACE).await;
    same("rows", kind(&twice), "invalid: two rows of \"wares\" have the same primary key")?;
    let twice = session.update_columns(bulk_update::<Ware>([2, 2]).set(Ware::PRICE, [None, Some(1)])).await;
    same("columns", kind(&twice), "invalid: two rows of \"wares\" have the same primary key")?;
    session.commit().await?;
    places(db, "rows", "a1 b2 c3").await
}
