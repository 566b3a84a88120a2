//! The two servers: those that the environment names, or a private pair that this process starts once.

use std::{env, sync::OnceLock};

use xtask::servers::{MARIADB_VARIABLE, POSTGRES_VARIABLE, Servers};

struct Urls {
    postgres: String,
    mariadb: String,
    // Only keeps them alive: statics are never dropped, so the servers end with this process.
    _servers: Option<Servers>,
}

static URLS: OnceLock<Result<Urls, String>> = OnceLock::new();

/// The URL of PostgreSQL's maintenance database, with a password.
pub fn postgres() -> &'static str {
    &urls().postgres
}

/// The URL of MariaDB, with a password.
pub fn mariadb() -> &'static str {
    &urls().mariadb
}

/// The password that no guest, message or log may show.
pub fn password() -> &'static str {
    let after_user =
        postgres().split_once("://").and_then(|(_, rest)| rest.split_once(':')).expect("a URL with a password");
    after_user.1.split_once('@').expect("a URL with a password").0
}

fn urls() -> &'static Urls {
    match URLS.get_or_init(find) {
        Ok(urls) => urls,
        Err(why) => panic!(
            "the tests need PostgreSQL and MariaDB and cannot start them: {why}\n\
             `cargo xtask test install` installs them; `{POSTGRES_VARIABLE}` and `{MARIADB_VARIABLE}` name running ones"
        ),
    }
}

fn find() -> Result<Urls, String> {
    match (env::var(POSTGRES_VARIABLE), env::var(MARIADB_VARIABLE)) {
        (Ok(postgres), Ok(mariadb)) => Ok(Urls { postgres, mariadb, _servers: None }),
        (Err(_), Err(_)) => {
            let servers = Servers::start().map_err(|error| format!("{error:#}"))?;
            Ok(Urls { postgres: servers.postgres_url(), mariadb: servers.mariadb_url(), _servers: Some(servers) })
        }
        _ => Err(format!("one of {POSTGRES_VARIABLE} and {MARIADB_VARIABLE} is set, the other one is not")),
    }
}
