//! Finds unsafe settings of a configuration, and the gaps that policies leave.

mod login;
mod machine;
mod remains;
mod shared;

use std::borrow::Cow;

use sqlservice_host::Access;

use crate::config::{Config, Granted, LIMITS, Span, Tenant};

/// A finding that the host's operator should know.
pub(super) struct Finding {
    /// The kind, for scripts.
    pub(super) kind: &'static str,
    /// Whether it is a warning, and not only a note.
    pub(super) warns: bool,
    pub(super) place: Span,
    pub(super) message: String,
    pub(super) help: Cow<'static, str>,
}

impl Finding {
    fn warning(kind: &'static str, place: &Span, message: String, help: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, warns: true, place: place.clone(), message, help: help.into() }
    }

    fn note(kind: &'static str, place: &Span, message: String, help: impl Into<Cow<'static, str>>) -> Self {
        Self { warns: false, ..Self::warning(kind, place, message, help) }
    }
}

/// Returns all findings: warnings first, then by their place in the file and their kind.
pub(super) fn of(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, tenant) in &config.tenants {
        for (known_as, granted) in &tenant.databases {
            grant(name, known_as, granted, &mut findings);
        }
        rights(name, tenant, &mut findings);
    }
    shared::find(config, &mut findings);
    machine::find(config, &mut findings);
    unused(config, &mut findings);
    remains::find(config, &mut findings);
    sort(&mut findings);
    findings
}

/// Adds the findings on the logins under which tenants may send SQL text. Connects to their databases.
pub(super) async fn of_logins(config: &Config, findings: &mut Vec<Finding>) {
    login::find(config, findings).await;
    sort(findings);
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (!finding.warns, finding.place.start, finding.kind));
}

fn grant(tenant: &str, known_as: &str, granted: &Granted, findings: &mut Vec<Finding>) {
    let database = &granted.database;
    if granted.raw_sql {
        let message = format!(
            "plugins of {tenant} may send SQL text to {known_as:?} (database {database}), which does whatever the login can"
        );
        let help = "give this tenant a database, or at least a login role, of its own that reaches nothing of others";
        findings.push(Finding::warning("raw-sql", &granted.place, message, help));
    }
}

/// Parts of variables' names that suggest a secret.
const SECRETS: [&str; 7] = ["KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "URL", "AUTH"];

/// Checks the rights of a tenant besides databases.
fn rights(name: &str, tenant: &Tenant, findings: &mut Vec<Finding>) {
    let lifted: Vec<&str> =
        LIMITS.iter().filter(|limit| limit.is_lifted(&tenant.limits)).map(|limit| limit.name).collect();
    if !lifted.is_empty() {
        let message = format!("plugins of {name} have no limit of {}", lifted.join(", "));
        let help = "that is for plugins that you would run outside of a sandbox as well; say how much is enough";
        findings.push(Finding::warning("no-limit", &tenant.place, message, help));
    }
    for directory in tenant.directories.iter().filter(|directory| directory.access == Access::Write) {
        let message = format!("plugins of {name} may change and remove all files in {}", directory.host);
        let help = "let it hold nothing that the host reads or runs; a full disk stops others, so give it a quota";
        findings.push(Finding::warning("writable-directory", &directory.place, message, help));
    }
    let sounds = |name: &str| SECRETS.iter().any(|word| name.to_uppercase().contains(word));
    let (secret, plain): (Vec<&str>, Vec<&str>) = tenant.env.keys().map(String::as_str).partition(|name| sounds(name));
    let message = |names: &[&str]| format!("plugins of {name} read the values of {}", names.join(", "));
    if !secret.is_empty() {
        let help = "a plugin may tell on whatever it reads; give it nothing that opens something else";
        findings.push(Finding::warning("environment", &tenant.place, message(&secret), help));
    }
    if !plain.is_empty() {
        findings.push(Finding::note(
            "environment",
            &tenant.place,
            message(&plain),
            "a plugin may tell on whatever it reads",
        ));
    }
    if tenant.plugins.is_empty() {
        let message = format!("{name} may run no plugin");
        findings.push(Finding::warning(
            "no-plugin",
            &tenant.place,
            message,
            "plugins = [\"…\"] names those that it may run",
        ));
    }
}

/// Finds items of the file that no tenant uses, perhaps because of a misspelled name.
fn unused(config: &Config, findings: &mut Vec<Finding>) {
    let granted = || config.tenants.values().flat_map(|tenant| tenant.databases.values());
    let mut tell = |kind: &str, name: &str, place: &Span| {
        let message = format!("no tenant has the {kind} {name}");
        findings.push(Finding::warning("unused", place, message, "remove it, or let a tenant have it"));
    };
    for (name, database) in &config.databases {
        if !granted().any(|grant| grant.database == *name) {
            tell("database", name, &database.place);
        }
    }
    for (name, policy) in &config.policies {
        if !granted().any(|grant| grant.policy.as_deref() == Some(name)) {
            tell("policy", name, &policy.place);
        }
    }
    for (name, plugin) in &config.plugins {
        if !config.tenants.values().any(|tenant| tenant.plugins.contains_key(name)) {
            tell("plugin", name, &plugin.place);
        }
    }
}
