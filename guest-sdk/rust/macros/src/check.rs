//! What makes a model wrong, said where it is wrong.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

/// A word that nobody knows, and the one that was likely meant.
pub fn unknown(span: Span, word: &str, words: &[&str]) -> Error {
    let near = words.iter().map(|&known| (distance(word, known), known)).min();
    let hint = match near {
        Some((distance, known)) if distance <= 2.max(known.len() / 3) => format!("did you mean `{known}`?"),
        _ => format!("there are {}", words.join(", ")),
    };
    Error::new(span, format!("there is no attribute `{word}` here; {hint}"))
}

/// How many letters must change to make one word from another.
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

/// `"table.column"` or `"schema.table.column"`: schema, table and column.
pub fn reference(text: &LitStr) -> Result<(Option<String>, String, String)> {
    let value = text.value();
    let parts: Vec<&str> = value.split('.').collect();
    let wrong = || Error::new(text.span(), "a foreign key is \"table.column\", or \"schema.table.column\"");
    if parts.iter().any(|part| part.trim() != *part || part.is_empty()) {
        return Err(wrong());
    }
    match parts.as_slice() {
        [table, column] => Ok((None, (*table).to_owned(), (*column).to_owned())),
        [schema, table, column] => Ok((Some((*schema).to_owned()), (*table).to_owned(), (*column).to_owned())),
        _ => Err(wrong()),
    }
}

/// `"table(a, b)"` or `"schema.table(a, b)"`: schema, table and columns, as many as there are here.
pub fn references(text: &LitStr, columns: usize) -> Result<(Option<String>, String, Vec<String>)> {
    let value = text.value();
    let wrong =
        || Error::new(text.span(), "what a foreign key refers to is \"table(a, b)\", or \"schema.table(a, b)\"");
    let (name, list) = value.trim_end().strip_suffix(')').and_then(|rest| rest.split_once('(')).ok_or_else(wrong)?;
    let referred: Vec<String> = list.split(',').map(|column| column.trim().to_owned()).collect();
    let (schema, table) = match name.trim().split_once('.') {
        Some((schema, table)) => (Some(schema.to_owned()), table.to_owned()),
        None => (None, name.trim().to_owned()),
    };
    if table.is_empty() || referred.iter().any(String::is_empty) {
        return Err(wrong());
    }
    if referred.len() != columns {
        let message = format!("it refers to {} columns with {columns}", referred.len());
        return Err(Error::new(text.span(), message));
    }
    Ok((schema, table, referred))
}

/// An action of a foreign key, as the contract's enum.
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

/// All mistakes of a model, so that they are shown at once.
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
    use super::{distance, snake_case};

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

    #[test]
    fn distances() {
        assert_eq!(distance("primry_key", "primary_key"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
