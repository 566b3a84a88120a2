//! Parses the URLs of database servers.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{Error, Result};

/// A server's address and login, as given by a URL. Never printed.
#[derive(Clone)]
pub(crate) struct Server {
    pub host: String,
    pub port: u16,
    pub socket: Option<String>,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub tls: Tls,
    /// Certificate files on the host: the authority's, the client's and the client's key.
    pub authority: Option<String>,
    pub certificate: Option<String>,
    pub key: Option<String>,
    pub application: Option<String>,
}

/// The TLS mode of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    Disabled,
    Preferred,
    Required,
    VerifyAuthority,
    VerifyHost,
}

impl Server {
    /// Parses a URL without I/O and without environment variables. Errors name parameters, never their values.
    pub(crate) fn parse(url: &str, port: u16) -> Result<Self> {
        let url = Url::parse(url).map_err(|cause| Error::Url(format!("the database URL is malformed: {cause}")))?;
        let mut server = Self {
            host: url.host_str().map_or(Ok(String::new()), |host| decoded(host.trim_matches(['[', ']'])))?,
            port: url.port().unwrap_or(port),
            socket: None,
            user: decoded(url.username())?,
            password: url.password().map(decoded).transpose()?,
            database: decoded(url.path().trim_start_matches('/'))?,
            tls: Tls::Preferred,
            authority: None,
            certificate: None,
            key: None,
            application: None,
        };
        for (name, value) in url.query_pairs() {
            server.set(&name, value)?;
        }
        server.complete()
    }

    fn set(&mut self, name: &str, value: Cow<'_, str>) -> Result<()> {
        match name.replace('-', "").as_str() {
            "sslmode" => self.tls = Tls::parse(&value)?,
            "sslrootcert" | "sslca" => self.authority = Some(value.into_owned()),
            "sslcert" => self.certificate = Some(value.into_owned()),
            "sslkey" => self.key = Some(value.into_owned()),
            "host" => self.host = value.into_owned(),
            "socket" => self.socket = Some(value.into_owned()),
            "application_name" => self.application = Some(value.into_owned()),
            "charset" if value.eq_ignore_ascii_case("utf8mb4") => {}
            "charset" => return Err(Error::Url("the charset is always utf8mb4".into())),
            _ => {
                return Err(Error::Url(format!(
                    "the database URL has an unknown parameter {name:?}; there are sslmode, sslrootcert, sslcert, sslkey, \
                     host, socket, application_name and charset"
                )));
            }
        }
        Ok(())
    }

    fn complete(mut self) -> Result<Self> {
        if self.socket.is_none() && self.host.starts_with('/') {
            self.socket = Some(std::mem::take(&mut self.host));
        }
        if self.host.is_empty() {
            self.host = "localhost".into();
        }
        if self.user.is_empty() {
            return Err(Error::Url("the database URL names no user".into()));
        }
        if self.database.is_empty() {
            return Err(Error::Url("the database URL names no database".into()));
        }
        if self.tls >= Tls::Required && !cfg!(feature = "tls") {
            return Err(Error::Url(
                "the database URL asks for TLS, and this build has none: build it with the feature `tls`, or say sslmode=disable"
                    .into(),
            ));
        }
        Ok(self)
    }
}

impl PartialOrd for Tls {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

impl Tls {
    fn parse(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" => Ok(Self::Disabled),
            "allow" | "prefer" | "preferred" => Ok(Self::Preferred),
            "require" | "required" => Ok(Self::Required),
            "verify-ca" => Ok(Self::VerifyAuthority),
            "verify-full" | "verify-identity" => Ok(Self::VerifyHost),
            _ => Err(Error::Url("sslmode is one of disable, prefer, require, verify-ca and verify-full".into())),
        }
    }
}

/// Percent-decodes a part of a URL.
fn decoded(part: &str) -> Result<String> {
    match percent_decode_str(part).decode_utf8() {
        Ok(value) if !value.contains('\0') => Ok(value.into_owned()),
        _ => Err(Error::Url("the database URL is not UTF-8".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Server> {
        Server::parse(url, 5432)
    }

    #[test]
    fn urls_are_read_part_by_part() {
        let server = parse("postgres://a%40b:p%2Fw+%26@[::1]:7/d%20b?sslmode=disable").expect("a server");
        assert_eq!((server.host.as_str(), server.port), ("::1", 7));
        assert_eq!((server.user.as_str(), server.password.as_deref()), ("a@b", Some("p/w+&")));
        assert_eq!((server.database.as_str(), server.tls), ("d b", Tls::Disabled));
        let local = parse("postgres://u@%2Ftmp%2Fx/d").expect("a server");
        assert_eq!(local.socket.as_deref(), Some("/tmp/x"));
        assert_eq!(parse("postgres://u@h/d").expect("a server").port, 5432);
    }

    #[test]
    fn errors_keep_secrets() {
        for url in [
            "postgres://u:s3cret@h/d?sslmode=s3cret",
            "postgres://u:s3cret@h/",
            "postgres://:s3cret@h/d",
            "postgres://u:s3cret@h/d?charset=s3cret",
            "postgres://u:s3cret%FF@h/d",
            "postgres://u:s3cret@h/d?foo=s3cret",
        ] {
            let error = parse(url).err().expect("an error").to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    #[cfg(not(feature = "tls"))]
    fn tls_is_not_forgotten_silently() {
        let error = parse("postgres://u@h/d?sslmode=require").err().expect("an error").to_string();
        assert!(error.contains("TLS"), "{error}");
    }
}
