//! `[tenants.NAME.databases.NAME]`: the rights of a tenant's plugins to a database.

use std::collections::BTreeMap;

use sqlservice_host::{Grant, Operations};
use toml::de::DeValue;

use super::{
    node::{Entry, Result, unknown_word},
    span::{Problem, Span},
};

/// All keys.
pub(super) const KEYS: &[&str] = &["database", "policy", "tables", "raw-sql", "schema-changes"];

/// The rights to a table's rows.
const RIGHTS: [(&str, Operations); 4] = [
    ("read", Operations::READ),
    ("insert", Operations::INSERT),
    ("update", Operations::UPDATE),
    ("delete", Operations::DELETE),
];

/// The tables that plugins may create and drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SchemaChanges {
    None,
    /// Plugins create tables, and each drops those that it created.
    Own,
    All,
}

/// The names of all rights.
pub(crate) fn rights() -> impl Iterator<Item = &'static str> {
    RIGHTS.into_iter().map(|(name, _)| name)
}

/// A granted database.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    /// The place of its name in the file.
    pub(crate) place: Span,
    /// The name in `[databases]`.
    pub(crate) database: String,
    pub(crate) policy: Option<String>,
    /// Tables and the rights to them; all tables where there is neither this nor a policy.
    pub(crate) tables: Option<BTreeMap<String, Vec<&'static str>>>,
    pub(crate) raw_sql: bool,
    pub(crate) schema_changes: SchemaChanges,
    /// The place of the reference to the policy.
    policy_place: Span,
    database_place: Span,
}

pub(super) fn read(entry: &Entry<'_>) -> Result<Granted> {
    let table = entry.table()?;
    table.only(KEYS)?;
    let database = table.need("database", "database = \"main\", a name of [databases]")?;
    let policy = table.get("policy");
    let tables = table.get("tables");
    let granted = Granted {
        place: entry.key.clone(),
        database: database.text()?.to_owned(),
        policy: policy.as_ref().map(|entry| entry.text().map(str::to_owned)).transpose()?,
        tables: tables.as_ref().map(read_tables).transpose()?,
        raw_sql: table.get("raw-sql").map_or(Ok(false), |entry| entry.boolean())?,
        schema_changes: table.get("schema-changes").map_or(Ok(SchemaChanges::None), |entry| read_changes(&entry))?,
        policy_place: policy.map_or(0..0, |entry| entry.place()),
        database_place: database.place(),
    };
    let place = |name: &str| table.get(name).map_or_else(|| entry.key.clone(), |entry| entry.key);
    granted.contradiction().map_or(Ok(()), |(key, words, help)| Err(Problem::new(place(key), words).help(help)))?;
    Ok(granted)
}

fn read_changes(entry: &Entry<'_>) -> Result<SchemaChanges> {
    match entry.value() {
        DeValue::Boolean(false) => Ok(SchemaChanges::None),
        DeValue::Boolean(true) => Ok(SchemaChanges::All),
        DeValue::String(word) if word == "own" => Ok(SchemaChanges::Own),
        _ => Err(entry.is_not("true, false or \"own\"")),
    }
}

/// Reads tables: a list of names with all rights, or a table of names with their rights.
fn read_tables(entry: &Entry<'_>) -> Result<BTreeMap<String, Vec<&'static str>>> {
    match entry.value() {
        DeValue::Array(_) => {
            let all: Vec<&str> = rights().collect();
            Ok(entry.texts()?.into_iter().map(|(name, _)| (name.to_owned(), all.clone())).collect())
        }
        DeValue::Table(_) => {
            entry.table()?.entries().map(|entry| Ok((entry.name.to_owned(), read_rights(&entry)?))).collect()
        }
        _ => Err(entry.is_not("a list of tables, or a table of tables and what may be done to them")),
    }
}

fn read_rights(entry: &Entry<'_>) -> Result<Vec<&'static str>> {
    let mut granted = Vec::new();
    for (word, place) in entry.texts()? {
        let right = rights().find(|right| *right == word);
        granted.push(right.ok_or_else(|| unknown_word(place, word, "right", "to a table", rights()))?);
    }
    if granted.is_empty() {
        return Err(entry.wrong("these are no rights").help("leave the table out, or say [\"read\"]"));
    }
    granted.sort_by_key(|right| rights().position(|other| other == *right));
    granted.dedup();
    // Inserting, updating or deleting rows includes reading them.
    if granted.first() != Some(&"read") {
        granted.insert(0, "read");
    }
    Ok(granted)
}

impl Granted {
    /// Finds two settings that contradict each other: the key to point at, the message, and the help.
    fn contradiction(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let (policy, tables) = (self.policy.is_some(), self.tables.is_some());
        match self {
            _ if policy && self.raw_sql => Some((
                "raw-sql",
                "SQL text reads all rows, so it cannot be granted together with a policy",
                "leave out one of them; with text, the database's own login says what may be done",
            )),
            _ if policy && self.schema_changes != SchemaChanges::None => Some((
                "schema-changes",
                "tables with a policy are neither created nor dropped by plugins",
                "leave out one of them; create the tables before",
            )),
            _ if policy && tables => Some((
                "tables",
                "the policy says which tables there are, so they are not listed here as well",
                "leave out one of them",
            )),
            _ if tables && self.raw_sql => Some((
                "raw-sql",
                "SQL text reads all tables, so it cannot be granted together with some tables only",
                "leave out one of them; with text, the database's own login says what may be done",
            )),
            _ if self.raw_sql && self.schema_changes == SchemaChanges::Own => Some((
                "raw-sql",
                "SQL text drops all tables, so it cannot be granted together with schema-changes = \"own\"",
                "leave out one of them, or say schema-changes = true",
            )),
            _ => None,
        }
    }

    /// Refuses names of databases and policies that do not exist.
    pub(super) fn check_names<'a>(
        &self,
        databases: impl IntoIterator<Item = &'a str>,
        policies: impl IntoIterator<Item = &'a str>,
    ) -> Result<()> {
        let databases: Vec<&str> = databases.into_iter().collect();
        if !databases.contains(&self.database.as_str()) {
            return Err(unknown_word(
                self.database_place.clone(),
                &self.database,
                "database",
                "of [databases]",
                databases,
            ));
        }
        let policies: Vec<&str> = policies.into_iter().collect();
        match &self.policy {
            Some(name) if !policies.contains(&name.as_str()) => {
                Err(unknown_word(self.policy_place.clone(), name, "policy", "of [policies]", policies))
            }
            _ => Ok(()),
        }
    }

    /// Applies these rights to the grant of an opened database, except for its policy.
    pub(crate) fn restrict(&self, grant: Grant) -> Grant {
        let grant = grant.raw_sql(self.raw_sql);
        let grant = match self.schema_changes {
            SchemaChanges::None => grant.schema_changes(false),
            SchemaChanges::Own => grant.own_tables(),
            SchemaChanges::All => grant.schema_changes(true),
        };
        let Some(tables) = &self.tables else { return grant };
        let none = grant.tables(Vec::<String>::new());
        tables.iter().fold(none, |grant, (name, rights)| {
            let operation =
                |right: &&str| RIGHTS.iter().find(|(name, _)| name == right).map(|(_, operation)| *operation);
            let operations = rights.iter().filter_map(operation).fold(Operations::READ, |all, one| all | one);
            grant.table(name, operations)
        })
    }
}
