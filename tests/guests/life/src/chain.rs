//! Chains of objects far longer than a guest's stack.

use sqlservice_sdk::{DictOptions, prelude::*};

use crate::Saw;

#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "links")]
struct Link {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "links.id")]
    before_id: Option<i64>,
    #[model(cascade = "all, delete-orphan")]
    next: Many<Link>,
    before: One<Link>,
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Link]).await?;
    db.create_all().await?;
    Ok(db)
}

/// A chain of this many objects: each refers to the next one, and back if `is_circular`.
fn made(length: u32, is_circular: bool) -> Vec<Entity<Link>> {
    let mut all: Vec<Entity<Link>> = (0..length).map(|_| Entity::new(Link::default())).collect();
    for at in 1..all.len() {
        let (before, link) = (all[at - 1].clone(), all[at].clone());
        all[at - 1].edit().next.push(&link);
        if is_circular {
            all[at].edit().before.set(&before);
        }
    }
    all
}

async fn count(db: &Database) -> Result<u64, Error> {
    db.session()?.count(&select::<Link>()).await
}

/// All objects of the chain, loaded with their relationships.
async fn read(session: &Session) -> Result<Vec<Entity<Link>>, Error> {
    let all = session.query::<Link>().order_by(Link::ID).all().await?;
    session.load(&all, Link::NEXT).await?;
    Ok(all)
}

pub async fn chain(way: &str, length: u32) -> Saw {
    let db = open().await?;
    let head = |all: Vec<Entity<Link>>| all.into_iter().next().ok_or(Error::NoResult);
    match way {
        // Transient objects whose last handle is dropped.
        "dropped" => {
            drop(head(made(length, false))?);
            // Every object has a read relationship and an edited column, so it holds handles and an older version.
            let mut all = made(length, false);
            for link in &mut all {
                let read = link.next.get()?.first().map_or(0, |next| next.id);
                link.edit().id = read;
            }
            let copy = head(all)?.to_model();
            drop(copy);
            Ok(vec!["dropped".to_owned()])
        }
        "walked" => {
            let all = made(length, true);
            let first = head(all.clone())?;
            let (copy, dict) = (first.to_model(), first.to_dict());
            let nested = DictOptions { include_nested_relationships: true, ..DictOptions::default() };
            let deep = first.to_dict_with(nested);
            let same = [copy == copy.clone(), dict == dict.clone(), deep == deep.clone()];
            let shown = [format!("{first:?}{copy:?}").len(), dict.to_string().len(), deep.to_string().len()];
            Ok(vec![format!("{same:?} {}", shown.iter().all(|length| *length > 20))])
        }
        _ => in_a_session(way, length, &db).await,
    }
}

async fn in_a_session(way: &str, length: u32, db: &Database) -> Saw {
    let session = db.session()?;
    let all = made(length, true);
    let first = session.add(&all[0])?;
    if way == "expunged before it is written" {
        session.expunge(&first);
        drop(all);
        session.commit().await?;
        return Ok(vec![count(db).await?.to_string()]);
    }
    session.commit().await?;
    let mut saw = vec![count(db).await?.to_string()];
    match way {
        "deleted" => session.delete(&first)?,
        "deleted unread" => {
            // Only the end of the chain: each object costs a query otherwise.
            let near_the_end = length.saturating_sub(300);
            let other = db.session()?;
            let ids = other.all(&select_columns(Link::ID).order_by(Link::ID).offset(near_the_end.into())).await?;
            let late = other.get_one::<Link>(ids.first().copied().unwrap_or_default()).await?;
            other.delete(&late)?;
            other.commit().await?;
            saw.push(count(db).await?.to_string());
            return Ok(saw);
        }
        "deleted after it was read" => {
            drop((all, first, session));
            let session = db.session()?;
            let read = read(&session).await?;
            session.delete(&read[0])?;
            drop(read);
            session.commit().await?;
            saw.push(count(db).await?.to_string());
            return Ok(saw);
        }
        "rolled back" => {
            session.delete(&first)?;
            session.flush().await?;
            session.rollback().await?;
            saw.push(format!("{:?}", first.status()));
        }
        "refreshed" => session.refresh(&first).await?,
        "expunged" => {
            session.expunge(&first);
            session.add(&first)?;
            session.flush().await?;
            saw.push(format!("{:?}", all.last().map(Entity::status)));
        }
        "saved" => {
            let other = db.session()?;
            other.save(&first).await.ok();
            drop(session);
            let other = db.session()?;
            other.merge(first.to_model()).await?;
            other.commit().await?;
            saw.push(count(db).await?.to_string());
            return Ok(saw);
        }
        _ => {}
    }
    drop((all, first));
    session.commit().await?;
    session.close().await?;
    saw.push(count(db).await?.to_string());
    Ok(saw)
}
