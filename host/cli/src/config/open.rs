//! Opens what the file names for a tenant: databases with their URLs and grants, the component of a plugin, directories.

use std::path::{Component, Path, PathBuf};

use sqlservice_host::{Grant, ServerLimit, TenantBuilder, db};

use super::{
    Config, Database, Granted, Tenant,
    node::Result,
    span::{Problem, Span},
    sqlite_path,
};
use crate::{
    exit::Exit,
    failure::{self, Failure},
    secret,
};

impl Config {
    /// Returns the URL of a tenant's database. It is for the host alone.
    pub(crate) fn url(&self, database: &Database, tenant: &str) -> Result<String> {
        let wrong = |(message, help)| Problem::new(database.url_place.clone(), message).help(help);
        database.url.url(tenant, &self.source.dir).map_err(wrong)
    }

    /// Returns the location of a tenant's database as far as it is known: the server or file, without user and password.
    pub(crate) fn location(&self, granted: &Granted, tenant: &str) -> Option<String> {
        let (_, url) = self.grant(granted, tenant).ok()?;
        Some(secret::location(&url))
    }

    /// Returns the identity of a database: its location, or the origin of its URL while that is not known. `None` where each grant is a
    /// database of its own.
    pub(crate) fn database_place(&self, granted: &Granted, tenant: &str) -> Option<String> {
        let database = self.databases.get(&granted.database)?;
        let Ok(url) = self.url(database, tenant) else { return Some(database.url.of_tenant(tenant).shown()) };
        if !url.starts_with("sqlite:") {
            return Some(secret::location(&url));
        }
        let path = sqlite_path(&url)?;
        Some(format!("sqlite:{}", same_file(&path).display()))
    }

    /// Returns a tenant's grant of a database, and its URL. Does not connect yet.
    pub(crate) fn grant(&self, granted: &Granted, tenant: &str) -> Result<(Grant, String)> {
        let Some(database) = self.databases.get(&granted.database) else {
            return Err(Problem::new(granted.place.clone(), "there is no such database"));
        };
        let url = self.url(database, tenant)?;
        let wrong = |error: db::Error, place: &Span| {
            let words = secret::scrub(&error.to_string(), &url);
            Problem::new(place.clone(), format!("database {:?}: {words}", granted.database))
        };
        let opened = Grant::open(&url, database.settings.clone()).map_err(|error| wrong(error, &database.url_place))?;
        if let Some((most, place)) = &database.server_connections {
            ServerLimit::of(&url).map_err(|error| wrong(error, place))?.set(*most);
        }
        let grant = granted.restrict(opened);
        let policy = granted.policy.as_ref().and_then(|name| self.policies.get(name));
        let grant = match policy {
            Some(named) => grant.policy(named.policy.clone()),
            None => grant,
        };
        Ok((grant, url))
    }

    /// Finds a plugin that a tenant may run, by name or path. Returns its name and the path of its component.
    pub(crate) fn component(&self, name: &str, tenant: &Tenant, asked: &Path) -> failure::Result<(String, PathBuf)> {
        let paths = || tenant.plugins.keys().filter_map(|plugin| self.plugins.get_key_value(plugin));
        let same = |path: &Path| path.canonicalize().ok().zip(asked.canonicalize().ok()).is_some_and(|(a, b)| a == b);
        let by_name = paths().find(|(plugin, _)| Path::new(plugin.as_str()) == asked);
        let found = by_name.or_else(|| paths().find(|(_, plugin)| same(&self.path(&plugin.component))));
        if let Some((name, plugin)) = found {
            return Ok((name.clone(), self.path(&plugin.component)));
        }
        let all: Vec<&str> = tenant.plugins.keys().map(String::as_str).collect();
        let all = if all.is_empty() { "it may run none".to_owned() } else { format!("it may run: {}", all.join(", ")) };
        let message = format!("tenant {name:?} may not run {}", asked.display());
        Err(Failure::new(Exit::Usage, message).help(format!("{all}; [tenants.{name}] plugins says so")))
    }

    /// Refuses granted directories that do not exist.
    pub(crate) fn check_directories(&self, tenant: &Tenant) -> Result<()> {
        let missing = tenant.directories.iter().find(|directory| !self.path(&directory.host).is_dir());
        missing.map_or(Ok(()), |directory| Err(Problem::new(directory.place.clone(), "there is no such directory")))
    }

    /// Sets the parts of a tenant besides databases: limits, claims, directories and environment.
    pub(crate) fn furnish(&self, tenant: &Tenant, mut builder: TenantBuilder) -> TenantBuilder {
        builder = builder.limits(tenant.limits.clone());
        for (name, value) in &tenant.claims {
            builder = builder.claim(name, value.clone());
        }
        for directory in &tenant.directories {
            builder = builder.directory(self.path(&directory.host), &directory.guest, directory.access);
        }
        tenant.env.iter().fold(builder, |builder, (name, value)| builder.env(name, value))
    }
}

/// Returns one path for all paths that lead to the same file, also where it does not exist yet.
fn same_file(path: &Path) -> PathBuf {
    let plain = || path.components().filter(|part| *part != Component::CurDir).collect();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let below = || Some(parent.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(below).unwrap_or_else(plain)
}
