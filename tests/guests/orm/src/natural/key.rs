//! Text primary keys that change.

use sqlservice_sdk::prelude::*;

use super::{Account, Detail, Entry, account, entries, entry};
use crate::case::{Case, kind, rows, same};

async fn knows(session: &Session, key: (&str, i64), object: &Entity<Entry>) -> Result<bool, Error> {
    Ok(session.get::<Entry>(key).await?.is_some_and(|found| found.is(object)))
}

pub(super) async fn a_changed_key_is_found(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(account("a", &[]))?;
    session.commit().await?;
    one.edit().name = "b".to_owned();
    session.commit().await?;
    same("new", session.get_one::<Account>("b").await?.is(&one), true)?;
    same("old", session.get::<Account>("a").await?.is_none(), true)?;
    session.add(account("a", &[]))?;
    session.commit().await?;
    same("another one", session.get_one::<Account>("a").await?.is(&one), false)?;
    one.edit().name = "a".to_owned();
    same("taken", kind(&session.commit().await), "unique")?;
    session.rollback().await?;
    same("still", session.get_one::<Account>("b").await?.is(&one), true)
}

pub(super) async fn keys_of_children_follow(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(account("a", &[1, 2]))?;
    session.commit().await?;
    let all = one.entries.handles()?;
    one.edit().name = "b".to_owned();
    session.commit().await?;
    same("children", all.iter().map(|it| it.account_name.as_str()).collect::<String>(), "bb")?;
    same(
        "known",
        (knows(&session, ("b", 1), &all[0]).await?, knows(&session, ("a", 1), &all[0]).await?),
        (true, false),
    )?;
    let mut second = all[1].clone();
    second.edit().note = Some(7);
    session.commit().await?;
    entries(db, r#"[("b", 1), ("b", 2)]"#).await?;
    session.delete(&one)?;
    session.commit().await?;
    entries(db, "[]").await
}

pub(super) async fn unloaded_children_follow(db: &Database) -> Case {
    let session = db.session()?;
    session.add(account("a", &[1]))?;
    session.commit().await?;
    let other = db.session()?;
    let mut one = other.get_one::<Account>("a").await?;
    one.edit().name = "b".to_owned();
    other.flush().await?;
    other.load(std::slice::from_ref(&one), Account::ENTRIES).await?;
    same("loaded", one.entries.get()?.len(), 1)?;
    other.commit().await?;
    entries(db, r#"[("b", 1)]"#).await
}

pub(super) async fn a_child_comes_with_a_changed_key(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(account("a", &[1]))?;
    session.commit().await?;
    one.edit().name = "b".to_owned();
    one.edit().entries.push(entry(2));
    session.commit().await?;
    entries(db, r#"[("b", 1), ("b", 2)]"#).await?;
    let new = one.entries.get()?[1].clone();
    same("known", knows(&session, ("b", 2), &new).await?, true)
}

pub(super) async fn a_child_goes_with_a_changed_key(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(account("a", &[1, 2, 3]))?;
    session.commit().await?;
    let all = one.entries.handles()?;
    one.edit().name = "b".to_owned();
    one.edit().entries.remove(&all[0]);
    session.delete(&all[1])?;
    session.commit().await?;
    entries(db, r#"[("b", 3)]"#).await?;
    same("list", one.entries.get()?.iter().map(|it| it.number).collect::<Vec<_>>(), vec![3])
}

/// An entry that moves to another account gets another key.
pub(super) async fn a_child_moves_with_its_key(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(account("a", &[1, 2]))?;
    let mut two = session.add(account("c", &[5]))?;
    session.commit().await?;
    let all = one.entries.handles()?;
    two.edit().entries.push(&all[0]);
    one.edit().entries.remove(&all[0]);
    session.commit().await?;
    same("key", (all[0].account_name.as_str(), knows(&session, ("c", 1), &all[0]).await?), ("c", true))?;
    entries(db, r#"[("a", 2), ("c", 1), ("c", 5)]"#).await?;
    // The same in the flush in which the new owner's key changes.
    let mut second = all[1].clone();
    two.edit().name = "d".to_owned();
    second.edit().account.set(&two);
    session.commit().await?;
    entries(db, r#"[("d", 1), ("d", 2), ("d", 5)]"#).await?;
    same("known", (knows(&session, ("d", 2), &second).await?, knows(&session, ("a", 2), &second).await?), (true, false))
}

pub(super) async fn a_one_to_one_follows(db: &Database) -> Case {
    let session = db.session()?;
    let detail = Detail { note: Some(1), ..Detail::default() };
    let mut one = session.add(Account { detail: One::from(detail), ..account("a", &[]) })?;
    session.commit().await?;
    let detail = one.detail.get()?.cloned().ok_or("no detail")?;
    one.edit().name = "b".to_owned();
    session.commit().await?;
    same("followed", detail.account_name.as_str(), "b")?;
    one.edit().name = "c".to_owned();
    one.edit().detail.set(Detail { note: Some(2), ..Detail::default() });
    session.commit().await?;
    let query = select_columns((Detail::ACCOUNT_NAME, Detail::NOTE));
    rows(db, "replaced", &query, r#"[("c", Some(2))]"#).await
}

pub(super) async fn a_savepoint_takes_keys_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut one = session.add(account("a", &[1]))?;
    session.commit().await?;
    let first = one.entries.get()?[0].clone();
    let savepoint = session.begin_nested().await?;
    one.edit().name = "b".to_owned();
    session.flush().await?;
    same("inside", knows(&session, ("b", 1), &first).await?, true)?;
    savepoint.rollback().await?;
    same("keys", (one.name.as_str(), first.account_name.as_str()), ("a", "a"))?;
    same("known", (knows(&session, ("a", 1), &first).await?, knows(&session, ("b", 1), &first).await?), (true, false))?;
    let mut edited = first.clone();
    edited.edit().note = Some(1);
    one.edit().name = "c".to_owned();
    session.commit().await?;
    entries(db, r#"[("c", 1)]"#).await
}

/// Two accounts swap their names while an entry moves between them and one is deleted.
pub(super) async fn keys_are_exchanged_while_children_move(db: &Database) -> Case {
    let session = db.session()?;
    let (mut a, mut b) = (session.add(account("a", &[1, 2]))?, session.add(account("b", &[3, 4]))?);
    session.commit().await?;
    let (of_a, of_b) = (a.entries.handles()?, b.entries.handles()?);
    a.edit().name = "b".to_owned();
    b.edit().name = "a".to_owned();
    a.edit().entries.remove(&of_a[0]);
    b.edit().entries.push(&of_a[0]);
    b.edit().entries.remove(&of_b[0]);
    session.commit().await?;
    entries(db, r#"[("a", 1), ("a", 4), ("b", 2)]"#).await?;
    same("objects", (of_a[0].account_name.as_str(), of_a[1].account_name.as_str()), ("a", "b"))?;
    same(
        "known",
        (knows(&session, ("a", 1), &of_a[0]).await?, knows(&session, ("b", 2), &of_a[1]).await?),
        (true, true),
    )
}

/// A new account takes the old key in the flush that frees it.
pub(super) async fn a_freed_key_is_taken(db: &Database) -> Case {
    let session = db.session()?;
    let mut a = session.add(account("a", &[1]))?;
    session.commit().await?;
    a.edit().name = "b".to_owned();
    let new = session.add(account("a", &[5]))?;
    session.commit().await?;
    entries(db, r#"[("a", 5), ("b", 1)]"#).await?;
    same("known", session.get_one::<Account>("a").await?.is(&new), true)?;
    session.delete(&new)?;
    a.edit().name = "a".to_owned();
    session.commit().await?;
    entries(db, r#"[("a", 1)]"#).await?;
    same("known", session.get_one::<Account>("a").await?.is(&a), true)
}
