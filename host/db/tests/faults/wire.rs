//! The network between the host and a server, of one case's own: it counts messages, and holds one of them until it is told what
//! becomes of its connection.

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

/// What becomes of a connection whose message was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message goes on.
    Pass,
    /// Both ends see that the connection is closed, and the message is lost.
    Close,
    /// Nothing arrives at either end any more, nor that one of them closed it.
    Mute,
}

/// A message that is held.
pub struct Held {
    /// The port by which the server knows the connection.
    pub port: u16,
    pub verdict: oneshot::Sender<Verdict>,
}

/// Which message is to be held.
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
    /// Whether all connections are mute.
    all_mute: watch::Sender<bool>,
    /// Whether connections that were mute are closed.
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
    /// In front of a server.
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

    /// Counts from here on, and holds the message of this number, the first being 0.
    pub fn arm(&self, at: u64) -> oneshot::Receiver<Held> {
        let (held, receiver) = oneshot::channel();
        *self.shared.count() = Count { seen: 0, armed: Some(Armed { at, held }) };
        receiver
    }

    /// Messages since then.
    pub fn seen(&self) -> u64 {
        self.shared.count().seen
    }

    /// Makes all connections mute, and those that are still made.
    pub fn mute(&self) {
        self.shared.all_mute.send_replace(true);
    }

    /// Holds no message any more.
    pub fn disarm(&self) {
        self.shared.count().armed = None;
    }

    /// Lets new connections work, and ends those that were mute.
    pub fn heal(&self) {
        self.shared.healed.send_replace(true);
        self.shared.all_mute.send_replace(false);
    }
}

impl Shared {
    fn count(&self) -> std::sync::MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message, and says what becomes of it.
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
    // A server that is being started again refuses, and so the host sees an end.
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
        // The network is back, and what was lost meanwhile is not sent again.
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
