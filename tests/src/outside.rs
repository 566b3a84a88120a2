//! A driver's own connection, independent of the host: tests verify their assertions over it.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a connection of the test's own, which knows nothing of our code"
)]

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, mysql::MySqlConnectOptions, mysql::MySqlConnection,
    postgres::PgConnectOptions, postgres::PgConnection, sqlite::SqliteConnectOptions, sqlite::SqliteConnection,
};

/// A second connection. Every statement is autocommitted unless the caller sends `BEGIN`.
#[derive(Debug)]
#[allow(missing_docs, reason = "the drivers' names")]
pub enum Outside {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    Mysql(MySqlConnection),
}

/// A row as text; a null is `None`.
pub type TextRow = Vec<Option<String>>;

/// Runs the same block with each driver's connection, as their types share no sufficient trait.
macro_rules! each {
    ($self:ident, $connection:ident => $work:expr) => {
        match $self {
            Outside::Sqlite($connection) => $work,
            Outside::Postgres($connection) => $work,
            Outside::Mysql($connection) => $work,
        }
    };
}

impl Outside {
    /// Connects to a URL of any of the databases.
    pub async fn open(url: &str) -> Self {
        let shown = url.split_once('@').map_or(url, |(_, place)| place);
        let opened = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => {
                let options: SqliteConnectOptions = url.parse().expect("a URL");
                options.connect().await.map(Self::Sqlite)
            }
            Some("postgres" | "postgresql") => {
                url.parse::<PgConnectOptions>().expect("a URL").connect().await.map(Self::Postgres)
            }
            _ => url.parse::<MySqlConnectOptions>().expect("a URL").connect().await.map(Self::Mysql),
        };
        opened.unwrap_or_else(|error| panic!("no second connection to {shown}: {error}"))
    }

    /// Runs statements.
    pub async fn execute(&mut self, sql: &str) {
        if let Err(error) = self.try_execute(sql).await {
            panic!("from outside: {sql}\n{error}");
        }
    }

    /// Runs statements that may fail.
    pub async fn try_execute(&mut self, sql: &str) -> Result<(), String> {
        each!(self, connection => {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop).map_err(|error| error.to_string())
        })
    }

    /// All rows of a query, each value in the database's text form.
    pub async fn rows(&mut self, sql: &str) -> Vec<TextRow> {
        each!(self, connection => {
            let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await;
            let rows = rows.unwrap_or_else(|error| panic!("from outside: {sql}\n{error}"));
            // Unchecked: the simple protocol sends text whatever the column's type is.
            let text = |row: &_, index| get(row, index, sql);
            rows.iter().map(|row| (0..row.len()).map(|index| text(row, index)).collect()).collect()
        })
    }

    /// The only value of the only row.
    pub async fn value(&mut self, sql: &str) -> Option<String> {
        let mut rows = self.rows(sql).await;
        assert!(rows.len() == 1 && rows[0].len() == 1, "one value was expected of {sql}, there is {rows:?}");
        rows.remove(0).remove(0)
    }

    /// The number of rows in a table; the caller quotes the name.
    pub async fn count(&mut self, table: &str) -> u64 {
        let count = self.value(&format!("SELECT COUNT(*) FROM {table}")).await;
        count.and_then(|count| count.parse().ok()).expect("a count")
    }

    /// The names of all tables of the database, sorted.
    pub async fn tables(&mut self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Self::Postgres(_) => "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public'",
            Self::Mysql(_) => {
                "SELECT table_name FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
            }
        };
        let mut names: Vec<String> = self.rows(sql).await.into_iter().flatten().flatten().collect();
        names.sort();
        names
    }

    /// Closes the connection and waits for it; a drop does not wait.
    pub async fn close(self) {
        each!(self, connection => connection.close().await).ok();
    }
}

fn get<R: sqlx::Row>(row: &R, index: usize, sql: &str) -> Option<String>
where
    usize: sqlx::ColumnIndex<R>,
    String: for<'r> sqlx::Decode<'r, R::Database>,
{
    row.try_get_unchecked::<Option<String>, _>(index)
        .unwrap_or_else(|error| panic!("column {index} of {sql} is no text: {error}"))
}
