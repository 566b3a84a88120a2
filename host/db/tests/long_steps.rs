//! T-31, T-41: work that SQLite does in one step of its virtual machine, however large its values: the runtime's threads keep ticking, a
//! statement ends at its timeout, and a writing one releases the file's write lock. The test measures wall-clock time: no tick is later
//! than `LATE`, while each of these attacks could block all threads for seconds.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlservice_db::{Error, RunOptions, Session, Settings};
use sqlservice_sql::{Scalar, Value};
use support::{File, run, run_with};
use tokio::sync::Mutex;

/// The largest delay of a tick of the runtime. It is less than 10 ms where nothing else runs. Without protection ticks are seconds late, or
/// 200 ms with the large schema.
const LATE: Duration = Duration::from_millis(150);
/// Serialises the attacks, as each uses two processors fully.
static ALONE: Mutex<()> = Mutex::const_new(());
/// The statement timeout of an attack.
const TIME: Duration = Duration::from_millis(400);
/// How long after its timeout it may end.
const SLACK: Duration = Duration::from_millis(300);

/// A task that ticks every millisecond, and its largest delay. A thread of its own ticks likewise beside it: its largest delay is that of
/// the machine.
struct Ticks {
    task: Arc<AtomicU64>,
    thread: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

/// The largest delay of a tick, and of the machine in the same time.
struct Late {
    tick: Duration,
    machine: Duration,
}

impl Ticks {
    fn start() -> Self {
        let ticks = Self { task: Arc::default(), thread: Arc::default(), ended: Arc::default() };
        let (latest, ended) = (Arc::clone(&ticks.task), Arc::clone(&ticks.ended));
        tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let since = Instant::now();
                tokio::time::sleep(Duration::from_millis(1)).await;
                note(&latest, since);
            }
        });
        let (latest, ended) = (Arc::clone(&ticks.thread), Arc::clone(&ticks.ended));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let since = Instant::now();
                std::thread::sleep(Duration::from_millis(1));
                note(&latest, since);
            }
        });
        ticks
    }

    async fn end(self) -> Late {
        // Waits for a tick that is due by now.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.ended.store(true, Ordering::Relaxed);
        let latest = |of: &AtomicU64| Duration::from_millis(of.load(Ordering::Relaxed));
        Late { tick: latest(&self.task), machine: latest(&self.thread) }
    }
}

fn note(latest: &AtomicU64, since: Instant) {
    latest.fetch_max(u64::try_from(since.elapsed().as_millis()).expect("short"), Ordering::Relaxed);
}

impl Late {
    fn check(&self, name: &str) {
        println!("{name}: latest tick {:?}, the machine's {:?}", self.tick, self.machine);
        assert!(self.tick < LATE + 3 * self.machine, "{name}: a tick was {:?} late", self.tick);
    }

    /// Checks that an operation took no longer than `most`, with an allowance for the machine's delay.
    fn check_time(&self, name: &str, took: Duration, most: Duration) {
        println!("{name}: {took:?}");
        assert!(took < most + 3 * self.machine, "{name}: took {took:?}");
    }
}

fn text(text: String) -> Value {
    Scalar::Text(text).into()
}

fn settings() -> Settings {
    Settings::default().pool_size(4).max_overflow(0).lock_timeout(Duration::from_secs(2))
}

/// A file with a long text and the patterns that are searched in it.
async fn attacked() -> File {
    let file = File::with(settings());
    file.run("create table t (id integer primary key, v text unique)").await;
    file.run("create table long (id integer primary key, v text, needle text, pattern text)").await;
    let session = file.db.session();
    let (long, half) = ("a".repeat(1_200_000), "a".repeat(200_000) + "b");
    let pattern = "%".to_owned() + &"a".repeat(9_000) + "b%";
    let insert = "insert into long values (1, ?1, ?2, ?3)";
    run_with(&session, insert, vec![text(long), text(half), text(pattern)], RunOptions::default())
        .await
        .expect("a row");
    session.commit().await.expect("commit");
    file
}

/// Expressions that take minutes or hours in one step unless they are interrupted.
const ATTACKS: [(&str, &str); 9] = [
    ("instr", "instr(v, needle)"),
    ("replace", "length(replace(v, needle, ''))"),
    ("like", "v like pattern"),
    ("like with an escape", r"v like pattern escape '\'"),
    ("glob", "v glob replace(pattern, '%', '*')"),
    ("glob of classes", "v glob '*' || replace(substr(pattern, 2, 2000), 'a', '[^x]') || 'b*'"),
    // The matching character comes last in the set, so that the whole set is scanned each time.
    ("trim", "length(trim(v, replace(needle, 'a', 'é') || 'a'))"),
    ("rtrim", "length(rtrim(v, replace(needle, 'a', 'é') || 'a'))"),
    ("unhex", "unhex(replace(v, 'a', ' '), replace(needle, 'a', 'é') || ' ')"),
];

/// Runs one attack until its timeout, and returns how long it took.
async fn attack(session: Session, sql: String) -> (Session, Result<(), Error>, Duration) {
    // A thread of the runtime polls it, as it polls a guest's call.
    let attack = async move {
        let since = Instant::now();
        let result = run_with(&session, &sql, Vec::new(), RunOptions::default().timeout(TIME)).await.map(drop);
        (session, result, since.elapsed())
    };
    tokio::spawn(attack).await.expect("it does not panic")
}

/// Runs each attack in two sessions at once, one outside and one inside of an open transaction.
async fn reading() {
    let file = attacked().await;
    for (name, expression) in ATTACKS {
        let sql = format!("select {expression} as n from long");
        let sessions = [file.db.session(), file.db.session()];
        // In an open transaction a short query runs on the caller's thread.
        run(&sessions[1], "select 1").await.expect("begun");
        let ticks = Ticks::start();
        let [one, two] = sessions.map(|session| attack(session, sql.clone()));
        let (one, two) = tokio::join!(one, two);
        let late = ticks.end().await;
        late.check(name);
        for (session, result, took) in [one, two] {
            assert!(result.is_ok() || matches!(result, Err(Error::Timeout)), "{name}: {result:?}");
            late.check_time(name, took, TIME + SLACK);
            session.close().await.expect("closed");
        }
    }
    file.check_clean().await;
}

#[tokio::test]
async fn t31_no_function_stops_a_runtime_of_one_thread() {
    let _alone = ALONE.lock().await;
    reading().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t31_no_function_stops_a_runtime_of_two_threads() {
    let _alone = ALONE.lock().await;
    reading().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t41_an_update_gives_the_write_lock_back_in_time() {
    let _alone = ALONE.lock().await;
    let file = attacked().await;
    let other = file.again(settings());
    for (name, expression) in ATTACKS {
        let sql = format!("update long set needle = {expression}");
        let (session, neighbour) = (file.db.session(), other.session());
        let ticks = Ticks::start();
        let (session, result, took) = attack(session, sql).await;
        // After its rollback the write lock is free, so that others need not wait.
        session.rollback().await.expect("rolled back");
        let since = Instant::now();
        run(&neighbour, "insert into t (v) values (null)").await.expect("the write lock is free");
        neighbour.commit().await.expect("commit");
        let (waited, late) = (since.elapsed(), ticks.end().await);
        assert!(result.is_ok() || matches!(result, Err(Error::Timeout)), "{name}: {result:?}");
        late.check(name);
        late.check_time(name, took, TIME + SLACK);
        late.check_time("another writes", waited, SLACK);
    }
    file.check_clean().await;
}

/// One operation of SQLite on a long value is quick, but many of them between two progress callbacks take long.
#[tokio::test]
async fn t31_long_values_do_not_stop_the_runtime() {
    let _alone = ALONE.lock().await;
    let file = File::with(settings());
    file.run("create table long (id integer primary key, v text)").await;
    let session = file.db.session();
    let long = text("a".repeat(12 << 20));
    run_with(&session, "insert into long values (1, ?1)", vec![long.clone()], RunOptions::default())
        .await
        .expect("a row");
    session.commit().await.expect("commit");
    let cases = [
        ("functions", format!("select {} as n from long", ["length(upper(lower(v)))"; 30].join(" + "))),
        ("texts put together", format!("select {} as n from long", ["length(v || id)"; 30].join(" + "))),
        ("comparisons", format!("select {} as n from long a, long b", ["(a.v < b.v || '')"; 30].join(" + "))),
        ("cells", format!("select {} from long", ["v"; 12].join(", "))),
    ];
    for (name, sql) in cases {
        for begun in [false, true] {
            let session = file.db.session();
            if begun {
                run(&session, "select 1").await.expect("begun");
            }
            let ticks = Ticks::start();
            let (session, result, took) = attack(session, sql.clone()).await;
            let late = ticks.end().await;
            println!("{name}: {took:?}, {:?}", result.as_ref().err());
            assert!(result.is_ok() || matches!(result, Err(Error::Timeout)), "{name}: {result:?}");
            late.check(name);
            session.close().await.expect("closed");
        }
    }
    // Binding a long value copies it, on a thread that may block.
    let ticks = Ticks::start();
    let session = file.db.session();
    for _ in 0..4 {
        run_with(&session, "select length(?1) as n", vec![long.clone()], RunOptions::default())
            .await
            .expect("a length");
    }
    ticks.end().await.check("long values given");
}

/// SQLite calls no progress handler while it computes one expression. This test's is long but has short values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t41_an_update_of_many_operators_gives_the_write_lock_back_in_time() {
    let _alone = ALONE.lock().await;
    let file = attacked().await;
    // Sixteen thousand concatenations of two texts of a megabyte each.
    let some = format!("(0 {})", " + length(v || v)".repeat(400));
    let sql = format!("update long set needle = {}", vec![some; 40].join(" || "));
    let ticks = Ticks::start();
    let (session, result, took) = attack(file.db.session(), sql).await;
    session.rollback().await.expect("rolled back");
    let late = ticks.end().await;
    assert!(matches!(result, Err(Error::Data(_) | Error::Timeout)), "{result:?}");
    late.check("operators");
    late.check_time("operators", took, TIME + SLACK);
    file.check_clean().await;
}

/// A schema is guest-controlled as well, and after a change each connection parses all of it again.
#[tokio::test]
async fn t31_a_large_schema_does_not_stop_the_runtime() {
    let _alone = ALONE.lock().await;
    let file = File::with(settings());
    let session = file.db.session();
    for number in 0..6_000 {
        let columns: Vec<String> =
            (0..30).map(|at| format!("c{at} text not null default 'x' check (c{at} <> '')")).collect();
        run(&session, &format!("create table t{number} ({})", columns.join(", "))).await.expect("a table");
    }
    session.commit().await.expect("commit");
    let other = file.again(settings());
    let session = other.connect().await.expect("a connection");
    run(&session, "select c1 from t5").await.expect("it is there");
    session.commit().await.expect("commit");
    file.run("create table more (id integer primary key)").await;
    let ticks = Ticks::start();
    let (session, result, took) = attack(session, "select c1 from t6".to_owned()).await;
    let late = ticks.end().await;
    println!("a large schema: {took:?}");
    assert!(result.is_ok() || matches!(result, Err(Error::Timeout)), "{result:?}");
    late.check("a large schema");
    session.close().await.expect("closed");
}
