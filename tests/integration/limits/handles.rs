//! T-12: guests that create streams, futures, tasks and other handles endlessly.

use sqlservice_host::{TenantLimits, Val};
use sqlservice_tests::{component::GUEST_TALKER, guest};

use crate::{
    alone::resident,
    bare::{assert_trap, component},
};

/// The bytes by which floods may grow this process; other tests allocate some of them at the same time.
const ROOM: u64 = 128 << 20;

/// A component with these definitions, which repeats `each` for ever. `of` is the type of the definitions' core function `$f`.
fn endless(definitions: &str, of: &str, each: &str) -> String {
    format!(
        r#"(component $component {definitions}
            (core module $m (import "" "f" (func $f {of})) (func (export "run") (loop {each} (br 0))))
            (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
            (func (export "run") async (canon lift (core func $i "run"))))"#
    )
}

/// A component that calls a neighbour component, whose calls never return.
const TASKS: &str = r#"(component
    (component $waits
        (core func $set (canon waitable-set.new))
        (core module $m (import "" "set" (func $set (result i32)))
            (global $at (mut i32) (i32.const 0))
            (func (export "go") (result i32)
                (if (i32.eqz (global.get $at)) (then (global.set $at (call $set))))
                (i32.or (i32.shl (global.get $at) (i32.const 4)) (i32.const 2)))
            (func (export "told") (param i32 i32 i32) (result i32) unreachable))
        (core instance $i (instantiate $m (with "" (instance (export "set" (func $set))))))
        (func (export "go") async (canon lift (core func $i "go") async (callback (func $i "told")))))
    (component $calls
        (import "go" (func $go async))
        (core func $f (canon lower (func $go) async))
        (core module $m (import "" "f" (func $f (result i32))) (func (export "run") (loop (drop (call $f)) (br 0))))
        (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
        (func (export "run") async (canon lift (core func $i "run"))))
    (instance $waiting (instantiate $waits))
    (instance $calling (instantiate $calls (with "go" (func $waiting "go"))))
    (export "run" (func $calling "run")))"#;

/// A host call that waits longer than any test runs.
const WAIT: &str = r#"(import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
        (export "wait-for" (func async (param "how-long" u64)))))
    (core func $f (canon lower (func $clock "wait-for") async))"#;

/// A resource of the host that never becomes ready.
const POLLABLE: &str = r#"(import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer $component $pollable (type $is))
        (export "pollable" (type $pollable (eq $is)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
    (core func $f (canon lower (func $clock "subscribe-duration")))"#;

fn floods() -> Vec<(&'static str, String)> {
    let own = |definitions: &str, of: &str| endless(definitions, of, "(drop (call $f))");
    let long = "(drop (call $f (i64.const 1000000000000000)))";
    vec![
        ("streams", own("(type $s (stream u8)) (core func $f (canon stream.new $s))", "(result i64)")),
        ("futures", own("(type $s (future u64)) (core func $f (canon future.new $s))", "(result i64)")),
        ("sets of what is waited for", own("(core func $f (canon waitable-set.new))", "(result i32)")),
        ("calls of the host that do not end", endless(WAIT, "(param i64) (result i32)", long)),
        ("calls of a neighbour that do not end", TASKS.to_owned()),
        ("resources of the host", endless(POLLABLE, "(param i64) (result i32)", long)),
    ]
}

/// T-12: each flood ends in a trap when its guest reaches its limit of handles, also at the default of 10,000, and the host's memory is
/// freed.
#[tokio::test(flavor = "multi_thread")]
async fn t12_a_flood_of_handles_ends_at_their_limit() {
    for (what, text) in floods() {
        let plugin = component(guest::engine(), &text).unwrap_or_else(|error| panic!("{what}: {error}"));
        for handles in [100, TenantLimits::default().handles] {
            let limits = TenantLimits::default().handles(handles);
            let tenant = guest::tenant().limits(limits).build().expect("a tenant");
            // A leak of one flood would add up twenty times.
            let (before, mut grown) = (resident(), 0);
            for _ in 0..20 {
                let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
                let ended = instance.call("run", &[]).await;
                assert_trap(&ended, "no free keys", &format!("{what}, {handles}"));
                grown = resident().saturating_sub(before);
            }
            assert!(grown < ROOM, "{what}: {grown} bytes more after twenty floods of {handles}");
        }
        // The next call works.
        let tenant = guest::tenant().build().expect("a tenant");
        let mut next = guest::compiled(GUEST_TALKER).instantiate(&tenant).await.expect("an instance");
        let sum = next.call("add", &[Val::S64(1), Val::S64(1)]).await.expect("no trap");
        assert_eq!(sum, Some(Val::S64(2)), "after {what}");
    }
}
