//! Servers whose answers are long, come with odd headers, or say a success in words of their own.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::fake::Fake;
use super::fakes::makes::{self, plain};
use super::fakes::server::{Asked, Make, Refusal, START, Said, Server, text};
use super::fakes::{BEARER, conferir as ask};
use super::{SENHA, TOKEN, conferir};
use crate::support::database::Database;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_is_judged_and_one_that_is_too_long_is_said_to_be_so() {
    let database = Database::sqlite();
    let answer = |path: &str, body: &str| match path {
        "/api/usuario/login" if body.contains(SENHA) => (200, TOKEN.to_owned()),
        "/api/usuario/login" => (400, "x".repeat(200 * 1024)),
        _ => (404, "x".repeat(2 * 1024 * 1024)),
    };
    let fake = Fake::start(answer).await;
    let outcome = conferir(&database, &fake.address, &["--somente-leitura", "--tudo", "--yes"]);
    for said in [
        "the answer is too long: it has 2097152 bytes, and at most 1048576 are read",
        "xxx… (cut: 204800 bytes in all, all of them judged)",
        "body: character 1: U+007B expected, U+0078 received",
    ] {
        assert!(outcome.stdout.contains(said), "{said}: {}", &outcome.stdout[..2000]);
    }
    // It is there, although no answer can be read.
    assert!(!outcome.stdout.contains("in a row"), "{}", &outcome.stdout[..2000]);
}

/// Its tokens have brackets and quotes around.
const QUOTED: Make = Make {
    tokens: ["[\"0a1b2c3d4e5f60718293a4b5c6d7e8f9\"]", "[\"f9e8d7c6b5a4938271605f4e3d2c1b0a\"]"],
    answer: counting,
    ..BEARER
};

/// Two lines of a header, one that is another one each time, and one that says when it is.
fn headed(said: Said, asked: Asked<'_>) -> Vec<u8> {
    let (code, body) = match said {
        Said::Made(..) => (200, r#"{"message":"Atendimento atualizado com sucesso"}"#.to_owned()),
        Said::Token(token) => (200, format!(r#"{{"token":"{token}"}}"#)),
        Said::Refused(refusal) => (400, format!(r#"{{"message":"{}"}}"#, text(refusal))),
    };
    let now = time::OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc2822).unwrap();
    let now = now.replace("+0000", "GMT");
    plain(
        &format!(
            "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nExpires: 0\r\n\
             Cache-Control: private\r\nLast-Modified: {now}\r\nETag: \"{:x}\"\r\nSet-Cookie: sid=1",
            asked.status.len() + body.len()
        ),
        body.as_bytes(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_stay_are_recorded_and_the_others_named() {
    let database = Database::sqlite();
    let fake = Server::start(Make { answer: headed, ..BEARER }, START, |_| {}).await;
    assert_eq!(ask(&database, &fake.address, START, &["--gravar", "d.toml"], SENHA).code, 0);
    let text = std::fs::read_to_string(database.dir.path().join("d.toml")).unwrap();
    let found: toml::Table = toml::from_str(&text).unwrap();
    let headers: Vec<_> = found["cabecalhos"].as_table().unwrap().iter().collect();
    let written = |(name, value): (&str, &str)| (name.to_owned(), toml::Value::from(value));
    let expected = [
        ("cache-control", "no-store, private"),
        ("expires", "0"),
        ("x-content-type-options", ""),
        ("x-request-id", ""),
    ]
    .map(written);
    assert_eq!(headers, expected.iter().map(|(name, value)| (name, value)).collect::<Vec<_>>(), "{text}");
    for said in ["the headers etag, last-modified, set-cookie", "where several came: cache-control"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let judged = ask(&database, &fake.address, START, &["--dialeto", "d.toml"], SENHA);
    assert_eq!(judged.code, 0, "{judged:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_in_other_words_is_a_difference_and_no_end() {
    let database = Database::sqlite();
    for (make, code) in [
        (BEARER, "failed  doc   status/em-atendimento"),
        (
            Make { token_header: "authorization", answer: makes::express, ..BEARER },
            "failed  doc   status/em-atendimento",
        ),
    ] {
        let fake = Server::start(make, START, |_| {}).await;
        for extra in [&["--only-documented"][..], &[]] {
            let outcome = ask(&database, &fake.address, START, extra, SENHA);
            assert_eq!((outcome.code, fake.present()), (1, START), "{outcome:?}");
            assert!(
                outcome.stdout.contains(code) || outcome.stdout.contains("passed  doc   status/em-atendimento"),
                "{outcome:?}"
            );
            assert!(!outcome.stdout.contains("unjudged"), "{outcome:?}");
        }
    }
}

/// Its errors, of failed logins too, have running numbers, and its successes name the user. A token has quotes.
fn counting(said: Said, _: Asked<'_>) -> Vec<u8> {
    static COUNT: AtomicUsize = AtomicUsize::new(10_020);
    let (code, body) = match said {
        Said::Made(..) => (200, r#"{"mensagem":"Alterado por Ana Souza","usuario":"ana.souza"}"#.to_owned()),
        Said::Token(token) => {
            let session = serde_json::Value::from(token);
            (200, format!(r#"{{"sessao":{session},"usuario":{{"nome":"Ana Souza","apelido":"ana.souza"}}}}"#))
        }
        Said::Refused(refusal @ (Refusal::NoUser | Refusal::WrongSenha)) => {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            (401, format!(r#"{{"erro":{number},"descricao":"{}"}}"#, text(refusal)))
        }
        Said::Refused(refusal) => (400, format!(r#"{{"message":"{}"}}"#, text(refusal))),
    };
    plain(&format!("HTTP/1.1 {code} X\r\nContent-Type: application/json"), body.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_names_the_user_is_kept_and_running_numbers_are_found() {
    let database = Database::sqlite();
    let fake = Server::start(QUOTED, START, |_| {}).await;
    let outcome = ask(&database, &fake.address, START, &["--gravar", "d.toml"], SENHA);
    assert_eq!((outcome.code, fake.present()), (0, START), "{outcome:?}");
    let text = std::fs::read_to_string(database.dir.path().join("d.toml")).unwrap();
    let found: toml::Table = toml::from_str(&text).unwrap();
    let sucesso = r#"{"mensagem":"Alterado por <pessoal>","usuario":"<pessoal>"}"#;
    assert_eq!(found["sucesso"]["corpo"].as_str(), Some(sucesso), "{text}");
    for name in ["unknown_user", "wrong_senha"] {
        let corpo = found["respostas"][name]["corpo"].as_str();
        assert_eq!(corpo, Some(r#"{"erro":<aleatorio digitos 5>,"descricao":"<texto>"}"#), "{name}: {text}");
    }
    assert!(!text.contains("Souza") && !text.contains("not reproduced"), "{text}");
    let note = "# what came with the login, too, is taken for the user's, and stands empty";
    assert!(text.split_once("[sucesso]").unwrap().0.contains(note), "{text}");
    let judged = ask(&database, &fake.address, START, &["--dialeto", "d.toml"], SENHA);
    assert_eq!(judged.code, 0, "{judged:?}");
}
