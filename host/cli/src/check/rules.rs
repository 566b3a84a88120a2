//! Describes a policy's rules, as text and as JSON.

use serde_json::{Value as Json, json};
use sqlservice_host::policy::{Allow, TablePolicy};

/// The permissions besides the four operations.
const ALL: [(Allow, &str); 4] = [
    (Allow::Aggregate, "aggregate"),
    (Allow::Returning, "returning"),
    (Allow::Lock, "lock"),
    (Allow::Upsert, "upsert"),
];

/// Returns the names of the permissions that are granted, or of those that are not.
fn others(table: &TablePolicy, allowed: bool) -> Vec<&'static str> {
    ALL.into_iter().filter(|(what, _)| table.allow.contains(what) == allowed).map(|(_, name)| name).collect()
}

/// Returns the operations without a rule, and the permissions that are not granted.
fn denied(table: &TablePolicy) -> Vec<&'static str> {
    let rules = [
        ("read", table.read.is_none()),
        ("insert", table.insert.is_none()),
        ("update", table.update.is_none()),
        ("delete", table.delete.is_none()),
    ];
    rules.into_iter().filter(|(_, none)| *none).map(|(name, _)| name).chain(others(table, false)).collect()
}

fn rows(filter: Option<&String>) -> String {
    filter.map_or_else(|| "all rows".to_owned(), |filter| format!("rows where {filter}"))
}

fn checked(check: Option<&String>) -> String {
    check.map(|check| format!("; has to be true: {check}")).unwrap_or_default()
}

/// Describes the rules of a table, one line each: the name and the words.
pub(super) fn lines(table: &TablePolicy) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut line = |name: &str, words: String| lines.push((name.to_owned(), words));
    if let Some(read) = &table.read {
        line("read", format!("{} of {}", read.columns.join(", "), rows(read.filter.as_ref())));
    }
    if let Some(insert) = &table.insert {
        let sets = insert.set.iter().map(|(column, value)| format!("; the host sets {column} = {value}"));
        let sets: String = sets.collect();
        line("insert", format!("{}{sets}{}", insert.columns.join(", "), checked(insert.check.as_ref())));
    }
    if let Some(update) = &table.update {
        let rows = rows(update.filter.as_ref());
        line("update", format!("{} of {rows}{}", update.columns.join(", "), checked(update.check.as_ref())));
    }
    if let Some(delete) = &table.delete {
        line("delete", rows(delete.filter.as_ref()));
    }
    for (column, unless) in &table.mask {
        line("mask", format!("{column} is null unless {unless}"));
    }
    for (name, words) in [("also", others(table, true)), ("denied", denied(table))] {
        if !words.is_empty() {
            line(name, words.join(", "));
        }
    }
    lines
}

/// Describes the rules of a table as JSON.
pub(super) fn to_json(table: &TablePolicy) -> Json {
    json!({
        "read": table.read.as_ref().map(|rule| json!({ "columns": rule.columns, "where": rule.filter })),
        "insert": table.insert.as_ref().map(|rule| json!({ "columns": rule.columns, "set": rule.set, "check": rule.check })),
        "update": table.update.as_ref().map(|rule| json!({ "columns": rule.columns, "where": rule.filter, "check": rule.check })),
        "delete": table.delete.as_ref().map(|rule| json!({ "where": rule.filter })),
        "mask": table.mask,
        "allow": others(table, true),
        "denied": denied(table),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_in_words() {
        let table = TablePolicy::new()
            .read(["id", "text"], "tenant_id = :tenant")
            .insert(["text"])
            .set("tenant_id", ":tenant")
            .check("length(text) < 9")
            .delete("")
            .mask("text", "owner = :user")
            .allow(Allow::Returning);
        let said: Vec<String> = lines(&table).into_iter().map(|(name, words)| format!("{name}: {words}")).collect();
        let expected = [
            "read: id, text of rows where tenant_id = :tenant",
            "insert: text; the host sets tenant_id = :tenant; has to be true: length(text) < 9",
            "delete: all rows",
            "mask: text is null unless owner = :user",
            "also: returning",
            "denied: update, aggregate, lock, upsert",
        ];
        assert_eq!(said, expected);
        assert_eq!(to_json(&table)["update"], Json::Null);
    }
}
