//! Two makes that speak no JSON: pages in an old charset, and XML. Their logins name people.

use encoding_rs::WINDOWS_1252;
use uuid::Uuid;

use super::LATER;
use super::makes::{plain, reason};
use super::server::{Asked, Refusal, Said, text};
use crate::cli::conferir::PROTOCOLO;

fn person(token: &str) -> (&'static str, &'static str) {
    if token == LATER { ("Beltrana Souza", "000.000.002-72") } else { ("Fulana de Tal", "000.000.001-91") }
}

fn escaped(text: &str) -> String {
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")]
        .iter()
        .fold(text.to_owned(), |text, (sign, entity)| text.replace(*sign, entity))
}

/// A servlet: pages in ISO-8859-1 that repeat what was asked, and a login with bars between its fields.
pub fn servlet(said: Said, Asked { method, path, status, login, .. }: Asked<'_>) -> Vec<u8> {
    let page = |code: u16, text: &str| {
        let (reason, text) = (reason(code), escaped(text));
        let page =
            format!("<html><title>{code} {reason}</title><h1>Erro {code}</h1><p>{text}</p><hr>Citrus/2.63</html>\r\n");
        (code, "text/html;charset=ISO-8859-1", page)
    };
    let (code, kind, body) = match said {
        Said::Made(_, status) => {
            let told = format!("<p>Atendimento {PROTOCOLO}: situação {}</p>", status.to_uppercase());
            (200, "text/html;charset=ISO-8859-1", told)
        }
        Said::Token(token) => {
            let (nome, cpf) = person(token);
            (200, "text/plain;charset=ISO-8859-1", format!("OK|{token}|{nome}|{cpf}|{login}"))
        }
        Said::Refused(Refusal::NoRoute | Refusal::NoMethod) => page(404, &format!("Cannot {method} {path}")),
        Said::Refused(Refusal::NoStatus) => page(422, &format!("Situação '{status}' inexistente")),
        Said::Refused(Refusal::NoUser) => page(401, "Usuário desconhecido"),
        Said::Refused(Refusal::NoToken) => page(401, "Sessão ausente"),
        Said::Refused(Refusal::BadToken) => page(401, "Sessão inválida"),
        Said::Refused(Refusal::Denied) => page(403, "Beltrana Souza não tem permissão"),
        Said::Refused(refusal) => page(422, &format!("Citrus: {}", text(refusal))),
    };
    let (bytes, ..) = WINDOWS_1252.encode(&body);
    plain(&format!("HTTP/1.1 {code} {}\r\nContent-Type: {kind}\r\nX-Usuario: Fulana", reason(code)), &bytes)
}

/// Struts: quotes in entities of its own, and a success of 200 without a body.
pub fn struts(said: Said, Asked { status, .. }: Asked<'_>) -> Vec<u8> {
    let page = |text: &str| {
        let text = escaped(text).replace("&#39;", "&#x27;").replace("&quot;", "&#34;");
        format!("<html><body class=\"erro\"><p>{text}</p></body></html>")
    };
    let (code, kind, body) = match said {
        Said::Made(..) => (200, "", String::new()),
        Said::Token(token) => (200, "application/json", format!(r#"{{"token":"{token}"}}"#)),
        Said::Refused(Refusal::NoStatus) => (400, "text/html", page(&format!("O status '{status}' não existe"))),
        Said::Refused(Refusal::NoAtendimento) => (400, "text/html", page("Não há \"atendimento\" d'este protocolo")),
        Said::Refused(refusal) => (400, "text/html", page(&text(refusal))),
    };
    let kind = if kind.is_empty() { String::new() } else { format!("\r\nContent-Type: {kind}; charset=utf-8") };
    plain(&format!("HTTP/1.1 {code} {}{kind}", reason(code)), body.as_bytes())
}

/// XML throughout, with an id in each success.
pub fn xml(said: Said, Asked { login, .. }: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(_, status) => (200, format!("<r><p>{PROTOCOLO}</p><s>{status}</s><id>{}</id></r>", Uuid::new_v4())),
        Said::Token(token) => {
            let (nome, cpf) = person(token);
            (
                200,
                format!(
                    "<r><token>{token}</token><validade>1800</validade><login>{login}</login>\
                     <nome cpf=\"{cpf}\">{nome}</nome></r>"
                ),
            )
        }
        Said::Refused(refusal) => {
            let code = if matches!(refusal, Refusal::NoToken | Refusal::BadToken) { 401 } else { 400 };
            (code, format!("<erro cod=\"{code}\"><msg>{}</msg></erro>", escaped(&text(refusal))))
        }
    };
    let body = format!("<?xml version=\"1.0\"?>\n{body}");
    plain(&format!("HTTP/1.1 {code} {}\r\nContent-Type: text/xml; charset=utf-8", reason(code)), body.as_bytes())
}
