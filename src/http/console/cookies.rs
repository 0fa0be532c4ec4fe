//! The cookies of the console.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use cookie::{Cookie, SameSite};
use time::Duration;

/// Who is signed in: a session's id.
pub const SESSION: &str = "citrus-sessao";
/// By what the sign-in form is known, before there is a session.
pub const ENTRANCE: &str = "citrus-entrada";
pub const LANGUAGE: &str = "citrus-idioma";
/// What was typed before the session ended.
pub const TYPED: &str = "citrus-digitado";
/// What was done, told once by the next page.
pub const NOTICE: &str = "citrus-aviso";

/// What browsers take from nobody but this host, by TLS.
const HOST_ONLY: &str = "__Host-";

/// The cookies of a request, and how those of its answer are written.
#[derive(Clone, Default)]
pub struct Cookies {
    /// False where the browser came by a loopback address, without TLS.
    is_secure: bool,
    pairs: Vec<(String, String)>,
}

impl Cookies {
    pub fn of(headers: &HeaderMap, is_secure: bool) -> Self {
        let lists = headers.get_all(COOKIE).into_iter().filter_map(|list| list.to_str().ok());
        let cookies = lists.flat_map(Cookie::split_parse).flatten();
        let pairs = cookies.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()));
        Self { is_secure, pairs: pairs.collect() }
    }

    /// The value of the cookie, where there is one: of two, somebody else may have set either.
    pub fn get(&self, name: &str) -> Option<&str> {
        let name = self.full_name(name);
        let mut found = self.pairs.iter().filter(|(known, _)| *known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Sets a cookie, for so many seconds or until the browser is closed. `value` has no character that ends it.
    pub fn set(&self, name: &str, value: &str, max_age: Option<u32>) -> HeaderValue {
        let mut cookie = Cookie::new(self.full_name(name), value);
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Strict);
        cookie.set_secure(self.is_secure.then_some(true));
        cookie.set_max_age(max_age.map(|seconds| Duration::seconds(seconds.into())));
        HeaderValue::try_from(cookie.to_string()).expect("our names and base64 are ASCII")
    }

    pub fn clear(&self, name: &str) -> HeaderValue {
        self.set(name, "", Some(0))
    }

    /// As the request would have had it.
    pub fn pair(&self, name: &str, value: &str) -> HeaderValue {
        HeaderValue::try_from(format!("{}={value}", self.full_name(name))).expect("our names and base64 are ASCII")
    }

    fn full_name(&self, name: &str) -> String {
        if self.is_secure { format!("{HOST_ONLY}{name}") } else { name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lists: &[&'static str], is_secure: bool) -> Cookies {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(COOKIE, HeaderValue::from_static(list));
        }
        Cookies::of(&headers, is_secure)
    }

    #[test]
    fn a_cookie_counts_where_there_is_one_of_its_name() {
        assert_eq!(cookies(&["a=1; citrus-sessao=x;b=2"], false).get(SESSION), Some("x"));
        assert_eq!(cookies(&["a=1", "citrus-sessao=x=y"], false).get(SESSION), Some("x=y"));
        for none in
            ["", "citrus-sessao", "citrus-sessao=x; citrus-sessao=y", "Citrus-Sessao=x", "__Host-citrus-sessao=x"]
        {
            assert_eq!(cookies(&[none], false).get(SESSION), None, "{none}");
        }
        assert_eq!(cookies(&["citrus-sessao=x"], true).get(SESSION), None, "not set by TLS");
        assert_eq!(cookies(&["citrus-sessao=x; __Host-citrus-sessao=y"], true).get(SESSION), Some("y"));
    }

    #[test]
    fn cookies_are_written_to_the_byte() {
        let (plain, secure) = (cookies(&[], false), cookies(&[], true));
        assert_eq!(plain.set(SESSION, "x", None), "citrus-sessao=x; HttpOnly; SameSite=Strict; Path=/");
        assert_eq!(
            secure.set(SESSION, "x", Some(60)),
            "__Host-citrus-sessao=x; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(plain.clear(NOTICE), "citrus-aviso=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    }
}
