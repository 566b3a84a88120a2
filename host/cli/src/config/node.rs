//! The file's tables and values with their places, and the errors where one has another type than is wanted.

use serde_spanned_of_toml::{DeTable, DeValue, Spanned};

use super::span::{Problem, Span};
use crate::notation::suggestion;

/// The parser's types for values with places.
mod serde_spanned_of_toml {
    pub(super) use toml::{
        Spanned,
        de::{DeTable, DeValue},
    };
}

/// The longest text of the file that an error repeats.
const SHOWN: usize = 64;

/// A result of the reader.
pub(super) type Result<T> = std::result::Result<T, Problem>;

/// A table: its path, its place, and its entries.
#[derive(Clone)]
pub(super) struct Table<'a> {
    /// Its path, as in a header; empty for the file itself.
    pub(super) path: String,
    pub(super) place: Span,
    entries: &'a DeTable<'a>,
}

/// A key and its value.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub(super) path: String,
    /// The key alone.
    pub(super) name: &'a str,
    /// The place of the key in the file.
    pub(super) key: Span,
    value: &'a Spanned<DeValue<'a>>,
}

/// Whether a text can be a name: letters, digits, `_`, `-` and `.`.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    !text.is_empty() && text.len() <= SHOWN && text.chars().all(allowed)
}

impl<'a> Table<'a> {
    pub(super) fn root(entries: &'a DeTable<'a>) -> Self {
        Self { path: String::new(), place: 0..0, entries }
    }

    /// All entries, in the order of their names.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'a>> + '_ {
        self.entries.iter().map(|(key, value)| Entry {
            path: if self.path.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{}.{}", self.path, key.get_ref())
            },
            name: key.get_ref(),
            key: key.span(),
            value,
        })
    }

    /// Returns all entries, whose keys are names that the file chooses.
    pub(super) fn named(&self) -> Result<Vec<Entry<'a>>> {
        let check = |entry: Entry<'a>| {
            if is_name(entry.name) {
                return Ok(entry);
            }
            let words = format!("a name has up to {SHOWN} letters, digits, \"_\", \"-\" and \".\"");
            Err(Problem::new(entry.key, words))
        };
        self.entries().map(check).collect()
    }

    pub(super) fn get(&self, name: &str) -> Option<Entry<'a>> {
        self.entries().find(|entry| entry.name == name)
    }

    /// Returns an entry that the table has to have.
    pub(super) fn need(&self, name: &str, example: &str) -> Result<Entry<'a>> {
        self.get(name).ok_or_else(|| {
            Problem::new(self.place.clone(), format!("[{}] has no {name}", self.path))
                .help(format!("for example: {example}"))
        })
    }

    /// Returns the entries of a table in this one; none where it does not exist.
    pub(super) fn tables(&self, name: &str) -> Result<Vec<Entry<'a>>> {
        self.get(name).map_or(Ok(Vec::new()), |entry| entry.table()?.named())
    }

    /// Refuses other keys than these.
    pub(super) fn only(&self, keys: &[&str]) -> Result<()> {
        let unknown = self.entries().filter(|entry| !keys.contains(&entry.name)).min_by_key(|entry| entry.key.start);
        let Some(entry) = unknown else { return Ok(()) };
        let table = if self.path.is_empty() { "the file".to_owned() } else { format!("[{}]", self.path) };
        Err(unknown_word(entry.key, entry.name, "key", &format!("of {table}"), keys.iter().copied()))
    }
}

/// Makes the error for a word that is none of the valid ones.
pub(super) fn unknown_word<'a>(
    place: Span,
    word: &str,
    kind: &str,
    of: &str,
    all: impl IntoIterator<Item = &'a str>,
) -> Problem {
    let all: Vec<&str> = all.into_iter().collect();
    // A text that is no name may be a misplaced one, a URL for example, so it is not shown.
    let shown = if is_name(word) { format!("{word:?}") } else { "this".to_owned() };
    let of = if of.is_empty() { String::new() } else { format!(" {of}") };
    let guess = suggestion(word, all.iter().copied()).map(|name| format!("did you mean {name:?}? "));
    let list = if all.is_empty() { "there is none".to_owned() } else { format!("there are: {}", all.join(", ")) };
    Problem::new(place, format!("{shown} is no {kind}{of}")).help(format!("{}{list}", guess.unwrap_or_default()))
}

impl<'a> Entry<'a> {
    /// The place of the value; of a table that of its key.
    pub(super) fn place(&self) -> Span {
        match self.value.get_ref() {
            DeValue::Table(_) => self.key.clone(),
            _ => self.value.span(),
        }
    }

    /// Makes a problem with the value.
    pub(super) fn wrong(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.place(), message)
    }

    pub(super) fn table(&self) -> Result<Table<'a>> {
        match self.value.get_ref() {
            DeValue::Table(entries) => Ok(Table { path: self.path.clone(), place: self.key.clone(), entries }),
            _ => Err(self.is_not("a table")),
        }
    }

    pub(super) fn text(&self) -> Result<&'a str> {
        self.value.get_ref().as_str().ok_or_else(|| self.is_not("a text, in quotes"))
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        self.value.get_ref().as_bool().ok_or_else(|| self.is_not("true or false"))
    }

    pub(super) fn integer(&self) -> Result<i64> {
        let DeValue::Integer(integer) = self.value.get_ref() else { return Err(self.is_not("an integer")) };
        i64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| self.wrong("this integer is too large"))
    }

    /// Returns the elements of a list, each with the list's path and name.
    pub(super) fn list(&self) -> Result<Vec<Entry<'a>>> {
        let DeValue::Array(elements) = self.value.get_ref() else { return Err(self.is_not("a list, in brackets")) };
        let element =
            |value| Entry { path: self.path.clone(), name: self.name, key: spanned_place(value, &self.key), value };
        Ok(elements.iter().map(element).collect())
    }

    /// The texts of a list.
    pub(super) fn texts(&self) -> Result<Vec<(&'a str, Span)>> {
        self.list()?.iter().map(|element| Ok((element.text()?, element.place()))).collect()
    }

    /// Returns the value, for callers that accept several types.
    pub(super) fn value(&self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    /// Returns a deserializer of the value.
    pub(super) fn deserializer(&self) -> toml::de::ValueDeserializer<'a> {
        self.value.clone().into()
    }

    /// Makes the problem of a value that has another type.
    pub(super) fn is_not(&self, wanted: &str) -> Problem {
        let is = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(format!("{} is {is} here, and has to be {wanted}", self.path))
    }
}

/// Returns a value's own place, or that of its list where it has none.
fn spanned_place(value: &Spanned<DeValue<'_>>, list: &Span) -> Span {
    let place = value.span();
    if place.is_empty() { list.clone() } else { place }
}
