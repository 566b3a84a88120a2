//! Checks the logins under which SQL text runs: their rights beyond the tenant's data, and which of these are dangerous.

use std::error::Error as _;

use sqlservice_host::{
    Database, Settings,
    db::Error,
    login::{Finding, Severity},
};

use crate::{
    exit::Exit,
    failure::{Failure, Result},
    secret,
};

/// The findings on a login, or the error of the check, without secrets.
pub(crate) type Outcome = std::result::Result<Vec<Finding>, String>;

/// Connects to a URL and checks the rights of its login.
pub(crate) async fn check(url: &str) -> Outcome {
    let database =
        Database::new(url, Settings::default().pool_size(1).max_overflow(0)).map_err(|error| words(&error, url))?;
    let found = database.check_login().await.map_err(|error| words(&error, url));
    database.close().await;
    found
}

/// Returns a database error with its causes, without the secrets of the URL.
pub(crate) fn words(error: &Error, url: &str) -> String {
    let mut words = secret::scrub(&error.to_string(), url);
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = secret::scrub(&error.to_string(), url);
        // Transparent errors repeat the text of their cause.
        if !words.ends_with(&text) {
            words.push_str(&format!("\n{text}"));
        }
        cause = error.source();
    }
    words
}

/// Refuses a login whose SQL text reaches beyond the tenant, and logs all other findings.
pub(crate) fn admit(name: &str, findings: &[Finding]) -> Result<()> {
    let dangers: Vec<&Finding> = findings.iter().filter(|finding| finding.is_dangerous()).collect();
    if dangers.is_empty() {
        findings.iter().for_each(|finding| log(name, finding));
        return Ok(());
    }
    let lines: Vec<String> = dangers.iter().map(|finding| format!("{}: {finding}", finding.name())).collect();
    let remedies: Vec<String> = dangers.iter().map(|finding| finding.remedy()).collect();
    let message = format!("database {name:?}: its login is dangerous for SQL text\n{}", lines.join("\n"));
    let help = format!(
        "{}\n`sqlservice tenant add` makes a login of its own for a tenant; without SQL text, leave out raw-sql",
        remedies.join("\n")
    );
    Err(Failure::new(Exit::Database, message).help(help))
}

fn log(database: &str, finding: &Finding) {
    let (name, remedy) = (finding.name(), finding.remedy());
    if finding.severity() == Severity::Note {
        tracing::info!(database, finding = name, remedy, "{finding}");
    } else {
        tracing::warn!(database, finding = name, remedy, "{finding}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_dangerous_is_refused() {
        assert!(admit("a", &[Finding::NoConnectionLimit, Finding::OwnPassword]).is_ok());
        let failure = admit("a", &[Finding::Super, Finding::OwnPassword]).expect_err("dangerous");
        assert_eq!(failure.exit(), Exit::Database);
        let text = failure.to_string();
        assert!(text.contains("super: ") && !text.contains("own-password"), "{text}");
    }
}
