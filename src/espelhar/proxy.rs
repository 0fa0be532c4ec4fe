//! The listener, and the way to the upstream.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::ConfigBuilderExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::relay::{Observer, relay};

const CONNECTIONS_MAX: usize = 4096;
const CONNECT_DEADLINE: Duration = Duration::from_secs(20);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long exchanges under way may take once we are told to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(8);

/// The server behind.
pub struct Upstream {
    address: String,
    /// How requests name it, if not as the client does.
    host: Option<String>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error("give the address alone, without a path: https://citrus.example.com")]
    Path,
    #[error("it has to begin with http:// or https://, and name a host")]
    Host,
    #[error("the system's certificates can't be read: {0}")]
    Certificates(io::Error),
}

impl Upstream {
    /// The server at `url`. With `keeps_host`, requests keep the host by which the client reaches us.
    pub fn new(url: &Url, keeps_host: bool) -> Result<Self, UpstreamError> {
        if !matches!(url.path(), "" | "/") || url.query().is_some() || !url.username().is_empty() {
            return Err(UpstreamError::Path);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(UpstreamError::Host);
        };
        let named = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let tls = match url.scheme() {
            "https" => {
                let config = ClientConfig::builder().with_native_roots().map_err(UpstreamError::Certificates)?;
                let name = match host {
                    Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| UpstreamError::Host)?,
                    Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(address)),
                    Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(address)),
                };
                Some((TlsConnector::from(Arc::new(config.with_no_client_auth())), name))
            }
            "http" => None,
            _ => return Err(UpstreamError::Host),
        };
        Ok(Self { address: format!("{host}:{port}"), host: (!keeps_host).then_some(named), tls })
    }

    async fn pass(&self, client: TcpStream, observer: &dyn Observer) -> io::Result<()> {
        client.set_nodelay(true)?;
        let connecting = timeout(CONNECT_DEADLINE, TcpStream::connect(&self.address));
        let upstream = connecting.await.map_err(|_| io::ErrorKind::TimedOut)??;
        upstream.set_nodelay(true)?;
        let host = self.host.as_deref();
        match &self.tls {
            Some((connector, name)) => {
                let shaking = timeout(CONNECT_DEADLINE, connector.connect(name.clone(), upstream));
                relay(client, shaking.await.map_err(|_| io::ErrorKind::TimedOut)??, host, observer).await
            }
            None => relay(client, upstream, host, observer).await,
        }
    }
}

/// Passes on what `listener` accepts until `stop`, then lets what is under way end. `failed` hears why a connection was not
/// passed on to its end; its client sees its connection end, as it would without us.
pub async fn serve(
    listener: TcpListener,
    upstream: Upstream,
    observer: Arc<dyn Observer>,
    stop: impl Future<Output = ()>,
    failed: impl Fn(io::Error) + Clone + Send + 'static,
) {
    let upstream = Arc::new(upstream);
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            let place = Arc::clone(&room).acquire_owned().await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((client, _)) => {
                let (upstream, observer, failed) = (Arc::clone(&upstream), Arc::clone(&observer), failed.clone());
                connections.spawn(async move {
                    let _place = place;
                    if let Err(error) = upstream.pass(client, observer.as_ref()).await {
                        failed(error);
                    }
                });
            }
            Err(error) => {
                failed(error);
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    _ = timeout(STOP_DEADLINE, async { while connections.join_next().await.is_some() {} }).await;
    connections.shutdown().await;
}
