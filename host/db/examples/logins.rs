//! Measures what tenants with a login, a schema and so a pool each on one PostgreSQL server cost: connections, memory and the time of point
//! queries of random tenants, where all pools together have 80 connections and where they have 40.
//!
//! `DATABASE_URL=postgres://… cargo run --release -p sqlservice-db --example logins -- 1000 20000`, with a login that may make roles. The
//! logins and schemas that it makes are dropped at the end.

mod notes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use notes::{Failure, ROWS, Random, insert, memory, quantiles, select, table};
use sqlservice_db::{Database, Event, Observer, RunOptions, Scope, ServerLimit, Settings, login::url_of};
use sqlservice_sql::{
    Compiled, Dialect, Operation, Scalar, Sql, Summary, Value,
    login::{Name, NewLogin, Password},
};
use tokio::task::JoinHandle;

/// How many use the tenants' databases at the same time.
const WORKERS: usize = 8;

/// Whose points they are.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// Each tenant's as likely.
    Uniform,
    /// Four of five are of one tenant in twenty.
    Skewed,
}

/// Counts the connections that were opened.
#[derive(Default)]
struct Opened(AtomicU64);

impl Observer for Opened {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::ConnectionAcquired(acquired) if acquired.is_new) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// All tenants of a server.
struct Tenants {
    administrator: Database,
    names: Vec<String>,
    databases: Arc<Vec<Database>>,
    limit: ServerLimit,
    opened: Arc<Opened>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let tenants = arguments.next().transpose()?.unwrap_or(1_000);
    let points = arguments.next().transpose()?.unwrap_or(20_000);
    let url = std::env::var("DATABASE_URL").map_err(|_| "DATABASE_URL is not set")?;
    println!("at first {}", memory()?);
    let mut all = Tenants::new(&url)?;
    let result = measure(&mut all, &url, tenants, points).await;
    all.remove().await?;
    result
}

async fn measure(all: &mut Tenants, url: &str, tenants: usize, points: usize) -> Result<(), Failure> {
    let began = Instant::now();
    all.make(url, tenants).await?;
    println!("{tenants} logins with a schema and {ROWS} rows each made in {:.1?}", began.elapsed());
    println!("  now {}, {}", all.connections(), memory()?);
    let query = Arc::new(select(Dialect::Postgres)?);
    for most in [80, 40] {
        all.limit.set(most);
        for load in [Load::Uniform, Load::Skewed] {
            all.run(&query, points, load).await?;
        }
    }
    Ok(())
}

impl Tenants {
    fn new(url: &str) -> Result<Self, Failure> {
        // Its two connections are not among those that are measured.
        let settings = Settings::default().pool_size(1).max_overflow(1).server_limit(ServerLimit::new(2));
        let administrator = Database::new(url, settings)?;
        let (names, databases) = (Vec::new(), Arc::default());
        Ok(Self { administrator, names, databases, limit: ServerLimit::new(80), opened: Arc::default() })
    }

    async fn make(&mut self, url: &str, tenants: usize) -> Result<(), Failure> {
        let mut databases = Vec::with_capacity(tenants);
        for number in 0..tenants {
            let name = format!("sqlservice-{}-{number}", std::process::id());
            let login = NewLogin {
                name: Name::new(&name)?,
                password: password(number),
                connections: 10,
                schema: true,
                harden: false,
            };
            self.administrator.make_login(login.clone()).await?;
            self.names.push(name);
            let settings = Settings::default().pool_size(1).max_overflow(3).server_limit(self.limit.clone());
            let observer: Arc<dyn Observer> = Arc::<Opened>::clone(&self.opened);
            let database = Database::new(&url_of(url, &login)?, settings)?.with_scope(Scope::default(), Some(observer));
            fill(&database).await?;
            databases.push(database);
        }
        self.databases = Arc::new(databases);
        Ok(())
    }

    async fn run(&self, query: &Arc<Compiled>, points: usize, load: Load) -> Result<(), Failure> {
        let before = self.opened.0.load(Ordering::Relaxed);
        let (is_done, began) = (Arc::<AtomicBool>::default(), Instant::now());
        let watched = watch(&self.administrator, Arc::clone(&is_done));
        let workers: Vec<_> = (1..=WORKERS)
            .map(|seed| {
                tokio::spawn(work(Arc::clone(&self.databases), Arc::clone(query), seed, points / WORKERS, load))
            })
            .collect();
        let mut times = Vec::with_capacity(points);
        for worker in workers {
            times.extend(worker.await??);
        }
        let took = began.elapsed();
        is_done.store(true, Ordering::Relaxed);
        let (most, opened) = (watched.await??, self.opened.0.load(Ordering::Relaxed) - before);
        println!("{} points, {load:?}, {WORKERS} at once, in {took:.1?}: {}", times.len(), quantiles(times));
        println!(
            "  the server had {most} connections at most, {opened} were opened; now {}, {}",
            self.connections(),
            memory()?
        );
        Ok(())
    }

    fn connections(&self) -> String {
        let status = self.limit.status();
        format!("{} of {} connections", status.size, status.max)
    }

    /// Drops all that was made.
    async fn remove(&self) -> Result<(), Failure> {
        for database in self.databases.iter() {
            database.close().await;
        }
        for name in &self.names {
            for statement in [format!("DROP OWNED BY \"{name}\" CASCADE"), format!("DROP ROLE \"{name}\"")] {
                let session = self.administrator.session();
                session.execute(Arc::new(command(statement)), Vec::new(), RunOptions::default()).await?;
                session.commit().await?;
                session.close().await?;
            }
        }
        Ok(())
    }
}

/// A password that is as good as the number of its tenant is secret: for a measurement.
fn password(number: usize) -> Password {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(number.to_be_bytes()).for_each(|(byte, of)| *byte = of);
    Password::of(&bytes)
}

/// A statement that no text of a guest's may be. It is kept for ever, as one of the host's own is.
fn command(text: String) -> Compiled {
    let summary = Summary { operation: Operation::Delete, tables: Arc::default() };
    Compiled {
        sql: Sql::fixed(text.leak()),
        placeholders: Vec::new(),
        outputs: Arc::default(),
        parameters: 0,
        writes: true,
        locks: false,
        clock: false,
        summary,
        conditions: Vec::new(),
    }
}

async fn fill(database: &Database) -> Result<(), Failure> {
    database.create_all(vec![table()], true).await?;
    let session = database.session();
    session.execute(Arc::new(insert(Dialect::Postgres)?), Vec::new(), RunOptions::default()).await?;
    session.commit().await?;
    Ok(())
}

async fn work(
    databases: Arc<Vec<Database>>,
    query: Arc<Compiled>,
    seed: usize,
    points: usize,
    load: Load,
) -> Result<Vec<Duration>, Failure> {
    let mut random = Random(seed as u64 * 0x9e37_79b9);
    let mut times = Vec::with_capacity(points);
    for _ in 0..points {
        let of_few = matches!(load, Load::Skewed) && random.below(5) > 0;
        let at = random.below(if of_few { databases.len() / 20 } else { databases.len() });
        let Some(database) = databases.get(at) else { continue };
        let key = i64::try_from(random.below(usize::try_from(ROWS)?))?;
        let began = Instant::now();
        let session = database.session();
        let answer = session.execute(Arc::clone(&query), vec![key.into()], RunOptions::default()).await?;
        session.rollback().await?;
        drop(session);
        times.push(began.elapsed());
        assert_eq!(answer.first_batch.rows, 1, "row {key} of tenant {at}");
    }
    Ok(times)
}

/// How many connections the server has at most, its own processes, this watcher and other databases' users not counted.
fn watch(administrator: &Database, is_done: Arc<AtomicBool>) -> JoinHandle<Result<i64, Failure>> {
    const COUNT: &str = "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'sqlservice-%-%'";
    let administrator = administrator.clone();
    tokio::spawn(async move {
        let session = administrator.session();
        let mut most = 0;
        while !is_done.load(Ordering::Relaxed) {
            let answer = session.execute_text(COUNT.to_owned(), Vec::new(), RunOptions::default()).await?;
            session.rollback().await?;
            if let Value::Scalar(Scalar::Integer(count)) = answer.first_batch.value(0, 0) {
                most = most.max(count);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(most)
    })
}
