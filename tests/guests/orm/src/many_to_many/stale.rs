//! Pairs whose rows another session or a statement has deleted.

use sqlservice_sdk::prelude::*;

use super::{Outgoing, Place, Transition};
use crate::case::{Case, count, each, kind, same};

fn place(name: &str, outputs: Vec<Entity<Transition>>) -> Place {
    Place { name: name.to_owned(), outputs: outputs.into(), ..Place::default() }
}

fn transition(name: &str) -> Entity<Transition> {
    Entity::new(Transition { name: name.to_owned(), ..Transition::default() })
}

/// A place with two outputs, in a session without an open transaction.
async fn pair(db: &Database) -> Result<(Session, Entity<Place>, [Entity<Transition>; 2]), Error> {
    let session = db.session()?;
    let (x, y) = (transition("x"), transition("y"));
    let place = session.add(place("p", vec![x.clone(), y.clone()]))?;
    session.commit().await?;
    Ok((session, place, [x, y]))
}

/// Deletes a transition's pairs in another session.
async fn take_away(db: &Database, of: &Entity<Transition>) -> Result<(), Error> {
    let gone = delete::<Outgoing>().filter(Outgoing::TRANSITION_ID.eq(of.id));
    db.transaction(async |other| other.execute(&gone).await.map(drop)).await
}

fn outputs(place: &Place) -> String {
    each(&place.outputs, |it| it.name.clone())
}

pub(super) async fn a_pair_that_is_gone_is_stale(db: &Database) -> Case {
    let (session, mut place, [x, _]) = pair(db).await?;
    take_away(db, &x).await?;
    place.edit().outputs.remove(&x);
    same("removed", kind(&session.commit().await), "stale outgoing 0 of 1")?;
    session.rollback().await?;
    same("back", outputs(&place), "x y")?;
    // After a reload, the pair is not there to be removed.
    session.refresh(&place).await?;
    session.load(std::slice::from_ref(&place), Place::OUTPUTS).await?;
    same("read again", outputs(&place), "y")?;
    session.commit().await?;
    same("rows", count::<Outgoing>(db).await?, 1)
}

pub(super) async fn one_of_several_pairs_is_stale(db: &Database) -> Case {
    let (session, mut place, [x, y]) = pair(db).await?;
    take_away(db, &x).await?;
    place.edit().outputs.set([transition("z")]);
    same("replaced", kind(&session.flush().await), "stale outgoing 1 of 2")?;
    // The flush undid itself: nothing is written.
    same("in the session", session.no_autoflush(async |it| it.count(&select::<Transition>()).await).await?, 2)?;
    session.rollback().await?;
    same("rows", (count::<Outgoing>(db).await?, count::<Transition>(db).await?), (1, 2))?;
    same("still there", y.status(), Status::Persistent)
}

pub(super) async fn an_owner_whose_pair_is_gone_is_stale(db: &Database) -> Case {
    let (session, place, [x, _]) = pair(db).await?;
    take_away(db, &x).await?;
    session.delete(&place)?;
    same("deleted", kind(&session.commit().await), "stale outgoing 1 of 2")?;
    session.rollback().await?;
    // A place that is read after that can be deleted.
    let other = db.session()?;
    let place = other.query::<Place>().with(Place::OUTPUTS).get_one(place.id).await?;
    other.delete(&place)?;
    other.commit().await?;
    same("rows", (count::<Outgoing>(db).await?, count::<Place>(db).await?), (0, 0))
}

pub(super) async fn a_pair_that_a_statement_took_is_stale(db: &Database) -> Case {
    let (session, mut place, [x, y]) = pair(db).await?;
    session.execute(&delete::<Outgoing>()).await?;
    place.edit().outputs.remove(&x);
    same("removed", kind(&session.flush().await), "stale outgoing 0 of 1")?;
    session.rollback().await?;
    // In a savepoint, only the savepoint is rolled back.
    place.edit().outputs.remove(&y);
    let gone = session.nested(async |session| {
        session.execute(&delete::<Outgoing>()).await?;
        let mut place = session.get_one::<Place>(place.id).await?;
        place.edit().outputs.remove(&x);
        session.flush().await
    });
    same("inside", kind(&gone.await), "stale outgoing 0 of 1")?;
    session.commit().await?;
    same("outside", outputs(&place), "x")?;
    same("rows", count::<Outgoing>(db).await?, 1)
}

pub(super) async fn a_pair_removed_on_both_sides_is_no_stale_one(db: &Database) -> Case {
    let (session, mut place, [mut x, y]) = pair(db).await?;
    session.load(std::slice::from_ref(&x), Transition::OUTPUTS).await?;
    place.edit().outputs.remove(&x);
    x.edit().outputs.remove(&place);
    session.flush().await?;
    // A pair removed together with a side and as an object is one delete as well.
    let row = session.get_one::<Outgoing>((place.id, y.id)).await?;
    place.edit().outputs.remove(&y);
    session.delete(&row)?;
    session.delete(&y)?;
    session.commit().await?;
    same("rows", (count::<Outgoing>(db).await?, count::<Transition>(db).await?), (0, 1))
}
