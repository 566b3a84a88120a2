//! The type of a statement's text, which only this module can construct.
//!
//! Only a [`Sql`] can be sent to a database. There are three ways to construct one: from a constant of the host, with a
//! [`SqlWriter`], which quotes names and literals, and from a guest's own text, which is checked. Nothing else converts to one:
//!
//! ```compile_fail,E0308
//! # use sqlservice_sql::Sql;
//! let name = String::from("users");
//! Sql::fixed(format!("DROP TABLE {name}")); // expected `&'static str`
//! ```
//!
//! ```compile_fail,E0597
//! # use sqlservice_sql::Sql;
//! let text = String::from("DROP TABLE users");
//! let sql: Sql = Sql::fixed(&text); // borrowed value does not live long enough
//! ```
//!
//! ```compile_fail,E0277
//! # use sqlservice_sql::Sql;
//! let sql: Sql = String::from("DROP TABLE users").into(); // `From<String>` is not implemented
//! ```
//!
//! ```compile_fail,E0451
//! # use sqlservice_sql::Sql;
//! let sql = Sql { text: loop {}, author: loop {} }; // the fields are private
//! ```
//!
//! ```compile_fail,E0597
//! # use sqlservice_sql::{Dialect, SqlWriter};
//! let text = String::from("users; DROP TABLE users");
//! SqlWriter::new(Dialect::Sqlite).push(&text); // borrowed value does not live long enough
//! ```
//!
//! ```
//! # use sqlservice_sql::{Dialect, SqlWriter};
//! let mut writer = SqlWriter::new(Dialect::Sqlite);
//! writer.push("DROP TABLE ").name("users\"; DROP TABLE users");
//! assert_eq!(writer.finish().as_str(), r#"DROP TABLE "users""; DROP TABLE users""#);
//! ```

pub(crate) mod quote;
mod writer;

pub use quote::means_now;
pub(crate) use writer::ModelSql;
pub use writer::{Number, SqlWriter};

use std::{fmt, ops::Deref, sync::Arc};

use crate::{Dialect, Result, raw};

/// The author of a statement's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Author {
    /// The host, for itself.
    Host,
    /// The host's compiler, from a guest's statement or model.
    Compiler,
    /// A guest. Its text may contain anything that the check permits.
    Guest,
}

/// The text of a statement. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    text: Text,
    author: Author,
}

#[derive(Clone, Debug)]
enum Text {
    Fixed(&'static str),
    Made(Arc<str>),
}

impl Text {
    fn as_str(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Sql {
    /// Creates it from a constant of the host.
    #[must_use]
    pub const fn fixed(text: &'static str) -> Self {
        Self { text: Text::Fixed(text), author: Author::Host }
    }

    /// Creates it from a guest's own text, which it checks.
    ///
    /// # Errors
    ///
    /// Those of [`raw::check`].
    pub fn guest(text: impl Into<Arc<str>>, dialect: Dialect) -> Result<Self> {
        let text = text.into();
        raw::check(&text, dialect)?;
        Ok(Self { text: Text::Made(text), author: Author::Guest })
    }

    fn made(text: String, author: Author) -> Self {
        Self { text: Text::Made(text.into()), author }
    }

    /// Appends a comment that distinguishes the statement from others with the same text. Of the mark, only ASCII letters and digits
    /// are written, since other characters could end the comment.
    #[must_use]
    pub fn marked(&self, mark: impl Iterator<Item = char>) -> Self {
        let mut text = String::with_capacity(self.len() + 64);
        text.push_str(self);
        text.push_str("\n/*");
        text.extend(mark.filter(char::is_ascii_alphanumeric));
        text.push_str("*/");
        Self::made(text, self.author)
    }

    /// The author of the text.
    #[must_use]
    pub fn author(&self) -> Author {
        self.author
    }

    /// Whether a guest is the author.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.author == Author::Guest
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The text for a driver if it is a constant of the host; else `None`.
    #[must_use]
    pub fn constant(&self) -> Option<&'static str> {
        match self.text {
            Text::Fixed(text) => Some(text),
            Text::Made(_) => None,
        }
    }

    /// The text for a driver, as a shared string.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        match &self.text {
            Text::Fixed(text) => Arc::from(*text),
            Text::Made(text) => Arc::clone(text),
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::fixed(text)
    }
}

impl Deref for Sql {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_ends_no_comment() {
        let sql = Sql::fixed("SELECT $1").marked("lx*/; DROP TABLE t".chars());
        assert_eq!(sql.as_str(), "SELECT $1\n/*lxDROPTABLEt*/");
        assert_eq!(sql.author(), Author::Host);
    }

    #[test]
    fn a_guests_text_is_checked() {
        assert!(Sql::guest("COMMIT", Dialect::Sqlite).is_err());
        let sql = Sql::guest("SELECT 1", Dialect::Sqlite).expect("good");
        assert!(sql.is_guest() && sql.marked("l".chars()).is_guest());
    }
}
