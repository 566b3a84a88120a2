//! Parses SQLite URLs.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The file of a SQLite URL, and how it is opened.
#[derive(Clone)]
pub(crate) struct SqliteFile {
    /// None for an in-memory database.
    pub(super) path: Option<PathBuf>,
    pub(super) read_only: bool,
    pub(super) create: bool,
}

impl SqliteFile {
    /// Parses `sqlite:path`, `sqlite://path` and `sqlite::memory:`, with `?mode=ro`, `rw`, `rwc` (the default) or `memory`.
    /// A path is relative to the host's working directory unless it begins with a slash.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("sqlite:").unwrap_or(url);
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut file = Self { path: Some(decode(path)?), read_only: false, create: true };
        if path.is_empty() || path == ":memory:" {
            file.path = None;
        }
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match (&*key, &*value) {
                ("mode", "ro") => (file.read_only, file.create) = (true, false),
                ("mode", "rw") => file.create = false,
                ("mode", "rwc") => {}
                ("mode", "memory") => file.path = None,
                ("mode", _) => return Err(Error::Url("the mode of a SQLite URL is ro, rw, rwc or memory".into())),
                _ => return Err(Error::Url("a SQLite URL takes no other parameter than mode".into())),
            }
        }
        Ok(file)
    }

    /// Whether the database is in memory.
    pub(crate) fn is_memory(&self) -> bool {
        self.path.is_none()
    }
}

/// Decodes the percent escapes of a path.
fn decode(path: &str) -> Result<PathBuf> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let decoded = if byte == b'%' {
            let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(Error::Url("a percent sign in a SQLite URL is written %25".into()));
            };
            u8::try_from(high * 16 + low).unwrap_or_default()
        } else {
            byte
        };
        bytes.push(decoded);
    }
    let path = String::from_utf8(bytes).map_err(|_| Error::Url("the path of a SQLite URL is not UTF-8".into()))?;
    if path.contains('\0') {
        return Err(Error::Url("the path of a SQLite URL has a NUL".into()));
    }
    // SQLite would parse such a name as a URI of its own, with parameters.
    Ok(if path.starts_with("file:") { Path::new(".").join(path) } else { path.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(url: &str) -> Option<String> {
        SqliteFile::parse(url).expect("a url").path.map(|path| path.display().to_string())
    }

    #[test]
    fn urls_name_files() {
        assert_eq!(path("sqlite://data.db").as_deref(), Some("data.db"));
        assert_eq!(path("sqlite:a/b.db").as_deref(), Some("a/b.db"));
        assert_eq!(path("sqlite:///var/x%20y.db?mode=ro").as_deref(), Some("/var/x y.db"));
        assert_eq!(path("sqlite::memory:"), None);
        assert_eq!(path("sqlite://"), None);
        assert_eq!(path("sqlite://file:x?mode=rw").as_deref(), Some("./file:x"));
        for url in ["sqlite://a%0", "sqlite://a%00b", "sqlite://a?vfs=unix", "sqlite://a?mode=x", "sqlite://%ff"] {
            assert!(SqliteFile::parse(url).is_err(), "{url}");
        }
    }
}
