//! The report on a tenant: what was made, what existed, and the findings on its login, as text and as JSON.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};
use sqlservice_host::login::Finding;

use super::TenantTarget;
use crate::{args::Kind, exit::Exit, login::Outcome, output};

/// Whether the login or file was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Made,
    /// It existed before, and was left unchanged.
    There,
    /// It would be made.
    Planned,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::There => "exists",
            Self::Planned => "planned",
        }
    }
}

/// The report on a tenant. Its only secret is the URL that is to be shown.
pub(super) struct Report {
    tenant: String,
    file: String,
    pub(super) kind: Kind,
    pub(super) state: State,
    /// What was made, in words for people.
    pub(super) what: Vec<String>,
    pub(super) statements: Vec<String>,
    /// The lines to add to the configuration file; empty where they are not known.
    pub(super) lines: String,
    pub(super) secret_file: Option<PathBuf>,
    /// The URL of the new login, where no file keeps it.
    pub(super) url: Option<String>,
    /// The outcome of checking the login; `None` where it was not checked.
    pub(super) login: Option<Outcome>,
}

impl Report {
    pub(super) fn new(place: &TenantTarget<'_>, kind: Kind, what: Vec<String>) -> Self {
        Self {
            tenant: place.name.as_str().to_owned(),
            file: place.config.source.name.clone(),
            kind,
            state: State::Made,
            what,
            statements: Vec::new(),
            lines: String::new(),
            secret_file: None,
            url: None,
            login: None,
        }
    }

    /// The name of the environment variable for the URL.
    fn variable(&self) -> String {
        format!("SQLSERVICE_{}_URL", self.tenant.to_uppercase().replace('-', "_"))
    }

    /// Returns the lines to add to the file for a login whose URL is in a file or in a variable.
    pub(super) fn lines_of(&self, place: &TenantTarget<'_>, secret_file: &Option<PathBuf>) -> String {
        let url = match secret_file {
            Some(path) => format!("file:{}", std::path::absolute(path).as_deref().unwrap_or(path).display()),
            None => format!("env:{}", self.variable()),
        };
        let is_taken = place.config.databases.contains_key(&self.tenant);
        let database = if is_taken { format!("{}-own", self.tenant) } else { self.tenant.clone() };
        format!("[databases.{database}]\nurl = {}\n{}", toml_edit::value(url), grant(place, &database))
    }

    /// Returns the lines to add to the file where it already has the database.
    pub(super) fn lines_of_file(&self, place: &TenantTarget<'_>) -> String {
        grant(place, &place.asked.database)
    }

    /// The command's exit: a login that is dangerous, or that cannot be checked, is an error.
    pub(super) fn exit(&self) -> Exit {
        match &self.login {
            Some(Err(_)) => Exit::Database,
            Some(Ok(found)) if found.iter().any(Finding::is_dangerous) => Exit::Database,
            _ => Exit::Success,
        }
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let title = match self.state {
            State::Made => format!("Made for tenant {}", self.tenant),
            State::There => format!("Tenant {} has this already, and nothing was changed", self.tenant),
            State::Planned => format!("Would be made for tenant {}", self.tenant),
        };
        let _ = writeln!(text, "{}", output::heading(&title));
        for line in self.what.iter().chain(self.statements.iter().filter(|_| self.state == State::Planned)) {
            let _ = writeln!(text, "  {}", output::harmless(line));
        }
        if self.state != State::Planned && self.kind != Kind::File {
            let _ = writeln!(text, "\n{}", output::heading("What its login may do"));
            match &self.login {
                Some(outcome) => text.push_str(&outcome_to_text(outcome)),
                None => {
                    text.push_str("  not asked: its URL is neither in --secret-file nor in the configuration file\n")
                }
            }
        } else if let Some(Err(words)) = &self.login {
            let _ = writeln!(text, "  it cannot be used: {}", output::harmless(words));
        }
        if !self.lines.is_empty() {
            let _ = write!(text, "\n{}\n{}", output::heading(&format!("Lines for {}", self.file)), self.lines);
        }
        if let Some(path) = &self.secret_file {
            let _ = writeln!(text, "\nIts URL is in {}, which only this user may read.", path.display());
        }
        if let Some(url) = &self.url {
            let title = output::heading("Its URL with the password, which is shown this once");
            let _ = writeln!(text, "\n{title}\nexport {}='{}'", self.variable(), url.replace('\'', "'\\''"));
        }
        text
    }

    pub(super) fn to_json(&self) -> Json {
        let path = |path: &PathBuf| Path::display(path).to_string();
        json!({
            "tenant": self.tenant,
            "kind": self.kind.as_str(),
            "state": self.state.as_str(),
            "what": self.what,
            "statements": self.statements,
            "toml": self.lines,
            "secret-file": self.secret_file.as_ref().map(path),
            "url": self.url,
            "variable": self.url.as_ref().map(|_| self.variable()),
            "login": self.login.as_ref().map(outcome_to_json),
        })
    }
}

/// The lines that grant the tenant a database, as `default`, or as `own` where the tenant has a `default`.
fn grant(place: &TenantTarget<'_>, database: &str) -> String {
    let tenant = place.name.as_str();
    let granted = place.config.tenants.get(tenant).map(|tenant| &tenant.databases);
    let known_as = if granted.is_some_and(|granted| granted.contains_key("default")) { "own" } else { "default" };
    format!("[tenants.{tenant}.databases.{known_as}]\ndatabase = {}\n", toml_edit::value(database))
}

/// Writes the findings on a login as text.
pub(super) fn outcome_to_text(outcome: &Outcome) -> String {
    let found = match outcome {
        Ok(found) => found,
        Err(words) => return format!("  it could not be checked: {}\n", output::harmless(words)),
    };
    if found.is_empty() {
        return "  nothing that SQL text of strangers must not have\n".to_owned();
    }
    let mut text = String::new();
    for one in found {
        let (severity, name, remedy) = (one.severity().as_str(), one.name(), one.remedy());
        let _ = writeln!(text, "  {severity}, {name}: {one}\n    {remedy}");
    }
    text
}

/// Writes the findings on a login as JSON.
pub(super) fn outcome_to_json(outcome: &Outcome) -> Json {
    let told = |one: &Finding| json!({ "name": one.name(), "severity": one.severity().as_str(), "message": one.sentence(), "help": one.remedy() });
    match outcome {
        Ok(found) => json!({ "findings": found.iter().map(told).collect::<Vec<_>>() }),
        Err(words) => json!({ "error": words }),
    }
}
