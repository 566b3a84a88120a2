//! The origin of a database's URL, and the URL itself, which only the host sees.

use std::{
    env, fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::secret;

/// The placeholder for the tenant's name.
const TENANT: &str = "{tenant}";
/// The longest URL that is read from a file, in bytes.
const LONGEST: u64 = 64 << 10;

/// The origin of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The configuration file itself: the URL has no password.
    Here(String),
    /// An environment variable.
    Variable(String),
    /// A file that holds only the URL.
    File(String),
}

impl Origin {
    /// Parses the setting of the configuration file. Errors never repeat it.
    pub(crate) fn parse(text: &str) -> Result<Self, (String, String)> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("env:") {
            // The error does not repeat the text, which may be a URL that begins with `env:` by mistake.
            return if !name.is_empty() && name.replace(TENANT, "t").chars().all(|c| c.is_alphanumeric() || c == '_') {
                Ok(Self::Variable(name.to_owned()))
            } else {
                let help = "for example: url = \"env:DATABASE_URL\"";
                Err(("after env: comes the name of an environment variable".to_owned(), help.to_owned()))
            };
        }
        if let Some(path) = text.strip_prefix("file:") {
            return Ok(Self::File(path.to_owned()));
        }
        if secret::is_in(text) {
            let help = "put the URL into an environment variable (url = \"env:DATABASE_URL\") or into a file that others cannot \
                        read (url = \"file:/run/secrets/db-url\"), and change the password if others have seen this file";
            return Err((
                "this URL holds a password, which does not belong into this file".to_owned(),
                help.to_owned(),
            ));
        }
        if !text.contains(':') {
            let help = "a URL is sqlite:FILE, sqlite::memory:, postgresql://USER@HOST/DATABASE, mysql://…, mariadb://…, \
                        env:VARIABLE or file:PATH";
            return Err(("this is no URL of a database".to_owned(), help.to_owned()));
        }
        Ok(Self::Here(text.to_owned()))
    }

    /// Formats it for people, without secrets.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Here(url) => secret::location(url),
            Self::Variable(name) => format!("env:{name}"),
            Self::File(path) => format!("file:{path}"),
        }
    }

    /// Whether each tenant has its own URL, as far as the configuration file shows.
    pub(crate) fn is_by_tenant(&self) -> bool {
        let (Self::Here(text) | Self::Variable(text) | Self::File(text)) = self;
        text.contains(TENANT)
    }

    /// Returns the origin for a tenant.
    pub(crate) fn of_tenant(&self, tenant: &str) -> Self {
        let name = |text: &String| text.replace(TENANT, tenant);
        match self {
            Self::Here(text) => Self::Here(name(text)),
            Self::Variable(text) => Self::Variable(name(text)),
            Self::File(text) => Self::File(name(text)),
        }
    }

    /// Returns the URL for a tenant. Errors contain only the place where it should have been.
    pub(crate) fn url(&self, tenant: &str, dir: &Path) -> Result<String, (String, String)> {
        let found = match self.of_tenant(tenant) {
            Self::Here(url) => url,
            Self::Variable(name) => env::var(&name).map_err(|_| {
                let message = format!("the environment variable {name:?} is not set");
                (message, "`export` it where this command runs".to_owned())
            })?,
            Self::File(path) => from_file(&dir.join(path))?,
        };
        if found.contains(TENANT) && !is_safe(tenant) {
            return Err((UNSAFE_NAME.to_owned(), "give the tenant another name".to_owned()));
        }
        Ok(anchored(&found.replace(TENANT, tenant), dir))
    }
}

/// Whether a text refers to the place of a URL, and is no URL itself.
pub(super) fn is_elsewhere(text: &str) -> bool {
    matches!(Origin::parse(text), Ok(Origin::Variable(_) | Origin::File(_)))
}

/// The error for a tenant whose name cannot be a part of a URL.
pub(crate) const UNSAFE_NAME: &str = "a tenant whose name is a part of a database's URL has a name of up to 63 lower-case letters, \
                                      digits, \"-\" and \"_\" that begins with a letter or digit";

/// Whether a tenant's name is safe in a URL, so that it changes only the part where it is inserted.
pub(crate) fn is_safe(tenant: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    tenant.starts_with(word) && tenant.len() <= 63 && tenant.chars().all(|c| word(c) || c == '-' || c == '_')
}

fn from_file(path: &Path) -> Result<String, (String, String)> {
    let wrong = |words: String| {
        let message = format!("the file {} with the database's URL {words}", path.display());
        (message, "it holds the URL and nothing else".to_owned())
    };
    let file = fs::File::open(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let mut text = String::new();
    match file.take(LONGEST + 1).read_to_string(&mut text) {
        Ok(read) if read as u64 <= LONGEST => Ok(text.trim().to_owned()),
        Ok(_) => Err(wrong("is too large".to_owned())),
        Err(error) => Err(wrong(format!("cannot be read: {error}"))),
    }
}

/// Resolves the relative path of a SQLite URL against a directory; leaves other URLs unchanged.
fn anchored(url: &str, dir: &Path) -> String {
    let Some(path) = sqlite_path(url).filter(|path| path.is_relative()) else { return url.to_owned() };
    if dir.as_os_str().is_empty() {
        return url.to_owned();
    }
    let whole = dir.join(path).to_string_lossy().replace('%', "%25").replace('?', "%3f");
    let query = url.split_once('?').map(|(_, query)| format!("?{query}"));
    format!("sqlite:{whole}{}", query.unwrap_or_default())
}

/// Returns the file of a SQLite URL; `None` for other URLs and for databases in memory.
pub(crate) fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let in_memory = path.is_empty() || path == ":memory:" || query.split('&').any(|pair| pair == "mode=memory");
    (!in_memory).then(|| secret::decoded(path).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_belong_into_the_file() {
        for url in ["postgres://u:hunter2@h/d", "mysql://h/d?password=hunter2", "postgres://u:a@hunter2@h/d"] {
            let (message, help) = Origin::parse(url).expect_err("a password");
            assert!(!message.contains("hunter2") && !help.contains("hunter2"), "{message} {help}");
            assert!(help.contains("env:") && help.contains("file:"));
        }
        assert_eq!(Origin::parse("postgres://u@h/d"), Ok(Origin::Here("postgres://u@h/d".to_owned())));
        assert_eq!(Origin::parse("env:DB_{tenant}"), Ok(Origin::Variable("DB_{tenant}".to_owned())));
        assert!(Origin::parse("env:").is_err() && Origin::parse("hunter2").is_err());
    }

    #[test]
    fn paths_count_from_the_file() {
        let dir = Path::new("/etc/50%/x");
        assert_eq!(anchored("sqlite:a.db?mode=ro", dir), "sqlite:/etc/50%25/x/a.db?mode=ro");
        assert_eq!(anchored("sqlite://b/a%20.db", dir), "sqlite:/etc/50%25/x/b/a .db");
        assert_eq!(sqlite_path(&anchored("sqlite:a.db", dir)), Some(dir.join("a.db")));
        for same in ["sqlite:/a.db", "sqlite::memory:", "postgres://h/d", "sqlite:a.db?mode=memory"] {
            assert_eq!(anchored(same, dir), same);
        }
        assert_eq!(anchored("sqlite:a.db", Path::new("")), "sqlite:a.db");
    }

    #[test]
    fn a_tenant_has_a_file_of_its_own_where_the_url_says_so() {
        let origin = Origin::parse("sqlite:tenants/{tenant}.db").expect("a URL");
        assert!(origin.is_by_tenant());
        assert_eq!(origin.url("acme", Path::new("/d")), Ok("sqlite:/d/tenants/acme.db".to_owned()));
        for bad in ["../x", "A", "", "-a", "a.b", "a/b", "a%2e", &"a".repeat(64)] {
            assert!(!is_safe(bad), "{bad}");
            assert!(Origin::Here(TENANT.to_owned()).of_tenant("x").url(bad, Path::new("")).is_ok());
        }
        assert!(["a", "0-_", &"a".repeat(63)].iter().all(|good| is_safe(good)));
    }

    #[test]
    fn a_secret_may_be_in_a_file() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("url"), "postgres://u:p@h/{tenant}\n").expect("a file");
        let origin = Origin::File("url".to_owned());
        assert_eq!(origin.url("acme", dir.path()), Ok("postgres://u:p@h/acme".to_owned()));
        assert_eq!(origin.url("../x", dir.path()).expect_err("a name").0, UNSAFE_NAME);
        assert!(Origin::File("none".to_owned()).url("acme", dir.path()).expect_err("a file").0.contains("none"));
        fs::write(dir.path().join("url"), vec![b'x'; 70_000]).expect("a file");
        assert!(origin.url("acme", dir.path()).expect_err("a file").0.contains("too large"));
    }
}
