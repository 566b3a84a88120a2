//! Statements that create a login for a tenant: an account without further privileges, and a schema or database that it owns.
//!
//! `CREATE ROLE` and `CREATE USER` take no parameters, so names and the password are written by [`SqlWriter`]. A [`Name`] and a
//! [`Password`] only have characters that need no quoting, and are quoted all the same.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{Dialect, Error, Result, Sql, SqlWriter};

/// The text shown instead of a password.
const HIDDEN: &str = "***";
/// Names that databases reserve, or that suggest an administrator's login.
const RESERVED: &[&str] =
    &["information_schema", "mysql", "none", "performance_schema", "postgres", "public", "root", "sys"];
/// The privileges of the owner of a MySQL database: all but granting them, and creating routines and events, which run as their owner.
const RIGHTS: &str =
    "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER";

/// The name of a login, and of what it owns: up to 63 lower-case letters, digits, `-` and `_`, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// # Errors
    ///
    /// [`Error::Invalid`] where it has other characters, or is a name that databases reserve.
    pub fn new(name: &str) -> Result<Self> {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let plain = name.starts_with(word) && name.len() <= 63 && name.chars().all(|c| word(c) || c == '-' || c == '_');
        if !plain {
            let words = "a tenant with a login, schema, database or file of its own has a name of up to 63 lower-case letters, digits, \
                         \"-\" and \"_\" that begins with a letter or digit";
            return Err(Error::invalid(words));
        }
        if RESERVED.contains(&name) || name.starts_with("pg_") {
            return Err(Error::invalid(format!("{name:?} is a name that databases keep for themselves")));
        }
        Ok(Self(name.to_owned()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password of 32 random bytes, encoded as base64url: letters, digits, `-` and `_`. Its `Debug` output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Encodes random bytes. The caller provides them: this crate does no I/O.
    #[must_use]
    pub fn of(random: &[u8; 32]) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(random))
    }

    /// Returns the password, for the URL of the login.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// A login to create.
#[derive(Clone, Debug)]
pub struct NewLogin {
    /// Its name.
    pub name: Name,
    /// Its password.
    pub password: Password,
    /// The most connections that it may have at once.
    pub connections: u32,
    /// Whether it gets a schema of its own on PostgreSQL. On MySQL and MariaDB it always gets a database.
    pub schema: bool,
    /// Whether the privileges of `PUBLIC` in the database are revoked, which affects other logins, too.
    pub harden: bool,
}

/// A statement, and its text without the password.
#[derive(Clone)]
pub struct LoginStep {
    /// The statement to send. It may contain the password.
    pub sql: Sql,
    /// The text to show, without the password.
    pub shown: String,
}

impl fmt::Debug for LoginStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl NewLogin {
    /// Returns the statements for PostgreSQL, in this database, all for one transaction. If the account that runs them is no
    /// superuser, it becomes a member of the new role while it creates the schema: only a member may make the role its owner.
    #[must_use]
    pub fn on_postgres(&self, database: &str, is_superuser: bool) -> Vec<LoginStep> {
        let mut steps = Steps { dialect: Dialect::Postgres, login: self, all: Vec::new() };
        let name = self.name.as_str();
        steps.add(|sql| {
            sql.push("CREATE ROLE ").name(name);
            sql.push(
                " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT CONNECTION LIMIT ",
            );
            sql.number(self.connections).push(" PASSWORD ").text(self.password.reveal())
        });
        steps.add(|sql| sql.push("GRANT CONNECT ON DATABASE ").name(database).push(" TO ").name(name));
        if self.schema {
            if !is_superuser {
                steps.add(|sql| sql.push("GRANT ").name(name).push(" TO CURRENT_USER"));
            }
            steps.add(|sql| sql.push("CREATE SCHEMA ").name(name).push(" AUTHORIZATION ").name(name));
            if !is_superuser {
                steps.add(|sql| sql.push("REVOKE ").name(name).push(" FROM CURRENT_USER"));
            }
            steps.add(|sql| sql.push("ALTER ROLE ").name(name).push(" SET search_path = ").name(name));
        }
        if self.harden {
            // The account that runs this may be able to connect only through `PUBLIC`.
            steps.add(|sql| sql.push("GRANT CONNECT ON DATABASE ").name(database).push(" TO CURRENT_USER"));
            steps.add(|sql| sql.push("REVOKE CONNECT, TEMPORARY ON DATABASE ").name(database).push(" FROM PUBLIC"));
            steps.add(|sql| sql.push("REVOKE CREATE ON SCHEMA public FROM PUBLIC"));
        }
        steps.all
    }

    /// Returns the statements for MySQL or MariaDB, each of which commits by itself: the database, the account, and its privileges there.
    #[must_use]
    pub fn on_mysql(&self, dialect: Dialect) -> Vec<LoginStep> {
        let mut steps = Steps { dialect, login: self, all: Vec::new() };
        let name = self.name.as_str();
        steps.add(|sql| {
            let sql = sql.push("CREATE DATABASE ").name(name);
            sql.push(" CHARACTER SET utf8mb4 COLLATE ").push(dialect.collation())
        });
        steps.add(|sql| {
            sql.push("CREATE USER ").text(name).push("@'%' IDENTIFIED BY ").text(self.password.reveal());
            sql.push(" WITH MAX_USER_CONNECTIONS ").number(self.connections)
        });
        // The database of a grant is a pattern, in which `_` matches any character.
        let pattern = name.replace('_', "\\_");
        steps.add(|sql| {
            let sql = sql.push("GRANT ").push(RIGHTS).push(" ON ").name(&pattern);
            sql.push(".* TO ").text(name).push("@'%'")
        });
        steps.all
    }

    /// Returns the statements that undo the first `done` statements of [`on_mysql`](Self::on_mysql), the last one first.
    #[must_use]
    pub fn undo_on_mysql(&self, dialect: Dialect, done: usize) -> Vec<Sql> {
        let mut steps = Steps { dialect, login: self, all: Vec::new() };
        let name = self.name.as_str();
        if done > 1 {
            steps.add(|sql| sql.push("DROP USER ").text(name).push("@'%'"));
        }
        if done > 0 {
            steps.add(|sql| sql.push("DROP DATABASE ").name(name));
        }
        steps.all.into_iter().map(|step| step.sql).collect()
    }
}

/// The statements so far.
struct Steps<'a> {
    dialect: Dialect,
    login: &'a NewLogin,
    all: Vec<LoginStep>,
}

impl Steps<'_> {
    fn add(&mut self, write: impl FnOnce(&mut SqlWriter) -> &mut SqlWriter) {
        let mut writer = SqlWriter::new(self.dialect);
        write(&mut writer);
        let sql = writer.finish();
        let shown = sql.as_str().replace(self.login.password.reveal(), HIDDEN);
        self.all.push(LoginStep { sql, shown });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(name: &str) -> NewLogin {
        let (name, password) = (Name::new(name).expect("a name"), Password::of(&[0xfb; 32]));
        NewLogin { name, password, connections: 9, schema: true, harden: false }
    }

    fn shown(steps: &[LoginStep]) -> Vec<&str> {
        steps.iter().map(|step| step.shown.as_str()).collect()
    }

    #[test]
    fn a_name_changes_nothing_but_itself() {
        for good in ["a", "0-_", "acme", &"a".repeat(63)] {
            assert_eq!(Name::new(good).expect("a name").as_str(), good);
        }
        for bad in
            ["", "A", "-a", "_a", "a.b", "a/b", "a b", "ä", "a\"", "a'", "a`", "a\\", "a\0", "public", "pg_x", "mysql"]
        {
            assert!(Name::new(bad).is_err(), "{bad}");
        }
        assert!(Name::new(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_password_is_base64url_and_not_shown() {
        let password = Password::of(&[0xfb; 32]);
        assert_eq!(password.reveal(), "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s");
        assert_eq!(Password::of(&[0; 32]).reveal(), "A".repeat(43));
        let bytes: [u8; 32] = std::array::from_fn(|at| at as u8 * 8);
        assert!(Password::of(&bytes).reveal().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        let login = login("a");
        assert!(!format!("{login:?}{:?}", login.on_postgres("d", true)).contains("-_v7"));
    }

    #[test]
    fn a_role_of_postgresql_may_nothing_but_its_schema() {
        let steps = login("acme").on_postgres("my\"db", true);
        assert!(steps[0].sql.contains("PASSWORD '-_v7"));
        let expected = [
            "CREATE ROLE \"acme\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT \
             CONNECTION LIMIT 9 PASSWORD '***'",
            "GRANT CONNECT ON DATABASE \"my\"\"db\" TO \"acme\"",
            "CREATE SCHEMA \"acme\" AUTHORIZATION \"acme\"",
            "ALTER ROLE \"acme\" SET search_path = \"acme\"",
        ];
        assert_eq!(shown(&steps), expected);
        let hard = NewLogin { harden: true, schema: false, ..login("acme") }.on_postgres("d", false);
        assert_eq!(
            shown(&hard)[2..],
            [
                "GRANT CONNECT ON DATABASE \"d\" TO CURRENT_USER",
                "REVOKE CONNECT, TEMPORARY ON DATABASE \"d\" FROM PUBLIC",
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            ]
        );
        assert_eq!(login("a").on_postgres("d", false).len(), 6);
    }

    #[test]
    fn a_user_of_mariadb_has_one_database() {
        let login = login("a_b");
        let steps = login.on_mysql(Dialect::Mariadb);
        let expected = [
            "CREATE DATABASE `a_b` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
            "CREATE USER 'a_b'@'%' IDENTIFIED BY '***' WITH MAX_USER_CONNECTIONS 9",
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER \
             ON `a\\_b`.* TO 'a_b'@'%'",
        ];
        assert_eq!(shown(&steps), expected);
        let undone = login.undo_on_mysql(Dialect::Mariadb, 2);
        assert_eq!(undone.iter().map(Sql::as_str).collect::<Vec<_>>(), ["DROP USER 'a_b'@'%'", "DROP DATABASE `a_b`"]);
    }
}
