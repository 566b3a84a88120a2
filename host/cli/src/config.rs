//! `sqlservice.toml`: databases, limits, plugins, policies and tenants in one file.
//!
//! The reader keeps the place of each value, so each error points at a line and a column. It opens and connects to nothing: databases,
//! components, directories and variables are resolved when they are used. No error holds a secret: `hidden`.

mod database;
mod grant;
mod hidden;
mod limits;
mod node;
mod open;
mod policy;
mod span;
mod tenant;
#[cfg(test)]
mod tests;
mod url;

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlservice_host::TenantLimits;
use toml::de::DeTable;

pub(crate) use self::{
    database::Database,
    grant::{Granted, SchemaChanges, rights},
    limits::LIMITS,
    policy::NamedPolicy,
    span::{Problem, SourceText, Span},
    tenant::Tenant,
    url::sqlite_path,
};
use self::{
    node::{Result, Table, unknown_word},
    url::{UNSAFE_NAME, is_safe},
};
use crate::{
    exit::Exit,
    failure::{self, Failure},
};

/// The default file.
pub(crate) const FILE: &str = "sqlservice.toml";
/// Its JSON schema, for editors.
pub(crate) const SCHEMA: &str = include_str!("../sqlservice.schema.json");
/// The largest file, in bytes.
const LARGEST: u64 = 4 << 20;
/// The tables of the file.
const KEYS: &[&str] = &["databases", "limits", "plugins", "policies", "tenants"];
/// The keys of a plugin.
const PLUGIN_KEYS: &[&str] = &["component"];

/// The content of the file. All references are resolved, and no two settings contradict each other.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) source: SourceText,
    pub(crate) databases: BTreeMap<String, Database>,
    pub(crate) plugins: BTreeMap<String, Plugin>,
    pub(crate) policies: BTreeMap<String, NamedPolicy>,
    pub(crate) tenants: BTreeMap<String, Tenant>,
}

/// A plugin that tenants may run.
#[derive(Clone, Debug)]
pub(crate) struct Plugin {
    /// The place of the component's path in the file.
    pub(crate) place: Span,
    /// The component's path, as written in the file.
    pub(crate) component: String,
}

/// Reads the file.
pub(crate) fn load(path: &Path) -> failure::Result<Config> {
    let name = path.display().to_string();
    let wrong = |words: String| Failure::new(Exit::Usage, format!("{name} {words}"));
    let file = fs::File::open(path).map_err(|error| {
        wrong(format!("cannot be read: {error}"))
            .help("--config names another file; `sqlservice help check` shows an example")
    })?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(wrong(format!("is too large: a configuration file has {LARGEST} bytes at most")));
    }
    read(name, path.parent().unwrap_or(Path::new("")).to_owned(), &bytes)
}

/// Parses the bytes of a file of that name, whose paths are relative to `dir`.
pub(crate) fn read(name: String, dir: PathBuf, bytes: &[u8]) -> failure::Result<Config> {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    let mut source = SourceText { name, dir, text: Arc::clone(&text), hidden: Vec::new() };
    let unreadable = |mut source: SourceText, problem: Problem| {
        source.hidden = hidden::of_line(&source.text, problem.place.start);
        Err(source.failure(problem))
    };
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = error.valid_up_to();
        return unreadable(source, Problem::new(at..at + 1, "the file is not UTF-8 from here on"));
    }
    let document = match DeTable::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            let place = error.span().unwrap_or(0..0);
            let problem = Problem::new(place, format!("this is no TOML: {}", error.message()));
            return unreadable(source, problem.help("https://toml.io shows how it is written"));
        }
    };
    source.hidden = hidden::of_document(document.get_ref());
    contents(&Table::root(document.get_ref()), &source).map_err(|problem| source.failure(problem))
}

fn contents(root: &Table<'_>, source: &SourceText) -> Result<Config> {
    root.only(KEYS)?;
    let base = TenantLimits::default();
    let base = root.get("limits").map_or_else(|| Ok(base.clone()), |entry| limits::read(&entry.table()?, &base))?;
    let mut config = Config {
        source: source.clone(),
        databases: BTreeMap::new(),
        plugins: BTreeMap::new(),
        policies: BTreeMap::new(),
        tenants: BTreeMap::new(),
    };
    for entry in root.tables("databases")? {
        config.databases.insert(entry.name.to_owned(), database::read(&entry)?);
    }
    for entry in root.tables("plugins")? {
        config.plugins.insert(entry.name.to_owned(), read_plugin(&entry)?);
    }
    for entry in root.tables("policies")? {
        config.policies.insert(entry.name.to_owned(), policy::read(&entry, &source.text)?);
    }
    for entry in root.tables("tenants")? {
        config.tenants.insert(entry.name.to_owned(), tenant::read(&entry, &base)?);
    }
    for (name, tenant) in &config.tenants {
        config.check(root, name, tenant)?;
    }
    Ok(config)
}

fn read_plugin(entry: &node::Entry<'_>) -> Result<Plugin> {
    let table = entry.table()?;
    table.only(PLUGIN_KEYS)?;
    let component = table.need("component", "component = \"notes.wasm\"")?;
    let path = component.text()?;
    if path.is_empty() || path.contains('\0') {
        return Err(component.wrong("this is no path of a component"));
    }
    Ok(Plugin { place: component.place(), component: path.to_owned() })
}

impl Config {
    /// Refuses a tenant with references to missing items, or without the claims of its policies.
    fn check(&self, root: &Table<'_>, name: &str, tenant: &Tenant) -> Result<()> {
        for (plugin, place) in &tenant.plugins {
            if !self.plugins.contains_key(plugin) {
                let all = self.plugins.keys().map(String::as_str);
                return Err(unknown_word(place.clone(), plugin, "plugin", "of [plugins]", all));
            }
        }
        for granted in tenant.databases.values() {
            granted.check_names(self.databases.keys().map(String::as_str), self.policies.keys().map(String::as_str))?;
            let by_tenant = self.databases.get(&granted.database).is_some_and(|database| database.url.is_by_tenant());
            if by_tenant && !is_safe(name) {
                return Err(Problem::new(tenant.place.clone(), UNSAFE_NAME).help("give the tenant another name"));
            }
            let Some((policy, named)) = granted.policy.as_ref().and_then(|name| self.policies.get_key_value(name))
            else {
                continue;
            };
            let entry =
                root.get("policies").map(|policies| policies.table()).transpose()?.and_then(|all| all.get(policy));
            if let Some(entry) = entry {
                policy::check_claims(named, &entry, &self.source.text, name, &tenant.claims)?;
            }
        }
        Ok(())
    }

    /// Finds a tenant by its name.
    pub(crate) fn tenant(&self, name: &str) -> failure::Result<(&str, &Tenant)> {
        self.tenants.get_key_value(name).map(|(name, tenant)| (name.as_str(), tenant)).ok_or_else(|| {
            let all = self.tenants.keys().map(String::as_str);
            let problem = unknown_word(0..0, name, "tenant", &format!("of {}", self.source.name), all);
            problem.help.into_iter().fold(Failure::new(Exit::Usage, problem.message), Failure::help)
        })
    }

    /// Resolves a path of the file against the file's directory.
    pub(crate) fn path(&self, written: &str) -> PathBuf {
        self.source.dir.join(written)
    }
}
