//! Injects faults at every message and cancels calls at every await: during a session's operation its connection is killed, cut or muted,
//! its server is killed or its disk is full, and its future may be dropped. In all cases the result that the caller received is true, no
//! lock and no pool permit is left, and the next borrower's statements succeed.
//!
//! Each sweep plays a random part of all cases for some seconds; `SQLSERVICE_FAULT_SECONDS` sets their number. A failure prints the case
//! and the seed, and is reproduced with
//!
//! ```text
//! SQLSERVICE_FAULT_SEED=1 SQLSERVICE_FAULT_ONLY=Commit cargo test -p sqlservice-db --test faults postgres
//! ```

#[path = "../../../sql/tests/statement/build.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod build;
mod case;
mod directed;
mod disk;
mod file;
mod frame;
mod invariant;
mod limit;
mod model;
mod operation;
#[path = "../schema/place.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod place;
mod play;
mod server;
mod sweep;
mod wire;
mod world;

use std::{
    future::Future,
    sync::{
        Arc, Once,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use case::Fault;
use futures::{FutureExt, future::join};
use operation::Operation;
use place::Place;
use server::Private;
use sweep::Sweep;
use tokio::time::{Instant, sleep};
use world::World;
use xtask::servers::OwnServer;

/// The faults that end one connection so that both ends see it, and no fault.
const SEEN: &[Fault] = &[Fault::None, Fault::Kill, Fault::Cut];

/// The faults that only the host's own timeouts detect.
const SILENT: &[Fault] = &[Fault::Mute, Fault::Silence];

/// The number of panics outside of this test's own code, in any task.
static PANICS: AtomicU32 = AtomicU32::new(0);

/// Installs the panic hook that counts them.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_ours = panic.location().is_some_and(|place| place.file().contains("tests/faults"));
            PANICS.fetch_add(u32::from(!is_ours), Ordering::Relaxed);
            usual(panic);
        }));
    });
}

/// Runs a test, and fails where a task of its runtime remains or where code of the host panicked.
async fn leaves_no_task(test: impl Future<Output = ()>) {
    count_panics();
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    Box::pin(test).await;
    let until = Instant::now() + Duration::from_secs(10);
    while alive() > before {
        assert!(Instant::now() < until, "{} tasks are left, there were {before} before", alive());
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "the host panicked");
}

async fn close(world: Arc<World>) {
    Arc::into_inner(world).expect("no case plays on").remove().await;
}

/// Runs a sweep in a database of its own.
async fn sweep(place: Place, private: Option<&Private>, sweep: Sweep) {
    let world = World::new(place).await;
    sweep.run(&world, private).await;
    close(world).await;
}

/// A sweep of faults that both ends see.
fn seen(name: &'static str) -> Sweep {
    let (operations, faults) = (&Operation::ALL, SEEN);
    Sweep { name, operations, faults, each: true, time: Duration::from_secs(6), at_once: 24 }
}

/// A sweep of faults that neither end sees. Its cases mostly wait, so many are played at once.
fn silent(name: &'static str) -> Sweep {
    Sweep { faults: SILENT, time: Duration::from_secs(5), at_once: 60, ..seen(name) }
}

/// A sweep of server restarts, one case after the other.
fn killed(name: &'static str) -> Sweep {
    Sweep { faults: &[Fault::Restart], each: false, time: Duration::from_secs(5), at_once: 1, ..seen(name) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g02_g03_t66_postgres_connections_end_at_every_message() {
    leaves_no_task(async { sweep(Place::postgres("faults").await, None, seen("PostgreSQL")).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g02_g03_t66_mariadb_connections_end_at_every_message() {
    leaves_no_task(async { sweep(Place::mariadb("faults").await, None, seen("MariaDB")).await }).await;
}

/// Its name sorts first, so that it starts first: it takes longest, and next to no processor time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c20_g04_t66_servers_fall_silent_at_every_message() {
    let postgres = Box::pin(sweep(Place::postgres("silent").await, None, silent("PostgreSQL silent")));
    let mariadb = Box::pin(sweep(Place::mariadb("silent").await, None, silent("MariaDB silent")));
    leaves_no_task(join(postgres, mariadb).map(drop)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c20_t66_postgres_is_killed_and_started_again() {
    let private = Private::start(|| OwnServer::postgres(None).expect("a server")).await;
    let place = Place::at(private.url(), "restart").await;
    leaves_no_task(async { sweep(place, Some(&private), killed("PostgreSQL killed")).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c20_t66_mariadb_is_killed_and_started_again() {
    let private = Private::start(|| OwnServer::mariadb().expect("a server")).await;
    let place = Place::at(private.url(), "restart").await;
    leaves_no_task(async { sweep(place, Some(&private), killed("MariaDB killed")).await }).await;
}
