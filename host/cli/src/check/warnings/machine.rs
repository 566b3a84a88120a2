//! Finds paths and URLs of the file that this machine lacks, and files of the host itself that a plugin could change.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use sqlservice_host::Access;

use super::Finding;
use crate::config::{Config, sqlite_path};

const ELSEWHERE: &str = "where this file is for another machine, it may be there";

pub(super) fn find(config: &Config, findings: &mut Vec<Finding>) {
    urls(config, findings);
    for (name, tenant) in &config.tenants {
        for directory in &tenant.directories {
            let path = config.path(&directory.host);
            if !path.is_dir() {
                let message = format!("{name} is granted the directory {}, which is not there", directory.host);
                findings.push(Finding::warning("missing-directory", &directory.place, message, ELSEWHERE));
            }
            let found = own(config).into_iter().find(|(_, own)| is_below(own, &path));
            if let Some((what, _)) = found.filter(|_| directory.access == Access::Write) {
                let message = format!("plugins of {name} may write {}, and {what} is in it", directory.host);
                let help = "a plugin could give itself rights, or run as another one; grant a directory that holds nothing else";
                findings.push(Finding::warning("host-files", &directory.place, message, help));
            }
        }
    }
    for (name, plugin) in &config.plugins {
        if !config.path(&plugin.component).is_file() {
            let message = format!("the component of plugin {name} is not there: {}", plugin.component);
            findings.push(Finding::warning(
                "missing-component",
                &plugin.place,
                message,
                "build it, or correct the path",
            ));
        }
    }
}

/// Finds URLs that are missing where the file says. A message is reported once, unless it differs by tenant.
fn urls(config: &Config, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for (name, tenant) in &config.tenants {
        for granted in tenant.databases.values() {
            let Some(database) = config.databases.get(&granted.database) else { continue };
            let (kind, words) = match config.url(database, name) {
                Err(problem) => ("missing-url", problem.message),
                Ok(url) => match missing_parent(&url) {
                    Some(parent) => ("missing-directory", format!("there is no directory {}", parent.display())),
                    None => continue,
                },
            };
            let message = format!("database {} cannot be used: {words}", granted.database);
            if told.insert(message.clone()) {
                findings.push(Finding::warning(kind, &database.url_place, message, ELSEWHERE));
            }
        }
    }
}

/// Returns the directory of a SQLite file if it is missing: the host creates files, but no directories.
fn missing_parent(url: &str) -> Option<PathBuf> {
    let path = sqlite_path(url)?;
    path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()).map(Path::to_owned)
}

/// Returns the files that decide what is run: the configuration file and the components.
fn own(config: &Config) -> Vec<(String, PathBuf)> {
    let file = ("this configuration file".to_owned(), PathBuf::from(&config.source.name));
    let components = config.plugins.iter();
    let components = components.map(|(name, plugin)| (format!("plugin {name}"), config.path(&plugin.component)));
    std::iter::once(file).chain(components).collect()
}

fn is_below(file: &Path, directory: &Path) -> bool {
    let (file, directory) = (file.canonicalize(), directory.canonicalize());
    file.ok().zip(directory.ok()).is_some_and(|(file, directory)| file.starts_with(directory))
}
