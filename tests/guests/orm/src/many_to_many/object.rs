//! Secondary rows that are objects.

use sqlservice_sdk::prelude::*;

use super::{Part, Use, Word};
use crate::case::{Case, count, each, one, same};

fn word(name: &str) -> Entity<Word> {
    Entity::new(Word { name: name.to_owned(), ..Word::default() })
}

fn used(word: &Entity<Word>, data: &str) -> Use {
    Use { word: One::from(word), data: data.to_owned(), ..Use::default() }
}

/// A part with uses of two words.
async fn part(session: &Session) -> Result<(Entity<Part>, [Entity<Word>; 2]), Error> {
    let (x, y) = (word("x"), word("y"));
    let uses = Many::from([used(&x, "1"), used(&y, "2")]);
    let part = session.add(Part { name: "p".to_owned(), uses, ..Part::default() })?;
    session.commit().await?;
    Ok((part, [x, y]))
}

/// The words that parts use.
async fn uses(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let found =
        session.query::<Use>().order_by((Use::PART_ID, Use::WORD_ID)).with(Use::PART).with(Use::WORD).all().await?;
    let shown = |it: &Entity<Use>| {
        format!("{}{}{}", one(&it.part, |part| part.name.clone()), one(&it.word, |word| word.name.clone()), it.data)
    };
    let mut shown: Vec<String> = found.iter().map(shown).collect();
    shown.sort();
    Ok(shown.join(" "))
}

pub(super) async fn pairs_as_objects_are_inserted(db: &Database) -> Case {
    let session = db.session()?;
    part(&session).await?;
    same("uses", uses(db).await?, "px1 py2")
}

pub(super) async fn pairs_as_objects_are_replaced(db: &Database) -> Case {
    let session = db.session()?;
    let (mut part, _) = part(&session).await?;
    let z = word("z");
    part.edit().uses.set([used(&z, "3")]);
    session.commit().await?;
    same("uses", uses(db).await?, "pz3")
}

pub(super) async fn pairs_as_objects_are_replaced_by_equal_ones(db: &Database) -> Case {
    let session = db.session()?;
    let (mut part, [x, _y]) = part(&session).await?;
    part.edit().uses.set([used(&x, "9")]);
    session.commit().await?;
    same("uses", uses(db).await?, "px9")?;
    same("loaded", each(&part.uses, |it| it.data.clone()), "9")
}

pub(super) async fn pairs_as_objects_are_changed(db: &Database) -> Case {
    let session = db.session()?;
    let (part, _) = part(&session).await?;
    part.uses.handles()?[1].edit().data = "7".to_owned();
    session.commit().await?;
    same("uses", uses(db).await?, "px1 py7")
}

pub(super) async fn pairs_as_objects_go_with_their_owner(db: &Database) -> Case {
    let session = db.session()?;
    let (part, _) = part(&session).await?;
    let other = db.session()?;
    let part = other.get_one::<Part>(part.id).await?;
    other.delete(&part)?;
    other.commit().await?;
    same("left", (uses(db).await?, count::<Word>(db).await?), (String::new(), 2))
}

pub(super) async fn pairs_as_objects_move(db: &Database) -> Case {
    let session = db.session()?;
    let (mut first, _) = part(&session).await?;
    let mut second = session.add(Part { name: "q".to_owned(), ..Part::default() })?;
    session.commit().await?;
    let moved = first.uses.get()?[0].clone();
    first.edit().uses.remove(&moved);
    second.edit().uses.push(&moved);
    session.commit().await?;
    // The key of the pair changes with its owner.
    same("uses", uses(db).await?, "py2 qx1")?;
    same("found", session.get::<Use>((second.id, moved.word_id)).await?.is_some_and(|found| found.is(&moved)), true)
}
