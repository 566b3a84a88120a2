//! `sqlservice check`: reads a configuration file, describes the rights that it grants, and warns of unsafe ones.

mod json;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod warnings;

use crate::{
    args::Check,
    config::{self, Config},
    exit::Exit,
    failure::Result,
    output,
};

/// Runs `check`.
pub(crate) async fn check(asked: &Check) -> Result<Exit> {
    if asked.schema {
        output::text(config::SCHEMA)?;
        return Ok(Exit::Success);
    }
    let config = config::load(&asked.config)?;
    open(&config)?;
    let mut findings = warnings::of(&config);
    if asked.connect {
        warnings::of_logins(&config, &mut findings).await;
    }
    if asked.json {
        output::json(&json::to_json(&config, &findings))?;
    } else {
        output::text(&text::to_text(&config, &findings))?;
    }
    let unsafe_things = findings.iter().any(|finding| finding.warns);
    Ok(if asked.strict && unsafe_things { Exit::Usage } else { Exit::Success })
}

/// Makes every grant, so that a grant that the host would refuse is refused here. Anything that this machine lacks, a variable for
/// example, is a warning: the file may be for another machine.
fn open(config: &Config) -> Result<()> {
    for (name, tenant) in &config.tenants {
        for granted in tenant.databases.values() {
            let found = config.databases.get(&granted.database).is_some_and(|known| config.url(known, name).is_ok());
            if found {
                config.grant(granted, name).map_err(|problem| config.source.failure(problem))?;
            }
        }
    }
    Ok(())
}
