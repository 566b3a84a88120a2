//! Checks the rights of the logins under which tenants may send SQL text, on their servers.

use std::collections::BTreeMap;

use sqlservice_host::login::Severity;

use super::Finding;
use crate::{
    config::{Config, Granted},
    login,
};

/// Checks each login once, however many tenants have it.
pub(super) async fn find(config: &Config, findings: &mut Vec<Finding>) {
    let mut asked: BTreeMap<String, login::Outcome> = BTreeMap::new();
    for (tenant, settings) in &config.tenants {
        for (known_as, granted) in settings.databases.iter().filter(|(_, granted)| granted.raw_sql) {
            // A grant that cannot be opened was reported before.
            let Ok((_, url)) = config.grant(granted, tenant) else { continue };
            if !asked.contains_key(&url) {
                asked.insert(url.clone(), login::check(&url).await);
            }
            if let Some(outcome) = asked.get(&url) {
                tell(tenant, known_as, granted, outcome, findings);
            }
        }
    }
}

fn tell(tenant: &str, known_as: &str, granted: &Granted, outcome: &login::Outcome, findings: &mut Vec<Finding>) {
    let whose = format!("the login of {tenant} for {known_as:?} (database {})", granted.database);
    let found = match outcome {
        Ok(found) => found,
        Err(words) => {
            let message = format!("{whose} could not be checked: {words}");
            let help = "see that the database answers here, or leave out --connect";
            findings.push(Finding::warning("unchecked-login", &granted.place, message, help));
            return;
        }
    };
    for one in found {
        let message = format!("{whose}, {}: {one}", one.name());
        let make = if one.severity() == Severity::Note { Finding::note } else { Finding::warning };
        findings.push(make(one.name(), &granted.place, message, one.remedy()));
    }
}
