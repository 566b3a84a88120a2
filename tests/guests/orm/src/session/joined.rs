//! Detached objects of a session that ended, added to another one.

use sqlservice_sdk::prelude::*;

use crate::{
    case::{Case, kind, same},
    members::{Address, Group, Member, User, address, group, owner, people, seen, user},
};

/// A detached graph: a group, its user, and the user's addresses.
async fn graph(db: &Database) -> Result<(Entity<Group>, Entity<User>, Entity<Address>), Error> {
    let session = db.session()?;
    let ed = User { addresses: Many::from([address("a")]), ..user("ed") };
    let all = session.add(Group { users: Many::from([ed]), ..group("g") })?;
    session.commit().await?;
    let ed = all.users.get()?[0].clone();
    let a = ed.addresses.get()?[0].clone();
    drop(session);
    Ok((all, ed, a))
}

pub(super) async fn a_detached_graph_joins_with_its_root(db: &Database) -> Case {
    let (root, ed, mut a) = graph(db).await?;
    let session = db.session()?;
    session.add(&root)?;
    same("contained", (session.contains(&root), session.contains(&ed), session.contains(&a)), (true, true, true))?;
    // One object a row, with or without a flush.
    let found = session.no_autoflush(async |session| session.get_one::<Address>(a.id).await).await?;
    same("the same", found.is(&a), true)?;
    a.edit().email = "edited".to_owned();
    session.commit().await?;
    same("rows", seen(db).await?, "ed(edited|g)")?;
    a.edit().email = "again".to_owned();
    session.commit().await?;
    same("rows", seen(db).await?, "ed(again|g)")
}

pub(super) async fn a_detached_graph_joins_with_its_edits(db: &Database) -> Case {
    let (root, mut ed, mut a) = graph(db).await?;
    a.edit().email = "edited".to_owned();
    ed.edit().addresses.push(address("new"));
    let session = db.session()?;
    session.add(&root)?;
    same("dirty", session.dirty().len(), 2)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(edited new|g)")
}

/// A new object is related to detached ones; the flush finds the deeper ones.
pub(super) async fn a_new_owner_brings_detached_ones(db: &Database) -> Case {
    let (_, ed, mut a) = graph(db).await?;
    a.edit().email = "edited".to_owned();
    let session = db.session()?;
    session.add(Group { users: Many::from([&ed].map(Entity::clone)), ..group("h") })?;
    session.commit().await?;
    same("statuses", (ed.status(), a.status()), (Status::Persistent, Status::Persistent))?;
    same("rows", seen(db).await?, "ed(edited|g h)")
}

/// A graph is added as a whole or not at all.
pub(super) async fn a_graph_with_a_known_row_is_refused(db: &Database) -> Case {
    let (root, ed, mut a) = graph(db).await?;
    a.edit().email = "edited".to_owned();
    let session = db.session()?;
    let known = session.get_one::<Address>(a.id).await?;
    same("refused", kind(&session.add(&root)).split(':').next().unwrap_or_default(), "invalid")?;
    same("nothing", (root.status(), ed.status(), a.status()), (Status::Detached, Status::Detached, Status::Detached))?;
    let merged = session.merge(&root).await?;
    session.commit().await?;
    same("merged", (merged.is(&root), known.email.as_str()), (false, "edited"))?;
    same("rows", seen(db).await?, "ed(edited|g)")
}

pub(super) async fn a_graph_of_pairs_joins(db: &Database) -> Case {
    let (mut root, ed, _) = graph(db).await?;
    root.edit().users.remove(&ed);
    root.edit().users.push(user("jo"));
    let session = db.session()?;
    session.add(&root)?;
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a) jo(g)")?;
    same("pairs", session.query::<Member>().count().await?, 1)
}

pub(super) async fn a_deleted_graph_of_a_closed_session(db: &Database) -> Case {
    let (root, ed, a) = graph(db).await?;
    let session = db.session()?;
    session.delete(&ed)?;
    session.commit().await?;
    same("gone", (ed.status(), a.status()), (Status::Detached, Status::Detached))?;
    same("rows", seen(db).await?, "")?;
    // Objects related to it were added with it.
    same("the group", (session.query::<Group>().count().await?, root.status()), (1, Status::Persistent))
}

pub(super) async fn another_object_of_a_known_row(db: &Database) -> Case {
    let (_, ed, _) = graph(db).await?;
    let session = db.session()?;
    let known = session.get_one::<User>(ed.id).await?;
    let first = |text: String| text.split(':').next().unwrap_or_default().to_owned();
    same("added", first(kind(&session.add(&ed))), "invalid")?;
    same("deleted", first(kind(&session.delete(&ed))), "invalid")?;
    same("merged", session.merge(&ed).await?.is(&known), true)?;
    // By another object's relationship.
    let new = session.add(Address { user: One::from(&ed), ..address("b") })?;
    same("led to", first(kind(&session.flush().await)), "invalid")?;
    session.expunge(&new);
    session.commit().await?;
    same("rows", seen(db).await?, "ed(a|g)")
}

pub(super) async fn edits_join_another_session(db: &Database) -> Case {
    let session = db.session()?;
    let mut users = people(&session, &["ed", "jo"], &["a"]).await?;
    let mut a = users[0].addresses.get()?[0].clone();
    session.expunge_all();
    users[1].edit().age = Some(7);
    a.edit().user.set(&users[1]);
    let other = db.session()?;
    other.add(&users[1])?;
    other.add(&a)?;
    other.commit().await?;
    same("owner", owner(&a), "jo")?;
    same("rows", seen(db).await?, "ed jo:7(a)")
}

pub(super) async fn what_left_its_session_joins_and_leaves_again(db: &Database) -> Case {
    let (one, other) = (db.session()?, db.session()?);
    let mut ed = people(&one, &["ed"], &["a"]).await?.remove(0);
    for number in 1..4 {
        one.expunge(&ed);
        other.add(&ed)?;
        ed.edit().age = Some(number);
        other.commit().await?;
        other.expunge(&ed);
        one.add(&ed)?;
        ed.edit().addresses.push(address(&format!("b{number}")));
        one.commit().await?;
    }
    same("rows", seen(db).await?, "ed:3(a b1 b2 b3)")
}

/// Pending objects of a closed session are still in their owner's lists.
pub(super) async fn new_objects_of_a_closed_session_join(db: &Database) -> Case {
    let session = db.session()?;
    let mut ed = people(&session, &["ed"], &["a"]).await?.remove(0);
    ed.edit().addresses.push(address("new"));
    ed.edit().groups.push(group("g"));
    session.add(user("alone"))?;
    session.close().await?;
    same("nothing is written", seen(db).await?, "ed(a)")?;
    let other = db.session()?;
    other.add(&ed)?;
    other.commit().await?;
    same("rows", seen(db).await?, "ed(a new|g)")
}

/// A graph belongs to one session, with all related objects.
pub(super) async fn a_graph_is_of_one_session(db: &Database) -> Case {
    let (root, mut ed, a) = graph(db).await?;
    let (one, other) = (db.session()?, db.session()?);
    one.add(&root)?;
    same("the root", kind(&other.add(&root)), "AlreadyAttached")?;
    same("a part", kind(&other.add(&a)), "AlreadyAttached")?;
    same("a delete", kind(&other.delete(&ed)), "AlreadyAttached")?;
    drop(one);
    // That session ended without a commit, so nothing was written.
    ed.edit().age = Some(7);
    other.add(&ed)?;
    other.commit().await?;
    same("statuses", (root.status(), a.status()), (Status::Persistent, Status::Persistent))?;
    same("rows", seen(db).await?, "ed:7(a|g)")
}

/// Objects deleted by a session that was rolled back can be added to another one.
pub(super) async fn deleted_objects_of_a_dropped_session(db: &Database) -> Case {
    let (root, mut ed, a) = graph(db).await?;
    let session = db.session()?;
    session.delete(&ed)?;
    session.flush().await?;
    drop(session);
    same("rows", seen(db).await?, "ed(a|g)")?;
    let other = db.session()?;
    other.add(&ed)?;
    ed.edit().age = Some(7);
    other.commit().await?;
    same(
        "statuses",
        (ed.status(), a.status(), root.status()),
        (Status::Persistent, Status::Persistent, Status::Persistent),
    )?;
    same("rows", seen(db).await?, "ed:7(a|g)")
}

/// A graph with two objects for one row is not added in part.
pub(super) async fn a_graph_with_a_row_twice_is_refused(db: &Database) -> Case {
    let (mut root, ed, a) = graph(db).await?;
    let session = db.session()?;
    let again = session.get_one::<User>(ed.id).await?;
    session.close().await?;
    root.edit().users.push(&again);
    let other = db.session()?;
    same("refused", kind(&other.add(&root)).split(':').next().unwrap_or_default(), "invalid")?;
    let statuses = [root.status(), ed.status(), again.status(), a.status()];
    same("nothing of it", statuses, [Status::Detached; 4])?;
    root.edit().users.remove(&again);
    other.add(&root)?;
    other.commit().await?;
    same("rows", seen(db).await?, "ed(a|g)")
}
