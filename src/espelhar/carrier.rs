//! Which header carries the token of a request: the one that has what a login gave, or else the one whose name says so.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde_json::Value;

use super::head::Head;
use crate::conferir::values::find_token;
use crate::sensitive::{folded, names_secret};

/// Most tokens that are remembered; then all are forgotten, and come with the next logins.
const TOKENS_MAX: usize = 100_000;

/// Tokens that logins gave, by digests with a key of this process: there is no way back from them.
#[derive(Default)]
pub struct Tokens {
    digests: HashSet<u64>,
    key: RandomState,
}

impl Tokens {
    pub fn remember(&mut self, token: &str) {
        if self.digests.len() >= TOKENS_MAX {
            self.digests.clear();
        }
        self.digests.insert(self.key.hash_one(token));
    }

    /// Whether a word in the `value` of a header is one of them.
    pub fn has_one_in(&self, value: &str) -> bool {
        !self.digests.is_empty() && words_of(value).any(|word| self.digests.contains(&self.key.hash_one(word)))
    }
}

/// The words in the value of a header that may be a token: also those of cookies, and between quotes.
pub fn words_of(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', ';', ',', '"', '\'']).flat_map(|part| {
        // `name=token`; what ends with `=` is a token of base64.
        let (_, named) = part.split_once('=').unwrap_or_default();
        [part, named].into_iter().filter(|word| !word.trim_matches('=').is_empty())
    })
}

/// The token in the `body` of a login's success: a JWT, or what a member is called so, or else the longest word that may be one.
pub fn token_in(body: &str) -> Option<String> {
    let found = find_token(body);
    let named = || serde_json::from_str(body).ok().and_then(|body| named_token(&body));
    found.clone().filter(|token| token.starts_with("eyJ")).or_else(named).or(found)
}

fn named_token(value: &Value) -> Option<String> {
    let inner = |value: &Value| value.is_object() || value.is_array();
    match value {
        Value::Object(members) => {
            let named = members.iter().filter(|(name, _)| names_token(name)).filter_map(|(_, value)| value.as_str());
            let found = { named }.map(last_word).find(|text| is_opaque(text)).map(str::to_owned);
            found.or_else(|| members.values().filter(|value| inner(value)).find_map(named_token))
        }
        Value::Array(items) => items.iter().find_map(named_token),
        _ => None,
    }
}

/// Whether a member `name` has a token, and not what tells of one.
pub fn names_token(name: &str) -> bool {
    let name = folded(name);
    let tells = ["type", "tipo", "expir", "valid", "refresh"].iter().any(|word| name.contains(word));
    (name.contains("token") || name.contains("jwt")) && !tells
}

fn last_word(text: &str) -> &str {
    text.trim().rsplit(' ').next().unwrap_or_default()
}

fn is_opaque(text: &str) -> bool {
    text.len() >= 4 && !["bearer", "basic"].iter().any(|scheme| text.eq_ignore_ascii_case(scheme))
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
        tokens.remember("a.b.c");
        tokens.remember("YQ==");
        for value in ["Bearer a.b.c", "a.b.c", "Token token=\"a.b.c\", x=1", "sid=a.b.c; y", "YQ==", "t=YQ=="] {
            assert!(tokens.has_one_in(value), "{value}");
        }
        for value in ["Bearer a.b.d", "a.b.cd", "", "="] {
            assert!(!tokens.has_one_in(value), "{value}");
        }
    }

    #[test]
    fn the_token_of_a_login_is_known_by_its_form_or_its_name() {
        for (body, token) in [
            (r#"{"refreshToken":"0123456789abcdef0123456789abcdef","token":"abc-1"}"#, "abc-1"),
            (r#"{"token_type":"Bearer","data":[{"access_token":"Bearer abc-1"}]}"#, "abc-1"),
            (r#"{"x":"eyJh.eyJz.x","token":"abc-1"}"#, "eyJh.eyJz.x"),
            (r#"{"chave":"0123456789abcdef0123456789abcdef"}"#, "0123456789abcdef0123456789abcdef"),
        ] {
            assert_eq!(token_in(body).as_deref(), Some(token), "{body}");
        }
        assert_eq!(token_in(r#"{"token":"Bearer","x":"curto"}"#), None);
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
