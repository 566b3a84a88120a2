//! Slots with simulated connections: the limit is not exceeded even where borrowers give up, and the least recently used
//! connection is closed first.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout};

use super::*;
use crate::{
    backend::idle::{Checkout, Idle, Listing},
    fair::{Flow, PoolPermits},
};

/// The number of connections that are open, that were open at most at one time, and that were opened in total.
#[derive(Default)]
struct Server {
    open: AtomicU32,
    peak: AtomicU32,
    made: AtomicU32,
}

/// A connection that is counted as long as it exists.
struct Connection {
    server: Arc<Server>,
    name: u32,
    slot: Option<Slot>,
}

impl Connection {
    async fn open(server: &Arc<Server>, slot: Slot) -> Self {
        let open = server.open.fetch_add(1, Ordering::SeqCst) + 1;
        server.peak.fetch_max(open, Ordering::SeqCst);
        let name = server.made.fetch_add(1, Ordering::SeqCst);
        let connection = Self { server: Arc::clone(server), name, slot: Some(slot) };
        sleep(Duration::from_micros(50)).await;
        connection
    }

    async fn close(mut self) -> Slot {
        sleep(Duration::from_micros(50)).await;
        self.slot.take().expect("a slot")
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.server.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A pool like those of the backends.
struct Pool {
    server: Arc<Server>,
    places: PoolPermits,
    flow: Flow,
    slots: Arc<Slots>,
    idle: Idle<Connection>,
}

impl Evict for Pool {
    fn evict(&self, number: u64) -> Option<Closing> {
        let connection = self.idle.take_numbered(number)?;
        Some(Box::pin(connection.close()))
    }
}

impl Pool {
    fn new(server: &Arc<Server>, limit: &ServerLimit, most: u32, keep: u32) -> Arc<Self> {
        let places = PoolPermits::new(limit.queue(), most);
        Arc::new_cyclic(|me: &std::sync::Weak<Self>| {
            let pool = std::sync::Weak::clone(me) as std::sync::Weak<dyn Evict>;
            let slots = Arc::clone(limit.slots());
            let idle = Idle::new(keep, None, Some(Listing { slots: Arc::clone(&slots), pool }));
            Self { server: Arc::clone(server), flow: places.flow(), places, slots, idle }
        })
    }

    /// Takes a connection, holds it for some time, and returns or closes it.
    async fn use_one(&self, discards: bool) -> u32 {
        let place = self.flow.take().await.expect("it is open");
        let connection = match self.idle.take() {
            Checkout::Usable(_, connection) | Checkout::Stale(connection) => connection,
            Checkout::Nothing => Connection::open(&self.server, self.slots.take().await).await,
        };
        let name = connection.name;
        sleep(Duration::from_micros(30)).await;
        let surplus = if discards { Some(connection) } else { self.idle.put(Instant::now(), connection) };
        if let Some(connection) = surplus {
            drop(connection.close().await);
        }
        drop(place);
        name
    }
}

fn random(seed: &mut u64, below: u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed % below
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t60_no_more_connections_than_the_server_may_have_when_borrowers_give_up() {
    let (server, limit) = (Arc::<Server>::default(), ServerLimit::new(5));
    let pools: Vec<_> = (0..40).map(|pool| Pool::new(&server, &limit, 1 + pool % 4, 1 + pool % 2)).collect();
    let workers: Vec<_> = (1..=24)
        .map(|worker| {
            let pools = pools.clone();
            tokio::spawn(async move {
                let mut seed = worker * 0x9e37_79b9;
                for _ in 0..300 {
                    let pool = &pools[usize::try_from(random(&mut seed, 40)).expect("small")];
                    let discards = random(&mut seed, 5) == 0;
                    let patience = match random(&mut seed, 3) {
                        0 => Duration::from_micros(random(&mut seed, 400)),
                        _ => Duration::from_secs(20),
                    };
                    let used = timeout(patience, pool.use_one(discards)).await;
                    assert!(used.is_ok() || patience < Duration::from_secs(1), "a borrower waited for ever");
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("a worker");
    }
    let status = limit.status();
    assert!(server.peak.load(Ordering::SeqCst) <= 5, "{status:?}");
    assert_eq!((status.in_use, status.size), (0, status.idle));
    assert_eq!(server.open.load(Ordering::SeqCst), status.idle);
    assert!(pools.iter().all(|pool| pool.places.taken() == 0));
    drop(pools);
    let status = limit.status();
    assert_eq!((status.size, status.idle), (0, 0), "pools that are gone leave no slots taken");
}

#[tokio::test]
async fn t60_the_connection_that_was_not_used_for_longest_makes_way() {
    let (server, limit) = (Arc::<Server>::default(), ServerLimit::new(3));
    let pools: Vec<_> = (0..5).map(|_| Pool::new(&server, &limit, 1, 1)).collect();
    for pool in &pools[..3] {
        pool.use_one(false).await;
    }
    // The first is used again, so the second is closed.
    pools[0].use_one(false).await;
    pools[3].use_one(false).await;
    let kept = || pools.iter().map(|pool| pool.idle.count()).collect::<Vec<_>>();
    assert_eq!(kept(), [1, 0, 1, 1, 0]);
    pools[4].use_one(false).await;
    assert_eq!(kept(), [1, 0, 0, 1, 1]);
    assert_eq!(pools[0].use_one(false).await, 0, "what is idle in a pool is used there");
    assert_eq!(server.open.load(Ordering::SeqCst), 3);
    // A lowered limit closes connections that come back, and idle ones that are evicted for others.
    limit.set(1);
    pools[1].use_one(false).await;
    assert_eq!((server.open.load(Ordering::SeqCst), kept()), (1, vec![0, 1, 0, 0, 0]));
}

#[test]
fn one_address_has_one_number_and_a_larger_pool_raises_what_was_not_said() {
    let of = |url: &str| ServerLimit::of(url).expect("a server");
    let limit = of("postgres://u@limit.example/d");
    assert_eq!(limit.status().max, ServerLimit::DEFAULT);
    let same = of("postgresql://other:secret@LIMIT.example:5432/e?sslmode=disable");
    limit.admit(15);
    assert_eq!(same.status().max, ServerLimit::DEFAULT);
    limit.admit(120);
    assert_eq!(same.status().max, 120);
    same.set(40);
    limit.admit(120);
    assert_eq!(limit.status().max, 40);
    for other in ["postgres://u@limit.example:5433/d", "mysql://u@limit.example:5432/d", "postgres://u@%2Flimit/d"] {
        assert_eq!(of(other).status().max, ServerLimit::DEFAULT, "{other}");
    }
    let error = ServerLimit::of("sqlite:a.db").expect_err("no server").to_string();
    assert!(error.contains("no server"), "{error}");
    assert!(!format!("{limit:?}").contains("secret"));
}
