//! Makes of servers, which look like nothing of ours, and not like each other.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use super::server::{Asked, Refusal, Said, text};
use crate::cli::conferir::PROTOCOLO;

pub fn plain(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).as_bytes(), body].concat()
}

pub fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        _ => "Unprocessable Entity",
    }
}

/// The time by a clock that is so many hours from UTC's.
fn local(hours: i8) -> OffsetDateTime {
    OffsetDateTime::now_utc().to_offset(UtcOffset::from_hms(hours, 0, 0).unwrap())
}

/// The same, as `2026-11-28T12:00:00`.
fn now(hours: i8) -> String {
    local(hours).format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]")).unwrap()
}

/// The same, as `28/11/2026 12:00`.
pub fn now_in_brazil() -> String {
    local(-3).format(format_description!("[day]/[month]/[year] [hour]:[minute]")).unwrap()
}

/// Spring Boot: an envelope with the time, chunked, and a challenge that says what is wrong with the token.
pub fn spring(said: Said, Asked { path, .. }: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(..) => (200, r#"{"message":"Status alterado com sucesso"}"#.to_owned()),
        Said::Token(token) => (200, format!(r#"{{"token":"{token}","type":"Bearer","expiresIn":1800000}}"#)),
        Said::Refused(refusal) => {
            let code = match refusal {
                Refusal::NoRoute | Refusal::NoAtendimento | Refusal::NoStatus | Refusal::NoMotivo => 404,
                Refusal::NoMethod => 405,
                Refusal::NoToken | Refusal::BadToken | Refusal::NoUser | Refusal::WrongSenha => 401,
                Refusal::Denied => 403,
                _ => 400,
            };
            let (text, reason, now) = (text(refusal), reason(code), now(0));
            (
                code,
                format!(
                    r#"{{"timestamp":"{now}.123+00:00","status":{code},"error":"{reason}","message":"{text}","path":"{path}"}}"#
                ),
            )
        }
    };
    let challenge = match said {
        Said::Refused(Refusal::NoToken) => "Www-Authenticate: Bearer\r\n",
        Said::Refused(Refusal::BadToken) => "Www-Authenticate: Bearer error=\"invalid_token\"\r\n",
        Said::Refused(Refusal::Denied) => "Www-Authenticate: Bearer error=\"insufficient_scope\"\r\n",
        _ => "",
    };
    let (first, rest) = body.as_bytes().split_at(10);
    let mut answer = format!(
        "HTTP/1.1 {code} X\r\n{challenge}X-Content-Type-Options: nosniff\r\nCache-Control: no-cache, no-store, max-age=0, must-revalidate\r\n\
         X-Frame-Options: DENY\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    .into_bytes();
    for piece in [first, rest, b""] {
        answer.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        answer.extend_from_slice(piece);
        answer.extend_from_slice(b"\r\n");
    }
    answer
}

/// Express: 200 for everything, and the code in the body.
pub fn express(said: Said, _: Asked<'_>) -> Vec<u8> {
    let body = match said {
        Said::Made(..) => r#"{"success":true,"data":{"message":"Atendimento atualizado com sucesso"}}"#.to_owned(),
        Said::Token(token) => format!(r#"{{"success":true,"data":{{"token":"{token}","jwt":"{token}"}}}}"#),
        Said::Refused(refusal) => format!(r#"{{"success":false,"error":"{}"}}"#, text(refusal)),
    };
    plain("HTTP/1.1 200 OK\r\nX-Powered-By: Express\r\nContent-Type: application/json; charset=utf-8", body.as_bytes())
}

/// `text` with each letter beyond ASCII as `escape` writes its number.
pub fn escaped(text: &str, escape: impl Fn(u32) -> String) -> String {
    let written = |letter: char| if letter.is_ascii() { letter.to_string() } else { escape(letter as u32) };
    text.chars().map(written).collect()
}

/// PHP: HTTP/1.0, escaped slashes, and a type that is not true.
pub fn php(said: Said, Asked { path, .. }: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(..) => (201, r#"{"mensagem": "Atendimento atualizado com sucesso", "ok": 1}"#.to_owned()),
        Said::Token(token) => {
            (200, format!(r#"{{"data": {{"token": "{token}", "validade": 1800, "login": "user.api"}}}}"#))
        }
        Said::Refused(refusal) => {
            let escaped = escaped(&text(refusal), |letter| format!("\\u{letter:04x}"));
            let path = path.replace('/', "\\/");
            let code = if matches!(refusal, Refusal::NoRoute) { 404 } else { 400 };
            (code, format!(r#"{{"mensagem": "{escaped}", "rota": "{path}"}}"#))
        }
    };
    let reason = reason(code);
    [format!("HTTP/1.0 {code} {reason}\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n").as_bytes(), body.as_bytes()]
        .concat()
}

/// ASP.NET: compressed, its own escapes.
pub fn aspnet(said: Said, _: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(..) => (200, r#"{"Message":"Atendimento atualizado com sucesso"}"#.to_owned()),
        Said::Token(token) => (200, format!(r#"{{"AccessToken":"{token}","ExpiresIn":1800}}"#)),
        Said::Refused(refusal) => {
            let escaped = escaped(&text(refusal), |letter| format!("\\u{letter:04X}"));
            let code = match refusal {
                Refusal::Missing(_) | Refusal::Invalid(_) | Refusal::MotivoMissing => 422,
                Refusal::NoToken | Refusal::BadToken | Refusal::Denied => 403,
                Refusal::NoRoute => 404,
                _ => 400,
            };
            (code, format!(r#"{{"Message":"{escaped}"}}"#))
        }
    };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    let reason = reason(code);
    plain(
        &format!(
            "HTTP/1.1 {code} {reason}\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nServer: Kestrel"
        ),
        &encoder.finish().unwrap(),
    )
}

/// Something old: plain text.
pub fn old(said: Said, _: Asked<'_>) -> Vec<u8> {
    let (code, kind, body) = match said {
        Said::Made(..) => (200, "text/plain", "Atendimento atualizado com sucesso\n".to_owned()),
        Said::Token(token) => (200, "application/json", format!("{{ \"access_token\" : \"{token}\" }}\n")),
        Said::Refused(refusal) => (400, "text/plain", format!("ERRO: {}\n", text(refusal))),
    };
    let reason = reason(code);
    plain(&format!("HTTP/1.1 {code} {reason}\r\nContent-Type: {kind}"), body.as_bytes())
}

/// Fastify: lower-case names, an opaque token, people in the login, and answers that repeat what was asked.
pub fn fastify(said: Said, Asked { method, path, .. }: Asked<'_>) -> Vec<u8> {
    let error =
        |code: u16, text: &str| (code, format!(r#"{{"errors":[{{"status":"{code}","detail":"{text}"}}],"ok":false}}"#));
    let (code, body) = match said {
        Said::Made(_, status) => (
            200,
            format!(
                r#"{{"ok":true,"atendimento":{{"protocolo":"{PROTOCOLO}","status":"{status}","em":"{}.123Z"}},"mensagem":"{PROTOCOLO}: agora {status}"}}"#,
                now(0)
            ),
        ),
        Said::Token(token) => (
            200,
            format!(
                r#"{{"ok":true,"token":"{token}","expires_in":86400,"usuario":{{"id":4711,"nome":"Fulana de Tal","cpf":"000.000.001-91","login":"user.api"}},"mensagem":"Bem-vinda, Fulana!"}}"#
            ),
        ),
        Said::Refused(Refusal::NoToken) => (401, String::new()),
        Said::Refused(Refusal::NoRoute) => error(404, &format!("Cannot {method} {path}")),
        Said::Refused(Refusal::NoMethod) => error(405, &format!("{path} doesn't take {method}")),
        Said::Refused(refusal @ (Refusal::BadToken | Refusal::NoUser | Refusal::WrongSenha)) => {
            error(401, &text(refusal))
        }
        Said::Refused(refusal @ Refusal::SameStatus) => error(409, &text(refusal)),
        Said::Refused(refusal) => error(422, &text(refusal)),
    };
    let kind = if body.is_empty() { "" } else { "content-type: application/json; charset=utf-8\r\n" };
    let challenge = if code == 401 { "www-authenticate: JWT realm=\"api\"\r\n" } else { "" };
    let (reason, length) = (reason(code), body.len());
    format!(
        "HTTP/1.1 {code} {reason}\r\n{kind}{challenge}x-ratelimit-limit: 100\r\nx-response-time: {length}ms\r\n\
         set-cookie: sid=0; HttpOnly\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// One that says with each change what was before, and how it went in words of its own, and repeats what it does not know.
pub fn talkative(said: Said, Asked { status, .. }: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(before, "Cancelado") => (200, format!(r#"{{"message":"Cancelamento feito","antes":"{before}"}}"#)),
        Said::Made(before, _) => (200, format!(r#"{{"message":"Pronto","antes":"{before}"}}"#)),
        Said::Token(token) => (200, format!(r#"{{"token":"{token}"}}"#)),
        Said::Refused(Refusal::NoStatus) => (404, format!(r#"{{"message":"{status} não existe"}}"#)),
        Said::Refused(refusal) => (400, format!(r#"{{"message":"{}"}}"#, text(refusal))),
    };
    plain(&format!("HTTP/1.1 {code} X\r\nContent-Type: application/json"), body.as_bytes())
}
