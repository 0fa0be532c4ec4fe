//! Makes that call the statuses by words and numbers of their own.

use time::OffsetDateTime;

use super::makes::{now_in_brazil, plain, reason};
use super::server::{Asked, Refusal, Said, text};
use crate::cli::conferir::PROTOCOLO;

const STATUSES: [&str; 5] = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"];

/// What stands for `status` in `words`, which are in the order of the vendor's page; `other` if it is none.
fn word<'a>(status: &str, words: [&'a str; 5], other: &'a str) -> &'a str {
    STATUSES.iter().position(|known| *known == status).map_or(other, |at| words[at])
}

/// Numbers, and small letters.
pub fn numbered(said: Said, Asked { status, .. }: Asked<'_>) -> Vec<u8> {
    let id = |status| word(status, ["10", "20", "31", "32", "40"], "0");
    let small = |status| word(status, ["aberto", "em_atendimento", "cancelado", "improcedente", "finalizado"], "?");
    let (code, body) = match said {
        Said::Made(_, status) => {
            let (id, small) = (id(status), small(status));
            let situacao = format!(r#"{{"id":{id},"nome":"{small}","versao":3}}"#);
            (
                200,
                format!(
                    r#"{{"protocolo":"{PROTOCOLO}","statusId":{id},"situacao":{situacao},"mensagem":"Chamado em {small} ({id}).","final":{}}}"#,
                    ["31", "32"].contains(&id)
                ),
            )
        }
        Said::Token(token) => (200, format!(r#"{{"token":"{token}"}}"#)),
        Said::Refused(Refusal::SameStatus) => (409, format!(r#"{{"erro":"O chamado já está {}"}}"#, small(status))),
        Said::Refused(refusal @ (Refusal::NoToken | Refusal::BadToken)) => {
            (401, format!(r#"{{"erro":"{}"}}"#, text(refusal)))
        }
        Said::Refused(refusal) => (422, format!(r#"{{"erro":"{}"}}"#, text(refusal))),
    };
    plain(&format!("HTTP/1.1 {code} {}\r\nContent-Type: application/json", reason(code)), body.as_bytes())
}

/// 200 for everything, and English.
pub fn english(said: Said, _: Asked<'_>) -> Vec<u8> {
    let english = |status| word(status, ["OPEN", "IN_PROGRESS", "CANCELED", "REJECTED", "CLOSED"], "?");
    let body = match said {
        Said::Made(_, status) => format!(
            r#"{{"result":"OK","ticket":{{"status":"{0}","label":"{1}"}},"message":"Ticket is {0}"}}"#,
            english(status),
            word(status, ["Aberto", "Em Atendimento", "Cancelado", "Improcedente", "Finalizado"], "?")
        ),
        Said::Token(token) => format!(r#"{{"result":"OK","token":"{token}"}}"#),
        Said::Refused(refusal) => format!(r#"{{"result":"ERROR","message":"{}"}}"#, text(refusal)),
    };
    plain("HTTP/1.1 200 OK\r\nContent-Type: application/json", body.as_bytes())
}

/// The same in plain text: a word is a success, and a sentence is none.
pub fn terse(said: Said, _: Asked<'_>) -> Vec<u8> {
    let body = match said {
        Said::Made(_, status) => {
            let small = status.to_lowercase().replace(' ', "-");
            format!(r#"{{"retorno":"{small}"}}"#)
        }
        Said::Token(token) => format!(r#"{{"retorno":"{token}"}}"#),
        Said::Refused(refusal) => format!(r#"{{"retorno":"Recusado: {}"}}"#, text(refusal)),
    };
    plain("HTTP/1.1 200 OK\r\nContent-Type: application/json", body.as_bytes())
}

/// 200 for everything: a member alone tells a success. It names the status before, and the time.
pub fn enveloped(said: Said, _: Asked<'_>) -> Vec<u8> {
    let id = |status| word(status, ["1", "2", "3", "4", "5"], "0");
    let english = |status| word(status, ["OPEN", "IN_PROGRESS", "CANCELED", "REJECTED", "CLOSED"], "?");
    let body = match said {
        Said::Made(before, status) => format!(
            r#"{{"ok":true,"texto":"Chamado alterado","dados":{{"de":"{}","anterior":{},"para":"{}","em":"{}"}}}}"#,
            english(before),
            id(before),
            english(status),
            now_in_brazil()
        ),
        Said::Token(token) => format!(r#"{{"ok":true,"texto":"Bem-vindo","dados":{{"sessao":"{token}"}}}}"#),
        Said::Refused(refusal) => format!(r#"{{"ok":false,"texto":"{}","dados":null}}"#, text(refusal)),
    };
    plain("HTTP/1.1 200 OK\r\nContent-Type: application/json", body.as_bytes())
}

/// 200 for everything, in sentences that the first word alone tells apart, and a number as the token.
pub fn spoken(said: Said, _: Asked<'_>) -> Vec<u8> {
    let number = OffsetDateTime::now_utc().nanosecond();
    let (kind, body) = match said {
        Said::Made(before, status) => ("text/plain", format!("OK: chamado {number} de {before} para {status}")),
        Said::Token(token) => ("application/json", format!(r#"{{"token":{token}}}"#)),
        Said::Refused(refusal) => ("text/plain", format!("ERRO: {}", text(refusal))),
    };
    plain(&format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8"), body.as_bytes())
}

/// 200 for everything: a number tells a success. What was asked for comes back where a change is made, and the login always. A
/// key without a digit is the token.
pub fn coded(said: Said, Asked { protocolo, status, login, .. }: Asked<'_>) -> Vec<u8> {
    let (code, text, more) = match said {
        Said::Made(before, _) => (0, format!("De {before} para {status}"), String::new()),
        Said::Token(token) => (0, "Bem-vindo".to_owned(), format!(r#","chave":"{token}""#)),
        Said::Refused(refusal) => (refusal.number(), text(refusal), String::new()),
    };
    let (protocolo, status) = if matches!(said, Said::Made(..)) { (protocolo, status) } else { ("", "") };
    let [protocolo, status, login] = [protocolo, status, login].map(|asked| asked.replace('"', ""));
    let day = now_in_brazil();
    let (day, clock) = day.split_once(' ').unwrap();
    let body = format!(
        r#"{{"codigo":{code},"protocolo":"{protocolo}","status":"{status}","login":"{login}","texto":"{text}","dia":"{day}","hora":"{clock}:00"{more}}}"#
    );
    plain("HTTP/1.1 200 OK\r\nContent-Type: application/json", body.as_bytes())
}
