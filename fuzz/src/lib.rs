//! What must hold of any input. The fuzz targets look for counter-examples, and the tests of the server
//! feed their seeds through the same functions.

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use citrus_status::auth::token::{Rejection, TokenSettings, Tokens};
use citrus_status::http::fuzzing;
use citrus_status::service::import::{Place, rows_of};
use citrus_status::store::NewAtendimento;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::json;
use time::macros::datetime;

const SECRET: &[u8] = b"a secret for the fuzzer, 32 bytes or more";

/// The body of a status change and of a login. True when it is accepted as either.
pub fn command(body: &[u8]) -> bool {
    let change = fuzzing::change(body);
    match &change {
        Ok(change) => {
            assert!(!change.protocolo.is_empty() && change.protocolo.trim() == change.protocolo);
            assert!(fits(&change.protocolo, 64) && fits(&change.status, 255) && !change.status.trim().is_empty());
            assert!(change.motivo.as_ref().is_none_or(|motivo| !motivo.as_str().is_empty()));
            let comentario = change.comentario.as_ref();
            assert!(comentario.is_none_or(|c| fits(&c.texto, 20_000) && !c.texto.trim().is_empty()));
            // Written down and read again, it asks for the same.
            let again = json!({
                "protocolo": change.protocolo, "status": change.status, "comentario": comentario.map(|c| &*c.texto),
                "visivelCliente": comentario.map(|c| c.visivel_cliente),
            });
            let again = fuzzing::change(again.to_string().as_bytes()).expect("what was accepted is accepted again");
            assert_eq!((&again.protocolo, &again.status), (&change.protocolo, &change.status));
            assert_eq!(again.comentario, change.comentario);
        }
        Err(message) => assert_echoes_nothing(message),
    }
    let login = fuzzing::login(body);
    match &login {
        Ok((login, senha)) => {
            assert!(fits(login, 255) && !login.trim().is_empty());
            assert!((1..=1024).contains(&senha.expose_secret().len()) && !senha.expose_secret().contains('\0'));
        }
        Err(message) => assert_echoes_nothing(message),
    }
    change.is_ok() || login.is_ok()
}

/// A token: as it is, and, in two lines of JSON, as header and claims that are signed first. True when it
/// is accepted.
pub fn token(input: &[u8]) -> bool {
    let settings = TokenSettings { issuer: "us".to_owned(), audience: "us".to_owned(), ttl: 3600 };
    let tokens = Tokens::new(&SecretSlice::from(SECRET.to_vec()), &[], settings);
    let now = datetime!(2026-11-23 10:00 UTC);
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let signed = input.iter().position(|byte| *byte == b'\n').map(|end| {
        let message = [&input[..end], &input[end + 1..]].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
        let tag = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag)).into_bytes()
    });
    let mut accepted = false;
    for token in [Some(input), signed.as_deref()].into_iter().flatten() {
        let periods = token.iter().filter(|byte| **byte == b'.').count();
        match tokens.verify(token, now) {
            Ok(_) => {
                let end = token.iter().rposition(|byte| *byte == b'.').expect("a period");
                let tag = BASE64_URL_SAFE_NO_PAD.decode(&token[end + 1..]).expect("a signature");
                hmac::verify(&key, &token[..end], &tag).expect("a signature of ours");
                assert!(periods == 2 && token.len() <= 4096);
                accepted = true;
            }
            Err(Rejection::Periods(found)) => assert!(found == periods && found != 2),
            Err(Rejection::Expired { at, now }) => assert!(at < now),
            Err(Rejection::Unsigned) => assert!(token.ends_with(b".")),
            Err(_) => assert_eq!(periods, 2),
        }
    }
    accepted
}

/// A file to import. True when some row is accepted.
pub fn import(file: &[u8]) -> bool {
    let mut accepted = false;
    let mut last = 0;
    for row in rows_of(file) {
        let place = row.as_ref().map_or_else(|bad| bad.place, |(place, _)| *place);
        let (number, most) = match place {
            Place::Line(number) => (number, file.len() as u64 + 1),
            Place::Element(number) => (number, file.len() as u64),
            Place::Row(number) => (number, 1 << 20),
        };
        assert!(number > std::mem::replace(&mut last, number), "rows come in their order");
        assert!(number <= most);
        match row {
            Ok((_, NewAtendimento { protocolo, .. })) => {
                assert!(!protocolo.is_empty() && protocolo.trim() == protocolo && fits(&protocolo, 64));
                assert!(!protocolo.contains(char::is_control));
                accepted = true;
            }
            Err(bad) => assert!(bad.reason.len() < 8192 && !bad.reason.contains(char::is_control), "{}", bad.reason),
        }
    }
    accepted
}

fn fits(text: &str, max: usize) -> bool {
    text.chars().count() <= max && !text.contains('\0')
}

/// Messages to clients are made of fixed texts and numbers alone.
fn assert_echoes_nothing(message: &str) {
    const FIELDS: [&str; 8] =
        ["protocolo", "status", "motivoStatus", "comentario", "visivelCliente", "statusAtual", "login", "senha"];
    let known = match message.strip_prefix("Corpo da requisição inválido: ") {
        Some(what) => {
            let what = what.replace(|c: char| c.is_ascii_digit(), "");
            let fixed = [
                "não é UTF- a partir do byte ; envie em UTF- ou declare o charset em Content-Type",
                "JSON malformado na linha , coluna ",
                "JSON incompleto, termina na linha , coluna ",
                "não é um objeto JSON",
            ];
            let field = what
                .strip_prefix("texto malformado no campo ")
                .or_else(|| what.strip_prefix("campo ")?.strip_suffix(" duplicado"));
            fixed.contains(&&*what) || field.is_some_and(|field| FIELDS.contains(&field))
        }
        None => match message.split_once(" – ") {
            Some((field, "esse campo é obrigatório" | "valor inválido" | "valor inválido, envie como texto")) => {
                FIELDS.contains(&field)
            }
            _ => ["Este campo é obrigatório – login", "Este campo é obrigatório senha"].contains(&message),
        },
    };
    assert!(known, "{message}");
}
