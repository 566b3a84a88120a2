//! The directories for compiled plugins, and for other files that can be made again.

use std::{env, ffi::OsString, path::PathBuf};

use sqlservice_host::{CompileCache, Error};

use crate::{args::Cache, failure::Result};

/// The environment variable that names the directory; empty for no cache.
const VARIABLE: &str = "SQLSERVICE_CACHE";

/// Makes an engine, and what depends on it, with the requested cache. The default directory is left out where it cannot be used, or
/// where the plugin may write it: without it the command is only slower.
pub(crate) fn with<T>(
    asked: &Cache,
    build: impl Fn(Option<CompileCache>) -> std::result::Result<T, Error>,
) -> Result<T> {
    if asked.no_cache {
        return Ok(build(None)?);
    }
    if let Some(path) = asked.cache_dir.clone().or_else(|| named(env::var_os(VARIABLE)?)) {
        return Ok(build(Some(CompileCache::open(path)?))?);
    }
    if env::var_os(VARIABLE).is_some() {
        return Ok(build(None)?);
    }
    let with_cache = match users_own("components").map(CompileCache::open) {
        None => return Ok(build(None)?),
        Some(Ok(cache)) => build(Some(cache)),
        Some(Err(error)) => Err(error),
    };
    match with_cache {
        Err(error @ Error::CompileCache { .. }) => {
            tracing::debug!(%error, "plugins are compiled each time");
            Ok(build(None)?)
        }
        made => Ok(made?),
    }
}

fn named(path: OsString) -> Option<PathBuf> {
    (!path.is_empty()).then(|| path.into())
}

/// Returns our directory of this name in the user's cache directory, by the system's convention.
pub(crate) fn users_own(name: &str) -> Option<PathBuf> {
    // A relative path would name another directory in each working directory.
    let absolute = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        absolute("HOME").map(|home| home.join("Library/Caches"))
    } else {
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
    };
    Some(caches?.join("sqlservice").join(name))
}
