//! Concurrent requests. A request opens a database and reads one row by its key: by a call of an existing instance
//! (`warm`), by a call of a new instance (`fresh`), and by sqlx.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use sqlservice_host::{Durability, Engine, Grant, Instance, Plugin, Settings, Tenant, TenantLimits, Val};

use crate::{Result, guest::call, pool::Pool};

/// The connection limit of each party.
const CONNECTIONS: u32 = 10;

/// The measurements of one party under load.
pub struct Load {
    pub requests: u32,
    pub time: Duration,
    /// User and system time of all threads of this process: neither the waiting for a server nor the server's work is included.
    pub processor: Duration,
    /// The latency of each request, as its caller sees it.
    pub each: Vec<Duration>,
}

/// The parties that serve the requests.
pub struct Crowd {
    tenant: Tenant,
    plugin: Plugin,
    pool: Pool,
    rows: u32,
}

/// The requests still to be made.
#[derive(Clone)]
struct Queue {
    next: Arc<AtomicU32>,
    requests: u32,
    rows: u32,
}

impl Queue {
    /// The key that the next request reads.
    fn next(&self) -> Option<i64> {
        let k = self.next.fetch_add(1, Ordering::Relaxed);
        (k < self.requests).then(|| i64::from(k) * 7_919 % i64::from(self.rows) + 1)
    }

    /// Runs a worker's requests in sequence until the queue is empty; returns the latency of each, and the sum of the results.
    async fn work(self, mut worker: Worker) -> Result<(Vec<Duration>, i64)> {
        let (mut each, mut sum) = (Vec::new(), 0_i64);
        while let Some(key) = self.next() {
            let start = Instant::now();
            sum = sum.wrapping_add(worker.request(key).await?);
            each.push(start.elapsed());
        }
        Ok((each, sum))
    }
}

/// A worker that makes one request after the other.
enum Worker {
    Warm(Instance),
    Fresh(Plugin, Tenant),
    Sqlx(Pool),
}

impl Worker {
    async fn request(&mut self, key: i64) -> Result<i64> {
        match self {
            Self::Warm(instance) => call(instance, "one", &[Val::S64(key)]).await,
            Self::Fresh(plugin, tenant) => call(&mut plugin.instantiate(tenant).await?, "one", &[Val::S64(key)]).await,
            Self::Sqlx(pool) => pool.one(key).await,
        }
    }
}

impl Crowd {
    pub const PARTIES: [&str; 3] = ["warm", "fresh", "sqlx"];

    pub async fn new(url: &str, rows: u32, durability: Durability) -> Result<Self> {
        let settings = Settings::default().pool_size(CONNECTIONS).max_overflow(0).durability(durability);
        let engine = Engine::new()?;
        let plugin = engine.load_file(sqlservice_tests::component::GUEST_READER)?;
        let grant = Grant::open(url, settings)?.schema_changes(true);
        // One tenant makes all requests, as one pool of sqlx does.
        let limits = TenantLimits::default().connections(None).instances(engine.limits().instances);
        let tenant = engine.tenant("bench").limits(limits).database("default", grant).build()?;
        Ok(Self { tenant, plugin, pool: Pool::new(url, CONNECTIONS, durability).await?, rows })
    }

    /// Runs this many requests with `at_once` workers of a party; also returns the sum of the values read.
    pub async fn measure(&self, party: &str, at_once: u32, requests: u32) -> Result<(Load, i64)> {
        let queue = Queue { next: Arc::default(), requests, rows: self.rows };
        let mut workers = Vec::new();
        for _ in 0..at_once {
            workers.push(self.worker(party).await?);
        }
        let (processor, start) = (processor_time(), Instant::now());
        let tasks: Vec<_> = workers.into_iter().map(|worker| tokio::spawn(queue.clone().work(worker))).collect();
        let (mut each, mut sum) = (Vec::new(), 0_i64);
        for task in tasks {
            let (times, answers) = task.await??;
            each.extend(times);
            sum = sum.wrapping_add(answers);
        }
        Ok((Load { requests, time: start.elapsed(), processor: processor_time().saturating_sub(processor), each }, sum))
    }

    async fn worker(&self, party: &str) -> Result<Worker> {
        Ok(match party {
            "warm" => {
                let mut instance = self.plugin.instantiate(&self.tenant).await?;
                // Its database is open and its statement has been sent before the measurement.
                for _ in 0..2 {
                    call(&mut instance, "one", &[Val::S64(1)]).await?;
                }
                Worker::Warm(instance)
            }
            "fresh" => Worker::Fresh(self.plugin.clone(), self.tenant.clone()),
            _ => Worker::Sqlx(self.pool.clone()),
        })
    }

    pub async fn end(self) {
        self.pool.close().await;
        self.tenant.close().await;
    }
}

/// The processor time of this process so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
