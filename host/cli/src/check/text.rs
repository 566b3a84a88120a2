//! Describes a configuration's grants as text.

use std::fmt::Write as _;

use sqlservice_host::Access;

use super::{json::differing, rules, warnings::Finding};
use crate::{
    config::{Config, Granted, SchemaChanges, Tenant, rights},
    output,
};

/// Describes each tenant, then warnings, then notes.
pub(super) fn to_text(config: &Config, findings: &[Finding]) -> String {
    let mut text = String::new();
    for (name, tenant) in &config.tenants {
        let _ = writeln!(text, "{}", output::heading(&format!("Tenant {name}")));
        for line in of_tenant(config, name, tenant) {
            let _ = writeln!(text, "{}", format!("  {}", output::harmless(&line)).trim_end());
        }
        text.push('\n');
    }
    section(&mut text, "Warnings", config, findings.iter().filter(|finding| finding.warns));
    section(
        &mut text,
        "What policies cannot close, and what else to know",
        config,
        findings.iter().filter(|finding| !finding.warns),
    );
    let warnings = findings.iter().filter(|finding| finding.warns).count();
    let count = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let _ = write!(
        text,
        "{} can be used: {}, {}.",
        config.source.name,
        count(config.tenants.len(), "tenant", "tenants"),
        count(warnings, "warning", "warnings"),
    );
    text
}

fn section<'a>(text: &mut String, title: &str, config: &Config, findings: impl Iterator<Item = &'a Finding>) {
    let mut findings = findings.peekable();
    if findings.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "{}", output::heading(title));
    for finding in findings {
        let (line, column) = config.source.position(&finding.place);
        let message = output::harmless(&finding.message);
        let _ = writeln!(text, "  {}:{line}:{column}: {message}\n    {}", config.source.name, finding.help);
    }
    text.push('\n');
}

fn of_tenant(config: &Config, name: &str, tenant: &Tenant) -> Vec<String> {
    let plugins = tenant.plugins.keys().filter_map(|plugin| config.plugins.get_key_value(plugin));
    let plugins: Vec<String> = plugins.map(|(name, plugin)| format!("{name} ({})", plugin.component)).collect();
    let mut lines = match plugins.as_slice() {
        [] => vec!["may run no plugin; what follows holds once it may".to_owned()],
        [one] => vec![format!("may run {one}, which may use:")],
        _ => vec![format!("may run {}; each of them may use:", plugins.join(", "))],
    };
    for (known_as, granted) in &tenant.databases {
        lines.push(String::new());
        lines.extend(of_grant(config, name, known_as, granted));
    }
    if tenant.databases.is_empty() {
        lines.push("no database".to_owned());
    }
    lines.push(String::new());
    lines.extend(others(tenant));
    lines
}

/// Directories, variables and limits.
fn others(tenant: &Tenant) -> Vec<String> {
    let mut lines = Vec::new();
    for directory in &tenant.directories {
        let may = if directory.access == Access::Write { "read and write" } else { "read" };
        lines.push(format!("directory {}, seen as {}: {may}", directory.host, directory.guest));
    }
    if tenant.directories.is_empty() {
        lines.push("no directory".to_owned());
    }
    let names: Vec<&str> = tenant.env.keys().map(String::as_str).collect();
    lines.push(if names.is_empty() {
        "no environment variable".to_owned()
    } else {
        format!("variables: {}", names.join(", "))
    });
    let limits: Vec<String> =
        differing(tenant).map(|(name, limit, default)| format!("{name} {limit} (default {default})")).collect();
    lines.push(if limits.is_empty() {
        "limits: the defaults".to_owned()
    } else {
        format!("limits: {}, else the defaults", limits.join(", "))
    });
    lines
}

fn of_grant(config: &Config, tenant: &str, known_as: &str, granted: &Granted) -> Vec<String> {
    let url = config.databases.get(&granted.database).map(|database| database.url.of_tenant(tenant).shown());
    let url = url.unwrap_or_default();
    let location = config.location(granted, tenant).filter(|location| *location != url);
    let location = location.map(|location| format!(", which is {location}")).unwrap_or_default();
    let mut lines = vec![format!("database {known_as:?}: {} at {url}{location}", granted.database)];
    let named = granted.policy.as_ref().and_then(|name| config.policies.get_key_value(name));
    if let Some((name, named)) = named {
        let claims: Vec<&str> = named.policy.claims().into_iter().collect();
        let claims = if claims.is_empty() { "no claim".to_owned() } else { claims.join(", ") };
        lines.push(format!("  by policy {name:?}, which asks for {claims}; no other table exists"));
        for (table, rules) in &named.tables {
            lines.push(format!("  table {table}"));
            lines.extend(rules::lines(rules).into_iter().map(|(rule, words)| format!("    {rule:<8}{words}")));
        }
    } else if let Some(tables) = &granted.tables {
        for (table, granted) in tables {
            let all = granted.len() == rights().count();
            let words = if all {
                "all rows and columns: everything".to_owned()
            } else {
                format!("all rows and columns: {}", granted.join(", "))
            };
            lines.push(format!("  table {table}, {words}"));
        }
        lines.push("  no other table exists".to_owned());
    } else {
        lines.push("  all tables, all rows and columns: read, insert, update, delete".to_owned());
    }
    let no = |granted: bool| if granted { "" } else { "no " };
    let changes = match granted.schema_changes {
        SchemaChanges::None => "no creating and dropping of tables",
        SchemaChanges::Own => "creating of tables, and dropping of those that the plugin created",
        SchemaChanges::All => "creating and dropping of tables",
    };
    lines.push(format!("  {}SQL text, {changes}", no(granted.raw_sql)));
    lines
}
