//! The work of the benchmark in Rust, which the same work in C is measured against.

use std::time::Instant;

use sqlservice_sdk::prelude::*;

/// A row of the benchmark's table.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "users")]
pub struct User {
    /// Its key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// Its name.
    #[model(length = 64)]
    pub name: String,
    /// Its address.
    #[model(length = 128)]
    pub email: Option<String>,
    /// A number.
    pub score: f64,
    /// A truth value.
    pub active: bool,
    /// Microseconds.
    pub created: i64,
    /// Their devices.
    pub devices: Many<Device>,
}

/// A device of a user.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "devices")]
pub struct Device {
    /// Its key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// Whose it is.
    #[model(foreign_key = "users.id", index)]
    pub user_id: i64,
    /// Its name.
    #[model(length = 64)]
    pub name: String,
    /// Whose it is.
    pub user: One<User>,
}

sqlservice_sdk::plugin!(
    "export prepare: async func() -> result<_, string>;
     export measure: async func(work: string, rounds: u32) -> result<list<u64>, string>;"
);

/// Rows that are there, single rows that are read, and users that are saved with two devices each.
const ROWS: i64 = 10_000;
const POINTS: i64 = 1_000;
const OWNERS: i64 = 1_000;

struct Plugin;

impl Guest for Plugin {
    async fn prepare() -> Result<(), String> {
        let db = open().await?;
        db.drop_all().await?;
        db.create_all().await?;
        insert(0).await?;
        Ok(())
    }

    /// The nanoseconds of each round.
    async fn measure(work: String, rounds: u32) -> Result<Vec<u64>, String> {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let start = Instant::now();
            match work.as_str() {
                "open" => open().await?.session()?.commit().await?,
                "point" => expect(point().await?, POINTS)?,
                "built" => expect(built().await?, POINTS)?,
                "read" => expect(read().await?, ROWS)?,
                "insert" => insert(ROWS).await?,
                "flush" => flush().await?,
                _ => return Err(format!("there is no work {work}")),
            }
            times.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
            clean().await?;
        }
        Ok(times)
    }
}

async fn open() -> Result<Database, Error> {
    Database::open("default", models![User, Device]).await
}

fn expect(got: i64, wanted: i64) -> Result<(), String> {
    if got == wanted { Ok(()) } else { Err(format!("{got} rows instead of {wanted}")) }
}

async fn point() -> Result<i64, Error> {
    let session = open().await?.session()?;
    let by_id = session.prepare(&select::<User>().filter(User::ID.eq(parameter::<i64>(0)))).await?;
    let mut found = 0;
    for k in 0..POINTS {
        found += i64::from(session.one(&by_id.bind(params![key(k)])).await?.id == key(k));
    }
    Ok(found)
}

async fn built() -> Result<i64, Error> {
    let session = open().await?.session()?;
    let mut found = 0;
    for k in 0..POINTS {
        found += i64::from(session.one(&select::<User>().filter(User::ID.eq(key(k)))).await?.id == key(k));
    }
    Ok(found)
}

async fn read() -> Result<i64, Error> {
    let session = open().await?.session()?;
    let mut rows = session.stream(&select::<User>(), 1_024).await?;
    let (mut count, mut sum) = (0, 0_i64);
    while let Some(batch) = rows.next_batch().await? {
        for user in batch {
            count += 1;
            let texts = user.name.len() + user.email.as_deref().map_or(0, str::len);
            let numbers = user.id + texts as i64 + user.score as i64 + i64::from(user.active) + user.created;
            sum = sum.wrapping_add(numbers);
        }
    }
    Ok(if sum == 0 { 0 } else { count })
}

async fn insert(start: i64) -> Result<(), Error> {
    let users: Vec<User> = (start..start + ROWS).map(user).collect();
    let session = open().await?.begin().await?;
    session.insert_many(&users).await?;
    session.commit().await
}

async fn flush() -> Result<(), Error> {
    let session = open().await?.begin().await?;
    let owner = |i: i64| {
        let devices = [0, 1].map(|k| Device { name: format!("dev-{i:08}-{k}"), ..Device::default() });
        User { devices: Many::from(devices), ..user(i) }
    };
    session.add_all((ROWS..ROWS + OWNERS).map(owner))?;
    session.commit().await
}

/// Deletes the rows that a round wrote.
async fn clean() -> Result<(), Error> {
    let session = open().await?.begin().await?;
    session.execute(&delete::<Device>()).await?;
    session.execute(&delete::<User>().filter(User::CREATED.ge(user(ROWS).created))).await?;
    session.commit().await
}

/// The key that is asked for in turn `k`.
fn key(k: i64) -> i64 {
    k * 7_919 % ROWS + 1
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
