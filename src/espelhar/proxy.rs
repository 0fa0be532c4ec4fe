//! The listener, and the way to the upstream.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper_rustls::ConfigBuilderExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::relay::{Observer, Rewrite, lock, relay};

const CONNECTIONS_MAX: usize = 4096;
const CONNECT_DEADLINE: Duration = Duration::from_secs(20);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often at most it is told that the upstream is away.
const TELL_EVERY: Duration = Duration::from_mins(1);
/// How long exchanges under way may take once we are told to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(8);

/// The server behind.
pub struct Upstream {
    address: String,
    rewrite: Rewrite,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    outage: Mutex<Outage>,
}

#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error("it has to name a host")]
    Host,
    #[error("the system's certificates can't be read: {0}")]
    Certificates(io::Error),
}

/// What an operator should hear of.
#[derive(Debug)]
pub enum News {
    /// The upstream can't be reached any more. Its clients see their connections end, as they would without us.
    Away(io::Error),
    Back,
    /// A single connection was not passed on to its end.
    Failed(io::Error),
}

enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl Upstream {
    /// The server at `url`, which is `http://` or `https://`. With `keeps_host`, requests keep the host by which the client
    /// reached us.
    pub fn new(url: &Url, keeps_host: bool) -> Result<Self, UpstreamError> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(UpstreamError::Host);
        };
        let named = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let tls = if url.scheme() == "https" {
            let config = ClientConfig::builder().with_native_roots().map_err(UpstreamError::Certificates)?;
            let name = match host {
                Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| UpstreamError::Host)?,
                Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(address)),
                Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(address)),
            };
            Some((TlsConnector::from(Arc::new(config.with_no_client_auth())), name))
        } else {
            None
        };
        let base = url.path().trim_end_matches('/').to_owned();
        let rewrite = Rewrite { host: (!keeps_host).then_some(named), base };
        Ok(Self { address: format!("{host}:{port}"), rewrite, tls, outage: Mutex::default() })
    }

    async fn connect(&self) -> io::Result<Connection> {
        let connecting = timeout(CONNECT_DEADLINE, TcpStream::connect(&self.address));
        let upstream = connecting.await.map_err(|_| io::ErrorKind::TimedOut)??;
        upstream.set_nodelay(true)?;
        let Some((connector, name)) = &self.tls else { return Ok(Connection::Plain(upstream)) };
        let shaking = timeout(CONNECT_DEADLINE, connector.connect(name.clone(), upstream));
        Ok(Connection::Tls(Box::new(shaking.await.map_err(|_| io::ErrorKind::TimedOut)??)))
    }

    async fn pass(&self, mut client: TcpStream, observer: &dyn Observer, tell: impl Fn(News)) {
        let mut connected = match self.connect().await {
            Ok(connected) => connected,
            Err(error) => {
                let is_news = lock(&self.outage).begins(Instant::now());
                return tell(if is_news { News::Away(error) } else { News::Failed(error) });
            }
        };
        if lock(&self.outage).ends() {
            tell(News::Back);
        }
        _ = client.set_nodelay(true);
        let passed = match &mut connected {
            Connection::Plain(upstream) => relay(&mut client, upstream, &self.rewrite, observer).await,
            Connection::Tls(upstream) => relay(&mut client, upstream, &self.rewrite, observer).await,
        };
        if let Err(broken) = passed {
            // What broke on one side breaks on the other, too: an answer that was cut must not look like a whole one.
            _ = client.set_zero_linger();
            _ = connected.socket().set_zero_linger();
            if broken.is_in_exchange {
                tell(News::Failed(broken.error));
            }
        }
    }
}

/// Whether the upstream is away, as far as the operator was told.
#[derive(Default)]
struct Outage {
    is_told: bool,
    told: Option<Instant>,
}

impl Outage {
    /// The upstream can't be reached; whether to tell that. An upstream that comes and goes is told of now and then.
    fn begins(&mut self, now: Instant) -> bool {
        if self.is_told || self.told.is_some_and(|told| now.duration_since(told) < TELL_EVERY) {
            return false;
        }
        *self = Self { is_told: true, told: Some(now) };
        true
    }

    /// It was reached; whether to tell that.
    fn ends(&mut self) -> bool {
        std::mem::take(&mut self.is_told)
    }
}

/// Passes on what `listener` accepts until `stop`, then lets what is under way end.
pub async fn serve(
    listener: TcpListener,
    upstream: Upstream,
    observer: Arc<dyn Observer>,
    stop: impl Future<Output = ()>,
    tell: impl Fn(News) + Clone + Send + 'static,
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
                let (upstream, observer, tell) = (Arc::clone(&upstream), Arc::clone(&observer), tell.clone());
                connections.spawn(async move {
                    let _place = place;
                    upstream.pass(client, observer.as_ref(), tell).await;
                });
            }
            Err(error) => {
                tell(News::Failed(error));
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    _ = timeout(STOP_DEADLINE, async { while connections.join_next().await.is_some() {} }).await;
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_that_comes_and_goes_is_told_of_now_and_then() {
        let (mut outage, start) = (Outage::default(), Instant::now());
        assert!(!outage.ends(), "it was never away");
        assert!(outage.begins(start));
        assert!(!outage.begins(start + 2 * TELL_EVERY), "it is told already");
        assert!(outage.ends() && !outage.ends());
        assert!(!outage.begins(start + TELL_EVERY / 2) && !outage.ends());
        assert!(outage.begins(start + TELL_EVERY) && outage.ends());
    }
}
