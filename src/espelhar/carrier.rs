//! Which header carries the token of a request: the one that has what a login gave, or else the one whose name says so.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Map, Value};

use super::head::Head;
use crate::conferir::jwt::find_jwt;
use crate::sensitive::{names_person, names_secret};

/// Most tokens that are remembered; then all are forgotten, and come with the next logins.
const TOKENS_MAX: usize = 100_000;

/// Tokens that logins gave, by digests with a key of this process: there is no way back from them. Each with the login that it
/// was given to.
#[derive(Default)]
pub struct Tokens {
    logins: HashMap<u64, String>,
    key: RandomState,
}

impl Tokens {
    pub fn remember(&mut self, token: &str, login: &str) {
        if self.logins.len() >= TOKENS_MAX {
            self.logins.clear();
        }
        self.logins.insert(self.key.hash_one(token), login.to_owned());
    }

    /// Whether a word in the `value` of a header is one of them.
    pub fn has_one_in(&self, value: &str) -> bool {
        self.login_in(value).is_some()
    }

    /// The login of the user whose token is in the `value` of a header.
    fn login_in(&self, value: &str) -> Option<&str> {
        let login = |word| self.logins.get(&self.key.hash_one(word)).map(String::as_str);
        (!self.logins.is_empty()).then(|| words_of(value).find_map(login)).flatten()
    }

    /// What the token of a request with `head` says of its user, or what was seen of that: logins, names and addresses.
    pub fn user_of(&self, head: &Head) -> Vec<String> {
        let values = head.headers.iter().filter_map(|(_, value)| std::str::from_utf8(value).ok());
        let told = |value| self.login_in(value).map(str::to_owned).into_iter().chain(claims_of_user(value));
        values.flat_map(told).filter(|value| !value.is_empty()).collect()
    }
}

/// What a JWT in `value` says of its user.
fn claims_of_user(value: &str) -> Vec<String> {
    let claims = find_jwt(value).and_then(|jwt| BASE64_URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok());
    let claims: Map<String, Value> = claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
    let of_user = claims.into_iter().filter(|(name, _)| names_person(name));
    of_user.filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect()
}

/// The words in the value of a header that may be a token: also those of cookies, and between quotes.
pub fn words_of(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', ';', ',', '"', '\'']).flat_map(|part| {
        // `name=token`; what ends with `=` is a token of base64.
        let (_, named) = part.split_once('=').unwrap_or_default();
        [part, named].into_iter().filter(|word| !word.trim_matches('=').is_empty())
    })
}

/// Whether the name of a header of `head` says that it carries a token.
pub fn names_a_token(head: &Head) -> bool {
    head.headers.iter().any(|(name, _)| is_carrier(name))
}

/// Whether clients put tokens into the header `name`. Cookies, and the proxy's own, are something else.
pub fn is_carrier(name: &str) -> bool {
    let is_other = ["cookie", "set-cookie", "proxy-authorization"].iter().any(|other| name.eq_ignore_ascii_case(other));
    names_secret(name) && !is_other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_whichever_header_has_it() {
        let mut tokens = Tokens::default();
        assert!(!tokens.has_one_in("Bearer a.b.c"));
        tokens.remember("a.b.c", "suporte.sistema");
        tokens.remember("YQ==", "");
        for value in ["Bearer a.b.c", "a.b.c", "Token token=\"a.b.c\", x=1", "sid=a.b.c; y", "YQ==", "t=YQ=="] {
            assert!(tokens.has_one_in(value), "{value}");
        }
        for value in ["Bearer a.b.d", "a.b.cd", "", "="] {
            assert!(!tokens.has_one_in(value), "{value}");
        }
    }

    #[test]
    fn the_name_of_a_header_says_that_it_carries_a_token() {
        for name in ["Authorization", "X-Auth-Token", "x-access-token", "token", "X-Api-Key", "X-Auth", "X-Session-Id"]
        {
            assert!(is_carrier(name), "{name}");
        }
        for name in ["Cookie", "Proxy-Authorization", "X-Request-Id", "Host", "Author"] {
            assert!(!is_carrier(name), "{name}");
        }
    }
}
