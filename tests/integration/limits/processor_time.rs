//! T-01 and T-02: guests that compute without an end. Components of a few lines attack.

use std::time::{Duration, Instant};

use sqlservice_host::{Error, TenantLimits};
use sqlservice_tests::{component::GUEST_HOSTILE, guest};

use super::tenant;
use crate::bare::component;

const SHORT: Duration = Duration::from_millis(300);

/// The latest that a task of the host's may run while a guest attacks. The issue's bound is 50 ms on a machine that does nothing else;
/// here other tests run on the same two processors.
pub(super) const LATE: Duration = Duration::from_millis(500);

/// A component whose only module has these fields, and whose exports `run` is.
pub(super) fn running(fields: &str) -> String {
    format!(
        r#"(component
            (core module $m {fields})
            (core instance $i (instantiate $m))
            (func (export "run") (canon lift (core func $i "run"))))"#
    )
}

/// A component that loops where it starts.
const ENDLESS_START: &str =
    "(component (core module $m (func $s (loop br 0)) (start $s)) (core instance (instantiate $m)))";

/// Runs work beside a task that wakes up each five milliseconds, and says how late it was at worst.
pub(super) async fn lateness<T>(work: impl Future<Output = T>) -> (T, Duration) {
    const EACH: Duration = Duration::from_millis(5);
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let ticks = tokio::spawn(async move {
        let mut worst = Duration::ZERO;
        while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
            let at = Instant::now();
            tokio::time::sleep(EACH).await;
            worst = worst.max(at.elapsed().saturating_sub(EACH));
        }
        worst
    });
    let done = work.await;
    let _ = stop.send(());
    (done, ticks.await.expect("the ticks"))
}

/// T-01: a guest that computes without an end is stopped at its budget, all others go on meanwhile, and its neighbours after it.
#[tokio::test]
async fn t01_an_endless_loop_ends_at_its_budget() {
    let plugin = component(guest::engine(), &running(r#"(func (export "run") (loop br 0))"#)).expect("a plugin");
    let limits = TenantLimits::default().processor_time(SHORT);
    let (tenant, began) = (tenant(limits), Instant::now());
    let (ended, late) = lateness(async {
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        (instance.call("run", &[]).await, instance.call("run", &[]).await)
    })
    .await;
    assert!(matches!(ended, (Err(Error::ProcessorTime(SHORT)), Err(Error::Poisoned))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(late < LATE, "{late:?}");
    assert!(TenantLimits::default().processor_time.is_some() && TenantLimits::default().call_time.is_some());
}

/// T-02: what moves all of its memory in one instruction, again and again, is stopped between two of them, and others go on.
#[tokio::test]
async fn t02_moving_memory_ends_at_its_budget() {
    // 252 MiB, of which half is copied to the other half.
    let copy = "(memory.copy (i32.const 0) (i32.const 132120576) (i32.const 132120576))";
    let fields = format!(r#"(memory 4032) (func (export "run") (loop {copy} (br 0)))"#);
    let plugin = component(guest::engine(), &running(&fields)).expect("a plugin");
    let tenant = tenant(TenantLimits::default().processor_time(SHORT));
    let began = Instant::now();
    let (ended, late) = lateness(async {
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        instance.call("run", &[]).await
    })
    .await;
    assert!(matches!(ended, Err(Error::ProcessorTime(SHORT))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(late < LATE, "{late:?}");
}

/// T-01: neither does the code that runs where an instance is made, for a call or for the models that it declares.
#[tokio::test]
async fn t01_an_endless_start_ends_at_its_budget() {
    let plugin = component(guest::engine(), ENDLESS_START).expect("a plugin");
    for (limits, wanted) in [
        (TenantLimits::default().start_time(SHORT), "took longer"),
        (TenantLimits::default().processor_time(SHORT), "computed for longer"),
    ] {
        let tenant = tenant(limits.instances(1).instance_wait(SHORT));
        let (ended, late) = lateness(plugin.instantiate(&tenant)).await;
        let ended = ended.err().expect("it never starts").to_string();
        assert!(ended.contains(wanted), "{ended}");
        assert!(late < LATE, "{late:?}");
        // Its place is free again.
        guest::compiled(GUEST_HOSTILE).instantiate(&tenant).await.expect("an instance");
    }
}

/// The same where nothing but the models was asked for, with the limits that hold where none are said.
#[tokio::test]
async fn t01_models_that_are_never_said_end_at_the_budget() {
    let text = format!(
        "{} (instance $none) (export \"sqlservice:database/declarations@0.2.0\" (instance $none)))",
        ENDLESS_START.strip_suffix(')').expect("its end")
    );
    let plugin = component(guest::engine(), &text).expect("a plugin");
    let began = Instant::now();
    let ended = plugin.models().await;
    assert!(matches!(ended, Err(Error::Deadline(_) | Error::ProcessorTime(_))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}
