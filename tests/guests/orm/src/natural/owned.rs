//! Owners referred to by a unique column, with cascades to their children.

use sqlservice_sdk::prelude::*;

use super::{Crate, Lid};
use crate::case::{Case, each, one, rows, same};

fn lid(name: &str) -> Lid {
    Lid { name: name.to_owned(), ..Lid::default() }
}

fn boxed(code: &str, lids: &[&str]) -> Crate {
    let lids: Vec<Lid> = lids.iter().map(|name| lid(name)).collect();
    Crate { code: code.to_owned(), lids: lids.into(), ..Crate::default() }
}

async fn seen(db: &Database, wanted: &str) -> Case {
    rows(db, "lids", &select_columns((Lid::NAME, Lid::BOX_CODE)).order_by(Lid::NAME), wanted).await
}

fn lids(it: &Crate) -> String {
    each(&it.lids, |lid| lid.name.clone())
}

pub(super) async fn children_go_by_a_unique_column(db: &Database) -> Case {
    let session = db.session()?;
    let a = session.add(boxed("a", &["1", "2"]))?;
    session.add(boxed("b", &["3"]))?;
    session.commit().await?;
    session.delete(&a)?;
    session.commit().await?;
    seen(db, r#"[("3", "b")]"#).await?;
    let other = db.session()?;
    let b = other.query::<Crate>().one().await?;
    other.delete(&b)?;
    other.commit().await?;
    seen(db, "[]").await
}

pub(super) async fn an_orphan_of_a_unique_column_goes(db: &Database) -> Case {
    let session = db.session()?;
    let mut a = session.add(boxed("a", &["1", "2"]))?;
    session.commit().await?;
    let all = a.lids.handles()?;
    a.edit().lids.remove(&all[0]);
    session.commit().await?;
    same("status", all[0].status(), Status::Detached)?;
    seen(db, r#"[("2", "a")]"#).await
}

/// A moved child stays with its new owner, whichever side was changed.
pub(super) async fn a_child_that_moves_by_a_unique_column_stays(db: &Database) -> Case {
    let session = db.session()?;
    let (a, mut b) = (session.add(boxed("a", &["1", "2", "3"]))?, session.add(boxed("b", &[]))?);
    session.commit().await?;
    let mut all = a.lids.handles()?;
    all[0].edit().box_code = "b".to_owned();
    all[1].edit().owner.set(&b);
    b.edit().lids.push(&all[2]);
    session.delete(&a)?;
    session.commit().await?;
    seen(db, r#"[("1", "b"), ("2", "b"), ("3", "b")]"#).await?;
    let mut names: Vec<String> = b.lids.get()?.iter().map(|lid| lid.name.clone()).collect();
    names.sort();
    same("list", names.join(" "), "1 2 3")?;
    same("sides", all.iter().map(|lid| one(&lid.owner, |it| it.code.clone())).collect::<String>(), "bbb")
}

/// A child moved to an owner that is deleted too is deleted with that one.
pub(super) async fn a_child_that_moves_to_an_owner_that_goes(db: &Database) -> Case {
    let session = db.session()?;
    let (a, b) = (session.add(boxed("a", &["1"]))?, session.add(boxed("b", &[]))?);
    session.commit().await?;
    let mut first = a.lids.get()?[0].clone();
    first.edit().box_code = "b".to_owned();
    session.delete(&a)?;
    session.delete(&b)?;
    session.commit().await?;
    seen(db, "[]").await
}

/// A new owner takes the code of a deleted one, in one flush.
pub(super) async fn a_code_is_handed_on(db: &Database) -> Case {
    let session = db.session()?;
    let a = session.add(boxed("a", &["1"]))?;
    session.commit().await?;
    session.delete(&a)?;
    let new = session.add(boxed("a", &["2"]))?;
    session.commit().await?;
    seen(db, r#"[("2", "a")]"#).await?;
    same("list", lids(&new), "2")?;
    same("old", a.status(), Status::Detached)
}
