//! From where a request comes.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::http::state::SharedState;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: the peer's, or what a trusted proxy says.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<SharedState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &SharedState) -> Result<Self, Infallible> {
        let ConnectInfo(peer) =
            parts.extensions.get::<ConnectInfo<SocketAddr>>().expect("the accept loop names the peer");
        Ok(Self::of(peer.ip(), &parts.headers, &app.trusted_proxies))
    }
}

impl ClientAddress {
    /// Where the peer is one of `proxies`, the right-most address of `X-Forwarded-For` that is not: what
    /// stands to the left of it is the client's own word. A malformed entry makes it the peer.
    pub fn of(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> Self {
        let peer = peer.to_canonical();
        let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(&address));
        Self(if trusted(peer) { forwarded(headers, trusted).unwrap_or(peer) } else { peer })
    }
}

fn forwarded(headers: &HeaderMap, trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let mut farthest = None;
    for value in headers.get_all(FORWARDED_FOR).iter().rev() {
        for entry in value.to_str().ok()?.rsplit(',') {
            let address = address(entry.trim())?;
            farthest = Some(address);
            if !trusted(address) {
                return farthest;
            }
        }
    }
    farthest
}

fn address(entry: &str) -> Option<IpAddr> {
    let address = entry.parse().or_else(|_| entry.parse().map(|socket: SocketAddr| socket.ip()));
    Some(address.ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(peer: &str, forwarded_for: &[&str]) -> String {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "2001:db8:1::/48".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded_for {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        ClientAddress::of(peer.parse().unwrap(), &headers, &proxies).0.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(of("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(of("10.1.2.3", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("::ffff:10.1.2.3", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("2001:db8:1::5", &["::ffff:198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn the_right_most_address_that_is_no_proxy_is_the_client() {
        assert_eq!(of("10.1.2.3", &["203.0.113.9, 198.51.100.7, 10.9.9.9"]), "198.51.100.7");
        assert_eq!(of("10.1.2.3", &["203.0.113.9", "198.51.100.7", "10.9.9.9,10.8.8.8"]), "198.51.100.7");
        assert_eq!(of("10.1.2.3", &["nonsense, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("10.1.2.3", &["10.7.7.7, 10.9.9.9"]), "10.7.7.7");
        assert_eq!(of("10.1.2.3", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(of("10.1.2.3", &["[2001:db8:2::7]:4711"]), "2001:db8:2::7");
    }

    #[test]
    fn a_malformed_list_counts_as_none() {
        for malformed in ["", " ", "unknown", "198.51.100.7,", "198.51.100.7 10.9.9.9", "198.51.100.777", "jos\u{e9}"] {
            assert_eq!(of("10.1.2.3", &[malformed]), "10.1.2.3", "{malformed:?}");
        }
        assert_eq!(of("10.1.2.3", &["198.51.100.7", "nonsense"]), "10.1.2.3");
    }
}
