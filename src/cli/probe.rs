//! `probe`: the health check of a container that has no other program.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

use super::support::error::{CliError, Result};
use super::support::output::say;
use crate::config::{Flags, bind_of};
use crate::printable::printable;

const DEADLINE: Duration = Duration::from_secs(5);
const PATH: &str = "/health/ready";
/// How much of an answer is read.
const ANSWER_MAX: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub struct Args {
    /// The URL to request [default: /health/ready at `BIND_ADDR`, on this machine]
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    url: Option<Url>,
}

/// Where something is asked for by HTTP.
pub struct Endpoint {
    /// Host and port.
    pub authority: String,
    pub path: String,
}

impl Endpoint {
    fn of_url(url: &Url) -> Self {
        let host = url.host_str().unwrap_or("127.0.0.1");
        let authority = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
        let path = if url.path() == "/" { PATH } else { url.path() };
        Self { authority, path: path.to_owned() }
    }

    /// The readiness of the server of these settings.
    pub fn of_settings(flags: &Flags) -> Result<Self> {
        let authority = bind_of(&flags.sources()?)?;
        if authority.ends_with(":0") {
            return Err(CliError::Usage(
                "BIND_ADDR has port 0, which is another one at each start; name it with --url".to_owned(),
            ));
        }
        Ok(Self { authority, path: PATH.to_owned() })
    }

    /// The first line of the answer.
    pub async fn status_line(&self) -> io::Result<String> {
        Ok(self.get().await?.lines().next().unwrap_or_default().to_owned())
    }

    /// The answer with its head, as far as it is not too large.
    pub async fn get(&self) -> io::Result<String> {
        let Self { authority, path } = self;
        let addresses: Vec<_> = lookup_host(authority).await?.flat_map(reachable).collect();
        let mut stream = TcpStream::connect(&addresses[..]).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

pub async fn run(flags: Flags, args: Args) -> Result {
    let endpoint = match &args.url {
        Some(url) => Endpoint::of_url(url),
        None => Endpoint::of_settings(&flags)?,
    };
    let asked = format!("http://{}{}", printable(&endpoint.authority), printable(&endpoint.path));
    let status = timeout(DEADLINE, endpoint.status_line())
        .await
        .map_err(|_| CliError::Failed(format!("{asked} did not answer in time")))?
        .map_err(|error| CliError::Failed(format!("{asked} can't be reached: {error}")))?;
    if status.contains(" 200 ") {
        say!("ready")?;
        Ok(())
    } else {
        Err(CliError::Failed(format!("not ready: {}", printable(&status))))
    }
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == "http" { Ok(url) } else { Err("it has to begin with http://".to_owned()) }
}

/// How to reach on this machine what listens on `address`: one that stands for all of them is asked at the loopback's.
pub(super) fn reachable(address: SocketAddr) -> Vec<SocketAddr> {
    let at = |ip: IpAddr| SocketAddr::new(ip, address.port());
    let (v4, v6) = (at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into()));
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => vec![v4],
        // It may be IPv4's as well, on a machine without IPv6.
        IpAddr::V6(ip) if ip.is_unspecified() => vec![v6, v4],
        _ => vec![address],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_for_all_is_asked_at_the_loopback() {
        let asked = |address: &str| {
            let addresses = reachable(address.parse().unwrap());
            addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(asked("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(asked("[::]:80"), "[::1]:80 127.0.0.1:80");
        assert_eq!(asked("192.0.2.1:80"), "192.0.2.1:80");
        assert_eq!(asked("[fe80::1%2]:80"), "[fe80::1%2]:80");
    }

    #[test]
    fn the_authority_is_that_of_the_url() {
        let authority = |url: &str| Endpoint::of_url(&parse_url(url).unwrap()).authority;
        assert_eq!(authority("http://[::1]:8080/x"), "[::1]:8080");
        assert_eq!(authority("http://[::1]/x"), "[::1]:80");
        assert_eq!(authority("http://localhost:8080"), "localhost:8080");
        assert!(parse_url("https://localhost").is_err());
        let path = |url: &str| Endpoint::of_url(&parse_url(url).unwrap()).path;
        assert_eq!((path("http://a"), path("http://a/"), path("http://a/x")), (PATH.into(), PATH.into(), "/x".into()));
    }
}
