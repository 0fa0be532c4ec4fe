//! The accept loop: what `axum::serve` leaves out, namely deadlines, a cap, and a stop that ends.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_http::add_extension::AddExtension;

use super::request::Frame;

/// How long the head of a request may take to arrive, and a connection may stay idle.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// Pause after the system refused us a connection, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Room for one head.
const BUFFER: usize = 16 * 1024;

/// Limits of the server.
#[derive(Clone, Copy, Debug)]
pub struct ServerSettings {
    /// Most connections open at once; more wait in the system's queue.
    pub max_connections: usize,
    /// How long requests in flight may take to end after the stop.
    pub stop_deadline: Duration,
}

/// Serves `service` until `stop` completes, then lets the requests in flight end.
///
/// False when some did not end in time and were cut off.
pub async fn serve(
    listener: TcpListener,
    service: Frame,
    settings: ServerSettings,
    stop: impl Future<Output = ()>,
) -> bool {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(settings.max_connections));
    let mut stop = pin!(stop);
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let permit = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((listener.accept().await?, permit))
        };
        let ((stream, peer), permit) = tokio::select! {
            accepted = accepted => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let connection = graceful.watch(connection(stream, AddExtension::new(service.clone(), ConnectInfo(peer))));
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            let _permit = permit;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    let ended = timeout(settings.stop_deadline, graceful.shutdown()).await.is_ok();
    connections.shutdown().await;
    ended
}

/// The routes, and the address of who calls them.
type Service = AddExtension<Frame, ConnectInfo<SocketAddr>>;

fn connection(
    stream: TcpStream,
    service: Service,
) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Service>> {
    // Answers are one small write each: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}
