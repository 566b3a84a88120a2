//! Describes a configuration's grants as JSON. Objects have sorted keys, so one file gives one document.

use serde_json::{Map, Value as Json, json};
use sqlservice_host::Access;

use super::{rules, warnings::Finding};
use crate::config::{Config, Granted, LIMITS, SchemaChanges, Tenant};

/// Returns the document of `check --json`.
pub(super) fn to_json(config: &Config, findings: &[Finding]) -> Json {
    let tell = |warns: bool| -> Vec<Json> {
        findings.iter().filter(|finding| finding.warns == warns).map(|finding| told(config, finding)).collect()
    };
    let tenants: Map<String, Json> =
        config.tenants.iter().map(|(name, tenant)| (name.clone(), of_tenant(config, name, tenant))).collect();
    json!({ "file": config.source.name, "tenants": tenants, "warnings": tell(true), "notes": tell(false) })
}

fn told(config: &Config, finding: &Finding) -> Json {
    let (line, column) = config.source.position(&finding.place);
    json!({
        "kind": finding.kind,
        "message": finding.message,
        "help": finding.help,
        "place": { "file": config.source.name, "line": line, "column": column },
    })
}

fn of_tenant(config: &Config, name: &str, tenant: &Tenant) -> Json {
    let plugins = tenant.plugins.keys().filter_map(|plugin| config.plugins.get_key_value(plugin));
    let plugins: Map<String, Json> =
        plugins.map(|(name, plugin)| (name.clone(), json!({ "component": plugin.component }))).collect();
    let databases: Map<String, Json> = tenant
        .databases
        .iter()
        .map(|(known_as, granted)| (known_as.clone(), of_grant(config, name, granted)))
        .collect();
    let directories = tenant.directories.iter().map(|directory| {
        let access = if directory.access == Access::Write { "write" } else { "read" };
        json!({ "host": directory.host, "guest": directory.guest, "access": access })
    });
    let limits: Map<String, Json> = differing(tenant)
        .map(|(name, limit, default)| (name.to_owned(), json!({ "limit": limit, "default": default })))
        .collect();
    json!({
        "plugins": plugins,
        "claims": tenant.claims.keys().collect::<Vec<_>>(),
        "databases": databases,
        "directories": directories.collect::<Vec<_>>(),
        "environment": tenant.env.keys().collect::<Vec<_>>(),
        "limits": limits,
    })
}

fn of_grant(config: &Config, tenant: &str, granted: &Granted) -> Json {
    let named = granted.policy.as_ref().and_then(|name| config.policies.get(name));
    let tables = match (named, &granted.tables) {
        (Some(named), _) => {
            json!(named.tables.iter().map(|(name, table)| (name.clone(), rules::to_json(table))).collect::<Map<_, _>>())
        }
        (None, tables) => json!(tables),
    };
    json!({
        "database": granted.database,
        "url": config.databases.get(&granted.database).map(|database| database.url.of_tenant(tenant).shown()),
        "location": config.location(granted, tenant),
        "policy": granted.policy,
        "policy-claims": named.map(|named| named.policy.claims()),
        "tables": tables,
        "raw-sql": granted.raw_sql,
        "schema-changes": match granted.schema_changes {
            SchemaChanges::None => json!(false),
            SchemaChanges::Own => json!("own"),
            SchemaChanges::All => json!(true),
        },
    })
}

/// Returns the limits that differ from the defaults, each with its default.
pub(super) fn differing(tenant: &Tenant) -> impl Iterator<Item = (&'static str, String, String)> + '_ {
    let default = sqlservice_host::TenantLimits::default();
    let both = LIMITS.iter().map(move |limit| (limit.name, limit.of(&tenant.limits), limit.of(&default)));
    both.filter(|(_, own, default)| own != default)
        .map(|(name, own, default)| (name, own.to_string(), default.to_string()))
}
