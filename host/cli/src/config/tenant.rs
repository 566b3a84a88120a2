//! `[tenants.NAME]`: a tenant that plugins run for, with its grants and limits.

use std::collections::BTreeMap;

use sqlservice_host::{Access, Scalar, TenantLimits, Value, policy::Claims};
use toml::de::DeValue;

use super::{
    grant::{self, Granted},
    limits,
    node::{Entry, Result, Table, is_name, unknown_word},
    span::Span,
};

/// The key whose values are never shown.
pub(super) const ENV: &str = "env";
/// All keys.
pub(super) const KEYS: &[&str] = &["plugins", "claims", "limits", "databases", "directories", ENV];
/// All keys of a directory.
pub(super) const DIRECTORY_KEYS: &[&str] = &["host", "guest", "access"];
/// The rights to a directory.
pub(super) const ACCESS: [(&str, Access); 2] = [("read", Access::Read), ("write", Access::Write)];

/// A tenant.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    /// The place of its name in the file.
    pub(crate) place: Span,
    /// The names of the plugins that it may run, and their places in the file.
    pub(crate) plugins: BTreeMap<String, Span>,
    pub(crate) claims: Claims,
    pub(crate) limits: TenantLimits,
    /// Databases by the names that plugins see.
    pub(crate) databases: BTreeMap<String, Granted>,
    pub(crate) directories: Vec<Directory>,
    pub(crate) env: BTreeMap<String, String>,
}

/// A granted directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) place: Span,
    /// The host's path, as in the file.
    pub(crate) host: String,
    pub(crate) guest: String,
    pub(crate) access: Access,
}

pub(super) fn read(entry: &Entry<'_>, base: &TenantLimits) -> Result<Tenant> {
    let table = entry.table()?;
    table.only(KEYS)?;
    let limits = table.get("limits").map_or_else(|| Ok(base.clone()), |entry| limits::read(&entry.table()?, base))?;
    let grant = |entry: &Entry<'_>| Ok((entry.name.to_owned(), grant::read(entry)?));
    let plugins = table.get("plugins").map_or(Ok(Vec::new()), |entry| entry.texts())?;
    Ok(Tenant {
        place: entry.key.clone(),
        plugins: plugins.into_iter().map(|(name, place)| (name.to_owned(), place)).collect(),
        claims: table.get("claims").map_or(Ok(Claims::new()), |entry| read_claims(&entry.table()?))?,
        limits,
        databases: table.tables("databases")?.iter().map(grant).collect::<Result<_>>()?,
        directories: read_directories(&table)?,
        env: table.get(ENV).map_or(Ok(BTreeMap::new()), |entry| read_env(&entry.table()?))?,
    })
}

fn read_claims(table: &Table<'_>) -> Result<Claims> {
    let read = |entry: Entry<'_>| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !is_name(entry.name) || !entry.name.chars().all(word) || entry.name.starts_with(|c: char| c.is_ascii_digit())
        {
            let words =
                "a claim's name has letters, digits and \"_\", and begins with no digit: policies write :name for it";
            return Err(super::span::Problem::new(entry.key, words));
        }
        Ok((entry.name.to_owned(), claim(&entry)?))
    };
    table.entries().map(read).collect()
}

/// Reads a claim's value. A text stays a text, whatever it looks like.
fn claim(entry: &Entry<'_>) -> Result<Value> {
    const KINDS: &str = "an integer, a text, true, false or { uuid = \"…\" }";
    match entry.value() {
        DeValue::Integer(_) => Ok(entry.integer()?.into()),
        DeValue::String(text) => Ok(text.to_string().into()),
        DeValue::Boolean(value) => Ok((*value).into()),
        DeValue::Table(_) => {
            let table = entry.table()?;
            table.only(&["uuid"])?;
            let entry = table.need("uuid", "{ uuid = \"6f1c0f0e-31c6-4a55-9a3e-2f5d6f8b9c01\" }")?;
            uuid(entry.text()?)
                .map(Value::from)
                .ok_or_else(|| entry.wrong("a UUID has 32 hexadecimal digits, in groups of 8-4-4-4-12"))
        }
        _ => Err(entry.is_not(KINDS)),
    }
}

fn uuid(text: &str) -> Option<Scalar> {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.replace('-', "");
    let plain = groups == [8, 4, 4, 4, 12] && digits.chars().all(|c| c.is_ascii_hexdigit());
    let half = |digits: Option<&str>| u64::from_str_radix(digits?, 16).ok();
    if plain { Some(Scalar::Uuid(half(digits.get(..16))?, half(digits.get(16..))?)) } else { None }
}

fn read_directories(table: &Table<'_>) -> Result<Vec<Directory>> {
    let Some(list) = table.get("directories") else { return Ok(Vec::new()) };
    list.list()?.iter().map(directory).collect()
}

fn directory(entry: &Entry<'_>) -> Result<Directory> {
    let table = entry.table()?;
    table.only(DIRECTORY_KEYS)?;
    let host = table.need("host", "host = \"import\"")?;
    let guest = table.need("guest", "guest = \"/import\", the path under which plugins see it")?;
    for entry in [&host, &guest] {
        if entry.text()?.is_empty() || entry.text()?.contains('\0') {
            return Err(entry.wrong("this is no path"));
        }
    }
    let access = match table.get("access") {
        None => Access::Read,
        Some(entry) => {
            let word = entry.text()?;
            let found = ACCESS.iter().find(|(name, _)| *name == word).map(|(_, access)| *access);
            found
                .ok_or_else(|| unknown_word(entry.place(), word, "access", "to a directory", ACCESS.map(|(n, _)| n)))?
        }
    };
    Ok(Directory { place: host.place(), host: host.text()?.to_owned(), guest: guest.text()?.to_owned(), access })
}

fn read_env(table: &Table<'_>) -> Result<BTreeMap<String, String>> {
    let read = |entry: Entry<'_>| {
        if entry.name.is_empty() || entry.name.contains(['=', '\0']) {
            return Err(super::span::Problem::new(entry.key, "this is no name of an environment variable"));
        }
        let value = entry.text()?;
        if value.contains('\0') {
            return Err(entry.wrong("the value of an environment variable has no NUL"));
        }
        Ok((entry.name.to_owned(), value.to_owned()))
    };
    table.entries().map(read).collect()
}

#[cfg(test)]
mod tests {
    use sqlservice_host::Scalar;

    use super::uuid;

    #[test]
    fn a_uuid_is_read_as_it_is_written_everywhere() {
        let text = "00112233-4455-6677-8899-AABBCCDDEEFF";
        assert_eq!(uuid(text), Some(Scalar::Uuid(0x0011_2233_4455_6677, 0x8899_aabb_ccdd_eeff)));
        for wrong in [
            "",
            "00112233445566778899aabbccddeeff",
            "0011223g-4455-6677-8899-aabbccddeeff",
            "+0112233-4455-6677-8899-aabbccddeeff",
        ] {
            assert_eq!(uuid(wrong), None, "{wrong}");
        }
    }
}
