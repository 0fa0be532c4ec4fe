//! What a request for a page says before anybody is known: in which language, from where, and to which place.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, FORWARDED, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Uri};

use super::cookies::{Cookies, LANGUAGE};
use super::texts::{EN, PT, Texts};
use crate::http::answer::problem::{Language, preferred};
use crate::http::request::origin::{FETCH_SITE, FORWARDED_HOST, is_same_origin};

/// Where the pages are.
pub const CONSOLE: &str = "/console";

/// The field that says where somebody wants to go on.
pub const PLACE: &str = "volta";

/// What proxies add.
const FORWARDING: [HeaderName; 4] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    FORWARDED_HOST,
    HeaderName::from_static("x-forwarded-proto"),
];

/// The longest place that somebody is led back to, in bytes.
const PLACE_MAX: usize = 1024;

#[derive(Clone)]
pub struct Visit {
    pub language: Language,
    pub texts: &'static Texts,
    pub cookies: Cookies,
    /// The way from the page to `/`: a proxy may serve all of this under a prefix.
    pub root: String,
    /// Where in the console, such as `motivos`; with the query.
    pub place: String,
}

/// How a page is shown at another address than its own.
#[derive(Clone)]
pub struct ShownAt {
    pub root: String,
    pub language: Language,
}

impl Visit {
    pub fn of(parts: &Parts) -> Self {
        let visit = Self::at(&parts.uri, &parts.headers);
        match parts.extensions.get().cloned() {
            Some(ShownAt { root, language }) => Self { root, ..visit }.speaking(language),
            None => visit,
        }
    }

    pub fn of_request(request: &Request) -> Self {
        Self::at(request.uri(), request.headers())
    }

    pub fn at(uri: &Uri, headers: &HeaderMap) -> Self {
        let cookies = Cookies::of(headers, !came_by_loopback(headers));
        let language = match cookies.get(LANGUAGE) {
            Some("pt") => Language::Portuguese,
            Some("en") => Language::English,
            _ => preferred(headers),
        };
        let slashes = uri.path().matches('/').count().saturating_sub(1);
        let root = if slashes == 0 { "./".to_owned() } else { "../".repeat(slashes) };
        let place = uri.path_and_query().map_or("", |whole| whole.as_str());
        let place = place.strip_prefix(CONSOLE).unwrap_or_default().trim_start_matches('/').to_owned();
        Self { language, texts: texts(language), cookies, root, place }
    }

    /// The same in `language`.
    #[must_use]
    pub fn speaking(self, language: Language) -> Self {
        Self { language, texts: texts(language), ..self }
    }

    /// The address of a place in the console.
    pub fn href(&self, place: &str) -> String {
        let slash = if place.is_empty() || place.starts_with('?') { "" } else { "/" };
        format!("{}console{slash}{place}", self.root)
    }
}

fn texts(language: Language) -> &'static Texts {
    language.choose([&PT, &EN])
}

/// `place` where it is one in the console: somebody is led there after a sign-in.
pub fn place(place: &str) -> Option<&str> {
    // Browsers take an encoded full stop for one.
    let path = place.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    let is_plain = place.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
    let stays =
        path.split('/').all(|part| !matches!(part, "." | "..")) && !path.starts_with('/') && !path.contains("//");
    let is_uri = || format!("/{place}").parse::<Uri>().is_ok();
    (place.len() <= PLACE_MAX && is_plain && stays && is_uri()).then_some(place)
}

/// Whether the browser itself says that one of our pages sent the request.
pub fn is_sent_by_page(headers: &HeaderMap) -> bool {
    is_same_origin(headers) && headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin")
}

/// Whether the body is said to be that of a form, as browsers send it.
pub fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|said| said.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether a link on another site led here: then the browser has kept our cookies back.
pub fn is_led_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Whether the browser came by a loopback address, which it needs no TLS for, and no proxy did.
fn came_by_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    !FORWARDING.iter().any(|name| headers.contains_key(name)) && is_loopback(host)
}

/// Whether `host`, with a port or without, names a loopback address.
fn is_loopback(host: &str) -> bool {
    let bare = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let bare = bare.to_ascii_lowercase();
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn links_begin_where_the_page_stands() {
        for (path, root, place) in [
            ("/console", "./", ""),
            ("/console/", "../", ""),
            ("/console/motivos?cursor=x", "../", "motivos?cursor=x"),
            ("/console/motivos/7/desativar", "../../../", "motivos/7/desativar"),
            ("/console/atendimentos/a%2Fb", "../../", "atendimentos/a%2Fb"),
        ] {
            let visit = Visit::at(&path.parse().unwrap(), &HeaderMap::new());
            assert_eq!((visit.root.as_str(), visit.place.as_str()), (root, place));
        }
    }

    #[test]
    fn nobody_is_led_out_of_the_console() {
        for inside in
            ["", "motivos", "atendimentos/20221104000001", "atendimentos?status=Aberto&protocolo=//x", "a/b%2F..%2Fc"]
        {
            assert_eq!(place(inside), Some(inside));
        }
        let long = "x".repeat(PLACE_MAX + 1);
        for outside in [
            "//evil.example",
            "/motivos",
            "../x",
            "a/../../x",
            "a//b",
            "\\\\evil.example",
            "a\r\nb",
            "a b",
            "a\"<b",
            "%2e%2e/x",
            ".%2E/x",
            "a/%2E",
            "é",
            "a#b",
            &long,
        ] {
            assert_eq!(place(outside), None, "{outside}");
        }
    }

    #[test]
    fn a_form_says_that_it_is_one() {
        for form in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLencoded ; charset=UTF-8"] {
            assert!(is_form(&headers(&[("content-type", form)])), "{form}");
        }
        for other in ["", "text/plain", "multipart/form-data; boundary=x", "application/json", "application/x-www-form"]
        {
            assert!(!is_form(&headers(&[("content-type", other)])), "{other}");
        }
        assert!(!is_form(&headers(&[])));
    }

    #[test]
    fn loopback_is_what_the_browser_calls_so() {
        for host in ["localhost", "LocalHost:8080", "a.localhost:1", "127.0.0.1:8080", "127.9.9.9", "[::1]:80", "[::1]"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "citrus.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "10.0.0.1:80", "[fe80::1]"]
        {
            assert!(!is_loopback(host), "{host}");
        }
        assert!(came_by_loopback(&headers(&[("host", "localhost:8080")])));
        for proxied in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] {
            assert!(!came_by_loopback(&headers(&[("host", "localhost:8080"), (proxied, "x")])), "{proxied}");
        }
    }
}
