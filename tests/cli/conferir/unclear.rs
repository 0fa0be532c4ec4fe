//! Servers whose answers leave it open whether a change was made: the atendimento comes back, or the run says loudly that it may not.

use std::sync::atomic::{AtomicBool, Ordering};

use super::fakes::makes::{plain, spring};
use super::fakes::server::{Asked, Make, Refusal, Said, Server, text};
use super::fakes::{BEARER, conferir};
use super::{SENHA, serve};
use crate::support::both_engines;
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
            "Em atendimento" => "em andamento".to_owned(),
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

/// A dialect whose success names a status that is none of this change.
async fn what_the_server_has_told_counts_more_than_what_a_success_names(database: &Database) {
    std::fs::write(
        database.dir.path().join("d.toml"),
        "[sucesso]\ncorpo = '{\"de\":\"Aberto\",\"para\":\"<status>\"}'\n",
    )
    .unwrap();
    let server = serve(database, &[("DIALECT_FILE", "d.toml")]).await;
    let outcome = conferir(database, &server.address, "Finalizado", &["--dialeto", "d.toml"], SENHA);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let status = "SELECT count(*) FROM atendimento WHERE protocolo = '20221104000005' AND status = 5";
    assert_eq!(database.number(status).await, 1);
}

both_engines! { what_the_server_has_told_counts_more_than_what_a_success_names, }

#[tokio::test(flavor = "multi_thread")]
async fn where_no_answer_says_it_the_run_does_not_claim_that_nothing_was_changed() {
    for refuses_same in [false, true] {
        comes_back(Make { answer: in_words, refuses_same, ..BEARER }, false, &["--only-documented"]).await;
    }
}

/// A gateway that has no time for one request, and for all that come after a login with this senha.
fn in_a_bad_moment(said: Said, asked: Asked<'_>) -> Vec<u8> {
    static ONCE: AtomicBool = AtomicBool::new(true);
    match said {
        Said::Refused(Refusal::Invalid("visivelCliente")) if ONCE.swap(false, Ordering::Relaxed) => {
            plain("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nRetry-After: 0", b"<h1>Bad Gateway</h1>")
        }
        Said::Refused(Refusal::NoStatus) => plain("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0", b"slow down"),
        _ => spring(said, asked),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_moment_is_not_recorded_as_an_answer() {
    let database = Database::sqlite();
    let fake = Server::start(Make { answer: in_a_bad_moment, ..BEARER }, "Aberto", |_| {}).await;
    let outcome = conferir(&database, &fake.address, "Aberto", &["--gravar", "d.toml"], SENHA);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome.stdout.contains("not asked: status/unknown-status: the server had no time for it, and answered 429")
    );
    let text = std::fs::read_to_string(database.dir.path().join("d.toml")).unwrap();
    let found: toml::Table = toml::from_str(&text).unwrap();
    assert!(!found["respostas"].as_table().unwrap().contains_key("unknown_status"), "{text}");
    for trace in ["502", "429", "Bad Gateway", "slow down"] {
        assert!(!found.to_string().contains(trace), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_has_the_permission_shows_no_denial() {
    let database = Database::sqlite();
    let fake = Server::start(BEARER, "Aberto", |_| {}).await;
    let senhas = format!("{SENHA}\n{SENHA}\n");
    let extra = ["--gravar", "d.toml", "--login-sem-permissao", "user.api"];
    let outcome = conferir(&database, &fake.address, "Aberto", &extra, &senhas);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains("not asked: access_denied: user.api gets the answer of user.api"), "{outcome:?}");
    assert!(!std::fs::read_to_string(database.dir.path().join("d.toml")).unwrap().contains("access_denied]"));
}
