//! A pool of sqlx, as a server without a sandbox uses for reads.

use sqlservice_host::Durability;
use sqlx::{
    Row as _,
    mysql::{MySqlPool, MySqlPoolOptions},
    postgres::{PgPool, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions},
};

use crate::{Result, native::synchronous, work::kind};

/// A pool of one kind of database; each read is an implicit transaction.
#[derive(Clone)]
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    Mysql(MySqlPool),
}

const BY_KEY: &str = "SELECT id, name, email, score, active, created FROM users WHERE id = ?";
const BY_KEY_NUMBERED: &str = "SELECT id, name, email, score, active, created FROM users WHERE id = $1";

/// Runs a block with the pool of any type and its query.
macro_rules! each {
    ($pool:expr, $inner:ident, $query:ident => $work:expr) => {
        match $pool {
            Pool::Sqlite($inner) => {
                let $query = BY_KEY;
                $work
            }
            Pool::Postgres($inner) => {
                let $query = BY_KEY_NUMBERED;
                $work
            }
            Pool::Mysql($inner) => {
                let $query = BY_KEY;
                $work
            }
        }
    };
}

impl Pool {
    pub async fn new(url: &str, connections: u32, durability: Durability) -> Result<Self> {
        Ok(match kind(url) {
            "sqlite" => {
                let options = SqliteConnectOptions::new().filename(url.trim_start_matches("sqlite://"));
                let options = options.foreign_keys(true).synchronous(synchronous(durability));
                Self::Sqlite(SqlitePoolOptions::new().max_connections(connections).connect_with(options).await?)
            }
            "postgresql" => Self::Postgres(PgPoolOptions::new().max_connections(connections).connect(url).await?),
            _ => {
                let url = url.replacen("mariadb", "mysql", 1);
                Self::Mysql(MySqlPoolOptions::new().max_connections(connections).connect(&url).await?)
            }
        })
    }

    /// Reads the row with this key; returns its last value.
    pub async fn one(&self, key: i64) -> Result<i64> {
        each!(self, pool, query => {
            let row = sqlx::query(query).bind(key).fetch_one(pool).await?;
            let _: (i64, String, Option<String>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let (_, _, created): (f64, bool, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
            Ok(created)
        })
    }

    pub async fn close(&self) {
        each!(self, pool, _query => pool.close().await);
    }
}
