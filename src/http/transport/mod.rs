//! The accept loop, for any service: what `axum::serve` leaves out, namely deadlines, a cap, and a stop that ends.

mod connection;
mod fault;
mod keep_alive;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_http::add_extension::AddExtension;
use tower_service::Service;

use connection::TrackedBody;
pub use fault::Fault;
use keep_alive::HeadTimer;

/// Pause after the system refused us a connection, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that the system keeps until they are accepted. Its own limit (`somaxconn`) counts too. tokio asks
/// for 128: of a burst of more, each other client would wait a second or more for its next try.
const BACKLOG: u32 = 4096;

pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::InvalidInput, "it names no address");
    for address in lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A server that starts anew need not wait for connections of the one before.
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

#[derive(Clone, Copy, Debug)]
pub struct ServerSettings {
    /// Most connections open at once; more wait in the system's queue.
    pub max_connections: usize,
    /// How long a connection may be idle between two requests.
    pub keep_alive: Duration,
    /// How long requests in flight may take to end after the stop.
    pub stop_deadline: Duration,
    /// Whether names of headers begin with capitals, such as `Content-Type`.
    pub title_case_headers: bool,
}

/// Serves `service` until `stop` completes, then lets the requests in flight end.
///
/// False when some did not end in time and were cut off.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    settings: ServerSettings,
    stop: impl Future<Output = ()>,
) -> bool
where
    S: Service<Request<TrackedBody>, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let (stopping, _) = watch::channel(());
    let room = Room::new(settings.max_connections);
    let mut stop = pin!(stop);
    let mut connections = JoinSet::new();
    let mut begin = |(stream, peer, permit): Accepted| {
        while connections.try_join_next().is_some() {}
        let routes = AddExtension::new(service.clone(), ConnectInfo(peer));
        let timer = HeadTimer::new(settings.keep_alive, Arc::clone(&room.full));
        let connection = connection::serve(stream, routes, timer, settings.title_case_headers, stopping.subscribe());
        connections.spawn(async move {
            let _permit = permit;
            connection.await;
        });
    };
    loop {
        tokio::select! {
            accepted = room.accept(&listener) => begin(accepted),
            () = &mut stop => break,
        }
    }
    room.accept_rest(listener).into_iter().for_each(begin);
    stopping.send_replace(());
    let all = async { while connections.join_next().await.is_some() {} };
    let ended = timeout(settings.stop_deadline, all).await.is_ok();
    connections.shutdown().await;
    ended
}

/// A connection, its client's address, and its place.
type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

/// Room for connections: a permit for each.
struct Room {
    permits: Arc<Semaphore>,
    full: Arc<AtomicBool>,
}

impl Room {
    fn new(max_connections: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(max_connections)), full: Arc::default() }
    }

    /// The next connection, once there is room for it.
    async fn accept(&self, listener: &TcpListener) -> Accepted {
        loop {
            self.full.store(self.permits.available_permits() == 0, Ordering::Relaxed);
            let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed");
            self.full.store(false, Ordering::Relaxed);
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, permit),
                Err(error) => tracing::warn!(%error, "a connection was not accepted"),
            }
            drop(permit);
            sleep(ACCEPT_PAUSE).await;
        }
    }
    /// The connections that the system has established and nobody has accepted: closed with `listener`, they would be
    /// reset, with the requests on them.
    fn accept_rest(&self, listener: TcpListener) -> Vec<Accepted> {
        let mut accepted = Vec::new();
        // The runtime may not have heard of the newest ones.
        let Ok(listener) = listener.into_std() else { return accepted };
        while let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned()
            && let Ok((stream, peer)) = listener.accept()
            && let Ok(()) = stream.set_nonblocking(true)
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            accepted.push((stream, peer, permit));
        }
        accepted
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use axum::body::Body;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn what_is_on_its_way_at_the_stop_is_answered() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
        for _ in 0..50 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            clients.push(client);
        }
        let settings = ServerSettings {
            max_connections: 100,
            keep_alive: Duration::from_secs(75),
            title_case_headers: false,
            stop_deadline: Duration::from_secs(10),
        };
        let service = tower::service_fn(|_: Request<TrackedBody>| ready(Ok(Response::new(Body::empty()))));
        assert!(serve(listener, service, settings, ready(())).await);
        for mut client in clients {
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("connection: close\r\n"), "{answer}");
        }
    }
}
