//! A TCP proxy in front of the database, which does what networks do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Everything takes that much longer, each way.
    Latency(Duration),
    /// Each seventh answer of the database is lost, and its connection reset.
    Reset,
    /// Each seventh answer of the database is lost, and its connection stays silent.
    Mute,
    /// Nothing passes, and nobody is told; connections that have seen it are never of use again.
    BlackHole,
    /// Connections are reset, and new ones refused.
    Outage,
}

pub struct Proxy {
    pub port: u16,
    fault: watch::Sender<Fault>,
    serving: AbortHandle,
}

impl Proxy {
    /// In front of the database on `port`.
    pub async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let fault = watch::Sender::new(Fault::None);
        let serving = tokio::spawn(serve(listener, address, port, fault.subscribe())).abort_handle();
        Self { port: address.port(), fault, serving }
    }

    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut listener: TcpListener, address: SocketAddr, port: u16, mut fault: watch::Receiver<Fault>) {
    let mut connections = JoinSet::new();
    let answers = Arc::new(AtomicU32::new(0));
    loop {
        if *fault.borrow_and_update() == Fault::Outage {
            drop(listener);
            _ = fault.wait_for(|fault| *fault != Fault::Outage).await;
            listener = TcpListener::bind(address).await.unwrap();
        }
        tokio::select! {
            accepted = listener.accept() => {
                let stream = accepted.unwrap().0;
                connections.spawn(connection(stream, port, fault.clone(), Arc::clone(&answers)));
            }
            changed = fault.changed() => if changed.is_err() { return },
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Carries one connection until either side, or a fault, ends it with a reset.
async fn connection(mut inner: TcpStream, port: u16, mut fault: watch::Receiver<Fault>, answers: Arc<AtomicU32>) {
    let Ok(mut outer) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    for stream in [&inner, &outer] {
        _ = stream.set_nodelay(true);
        _ = stream.set_zero_linger();
    }
    let now = fault.clone();
    let carry = async {
        let ((inner_read, inner_write), (outer_read, outer_write)) = (inner.split(), outer.split());
        tokio::select! {
            _ = pump(inner_read, outer_write, |_| false, &now) => {}
            _ = pump(outer_read, inner_write, |fault| {
                // Whichever connection it is on.
                matches!(fault, Fault::Reset | Fault::Mute) && answers.fetch_add(1, Ordering::Relaxed) % 7 == 6
            }, &now) => {}
        }
        *now.borrow()
    };
    let cut = fault.wait_for(|fault| matches!(fault, Fault::BlackHole | Fault::Outage));
    let end = tokio::select! {
        cut = cut => cut.map_or(Fault::None, |fault| *fault),
        fault = carry => fault,
    };
    if matches!(end, Fault::BlackHole | Fault::Mute) {
        // The server's socket stays open, and nobody looks at it. The database has given its own up.
        drop(outer);
        std::future::pending::<()>().await;
    }
}

/// Passes on what comes in, as late as the fault wants it, until something is lost.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    is_lost: impl Fn(Fault) -> bool,
    fault: &watch::Receiver<Fault>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        let now = *fault.borrow();
        if length == 0 || is_lost(now) {
            return Ok(());
        }
        if let Fault::Latency(lag) = now {
            sleep(lag).await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}
