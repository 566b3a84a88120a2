//! The kinds of databases that statements are rendered for.

/// A kind of database. Its [`crate::Capabilities`] list what it can do.
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
    /// Returns the collation under which texts compare as on the other databases: by code points, with blanks at the end
    /// significant.
    /// Empty where the database does that by default.
    #[must_use]
    pub const fn collation(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "",
            // Neither collation pads; under `utf8mb4_bin`, `a` would equal `a` followed by a blank.
            Self::Mysql => "utf8mb4_0900_bin",
            Self::Mariadb => "utf8mb4_nopad_bin",
        }
    }
}
