//! Finds the parts of the file that are never shown: all values but those that cannot be secrets.
//!
//! A secret may be where it belongs (URLs, the environment), or where a mistake puts it: under a misspelled key, in another table. So
//! this is a list of what may be shown, and everything else is hidden.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{database, grant, span::Span, tenant, url};
use crate::secret;

/// Returns the hidden places of a file that can be parsed.
pub(super) fn of_document(document: &DeTable<'_>) -> Vec<Span> {
    let mut hidden = Vec::new();
    of_table(document, &mut Vec::new(), &mut hidden);
    hidden
}

fn of_table<'a>(table: &'a DeTable<'_>, path: &mut Vec<&'a str>, hidden: &mut Vec<Span>) {
    for (key, value) in table {
        if secret::is_in(key.get_ref()) {
            hidden.push(key.span());
        }
        path.push(key.get_ref());
        of_value(value, path, hidden);
        path.pop();
    }
}

// Recurses as deep as the parser lets values nest.
fn of_value<'a>(value: &'a Spanned<DeValue<'_>>, path: &mut Vec<&'a str>, hidden: &mut Vec<Span>) {
    match value.get_ref() {
        DeValue::Table(table) => of_table(table, path, hidden),
        DeValue::Array(elements) => elements.iter().for_each(|element| of_value(element, path, hidden)),
        DeValue::String(text) if secret::is_in(text) => hidden.push(value.span()),
        _ if may_be_shown(path) => {}
        DeValue::String(text)
            if matches!(path.as_slice(), ["databases", _, database::URL]) && url::is_elsewhere(text) => {}
        _ => hidden.push(value.span()),
    }
}

/// Whether no value at this path is a secret.
fn may_be_shown(path: &[&str]) -> bool {
    match path {
        ["policies" | "limits" | "plugins", ..] => true,
        ["databases", _, key] => *key != database::URL && database::KEYS.contains(key),
        ["tenants", _, "databases", _, key, ..] => grant::KEYS.contains(key),
        ["tenants", _, key, ..] => *key != tenant::ENV && *key != "databases" && tenant::KEYS.contains(key),
        _ => false,
    }
}

/// Returns the hidden places of one line of a file that cannot be parsed: its letters and digits, except for a known key and for tables
/// that hold no secret.
pub(super) fn of_line(text: &str, at: usize) -> Vec<Span> {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = at + after.find('\n').unwrap_or(after.len());
    let line = text.get(start..end).unwrap_or_default();
    let header = text.get(..end).unwrap_or_default().lines().rfind(|line| line.trim_start().starts_with('['));
    let header = header.unwrap_or_default().trim_start().trim_start_matches('[');
    let harmless = ["policies", "limits", "plugins"].iter().any(|name| header.starts_with(name));
    if harmless && !line.contains("://") {
        return Vec::new();
    }
    let known = line.split_once('=').map(|(key, _)| key).filter(|key| is_key(key.trim())).map_or(0, str::len);
    let words = line.char_indices().filter(|(at, c)| *at >= known && c.is_alphanumeric());
    words.map(|(at, c)| start + at..start + at + c.len_utf8()).collect()
}

fn is_key(word: &str) -> bool {
    [database::KEYS, grant::KEYS, tenant::KEYS].iter().any(|keys| keys.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let document = DeTable::parse(text).expect("TOML");
        let mut bytes = text.as_bytes().to_vec();
        for place in of_document(document.get_ref()) {
            bytes[place].fill(b'*');
        }
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn what_may_be_a_secret_is_hidden_wherever_it_stands() {
        for text in [
            "[databases.main]\nurl = 'Geheim'",
            "[databases.main]\nulr = 'Geheim'",
            "[databases.main]\npassword = 'Geheim'",
            "databases = 'Geheim'",
            "[tenants.acme.env]\nKEY = 'Geheim'",
            "[tenants.acme]\nenviron = { KEY = 'Geheim' }",
            "[tenants.acme.databases.default]\nurl = ['Geheim']",
            "[plugins.notes]\ncomponent = 'postgres://u:Geheim@h/d'",
            "[plugins.'postgres://u:Geheim@h/d']\n",
        ] {
            assert!(!shown(text).contains("Geheim"), "{}", shown(text));
        }
        for text in ["[limits]\nmemory = 'x'", "[tenants.acme]\nplugins = ['x']", "[databases.main]\nisolation = 'x'"] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_shows_its_key_alone() {
        let line = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            for place in of_line(text, text.len()) {
                bytes[place].fill(b'*');
            }
            String::from_utf8(bytes).expect("UTF-8").lines().last().unwrap_or_default().to_owned()
        };
        assert_eq!(line("[databases.main]\nurl = sqlite:a"), "url = ******:*");
        assert_eq!(line("[tenants.a.env]\nKEY = \"geheim"), "*** = \"******");
        assert_eq!(line("[policies.a.tables.b]\nread = [x"), "read = [x");
    }
}
