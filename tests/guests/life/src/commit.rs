//! Changes that event handlers leave pending, and children that they move.

use sqlservice_sdk::{Events, prelude::*};

use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "tasks", events)]
struct Task {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    count: i64,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    steps: Many<Step>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "steps", events)]
struct Step {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "tasks.id")]
    task_id: i64,
    task: One<Task>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "log")]
struct Line {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    text: String,
}

fn line(text: &str) -> Line {
    Line { text: text.to_owned(), ..Line::default() }
}

async fn named(session: &Session, name: &str) -> Result<Entity<Task>, Error> {
    session.query::<Task>().filter(Task::NAME.eq(name)).one().await
}

impl Events for Task {
    async fn before_update(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        match this.name.as_str() {
            // Changes of other objects are written in the same flush.
            "changes another" => {
                let mut other = named(session, "other").await?;
                other.edit().count += 1;
            }
            "adds another" => {
                session.add(line("added before"))?;
            }
            "deletes another" => session.delete(&named(session, "other").await?)?,
            _ => {}
        }
        Ok(())
    }

    async fn after_insert(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        if this.name == "adds after" {
            session.add(line("added after"))?;
        }
        Ok(())
    }

    async fn after_update(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        match this.name.as_str() {
            "edits after" if this.count < 3 => this.edit().count += 1,
            "edits without end" => this.edit().count += 1,
            "deletes after" => session.delete(&named(session, "other").await?)?,
            _ => {}
        }
        Ok(())
    }

    async fn before_delete(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        if this.name == "hands on" {
            let mut heir = named(session, "other").await?;
            session.load(std::slice::from_ref(&heir), Task::STEPS).await?;
            for step in session.query::<Step>().filter(Step::TASK_ID.eq(this.id)).all().await? {
                if step.name != "lost" {
                    heir.edit().steps.push(&step);
                }
            }
        }
        Ok(())
    }

    async fn after_delete(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        session.add(line(&format!("deleted {}", this.name)))?;
        Ok(())
    }
}

impl Events for Step {
    async fn before_delete(this: &mut Entity<Self>, session: &Session) -> Result<(), Error> {
        match this.name.as_str() {
            "moves itself" => {
                let heir = named(session, "other").await?;
                this.edit().task.set(&heir);
            }
            "is added again" => {
                let heir = named(session, "other").await?;
                this.edit().task_id = heir.id;
                session.add(&*this)?;
            }
            _ => {}
        }
        Ok(())
    }
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Task, Step, Line]).await?;
    db.create_all().await?;
    Ok(db)
}

async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let tasks = session.all(&select::<Task>().order_by(Task::NAME)).await?;
    let name = |id: i64| tasks.iter().find(|task| task.id == id).map_or("", |task| task.name.as_str());
    let mut shown: Vec<String> = tasks.iter().map(|task| format!("{}={}", task.name, task.count)).collect();
    for step in session.all(&select::<Step>().order_by(Step::NAME)).await? {
        shown.push(format!("{}:{}", step.name, name(step.task_id)));
    }
    shown.extend(session.all(&select_columns(Line::TEXT).order_by(Line::ID)).await?);
    Ok(shown.join(", "))
}

fn task(name: &str) -> Task {
    Task { name: name.to_owned(), ..Task::default() }
}

/// Makes a change whose event handlers leave another one pending.
async fn work(session: &Session, name: &str) -> Result<(), Error> {
    if name == "adds after" {
        session.add(task(name))?;
        return Ok(());
    }
    let mut first = named(session, "first").await?;
    if name == "deleted" {
        return session.delete(&first);
    }
    first.edit().name = name.to_owned();
    Ok(())
}

/// Ends a transaction with changes that event handlers left pending.
pub async fn commits(way: &str) -> Saw {
    let db = open().await?;
    let (end, name) = way.split_once(": ").unwrap_or((way, ""));
    db.transaction(async |session| {
        session.add_all([task("first"), task("other")])?;
        Ok(())
    })
    .await?;
    let ended = match end {
        "transaction" => db.transaction(async |session: &Session| work(session, name).await).await,
        "commit" => {
            let session = db.session()?;
            work(&session, name).await?;
            session.commit().await
        }
        // Changes that handlers left pending at the release belong to the savepoint.
        "savepoint" => {
            let session = db.session()?;
            let nested = session.nested(async |session: &Session| work(session, name).await).await;
            nested?;
            session.commit().await
        }
        // Changes that they left pending before it do not.
        "before a savepoint" => {
            let session = db.session()?;
            work(&session, name).await?;
            let savepoint = session.begin_nested().await?;
            savepoint.rollback().await?;
            session.commit().await
        }
        "flush" => {
            let session = db.session()?;
            work(&session, name).await?;
            session.flush().await?;
            let saw = format!("{} {}", session.new_objects().len(), session.dirty().len());
            session.commit().await?;
            return Ok(vec![saw, rows(&db).await?]);
        }
        _ => Ok(()),
    };
    let told = match ended {
        Ok(()) => "ok".to_owned(),
        Err(Error::EndlessFlush(tables)) => format!("endless {tables:?}"),
        Err(error) => error.to_string(),
    };
    Ok(vec![told, rows(&db).await?])
}

/// An event handler of the delete moves children to another owner.
pub async fn moved(way: &str) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let step = |name: &str| Step { name: name.to_owned(), ..Step::default() };
    let steps = [step("is added again"), step("kept"), step("lost"), step("moves itself")];
    let name = if way == "by the owner" { "hands on" } else { "old" };
    session.add(Task { name: name.to_owned(), steps: Many::from(steps), ..Task::default() })?;
    session.add(Task { name: "other".to_owned(), ..Task::default() })?;
    session.commit().await?;
    let session = db.session()?;
    let old = named(&session, name).await?;
    session.delete(&old)?;
    session.commit().await?;
    Ok(vec![rows(&db).await?])
}
