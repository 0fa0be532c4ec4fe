//! What is known to tell of nobody.

use super::words;
use crate::sensitive::names_secret;

/// Headers whose values tell nothing of anybody, as far as their words are known.
pub(super) const HEADERS: [&str; 37] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "expect",
    "expires",
    "keep-alive",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "retry-after",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "upgrade",
    "vary",
    "www-authenticate",
    "x-aspnet-version",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-powered-by",
    "x-xss-protection",
];
/// Beyond, a header may have anything in it.
const HEADER_MAX: usize = 200;

/// Segments of paths that are no values.
pub(super) const SEGMENTS: [&str; 14] = [
    "api",
    "usuario",
    "login",
    "atendimentos",
    "atendimento",
    "status",
    "lote",
    "historico",
    "transicoes",
    "motivos",
    "health",
    "docs",
    "v1",
    "v2",
];

/// A target without its values: known segments, and the names of known parameters.
pub fn target(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| if segment.is_empty() || SEGMENTS.contains(&segment) { segment } else { "<segmento>" })
        .collect();
    let parameters = query.map(|query| {
        let shown = query.split('&').map(|parameter| match parameter {
            "simular=true" | "simular=false" => parameter,
            _ => "<parâmetro>",
        });
        format!("?{}", shown.collect::<Vec<_>>().join("&"))
    });
    segments.join("/") + &parameters.unwrap_or_default()
}

/// Whether a registered name can tell of nobody: no address, no long number, nothing that may be a token.
pub(super) fn is_harmless(text: &str) -> bool {
    let has_long_number = text
        .split(|letter: char| !letter.is_ascii_digit() && !".-/ ".contains(letter))
        .any(|run| run.bytes().filter(u8::is_ascii_digit).count() >= 5);
    text.len() <= 255 && !text.contains('@') && !has_long_number && !has_token(text)
}

/// Whether a word in `text` may be a token, whatever stands around it.
pub(super) fn has_token(text: &str) -> bool {
    text.split(|letter: char| letter.is_whitespace() || "\"'`<>(){}[]:,;=&?|!".contains(letter)).any(is_token)
}

/// Whether `text` may be a token: parts of base64, or a long word with digits in it. A full stop after it is no part of it.
pub(super) fn is_token(text: &str) -> bool {
    let text = text.trim_matches(|letter: char| !letter.is_ascii_alphanumeric() && !"-_=~".contains(letter));
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=~%".contains(&byte));
    let is_code = text.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let periods = text.matches('.').count();
    let is_jwt = text.len() >= 16 && is_code && (1..=4).contains(&periods) && text.split('.').all(is_word);
    let is_jwt = is_jwt && (periods == 2 || text.starts_with("eyJ"));
    is_jwt || (text.len() >= 20 && is_word(text) && text.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Whether `text` is a date with a time and nothing more.
pub(super) fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    (16..=35).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_digit() || b"-:T. Z+".contains(byte))
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
}

/// The name of a header, if it can be one and has no value in it.
pub fn header_name(name: &str) -> &str {
    if name.len() <= 64 && !is_token(name) { name } else { "<cabeçalho>" }
}

/// The value of the header `name`, if that is harmless, or what stands for it.
pub fn header_value(name: &str, value: &[u8]) -> String {
    let is_listed = HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
    let text = std::str::from_utf8(value).ok().filter(|text| is_listed && text.len() <= HEADER_MAX);
    text.filter(|text| is_clean(name, text)).map_or_else(|| stand_in(name, value), str::to_owned)
}

/// Whether `value` of the header `name` has nothing but times, short numbers, and words that servers and clients use.
fn is_clean(name: &str, value: &str) -> bool {
    let is_number = |word: &str| word.len() <= 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_count = name.eq_ignore_ascii_case("content-length") && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = ["date", "expires"].iter().any(|time| name.eq_ignore_ascii_case(time))
        && value.len() <= 40
        && words::of(value).all(|word| is_number(word) || words::is_known(word));
    let is_directive =
        name.eq_ignore_ascii_case("strict-transport-security") || name.eq_ignore_ascii_case("cache-control");
    let is_known = |word: &str| words::is_known(word) || is_directive && is_number(word) || is_version(word);
    is_count || is_time || !has_token(value) && words::of(value).all(is_known)
}

/// Whether `word` is a part of a version, such as `v12` or `q0`, or a language.
fn is_version(word: &str) -> bool {
    let digits = word.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    word.len() <= 4
        && word.len() - digits.len() <= 2
        && digits.len() <= 3
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands for the value of a header: its scheme, if it has one and may have, and its length.
fn stand_in(name: &str, value: &[u8]) -> String {
    match scheme(name, &String::from_utf8_lossy(value)) {
        Some(scheme) => format!("{scheme} <{} bytes>", value.len()),
        None => format!("<{} bytes>", value.len()),
    }
}

/// The scheme in `value`, such as `Bearer`, where the header `name` may have one: a single word before another.
pub(super) fn scheme<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let (scheme, rest) = value.split_once(' ')?;
    let is_one = scheme.len() <= 16 && scheme.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    (is_one && names_secret(name) && words::are_known(scheme) && !rest.trim().contains([' ', '='])).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_their_shape_whatever_stands_around_them() {
        for token in ["eyJhbGciOi.eyJzdWIiOi.c2ln", "0123456789abcdef0123", "f47ac10b-58cc-4372-a567-0e02b2c3d479"] {
            for text in ["T", "T.", "T,", "\"T\"", "t='T'", "https://x/?t=T&u=1", "Bearer T!", "(T)", "`T`;"] {
                let text = text.replace('T', token);
                assert!(has_token(&text) && !is_harmless(&text), "{text}");
            }
        }
        for text in ["Atendimento", "api.atendimentos.status", "2022110400", "Usuário não encontrado"] {
            assert!(!is_token(text), "{text}");
        }
        for text in ["a@b.br", "CPF 123.456.789-00", "fone 99999-1234", "fone 11 9876 5432"] {
            assert!(!is_harmless(text), "{text}");
        }
        assert!(is_harmless("motivoStatus – esse campo é obrigatório"));
    }

    #[test]
    fn of_a_header_what_is_usual_stays() {
        for (name, value, shown) in [
            ("Content-Type", "application/problem+json; charset=utf-8", "application/problem+json; charset=utf-8"),
            ("content-type", "multipart/form-data; boundary=canario", "<37 bytes>"),
            ("Cache-Control", "no-cache, max-age=31536000", "no-cache, max-age=31536000"),
            ("Server", "Apache-Coyote/1.1", "Apache-Coyote/1.1"),
            ("Server", "canario/1.1", "<11 bytes>"),
            ("Date", "Sat, 28 Nov 2026 15:00:00 GMT", "Sat, 28 Nov 2026 15:00:00 GMT"),
            ("Accept-Language", "pt-BR,pt;q=0.9", "pt-BR,pt;q=0.9"),
            ("WWW-Authenticate", "Bearer error=\"invalid_token\"", "Bearer error=\"invalid_token\""),
            ("WWW-Authenticate", "Bearer realm=\"Fulana\"", "<21 bytes>"),
            ("Location", "/login", "<6 bytes>"),
            ("Set-Cookie", "a=b", "<3 bytes>"),
            ("Authorization", "Bearer abc", "Bearer <10 bytes>"),
            ("X-Auth-Token", "Token abc", "Token <9 bytes>"),
            ("Authorization", "canario abc", "<11 bytes>"),
            ("X-Nome", "Ana abc", "<7 bytes>"),
        ] {
            assert_eq!(header_value(name, value.as_bytes()), shown, "{name}: {value}");
        }
        assert_eq!(header_name("X-0123456789abcdef0123"), "<cabeçalho>");
    }

    #[test]
    fn a_target_keeps_what_it_asks_and_not_of_whom() {
        assert_eq!(
            target("/api/atendimentos/2022/historico?simular=true&cpf=1"),
            "/api/atendimentos/<segmento>/historico?simular=true&<parâmetro>"
        );
    }
}
