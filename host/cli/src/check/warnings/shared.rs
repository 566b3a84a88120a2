//! Finds effects that tenants can have on each other in a shared database.

use std::collections::{BTreeMap, BTreeSet};

use sqlservice_host::policy::TablePolicy;

use super::Finding;
use crate::config::{Config, Granted, SchemaChanges, sqlite_path};

/// A grant and its tenant.
struct Share<'a> {
    tenant: &'a str,
    granted: &'a Granted,
}

/// Returns the databases with grants of more than one tenant. Two names of one location are one database, as far as this machine can
/// tell.
fn shared(config: &Config) -> BTreeMap<String, Vec<Share<'_>>> {
    let mut all: BTreeMap<String, Vec<Share<'_>>> = BTreeMap::new();
    for (tenant, settings) in &config.tenants {
        for granted in settings.databases.values() {
            if let Some(place) = config.database_place(granted, tenant) {
                all.entry(place).or_default().push(Share { tenant, granted });
            }
        }
    }
    all.retain(|_, shares| shares.iter().any(|share| shares.iter().any(|other| other.tenant != share.tenant)));
    all
}

pub(super) fn find(config: &Config, findings: &mut Vec<Finding>) {
    for (place, shares) in shared(config) {
        let place = sqlite_path(&place).map(|path| path.display().to_string());
        if let (Some(path), Some(first)) = (place, shares.first()) {
            let message = format!("{} share the SQLite file {path}", tenants(&shares));
            let help = "it has one writer at a time and one size: a tenant can stop the others; url = \"sqlite:{tenant}.db\" is a \
                        file for each";
            findings.push(Finding::warning("shared-file", &first.granted.place, message, help));
        }
        for share in &shares {
            unguarded(config, share, &shares, findings);
        }
    }
}

/// The names of the tenants, each once.
fn tenants(shares: &[Share<'_>]) -> String {
    let names: BTreeSet<&str> = shares.iter().map(|share| share.tenant).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn unguarded(config: &Config, share: &Share<'_>, shares: &[Share<'_>], findings: &mut Vec<Finding>) {
    let (tenant, granted, database) = (share.tenant, share.granted, &share.granted.database);
    let others: Vec<Share<'_>> = shares
        .iter()
        .filter(|other| other.tenant != tenant)
        .map(|other| Share { tenant: other.tenant, granted: other.granted })
        .collect();
    let seen: Vec<&Share<'_>> = others.iter().filter(|other| meet(config, granted, other.granted)).collect();
    if granted.policy.is_none() && !seen.is_empty() {
        let names: BTreeSet<&str> = seen.iter().map(|share| share.tenant).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let tables = granted.tables.as_ref().map_or_else(
            || "all tables".to_owned(),
            |tables| tables.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        );
        let message = format!("{tenant} sees all rows of {tables} in database {database}, those of {names} too");
        let help = "give each of them a policy, tables of its own, or a database of its own";
        findings.push(Finding::warning("shared-rows", &granted.place, message, help));
    }
    if granted.schema_changes == SchemaChanges::All {
        let message = format!(
            "{tenant} may create and drop tables of database {database}, which is also used by {}",
            tenants(&others)
        );
        let help = "create the tables before and leave out schema-changes, or say schema-changes = \"own\"";
        findings.push(Finding::warning("schema-changes", &granted.place, message, help));
    }
    for (table, rules) in open_rules(config, granted) {
        let message = format!("the policy lets {tenant} {rules} rows of {table} whose owner is not asked for");
        let help = "a where clause with a claim, and set for inserts, keep tenants apart";
        findings.push(Finding::warning("shared-changes", &granted.place, message, help));
    }
}

/// Whether two grants have a table in common.
fn meet(config: &Config, one: &Granted, other: &Granted) -> bool {
    match (tables(config, one), tables(config, other)) {
        (Some(one), Some(other)) => !one.is_disjoint(&other),
        (Some(some), None) | (None, Some(some)) => !some.is_empty(),
        (None, None) => true,
    }
}

/// Returns the tables of a grant; `None` is all tables.
fn tables<'a>(config: &'a Config, granted: &'a Granted) -> Option<BTreeSet<&'a str>> {
    let policy = granted.policy.as_ref().and_then(|name| config.policies.get(name));
    match (policy, &granted.tables) {
        (Some(named), _) => Some(named.tables.keys().map(String::as_str).collect()),
        (None, tables) => tables.as_ref().map(|tables| tables.keys().map(String::as_str).collect()),
    }
}

/// Returns the tables whose rows a policy lets a tenant change without a condition on their owner.
fn open_rules<'a>(config: &'a Config, granted: &'a Granted) -> Vec<(&'a str, String)> {
    let Some(named) = granted.policy.as_ref().and_then(|name| config.policies.get(name)) else { return Vec::new() };
    let rules = |table: &TablePolicy| {
        let open = [
            ("insert", table.insert.as_ref().is_some_and(|rule| rule.set.is_empty())),
            ("update", table.update.as_ref().is_some_and(|rule| rule.filter.is_none())),
            ("delete", table.delete.as_ref().is_some_and(|rule| rule.filter.is_none())),
        ];
        open.into_iter().filter(|(_, open)| *open).map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    };
    let all = named.tables.iter().map(|(name, table)| (name.as_str(), rules(table)));
    all.filter(|(_, rules)| !rules.is_empty()).collect()
}
