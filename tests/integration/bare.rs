//! Small components that call the contract in ways that no SDK allows. `database.wat` has their imports and helper functions.

use sqlservice_host::{Engine, Error, Grant, Plugin, Result, Tenant, Val};
use sqlservice_tests::{Fixture, guest};

/// Compiles `database.wat` with this string encoding and these fields in its last module. The fields define the export `run`, which
/// takes and returns a number.
pub fn bare(encoding: &str, fields: &str) -> Plugin {
    let text = include_str!("database.wat").replace("ENCODING", encoding).replace("FIELDS", fields);
    component(guest::engine(), &text).unwrap_or_else(|error| panic!("{error}: {fields}"))
}

/// A function `run` with these steps. Its locals are an open database `$database` and its session `$session`; `$given` is its argument.
pub fn steps(steps: &str) -> String {
    format!(
        r#"(func (export "run") (param $given i32) (result i32)
             (local $database i32) (local $session i32)
             (local.set $database (call $opened))
             (local.set $session (call $session-of (local.get $database)))
             {steps})"#
    )
}

/// Like `steps`, with a SQL text at address 8192 for `$begin-text`; `BYTES` in the steps becomes its length.
pub fn steps_with_text(of: &str, sql: &str) -> String {
    assert!(!sql.contains(['"', '\\']), "{sql} would have to be escaped");
    format!("{} (data (i32.const 8192) \"{sql}\")", steps(&of.replace("BYTES", &format!("(i32.const {})", sql.len()))))
}

/// Calls `run` in a new instance and returns its result.
pub async fn run(plugin: &Plugin, tenant: &Tenant, given: u32) -> Result<Option<Val>> {
    plugin.instantiate(tenant).await.expect("an instance").call("run", &[Val::U32(given)]).await
}

/// Panics unless a call ended with a trap whose message contains `said`.
#[track_caller]
pub fn assert_trap(ended: &Result<Option<Val>>, said: &str, case: &str) {
    match ended {
        Err(Error::Trap(error)) if format!("{error:#}").contains(said) || format!("{error:?}").contains(said) => {}
        other => panic!("{case}: no trap that says {said:?}, but {other:?}"),
    }
}

/// A tenant with the default grant of the fixture's database, under this name.
pub fn stranger(fixture: &Fixture, name: &str) -> Tenant {
    guest::tenant().database(name, Grant::new(fixture.open())).build().expect("a tenant")
}

/// Loads a component from its text format.
pub fn component(engine: &Engine, text: &str) -> Result<Plugin> {
    engine.load(&wat::parse_str(text).expect("a component"))
}
