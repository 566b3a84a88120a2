//! Writes SQL text: the host's constants unchanged, and names and literals in quotes.

use std::fmt::{Display, Write as _};

use super::{Author, Sql, quote};
use crate::{
    Dialect, Value,
    schema::{Check, Column, ColumnType, DefaultValue, TypeKind},
    types::type_name,
};

/// The text of a statement, as far as it is written.
#[derive(Debug)]
pub struct SqlWriter {
    dialect: Dialect,
    text: String,
    author: Author,
    /// The most bytes. Text past them is dropped, and sets `is_full`.
    most: usize,
    is_full: bool,
}

/// SQL text that a model declares. [`crate::Catalog::declare`] has refused it where the guest may not send SQL text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ModelSql<'a> {
    /// An expression for the value of a column.
    Value(&'a DefaultValue),
    /// The expression of a computed column.
    Computed(&'a Column),
    /// The condition of a check.
    Check(&'a Check),
}

/// A number that [`SqlWriter::number`] accepts.
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
    /// Creates a writer for a text of any length.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::new(), author: Author::Host, most: usize::MAX, is_full: false }
    }

    /// Creates a writer for a compiled statement of at most `most` bytes.
    pub(crate) fn compiling(dialect: Dialect, most: usize) -> Self {
        Self { author: Author::Compiler, most, ..Self::new(dialect) }
    }

    /// Returns the text.
    #[must_use]
    pub fn finish(self) -> Sql {
        Sql::made(self.text, self.author)
    }

    /// Returns the text; `None` where it exceeded the limit.
    pub(crate) fn finish_within(self) -> Option<Sql> {
        (!self.is_full).then(|| self.finish())
    }

    /// Whether the text exceeded the limit.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Marks the text as one that exceeded the limit.
    pub(crate) fn fill(&mut self) {
        self.is_full = true;
    }

    /// Reserves memory for further bytes, at most the limit.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        if !self.is_full {
            self.text.reserve(bytes.min(self.most));
        }
    }

    /// Writes SQL of the host. It is a constant of the program, so it cannot contain any input.
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

    /// Writes quoted text of at least `least` bytes. Doubled quotes count towards the limit, too, as a guest controls their number.
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

    /// Writes a name as a quoted identifier.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.quoted(name.len(), |text, dialect| quote::push_identifier(text, name, dialect))
    }

    /// Writes a name, qualified by its owner: a column's table, or a table's schema.
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

    /// Writes `count` placeholders without numbers, with commas between them.
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

    /// Writes a text as a literal.
    pub fn text(&mut self, constant: &str) -> &mut Self {
        self.quoted(constant.len(), |text, dialect| text.push_str(&quote::text(constant, dialect)))
    }

    /// Appends another text. After a guest's text, a guest is the author of the whole.
    pub fn append(&mut self, sql: &Sql) -> &mut Self {
        if sql.is_guest() {
            self.author = Author::Guest;
        }
        self.put(sql)
    }

    /// Writes a value as a literal for a column of this kind. Writes nothing where the value has no literal.
    pub fn literal(&mut self, value: &Value, kind: TypeKind) -> &mut Self {
        match quote::literal(value, kind, self.dialect) {
            Some(literal) => self.put(&literal),
            None => self,
        }
    }

    /// Writes a column's type, made of keywords, numbers, and a native name that [`crate::Catalog::declare`] has checked.
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
