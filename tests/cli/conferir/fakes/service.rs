//! An old service behind a proxy: JSON in a JSON text, and headers that others have moved.

use super::LATER;
use super::makes::{plain, reason};
use super::server::{Asked, Refusal, Said, text};

/// What its errors say by chance is what its login says of the user.
pub fn service(said: Said, Asked { login, .. }: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(..) => (200, r#"{"ok":true}"#.to_owned()),
        Said::Token(token) => {
            let (nome, perfil, id) =
                if token == LATER { ("Beltrana Souza", "CONSULTA", 18) } else { ("Fulana de Tal", "ADMIN", 17) };
            let held = format!(
                r#"{{"perfil":"{perfil}","id":{id},"token":"{token}","nome":"{nome}","login":"{login}","tipo":"Bearer"}}"#
            );
            (200, serde_json::to_string(&held).unwrap())
        }
        Said::Refused(refusal @ (Refusal::NoToken | Refusal::BadToken)) => {
            (401, format!(r#"{{"falha":{{"codigo":401,"texto":"{}"}}}}"#, text(refusal)))
        }
        Said::Refused(Refusal::Denied) => {
            (403, r#"{"tipo":"ADMIN","codigo":"17","texto":"Só ADMIN altera"}"#.to_owned())
        }
        Said::Refused(refusal) => (400, format!(r#"{{"tipo":"ADMIN","codigo":"17","texto":"{}"}}"#, text(refusal))),
    };
    let head = format!(
        "HTTP/1.1 {code} {}\r\nContent-Type: application/json\r\nExpires: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
         Via: 1.1 proxy\r\nPragma: no-cache",
        reason(code)
    );
    plain(&head, body.as_bytes())
}
