//! The work by programs without a sandbox, written as usual: sqlx, and for SQLite rusqlite.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a connection of the test's own, which knows nothing of our code"
)]

use std::collections::HashMap;

use futures::TryStreamExt as _;
use sqlservice_host::Durability;
use sqlx::{Connection as _, Row as _, sqlite::SqliteSynchronous};

use crate::{
    Result,
    work::{Sizes, Work, kind},
};

const QUERY: &str = "SELECT id, name, email, score, active, created FROM users";
/// Rows in an insert: below every database's parameter limit, with 5 parameters a row.
const CHUNK: u32 = 2_000;

pub struct Native {
    connection: Connection,
    rusqlite: Option<rusqlite::Connection>,
}

enum Connection {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
    Mysql(sqlx::MySqlConnection),
}

/// Runs a block with the connection of any type.
macro_rules! each {
    ($native:expr, $connection:ident => $work:expr) => {
        match &mut $native.connection {
            Connection::Sqlite($connection) => $work,
            Connection::Postgres($connection) => $work,
            Connection::Mysql($connection) => $work,
        }
    };
}

/// A checksum of one row, which uses every value.
fn digest(id: i64, name: &str, email: Option<&str>, score: f64, active: bool, created: i64) -> i64 {
    let texts = name.len() + email.map_or(0, str::len);
    id + texts as i64 + score as i64 + i64::from(active) + created
}

struct User {
    id: i64,
    name: String,
    email: Option<String>,
    score: f64,
    active: bool,
    created: i64,
}

fn user(i: u32) -> User {
    let i = i64::from(i);
    User {
        id: 0,
        name: format!("user-{i:08}-abcdefgh"),
        email: (i % 7 != 0).then(|| format!("user-{i:08}@example.org-0123456789")),
        score: i as f64 * 0.5,
        active: i % 2 == 0,
        created: 1_700_000_000_000_000 + i,
    }
}

/// The durability as sqlx's setting.
pub fn synchronous(durability: Durability) -> SqliteSynchronous {
    match durability {
        Durability::Full => SqliteSynchronous::Full,
        Durability::Normal => SqliteSynchronous::Normal,
    }
}

impl Native {
    /// Connects with the same durability as the guest's connections.
    pub async fn new(url: &str, durability: Durability) -> Result<Self> {
        let (connection, rusqlite) = match kind(url) {
            "sqlite" => {
                let path = url.trim_start_matches("sqlite://");
                let options =
                    sqlx::sqlite::SqliteConnectOptions::new().filename(path).synchronous(synchronous(durability));
                let connection = sqlx::SqliteConnection::connect_with(&options.foreign_keys(true)).await?;
                let rusqlite = rusqlite::Connection::open(path)?;
                rusqlite.pragma_update(None, "synchronous", durability.to_string())?;
                rusqlite.pragma_update(None, "foreign_keys", true)?;
                (Connection::Sqlite(connection), Some(rusqlite))
            }
            "postgresql" => (Connection::Postgres(sqlx::PgConnection::connect(url).await?), None),
            _ => {
                let url = url.replacen("mariadb", "mysql", 1);
                (Connection::Mysql(sqlx::MySqlConnection::connect(&url).await?), None)
            }
        };
        Ok(Self { connection, rusqlite })
    }

    /// Deletes the rows that were inserted.
    pub async fn clean(&mut self, rows: u32) -> Result<()> {
        let sql = format!("DELETE FROM devices WHERE user_id > {rows}; DELETE FROM users WHERE id > {rows}");
        each!(self, connection => {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await?;
        });
        // Otherwise the next party reads past all deleted rows.
        match &mut self.connection {
            Connection::Postgres(connection) => {
                sqlx::raw_sql("VACUUM devices").execute(&mut *connection).await?;
                sqlx::raw_sql("VACUUM users").execute(&mut *connection).await?;
            }
            Connection::Mysql(connection) => {
                // Only MariaDB has this setting, and only for privileged users; another server purges in its own time.
                if let Err(error) = sqlx::raw_sql("SET GLOBAL innodb_max_purge_lag_wait = 0").execute(connection).await
                {
                    eprintln!("removed rows are not waited for: {error}");
                }
            }
            Connection::Sqlite(_) => {}
        }
        Ok(())
    }

    pub async fn sqlx(&mut self, work: Work, sizes: Sizes) -> Result<i64> {
        match work {
            Work::Read => self.read().await,
            Work::Point | Work::Built => self.point(sizes).await,
            Work::Bulk => self.bulk(sizes.bulk).await,
            _ => Ok(0),
        }
    }

    async fn read(&mut self) -> Result<i64> {
        let mut sum = 0_i64;
        each!(self, connection => {
            let mut rows = sqlx::query(QUERY).fetch(connection);
            while let Some(row) = rows.try_next().await? {
                let (id, name, email): (i64, String, Option<String>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                let (score, active, created): (f64, bool, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
                sum = sum.wrapping_add(digest(id, &name, email.as_deref(), score, active, created));
            }
        });
        Ok(sum)
    }

    async fn point(&mut self, sizes: Sizes) -> Result<i64> {
        let mut sum = 0_i64;
        let numbered = matches!(self.connection, Connection::Postgres(_));
        let query = format!("{QUERY} WHERE id = {}", if numbered { "$1" } else { "?" });
        each!(self, connection => {
            let mut transaction = connection.begin().await?;
            for k in 0..u64::from(sizes.points) {
                let id = (k * 7_919 % u64::from(sizes.rows)) as i64 + 1;
                let query = sqlx::query(sqlx::AssertSqlSafe(query.as_str())).bind(id);
                let row = query.fetch_one(&mut *transaction).await?;
                let _: (i64, String, Option<String>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                let (_, _, created): (f64, bool, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
                sum = sum.wrapping_add(created);
            }
            transaction.commit().await?;
        });
        Ok(sum)
    }

    /// Inserts many rows, in as few statements as the parameter limit allows.
    async fn bulk(&mut self, count: u32) -> Result<i64> {
        let mut inserted = 0;
        let users: Vec<User> = (0..count).map(user).collect();
        each!(self, connection => {
            let mut transaction = connection.begin().await?;
            for chunk in users.chunks(CHUNK as usize) {
                let mut insert = sqlx::QueryBuilder::new("INSERT INTO users (name, email, score, active, created) ");
                insert.push_values(chunk, |mut row, user| {
                    row.push_bind(&user.name).push_bind(&user.email).push_bind(user.score);
                    row.push_bind(user.active).push_bind(user.created);
                });
                inserted += insert.build().execute(&mut *transaction).await?.rows_affected();
            }
            transaction.commit().await?;
        });
        Ok(inserted.cast_signed())
    }

    pub fn rusqlite(&mut self, work: Work, sizes: Sizes) -> Result<i64> {
        let connection = self.rusqlite.as_mut().ok_or("no SQLite")?;
        match work {
            Work::Read => {
                let mut statement = connection.prepare_cached(QUERY)?;
                let mut rows = statement.query([])?;
                let mut sum = 0_i64;
                while let Some(row) = rows.next()? {
                    let (name, email): (String, Option<String>) = (row.get(1)?, row.get(2)?);
                    sum = sum.wrapping_add(digest(
                        row.get(0)?,
                        &name,
                        email.as_deref(),
                        row.get(3)?,
                        row.get(4)?,
                        row.get(5)?,
                    ));
                }
                Ok(sum)
            }
            Work::Point | Work::Built => {
                let transaction = connection.transaction()?;
                let mut sum = 0_i64;
                {
                    let mut statement = transaction.prepare_cached(&format!("{QUERY} WHERE id = ?"))?;
                    for k in 0..u64::from(sizes.points) {
                        let id = (k * 7_919 % u64::from(sizes.rows)) as i64 + 1;
                        sum = sum.wrapping_add(statement.query_row([id], read_user)?.created);
                    }
                }
                transaction.commit()?;
                Ok(sum)
            }
            Work::Bulk => {
                let users: Vec<User> = (0..sizes.bulk).map(user).collect();
                let transaction = connection.transaction()?;
                let mut inserted = 0;
                {
                    let sql = "INSERT INTO users (name, email, score, active, created) VALUES (?, ?, ?, ?, ?)";
                    let mut statement = transaction.prepare_cached(sql)?;
                    for user in &users {
                        let row = (&user.name, &user.email, user.score, user.active, user.created);
                        inserted += statement.execute(row)? as i64;
                    }
                }
                transaction.commit()?;
                Ok(inserted)
            }
            Work::Flush => {
                let transaction = connection.transaction()?;
                let mut inserted = 0;
                {
                    let sql = "INSERT INTO users (name, email, score, active, created) VALUES (?, ?, ?, ?, ?)";
                    let mut users = transaction.prepare_cached(sql)?;
                    let mut devices =
                        transaction.prepare_cached("INSERT INTO devices (user_id, name) VALUES (?, ?)")?;
                    for i in 0..sizes.flush {
                        let user = user(i);
                        let row = (&user.name, &user.email, user.score, user.active, user.created);
                        let owner = users.insert(row)?;
                        for k in 0..2 {
                            devices.insert((owner, format!("dev-{i}-{k}")))?;
                        }
                        inserted += 3;
                    }
                }
                transaction.commit()?;
                Ok(inserted)
            }
            Work::Load => {
                let users = users(connection, &format!("{QUERY} LIMIT ?"), sizes.load)?;
                Ok(users.iter().map(|user| user.id).sum())
            }
            Work::Dirty => {
                let transaction = connection.transaction()?;
                let users = users(&transaction, &format!("{QUERY} ORDER BY id DESC LIMIT ?"), sizes.dirty)?;
                let mut changed = 0;
                {
                    let mut update = transaction.prepare_cached("UPDATE users SET score = ? WHERE id = ?")?;
                    for user in &users {
                        changed += update.execute((user.score + 1.0, user.id))? as i64;
                    }
                }
                transaction.commit()?;
                Ok(changed)
            }
            Work::Eager => {
                let users = users(connection, &format!("{QUERY} ORDER BY id DESC LIMIT ?"), sizes.eager)?;
                let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
                let mut devices: HashMap<i64, Vec<(i64, String)>> = HashMap::new();
                let sql = "SELECT user_id, id, name FROM devices WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY id";
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query([serde_json::to_string(&ids)?])?;
                while let Some(row) = rows.next()? {
                    devices.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?));
                }
                Ok(users.iter().filter_map(|user| devices.get(&user.id)).map(|devices| devices.len() as i64).sum())
            }
            _ => Ok(0),
        }
    }
}

fn read_user(row: &rusqlite::Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        score: row.get(3)?,
        active: row.get(4)?,
        created: row.get(5)?,
    })
}

/// Users as structs, the equivalent of objects without an ORM.
fn users(connection: &rusqlite::Connection, query: &str, count: u32) -> Result<Vec<User>> {
    let mut statement = connection.prepare_cached(query)?;
    let users = statement.query_map([count], read_user)?.collect::<rusqlite::Result<_>>()?;
    Ok(users)
}
