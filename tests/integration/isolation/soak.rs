//! Fifty tenants run good and hostile guests at random for some time: no data is lost, seen by another tenant, or left behind.
//!
//! It takes ten seconds, or `SQLSERVICE_SOAK_SECONDS`, for all databases together. `SQLSERVICE_SOAK_SEED` repeats a printed seed.

use std::{
    collections::BTreeSet,
    fs::File,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sqlservice_host::{Database, Error, Grant, Result, Settings, SqlLimits, Tenant, TenantLimits, Val};
use sqlservice_tests::{
    Backend, Fixture, Outside,
    component::{GUEST_CONFORMANCE, GUEST_HOSTILE, GUEST_TALKER},
    for_each_within, guest,
};

use crate::{
    alone::{alone, status},
    scene::{lines, text},
};

const TENANTS: u32 = 50;

/// Every limit on wall-clock time.
const LONG: Duration = Duration::from_secs(300);

/// The additional time for creating and removing fifty databases, and for the last calls.
const BESIDES: Duration = Duration::from_secs(300);

/// The descriptors and threads that a process may have in addition to before: those of the runtime and of the system's libraries.
const MORE: u64 = 8;

/// The memory in KiB by which the process may grow after the first calls: places of instances keep some of theirs.
const GROWN: u64 = 256 << 10;

/// A pseudorandom number generator with a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// A tenant with its own database, and the expected content of that database.
struct Customer {
    number: u32,
    tenant: Tenant,
    database: Database,
    url: String,
    random: Random,
    turns: u32,
    /// The texts that the tenant committed, in their order. Each contains the tenant's number.
    kept: Vec<String>,
    /// Keys of rows that were certainly committed, and of those whose outcome is unknown.
    sure: BTreeSet<i64>,
    maybe: BTreeSet<i64>,
}

impl Customer {
    async fn new(number: u32, url: String, seed: u64) -> Self {
        let settings = Settings::default().pool_size(1).max_overflow(0);
        let database = Database::new(&url, settings).expect("a database");
        // Limits on wall-clock time are long: a busy machine could delay good guests through no fault of the host.
        let sql = SqlLimits::default().idle_transaction_time(LONG).transaction_time(LONG).statement_time(LONG);
        let grant = Grant::new(database.clone()).schema_changes(true);
        let limits = TenantLimits::default()
            .sql(sql)
            .call_time(LONG)
            .start_time(LONG)
            .memory(32 << 20)
            .handles(2_000)
            .instances(2)
            .processor_time(Duration::from_millis(500));
        let tenant = guest::engine().tenant(format!("tenant-{number}")).limits(limits).database(guest::DATABASE, grant);
        let customer = Self {
            number,
            tenant: tenant.build().expect("a tenant"),
            database,
            url,
            random: Random(seed ^ u64::from(number)),
            turns: 0,
            kept: Vec::new(),
            sure: (1..=3).collect(),
            maybe: BTreeSet::new(),
        };
        let made = customer.call(GUEST_CONFORMANCE, "setup", &[Val::U32(3)]).await.expect("no trap");
        assert_eq!(lines(made).expect("tables"), ["users", "devices"], "of tenant {number}");
        customer
    }

    async fn call(&self, component: &str, function: &str, arguments: &[Val]) -> Result<Option<Val>> {
        guest::compiled(component).instantiate(&self.tenant).await?.call(function, arguments).await
    }

    async fn work(mut self, until: Instant) -> Self {
        // Each tenant commits a text first, so that even the slowest one has data to keep.
        self.remember().await;
        while Instant::now() < until {
            self.turn().await;
        }
        self
    }

    async fn turn(&mut self) {
        self.turns += 1;
        match self.random.below(10) {
            0..=2 => self.remember().await,
            3 | 4 => self.read().await,
            5 => self.crash().await,
            6 => self.leave().await,
            7 => self.change().await,
            _ => self.attack().await,
        }
    }

    /// A text that is unique to this tenant and this turn.
    fn stamp(&self) -> String {
        format!("tenant {} turn {}", self.number, self.turns)
    }

    /// Commits a text and checks the number of committed texts.
    async fn remember(&mut self) {
        let said = self.call(GUEST_TALKER, "remember", &[text(&self.stamp())]).await;
        self.kept.push(self.stamp());
        let count = Val::U64(self.kept.len() as u64);
        match said {
            Ok(Some(Val::Result(Ok(Some(found))))) if *found == count => {}
            other => panic!("tenant {}, {} texts: {other:?}", self.number, self.kept.len()),
        }
    }

    /// Reads all texts and checks that they are the tenant's own and no others.
    async fn read(&self) {
        let said = self.call(GUEST_TALKER, "memories", &[text(guest::DATABASE)]).await.expect("no trap");
        assert_eq!(lines(said).expect("texts"), self.kept, "of tenant {}", self.number);
    }

    /// Writes a text and traps before its commit.
    async fn crash(&self) {
        let text = format!("{}, never committed", self.stamp());
        let said = self.call(GUEST_TALKER, "remember-and-crash", &[Val::String(text)]).await;
        assert!(matches!(said, Err(Error::Trap(_))), "tenant {}: {said:?}", self.number);
    }

    /// Writes a text, and the call is dropped at a random moment before its commit.
    async fn leave(&mut self) {
        let text = format!("{}, left", self.stamp());
        let patience = Duration::from_millis(self.random.below(60));
        let arguments = [Val::String(text)];
        let call = self.call(GUEST_TALKER, "remember-and-wait", &arguments);
        let said = tokio::time::timeout(patience, call).await;
        assert!(said.is_err(), "tenant {}: it waits for minutes, but {said:?}", self.number);
    }

    /// Does everything once and commits a row at its end. Some of these calls are dropped midway.
    async fn change(&mut self) {
        let id = 1_000 + 10 * i64::from(self.turns);
        let patience = if self.random.below(2) == 0 { self.random.below(50) } else { 120_000 };
        let arguments = [Val::S64(id)];
        let call = self.call(GUEST_HOSTILE, "everything", &arguments);
        let said = tokio::time::timeout(Duration::from_millis(patience), call).await;
        match said {
            Ok(Ok(Some(Val::Result(Ok(_))))) => _ = self.sure.insert(id),
            Ok(other) => panic!("tenant {}: {other:?}", self.number),
            Err(_) => _ = self.maybe.insert(id),
        }
    }

    /// Runs a random attack, whose result other tests check.
    async fn attack(&mut self) {
        const SWEPT: [&str; 9] =
            ["begin", "first-use", "execute", "rollback", "savepoint", "release", "flush", "stream", "cursor"];
        let trap = text(self.random.of(&["panic", "unreachable", "recursion", "table", "exit"]));
        let swept = text(self.random.of(&SWEPT));
        let polls = Val::U32(1 + self.random.below(20) as u32);
        let id = Val::S64(500_000);
        let attacks: [(&str, &str, Vec<Val>); 9] = [
            (GUEST_HOSTILE, "trap-in-begin", vec![trap]),
            (GUEST_HOSTILE, "sweep", vec![swept.clone(), id.clone(), polls.clone()]),
            (GUEST_HOSTILE, "sweep-trap", vec![swept, id, polls]),
            (GUEST_HOSTILE, "leave-open", vec![Val::U32(1)]),
            (GUEST_HOSTILE, "open-until-refused", vec![]),
            (GUEST_HOSTILE, "forged-batches", vec![]),
            (GUEST_HOSTILE, "bad-models", vec![]),
            (GUEST_HOSTILE, "drop-parents", vec![]),
            (GUEST_TALKER, "spin", vec![]),
        ];
        let (component, function, arguments) = &attacks[self.random.below(attacks.len() as u64) as usize];
        drop(self.call(component, function, arguments).await);
    }

    /// Panics unless the database has exactly what the tenant committed, as read by its own guest and from outside.
    async fn check(&self) {
        self.read().await;
        let mut outside = Outside::open(&self.url).await;
        let column = |rows: Vec<Vec<Option<String>>>| rows.into_iter().flatten().flatten();
        let texts: Vec<String> = column(outside.rows("SELECT text FROM memories ORDER BY id").await).collect();
        assert_eq!(texts, self.kept, "of tenant {}", self.number);
        let ids = column(outside.rows("SELECT id FROM users ORDER BY id").await);
        let ids: BTreeSet<i64> = ids.map(|id| id.parse().expect("a key")).collect();
        let lost: Vec<_> = self.sure.difference(&ids).collect();
        let strange: Vec<_> = ids.iter().filter(|id| !self.sure.contains(*id) && !self.maybe.contains(*id)).collect();
        assert!(
            lost.is_empty() && strange.is_empty(),
            "tenant {}: {lost:?} are lost, {strange:?} are strange",
            self.number
        );
        assert_eq!(outside.tables().await, ["devices", "memories", "users"], "of tenant {}", self.number);
        outside.close().await;
    }

    /// Waits until the tenant's connections are back in the pool, and closes them.
    async fn end(self) {
        for attempt in 0.. {
            let found = self.database.status();
            if found.in_use == 0 {
                break;
            }
            assert!(attempt < 1_000, "tenant {}: {found:?}, ten seconds after its last call", self.number);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.database.close().await;
        assert_eq!(self.database.status().in_use, 0, "tenant {}", self.number);
    }
}

fn name(number: u32) -> String {
    format!("soak_{}_{number}", std::process::id())
}

/// Creates a database for each tenant and returns their URLs.
async fn databases(fixture: &Fixture) -> Vec<String> {
    let mut outside = fixture.outside().await;
    let mut urls = Vec::new();
    for number in 0..TENANTS {
        if fixture.backend() == Backend::Sqlite {
            let file = fixture.dir().join(name(number));
            File::create(&file).expect("a file");
            urls.push(format!("sqlite://{}", file.display()));
            continue;
        }
        outside.execute(&format!("CREATE DATABASE {}", name(number))).await;
        let (server, _) = fixture.url().rsplit_once('/').expect("a URL with a database");
        urls.push(format!("{server}/{}", name(number)));
    }
    outside.close().await;
    urls
}

async fn remove(fixture: &Fixture) {
    if fixture.backend() == Backend::Sqlite {
        return;
    }
    let mut outside = fixture.outside().await;
    // A server notices a closed connection a little later.
    let force = if fixture.backend() == Backend::Postgres { " WITH (FORCE)" } else { "" };
    for number in 0..TENANTS {
        outside.execute(&format!("DROP DATABASE {}{force}", name(number))).await;
    }
    outside.close().await;
}

/// Counts the descriptors and the threads of this process.
fn held() -> (u64, u64) {
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("a system with /proc").count() as u64;
    (descriptors, status("Threads:"))
}

/// Panics unless the process holds as little as before, once idle threads have ended.
async fn assert_nothing_held(before: (u64, u64), backend: Backend) {
    let mut now = held();
    for _ in 0..300 {
        if now.0 <= before.0 + MORE && now.1 <= before.1 + MORE {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        now = held();
    }
    panic!("on {backend}: {now:?} descriptors and threads, {before:?} before");
}

/// Lets all tenants work concurrently until a moment in time.
async fn work(customers: Vec<Customer>, until: Instant) -> Vec<Customer> {
    let tasks: Vec<_> = customers.into_iter().map(|customer| tokio::spawn(customer.work(until))).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.expect("each tenant got what it was to get"));
    }
    done
}

async fn soak(fixture: &Fixture, time: Duration, seed: u64) {
    let backend = fixture.backend();
    for component in [GUEST_CONFORMANCE, GUEST_HOSTILE, GUEST_TALKER] {
        guest::compiled(component);
    }
    let before = held();
    let mut customers = Vec::new();
    for (number, url) in (0..).zip(databases(fixture).await) {
        customers.push(Customer::new(number, url, seed).await);
    }
    let memory = status("VmRSS:");
    let customers = work(customers, Instant::now() + time).await;
    let turns: u32 = customers.iter().map(|customer| customer.turns).sum();
    let texts: usize = customers.iter().map(|customer| customer.kept.len()).sum();
    for customer in customers {
        customer.check().await;
        customer.end().await;
    }
    let grown = status("VmRSS:").saturating_sub(memory);
    println!("{backend}: {turns} turns of {TENANTS} tenants, {texts} texts, {grown} KiB more");
    assert!(grown < GROWN, "on {backend}: {grown} KiB more");
    assert!(texts >= TENANTS as usize, "on {backend}: {texts} texts");
    remove(fixture).await;
    assert_nothing_held(before, backend).await;
}

#[test]
#[ignore = "run by many_tenants_for_some_time in a process of its own"]
fn alone_soak() {
    let seconds = number("SQLSERVICE_SOAK_SECONDS").unwrap_or(10);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time");
    let seed = number("SQLSERVICE_SOAK_SEED").unwrap_or_else(|| u64::from(now.subsec_nanos()));
    println!("SQLSERVICE_SOAK_SEED={seed}");
    let time = Duration::from_secs(seconds) / Backend::ALL.len() as u32;
    for_each_within(time + BESIDES, &Backend::ALL, async |fixture: &Fixture| soak(fixture, time, seed).await);
}

#[test]
fn many_tenants_for_some_time() {
    println!("{}", alone("isolation::soak::alone_soak"));
}
