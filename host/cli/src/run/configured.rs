//! A run for a tenant of a configuration file, which has the grants and limits.

use std::path::Path;

use sqlservice_host::EngineLimits;

use super::{RunTarget, engine, stdio};
use crate::{args::Run, cache, config, databases::NamedDatabase, failure::Result};

/// Makes the engine and the tenant from the file.
pub(super) fn target(asked: &Run, file: &Path, tenant: &str) -> Result<RunTarget> {
    let config = config::load(file)?;
    let (name, tenant) = config.tenant(tenant)?;
    let (plugin, component) = config.component(name, tenant, &asked.component)?;
    let problem = |problem| config.source.failure(problem);
    let (mut databases, mut grants) = (Vec::new(), Vec::new());
    for (known_as, granted) in &tenant.databases {
        let (grant, url) = config.grant(granted, name).map_err(problem)?;
        databases.push(NamedDatabase::configured(known_as, url, granted.raw_sql));
        grants.push((known_as, grant));
    }
    // Checked before the engine is made, so that an error has its place in the file.
    config.check_directories(tenant).map_err(problem)?;
    // One instance is called, and another one may return its models before.
    let limits = EngineLimits::default().memory(tenant.limits.memory).instances(2);
    let (engine, tenant) = cache::with(&asked.cache, |cache| {
        let engine = engine(asked, limits.clone(), cache)?;
        let mut builder = config.furnish(tenant, engine.tenant(name).stdio(stdio(asked)));
        for (name, grant) in &grants {
            builder = builder.database(name.as_str(), grant.clone());
        }
        let tenant = builder.build()?;
        Ok((engine, tenant))
    })?;
    Ok(RunTarget { engine, tenant, databases, component, plugin: Some(plugin) })
}
