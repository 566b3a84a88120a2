//! Objects without an owner at a flush.

use sqlservice_sdk::prelude::*;

use crate::{
    Saw,
    moved::{Child, Parent, Toy, child, open, parent, rows},
};

#[derive(Model, Clone, Debug, Default)]
#[model(table = "teams")]
struct Team {
    #[model(primary_key, generated)]
    id: i64,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    members: Many<Member>,
    #[model(foreign_key = "lead_of", cascade = "all, delete-orphan")]
    lead: One<Lead>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "members")]
struct Member {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "teams.id")]
    team_id: Option<i64>,
    team: One<Team>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "leads")]
struct Lead {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "teams.id")]
    lead_of: Option<i64>,
}

fn member(name: &str) -> Entity<Member> {
    Entity::new(Member { name: name.to_owned(), ..Member::default() })
}

fn lead(name: &str) -> Entity<Lead> {
    Entity::new(Lead { name: name.to_owned(), ..Lead::default() })
}

pub async fn orphan(way: &str) -> Saw {
    if let Some(way) = way.strip_prefix("team: ") {
        return team(way).await;
    }
    let db = open().await?;
    let session = db.session()?;
    let mut first = session.add(parent("first"))?;
    let mut second = session.add(parent("second"))?;
    session.commit().await?;
    let orphan = session.add(child("orphan"))?;
    let mut toy = orphan.toys.get()?.first().cloned();
    match way {
        "pushed and removed" => {
            first.edit().children.push(&orphan);
            first.edit().children.remove(&orphan);
        }
        "in one edit" => {
            let mut edit = first.edit();
            edit.children.push(&orphan);
            edit.children.remove(&orphan);
        }
        "unloaded" => {
            let other = db.session()?;
            session.expunge(&orphan);
            let mut first = other.get_one::<Parent>(first.id).await?;
            other.add(&orphan)?;
            first.edit().children.push(&orphan);
            first.edit().children.remove(&orphan);
            other.commit().await?;
        }
        "replaced" => {
            first.edit().children.push(&orphan);
            first.edit().children.set([child("other")]);
        }
        "all taken away" => {
            first.edit().children.push(&orphan);
            first.edit().children.set(Vec::<Entity<Child>>::new());
        }
        "cleared by itself" => {
            let mut orphan = orphan.clone();
            orphan.edit().parent.set(&first);
            orphan.edit().parent.clear();
        }
        "of one that is deleted" => {
            first.edit().children.push(&orphan);
            session.delete(&first)?;
        }
        "of one that is new" => {
            let mut new = session.add(parent("new"))?;
            new.edit().children.push(&orphan);
            new.edit().children.remove(&orphan);
        }
        // Not an orphan: it has another parent.
        "taken by another" => {
            first.edit().children.push(&orphan);
            second.edit().children.push(&orphan);
            first.edit().children.remove(&orphan);
        }
        "pushed again" => {
            first.edit().children.push(&orphan);
            first.edit().children.remove(&orphan);
            first.edit().children.push(&orphan);
        }
        "with a key of its own" => {
            let mut orphan = orphan.clone();
            first.edit().children.push(&orphan);
            first.edit().children.remove(&orphan);
            orphan.edit().parent_id = second.id;
        }
        "with a toy that another takes" => {
            second.edit().children.push(child("other"));
            let other = second.children.get()?.first().cloned();
            if let (Some(mut other), Some(toy)) = (other, toy.take()) {
                first.edit().children.push(&orphan);
                first.edit().children.remove(&orphan);
                other.edit().toys.push(&toy);
                session.add(&toy)?;
            }
        }
        // It gets a parent after a flush.
        "comes back" => {
            first.edit().children.push(&orphan);
            first.edit().children.remove(&orphan);
            session.commit().await?;
            second.edit().children.push(&orphan);
        }
        // The flush fails, and succeeds after a correction.
        "of a flush that fails" => {
            first.edit().children.push(&orphan);
            first.edit().children.remove(&orphan);
            let wrong = session.add(Toy { child_id: -1, ..Toy::default() })?;
            let is_refused = session.flush().await.is_err();
            session.expunge(&wrong);
            if !is_refused || orphan.status() != Status::Pending {
                return Ok(vec![format!("{is_refused} {:?}", orphan.status())]);
            }
        }
        _ => {}
    }
    session.commit().await?;
    let status = orphan.status();
    // Later flushes of the other objects do not find it again.
    second.edit().name = "second".to_owned();
    first.edit().name.push('!');
    if first.status() == Status::Persistent {
        session.commit().await?;
    }
    Ok(vec![rows(&db).await?, format!("{status:?} {:?} {}", orphan.status(), orphan.id > 0)])
}

/// If its foreign key is nullable, an object without an owner can be written.
async fn team(way: &str) -> Saw {
    let db = Database::open("default", models![Team, Member, Lead]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let mut team =
        session.add(Team { members: Many::from([member("old")]), lead: lead("old").into(), ..Team::default() })?;
    session.commit().await?;
    let mut old = team.members.get()?.first().cloned().ok_or(Error::NoResult)?;
    match way {
        // Added to the session itself, and never owned.
        "alone" => {
            session.add(member("alone"))?;
            session.add(lead("alone"))?;
        }
        "removed" => {
            let both = [session.add(member("new"))?, session.add(member("other"))?];
            both.iter().for_each(|member| team.edit().members.push(member));
            both.iter().for_each(|member| team.edit().members.remove(member));
        }
        "replaced" => {
            let (first, second) = (session.add(lead("first"))?, session.add(lead("second"))?);
            team.edit().lead.set(&first);
            team.edit().lead.set(&second);
        }
        "replaced and back" => {
            let (first, old) = (session.add(lead("first"))?, team.lead.get()?.cloned());
            team.edit().lead.set(&first);
            if let Some(old) = old {
                team.edit().lead.set(&old);
            }
        }
        // A row that clears its owner itself counts as removed.
        "left" => old.edit().team.clear(),
        "left by its key" => old.edit().team_id = None,
        "left unloaded" => {
            let other = db.session()?;
            let mut old = other.get_one::<Member>(old.id).await?;
            old.edit().team.clear();
            other.commit().await?;
        }
        // It had no owner, so it is no orphan.
        "without one" => {
            let loner = session.add(member("loner"))?;
            session.commit().await?;
            let other = db.session()?;
            let mut again = other.get_one::<Member>(loner.id).await?;
            again.edit().team.clear();
            other.merge(Member { team: One::default(), ..loner.to_model() }).await?;
            other.commit().await?;
        }
        "left and taken" => {
            let mut new = session.add(Team::default())?;
            old.edit().team.clear();
            new.edit().members.push(&old);
        }
        _ => {}
    }
    session.commit().await?;
    let reader = db.session()?;
    let mut shown: Vec<String> = Vec::new();
    for member in reader.all(&select::<Member>().order_by(Member::NAME)).await? {
        shown.push(format!("{}:{:?}", member.name, member.team_id));
    }
    for lead in reader.all(&select::<Lead>().order_by(Lead::NAME)).await? {
        shown.push(format!("{}:{:?}", lead.name, lead.lead_of));
    }
    Ok(vec![shown.join(" ")])
}
