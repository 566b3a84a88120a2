//! The events that an observer gets of plugins: the tenant and plugin of each call, its statements and its outcome.

use std::sync::{Arc, Mutex};

use sqlservice_host::{
    Engine, Event, Grant, Observer, TenantLimits, Val,
    observe::{CallOutcome, Outcome, StatementCompiled},
};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE, GUEST_READER, GUEST_TALKER},
    for_each_database, guest,
};

/// Records each event as a line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic while it was held"))
    }
}

impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        let scope = event.scope();
        let part = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("-").to_owned();
        let what = match event {
            Event::StatementCompiled(StatementCompiled { statement, is_hit, .. }) => {
                let shown = statement.map_or_else(|| "refused".to_owned(), |statement| statement.to_string());
                format!("compiled {shown} {is_hit}")
            }
            Event::StatementStarted(started) => format!("started {}", started.statement),
            Event::StatementFinished(finished) => {
                let ok = matches!(finished.outcome, Outcome::Ok);
                format!("finished {} {} {} {ok}", finished.statement, finished.rows, finished.affected)
            }
            Event::Refused(refused) => format!("refused {} {}", refused.code, refused.limit.unwrap_or("-")),
            Event::InstanceFailed(failed) => format!("not made {}", failed.reason),
            Event::CallFinished(call) => format!("call {} {:?}", call.function, call.outcome),
            _ => return,
        };
        let who = format!("{}/{}/{}", part(&scope.tenant), part(&scope.plugin), part(&scope.database));
        self.0.lock().expect("no panic while it was held").push(format!("{who}: {what}"));
    }
}

#[test]
fn t77_an_observer_is_told_whose_call_sent_what() {
    for_each_database(async |fixture: &Fixture| {
        let log = Log::default();
        let tenant = guest::tenant_named("acme")
            .observer(log.clone())
            .database("main", Grant::new(fixture.open()).schema_changes(true));
        let tenant = tenant
            .database(guest::DATABASE, Grant::new(fixture.open()).schema_changes(true))
            .build()
            .expect("a tenant");
        let plugin = guest::compiled(GUEST_READER).with_name("reader");
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        instance.call("prepare", &[Val::U32(3)]).await.expect("no trap");
        let made = log.take();
        assert_eq!(made.last().map(String::as_str), Some("acme/reader/-: call prepare Returned"), "{made:?}");
        let inserted = "acme/reader/default: finished INSERT ";
        assert!(made.iter().any(|line| line.starts_with(inserted) && line.ends_with("3 true")), "{made:?}");
        instance.call("one", &[Val::S64(2)]).await.expect("no trap");
        let table = made.iter().find_map(|line| line.strip_prefix(inserted)).expect("an insert");
        let table = table.split(' ').next().expect("its table");
        let expected = [
            format!("acme/reader/default: compiled SELECT {table} false"),
            format!("acme/reader/default: started SELECT {table}"),
            format!("acme/reader/default: finished SELECT {table} 1 0 true"),
            "acme/reader/-: call one Returned".to_owned(),
        ];
        assert_eq!(log.take(), expected, "on {}", fixture.backend());
    });
}

#[tokio::test]
async fn an_observer_is_told_how_calls_end() {
    let (all, own) = (Log::default(), Log::default());
    let engine = Engine::builder().observer(all.clone()).build().expect("an engine");
    let plugin = engine.load_file(GUEST_TALKER).expect("a plugin");
    let limits = TenantLimits::default().call_time(std::time::Duration::from_millis(200));
    let one = engine.tenant("one").limits(limits).build().expect("a tenant");
    let other = engine.tenant("other").observer(own.clone()).build().expect("a tenant");
    let name = plugin.name().to_owned();
    let call = async |tenant, function: &str, arguments: &[Val]| {
        let mut instance = plugin.instantiate(tenant).await.expect("an instance");
        drop(instance.call(function, arguments).await);
    };
    call(&one, "echo", &[Val::String("x".to_owned())]).await;
    call(&one, "crash", &[]).await;
    call(&one, "wait", &[Val::U32(20_000)]).await;
    let line = |outcome: CallOutcome, function: &str| format!("one/{name}/-: call {function} {outcome:?}");
    let expected =
        [line(CallOutcome::Returned, "echo"), line(CallOutcome::Failed, "crash"), line(CallOutcome::Timeout, "wait")];
    assert_eq!(all.take(), expected);
    // The caller drops its future. The tenant has an observer of its own, so the engine's observer gets no event.
    let mut instance = plugin.instantiate(&other).await.expect("an instance");
    let arguments = [Val::U32(20_000)];
    let gone = tokio::time::timeout(std::time::Duration::from_millis(20), instance.call("wait", &arguments)).await;
    gone.expect_err("it waits");
    assert_eq!(own.take(), [format!("other/{name}/-: call wait {:?}", CallOutcome::Cancelled)]);
    assert_eq!(all.take(), Vec::<String>::new());
}

/// The observer gets each denial and each reached limit, with its tenant and plugin.
#[test]
fn an_observer_is_told_what_was_refused() {
    for_each_database(async |fixture: &Fixture| {
        let log = Log::default();
        let tenant = guest::tenant_named("acme").observer(log.clone());
        let tenant = tenant.database(guest::DATABASE, Grant::new(fixture.open())).build().expect("a tenant");
        let refused = async |component: &str, function: &str, arguments: &[Val]| {
            let plugin = guest::compiled(component).with_name("plugin");
            let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
            instance.call(function, arguments).await.expect("no trap");
            log.take().into_iter().filter(|line| line.contains(": refused")).collect::<Vec<_>>()
        };
        let made = refused(GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await;
        assert_eq!(made, ["acme/plugin/-: refused denied -"], "on {}", fixture.backend());
        let made = refused(GUEST_HOSTILE, "open-until-refused", &[]).await;
        assert_eq!(made, ["acme/plugin/-: refused limit sessions"], "on {}", fixture.backend());
    });
}

/// The observer gets each failed instantiation with its reason. The tenant's limits apply to a start function too.
#[tokio::test]
async fn an_observer_is_told_of_instances_that_were_not_made() {
    const START: &str = "(component (core module $m (func $s {}) (start $s)) (core instance (instantiate $m)))";
    let log = Log::default();
    let limits = TenantLimits::default().instances(1).instance_wait(std::time::Duration::ZERO).instance_waiters(0);
    let limits = limits.processor_time(std::time::Duration::from_millis(100));
    let tenant = guest::tenant_named("acme").observer(log.clone()).limits(limits).build().expect("a tenant");
    let plugin = |start: &str| {
        let bytes = wat::parse_str(START.replace("{}", start)).expect("a component");
        guest::engine().load(&bytes).expect("a plugin").with_name("plugin")
    };
    for start in ["unreachable", "(loop br 0)"] {
        plugin(start).instantiate(&tenant).await.map(drop).expect_err("it is not made");
    }
    let _only = plugin("").instantiate(&tenant).await.expect("an instance");
    plugin("").instantiate(&tenant).await.map(drop).expect_err("there is no place");
    let told = log.take();
    assert_eq!(told[..2], ["acme/plugin/-: not made trap", "acme/plugin/-: not made processor-time"]);
    assert!(["no-place", "queue-full"].iter().any(|why| told[2].ends_with(why)) && told.len() == 3, "{told:?}");
}

/// Refused memory is reported once per instance, however often the guest tries to grow it.
#[tokio::test]
async fn an_observer_is_told_of_memory_that_was_refused() {
    const GROWS: &str = r#"(component
        (core module $m (memory 1) (func (export "run") (result i32) (local $left i32)
            (local.set $left (i32.const 1000))
            (loop (drop (memory.grow (i32.const 1000)))
                (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (memory.grow (i32.const 1))))
        (core instance $i (instantiate $m))
        (func (export "run") (result u32) (canon lift (core func $i "run"))))"#;
    let log = Log::default();
    let limits = TenantLimits::default().memory(1 << 20);
    let tenant = guest::tenant_named("acme").observer(log.clone()).limits(limits).build().expect("a tenant");
    let bytes = wat::parse_str(GROWS).expect("a component");
    let plugin = guest::engine().load(&bytes).expect("a plugin").with_name("plugin");
    let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
    assert_eq!(instance.call("run", &[]).await.expect("no trap"), Some(Val::U32(1)), "one page is there");
    assert_eq!(log.take(), ["acme/plugin/-: refused limit memory", "acme/plugin/-: call run Returned"]);
}
