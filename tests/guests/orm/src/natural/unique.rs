//! Foreign keys to a unique column other than the primary key: both sides are updated nonetheless.

use sqlservice_sdk::prelude::*;

use super::{Cell, Grid, Owner, Thing, owner, thing, things};
use crate::case::{Case, each, one, same};

fn names(owner: &Owner) -> String {
    each(&owner.things, |thing| thing.name.clone())
}

fn code(thing: &Thing) -> String {
    one(&thing.owner, |owner| owner.code.clone())
}

/// Two owners, one with two things and one without, committed.
async fn two(session: &Session) -> Result<(Entity<Owner>, Entity<Owner>, Vec<Entity<Thing>>), Error> {
    let (a, b) = (session.add(owner("a", &["1", "2"]))?, session.add(owner("b", &[]))?);
    session.commit().await?;
    let all = a.things.handles()?;
    Ok((a, b, all))
}

pub(super) async fn a_list_tells_its_children(db: &Database) -> Case {
    let session = db.session()?;
    let (a, mut b, all) = two(&session).await?;
    same("inserted", (code(&all[0]), all[0].owner_code.as_deref()), ("a".to_owned(), Some("a")))?;
    b.edit().things.push(&all[0]);
    session.commit().await?;
    same("lists", (names(&a), names(&b)), ("2".to_owned(), "1".to_owned()))?;
    same("children", (code(&all[0]), code(&all[1])), ("b".to_owned(), "a".to_owned()))?;
    b.edit().things.remove(&all[0]);
    session.commit().await?;
    same("taken away", (code(&all[0]), names(&b)), ("-".to_owned(), String::new()))?;
    things(db, r#"[("1", None), ("2", Some("a"))]"#).await
}

pub(super) async fn a_child_moves_by_its_own_side(db: &Database) -> Case {
    let session = db.session()?;
    let (a, b, mut all) = two(&session).await?;
    all[0].edit().owner.set(&b);
    all[1].edit().owner.clear();
    session.commit().await?;
    same("lists", (names(&a), names(&b)), (String::new(), "1".to_owned()))?;
    things(db, r#"[("1", Some("b")), ("2", None)]"#).await
}

pub(super) async fn a_child_comes_and_goes_by_its_foreign_key(db: &Database) -> Case {
    let session = db.session()?;
    let (a, b, mut all) = two(&session).await?;
    all[0].edit().owner_code = Some("b".to_owned());
    all[1].edit().owner_code = None;
    session.commit().await?;
    same("lists", (names(&a), names(&b)), (String::new(), "1".to_owned()))?;
    same("children", (code(&all[0]), code(&all[1])), ("b".to_owned(), "-".to_owned()))?;
    let new = session.add(Thing { owner_code: Some("a".to_owned()), ..thing("3") })?;
    session.commit().await?;
    same("new", (names(&a), code(&new)), ("3".to_owned(), "a".to_owned()))
}

pub(super) async fn a_new_owner_is_told(db: &Database) -> Case {
    let session = db.session()?;
    let (a, _, mut all) = two(&session).await?;
    all[0].edit().owner.set(owner("c", &["3"]));
    session.commit().await?;
    let c = all[0].owner.get()?.cloned().ok_or("no owner")?;
    same("lists", (names(&a), names(&c)), ("2".to_owned(), "3 1".to_owned()))?;
    things(db, r#"[("1", Some("c")), ("2", Some("a")), ("3", Some("c"))]"#).await
}

pub(super) async fn a_new_child_is_told(db: &Database) -> Case {
    let session = db.session()?;
    let (mut a, b, _) = two(&session).await?;
    let mine = session.add(Thing { owner: One::from(&b), ..thing("3") })?;
    let pushed = Entity::new(thing("4"));
    a.edit().things.push(&pushed);
    session.commit().await?;
    same("lists", (names(&a), names(&b)), ("1 2 4".to_owned(), "3".to_owned()))?;
    same("children", (code(&mine), code(&pushed)), ("b".to_owned(), "a".to_owned()))
}

pub(super) async fn a_deleted_child_leaves_the_list(db: &Database) -> Case {
    let session = db.session()?;
    let (a, _, all) = two(&session).await?;
    session.delete(&all[0])?;
    session.commit().await?;
    same("list", names(&a), "2")?;
    things(db, r#"[("2", Some("a"))]"#).await
}

pub(super) async fn an_owner_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (a, b, mut all) = two(&session).await?;
    all[0].edit().owner.set(&b);
    session.delete(&a)?;
    session.commit().await?;
    same("children", (code(&all[0]), code(&all[1])), ("b".to_owned(), "-".to_owned()))?;
    same("list", names(&b), "1")?;
    things(db, r#"[("1", Some("b")), ("2", None)]"#).await
}

pub(super) async fn a_rollback_tells_both_sides(db: &Database) -> Case {
    let session = db.session()?;
    let (a, mut b, all) = two(&session).await?;
    let savepoint = session.begin_nested().await?;
    b.edit().things.push(&all[0]);
    session.flush().await?;
    same("inside", (names(&a), names(&b)), ("2".to_owned(), "1".to_owned()))?;
    savepoint.rollback().await?;
    same("outside", (names(&a), names(&b), code(&all[0])), ("1 2".to_owned(), String::new(), "a".to_owned()))?;
    session.commit().await?;
    things(db, r#"[("1", Some("a")), ("2", Some("a"))]"#).await
}

pub(super) async fn a_changed_column_is_followed(db: &Database) -> Case {
    let session = db.session()?;
    let (mut a, mut b, all) = two(&session).await?;
    a.edit().code = "x".to_owned();
    b.edit().things.push(&all[1]);
    session.commit().await?;
    same("children", (all[0].owner_code.as_deref(), all[1].owner_code.as_deref()), (Some("x"), Some("b")))?;
    same("lists", (names(&a), names(&b)), ("1".to_owned(), "2".to_owned()))?;
    same("owners", (code(&all[0]), code(&all[1])), ("x".to_owned(), "b".to_owned()))?;
    a.edit().things.push(thing("3"));
    a.edit().code = "y".to_owned();
    session.commit().await?;
    things(db, r#"[("1", Some("y")), ("2", Some("b")), ("3", Some("y"))]"#).await
}

pub(super) async fn composite_columns_are_told(db: &Database) -> Case {
    let session = db.session()?;
    let grid = |x, y| Grid { x, y, ..Grid::default() };
    let (mut a, b) = (session.add(grid(1, 2))?, session.add(grid(2, 1))?);
    a.edit().cells.push(Cell::default());
    session.commit().await?;
    let mut cell = a.cells.get()?[0].clone();
    same(
        "inserted",
        (cell.grid_x, cell.grid_y, one(&cell.grid, |it| it.id.to_string())),
        (Some(1), Some(2), a.id.to_string()),
    )?;
    cell.edit().grid.set(&b);
    session.commit().await?;
    same("moved", (a.cells.get()?.len(), b.cells.get()?.len(), cell.grid_x), (0, 1, Some(2)))?;
    cell.edit().grid_x = None;
    session.commit().await?;
    same("half a key is none", (b.cells.get()?.len(), one(&cell.grid, |it| it.id.to_string())), (0, "-".to_owned()))
}
