//! T-60: processors are shared by tenants, not by calls, and guests that compute do not delay the runtime's sockets and timers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlservice_host::{Plugin, TenantLimits};
use sqlservice_tests::guest;

use super::processor_time::{LATE, lateness, running};
use crate::bare::component;

/// A plugin whose call computes for some milliseconds, which is less than a slice on a fast machine.
fn computing() -> Plugin {
    let fields = r#"(func (export "run") (local $left i32) (local.set $left (i32.const 30000000))
        (loop $on (local.set $left (i32.sub (local.get $left) (i32.const 1))) (br_if $on (local.get $left))))"#;
    component(guest::engine(), &running(fields)).expect("a plugin")
}

/// Calls a plugin repeatedly, as its own tenant with a number of instances, and counts the calls.
struct Caller {
    calls: Vec<tokio::task::JoinHandle<()>>,
    done: Arc<AtomicU32>,
}

impl Caller {
    fn start(plugin: &Plugin, instances: u32, end: &Arc<AtomicBool>) -> Self {
        let tenant = guest::tenant().limits(TenantLimits::default().instances(instances)).build().expect("a tenant");
        let done = Arc::new(AtomicU32::new(0));
        let call = |_| {
            let (plugin, tenant, end, done) = (plugin.clone(), tenant.clone(), Arc::clone(end), Arc::clone(&done));
            tokio::spawn(async move {
                while !end.load(Ordering::Relaxed) {
                    let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
                    instance.call("run", &[]).await.expect("its end");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Self { calls: (0..instances).map(call).collect(), done }
    }

    async fn count(self) -> u32 {
        for call in self.calls {
            call.await.expect("no panic in the host");
        }
        self.done.load(Ordering::Relaxed)
    }
}

/// T-60: a tenant with many instances gets no more processor time than others with few.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t60_tenants_compute_for_the_same_time_however_many_instances_they_have() {
    let (plugin, end) = (computing(), Arc::new(AtomicBool::new(false)));
    let callers = [16, 4, 2, 2].map(|instances| Caller::start(&plugin, instances, &end));
    tokio::time::sleep(Duration::from_secs(6)).await;
    end.store(true, Ordering::Relaxed);
    let mut counts = Vec::new();
    for caller in callers {
        counts.push(caller.count().await);
    }
    println!("calls of tenants with 16, 4, 2 and 2 instances: {counts:?}");
    let (least, most) = (counts.iter().min().expect("one"), counts.iter().max().expect("one"));
    // Calls that were running at the end are counted as well: up to 16 for the first tenant.
    assert!(*least > 10 && most - least < most / 3 + 16, "{counts:?}");
}

/// T-01, T-60: thirty tenants compute endlessly, and no task of the host waits for more than some of their slices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t60_a_host_full_of_computing_tenants_keeps_its_timers() {
    let (plugin, end) = (computing(), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..30).map(|_| Caller::start(&plugin, 1, &end)).collect();
    // The measurement leaves out each tenant's first slice.
    tokio::time::sleep(Duration::from_secs(1)).await;
    // A task of the runtime, like those that read sockets.
    let watch = tokio::spawn(lateness(tokio::time::sleep(Duration::from_secs(4))));
    let ((), late) = watch.await.expect("its end");
    end.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.count().await > 0);
    }
    println!("latest tick: {late:?}");
    assert!(late < LATE, "{late:?}");
}
