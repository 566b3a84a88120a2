//! T-79: a plugin that calls `exit`; its panic messages and its output.

use sqlservice_host::{Error, Stdio, TenantLimits, Val};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_HOSTILE, GUEST_TALKER},
    for_each_database, guest,
};

use crate::{
    alone::resident,
    bare::{assert_trap, component},
    scene::{Scene, only_one, text},
};

/// The growth of this process that a flood of output may cause, in bytes; other tests allocate at the same time.
const ROOM: u64 = 128 << 20;

/// The source of a component that calls the `exit` of a WASI version: in `run` with its argument, and on request at its start.
fn exiting(version: &str, at_the_start: bool) -> String {
    let start = if at_the_start { "(func $starts (call $exit (i32.const 0))) (start $starts)" } else { "" };
    format!(
        r#"(component
            (import "wasi:cli/exit@{version}" (instance $exits (export "exit" (func (param "status" (result))))))
            (core func $exit (canon lower (func $exits "exit")))
            (core module $m (import "" "exit" (func $exit (param i32)))
                (func (export "run") (param i32) (result i32) (call $exit (local.get 0)) (i32.const 7)) {start})
            (core instance $i (instantiate $m (with "" (instance (export "exit" (func $exit))))))
            (func (export "run") (param "status" u32) (result u32) (canon lift (core func $i "run"))))"#
    )
}

/// Fails unless a new tenant without grants is served.
async fn assert_served() {
    let tenant = guest::tenant().build().expect("a tenant");
    let mut next = guest::compiled(GUEST_TALKER).instantiate(&tenant).await.expect("an instance");
    assert_eq!(next.call("add", &[Val::S64(1), Val::S64(1)]).await.expect("no trap"), Some(Val::S64(2)));
}

/// T-79: an exit ends its own instance only, not the process, whatever its status and whenever the guest calls it.
#[tokio::test(flavor = "multi_thread")]
async fn t79_an_exit_ends_its_instance_only() {
    let tenant = guest::tenant().build().expect("a tenant");
    for version in ["0.2.0", "0.3.0"] {
        let plugin = component(guest::engine(), &exiting(version, false)).expect("a plugin");
        for status in [0, 1] {
            let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
            let ended = instance.call("run", &[Val::U32(status)]).await;
            assert_trap(&ended, "exit", &format!("{version}, {status}"));
            let again = instance.call("run", &[Val::U32(status)]).await;
            assert!(matches!(again, Err(Error::Poisoned)), "{again:?}");
        }
        let plugin = component(guest::engine(), &exiting(version, true)).expect("a plugin");
        let started = plugin.instantiate(&tenant).await.map(drop);
        assert!(matches!(started, Err(Error::Trap(_))), "{version}: {started:?}");
        assert_served().await;
    }
}

/// T-79: an exit or a panic message of 32 MiB in a transaction rolls it back, as any trap does.
#[test]
fn t79_exits_and_long_last_words_leave_nothing_behind() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(3).await;
        for (id, how) in (500..).zip(["exit", "exit with 1", "long panic"]) {
            let before = resident();
            let mut guest = scene.instance(GUEST_HOSTILE).await;
            let ended = guest.call("trap-in-begin", &[text(how)]).await;
            assert!(matches!(ended, Err(Error::Trap(_))), "{how} on {}: {ended:?}", fixture.backend());
            // The host does not keep the panic message: the embedder's error has the place of the trap only.
            let told = ended.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.len() < 64 << 10 && !told.contains('\u{1b}'), "{how}: {} bytes", told.len());
            drop(guest);
            scene.assert_clean(id, how).await;
            let grown = resident().saturating_sub(before);
            assert!(grown < ROOM, "{how} on {}: {grown} bytes more", fixture.backend());
        }
        assert_eq!(scene.ids().await, [1, 2, 3, 500, 501, 502], "on {}", fixture.backend());
    });
}

/// T-79: discarded output, the default, takes no memory: a call that writes a hundred mebibytes to each stream succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn t79_discarded_output_takes_no_memory() {
    const PAGES: u32 = 25_600;
    let plugin = component(guest::engine(), include_str!("../print.wat")).expect("a plugin");
    let discarding = guest::tenant().stdio(Stdio::Discard).build().expect("a tenant");
    let by_default = guest::tenant().build().expect("a tenant");
    for tenant in [&discarding, &by_default] {
        let before = resident();
        let mut instance = plugin.instantiate(tenant).await.expect("an instance");
        let printed = instance.call("run", &[Val::U32(PAGES)]).await.expect("no trap");
        assert_eq!(printed, Some(Val::U32(PAGES)));
        let grown = resident().saturating_sub(before);
        assert!(grown < ROOM, "{grown} bytes more");
    }
    assert_served().await;
}
