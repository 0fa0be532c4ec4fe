//! Two makes that have an id of its own in each answer, and tell what was asked, when and by whom.

use time::OffsetDateTime;
use uuid::Uuid;

use super::makes::{escaped, now_in_brazil, plain, reason};
use super::server::{Asked, Refusal, Said, text};
use super::{LATER, OPAQUE_LATER};

/// Django REST framework: `detail`, a code for each error, an id in the text and in a header. It repeats a list as JSON.
pub fn django(said: Said, Asked { protocolo, status, .. }: Asked<'_>) -> Vec<u8> {
    let id = Uuid::new_v4();
    let reference = id.simple().to_string()[..12].to_uppercase();
    let error = |code: u16, name: &str, detail: &str| {
        (code, format!(r#"{{"detail":"{detail} (ref. {reference})","code":"{name}","request_id":"{id}"}}"#))
    };
    let (code, body) = match said {
        Said::Made(_, status) => {
            let time = now_in_brazil();
            (200, format!(r#"{{"status":"{status}","updated_at":"{time}","request_id":"{id}"}}"#))
        }
        Said::Token(token) => {
            let (name, mail) = match token == OPAQUE_LATER {
                false => ("Fulana de Tal", "fulana@example.com"),
                true => ("Beltrana Souza", "beltrana@example.com"),
            };
            (
                200,
                format!(r#"{{"token":"{token}","session":"{reference}","user":{{"name":"{name}","email":"{mail}"}}}}"#),
            )
        }
        Said::Refused(Refusal::NoToken) => {
            error(401, "not_authenticated", "Authentication credentials were not provided.")
        }
        Said::Refused(Refusal::BadToken) => error(401, "authentication_failed", "Invalid token."),
        Said::Refused(Refusal::Denied) => error(403, "permission_denied", "Beltrana Souza não tem permissão."),
        Said::Refused(Refusal::NoAtendimento) => {
            error(404, "not_found", &format!("Atendimento {protocolo} não encontrado."))
        }
        Said::Refused(Refusal::Invalid("protocolo")) => {
            error(400, "invalid", &format!("Protocolo {} inválido.", protocolo.replace('"', "\\\"")))
        }
        Said::Refused(Refusal::NoStatus) => error(400, "invalid_choice", &format!("Status '{status}' inválido.")),
        Said::Refused(Refusal::NoRoute) => error(404, "no_route", "Not found."),
        Said::Refused(Refusal::NoMethod) => error(405, "method_not_allowed", "Method not allowed."),
        Said::Refused(refusal) => error(400, &format!("{refusal:?}").to_lowercase().replace('"', "'"), &text(refusal)),
    };
    plain(
        &format!(
            "HTTP/1.1 {code} {}\r\nContent-Type: application/json\r\nVary: Accept, Cookie\r\nAllow: POST, OPTIONS\r\n\
             X-Request-Id: {id}\r\nX-Runtime: 0.{}{}",
            reason(code),
            id.as_u64_pair().0 % 1_000_000,
            if code == 401 { "\r\nWww-Authenticate: Token" } else { "" }
        ),
        body.as_bytes(),
    )
}

/// Rails: a success has no body, and each error the id of the server, which is always the same.
pub fn rails(said: Said, _: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(..) => return b"HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\n\r\n".to_vec(),
        Said::Token(token) => (201, format!(r#"{{"jwt":"{token}"}}"#)),
        Said::Refused(Refusal::NoToken | Refusal::BadToken | Refusal::WrongSenha) => {
            (401, r#"{"error":"401","node":"9f86d081884c7d65"}"#.to_owned())
        }
        Said::Refused(refusal) => (422, format!(r#"{{"error":"{}","node":"9f86d081884c7d65"}}"#, text(refusal))),
    };
    let head = format!("HTTP/1.1 {code} {}\r\nCache-Control: no-cache\r\nContent-Type: application/json", reason(code));
    plain(&head, body.as_bytes())
}

/// Laravel: `errors` by field, escaped slashes, times of Brasília, a cookie and an id of no known form.
pub fn laravel(said: Said, Asked { path, login, .. }: Asked<'_>) -> Vec<u8> {
    let (first, second) = Uuid::new_v4().as_u64_pair();
    let word = |number: u64| (0..4).map(|at| char::from(b'g' + (number >> (4 * at) & 15) as u8)).collect::<String>();
    let id = format!("{}-{}-{}", word(first), word(second), second % 900_000_000 + 100_000_000);
    let (time, seconds) = (now_in_brazil().replace('/', "\\/"), OffsetDateTime::now_utc().unix_timestamp());
    let path = path.replace('/', "\\/");
    let error = |code: u16, field: &str, message: &str| {
        let message = escaped(message, |letter| format!("\\u{letter:04x}"));
        (
            code,
            format!(
                r#"{{"message":"{message}","errors":{{"{field}":["{message}"]}},"trace":"{id}","em":"{time}","ts":{seconds},"path":"{path}"}}"#
            ),
        )
    };
    let (code, body) = match said {
        Said::Made(..) => (202, format!(r#"{{"ok":true,"trace":"{id}","ts":{seconds}}}"#)),
        Said::Token(token) => {
            let (nome, cpf) = match token == LATER {
                false => ("Fulana de Tal", "000.000.001-91"),
                true => ("Beltrana Souza", "000.000.002-72"),
            };
            (200, format!(r#"{{"access_token":"{token}","user":{{"nome":"{nome}","cpf":"{cpf}"}},"ts":{seconds}}}"#))
        }
        Said::Refused(Refusal::WrongSenha) => error(422, "login", "Credenciais incorretas"),
        Said::Refused(Refusal::NoUser) => error(422, "login", &format!("Não conhecemos {login}")),
        Said::Refused(Refusal::NoToken) => error(401, "token", "Unauthenticated"),
        Said::Refused(Refusal::BadToken) => error(401, "token", "Token inválido"),
        Said::Refused(Refusal::Denied) => error(403, "token", "CPF 000.000.002-72 sem permissão"),
        Said::Refused(Refusal::NoRoute) => error(404, "rota", "Rota inexistente"),
        Said::Refused(Refusal::NoMethod) => error(405, "rota", "Método não aceito"),
        Said::Refused(Refusal::NoAtendimento) => error(404, "protocolo", "Atendimento não encontrado"),
        Said::Refused(refusal) => error(422, "dados", &text(refusal)),
    };
    plain(
        &format!(
            "HTTP/1.1 {code} {}\r\nContent-Type: application/json\r\nSet-Cookie: laravel_session={id}; path=/; httponly\r\n\
             Cache-Control: no-cache, private",
            reason(code)
        ),
        body.as_bytes(),
    )
}
