//! Values that the database generates come back with the row; a refused row can be corrected.

use sqlservice_sdk::prelude::*;

use super::{commit, mark, ok_or_error};
use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "tasks")]
struct Task {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40, unique)]
    name: String,
    #[model(default = 7)]
    priority: Option<i64>,
    #[model(length = 40, default = "open")]
    state: Option<String>,
    #[model(default = now)]
    created: Option<Timestamp>,
    #[model(on_update = now)]
    changed: Option<Timestamp>,
    #[model(cascade = "all, delete-orphan", order_by = "name")]
    steps: Many<Step>,
    tags: Many<Tag>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "steps")]
struct Step {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "tasks.id")]
    task_id: i64,
    #[model(length = 40, unique)]
    name: String,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "tags")]
struct Tag {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "tasks.id")]
    task_id: Option<i64>,
    #[model(length = 40)]
    name: String,
}

fn task(name: &str) -> Task {
    Task { name: name.to_owned(), ..Task::default() }
}

fn step(name: &str) -> Entity<Step> {
    Entity::new(Step { name: name.to_owned(), ..Step::default() })
}

fn tag(name: &str) -> Entity<Tag> {
    Entity::new(Tag { name: name.to_owned(), ..Tag::default() })
}

async fn open() -> Result<Database, Error> {
    let db = Database::open("default", models![Task, Step, Tag]).await?;
    db.create_all().await?;
    Ok(db)
}

/// The committed rows: tasks, and steps and tags with their tasks.
async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let tasks = session.all(&select_columns(Task::NAME).order_by(Task::NAME)).await?;
    let steps = select_columns((Step::NAME, Task::NAME))
        .from::<Step>()
        .join::<Task>(Task::ID.eq(Step::TASK_ID))
        .order_by(Step::NAME);
    let steps = session.all(&steps).await?;
    let tags = select_columns((Tag::NAME, nullif(Task::NAME, "")))
        .from::<Tag>()
        .left_join::<Task>(Task::ID.eq(Tag::TASK_ID))
        .order_by(Tag::NAME);
    Ok(format!("{tasks:?} {steps:?} {:?}", session.all(&tags).await?))
}

/// Server defaults, and a column that the database sets on every update.
pub async fn unit_made_by_the_database() -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let mut left = session.add(task("left"))?;
    let given = session.add(Task { priority: Some(1), state: Some("done".to_owned()), ..task("given") })?;
    commit(&db, &session).await?;
    let shown = |task: &Entity<Task>| format!("{:?} {:?} {}", task.priority, task.state, task.created.is_some());
    let mut saw = vec![shown(&left), shown(&given)];
    saw.push(format!("{} {:?}", session.is_modified(&left), left.changed));
    let row = db.session()?.one(&select::<Task>().filter(Task::NAME.eq("left"))).await?;
    saw.push(format!("{}", (row.priority, &row.state, &row.created) == (left.priority, &left.state, &left.created)));
    left.edit().priority = Some(8);
    commit(&db, &session).await?;
    let row = db.session()?.one(&select::<Task>().filter(Task::NAME.eq("left"))).await?;
    saw.push(format!("{} {}", left.changed.is_some(), left.changed == row.changed));
    // A value set to null: a default applies only to new rows.
    left.edit().state = None;
    commit(&db, &session).await?;
    saw.push(format!("{:?}", db.session()?.one(&select_columns(Task::STATE).filter(Task::NAME.eq("left"))).await?));
    Ok(saw)
}

/// A violation undoes its flush; all changes are still pending and can be written after a correction.
pub async fn unit_made_mended(way: String) -> Saw {
    let db = open().await?;
    let session = db.session()?;
    let (s1, t1, t2) = (step("s1"), tag("t1"), tag("t2"));
    let mut known = session.add(Task { steps: Many::from([&s1]), tags: Many::from([&t1, &t2]), ..task("known") })?;
    let mut other = session.add(task("other"))?;
    session.commit().await?;
    // Flushed earlier in this transaction, and kept.
    session.add(task("before"))?;
    session.flush().await?;

    // One flush with a refused child, a deleted child, an orphaned one, a moved one, and a new name.
    let (refused, fine) = (step("s1"), step("s2"));
    {
        let mut edit = known.edit();
        edit.name = "renamed".to_owned();
        edit.steps.set([&refused, &fine]);
        edit.tags.remove(&t1);
        edit.tags.remove(&t2);
        other.edit().tags.push(&t2);
    }
    other.edit().steps.push(step("s1"));
    mark(&db).await?;
    let outcome = ok_or_error(session.flush().await);
    mark(&db).await?;
    let mut saw = vec![outcome.split(" columns").next().unwrap_or_default().to_owned()];
    saw.push(format!(
        "{:?} {:?} {:?} {:?}",
        refused.status(),
        fine.status(),
        s1.status(),
        t1.task_id == Some(known.id)
    ));
    // The session's lists of pending changes.
    saw.push(format!("{} {} {}", session.new_objects().len(), session.dirty().len(), session.deleted().len()));

    match way.as_str() {
        // All changes are taken back.
        "back" => {
            {
                let mut edit = known.edit();
                edit.name = "known".to_owned();
                edit.steps.set([&s1]);
                edit.tags.set([&t1, &t2]);
            }
            let mut edit = other.edit();
            edit.steps.set(Vec::<Entity<Step>>::new());
            edit.tags.set(Vec::<Entity<Tag>>::new());
        }
        // Another name for the refused rows.
        "mend" => {
            let mut refused = refused.clone();
            refused.edit().name = "s3".to_owned();
            let mut last = other.steps.get()?[0].clone();
            last.edit().name = "s4".to_owned();
        }
        _ => session.rollback().await?,
    }
    commit(&db, &session).await?;
    saw.push(rows(&db).await?);
    saw.push(format!("{} {:?} {:?}", known.name, s1.status(), fine.status()));
    Ok(saw)
}
