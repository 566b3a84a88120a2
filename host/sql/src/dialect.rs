//! The databases that statements are rendered for.

/// A kind of database. What it can do is asked of [`crate::Capabilities`], never of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
}

impl Dialect {
    /// The collation by which texts compare as they do on the other databases: by their code points, blanks at the end counted.
    /// Nothing where that is what a database does anyway.
    #[must_use]
    pub const fn collation(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "",
            // Both are without padding; `utf8mb4_bin` would find `a` equal to `a` with a blank.
            Self::Mysql => "utf8mb4_0900_bin",
            Self::Mariadb => "utf8mb4_nopad_bin",
        }
    }
}
