//! Asks two servers the same, byte by byte.

use std::io::Read;

use flate2::read::GzDecoder;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::Make;
use crate::cli::conferir::{PROTOCOLO, SENHA};

/// A user without the permission.
#[derive(Clone, Copy)]
pub struct Other {
    pub login: &'static str,
    pub senha: &'static str,
}

/// An answer as it came, but for what is another one each time.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    code: String,
    /// As they are written.
    headers: Vec<String>,
    body: String,
}

/// Of a connection, or of one answer.
const PASSING: [&str; 15] = [
    "allow",
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "set-cookie",
    // A name.
    "x-usuario",
    "transfer-encoding",
    "x-request-id",
    "x-response-time",
    "x-runtime",
    "accept-encoding",
    "ratelimit",
    "ratelimit-policy",
];

const LOGIN: &str = "/api/usuario/login";
const CHANGE: &str = "/api/atendimentos/status";

/// The answers of the server at `address` to what the vendor's page speaks of, each with what was asked.
pub async fn all_answers(address: &str, make: &Make, other: Other) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    let own = log_in(address, "user.api", SENHA, &mut answers).await;
    let denied = log_in(address, other.login, other.senha, &mut answers).await;
    for (method, path) in [("GET", "/api/conferir"), ("GET", LOGIN), ("PUT", CHANGE)] {
        ask(address, (method, path, "", ""), &mut answers).await;
    }
    for body in ["{", "{“", "[1]", r#"{"senha": "x"}"#, r#"{"login": "x"}"#, r#"{"login": "nobody", "senha": "x"}"#] {
        ask(address, ("POST", LOGIN, "", body), &mut answers).await;
    }
    ask(address, ("POST", LOGIN, "", r#"{"login": "user.api", "senha": "x"}"#), &mut answers).await;
    let token = |token: &str| format!("{}: {} {token}", make.token_header, make.scheme).replace(":  ", ": ");
    let change = change_body("Aberto", "");
    for header in [String::new(), token("abc"), token("a.b.c"), token(&denied)] {
        // Who may not log in has no token.
        if header != token("") {
            ask(address, ("POST", CHANGE, &header, &change), &mut answers).await;
        }
    }
    // Some tell the status before, too.
    let (own_token, same) = (token(&own), change_body("Improcedente", r#", "motivoStatus": "Duplicado""#));
    ask(address, ("POST", CHANGE, &own_token, &same), &mut Vec::new()).await;
    for body in bodies() {
        ask(address, ("POST", CHANGE, &own_token, &body), &mut answers).await;
    }
    answers
}

/// Changes: the first brings each server to the same status.
fn bodies() -> Vec<String> {
    let motivo = r#", "motivoStatus": "Duplicado""#;
    let unknown = r#", "motivoStatus": "conferir""#;
    let comment = r#", "motivoStatus": "Duplicado", "comentario": "x""#;
    let mut bodies = vec![
        change_body("Cancelado", motivo),
        change_body("Em atendimento", ""),
        change_body("Finalizado", ""),
        change_body("Aberto", ""),
        change_body("Aberto", motivo),
        change_body("Aberto", ""),
        change_body("Em atendimento", motivo),
        change_body("Em atendimento", unknown),
        change_body("Improcedente", ""),
        change_body("Não <é> & 'x'", ""),
        change_body("Improcedente", unknown),
        change_body("Improcedente", motivo),
        change_body("Cancelado", comment),
        change_body("Cancelado", &format!(r#"{comment}, "visivelCliente": "sim""#)),
        change_body("Cancelado", &format!(r#"{comment}, "visivelCliente": "False""#)),
        change_body("Em atendimento", ""),
    ];
    let own = r#"{"protocolo": ["x"], "status": "Aberto"}"#;
    bodies.extend(
        [r#"{"status": "Aberto"}"#, own, r#"{"protocolo": "x"}"#, r#"{"protocolo": "x", "status": []}"#, "{}"]
            .map(str::to_owned),
    );
    bodies.push(r#"{"protocolo": "99991231999999", "status": "Aberto"}"#.to_owned());
    bodies
}

fn change_body(status: &str, more: &str) -> String {
    format!(r#"{{"protocolo": "{PROTOCOLO}", "status": "{status}"{more}}}"#)
}

/// Logs in; the token, if there is one.
async fn log_in(address: &str, login: &str, senha: &str, answers: &mut Vec<(String, Answer)>) -> String {
    let body = format!(r#"{{"login": "{login}", "senha": "{senha}"}}"#);
    let answer = exchange(address, ("POST", LOGIN, "", &body)).await;
    let is_token = |word: &&str| word.len() >= 36;
    let token = answer.body.split(['"', '\\', ' ', '|', '<', '>']).find(is_token).unwrap_or_default().to_owned();
    let body = without_people(&answer.body.replace(&token, if token.is_empty() { "" } else { "<token>" }), login);
    answers.push(("a login".to_owned(), Answer { body: steady(&body), ..answer }));
    token
}

/// `body` of a login without what a recording leaves out of it.
fn without_people(body: &str, login: &str) -> String {
    let people = [
        ("Fulana de Tal", ""),
        ("000.000.001-91", ""),
        ("fulana@example.com", ""),
        ("beltrana@example.com", ""),
        ("4711", "0"),
        ("ADMIN", ""),
        ("CONSULTA", ""),
        (r#"\":17,"#, r#"\":0,"#),
        (r#"\":18,"#, r#"\":0,"#),
        ("Bem-vinda, Fulana!", ""),
        (login, "user.api"),
    ];
    people.iter().fold(body.to_owned(), |body, (own, left)| body.replace(own, left)).replace(":86400", ":1800")
}

async fn ask(address: &str, request: (&str, &str, &str, &str), answers: &mut Vec<(String, Answer)>) {
    let answer = exchange(address, request).await;
    answers.push((format!("{request:?}"), Answer { body: steady(&answer.body), ..answer }));
}

/// `body` without its times and ids, and without whom the recording leaves out.
fn steady(body: &str) -> String {
    const PEOPLE: [&str; 2] = ["Beltrana Souza", "000.000.002-72"];
    let body = PEOPLE.iter().fold(body.to_owned(), |body, person| body.replace(person, ""));
    let now = OffsetDateTime::now_utc();
    let words = body.split_inclusive(|letter: char| " \"<>()[]{},".contains(letter));
    let shown = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let near =
            word.trim_matches(['}', ',', ':']).parse().is_ok_and(|at: i64| at.abs_diff(now.unix_timestamp()) < 100);
        let is_time = digits >= 8 && (word.contains(&now.year().to_string()) && word.contains(['-', '/']));
        let is_clock = word.len() <= 10 && [4, 6].contains(&digits) && word.contains(':');
        let is_id = digits >= 1 && word.matches('-').count() == 4
            || is_reference(word)
            || word.matches('-').count() == 2 && word.rsplit('-').next().is_some_and(|end| end.len() >= 9);
        if near || is_time || is_clock || is_id { "<moves>" } else { word }.to_owned()
    };
    words.map(shown).collect()
}

/// Twelve signs, such as `0A1B2C3D4E5F`.
fn is_reference(word: &str) -> bool {
    let word = word.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
}

async fn exchange(address: &str, (method, path, header, body): (&str, &str, &str, &str)) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n{header}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let code = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let body = decoded(&head.to_lowercase(), &bytes[end + 4..]);
    let is_steady = |line: &&str| !PASSING.contains(&line.split(':').next().unwrap().to_lowercase().as_str());
    let mut headers: Vec<String> = lines.filter(is_steady).map(str::to_owned).collect();
    headers.sort();
    Answer { code, headers, body }
}

fn decoded(head: &str, body: &[u8]) -> String {
    let whole = if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_vec() };
    let mut text = String::new();
    if head.contains("content-encoding: gzip") {
        GzDecoder::new(&whole[..]).read_to_string(&mut text).unwrap();
        return text;
    }
    // Of another charset, each byte is told from any other.
    String::from_utf8(whole).unwrap_or_else(|other| other.into_bytes().into_iter().map(char::from).collect())
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[end + 4 + length..];
    }
}
