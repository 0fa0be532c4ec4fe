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
/// Directives of headers whose values are seconds.
const DURATIONS: [&str; 6] = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error", "timeout", "max"];
/// What stands before a token or a password in a header.
const SCHEMES: [&str; 9] = ["bearer", "basic", "token", "jwt", "digest", "negotiate", "ntlm", "key", "apikey"];
/// So many digits are no version and no weight.
const LONG: usize = 6;
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

/// Whether `text` is a date with a time (RFC 3339, or nearly) and nothing more.
pub(super) fn is_time(text: &str) -> bool {
    let form: String = text.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    let time = form.strip_prefix("9999-99-99").and_then(|form| form.strip_prefix(['T', ' ']));
    let Some(rest) = time.and_then(|form| form.strip_prefix("99:99")) else { return false };
    let rest = rest.strip_prefix(":99").unwrap_or(rest);
    let fraction = rest.strip_prefix(['.', ',']).map(|digits| digits.trim_start_matches('9'));
    let is_short = rest.len() - fraction.unwrap_or(rest).len() <= 10;
    is_short
        && ["", "Z", "+99", "-99", "+9999", "-9999", "+99:99", "-99:99"]
            .contains(&fraction.unwrap_or(rest).trim_start())
}

/// Whether there are `digits` digits or more, of whichever script, in `text` with no letter between them.
pub(super) fn has_long_number(text: &str, digits: usize) -> bool {
    let runs = text.split(char::is_alphabetic);
    runs.into_iter().any(|run| run.chars().filter(|letter| letter.is_numeric()).count() >= digits)
}

/// The name of a header, if servers and clients have such a one: what is none of their words may name somebody.
pub fn header_name(name: &str) -> &str {
    let is_usual = HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known)) || words::is_header(name);
    if name.len() <= 64 && is_usual { name } else { "<cabeçalho>" }
}

/// The value of the header `name`, if that is harmless, or what stands for it.
pub fn header_value(name: &str, value: &[u8]) -> String {
    if value.trim_ascii().is_empty() {
        return String::new();
    }
    let is_listed = HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
    let text = std::str::from_utf8(value).ok().filter(|text| is_listed && text.len() <= HEADER_MAX);
    text.filter(|text| is_clean(name, text)).map_or_else(|| stand_in(name, value), str::to_owned)
}

/// Whether `value` of the header `name` has nothing but times, short numbers, and words that servers and clients use.
fn is_clean(name: &str, value: &str) -> bool {
    let is_number = |word: &str, digits: usize| word.len() <= digits && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_any = |names: &[&str]| names.iter().any(|other| name.eq_ignore_ascii_case(other));
    let is_count =
        is_any(&["content-length"]) && is_number(value, 19) || is_any(&["retry-after"]) && is_number(value, 5);
    let is_time = is_any(&["date", "expires"])
        && value.len() <= 40
        && words::of(value).all(|word| is_number(word, 4) || words::is_known(word));
    let is_duration = |part: &str| {
        let pair = part.trim().split_once('=');
        pair.is_some_and(|(name, value)| DURATIONS.contains(&name) && is_number(value, 8))
    };
    let is_software = is_any(&["server", "x-powered-by"]);
    let is_known = |word: &str| words::is_known(word) || is_version(word) || is_software && is_release(word);
    let is_part_known = |part: &str| is_duration(part) || words::of(part).all(is_known);
    let others: Vec<&str> = value.split([',', ';']).filter(|part| !is_duration(part)).collect();
    let are_names = is_any(&["vary", "access-control-allow-headers", "access-control-expose-headers"])
        && value.split(',').all(|name| header_name(name.trim()) == name.trim());
    is_count
        || are_names
        || is_time
        || !words::is_spelled(value)
            && !has_token(value)
            && !has_long_number(&others.join(","), LONG)
            && others.into_iter().all(is_part_known)
}

/// Whether `word` is a part of a version, such as `v12` or `q0`, or a language.
fn is_version(word: &str) -> bool {
    let digits = word.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    word.len() <= 4
        && word.len() - digits.len() <= 2
        && digits.len() <= 3
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `word` is the release of a program, such as `1ubuntu2` or `el8`: short numbers, and words that are known or short.
fn is_release(word: &str) -> bool {
    let is_part = |part: &str| part.len() <= 2 || words::is_known(part);
    word.bytes().filter(u8::is_ascii_digit).count() <= 4
        && word.split(|letter: char| letter.is_ascii_digit()).all(is_part)
}

/// The same, where the value `is_secret` for what it repeats.
pub(super) fn header_value_unless(is_secret: bool, name: &str, value: &[u8]) -> String {
    if is_secret { stand_in(name, value) } else { header_value(name, value) }
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
    let is_known = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    (is_known && names_secret(name) && !rest.trim().contains([' ', '='])).then_some(scheme)
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
            ("Server", "Payara Server 6.2.4", "Payara Server 6.2.4"),
            ("Server", "Apache/2.4.57 (Debian) OpenSSL/3.0.11", "Apache/2.4.57 (Debian) OpenSSL/3.0.11"),
            ("Server", "maria2", "<6 bytes>"),
            ("X-Powered-By", "PHP/8.1.2-1ubuntu2.14", "PHP/8.1.2-1ubuntu2.14"),
            ("Vary", "Accept-Language, Origin,X-Forwarded-Proto", "Accept-Language, Origin,X-Forwarded-Proto"),
            ("Vary", "Accept, Fulana", "<14 bytes>"),
            ("Vary", "*", "*"),
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
            ("X-Nome", "", ""),
            ("SERVER", "nginx", "nginx"),
            ("sErVeR", "canario", "<7 bytes>"),
            ("P3P", "CP=\"CAO PSA OUR\"", "<16 bytes>"),
        ] {
            assert_eq!(header_value(name, value.as_bytes()), shown, "{name}: {value}");
        }
        for (name, value) in [
            ("Accept", "11/987 654 321"),
            ("Accept-Language", "123,456,789,00"),
            ("Allow", "483, 920, 111"),
            ("Cache-Control", "private=12345678"),
            ("X-Powered-By", "PHP 123-456-789-00"),
            ("Authorization", "senha acesso"),
        ] {
            assert_eq!(header_value(name, value.as_bytes()), format!("<{} bytes>", value.len()), "{name}: {value}");
        }
    }

    #[test]
    fn the_names_of_headers_are_kept_if_servers_or_clients_have_them() {
        let usual = "Accept-CH Accept-Language Pragma Access-Control-Request-Headers Age Alt-Svc baggage CF-Ray cf-connecting-ip Content-Disposition \
            Content-MD5 Cookie Cross-Origin-Embedder-Policy DNT ETag Forwarded From Host If-None-Match If-Modified-Since \
            Idempotency-Key Last-Modified Link NEL Origin Postman-Token Priority Proxy-Connection Range Referer Report- \
            To Sec-CH-UA-Platform Sec-Fetch-Dest Sec-WebSocket-Key Server-Timing Set-Cookie SOAPAction TE traceparent \
            tracestate Trailer Upgrade-Insecure-Requests User-Agent Via Warning X-Amzn-Trace-Id X-Api-Version \
            X-AspNetMvc-Version X-B3-SpanId x-ms-request-id X-Chave-Api X-Citrus-Sessao X-Correlation-ID X-CSRF-Token \
            X-Forwarded-For X-Forwarded-Proto X-HTTP-Method-Override X-RateLimit-Remaining X-Real-IP X-Request-Id \
            X-Requested-With X-Robots-Tag X-Runtime x-access-token X-UA-Compatible X-Tenant-Id X-Auth-Token X-b SERVER X-REQUEST-ID \
            X-Request-ID P3P x-REQUEST-id eTag";
        let lost: Vec<_> = usual.split_whitespace().filter(|name| header_name(name) != *name).collect();
        assert!(lost.is_empty(), "{lost:?}");
        for name in [
            "X-0123456789abcdef0123",
            "X-12345678900",
            "Maria-da-Silva",
            "X-Cliente-Maria",
            "x-jsilva-id",
            "X-11-9876",
            "X-lImA",
            "X-mArIa",
            "X-aNa",
            "mArIa-iD",
        ] {
            assert_eq!(header_name(name), "<cabeçalho>", "{name}");
        }
        for value in [&b"1.1 proxy\xe9"[..], b"\xe9", b"nginx\xff"] {
            for name in ["Via", "Server", "VARY"] {
                assert_eq!(header_value(name, value), format!("<{} bytes>", value.len()));
            }
        }
    }

    #[test]
    fn a_time_is_nothing_more() {
        for time in [
            "2026-11-28T12:00",
            "2026-11-28 12:00:05",
            "2026-11-28T12:00:05.123456Z",
            "2026-11-28T12:00:05,1-03:00",
            "2026-11-28 12:00:05 +0000",
        ] {
            assert!(is_time(time), "{time}");
        }
        for text in [
            "2026-123.456.789-00",
            "2026-12345678900",
            "2026-11-28",
            "2026-11-28T12:00 11 98765",
            "2026-11-28T12:00.12345678901",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }

    #[test]
    fn a_target_keeps_what_it_asks_and_not_of_whom() {
        assert_eq!(
            target("/api/atendimentos/2022/historico?simular=true&cpf=1"),
            "/api/atendimentos/<segmento>/historico?simular=true&<parâmetro>"
        );
    }
}
