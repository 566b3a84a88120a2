//! Errors and tables as lines that a test can compare.

use sqlservice_sdk::{
    error::{ConstraintKind, Error, Violation},
    schema::{Action, Column, DefaultValue, ForeignKey, Index, Table, TypeKind},
};

/// An error's case and the details that a caller can branch on.
pub fn error(error: &Error) -> String {
    match error {
        Error::NoSuchDatabase => "no-such-database".to_owned(),
        Error::Denied(_) => "denied".to_owned(),
        Error::NoSuchTable(table) => format!("no-such-table {table}"),
        Error::NoSuchColumn(column) => format!("no-such-column {}", column.column),
        Error::Unsupported(missing) => format!("unsupported {}", missing.capability),
        Error::Invalid(problem) => format!("invalid: {}", problem.message),
        Error::TypeMismatch(mismatch) => format!("type-mismatch {}", mismatch.column),
        Error::Integrity(violation) => integrity(violation),
        Error::NoResult => "no-result".to_owned(),
        Error::MultipleResults => "multiple-results".to_owned(),
        Error::LockNotAvailable(_) => "lock-not-available".to_owned(),
        Error::Data(_) => "data".to_owned(),
        Error::Operational(error) => format!("operational: {}", error.message),
        Error::PendingRollback => "pending-rollback".to_owned(),
        Error::TransactionClosed => "transaction-closed".to_owned(),
        Error::AlreadyBegun => "already-begun".to_owned(),
        Error::Busy => "busy".to_owned(),
        Error::Closed => "closed".to_owned(),
        Error::PoolTimeout(_) => "pool-timeout".to_owned(),
        Error::Timeout => "timeout".to_owned(),
        Error::Cancelled => "cancelled".to_owned(),
        Error::Disconnected => "disconnected".to_owned(),
        Error::Limit(limit) => format!("limit LimitKind::{:?} {}", limit.kind, limit.allowed),
        other => format!("{other:?}"),
    }
}

fn integrity(violation: &Violation) -> String {
    let kind = match violation.kind {
        ConstraintKind::Unique => "unique",
        ConstraintKind::ForeignKey => "foreign-key",
        ConstraintKind::NotNull => "not-null",
        ConstraintKind::Check => "check",
        _ => "other",
    };
    let maybe = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    let columns = violation.columns.join(",");
    format!(
        "integrity {kind} table={} columns={columns} constraint={}",
        maybe(&violation.table),
        maybe(&violation.constraint)
    )
}

/// The result of a call, or its error.
pub fn outcome<T: std::fmt::Display>(result: Result<T, Error>) -> String {
    result.map_or_else(|failure| error(&failure), |value| value.to_string())
}

/// The rows of a call, or its error.
pub fn rows<T: std::fmt::Debug>(result: Result<Vec<T>, Error>) -> String {
    outcome(result.map(|rows| format!("{rows:?}")))
}

/// `ok` for a call without a result, or its error.
pub fn done(result: Result<(), Error>) -> String {
    outcome(result.map(|()| "ok"))
}

/// A value as Rust shows it, decimals as their digits.
pub fn debug(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").replace("Decimal(\"", "").replace("\")", "")
}

/// A table as lines, one fact each, prefixed with the table's name.
pub fn table(table: &Table) -> Vec<String> {
    let mut facts = vec![if table.is_view { "view".to_owned() } else { "table".to_owned() }];
    facts.extend(table.columns.iter().map(column));
    if !table.primary_key.is_empty() {
        facts.push(format!("primary key ({})", table.primary_key.join(", ")));
        facts.extend(table.primary_key_name.iter().map(|name| format!("primary key's name {name}")));
    }
    // Columns are ordered, the other facts are not.
    let mut others: Vec<String> = table.foreign_keys.iter().map(foreign_key).collect();
    others.extend(table.uniques.iter().map(|unique| index("unique", unique)));
    others.extend(table.indexes.iter().map(|it| index(if it.unique { "unique index" } else { "index" }, it)));
    others.extend(table.checks.iter().map(|check| format!("check {}", named(check.name.as_ref()))));
    others.sort();
    facts.extend(others);
    facts.extend(table.comment.iter().map(|comment| format!("comment {comment:?}")));
    facts.into_iter().map(|fact| format!("{}: {fact}", table.name)).collect()
}

fn column(column: &Column) -> String {
    let ty = &column.ty;
    let mut text = format!("column {:?} {}", column.name, kind(ty.kind));
    if let Some(length) = ty.length {
        text += &format!("({length})");
    }
    if !column.nullable {
        text += " not null";
    }
    match &column.default {
        DefaultValue::None => {}
        DefaultValue::GeneratedKey => text += " generated",
        DefaultValue::Now => text += " default now",
        DefaultValue::Literal(value) => text += &format!(" default {value:?}"),
        DefaultValue::Expression(sql) => text += &format!(" default expression {sql}"),
    }
    if let Some(comment) = &column.comment {
        text += &format!(" comment {comment:?}");
    }
    text
}

fn kind(kind: TypeKind) -> String {
    format!("{kind:?}").rsplit("::").next().unwrap_or_default().to_lowercase()
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut text = format!(
        "foreign key {} ({}) -> {} ({})",
        named(key.name.as_ref()),
        key.columns.join(", "),
        key.table,
        key.referred.join(", ")
    );
    for (when, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        let action = match action {
            Action::NoAction => continue,
            Action::Restrict => "restrict",
            Action::Cascade => "cascade",
            Action::SetNull => "set null",
            Action::SetDefault => "set default",
        };
        text += &format!(" on {when} {action}");
    }
    text
}

fn index(kind: &str, index: &Index) -> String {
    format!("{kind} {} ({})", named(index.name.as_ref()), index.columns.join(", "))
}

fn named(name: Option<&String>) -> &str {
    name.map_or("?", String::as_str)
}
