//! `test_cascade.py`: children of an owner with `all, delete-orphan`, and their own children.

mod after;

use sqlservice_sdk::prelude::*;

use self::after::{
    its_own_side_set_after_the_delete, its_own_side_set_before_the_delete, moved_after_the_delete_of_its_parent,
    moved_from_a_parent_of_no_session, pushed_after_a_delete_that_is_taken_back,
    pushed_after_the_delete_and_rolled_back, pushed_after_the_delete_of_its_parent,
    pushed_before_the_delete_of_its_parent, pushed_to_an_unloaded_list_after_the_delete,
    taken_from_a_parent_of_no_session, taken_from_a_parent_that_joins, taken_from_a_parent_that_was_never_added,
};
use crate::case::{Case, cases, count, each, one, rows, same};

cases! { [Parent, Kid, Toy]:
all_are_taken_away, a_list_is_replaced_by_another, an_orphans_own_children_go_too, removed_and_deleted_parent,
removed_and_put_back, unloaded_children_go_with_their_parent, a_child_deleted_by_itself, both_are_deleted,
    a_foreign_key_that_is_cleared_leaves_the_row, a_lone_child_is_inserted, removed_from_an_unloaded_list,
replaced_while_unloaded, a_child_of_a_child_moves_to_a_sister, a_deleted_parent_comes_back,
orphans_come_back_with_a_rollback, orphans_come_back_with_a_savepoint, removed_twice_in_two_flushes,
a_pending_grandchild_is_removed, moved_there_and_back,
an_orphan_gets_another_parent_by_a_later_flush, a_pending_parent_takes_a_persistent_child,
a_child_is_replaced_by_a_new_one_many_times, unwritten_orphans_are_not_in_the_session,
    pushed_after_the_delete_of_its_parent, moved_after_the_delete_of_its_parent, pushed_before_the_delete_of_its_parent,
    pushed_to_an_unloaded_list_after_the_delete, pushed_after_a_delete_that_is_taken_back,
    pushed_after_the_delete_and_rolled_back, taken_from_a_parent_of_no_session, taken_from_a_parent_that_joins,
    taken_from_a_parent_that_was_never_added, moved_from_a_parent_of_no_session, its_own_side_set_after_the_delete,
    its_own_side_set_before_the_delete,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "parents")]
struct Parent {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 20)]
    name: String,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    kids: Many<Kid>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "kids")]
struct Kid {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "parents.id")]
    parent_id: Option<i64>,
    #[model(length = 20)]
    name: String,
    parent: One<Parent>,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    toys: Many<Toy>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "toys")]
struct Toy {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "kids.id")]
    kid_id: Option<i64>,
    #[model(length = 20)]
    name: String,
}

fn parent(name: &str) -> Parent {
    Parent { name: name.to_owned(), ..Parent::default() }
}

fn kid(name: &str) -> Kid {
    Kid {
        name: name.to_owned(),
        toys: Many::from([Toy { name: format!("{name}'s"), ..Toy::default() }]),
        ..Kid::default()
    }
}

/// A parent with children of these names, each with a toy, committed.
async fn family(session: &Session, name: &str, kids: &[&str]) -> Result<Entity<Parent>, Error> {
    let kids: Vec<Kid> = kids.iter().map(|name| kid(name)).collect();
    let made = session.add(Parent { kids: Many::from(kids), ..parent(name) })?;
    session.commit().await?;
    Ok(made)
}

/// Parents, children with the names of their parents, and toys with the names of their owners.
async fn seen(db: &Database, what: &str, parents: &str, kids: &str, toys: &str) -> Case {
    let session = db.session()?;
    let names = session.all(&select_columns(Parent::NAME).order_by(Parent::NAME)).await?.join(" ");
    same(&format!("{what}: parents"), names.as_str(), parents)?;
    let query = select_columns((Kid::NAME, nullif(Parent::NAME, "")))
        .from::<Kid>()
        .left_join::<Parent>(Parent::ID.eq(Kid::PARENT_ID))
        .order_by(Kid::NAME);
    let found = session.all(&query).await?;
    let shown = |(name, owner): (String, Option<String>)| format!("{name}:{}", owner.unwrap_or_default());
    let found = found.into_iter().map(shown).collect::<Vec<_>>().join(" ");
    same(&format!("{what}: kids"), found.as_str(), kids)?;
    let found = session.all(&select_columns(Toy::NAME).order_by(Toy::NAME)).await?.join(" ");
    same(&format!("{what}: toys"), found.as_str(), toys)
}

/// The names of a parent's children.
fn names(parent: &Entity<Parent>) -> String {
    each(&parent.kids, |kid| kid.name.clone())
}

async fn all_are_taken_away(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    ed.edit().kids.set(Vec::<Entity<Kid>>::new());
    session.commit().await?;
    seen(db, "after", "ed", "", "").await
}

async fn a_list_is_replaced_by_another(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let b = ed.kids.get()?[1].clone();
    ed.edit().kids.set([b, kid("c").into()]);
    session.commit().await?;
    seen(db, "after", "ed", "b:ed c:ed", "b's c's").await?;
    same("loaded", names(&ed), "b c")
}

async fn an_orphans_own_children_go_too(db: &Database) -> Case {
    let session = db.session()?;
    let id = family(&session, "ed", &["a", "b"]).await?.id;
    let other = db.session()?;
    let mut ed = other.query::<Parent>().with(Parent::KIDS).get(id).await?.ok_or("no parent")?;
    let a = ed.kids.get()?[0].clone();
    ed.edit().kids.remove(&a);
    other.commit().await?;
    seen(db, "after", "ed", "b:ed", "b's").await
}

async fn removed_and_deleted_parent(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    ed.edit().kids.remove(&a);
    session.delete(&ed)?;
    session.commit().await?;
    seen(db, "after", "", "", "").await
}

async fn removed_and_put_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    ed.edit().kids.remove(&a);
    ed.edit().kids.push(&a);
    session.commit().await?;
    seen(db, "after", "ed", "a:ed b:ed", "a's b's").await
}

async fn unloaded_children_go_with_their_parent(db: &Database) -> Case {
    let session = db.session()?;
    let id = family(&session, "ed", &["a", "b"]).await?.id;
    family(&session, "jo", &["c"]).await?;
    let other = db.session()?;
    let ed = other.get_one::<Parent>(id).await?;
    other.delete(&ed)?;
    other.commit().await?;
    seen(db, "after", "jo", "c:jo", "c's").await
}

async fn a_child_deleted_by_itself(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    session.delete(&a)?;
    session.commit().await?;
    seen(db, "after", "ed", "b:ed", "b's").await?;
    same("loaded", names(&ed), "b")
}

async fn both_are_deleted(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    session.delete(&a)?;
    session.delete(&ed)?;
    session.commit().await?;
    seen(db, "after", "", "", "").await
}

async fn a_foreign_key_that_is_cleared_leaves_the_row(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a", "b"]).await?;
    let mut a = ed.kids.get()?[0].clone();
    a.edit().parent_id = None;
    session.commit().await?;
    seen(db, "after", "ed", "a: b:ed", "a's b's").await
}

async fn a_lone_child_is_inserted(db: &Database) -> Case {
    let session = db.session()?;
    session.add(kid("x"))?;
    session.commit().await?;
    seen(db, "after", "", "x:", "x's").await
}

async fn removed_from_an_unloaded_list(db: &Database) -> Case {
    let session = db.session()?;
    let made = family(&session, "ed", &["a", "b"]).await?;
    let kid_id = made.kids.get()?[0].id;
    let other = db.session()?;
    let mut ed = other.get_one::<Parent>(made.id).await?;
    let a = other.get_one::<Kid>(kid_id).await?;
    ed.edit().kids.remove(&a);
    other.commit().await?;
    seen(db, "after", "ed", "b:ed", "b's").await
}

async fn replaced_while_unloaded(db: &Database) -> Case {
    let session = db.session()?;
    let id = family(&session, "ed", &["a", "b"]).await?.id;
    let other = db.session()?;
    let mut ed = other.get_one::<Parent>(id).await?;
    ed.edit().kids.set([kid("c")]);
    other.commit().await?;
    seen(db, "after", "ed", "c:ed", "c's").await
}

async fn a_child_of_a_child_moves_to_a_sister(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a", "b"]).await?;
    let (mut a, mut b) = (ed.kids.get()?[0].clone(), ed.kids.get()?[1].clone());
    let toy = a.toys.get()?[0].clone();
    a.edit().toys.remove(&toy);
    b.edit().toys.push(&toy);
    session.commit().await?;
    seen(db, "after", "ed", "a:ed b:ed", "a's b's").await?;
    same("of b", each(&b.toys, |toy| toy.name.clone()), "b's a's")
}

async fn a_deleted_parent_comes_back(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a", "b"]).await?;
    session.delete(&ed)?;
    session.flush().await?;
    seen(db, "to others", "ed", "a:ed b:ed", "a's b's").await?;
    session.rollback().await?;
    same("status", ed.status(), Status::Persistent)?;
    let kids = ed.kids.handles()?;
    same("children", kids.iter().map(Entity::status).collect::<Vec<_>>(), [Status::Persistent, Status::Persistent])?;
    same("loaded", names(&ed), "a b")?;
    session.commit().await?;
    seen(db, "after", "ed", "a:ed b:ed", "a's b's").await
}

async fn orphans_come_back_with_a_rollback(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    ed.edit().kids.remove(&a);
    session.flush().await?;
    same("flushed", a.status(), Status::Deleted)?;
    session.rollback().await?;
    same("status", a.status(), Status::Persistent)?;
    same("loaded", names(&ed), "a b")?;
    same("and its own", each(&a.toys, |toy| toy.name.clone()), "a's")?;
    ed.edit().kids.remove(&a);
    session.commit().await?;
    seen(db, "after", "ed", "b:ed", "b's").await
}

async fn orphans_come_back_with_a_savepoint(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    let savepoint = session.begin_nested().await?;
    ed.edit().kids.remove(&a);
    session.flush().await?;
    savepoint.rollback().await?;
    same("status", a.status(), Status::Persistent)?;
    same("loaded", names(&ed), "a b")?;
    ed.edit().name = "eddy".to_owned();
    session.commit().await?;
    seen(db, "after", "eddy", "a:eddy b:eddy", "a's b's").await
}

async fn removed_twice_in_two_flushes(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b", "c"]).await?;
    for _ in 0..2 {
        let first = ed.kids.get()?[0].clone();
        ed.edit().kids.remove(&first);
        session.flush().await?;
    }
    session.commit().await?;
    seen(db, "after", "ed", "c:ed", "c's").await
}

async fn a_pending_grandchild_is_removed(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a"]).await?;
    let mut a = ed.kids.get()?[0].clone();
    let toy = Entity::new(Toy { name: "x".to_owned(), ..Toy::default() });
    a.edit().toys.push(&toy);
    a.edit().toys.remove(&toy);
    session.commit().await?;
    seen(db, "after", "ed", "a:ed", "a's").await?;
    same("status", toy.status(), Status::Transient)
}

async fn moved_there_and_back(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let mut jo = family(&session, "jo", &[]).await?;
    let a = ed.kids.get()?[0].clone();
    ed.edit().kids.remove(&a);
    jo.edit().kids.push(&a);
    session.flush().await?;
    same("moved", (names(&ed), names(&jo)), ("b".to_owned(), "a".to_owned()))?;
    jo.edit().kids.remove(&a);
    ed.edit().kids.push(&a);
    session.commit().await?;
    seen(db, "after", "ed jo", "a:ed b:ed", "a's b's").await?;
    same("parent", one(&a.parent, |parent| parent.name.clone()), "ed")
}

async fn an_orphan_gets_another_parent_by_a_later_flush(db: &Database) -> Case {
    let session = db.session()?;
    let ed = family(&session, "ed", &["a", "b"]).await?;
    let mut jo = family(&session, "jo", &[]).await?;
    let mut a = ed.kids.get()?[0].clone();
    a.edit().parent_id = None;
    session.flush().await?;
    same("loaded", names(&ed), "b")?;
    jo.edit().kids.push(&a);
    session.commit().await?;
    seen(db, "after", "ed jo", "a:jo b:ed", "a's b's").await
}

async fn a_pending_parent_takes_a_persistent_child(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a", "b"]).await?;
    let a = ed.kids.get()?[0].clone();
    ed.edit().kids.remove(&a);
    let jo = session.add(Parent { kids: Many::from([&a]), ..parent("jo") })?;
    session.commit().await?;
    seen(db, "after", "ed jo", "a:jo b:ed", "a's b's").await?;
    same("loaded", (names(&ed), names(&jo)), ("b".to_owned(), "a".to_owned()))
}

async fn a_child_is_replaced_by_a_new_one_many_times(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &["a"]).await?;
    for name in ["b", "c", "d"] {
        ed.edit().kids.set([kid(name)]);
        session.flush().await?;
    }
    ed.edit().kids.set([kid("e")]);
    ed.edit().kids.set([kid("f")]);
    session.commit().await?;
    seen(db, "after", "ed", "f:ed", "f's").await
}

async fn unwritten_orphans_are_not_in_the_session(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = family(&session, "ed", &[]).await?;
    let x = Entity::new(kid("x"));
    ed.edit().kids.push(&x);
    ed.edit().kids.set(Vec::<Entity<Kid>>::new());
    session.commit().await?;
    same("contains", session.contains(&x), false)?;
    same("kids", count::<Kid>(db).await?, 0)?;
    rows(db, "toys", &select_columns(Toy::NAME), "[]").await
}
