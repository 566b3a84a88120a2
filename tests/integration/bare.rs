//! Components of a few lines that call the contract as no SDK lets them: `database.wat` says what they find there.

use sqlservice_host::{Engine, Error, Grant, Plugin, Result, Tenant, Val};
use sqlservice_tests::{Fixture, guest};

/// A component whose texts are of this encoding, and whose export `run` takes a number and gives one. It is among these fields of its
/// module, as `database.wat` shows them.
pub fn bare(encoding: &str, fields: &str) -> Plugin {
    let text = include_str!("database.wat").replace("ENCODING", encoding).replace("FIELDS", fields);
    component(guest::engine(), &text).unwrap_or_else(|error| panic!("{error}: {fields}"))
}

/// A function `run` that does these steps with an open database `$database` and a session `$session` of it, `$given` what it is given.
pub fn steps(steps: &str) -> String {
    format!(
        r#"(func (export "run") (param $given i32) (result i32)
             (local $database i32) (local $session i32)
             (local.set $database (call $opened))
             (local.set $session (call $session-of (local.get $database)))
             {steps})"#
    )
}

/// The same, and a SQL text for `$begin-text`, which its steps find at 8192.
pub fn steps_with_text(of: &str, sql: &str) -> String {
    assert!(!sql.contains(['"', '\\']), "{sql} would have to be escaped");
    format!("{} (data (i32.const 8192) \"{sql}\")", steps(&of.replace("BYTES", &format!("(i32.const {})", sql.len()))))
}

/// What `run` says in an instance of its own.
pub async fn run(plugin: &Plugin, tenant: &Tenant, given: u32) -> Result<Option<Val>> {
    plugin.instantiate(tenant).await.expect("an instance").call("run", &[Val::U32(given)]).await
}

/// Fails unless a call ended with a trap that says this.
#[track_caller]
pub fn assert_trap(ended: &Result<Option<Val>>, said: &str, case: &str) {
    match ended {
        Err(Error::Trap(error)) if format!("{error:#}").contains(said) || format!("{error:?}").contains(said) => {}
        other => panic!("{case}: no trap that says {said:?}, but {other:?}"),
    }
}

/// A tenant that was granted what a stranger is granted, under this name.
pub fn stranger(fixture: &Fixture, name: &str) -> Tenant {
    guest::tenant().database(name, Grant::new(fixture.open())).build().expect("a tenant")
}

/// A component of this text.
pub fn component(engine: &Engine, text: &str) -> Result<Plugin> {
    engine.load(&wat::parse_str(text).expect("a component"))
}
