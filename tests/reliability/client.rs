//! The requests of the tests, and what their answers mean.

use serde_json::json;

use crate::checker::{Outcome, visivel};
use crate::support::client::{Raw, head};

/// The names of the statuses, in the order of their codes, from 1.
const STATUSES: [&str; 5] = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"];

/// A GET, under `token` if there is one.
pub fn get(token: &str, path: &str) -> Vec<u8> {
    head(&format!("GET {path}"), token, "").into_bytes()
}

/// A login with the demo's senha: head and body.
pub fn login(login: &str) -> (Vec<u8>, Vec<u8>) {
    post("/api/usuario/login", "", "", json!({"login": login, "senha": "1234"}).to_string())
}

/// A change that carries `mark`: head and body. `extra` is one more line of the head, or nothing.
pub fn change(token: &str, protocolo: u64, para: i64, mark: u64, extra: &str) -> (Vec<u8>, Vec<u8>) {
    let body = json!({
        "protocolo": protocolo,
        "status": STATUSES[para as usize - 1],
        "motivoStatus": "Duplicado",
        "comentario": mark.to_string(),
        "visivelCliente": visivel(mark),
    });
    post("/api/atendimentos/status", token, extra, body.to_string())
}

fn post(path: &str, token: &str, extra: &str, body: String) -> (Vec<u8>, Vec<u8>) {
    let head = head(&format!("POST {path}"), token, &format!("{extra}Content-Length: {}\r\n", body.len()));
    (head.into_bytes(), body.into_bytes())
}

/// What an answer means.
pub fn outcome(answer: &Raw) -> Outcome {
    match answer.status {
        200 => Outcome::Acknowledged,
        503 if answer.header("retry-after").is_some() => Outcome::Unavailable,
        status => Outcome::Wrong(status),
    }
}
