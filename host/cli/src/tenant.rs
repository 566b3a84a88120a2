//! `sqlservice tenant`: makes the login or file that isolates a tenant on a database, and checks it.

mod file;
mod report;
mod secret_file;
mod server;

use serde_json::{Map, Value as Json, json};
use sqlservice_host::{login::Finding, sql::login::Name};

use crate::{
    args::{Kind, Tenant, TenantAdd, TenantCheck, TenantCommand},
    config::{self, Config, Database, sqlite_path},
    exit::Exit,
    failure::{Failure, Result},
    login, notation, output,
};

/// Runs the subcommand of `tenant`.
pub(crate) async fn tenant(asked: &Tenant) -> Result<Exit> {
    match &asked.command {
        TenantCommand::Add(asked) => add(asked).await,
        TenantCommand::Check(asked) => check(asked).await,
    }
}

/// The tenant to isolate, and its database.
struct TenantTarget<'a> {
    asked: &'a TenantAdd,
    name: Name,
    config: &'a Config,
    database: &'a Database,
    /// The URL of the administrator, or of the tenant's file.
    url: String,
}

async fn add(asked: &TenantAdd) -> Result<Exit> {
    let usage = |words: String| Failure::new(Exit::Usage, words);
    let name = Name::new(&asked.name).map_err(|error| usage(error.to_string()))?;
    let config = config::load(&asked.config)?;
    let Some(database) = config.databases.get(&asked.database) else { return Err(unknown(&config, &asked.database)) };
    let url = config.url(database, name.as_str()).map_err(|problem| config.source.failure(problem))?;
    let is_file = sqlite_path(&url).is_some();
    let place = TenantTarget { asked, name, config: &config, database, url };
    let report = match asked.kind {
        Some(Kind::File) | None if is_file => file::add(&place).await?,
        Some(Kind::Schema | Kind::Role) | None if !place.url.starts_with("sqlite:") => server::add(&place).await?,
        Some(kind) => {
            let words = format!("--kind {} is not for the database {:?}", kind.as_str(), asked.database);
            return Err(usage(words).help("role and schema are for servers, file is for SQLite"));
        }
        None => {
            return Err(usage(format!("the database {:?} is in memory: it is gone with each process", asked.database)));
        }
    };
    if asked.json {
        output::json(&report.to_json())?;
    } else {
        output::text(&report.to_text())?;
    }
    Ok(report.exit())
}

fn unknown(config: &Config, name: &str) -> Failure {
    let all: Vec<&str> = config.databases.keys().map(String::as_str).collect();
    let failure = Failure::new(Exit::Usage, format!("{name:?} is no database of {}", config.source.name));
    match notation::suggestion(name, all.iter().copied()) {
        Some(near) => failure.help(format!("did you mean {near:?}?")),
        None => failure.help(format!("there are: {}", all.join(", "))),
    }
}

async fn check(asked: &TenantCheck) -> Result<Exit> {
    let config = config::load(&asked.config)?;
    let (name, tenant) = config.tenant(&asked.name)?;
    let mut checked = Vec::new();
    for (known_as, granted) in &tenant.databases {
        let (_, url) = config.grant(granted, name).map_err(|problem| config.source.failure(problem))?;
        checked.push((known_as, login::check(&url).await));
    }
    if asked.json {
        let databases: Map<String, Json> =
            checked.iter().map(|(known_as, outcome)| ((*known_as).clone(), report::outcome_to_json(outcome))).collect();
        output::json(&json!({ "tenant": name, "databases": databases }))?;
    } else {
        let parts = checked.iter().map(|(known_as, outcome)| {
            format!("{}\n{}", output::heading(&format!("Database {known_as:?}")), report::outcome_to_text(outcome))
        });
        output::text(&parts.collect::<Vec<_>>().join("\n"))?;
    }
    let good =
        checked.iter().all(|(_, outcome)| outcome.as_ref().is_ok_and(|found| !found.iter().any(Finding::is_dangerous)));
    Ok(if good { Exit::Success } else { Exit::Database })
}
