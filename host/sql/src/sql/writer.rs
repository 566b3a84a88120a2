//! Writes text: words of the host's own as they are, and everything else in quotes.

use std::fmt::{Display, Write as _};

use super::{Author, Sql, quote};
use crate::{
    Dialect, Value,
    schema::{Check, Column, ColumnType, DefaultValue, TypeKind},
    types::type_name,
};

/// A statement's text so far.
#[derive(Debug)]
pub struct SqlWriter {
    dialect: Dialect,
    text: String,
    author: Author,
    /// The most bytes; text past them is not written but noted.
    most: usize,
    is_full: bool,
}

/// SQL text that a model declares. [`crate::Catalog::declare`] has refused it where the guest may not send SQL text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ModelSql<'a> {
    /// An expression that a column gets as its value.
    Value(&'a DefaultValue),
    /// What a column is computed by.
    Computed(&'a Column),
    /// The condition of a check.
    Check(&'a Check),
}

/// What [`SqlWriter::number`] takes.
pub trait Number: Display + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl sealed::Sealed for $number {}
        impl Number for $number {})*
    };
}

numbers!(u8, i32, u32, i64, u64, usize);

impl SqlWriter {
    /// For a text of any length.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::new(), author: Author::Host, most: usize::MAX, is_full: false }
    }

    /// For a statement that is compiled, of so many bytes at most.
    pub(crate) fn compiling(dialect: Dialect, most: usize) -> Self {
        Self { author: Author::Compiler, most, ..Self::new(dialect) }
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> Sql {
        Sql::made(self.text, self.author)
    }

    /// The text, if all of it had room.
    pub(crate) fn finish_within(self) -> Option<Sql> {
        (!self.is_full).then(|| self.finish())
    }

    /// Whether something had no room.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Has no room for anything any more.
    pub(crate) fn fill(&mut self) {
        self.is_full = true;
    }

    /// Makes room for so many bytes, as far as they may be.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        if !self.is_full {
            self.text.reserve(bytes.min(self.most));
        }
    }

    /// Writes SQL of the host's own. It is a constant of the program, so nothing from outside can be in it.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.put(text)
    }

    /// Writes text that needs no quotes.
    fn put(&mut self, text: &str) -> &mut Self {
        if self.is_full || text.len() > self.most.saturating_sub(self.text.len()) {
            self.is_full = true;
        } else {
            self.text.push_str(text);
        }
        self
    }

    /// Writes what may be longer than what it is made of: its quotes count too, as many as a guest put into it.
    fn quoted(&mut self, least: usize, write: impl FnOnce(&mut String, Dialect)) -> &mut Self {
        let before = self.text.len();
        if self.is_full || least > self.most.saturating_sub(before) {
            self.is_full = true;
            return self;
        }
        write(&mut self.text, self.dialect);
        if self.text.len() > self.most {
            self.text.truncate(before);
            self.is_full = true;
        }
        self
    }

    /// Writes a name.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.quoted(name.len(), |text, dialect| quote::push_identifier(text, name, dialect))
    }

    /// Writes a name with the one that it belongs to: a column's table, or a table's schema.
    pub fn qualified(&mut self, owner: Option<&str>, name: &str) -> &mut Self {
        if let Some(owner) = owner {
            self.name(owner).push(".");
        }
        self.name(name)
    }

    /// Writes names with commas between them.
    pub fn names(&mut self, names: &[String]) -> &mut Self {
        self.list(names, ", ", |writer, name| {
            writer.name(name);
        })
    }

    /// Writes a list.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &'static str,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (position, item) in items.into_iter().enumerate() {
            self.push(if position > 0 { separator } else { "" });
            write(self, item);
        }
        self
    }

    /// Writes so many placeholders without numbers, with commas between them.
    pub fn placeholders(&mut self, count: usize) -> &mut Self {
        self.list(0..count, ", ", |writer, _| {
            writer.push("?");
        })
    }

    /// Writes a number.
    pub fn number(&mut self, number: impl Number) -> &mut Self {
        self.quoted(1, |text, _| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{number}");
        })
    }

    /// Writes a text as a constant.
    pub fn text(&mut self, constant: &str) -> &mut Self {
        self.quoted(constant.len(), |text, dialect| text.push_str(&quote::text(constant, dialect)))
    }

    /// Writes another text.
    pub fn append(&mut self, sql: &Sql) -> &mut Self {
        if sql.is_guest() {
            self.author = Author::Guest;
        }
        self.put(sql)
    }

    /// Writes a value as a constant of a column of this kind; nothing where it has no spelling that is the same everywhere.
    pub fn literal(&mut self, value: &Value, kind: TypeKind) -> &mut Self {
        match quote::literal(value, kind, self.dialect) {
            Some(literal) => self.put(&literal),
            None => self,
        }
    }

    /// Writes the type of a column: of words, numbers, and a native name that [`crate::Catalog::declare`] has checked.
    pub(crate) fn column_type(&mut self, ty: &ColumnType) -> &mut Self {
        let name = type_name(ty, self.dialect);
        self.put(&name)
    }

    /// Writes SQL text of a model, in parentheses.
    pub(crate) fn declared(&mut self, declared: ModelSql<'_>) -> &mut Self {
        let text = match declared {
            ModelSql::Value(DefaultValue::Expression(text)) => text.as_str(),
            ModelSql::Value(_) => return self,
            ModelSql::Computed(column) => column.computed.as_deref().unwrap_or_default(),
            ModelSql::Check(check) => &check.expression,
        };
        self.push("(").put(text).push(")")
    }
}
