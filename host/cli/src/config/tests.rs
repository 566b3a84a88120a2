//! Tests of the files that the reader accepts and refuses, and of its errors.

mod errors;
mod noise;
mod schema;

use std::path::PathBuf;

use sqlservice_host::TenantLimits;

use super::{Config, LIMITS};
use crate::failure::Failure;

/// The documented example.
const EXAMPLE: &str = include_str!("../../sqlservice.example.toml");

fn read(text: &str) -> Result<Config, Failure> {
    super::read("f.toml".to_owned(), PathBuf::new(), text.as_bytes())
}

/// Renders a failure as the user sees it.
fn told(failure: Failure) -> String {
    let mut text = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    handler.render_report(&mut text, &failure.harmless()).expect("a text");
    text
}

#[test]
fn the_example_is_read() {
    let config = read(EXAMPLE).unwrap_or_else(|failure| panic!("{}", told(failure)));
    let acme = &config.tenants["acme"];
    assert_eq!(config.tenants.keys().collect::<Vec<_>>(), ["acme", "globex"]);
    assert_eq!(acme.databases["default"].policy.as_deref(), Some("notes"));
    assert_eq!(config.policies["notes"].tables["notes"].mask["text"], "owner_id = :user");
    assert_eq!(acme.claims["tenant"], 7_i64.into());
    assert_eq!(acme.limits.call_time.map(|time| time.as_secs()), Some(5));
    assert_eq!(config.databases["own"].settings.storage_bytes, Some(1 << 30));
}

/// Formats all limits in the host's debug format.
fn shown(limits: &TenantLimits) -> String {
    format!("{limits:?}")
}

#[test]
fn what_is_not_said_is_safe() {
    let default = TenantLimits::default();
    let of = |text: &str| shown(&read(text).map_err(told).expect("a file").tenants["a"].limits);
    assert_eq!(of("[tenants.a]"), shown(&default));
    // The example contains the default of each limit.
    let example = read(EXAMPLE).map_err(told).expect("the example");
    assert_eq!(shown(&example.tenants["globex"].limits), shown(&default));
    for limit in &LIMITS {
        let key = limit.name.rsplit('.').next().expect("a name");
        let line = EXAMPLE.lines().find(|line| line.starts_with(&format!("{key} = ")));
        let written = line.and_then(|line| line.split_once(" = ")).expect("a line of the example").1;
        assert_eq!(written.trim_matches('"'), limit.of(&default).to_string(), "{}", limit.name);
    }
    // Each limit of the host is a key of the file.
    let fields = shown(&default).matches(": ").count();
    assert_eq!(fields - 2, LIMITS.len(), "TenantLimits, SqlLimits and Limits have other fields than [limits]");
}

#[test]
fn a_tenants_limits_are_those_of_all_but_for_its_own() {
    let text = "[limits]\ncall-time = '2s'\nrows = 5\nhost-bytes = 'none'\n[tenants.a.limits]\nrows = 'none'\nstatement.depth = 3";
    let limits = &read(text).map_err(told).expect("a file").tenants["a"].limits;
    assert_eq!((limits.call_time.map(|t| t.as_millis()), limits.sql.rows), (Some(2_000), None));
    assert_eq!((limits.sql.statement.depth, limits.sql.host_bytes), (3, usize::MAX));
    let lifted: Vec<&str> = LIMITS.iter().filter(|limit| limit.is_lifted(limits)).map(|limit| limit.name).collect();
    assert_eq!(lifted, ["rows", "host-bytes"]);
}

#[test]
fn an_empty_file_grants_nothing() {
    assert!(read("").map_err(told).expect("a file").tenants.is_empty());
    let nothing = read("[tenants.a]").map_err(told).expect("a file");
    let tenant = &nothing.tenants["a"];
    assert!(
        tenant.plugins.is_empty()
            && tenant.databases.is_empty()
            && tenant.directories.is_empty()
            && tenant.env.is_empty()
    );
}

#[test]
fn a_file_that_is_too_large_or_not_there_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("large.toml");
    std::fs::write(&path, " ".repeat(super::LARGEST as usize + 1)).expect("a file");
    assert!(told(super::load(&path).expect_err("too large")).contains("too large"));
    std::fs::write(&path, " ".repeat(super::LARGEST as usize)).expect("a file");
    assert!(super::load(&path).is_ok());
    assert!(told(super::load(&dir.path().join("none.toml")).expect_err("none")).contains("none.toml"));
}
