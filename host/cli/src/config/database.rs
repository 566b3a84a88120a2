//! `[databases.NAME]`: the URL of a database, and the settings of its connections.

use sqlservice_host::Settings;

use super::{
    limits::{bytes, count, time},
    node::{Entry, Result},
    span::{Problem, Span},
    url::Origin,
};

/// The key whose value may hold a secret by mistake.
pub(super) const URL: &str = "url";
/// The key whose number limits more than this database.
pub(super) const SERVER_CONNECTIONS: &str = "server-connections";
/// All keys.
pub(super) const KEYS: &[&str] = &[
    URL,
    "pool-size",
    "max-overflow",
    SERVER_CONNECTIONS,
    "pool-timeout",
    "pool-recycle",
    "pre-ping",
    "isolation",
    "durability",
    "statement-timeout",
    "lock-timeout",
    "storage",
];

/// A database that can be granted to tenants.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// The place of its name in the file.
    pub(crate) place: Span,
    pub(crate) url: Origin,
    /// The place of its URL in the file.
    pub(crate) url_place: Span,
    pub(crate) settings: Settings,
    /// The limit of connections of all databases of its server together, and its place in the file.
    pub(crate) server_connections: Option<(u32, Span)>,
}

pub(super) fn read(entry: &Entry<'_>) -> Result<Database> {
    let table = entry.table()?;
    table.only(KEYS)?;
    let url = table.need(URL, "url = \"sqlite:app.db\", or url = \"env:DATABASE_URL\"")?;
    let place = url.place();
    let origin =
        Origin::parse(url.text()?).map_err(|(message, help)| Problem::new(place.clone(), message).help(help))?;
    let mut settings = Settings::default();
    for entry in table.entries() {
        set(&mut settings, &entry)?;
    }
    let said = table.entries().find(|entry| entry.name == SERVER_CONNECTIONS);
    let server_connections = said.map(|entry| Ok((some(&entry)?, entry.place()))).transpose()?;
    Ok(Database { place: entry.key.clone(), url: origin, url_place: place, settings, server_connections })
}

/// Applies one setting. They are those of `sqlservice run`.
fn set(settings: &mut Settings, entry: &Entry<'_>) -> Result<()> {
    match entry.name {
        "pool-size" => settings.pool_size = small(entry)?,
        "max-overflow" => settings.max_overflow = small(entry)?,
        "pool-timeout" => settings.pool_timeout = time(entry)?,
        "pool-recycle" => settings.pool_recycle = Some(time(entry)?),
        "pre-ping" => settings.pool_pre_ping = entry.boolean()?,
        "isolation" => settings.isolation_level = word(entry)?,
        "durability" => settings.durability = word(entry)?,
        "statement-timeout" => settings.statement_timeout = Some(time(entry)?),
        "lock-timeout" => settings.lock_timeout = time(entry)?,
        "storage" => settings.storage_bytes = Some(bytes(entry)?),
        _ => {}
    }
    Ok(())
}

fn small(entry: &Entry<'_>) -> Result<u32> {
    u32::try_from(count(entry)?).map_err(|_| entry.wrong("this number is too large"))
}

/// A number that is not zero.
fn some(entry: &Entry<'_>) -> Result<u32> {
    match small(entry)? {
        0 => Err(entry.wrong("no connection at all is too few")),
        number => Ok(number),
    }
}

/// Parses a word by the host's own rules; the error lists the valid ones.
fn word<T: std::str::FromStr<Err: std::fmt::Display>>(entry: &Entry<'_>) -> Result<T> {
    entry.text()?.parse().map_err(|error: T::Err| entry.wrong(error.to_string()))
}
