//! `[policies.NAME]`: the policies of rows, and the place of each rule in the file.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize as _;
use sqlservice_host::policy::{Claims, Policy, PolicyError, TablePolicy};
use toml::de::DeValue;

use super::{
    node::{Entry, Result, Table, unknown_word},
    span::{Problem, Span},
};

/// All keys of a policy.
pub(super) const KEYS: &[&str] = &["tables"];

/// A policy that grants can refer to.
#[derive(Clone, Debug)]
pub(crate) struct NamedPolicy {
    /// The place of its name in the file.
    pub(crate) place: Span,
    /// The tables as the file has them.
    pub(crate) tables: BTreeMap<String, TablePolicy>,
    /// The parsed policy.
    pub(crate) policy: Arc<Policy>,
}

pub(super) fn read(entry: &Entry<'_>, text: &str) -> Result<NamedPolicy> {
    let table = entry.table()?;
    table.only(KEYS)?;
    let tables = table.need("tables", "[policies.notes.tables.notes]")?.table()?;
    let read = |entry: Entry<'_>| Ok((entry.name.to_owned(), one(&entry)?));
    let rules = tables.entries().map(read).collect::<Result<BTreeMap<_, _>>>()?;
    let policy = Policy::new(rules.clone()).map_err(|error| located(&error, &tables, text))?;
    Ok(NamedPolicy { place: entry.key.clone(), tables: rules, policy: Arc::new(policy) })
}

/// The rules of one table.
fn one(entry: &Entry<'_>) -> Result<TablePolicy> {
    entry.table()?;
    TablePolicy::deserialize(entry.deserializer()).map_err(|error| {
        let place = error.span().filter(|place| !place.is_empty()).unwrap_or_else(|| entry.place());
        let words: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
        match words.split_first() {
            Some((word, all)) if error.message().starts_with("unknown ") => {
                let kind = if error.message().starts_with("unknown field") { "key of a rule" } else { "right" };
                unknown_word(place, word, kind, "", all.iter().copied())
            }
            _ => Problem::new(place, format!("table {:?}: {}", entry.name, error.message())),
        }
    })
}

/// Refuses a policy that cannot be bound to a tenant's claims.
pub(super) fn check_claims(
    named: &NamedPolicy,
    entry: &Entry<'_>,
    text: &str,
    tenant: &str,
    claims: &Claims,
) -> Result<()> {
    let Err(error) = named.policy.bind(claims) else { return Ok(()) };
    let tables = entry.table()?.need("tables", "")?.table()?;
    let mut problem = located(&error, &tables, text);
    problem.message = format!("tenant {tenant:?} cannot have this policy: {}", problem.message);
    let given: Vec<&str> = claims.keys().map(String::as_str).collect();
    let given = if given.is_empty() { "has none".to_owned() } else { format!("has: {}", given.join(", ")) };
    Err(problem.help(format!("claims of a tenant are [tenants.{tenant}] claims = {{ name = value }}; it {given}")))
}

/// Makes the problem of an error in a rule, with its place.
fn located(error: &PolicyError, tables: &Table<'_>, text: &str) -> Problem {
    let Some(table) = tables.get(&error.table) else { return Problem::new(tables.place.clone(), error.to_string()) };
    let rule = rule(table, &error.rule);
    let place = match rule.value() {
        DeValue::String(decoded) => {
            let place = rule.place();
            let raw = text.get(place.clone()).unwrap_or_default();
            let at = place.start + raw_offset(raw, decoded, error.offset);
            at..if error.offset == 0 { place.end } else { at + 1 }
        }
        _ => rule.place(),
    };
    Problem::new(place, error.to_string())
}

/// Returns the entry of a rule's name, or its last ancestor that exists.
fn rule<'a>(mut entry: Entry<'a>, rule: &str) -> Entry<'a> {
    let mut rest = rule;
    while let Ok(table) = entry.table() {
        // A column's name may contain a dot.
        let (name, tail) = match table.get(rest) {
            Some(_) => (rest, ""),
            None => rest.split_once('.').unwrap_or((rest, "")),
        };
        let Some(next) = table.get(name) else { break };
        (entry, rest) = (next, tail);
    }
    entry
}

/// Converts an offset in a decoded text to the offset in its quoted form.
fn raw_offset(raw: &str, decoded: &str, offset: usize) -> usize {
    if let Some(start) = raw.find(decoded) {
        return start + offset;
    }
    let quotes = if raw.starts_with("\"\"\"") { 3 } else { 1 };
    let (mut meant, mut at) = (0, quotes);
    // The newline after the opening quotes of a long text is no part of the text.
    if quotes == 3 {
        at += raw.get(at..).map_or(0, |rest| rest.len() - rest.trim_start_matches(['\r', '\n']).len());
    }
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let (written, means) = step(rest);
        // Escapes that decode to nothing are skipped, too.
        if meant >= offset && means > 0 {
            break;
        }
        (at, meant) = (at + written, meant + means);
    }
    at
}

/// Returns the bytes of the next character as written, and as decoded.
fn step(rest: &str) -> (usize, usize) {
    let mut characters = rest.chars();
    let first = characters.next().map_or(1, char::len_utf8);
    if !rest.starts_with('\\') {
        return (first, first);
    }
    let digits = match characters.next() {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        // A line end that the text continues after.
        Some(c) if c.is_whitespace() => {
            let line = rest.get(1..).unwrap_or_default();
            return (1 + line.len() - line.trim_start().len(), 0);
        }
        other => return (1 + other.map_or(0, char::len_utf8), 1),
    };
    let number = rest.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (2 + digits, number.and_then(char::from_u32).map_or(1, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use sqlservice_host::policy::PolicyError;
    use toml::de::DeTable;

    use super::{super::node::Table, located, raw_offset};

    #[test]
    fn a_place_in_a_text_is_found_in_what_is_written() {
        assert_eq!(raw_offset("'a = 1'", "a = 1", 4), 5);
        assert_eq!(raw_offset("\"\"\"\na\nb\"\"\"", "a\nb", 2), 6);
        // \" is one byte, \u00fc two, \\\n with what follows none.
        let raw = r#""a\"\u00fc=x""#;
        assert_eq!(raw_offset(raw, "a\"ü=x", 4), raw.find('=').expect("it"));
        assert_eq!(raw_offset("\"\"\"a\\\n  b\"\"\"", "ab", 1), 8);
        assert!(raw_offset("\"\\", "x", 900) <= 2);
    }

    #[test]
    fn a_rule_is_found_by_its_name() {
        let text =
            "[notes]\nread = { columns = ['id'], where = 'a = 1' }\ninsert.set.'t.x' = ':tenant'\nmask.b = 'c'\n";
        let document = DeTable::parse(text).expect("TOML");
        let at = |rule: &str, offset| {
            let error =
                PolicyError { table: "notes".to_owned(), rule: rule.to_owned(), offset, message: "no".to_owned() };
            let place = located(&error, &Table::root(document.get_ref()), text).place;
            text.get(place).expect("a place in it").to_owned()
        };
        assert_eq!(at("read.where", 4), "1");
        assert_eq!(at("read.where", 0), "a = 1'");
        assert_eq!(at("insert.set.t.x", 1), "t");
        assert_eq!(at("read.columns", 0), "['id']");
        assert_eq!(at("mask.b", 0), "c'");
        assert_eq!(at("delete.where", 0), "notes");
    }
}
