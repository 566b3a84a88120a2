//! A proxy between the host and a server, one for each case: it counts messages, and holds one of them until a verdict decides what becomes
//! of its connection.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{oneshot, watch},
    task::AbortHandle,
};

use crate::frame::{Frames, Protocol};

/// The verdict on a connection whose message is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message is passed on.
    Pass,
    /// Both ends see that the connection is closed, and the message is lost.
    Close,
    /// Nothing arrives at either end any more, not even that the other one closed the connection.
    Mute,
}

/// A held message.
pub struct Held {
    /// The client port of the connection as the server sees it.
    pub port: u16,
    pub verdict: oneshot::Sender<Verdict>,
}

/// The message to hold.
struct Armed {
    at: u64,
    held: oneshot::Sender<Held>,
}

#[derive(Default)]
struct Count {
    seen: u64,
    armed: Option<Armed>,
}

struct Shared {
    protocol: Protocol,
    count: Mutex<Count>,
    /// Whether all connections are muted.
    all_mute: watch::Sender<bool>,
    /// Whether muted connections are closed.
    healed: watch::Sender<bool>,
}

pub struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Wire {
    /// Starts a proxy in front of a server.
    pub async fn to(server: SocketAddr, protocol: Protocol) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (all_mute, healed) = (watch::Sender::new(false), watch::Sender::new(false));
        let shared = Arc::new(Shared { protocol, count: Mutex::default(), all_mute, healed });
        let all = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(connect(near, server, Arc::clone(&all)));
            }
        });
        Self { address, shared, accepting: accepting.abort_handle() }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Restarts the count, and holds the message with this number; the first is 0.
    pub fn arm(&self, at: u64) -> oneshot::Receiver<Held> {
        let (held, receiver) = oneshot::channel();
        *self.shared.count() = Count { seen: 0, armed: Some(Armed { at, held }) };
        receiver
    }

    /// The number of messages since the count was restarted.
    pub fn seen(&self) -> u64 {
        self.shared.count().seen
    }

    /// Mutes all connections, also those that are opened later.
    pub fn mute(&self) {
        self.shared.all_mute.send_replace(true);
    }

    /// Stops holding messages.
    pub fn disarm(&self) {
        self.shared.count().armed = None;
    }

    /// Lets new connections work, and closes the muted ones.
    pub fn heal(&self) {
        self.shared.healed.send_replace(true);
        self.shared.all_mute.send_replace(false);
    }
}

impl Shared {
    fn count(&self) -> std::sync::MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message, and returns the verdict on its connection.
    async fn judge(&self, port: u16) -> Verdict {
        let armed = {
            let mut count = self.count();
            let is_it = count.armed.as_ref().is_some_and(|armed| armed.at == count.seen);
            count.seen += 1;
            if is_it { count.armed.take() } else { None }
        };
        let Some(armed) = armed else { return Verdict::Pass };
        let (verdict, told) = oneshot::channel();
        match armed.held.send(Held { port, verdict }) {
            Ok(()) => told.await.unwrap_or(Verdict::Pass),
            Err(_) => Verdict::Pass,
        }
    }
}

async fn connect(near: TcpStream, server: SocketAddr, shared: Arc<Shared>) {
    // A server that is restarting refuses connections: the host's end is closed then.
    let Ok(far) = TcpStream::connect(server).await else { return };
    let port = far.local_addr().expect("an address").port();
    for end in [&near, &far] {
        end.set_nodelay(true).expect("a socket");
    }
    let mute = watch::Sender::new(false);
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let ask = pass(near_in, far_out, Frames::new(shared.protocol, true), port, &shared, &mute);
    let answer = pass(far_in, near_out, Frames::new(shared.protocol, false), port, &shared, &mute);
    let (mut own, mut all, mut healed) = (mute.subscribe(), shared.all_mute.subscribe(), shared.healed.subscribe());
    let buried = async {
        tokio::select! {
            _ = own.wait_for(|mute| *mute) => {}
            _ = all.wait_for(|mute| *mute) => {}
        }
        // The connection is closed once the network is healed: lost messages are not sent again.
        drop(healed.wait_for(|healed| *healed).await);
    };
    tokio::select! {
        () = ask => {}
        () = answer => {}
        () = buried => {}
    }
}

/// Passes messages on in one direction until one end closes it.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut frames: Frames,
    port: u16,
    shared: &Shared,
    mute: &watch::Sender<bool>,
) {
    let mut buffer = [0; 16_384];
    loop {
        while let Some(frame) = frames.next() {
            let verdict = shared.judge(port).await;
            if verdict == Verdict::Mute {
                mute.send_replace(true);
            }
            if is_mute(shared, mute) {
                std::future::pending::<()>().await;
            }
            if verdict == Verdict::Close || to.write_all(&frame).await.is_err() {
                return;
            }
        }
        let read = from.read(&mut buffer).await;
        if is_mute(shared, mute) {
            std::future::pending::<()>().await;
        }
        match read {
            Ok(read @ 1..) => frames.push(&buffer[..read]),
            _ => return,
        }
    }
}

fn is_mute(shared: &Shared, mute: &watch::Sender<bool>) -> bool {
    *mute.borrow() || *shared.all_mute.borrow()
}
