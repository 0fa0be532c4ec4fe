//! Servers whose answers leave it open whether a change was made: the atendimento comes back, or the run says loudly that it may not.

use super::SENHA;
use super::fakes::makes::plain;
use super::fakes::server::{Asked, Make, Said, Server, text};
use super::fakes::{BEARER, conferir};
use crate::support::database::Database;

const STATUSES: [&str; 5] = ["Aberto", "Em atendimento", "Cancelado", "Improcedente", "Finalizado"];

/// 200 for everything, with whether it was done in the body, and `made` beside it.
fn soft(said: Said, made: impl Fn(&str) -> String) -> Vec<u8> {
    let body = match said {
        Said::Made(_, status) => format!(r#"{{"ok":true,{}}}"#, made(status)),
        Said::Token(token) => format!(r#"{{"ok":true,"token":"{token}"}}"#),
        Said::Refused(refusal) => format!(r#"{{"ok":false,"msg":"{}"}}"#, text(refusal)),
    };
    plain("HTTP/1.1 200 OK\r\nContent-Type: application/json", body.as_bytes())
}

fn in_capitals(said: Said, _: Asked<'_>) -> Vec<u8> {
    soft(said, |status| format!(r#""msg":"Alterado para {}""#, status.to_uppercase()))
}

fn by_number(said: Said, _: Asked<'_>) -> Vec<u8> {
    let number = |status: &str| STATUSES.iter().position(|own| *own == status).unwrap() + 1;
    soft(said, |status| format!(r#""msg":"ok","statusId":{}"#, number(status)))
}

fn in_english(said: Said, _: Asked<'_>) -> Vec<u8> {
    soft(said, |status| match status {
        "Aberto" => r#""msg":"OPEN""#.to_owned(),
        "Em atendimento" => r#""msg":"IN_PROGRESS""#.to_owned(),
        "Cancelado" => r#""msg":"CANCELED""#.to_owned(),
        "Improcedente" => r#""msg":"REJECTED""#.to_owned(),
        _ => r#""msg":"CLOSED""#.to_owned(),
    })
}

/// Plain text, in which nothing but the words tells a success.
fn in_words(said: Said, _: Asked<'_>) -> Vec<u8> {
    let body = match said {
        Said::Made(_, status) => match status {
            "Aberto" => "reaberto".to_owned(),
            "Em atendimento" => "em curso".to_owned(),
            "Cancelado" => "nada mais a fazer".to_owned(),
            "Improcedente" => "recusado".to_owned(),
            _ => "encerrado".to_owned(),
        },
        Said::Token(token) => format!("token={token}"),
        Said::Refused(refusal) => text(refusal),
    };
    plain("HTTP/1.1 200 OK\r\nContent-Type: text/plain", body.as_bytes())
}

/// Runs against `make` from each status, with `extra`; where the run says that all is well, it is.
async fn comes_back(make: Make, is_known: bool, extra: &[&str]) {
    for start in STATUSES {
        let database = Database::sqlite();
        let fake = Server::start(make, start, |_| {}).await;
        for extra in [&["--gravar", "d.toml"][..], extra] {
            let outcome = conferir(&database, &fake.address, start, extra, SENHA);
            let is_back = fake.present() == start;
            let says_so = !["could NOT be set back", "may NOT be"].iter().any(|loud| outcome.stderr.contains(loud));
            assert!(is_back || !says_so, "{extra:?} leaves {start} in {}: {outcome:?}", fake.present());
            assert!(!is_known || is_back && says_so, "{extra:?} from {start}: {outcome:?}");
            fake.set(start);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_in_its_body_alone_that_a_change_was_made_is_understood() {
    for answer in [in_capitals, by_number, in_english] {
        for refuses_same in [false, true] {
            let make = Make { answer, refuses_same, ..BEARER };
            comes_back(make, true, &["--dialeto", "d.toml", "--only-documented"]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_answer_says_it_the_run_does_not_claim_that_nothing_was_changed() {
    for refuses_same in [false, true] {
        comes_back(Make { answer: in_words, refuses_same, ..BEARER }, false, &["--only-documented"]).await;
    }
}
