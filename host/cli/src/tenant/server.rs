//! A tenant's own login on a server.

use sqlservice_host::{
    Database, Settings,
    db::Error,
    login::{Existing, url_of},
    sql::{
        Dialect,
        login::{NewLogin, Password},
    },
};

use super::{
    TenantTarget,
    report::{Report, State},
    secret_file::{self, SecretFile},
};
use crate::{
    args::Kind,
    exit::Exit,
    failure::{Failure, Result},
    login, secret,
};

/// Makes the login, or reports the existing one.
pub(super) async fn add(place: &TenantTarget<'_>) -> Result<Report> {
    let kind = place.asked.kind.unwrap_or(Kind::Schema);
    let new = NewLogin {
        name: place.name.clone(),
        password: random_password()?,
        connections: place.asked.connections,
        schema: kind == Kind::Schema,
        harden: place.asked.harden,
    };
    let settings = Settings::default().pool_size(1).max_overflow(0);
    let database = Database::new(&place.url, settings).map_err(|error| failed(place, &error))?;
    let report = with(place, &database, kind, new).await;
    database.close().await;
    report
}

async fn with(place: &TenantTarget<'_>, database: &Database, kind: Kind, new: NewLogin) -> Result<Report> {
    let failed = |error: Error| failed(place, &error);
    let dialect = database.identify().await.map_err(failed)?;
    if dialect != Dialect::Postgres && (kind == Kind::Role || new.harden) {
        let words = "--kind role and --harden are for PostgreSQL: elsewhere a login has a database of its own";
        return Err(Failure::new(Exit::Usage, words));
    }
    let planned = database.plan_login(new.clone()).await.map_err(failed)?;
    let mut report = Report::new(place, kind, what(dialect, kind, &new));
    if !planned.existing.is_nothing() {
        return there(place, report, planned.existing).await;
    }
    let what_there_is = report.what.clone();
    if new.harden {
        report.what.push("fewer rights for everyone in this database".to_owned());
    }
    report.statements = planned.statements;
    if place.asked.dry_run {
        report.state = State::Planned;
        report.lines = report.lines_of(place, &place.asked.secret_file);
        return Ok(report);
    }
    let url = url_of(&place.url, &new).map_err(failed)?;
    // The secret is written before the login exists: a login whose password is lost is useless.
    let file = place.asked.secret_file.as_deref().map(|path| SecretFile::create(path, &url)).transpose()?;
    let made = match database.make_login(new).await {
        Ok(made) => made,
        // The login may exist, so its password is not thrown away.
        Err(error @ (Error::OutcomeUnknown(_) | Error::Disconnected(_))) => {
            let kept =
                file.map(SecretFile::keep).map(|path| format!("; {} is kept", path.display())).unwrap_or_default();
            return Err(failed(error).help(format!("the login may have been made{kept}")));
        }
        Err(error) => return Err(failed(error)),
    };
    if !made.existing.is_nothing() {
        (report.what, report.statements) = (what_there_is, Vec::new());
        return there(place, report, made.existing).await;
    }
    report.secret_file = file.map(SecretFile::keep);
    report.lines = report.lines_of(place, &report.secret_file);
    report.login = Some(login::check(&url).await);
    report.url = report.secret_file.is_none().then_some(url);
    Ok(report)
}

/// Reports an existing login, with its findings where its URL is known.
async fn there(place: &TenantTarget<'_>, mut report: Report, existing: Existing) -> Result<Report> {
    if existing.login != existing.place && report.kind == Kind::Schema {
        let (has, lacks) =
            if existing.login { ("login", "schema or database") } else { ("schema or database", "login") };
        let words = format!("the server has a {has} called {:?} and no {lacks} of that name", place.name.as_str());
        return Err(Failure::new(Exit::Database, words).help("nothing was changed; drop it, or take another name"));
    }
    report.state = State::There;
    report.login = match known_url(place) {
        Some(url) => Some(login::check(&url).await),
        None => None,
    };
    Ok(report)
}

/// Returns the URL of the login, where the secret file or the configuration file has it.
fn known_url(place: &TenantTarget<'_>) -> Option<String> {
    let name = place.name.as_str();
    let own = |url: &String| secret::user(url) == Some(name);
    let kept = place.asked.secret_file.as_deref().and_then(secret_file::read).filter(own);
    kept.or_else(|| {
        let granted = place.config.tenants.get(name)?.databases.values();
        granted.filter_map(|granted| place.config.grant(granted, name).ok()).map(|(_, url)| url).find(own)
    })
}

/// Describes what is made, in words.
fn what(dialect: Dialect, kind: Kind, new: &NewLogin) -> Vec<String> {
    let name = new.name.as_str();
    match (dialect, kind) {
        (Dialect::Postgres, Kind::Role) => vec![format!("the login role {name}")],
        (Dialect::Postgres, _) => vec![format!("the login role {name}"), format!("the schema {name}, which it owns")],
        _ => vec![format!("the user {name}"), format!("the database {name}, in which it has all that it has")],
    }
}

fn failed(place: &TenantTarget<'_>, error: &Error) -> Failure {
    let (at, words) = (secret::location(&place.url), login::words(error, &place.url));
    let failure = Failure::new(Exit::Database, format!("database {:?} at {at}: {words}", place.asked.database));
    match error {
        Error::Denied(_) => failure.help("the login of its URL has to be one that may make logins and grant rights"),
        _ => failure,
    }
}

fn random_password() -> Result<Password> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(Exit::Host, format!("the system has no random numbers: {error}")))?;
    Ok(Password::of(&bytes))
}
