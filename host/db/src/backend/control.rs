//! Control connections, which only stop statements of other connections and query the server about them. They are few over all
//! logins of a server, and none is opened before the first is needed.
//!
//! A control connection uses the login whose statement it stops. An idle one is kept until another login needs its slot.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, Connection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::idle::{CLOSING, Checkout, Idle, Listing, Slotted};
use crate::{
    Error, Result,
    limit::{CONNECTING, Closing, Controls, Evict, Slot},
};

/// How long stopping a statement may take; after that its connection is discarded.
pub(crate) const STOPPING: Duration = Duration::from_secs(5);

/// How many control connections one login may have, so that some remain for others.
const OWN: u32 = 2;

/// The control connections of one login.
pub(crate) struct ControlPool<C: Connection> {
    options: C::Options,
    own: Arc<Semaphore>,
    all: Controls,
    idle: Idle<ConnectionWithSlot<C>>,
}

/// A connection and its slot, which is freed when the connection is closed.
struct ConnectionWithSlot<C> {
    connection: C,
    slot: Slot,
}

/// A borrowed control connection. It is closed where it is dropped without [`give_back`](Self::give_back).
pub(crate) struct ControlConnection<C: Connection> {
    pool: Arc<ControlPool<C>>,
    born: Instant,
    kept: ConnectionWithSlot<C>,
    _places: [OwnedSemaphorePermit; 2],
}

impl<C: Connection + 'static> ControlPool<C> {
    /// Makes a pool without I/O.
    pub(crate) fn new(options: C::Options, all: &Controls) -> Arc<Self> {
        Arc::new_cyclic(|me: &Weak<Self>| {
            let listing = Listing { slots: Arc::clone(&all.slots), pool: Weak::clone(me) as Weak<dyn Evict> };
            let idle = Idle::new(OWN, None, Some(listing));
            Self { options, own: Arc::new(Semaphore::new(OWN as usize)), all: all.clone(), idle }
        })
    }

    /// Waits for the permit to run a query that may take long. Cancel safe.
    pub(crate) async fn question(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.all.questions).acquire_owned().await.map_err(|_| Error::Closed)
    }

    /// Returns a control connection within [`STOPPING`]. Cancel safe.
    pub(crate) async fn ready(self: &Arc<Self>) -> Result<ControlConnection<C>> {
        let ready = timeout(STOPPING, self.acquire()).await;
        ready.unwrap_or_else(|elapsed| Err(Error::Disconnected(Some(elapsed.into()))))
    }

    /// Returns an idle connection that responds, or a new one.
    async fn acquire(self: &Arc<Self>) -> Result<ControlConnection<C>> {
        let place = |places: &Arc<Semaphore>| Arc::clone(places).acquire_owned();
        let own = place(&self.own).await.map_err(|_| Error::Closed)?;
        let of_all = place(&self.all.places).await.map_err(|_| Error::Closed)?;
        let (born, kept) = match self.usable().await {
            Some(found) => found,
            None => (Instant::now(), self.connect().await?),
        };
        Ok(ControlConnection { pool: Arc::clone(self), born, kept, _places: [own, of_all] })
    }

    /// Returns an idle connection that still responds.
    async fn usable(&self) -> Option<(Instant, ConnectionWithSlot<C>)> {
        while let Checkout::Usable(born, mut kept) = self.idle.take() {
            if matches!(timeout(CLOSING, kept.connection.ping()).await, Ok(Ok(()))) {
                return Some((born, kept));
            }
        }
        None
    }

    async fn connect(&self) -> Result<ConnectionWithSlot<C>> {
        let slot = self.all.slots.take().await;
        match timeout(CONNECTING, self.options.connect()).await {
            Ok(Ok(connection)) => Ok(ConnectionWithSlot { connection, slot }),
            Ok(Err(cause)) => Err(Error::Disconnected(Some(cause.into()))),
            Err(elapsed) => Err(Error::Disconnected(Some(elapsed.into()))),
        }
    }

    /// Closes the pool: no statement can be stopped afterwards.
    pub(crate) async fn close(&self) {
        drop(timeout(STOPPING, self.close_all()).await);
    }

    async fn close_all(&self) {
        self.own.close();
        self.idle.close_all().await;
    }
}

impl<C: Connection + 'static> Evict for ControlPool<C> {
    fn evict(&self, number: u64) -> Option<Closing> {
        self.idle.evict(number)
    }
}

impl<C: Connection + 'static> Slotted for ConnectionWithSlot<C> {
    type Connection = C;

    fn into_parts(self) -> (C, Slot) {
        (self.connection, self.slot)
    }
}

impl<C: Connection + 'static> ControlConnection<C> {
    /// The connection.
    pub(crate) fn get(&mut self) -> &mut C {
        &mut self.kept.connection
    }

    /// Returns the connection to its pool. Only after every response was read to its end.
    pub(crate) async fn give_back(self) {
        let Self { pool, born, kept, _places } = self;
        pool.idle.put_or_close(born, kept).await;
    }
}
