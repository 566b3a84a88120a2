//! Checks of a model, whose errors have the span of the mistake.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

/// The error for an unknown keyword, with the known one that was likely meant.
pub fn unknown(span: Span, word: &str, words: &[&str]) -> Error {
    let near = words.iter().map(|&known| (distance(word, known), known)).min();
    let hint = match near {
        Some((distance, known)) if distance <= 2.max(known.len() / 3) => format!("did you mean `{known}`?"),
        _ => format!("there are {}", words.join(", ")),
    };
    Error::new(span, format!("there is no attribute `{word}` here; {hint}"))
}

/// The number of letters to change, add or remove to make one word from another.
pub fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, &against) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != against);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// Parses `"table.column"` or `"schema.table.column"` into schema, table and column.
pub fn reference(text: &LitStr) -> Result<(Option<String>, String, String)> {
    let wrong = || {
        let message = "a foreign key is \"table.column\", or \"schema.table.column\"; a name with a point in it is written \
                       r#\"\"a.b\".column\"#";
        Error::new(text.span(), message)
    };
    let mut names = names(&text.value(), '.').ok_or_else(wrong)?;
    let (Some(column), Some(table)) = (names.pop(), names.pop()) else { return Err(wrong()) };
    let schema = names.pop();
    if names.is_empty() { Ok((schema, table, column)) } else { Err(wrong()) }
}

/// Parses `"table(a, b)"` or `"schema.table(a, b)"` into schema, table and columns, whose number must be `columns`.
pub fn references(text: &LitStr, columns: usize) -> Result<(Option<String>, String, Vec<String>)> {
    let wrong =
        || Error::new(text.span(), "what a foreign key refers to is \"table(a, b)\", or \"schema.table(a, b)\"");
    let value = text.value();
    let inside = value.trim_end().strip_suffix(')').ok_or_else(wrong)?;
    let opening = unquoted(inside, '(').next().ok_or_else(wrong)?;
    let (name, list) = (&inside[..opening], &inside[opening + 1..]);
    let (mut name, referred) = (names(name.trim(), '.').ok_or_else(wrong)?, names(list, ',').ok_or_else(wrong)?);
    if referred.len() != columns {
        let message = format!("it refers to {} columns with {columns}", referred.len());
        return Err(Error::new(text.span(), message));
    }
    let Some(table) = name.pop() else { return Err(wrong()) };
    let schema = name.pop();
    if name.is_empty() { Ok((schema, table, referred)) } else { Err(wrong()) }
}

/// Splits names at a separator. A name in double quotes may contain the separator, and a doubled quote for one quote.
fn names(text: &str, separator: char) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut start = 0;
    for end in unquoted(text, separator).chain([text.len()]) {
        let part = &text[start..end];
        names.push(name(if separator == ',' { part.trim() } else { part })?);
        start = end + separator.len_utf8();
    }
    Some(names)
}

/// Returns one name without its quotes; nothing where it is malformed.
fn name(part: &str) -> Option<String> {
    let name = match part.strip_prefix('"') {
        Some(quoted) => {
            let inside = quoted.strip_suffix('"')?;
            if inside.replace("\"\"", "").contains('"') {
                return None;
            }
            inside.replace("\"\"", "\"")
        }
        None if part.trim() != part || part.contains('"') => return None,
        None => part.to_owned(),
    };
    (!name.is_empty()).then_some(name)
}

/// The byte positions of a character outside of double quotes.
fn unquoted(text: &str, character: char) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(at, letter)| {
        quoted ^= letter == '"';
        (letter == character && !quoted).then_some(at)
    })
}

/// Converts an action of a foreign key to the contract's enum.
pub fn action(text: Option<&LitStr>) -> Result<TokenStream> {
    let Some(text) = text else { return Ok(quote!(::sqlservice_sdk::schema::Action::NoAction)) };
    let case = match text.value().to_lowercase().replace(['_', '-'], " ").as_str() {
        "no action" => quote!(NoAction),
        "restrict" => quote!(Restrict),
        "cascade" => quote!(Cascade),
        "set null" => quote!(SetNull),
        "set default" => quote!(SetDefault),
        _ => {
            let message = "expected \"cascade\", \"restrict\", \"set null\", \"set default\" or \"no action\"";
            return Err(Error::new(text.span(), message));
        }
    };
    Ok(quote!(::sqlservice_sdk::schema::Action::#case))
}

/// A table's name from a struct's: `UserDevice` becomes `user_device`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_uppercase() && letters[at - 1] != '_';
        let before_small =
            at > 0 && letters[at - 1].is_uppercase() && letters.get(at + 1).is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// All errors of a model, collected so that the compiler shows them at once.
#[derive(Default)]
pub struct Errors(Option<Error>);

impl Errors {
    pub fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    pub fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub fn finish<T>(self, value: T) -> Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::LitStr;

    use super::{distance, reference, references, snake_case};

    #[test]
    fn names_of_tables() {
        for (name, table) in [
            ("User", "user"),
            ("UserDeviceKey", "user_device_key"),
            ("HTTPLog", "http_log"),
            ("Log2Go", "log2_go"),
            ("A", "a"),
        ] {
            assert_eq!(snake_case(name), table);
        }
    }

    fn text(value: &str) -> LitStr {
        LitStr::new(value, Span::call_site())
    }

    #[test]
    fn references_of_one_column() {
        for (value, schema, table, column) in [
            ("users.id", None, "users", "id"),
            ("s.users.id", Some("s"), "users", "id"),
            (r#""a.b".id"#, None, "a.b", "id"),
            (r#"s."a.b"."c""d""#, Some("s"), "a.b", "c\"d"),
            ("two words.id", None, "two words", "id"),
        ] {
            let expected = (schema.map(str::to_owned), table.to_owned(), column.to_owned());
            assert_eq!(reference(&text(value)).ok(), Some(expected), "{value}");
        }
        for wrong in ["", "users", "users.", ".id", "a.b.c.d", "users. id", r#""users.id"#, r#""a"b".id"#, r#"a"b.id"#]
        {
            assert!(reference(&text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn references_of_several_columns() {
        let expected = (Some("s".to_owned()), "p(q)".to_owned(), vec!["x".to_owned(), "y,z".to_owned()]);
        assert_eq!(references(&text(r#"s."p(q)"(x, "y,z")"#), 2).ok(), Some(expected));
        assert_eq!(references(&text("p (x)"), 1).ok(), Some((None, "p".to_owned(), vec!["x".to_owned()])));
        for wrong in ["p", "p(x", "(x)", "p()", "p(x,)", "a.b.c(x)"] {
            assert!(references(&text(wrong), 1).is_err(), "{wrong}");
        }
    }

    #[test]
    fn distances() {
        assert_eq!(distance("primry_key", "primary_key"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
