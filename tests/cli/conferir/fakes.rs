//! Five servers of other makes, which do what Citrus does and say it in words of their own: `--gravar` finds every difference,
//! and nothing else; and in that dialect our server answers like them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::fake::read_whole_request;
use super::{PROTOCOLO, SENHA, serve};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, run_with};

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjEsImV4cCI6MTgwMX0.c2VjcmV0";
const LATER: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjEsImV4cCI6MTgwMn0.b3V0cm8";

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Made,
    Token(&'static str),
    Refused(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoRoute,
    NoMethod,
    BadBody,
    Missing(&'static str),
    Invalid(&'static str),
    NoUser,
    WrongSenha,
    NoToken,
    BadToken,
    Denied,
    NoAtendimento,
    NoStatus,
    NoMotivo,
    MotivoMissing,
    SameStatus,
}

/// How a make says it, and what it does otherwise.
pub struct Make {
    pub token_header: &'static str,
    pub scheme: &'static str,
    pub refuses_same: bool,
    pub denies_at_login: bool,
    pub checks_motivo: bool,
    pub answer: fn(Said, path: &str) -> Vec<u8>,
}

/// The state of a server: where its one atendimento is.
type State = Arc<Mutex<String>>;

fn judge(make: &Make, state: &State, method: &str, path: &str, header: &str, body: &str) -> Said {
    use Refusal::*;
    let refused = Said::Refused;
    match (method, path) {
        ("POST", "/api/usuario/login" | "/api/atendimentos/status") => {}
        (_, "/api/usuario/login" | "/api/atendimentos/status") => return refused(NoMethod),
        _ => return refused(NoRoute),
    }
    let is_change = path == "/api/atendimentos/status";
    if is_change {
        match header.strip_prefix(make.scheme).map(str::trim) {
            None | Some("") => return refused(NoToken),
            Some(token) if token == LATER => return refused(Denied),
            Some(token) if token != TOKEN => return refused(BadToken),
            _ => {}
        }
    }
    let Ok(Value::Object(members)) = serde_json::from_str(body) else { return refused(BadBody) };
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if !is_change {
        return match (text("login"), text("senha")) {
            (None, _) => refused(Missing("login")),
            (_, None) => refused(Missing("senha")),
            (Some("user.api"), Some(SENHA)) => Said::Token(TOKEN),
            (Some("user.sem"), Some("outra")) if make.denies_at_login => refused(Denied),
            (Some("user.sem"), Some("outra")) => Said::Token(LATER),
            (Some("user.api"), _) => refused(WrongSenha),
            _ => refused(NoUser),
        };
    }
    for name in ["protocolo", "status", "comentario"] {
        if members.get(name).is_some_and(|value| !value.is_string()) {
            return refused(Invalid(name));
        }
    }
    let Some(protocolo) = text("protocolo") else { return refused(Missing("protocolo")) };
    let Some(status) = text("status") else { return refused(Missing("status")) };
    if text("comentario").is_some() {
        match text("visivelCliente") {
            None => return refused(Missing("visivelCliente")),
            Some("True" | "true" | "False" | "false") => {}
            Some(_) => return refused(Invalid("visivelCliente")),
        }
    }
    if protocolo != PROTOCOLO {
        return refused(NoAtendimento);
    }
    if !["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"].contains(&status) {
        return refused(NoStatus);
    }
    let mut present = state.lock().unwrap();
    if make.refuses_same && *present == status {
        return refused(SameStatus);
    }
    let needed = ["Cancelado", "Improcedente"].contains(&status) || *present == "Finalizado" && status != "Finalizado";
    match text("motivoStatus") {
        None if needed => return refused(MotivoMissing),
        Some(motivo) if motivo != "Duplicado" && (needed || make.checks_motivo) => return refused(NoMotivo),
        _ => {}
    }
    status.clone_into(&mut present);
    Said::Made
}

pub async fn start(make: Make) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let state: State = Arc::new(Mutex::new("Aberto".to_owned()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (line, headers, body) = read_whole_request(&mut stream).await;
            let (method, path) = line.split_once(' ').unwrap();
            let path = path.split([' ', '?']).next().unwrap();
            let name = format!("{}: ", make.token_header);
            let header = headers
                .iter()
                .find_map(|header| header.to_lowercase().starts_with(&name).then(|| &header[name.len()..]));
            let said = judge(&make, &state, method, path, header.unwrap_or_default(), &body);
            send(&mut stream, &(make.answer)(said, path)).await;
        }
    });
    address
}

async fn send(stream: &mut TcpStream, answer: &[u8]) {
    // In pieces, as a slow server does.
    for piece in answer.chunks(37) {
        stream.write_all(piece).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    _ = stream.shutdown().await;
}

/// The text of the vendor's page, or else one that many servers have.
fn text(refusal: Refusal) -> String {
    match refusal {
        Refusal::NoRoute => "Recurso não encontrado".to_owned(),
        Refusal::NoMethod => "Método não permitido".to_owned(),
        Refusal::BadBody => "JSON ilegível".to_owned(),
        Refusal::Missing("login") => "Este campo é obrigatório – login".to_owned(),
        Refusal::Missing("senha") => "Este campo é obrigatório senha".to_owned(),
        Refusal::Missing(field) => format!("{field} – esse campo é obrigatório"),
        Refusal::Invalid(field) => format!("{field} – valor inválido"),
        Refusal::NoUser => "Usuário não encontrado".to_owned(),
        Refusal::WrongSenha => "Senha inválida".to_owned(),
        Refusal::NoToken => "Token is missing".to_owned(),
        Refusal::BadToken => "JWT signature does not match locally computed signature. JWT validity cannot be asserted and should not be trusted.".to_owned(),
        Refusal::Denied => "Acess denied".to_owned(),
        Refusal::NoAtendimento => "Atendimento não encontrado".to_owned(),
        Refusal::NoStatus => "Status não encontrado".to_owned(),
        Refusal::NoMotivo => "Motivo não encontrado".to_owned(),
        Refusal::MotivoMissing => "motivoStatus – esse campo é obrigatório".to_owned(),
        Refusal::SameStatus => "O atendimento já está com este status".to_owned(),
    }
}

fn plain(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).as_bytes(), body].concat()
}

fn reason(code: u16) -> &'static str {
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

/// Spring Boot: an envelope with the time, chunked.
pub fn spring(said: Said, path: &str) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made => (200, r#"{"message":"Status alterado com sucesso"}"#.to_owned()),
        Said::Token(token) => (200, format!(r#"{{"token":"{token}","type":"Bearer","expiresIn":1800000}}"#)),
        Said::Refused(refusal) => {
            let code = match refusal {
                Refusal::NoRoute | Refusal::NoAtendimento | Refusal::NoStatus | Refusal::NoMotivo => 404,
                Refusal::NoMethod => 405,
                Refusal::NoToken | Refusal::BadToken | Refusal::NoUser | Refusal::WrongSenha => 401,
                Refusal::Denied => 403,
                _ => 400,
            };
            let (text, reason) = (text(refusal), reason(code));
            (
                code,
                format!(
                    r#"{{"timestamp":"2026-11-28T12:00:00.123+00:00","status":{code},"error":"{reason}","message":"{text}","path":"{path}"}}"#
                ),
            )
        }
    };
    let (first, rest) = body.as_bytes().split_at(10);
    let mut answer = format!(
        "HTTP/1.1 {code} X\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache, no-store, max-age=0, must-revalidate\r\n\
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

const SPRING: &str = r#"
www_authenticate = ""
[cabecalhos]
cache-control = "no-cache, no-store, max-age=0, must-revalidate"
x-frame-options = "DENY"
x-request-id = ""
[erro]
corpo = '{"timestamp":"<instante spring>","status":<codigo>,"error":"<razao>","message":"<texto>","path":"<caminho>"}'
[sucesso]
texto = "Status alterado com sucesso"
[login]
corpo = '{"token":"<token>","type":"Bearer","expiresIn":<validade ms>}'
[respostas.unknown_user]
codigo = 401
[respostas.body_malformed]
texto = "JSON ilegível"
[respostas.body_incomplete]
texto = "JSON ilegível"
[respostas.body_not_an_object]
texto = "JSON ilegível"
"#;

/// Express: 200 for everything, and the code in the body.
pub fn express(said: Said, _: &str) -> Vec<u8> {
    let body = match said {
        Said::Made => r#"{"success":true,"data":{"message":"Atendimento atualizado com sucesso"}}"#.to_owned(),
        Said::Token(token) => format!(r#"{{"success":true,"data":{{"token":"{token}","jwt":"{token}"}}}}"#),
        Said::Refused(refusal) => format!(r#"{{"success":false,"error":"{}"}}"#, text(refusal)),
    };
    plain("HTTP/1.1 200 OK\r\nX-Powered-By: Express\r\nContent-Type: application/json; charset=utf-8", body.as_bytes())
}

const EXPRESS_CODES: [&str; 26] = [
    "no_route",
    "no_method",
    "body_incomplete",
    "body_malformed",
    "body_not_an_object",
    "required_login",
    "required_senha",
    "unknown_user",
    "wrong_senha",
    "token_missing",
    "token_periods",
    "token_unsigned",
    "token_untrusted",
    "required_protocolo",
    "required_status",
    "invalid_protocolo",
    "invalid_status",
    "invalid_comentario",
    "required_visivelCliente",
    "invalid_visivelCliente",
    "unknown_atendimento",
    "unknown_status",
    "motivo_required",
    "unknown_motivo",
    "access_denied",
    "same_status",
];

fn express_dialect() -> String {
    let mut text = r#"
content_type = "application/json; charset=utf-8"
[cabecalhos]
cache-control = ""
x-content-type-options = ""
x-powered-by = "Express"
x-request-id = ""
[erro]
corpo = '{"success":false,"error":"<texto>"}'
[sucesso]
corpo = '{"success":true,"data":{"message":"<texto>"}}'
[login]
corpo = '{"success":true,"data":{"token":"<token>","jwt":"<token>"}}'
[token]
cabecalhos = ["x-access-token"]
[regras]
mesmo_status = "recusado"
"#
    .to_owned();
    for name in EXPRESS_CODES {
        let own = match name {
            "body_incomplete" | "body_malformed" | "body_not_an_object" => "texto = \"JSON ilegível\"\n",
            "token_periods" | "token_unsigned" => {
                "texto = \"JWT signature does not match locally computed signature. JWT validity cannot be asserted and should not be trusted.\"\n"
            }
            "same_status" => "texto = \"O atendimento já está com este status\"\n",
            _ => "",
        };
        write!(text, "[respostas.{name}]\ncodigo = 200\n{own}").unwrap();
    }
    text
}

/// `text` with each letter beyond ASCII as `escape` writes its number.
fn escaped(text: &str, escape: impl Fn(u32) -> String) -> String {
    let written = |letter: char| if letter.is_ascii() { letter.to_string() } else { escape(letter as u32) };
    text.chars().map(written).collect()
}

/// PHP: HTTP/1.0, escaped slashes, and a type that is not true.
pub fn php(said: Said, path: &str) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made => (201, r#"{"mensagem": "Atendimento atualizado com sucesso", "ok": 1}"#.to_owned()),
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
pub fn aspnet(said: Said, _: &str) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made => (200, r#"{"Message":"Atendimento atualizado com sucesso"}"#.to_owned()),
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
pub fn old(said: Said, _: &str) -> Vec<u8> {
    let (code, kind, body) = match said {
        Said::Made => (200, "text/plain", "Atendimento atualizado com sucesso\n".to_owned()),
        Said::Token(token) => (200, "application/json", format!("{{ \"access_token\" : \"{token}\" }}\n")),
        Said::Refused(refusal) => (400, "text/plain", format!("ERRO: {}\n", text(refusal))),
    };
    let reason = reason(code);
    plain(&format!("HTTP/1.1 {code} {reason}\r\nContent-Type: {kind}"), body.as_bytes())
}

/// Runs the kit against `address`, whose atendimento is in `status`.
fn conferir(database: &Database, address: &str, status: &str, extra: &[&str], senhas: &str) -> Outcome {
    let base = format!("http://{address}");
    let asked = ["conferir", "--base-url", &base, "--login", "user.api", "--protocolo", PROTOCOLO];
    let told = ["--motivo", "Duplicado", "--status-atual", status, "--senha-stdin", "--yes"];
    run_with(database, &[], &[&asked[..], &told, extra].concat(), senhas)
}

/// Records `make`, checks what was found, and lets our server answer so.
async fn recorded(database: &Database, make: Make, expected: Option<&str>) {
    let address = start(make).await;
    let gravar = ["--gravar", "dialeto.toml", "--login-sem-permissao", "user.sem"];
    let outcome = conferir(database, &address, "Aberto", &gravar, &format!("{SENHA}\noutra\n"));
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let text = std::fs::read_to_string(database.dir.path().join("dialeto.toml")).unwrap();
    for secret in [SENHA, TOKEN, LATER, "outra"] {
        assert!(!text.contains(secret) && !outcome.stdout.contains(secret), "{secret} is in {text}");
    }
    if let Some(expected) = expected {
        let [found, expected] = [&text[..], expected].map(|text| toml::from_str::<toml::Table>(text).unwrap());
        assert_eq!(found, expected, "{text}");
    }
    let server = serve(database, &[("DIALECT_FILE", "dialeto.toml")]).await;
    let judged = conferir(database, &server.address, "Finalizado", &["--dialeto", "dialeto.toml"], SENHA);
    let failed: Vec<&str> =
        judged.stdout.lines().filter(|line| line.starts_with("failed") || line.starts_with("unjudged")).collect();
    assert_eq!((judged.code, failed), (0, vec![]), "{text}\n{}", judged.stderr);
}

pub const BEARER: Make = Make {
    token_header: "authorization",
    scheme: "Bearer",
    refuses_same: false,
    denies_at_login: false,
    checks_motivo: false,
    answer: spring,
};

async fn a_spring_server_is_recorded(database: &Database) {
    let untrusted = "JWT signature does not match locally computed signature. JWT validity cannot be asserted and should not be trusted.";
    let tokens = format!(
        "[token]\ncabecalhos = [\"Authorization: Bearer\"]\n[respostas.token_periods]\ntexto = \"{untrusted}\"\n[respostas.token_unsigned]\ntexto = \"{untrusted}\"\n"
    );
    recorded(database, BEARER, Some(&format!("{SPRING}{tokens}"))).await;
}

async fn an_express_server_is_recorded(database: &Database) {
    let make = Make { token_header: "x-access-token", scheme: "", refuses_same: true, answer: express, ..BEARER };
    recorded(database, make, Some(&express_dialect())).await;
}

async fn a_php_server_is_recorded(database: &Database) {
    recorded(database, Make { token_header: "token", scheme: "", denies_at_login: true, answer: php, ..BEARER }, None)
        .await;
}

async fn an_aspnet_server_is_recorded(database: &Database) {
    recorded(database, Make { checks_motivo: true, answer: aspnet, ..BEARER }, None).await;
}

async fn an_old_server_is_recorded(database: &Database) {
    recorded(database, Make { answer: old, ..BEARER }, None).await;
}

both_engines! {
    a_spring_server_is_recorded,
    an_express_server_is_recorded,
    a_php_server_is_recorded,
    an_aspnet_server_is_recorded,
    an_old_server_is_recorded,
}
