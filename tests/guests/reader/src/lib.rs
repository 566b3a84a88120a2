//! The guest of the benchmark: its times are compared with those of programs that do the same without a sandbox.

use sqlservice_sdk::{prelude::*, schema};

/// One row of the shared benchmark's table.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "users")]
pub struct User {
    /// The primary key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// The user's name.
    #[model(length = 64)]
    pub name: String,
    /// The e-mail address.
    #[model(length = 128)]
    pub email: Option<String>,
    /// A number.
    pub score: f64,
    /// A boolean.
    pub active: bool,
    /// The creation time in microseconds.
    pub created: i64,
    /// The user's devices.
    pub devices: Many<Device>,
}

/// A device of a user.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "devices")]
pub struct Device {
    /// The primary key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// The key of its user.
    #[model(foreign_key = "users.id", index)]
    pub user_id: i64,
    /// The device's name.
    #[model(length = 64)]
    pub name: String,
    /// Its user.
    pub user: One<User>,
}

sqlservice_sdk::plugin!(
    "export prepare: async func(rows: u32) -> result<_, string>;
     export read: async func() -> result<tuple<u64, s64>, string>;
     export point: async func(count: u32, rows: u32) -> result<s64, string>;
     export built: async func(count: u32, rows: u32) -> result<s64, string>;
     export insert: async func(start: u32, count: u32) -> result<u64, string>;
     export load: async func(count: u32) -> result<s64, string>;
     export flush: async func(start: u32, users: u32) -> result<s64, string>;
     export dirty: async func(count: u32) -> result<s64, string>;
     export eager: async func(count: u32) -> result<s64, string>;
     export ddl: async func(tables: u32) -> result<u64, string>;
     export cross: async func(count: u32) -> result<s64, string>;
     export one: async func(key: s64) -> result<s64, string>;
     export nothing: async func();"
);

struct Plugin;

impl Guest for Plugin {
    async fn prepare(rows: u32) -> Result<(), String> {
        let db = Database::open("default", models![User, Device]).await?;
        db.drop_all().await?;
        db.create_all().await?;
        db.transaction(async |session| {
            for start in (0..i64::from(rows)).step_by(10_000) {
                let users: Vec<User> = (start..i64::from(rows).min(start + 10_000)).map(user).collect();
                session.insert_many(&users).await?;
            }
            // The users that are loaded with their devices.
            let owners = session.all(&select_columns(User::ID).order_by(User::ID.desc()).limit(2_000)).await?;
            let device = |user_id| {
                (0..2).map(move |k| Device { user_id, name: format!("dev-{user_id}-{k}"), ..Device::default() })
            };
            session.insert_many(&owners.into_iter().flat_map(device).collect::<Vec<_>>()).await?;
            Ok::<_, Error>(())
        })
        .await?;
        Ok(())
    }

    async fn read() -> Result<(u64, i64), String> {
        let db = Database::open("default", models![User, Device]).await?;
        let session = db.session()?;
        let mut rows = session.stream(&select::<User>(), 1_024).await?;
        let (mut count, mut sum) = (0, 0_i64);
        while let Some(batch) = rows.next_batch().await? {
            for user in batch {
                count += 1;
                let texts = user.name.len() + user.email.as_deref().map_or(0, str::len);
                sum = sum
                    .wrapping_add(user.id + texts as i64 + user.score as i64 + i64::from(user.active) + user.created);
            }
        }
        Ok((count, sum))
    }

    async fn point(count: u32, rows: u32) -> Result<i64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        let session = db.session()?;
        let by_id = session.prepare(&select::<User>().filter(User::ID.eq(parameter::<i64>(0)))).await?;
        let mut sum = 0_i64;
        for k in 0..u64::from(count) {
            sum = sum.wrapping_add(session.one(&by_id.bind(params![key(k, rows)])).await?.created);
        }
        Ok(sum)
    }

    async fn built(count: u32, rows: u32) -> Result<i64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        let session = db.session()?;
        let mut sum = 0_i64;
        for k in 0..u64::from(count) {
            let id = key(k, rows);
            sum = sum.wrapping_add(session.one(&select::<User>().filter(User::ID.eq(id))).await?.created);
        }
        Ok(sum)
    }

    async fn insert(start: u32, count: u32) -> Result<u64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        let users: Vec<User> = (i64::from(start)..i64::from(start + count)).map(user).collect();
        let session = db.begin().await?;
        let inserted = session.insert_many(&users).await?;
        session.commit().await?;
        Ok(inserted)
    }

    async fn load(count: u32) -> Result<i64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        let users = db.session()?.query::<User>().limit(count.into()).all().await?;
        Ok(users.iter().map(|user| user.id).sum())
    }

    async fn flush(start: u32, users: u32) -> Result<i64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        let session = db.begin().await?;
        let owner = |i: i64| {
            let devices = [0, 1].map(|k| Device { name: format!("dev-{i}-{k}"), ..Device::default() });
            User { devices: Many::from(devices), ..user(i) }
        };
        session.add_all((i64::from(start)..i64::from(start + users)).map(owner))?;
        session.commit().await?;
        Ok(i64::from(users) * 3)
    }

    async fn dirty(count: u32) -> Result<i64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        let session = db.begin().await?;
        let users = session.query::<User>().order_by(User::ID.desc()).limit(count.into()).all().await?;
        let changed = users.len() as i64;
        for mut user in users {
            user.edit().score += 1.0;
        }
        session.commit().await?;
        Ok(changed)
    }

    async fn eager(count: u32) -> Result<i64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        let session = db.session()?;
        let query = session.query::<User>().order_by(User::ID.desc()).limit(count.into());
        let mut devices = 0;
        for user in query.with(User::DEVICES).all().await? {
            devices += user.devices.get()?.len() as i64;
        }
        Ok(devices)
    }

    async fn ddl(tables: u32) -> Result<u64, String> {
        let models = schema::Models { tables: (0..tables).map(chained).collect(), relationships: Vec::new() };
        let db = Database::open("default", models).await?;
        db.create_all().await?;
        let seen = db.reflect().await?.len() as u64;
        db.drop_all().await?;
        Ok(seen)
    }

    async fn cross(count: u32) -> Result<i64, String> {
        let session = Database::open("default", models![User, Device]).await?.session()?;
        for _ in 0..count {
            session.commit().await?;
        }
        Ok(count.into())
    }

    async fn one(key: i64) -> Result<i64, String> {
        let db = Database::open("default", models![User, Device]).await?;
        Ok(db.session()?.one(&select::<User>().filter(User::ID.eq(key))).await?.created)
    }

    async fn nothing() {}
}

/// The key that is selected in round `k`.
fn key(k: u64, rows: u32) -> i64 {
    (k * 7_919 % u64::from(rows)) as i64 + 1
}

/// A table that refers to the one before it.
fn chained(number: u32) -> schema::Table {
    let mut table = schema::table(format!("t{number:02}"));
    let mut name = schema::column::<String>("name");
    schema::set_length(&mut name.ty, 40);
    table.columns = vec![schema::column::<i64>("id"), name, schema::column::<i64>("n")];
    table.primary_key = vec!["id".to_owned()];
    table.uniques = vec![schema::index(&["name"], true)];
    table.indexes = vec![schema::index(&["n"], false)];
    if let Some(before) = number.checked_sub(1) {
        table.columns.push(schema::column::<Option<i64>>("prev_id"));
        table.foreign_keys.push(schema::ForeignKey {
            name: None,
            columns: vec!["prev_id".to_owned()],
            table: format!("t{before:02}"),
            schema: None,
            referred: vec!["id".to_owned()],
            on_delete: schema::Action::NoAction,
            on_update: schema::Action::NoAction,
        });
    }
    table
}

fn user(i: i64) -> User {
    User {
        id: 0,
        name: format!("user-{i:08}-abcdefgh"),
        email: (i % 7 != 0).then(|| format!("user-{i:08}@example.org-0123456789")),
        score: i as f64 * 0.5,
        active: i % 2 == 0,
        created: 1_700_000_000_000_000 + i,
        devices: Many::default(),
    }
}

export!(Plugin);
