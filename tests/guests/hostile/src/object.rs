//! Futures of a session with objects that are dropped before they complete: the state of the objects after a rollback.

use sqlservice_sdk::{partial, prelude::*};

use crate::stop::Stop;

/// A user, as the well-behaved guest has it, with its devices.
#[derive(Model, Clone, Default)]
#[model(table = "users")]
struct User {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 64, unique)]
    name: String,
    note: Option<String>,
    #[model(order_by = "kind", cascade = "all, delete-orphan")]
    devices: Many<Device>,
}

/// A device of a user, as the well-behaved guest has it.
#[derive(Model, Clone, Default)]
#[model(table = "devices")]
struct Device {
    #[model(primary_key, generated)]
    id: i64,
    #[model(foreign_key = "users.id")]
    user_id: i64,
    #[model(length = 20)]
    kind: String,
    user: One<User>,
}

fn device(kind: &str) -> Device {
    Device { kind: kind.to_owned(), ..Device::default() }
}

/// Objects of a session, each of which is changed in another way.
struct Objects {
    changed: Entity<User>,
    deleted: Entity<User>,
    new: Entity<User>,
    /// The new note of the changed user.
    note: String,
}

impl Objects {
    /// Reads two users and gives both a device, which is committed.
    async fn read(session: &Session, id: i64) -> Result<Self, Error> {
        let query = session.query::<User>().order_by(User::ID).limit(2).with(User::DEVICES);
        let mut users = query.all().await?;
        let devices = Many::from([device("new")]);
        let new = Entity::new(User { id, name: format!("hostile {id}"), devices, ..User::default() });
        for user in &mut users {
            user.edit().devices.set([device("first")]);
        }
        session.commit().await?;
        let [changed, deleted] = <[_; 2]>::try_from(users).map_err(|_| Error::other("there are not two users"))?;
        Ok(Self { changed, deleted, new, note: format!("changed by {id}") })
    }

    /// Changes all of them, so that a flush inserts, updates and deletes rows of both tables.
    fn change(&mut self, session: &Session) -> Result<(), Error> {
        self.changed.edit().note = Some(self.note.clone());
        let first = self.changed.devices.handles()?.remove(0);
        self.changed.edit().devices.remove(&first);
        self.changed.edit().devices.push(device("second"));
        session.add(&self.new)?;
        session.delete(&self.deleted)
    }

    /// It is unknown whether the commit succeeded: refreshed objects agree with their rows, and missing rows can be saved.
    async fn check_commit(&self, session: &Session) -> Result<(), Error> {
        let (changed, deleted) = (self.changed.id, self.deleted.id);
        let note = session.one(&select_columns(User::NOTE).filter(User::ID.eq(changed))).await?;
        let is_committed = note.as_ref() == Some(&self.note);
        let read = session.get_one::<User>(changed).await?;
        let is_gone = session.get::<User>(deleted).await?.is_none();
        if !read.is(&self.changed) || read.note != note || is_gone != is_committed {
            return Err(Error::other(format!("{note:?}, {:?}, {is_gone}", read.note)));
        }
        let new = session.save(&self.new).await?;
        session.flush().await?;
        let devices = session.count(&select::<Device>().filter(Device::USER_ID.eq(new.id))).await?;
        session.rollback().await?;
        if devices == 1 { Ok(()) } else { Err(Error::other(format!("{devices} devices"))) }
    }

    /// The objects as text.
    fn shown(&self) -> String {
        let of = |user: &Entity<User>| {
            let devices = user.devices.get().map(|devices| {
                devices
                    .iter()
                    .map(|device| format!("{} {} {:?}", device.kind, device.user_id, device.status()))
                    .collect()
            });
            let devices: Vec<String> = devices.unwrap_or_default();
            format!("{} {:?} {:?} {devices:?}", user.id, user.note, user.status())
        };
        format!("{}; {}; {}", of(&self.changed), of(&self.deleted), of(&self.new))
    }
}

/// The rows of these users and their devices.
async fn rows(session: &Session, ids: [i64; 2]) -> Result<String, Error> {
    let users = select_columns((User::ID, User::NOTE)).filter(User::ID.in_list(ids)).order_by(User::ID);
    let users = session.all(&users).await?;
    let devices = select_columns((Device::USER_ID, Device::KIND)).order_by((Device::USER_ID, Device::KIND));
    Ok(format!("{users:?} {:?}", session.all(&devices).await?))
}

/// Runs an operation with objects until it is stopped, and rolls back: objects and rows are as before, and the same work
/// succeeds, up to its commit. Returns whether the operation completed before it was stopped.
pub async fn sweep(operation: &str, id: i64, stop: Stop) -> Result<bool, Error> {
    let db = Database::open("default", models![User, Device]).await?;
    let session = db.session()?;
    let mut objects = Objects::read(&session, id).await?;
    let ids = [objects.changed.id, objects.deleted.id];
    let before = (objects.shown(), rows(&session, ids).await?);
    session.commit().await?;
    let done = match operation {
        "object-flush" => {
            objects.change(&session)?;
            stop.run(session.flush()).await?.is_some()
        }
        "object-save-all" => {
            let saved = (0..300)
                .map(|n| partial::<User>().set(User::ID, id + n).set(User::NAME, format!("hostile {}", id + n)));
            objects.changed.edit().note = Some("changed".to_owned());
            let work = async {
                session.save_all(saved).await?;
                session.flush().await
            };
            stop.run(work).await?.is_some()
        }
        "object-begin-nested" => {
            objects.change(&session)?;
            stop.run(session.begin_nested()).await?.is_some()
        }
        "object-release" => {
            let savepoint = session.begin_nested().await?;
            objects.change(&session)?;
            stop.run(savepoint.release()).await?.is_some()
        }
        "object-rollback-to" => {
            let savepoint = session.begin_nested().await?;
            objects.change(&session)?;
            session.flush().await?;
            stop.run(savepoint.rollback()).await?.is_some()
        }
        "object-rollback" => {
            objects.change(&session)?;
            session.flush().await?;
            stop.run(session.rollback()).await?.is_some()
        }
        "object-close" => {
            objects.change(&session)?;
            session.flush().await?;
            return Ok(stop.run(session.close()).await?.is_some());
        }
        "object-commit" => {
            objects.change(&session)?;
            let done = stop.run(session.commit()).await?.is_some();
            session.rollback().await?;
            return objects.check_commit(&session).await.map(|()| done);
        }
        other => return Err(Error::other(format!("there is no operation {other:?}"))),
    };
    session.rollback().await?;
    let after = (objects.shown(), rows(&session, ids).await?);
    if before != after {
        return Err(Error::other(format!("before {before:?}, after {after:?}")));
    }
    // The session stays usable with the objects.
    objects.change(&session)?;
    session.flush().await?;
    session.rollback().await?;
    Ok(done)
}
