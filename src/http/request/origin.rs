//! Whether a page of ours sent a request, or one of another site.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

pub const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request was sent by one of our pages or by no page at all, as far as the browser says. `Sec-Fetch-Site` comes
/// from browsers of today by TLS and on loopback addresses, `Origin` with each form and script. Neither makes up for the
/// other. Programs send none.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(FETCH_SITE).iter();
    let site = sites.next();
    if sites.next().is_some() || site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match headers.get(ORIGIN) {
        None => true,
        // A browser that hides where pages come from.
        Some(origin) if origin == "null" => site.is_some_and(|site| site == "same-origin"),
        Some(origin) => is_ours(origin, headers),
    }
}

/// Whether `origin` is this server, as the browser calls it or as a proxy says that the browser did.
fn is_ours(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let authority = |url: Url| {
        let host = url.host_str()?.to_owned();
        Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
    };
    let origin = origin.to_str().ok().and_then(|origin| authority(Url::parse(origin).ok()?));
    let names = [HOST, FORWARDED_HOST].into_iter().filter_map(|name| headers.get(name)?.to_str().ok());
    origin.is_some_and(|origin| names.into_iter().any(|name| name.eq_ignore_ascii_case(&origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn requests_come_from_our_own_pages_or_from_none() {
        for ours in [
            headers(&[]),
            headers(&[("sec-fetch-site", "same-origin"), ("origin", "null")]),
            headers(&[("sec-fetch-site", "none")]),
            headers(&[("origin", "https://citrus.example"), ("host", "Citrus.example")]),
            headers(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]),
            headers(&[("origin", "http://[::1]:8080"), ("host", "[::1]:8080")]),
            headers(&[("sec-fetch-site", "none"), ("origin", "http://[::1]:8080"), ("host", "[::1]:8080")]),
            headers(&[
                ("origin", "https://citrus.example"),
                ("host", "10.0.0.7:8080"),
                ("x-forwarded-host", "citrus.example"),
            ]),
        ] {
            assert!(is_same_origin(&ours), "{ours:?}");
        }
        for foreign in [
            headers(&[("sec-fetch-site", "cross-site")]),
            headers(&[
                ("sec-fetch-site", "same-site"),
                ("origin", "https://citrus.example"),
                ("host", "citrus.example"),
            ]),
            headers(&[("sec-fetch-site", "")]),
            headers(&[("origin", "null"), ("host", "citrus.example")]),
            headers(&[("origin", "https://evil.example"), ("host", "citrus.example")]),
            headers(&[("origin", "https://citrus.example:8443"), ("host", "citrus.example")]),
            headers(&[("origin", "https://citrus.example"), ("host", "citrus.example.evil.example")]),
            headers(&[("origin", "https://citrus.example")]),
            headers(&[("sec-fetch-site", "none"), ("origin", "https://evil.example"), ("host", "citrus.example")]),
            headers(&[("sec-fetch-site", "none"), ("origin", "null"), ("host", "citrus.example")]),
            headers(&[
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example"),
                ("host", "citrus.example"),
            ]),
        ] {
            assert!(!is_same_origin(&foreign), "{foreign:?}");
        }
        let mut twice = headers(&[("sec-fetch-site", "same-origin")]);
        twice.append(FETCH_SITE, HeaderValue::from_static("cross-site"));
        assert!(!is_same_origin(&twice));
    }
}
