//! What a journal shows of secrets.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderName, HeaderValue};
use serde_json::Value;
use url::form_urlencoded;

use crate::sensitive::names_secret;

const MASK: &str = "***";
/// For a text that has a secret somewhere.
const HIDDEN: &str = "(oculto: contém senha)";
/// How much of a digest tells tokens apart: 16 digits.
const DIGEST_BYTES: usize = 8;

/// `text` without any senha, token or key in it: with a mask in its place where it is a member of JSON, or else not at all.
pub fn masked(text: &[u8]) -> String {
    let shown = String::from_utf8_lossy(text).into_owned();
    match serde_json::from_slice::<Value>(text) {
        Ok(mut value) => match mask(&mut value) {
            true => value.to_string(),
            false => shown,
        },
        Err(_) if may_name_a_secret(&shown) => HIDDEN.to_owned(),
        Err(_) => shown,
    }
}

/// Whether a text that is no JSON may name a secret: in the clear, in UTF-16 with its zeros between the letters, encoded as
/// in a form, or behind an escape of JSON.
fn may_name_a_secret(text: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    let text = text.replace('\0', "");
    let names = |text: &str| text.split(|letter| !is_part(letter)).any(names_secret);
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    names(&text) || text.contains("\\u") || pairs.any(|(name, value)| names(&name) || names(&value)) || has_token(&text)
}

/// Whether one of our tokens is in `text`: a JWT begins with `{"` in base64.
fn has_token(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    text.split(|letter| !is_part(letter)).any(|word| word.starts_with("eyJ") && word.matches('.').count() >= 2)
}

/// Masks each secret in `value`, and says whether there was one.
fn mask(value: &mut Value) -> bool {
    let mut any = mask_named_by_a_value(value);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if names_secret(name) {
                    *value = MASK.into();
                    any = true;
                } else {
                    any |= mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| any |= mask(item)),
        // JSON in a text, or what somebody wrote to somebody.
        Value::String(text) if text.contains([':', '=', '{', '[']) && may_name_a_secret(text) || has_token(text) => {
            *value = HIDDEN.into();
            any = true;
        }
        _ => {}
    }
    any
}

/// Masks what stands beside the name of a secret: `{"name": "senha", "value": …}`, `["senha", …]`.
fn mask_named_by_a_value(value: &mut Value) -> bool {
    let items: Vec<&mut Value> = match value {
        Value::Object(members) => members.iter_mut().map(|(_, value)| value).collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => return false,
    };
    let is_word = |text: &str| text.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter));
    let is_name = |value: &Value| value.as_str().is_some_and(|text| is_word(text) && names_secret(text));
    let any = items.iter().any(|item| is_name(item));
    if any {
        items.into_iter().filter(|item| !is_name(item)).for_each(|item| *item = MASK.into());
    }
    any
}

/// A path or another text of words that may be names, but tell nothing of a value: only a token is hidden.
pub fn address(text: &str) -> String {
    if has_token(text) { HIDDEN.to_owned() } else { text.to_owned() }
}

/// The value of the header `name`. Of a credential its fingerprint is shown, behind its scheme: a part of its SHA-256, which
/// tells it apart. Such are those whose names say so, and those that `carry_token` here.
pub fn header(name: &HeaderName, value: &HeaderValue, carry_token: &[HeaderName]) -> String {
    if !names_secret(name.as_str()) && !carry_token.contains(name) {
        let shown = String::from_utf8_lossy(value.as_bytes()).into_owned();
        return if shown.contains('=') && may_name_a_secret(&shown) { HIDDEN.to_owned() } else { address(&shown) };
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    let (scheme, credential) = text.split_once(' ').unwrap_or(("", &text));
    let digest = digest(&SHA256, credential.trim().as_bytes());
    let digits: String = digest.as_ref()[..DIGEST_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{scheme} sha256:{digits}").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn a_senha_is_masked_or_its_text_is_hidden() {
        assert_eq!(masked(br#"{"login": "a", "senha": "b"}"#), r#"{"login":"a","senha":"***"}"#);
        assert_eq!(masked(br#"{"\u0073enha": 1, "x": [{"SENHA": {}}]}"#), r#"{"senha":"***","x":[{"SENHA":"***"}]}"#);
        for name in ["password", "newPassword", "client_secret", "apiKey", "access_token", "pin"] {
            assert_eq!(masked(format!("{{\"{name}\": [1]}}").as_bytes()), format!("{{\"{name}\":\"***\"}}"));
            assert_eq!(masked(format!("a=b&{name}=c").as_bytes()), HIDDEN);
        }
        assert_eq!(masked(br#"{"senha": "b""#), HIDDEN);
        assert_eq!(masked(b"login=a&Senha=b"), HIDDEN);
        assert_eq!(masked(b"login=a&s%65nha=b"), HIDDEN);
        assert_eq!(masked(br#"{"x":"a","\u0073enha":"b"#), HIDDEN);
        for text in ["{\"senha\":\"b\"}", "{\"\\u0073enha\":\"b\"}"] {
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(masked(&units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>()), HIDDEN);
            assert_eq!(masked(&units.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<_>>()), HIDDEN);
        }
        assert_eq!(address("/a/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), HIDDEN);
        assert_eq!(address("/api/admin/usuarios/5/senha"), "/api/admin/usuarios/5/senha");
        assert_eq!(masked(br#"["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"]"#), format!("[\"{HIDDEN}\"]"));
        for (text, shown) in [
            (r#"{"a":"{\"senha\":\"b\"}"}"#, r#"{"a":"(oculto: contém senha)"}"#),
            (r#"{"a":"senha=b","c":1}"#, r#"{"a":"(oculto: contém senha)","c":1}"#),
            (
                r#"[{"name":"senha","value":"b"},{"name":"x","value":"y"}]"#,
                r#"[{"name":"senha","value":"***"},{"name":"x","value":"y"}]"#,
            ),
            (r#"["senha","b"]"#, r#"["senha","***"]"#),
        ] {
            assert_eq!(masked(text.as_bytes()), shown);
        }
    }

    #[test]
    fn all_else_is_shown_as_it_came() {
        for text in [r#"{ "status" : "Aberto", "n": 1.0 }"#, "", "{", r#"{"comentario": "a senha"}"#, "limite=2"] {
            assert_eq!(masked(text.as_bytes()), text);
        }
    }

    #[test]
    fn of_a_credential_its_fingerprint_is_shown() {
        let shown = |value| header(&AUTHORIZATION, &HeaderValue::from_static(value), &[]);
        // printf abc | sha256sum
        assert_eq!(shown("Bearer abc"), "Bearer sha256:ba7816bf8f01cfea");
        assert_eq!(shown("abc"), "sha256:ba7816bf8f01cfea");
        let other = HeaderValue::from_static("abc");
        for name in ["x-access-token", "x-api-key", "x-auth", "cookie", "proxy-authorization", "x-session-id"] {
            assert_eq!(header(&HeaderName::from_static(name), &other, &[]), "sha256:ba7816bf8f01cfea", "{name}");
        }
        let plain = |name, value, carry_token: &[HeaderName]| {
            header(&HeaderName::from_static(name), &HeaderValue::from_static(value), carry_token)
        };
        assert_eq!(plain("accept", "abc", &[]), "abc");
        let carry_token = ["chave", "x-usuario"].map(HeaderName::from_static);
        assert_eq!(plain("chave", "abc", &carry_token), "sha256:ba7816bf8f01cfea");
        assert_eq!(plain("x-usuario", "Token abc", &carry_token), "Token sha256:ba7816bf8f01cfea");
        assert_eq!(plain("x-citrus", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", &[]), HIDDEN);
        assert_eq!(plain("referer", "http://a/b?token=abc", &[]), HIDDEN);
        assert_eq!(plain("referer", "http://a/b?c=d", &[]), "http://a/b?c=d");
    }
}
