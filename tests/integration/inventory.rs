//! The plugin `inventory`: its figures must equal those of `dpkg`, which are computed independently.

mod debian;
mod known;

use std::path::Path;

use sqlservice_host::{Access, Instance, Val};
use sqlservice_tests::{Fixture, component::PLUGIN_INVENTORY, guest};

use crate::scene::text;

/// An instance of the plugin with the case's database, and with a directory as `/input`.
async fn plugin(fixture: &Fixture, dir: &Path) -> Instance {
    let builder = guest::tenant().database(guest::DATABASE, fixture.grant());
    let tenant = builder.directory(dir, "/input", Access::Read).build().expect("a tenant");
    guest::compiled(PLUGIN_INVENTORY).instantiate(&tenant).await.expect("an instance")
}

/// Calls a function and returns its result or its own error.
async fn ask(plugin: &mut Instance, function: &str, arguments: &[Val]) -> Result<Val, String> {
    match plugin.call(function, arguments).await {
        Ok(Some(Val::Result(Ok(Some(value))))) => Ok(*value),
        Ok(Some(Val::Result(Err(Some(error))))) => match *error {
            Val::String(said) => Err(said),
            other => panic!("{other:?}"),
        },
        other => panic!("{function}: {other:?}"),
    }
}

async fn import(plugin: &mut Instance, file: &str) -> Result<Val, String> {
    ask(plugin, "import-status", &[text(&format!("/input/{file}"))]).await
}

/// A field of a record as text; `None` for an option without a value.
fn field(record: &Val, name: &str) -> Option<String> {
    let Val::Record(fields) = record else { panic!("no record: {record:?}") };
    let (_, value) = fields.iter().find(|(field, _)| field == name).unwrap_or_else(|| panic!("no {name}: {record:?}"));
    let plain = |value: &Val| match value {
        Val::String(text) => text.clone(),
        Val::U64(number) => number.to_string(),
        other => panic!("{name} is {other:?}"),
    };
    match value {
        Val::Option(value) => value.as_deref().map(plain),
        value => Some(plain(value)),
    }
}

fn number(record: &Val, name: &str) -> u64 {
    field(record, name).and_then(|number| number.parse().ok()).expect("a number")
}

fn word(record: &Val, name: &str) -> String {
    field(record, name).expect("a text")
}

fn list(value: Val) -> Vec<Val> {
    match value {
        Val::List(items) => items,
        other => panic!("no list: {other:?}"),
    }
}

/// The unmet requirements, as `package:architecture kind requirement`.
async fn unmet(plugin: &mut Instance) -> Vec<String> {
    let unmet = list(ask(plugin, "unmet-dependencies", &[]).await.expect("what is not met"));
    let line = |unmet: &Val| {
        let [name, architecture, kind, requirement] =
            ["name", "architecture", "kind", "requirement"].map(|name| word(unmet, name));
        format!("{name}:{architecture} {kind} {requirement}")
    };
    unmet.iter().map(line).collect()
}
