//! Cascades in a session: expunge, refresh, merge.

use sqlservice_sdk::prelude::*;

use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "users")]
struct User {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(cascade = "all", order_by = "name")]
    devices: Many<Device>,
    // The default cascade: save-update and merge.
    #[model(order_by = "name")]
    notes: Many<Note>,
    #[model(cascade = "save-update", order_by = "name")]
    pets: Many<Pet>,
    #[model(through = Member, order_by = "name")]
    groups: Many<Group>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "devices")]
struct Device {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "users.id")]
    user_id: Option<i64>,
    user: One<User>,
    #[model(cascade = "save-update, expunge, refresh-expire")]
    keys: Many<Key>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "device_keys")]
struct Key {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "devices.id")]
    device_id: Option<i64>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "notes")]
struct Note {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "users.id")]
    user_id: Option<i64>,
    user: One<User>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "pets")]
struct Pet {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    #[model(foreign_key = "users.id")]
    user_id: Option<i64>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "groups_of_users")]
struct Group {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
}

#[derive(Model, Clone, Debug)]
#[model(table = "group_members")]
struct Member {
    #[model(primary_key, foreign_key = "users.id")]
    user_id: i64,
    #[model(primary_key, foreign_key = "groups_of_users.id")]
    group_id: i64,
}

fn device(name: &str) -> Device {
    let keys = Many::from([Key { name: format!("{name} key"), ..Key::default() }]);
    Device { name: name.to_owned(), keys, ..Device::default() }
}

fn note(name: &str) -> Note {
    Note { name: name.to_owned(), ..Note::default() }
}

async fn rows(db: &Database) -> Result<String, Error> {
    let session = db.session()?;
    let mut shown = session.all(&select_columns(User::NAME).order_by(User::NAME)).await?;
    let owned = |name: String, of: Option<i64>| format!("{name}:{}", of.map_or_else(String::new, |id| id.to_string()));
    for device in session.all(&select::<Device>().order_by(Device::NAME)).await? {
        shown.push(owned(device.name, device.user_id));
    }
    for key in session.all(&select::<Key>().order_by(Key::NAME)).await? {
        shown.push(owned(key.name, key.device_id));
    }
    for note in session.all(&select::<Note>().order_by(Note::NAME)).await? {
        shown.push(owned(note.name, note.user_id));
    }
    for pet in session.all(&select::<Pet>().order_by(Pet::NAME)).await? {
        shown.push(owned(pet.name, pet.user_id));
    }
    for (user, group) in session
        .all(
            &select_columns((Member::USER_ID, Group::NAME))
                .from::<Member>()
                .join::<Group>(Group::ID.eq(Member::GROUP_ID))
                .order_by(Group::NAME),
        )
        .await?
    {
        shown.push(owned(group, Some(user)));
    }
    Ok(shown.join(" "))
}

pub async fn out(way: &str) -> Saw {
    let db = Database::open("default", models![User, Device, Key, Note, Pet, Group, Member]).await?;
    db.create_all().await?;
    let session = db.session()?;
    session.add(User {
        id: 1,
        name: "ed".to_owned(),
        devices: Many::from([device("d")]),
        notes: Many::from([note("n")]),
        pets: Many::from([Pet { name: "p".to_owned(), ..Pet::default() }]),
        ..User::default()
    })?;
    session.commit().await?;
    let session = db.session()?;
    let user = session.get_one::<User>(1).await?;
    let all = [user.clone()];
    session.load(&all, User::DEVICES.with(Device::KEYS)).await?;
    session.load(&all, User::NOTES).await?;
    session.load(&all, User::PETS).await?;
    session.load(&all, User::GROUPS).await?;
    session.commit().await?;
    match way.split(':').next().unwrap_or_default() {
        "refresh" | "expire" => refresh(way, &db, &session, user).await,
        "merge" => merge(way, &db, &session, &user).await,
        _ => expunge(way, &db, &session, user).await,
    }
}

async fn expunge(way: &str, db: &Database, session: &Session, mut user: Entity<User>) -> Saw {
    let (mut device, mut note) = (user.devices.get()?[0].clone(), user.notes.get()?[0].clone());
    let key = device.keys.get()?[0].clone();
    match way {
        // Objects reachable from another object stay expunged.
        "device" => session.expunge(&device),
        "user" => session.expunge(&user),
        "added again" => {
            session.expunge(&user);
            session.add(&user)?;
        }
        "pushed again" => {
            session.expunge(&device);
            user.edit().devices.remove(&device);
            user.edit().devices.push(&device);
        }
        "all" => session.expunge_all(),
        "new" => {
            let (new, other) = (session.add(self::device("new"))?, self::note("other"));
            user.edit().devices.push(&new);
            user.edit().notes.push(other);
            session.expunge(&new);
            session.commit().await?;
            let held = user.devices.get()?.len();
            return Ok(vec![rows(db).await?, format!("{:?} {held}", new.status())]);
        }
        "new to one" => {
            let owner = session.add(User { name: "new".to_owned(), ..User::default() })?;
            note.edit().user.set(&owner);
            session.expunge(&owner);
            let told = session.commit().await.is_err();
            note.edit().user.set(&user);
            session.commit().await?;
            return Ok(vec![rows(db).await?, format!("{told} {:?}", owner.status())]);
        }
        "new in a group" => {
            let (new, kept) = (
                session.add(Group { name: "new".to_owned(), ..Group::default() })?,
                Group { name: "kept".to_owned(), ..Group::default() },
            );
            user.edit().groups.push(&new);
            user.edit().groups.push(kept);
            session.expunge(&new);
            session.commit().await?;
            let held = user.groups.get()?.len();
            return Ok(vec![rows(db).await?, format!("{:?} {held}", new.status())]);
        }
        "rolled back" => {
            device.edit().name = "flushed".to_owned();
            session.flush().await?;
            session.expunge(&device);
            session.rollback().await?;
            let other = db.session()?;
            let is_free = other.add(&device).is_ok();
            return Ok(vec![rows(db).await?, format!("{is_free}")]);
        }
        _ => {}
    }
    user.edit().name = "jo".to_owned();
    device.edit().name = "edited".to_owned();
    note.edit().name = "edited too".to_owned();
    session.commit().await?;
    let statuses = [user.status(), device.status(), key.status(), note.status()];
    Ok(vec![rows(db).await?, format!("{statuses:?}")])
}

async fn refresh(way: &str, db: &Database, session: &Session, mut user: Entity<User>) -> Saw {
    let (mut device, mut note) = (user.devices.get()?[0].clone(), user.notes.get()?[0].clone());
    let key = device.keys.get()?[0].clone();
    let other = db.session()?;
    other.execute(&update::<Device>().set(Device::NAME, "theirs")).await?;
    other.execute(&update::<Key>().set(Key::NAME, "their key")).await?;
    other.execute(&update::<Note>().set(Note::NAME, "their note")).await?;
    if way == "refresh: gone" {
        other.execute(&delete::<Key>()).await?;
        other.execute(&delete::<Device>()).await?;
    }
    other.commit().await?;
    if way == "expire: " {
        session.expire(&user);
        session.query::<Device>().all().await?;
        session.query::<Key>().all().await?;
        session.query::<Note>().all().await?;
        return Ok(vec![format!("{} {} {}", device.name, key.name, note.name)]);
    }
    let new = session.add(self::device("new"))?;
    user.edit().devices.push(&new);
    user.edit().name = "mine".to_owned();
    device.edit().name = "mine".to_owned();
    note.edit().name = "my note".to_owned();
    session.refresh(&user).await?;
    let mut saw = vec![format!("{} {} {} {}", user.name, device.name, key.name, note.name)];
    saw.push(format!("{:?} {:?} {}", device.status(), new.status(), user.devices.is_loaded()));
    session.commit().await?;
    saw.push(rows(db).await?);
    Ok(saw)
}

async fn merge(way: &str, db: &Database, session: &Session, user: &Entity<User>) -> Saw {
    let (device, note, pet) = (&user.devices.get()?[0], &user.notes.get()?[0], &user.pets.get()?[0]);
    let given = User {
        id: 1,
        name: "given".to_owned(),
        devices: Many::from([Device { id: device.id, name: "given device".to_owned(), ..Device::default() }]),
        notes: Many::from([Note { id: note.id, name: "given note".to_owned(), ..Note::default() }]),
        pets: Many::from([Pet { id: pet.id, name: "given pet".to_owned(), ..Pet::default() }]),
        ..User::default()
    };
    let merged = if way == "merge: save" { session.save(given).await? } else { session.merge(given).await? };
    session.commit().await?;
    Ok(vec![rows(db).await?, (merged == *user).to_string()])
}
