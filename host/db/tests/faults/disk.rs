//! A full disk, simulated by a private PostgreSQL server whose files may not grow beyond a size: its tables have no room while its log has
//! some. Filling a partition would need root. A full log partition ends the server, and MariaDB ends by itself where its files cannot grow.

use std::time::Duration;

use xtask::servers::OwnServer;

use crate::{case::Fault, operation::Operation, place::Place, server::Private, sweep::Sweep, world::World};

/// The length of a text that is longer than the remaining room.
pub const LENGTH: usize = 300_000;

/// The largest size of a file, in bytes. The servers' log files have 16 MiB.
const LARGEST: u64 = 17 << 20;

const SWEEP: Sweep = Sweep {
    name: "PostgreSQL full",
    operations: &Operation::WRITERS,
    faults: &[Fault::Full],
    each: true,
    time: Duration::from_secs(3),
    at_once: 4,
};

/// Inserts long rows until an insert fails for lack of room.
async fn fill(world: &World) {
    let session = world.direct.session();
    for key in 1..900 {
        let row = format!("insert into items (id, v) values ({key}, repeat('f', 40000))");
        if world.say(&session, &row).await.is_err() {
            return session.rollback().await.expect("rolled back");
        }
        session.commit().await.expect("committed");
    }
    panic!("there is always room");
}

async fn fill_and_sweep(private: Private) {
    let world = World::with(Place::at(private.url(), "full").await, LENGTH).await;
    // External storage puts long texts into a file of their own, so that short ones still have room.
    world.run("alter table items alter column v set storage external").await;
    fill(&world).await;
    SWEEP.run(&world, None).await;
    crate::close(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t33_postgres_has_no_room_at_any_message() {
    let private = Private::start(|| OwnServer::postgres(Some(LARGEST)).expect("a server")).await;
    crate::leaves_no_task(fill_and_sweep(private)).await;
}
