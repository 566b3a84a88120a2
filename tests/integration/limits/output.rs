//! T-73 and T-79: plugins' output to the host's streams, and the lines that they cause in the host's log.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use sqlservice_host::{Event, Grant, Observer, Settings, Stdio, TenantLimits, Val};
use sqlservice_tests::{component::GUEST_TALKER, guest};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::{bare::component, scene::text};

/// Records the events of dropped output: each tenant and its number of bytes.
#[derive(Clone, Default)]
struct Dropped(Arc<Mutex<Vec<(String, u64)>>>);

impl Dropped {
    fn take(&self) -> Vec<(String, u64)> {
        std::mem::take(&mut *self.0.lock().expect("no panic while it was held"))
    }
}

impl Observer for Dropped {
    fn event(&self, event: &Event<'_>) {
        if let Event::OutputDropped(dropped) = event {
            let tenant = dropped.scope.tenant.as_deref().unwrap_or_default().to_owned();
            self.0.lock().expect("no panic while it was held").push((tenant, dropped.bytes));
        }
    }
}

/// T-79: output beyond the limit is dropped, the call runs to its end, and the observer gets one event with the number of bytes.
#[tokio::test(flavor = "multi_thread")]
async fn t79_a_flood_of_output_is_dropped_and_told_once() {
    const PAGES: u32 = 25_600;
    let plugin = component(guest::engine(), include_str!("../print.wat")).expect("a plugin");
    let dropped = Dropped::default();
    // A limit of zero, because any byte would appear in the output of this test.
    let limits = TenantLimits::default().output_bytes(0);
    let tenant = guest::tenant_named("loud").stdio(Stdio::Stderr).limits(limits).observer(dropped.clone());
    let tenant = tenant.build().expect("a tenant");
    let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
    for _ in 0..2 {
        let printed = instance.call("run", &[Val::U32(PAGES)]).await.expect("no trap");
        assert_eq!(printed, Some(Val::U32(PAGES)));
        assert_eq!(dropped.take(), [("loud".to_owned(), 2 * 4_096 * u64::from(PAGES))]);
    }
    drop(instance);
    assert_eq!(dropped.take(), []);
}

/// Records the lines of the log, each with its fields.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic while it was held"))
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).expect("a text");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.is_span() && metadata.target().starts_with("sqlservice")
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().expect("no panic while it was held").push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// T-73: a tenant that floods the host's log suppresses no line of another tenant, and forges none.
#[tokio::test]
async fn t73_a_flood_of_lines_is_the_tenants_own_and_forges_none() {
    const FLOOD: usize = 300;
    let log = Lines::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let asking = |name: &str| {
        let grant = Grant::open("sqlite::memory:", Settings::default()).expect("a database").raw_sql(true);
        let limits = TenantLimits::default().log_lines(1);
        guest::tenant_named(name).limits(limits).database(guest::DATABASE, grant).build().expect("a tenant")
    };
    let (loud, other) = (asking("loud"), asking("other"));
    let plugin = guest::compiled(GUEST_TALKER);
    let mut guest = plugin.instantiate(&loud).await.expect("an instance");
    let forged = format!("SELECT 1 x '\u{1b}[2J\n2026 ERROR all is lost\u{202e}' {}", "x".repeat(9_000));
    for _ in 0..FLOOD {
        guest.call("ask", &[text(&forged)]).await.expect("no trap");
    }
    let lines = log.take();
    assert!((1..=30).contains(&lines.len()), "{} lines", lines.len());
    for line in &lines {
        assert!(line.contains("sqlservice.tenant=\"loud\""), "{line:?}");
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
        assert!(line.chars().count() < 20_000, "{} characters", line.chars().count());
    }
    assert!(lines.iter().any(|line| line.contains(r"\u{1b}")), "{lines:?}");
    // The other tenant's line is logged, and the loud tenant's next line counts the suppressed ones.
    let mut next = plugin.instantiate(&other).await.expect("an instance");
    next.call("ask", &[text(&forged)]).await.expect("no trap");
    let lines = log.take();
    assert!(lines.iter().any(|line| line.contains("sqlservice.tenant=\"other\"")), "{lines:?}");
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    guest.call("ask", &[text(&forged)]).await.expect("no trap");
    let lines = log.take();
    assert!(lines.iter().any(|line| line.contains("suppressed=2")), "{lines:?}");
}
