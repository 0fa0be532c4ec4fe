//! A server of ours beside: it is asked the same, and changes nothing.

use serde_json::Value;

use super::Mirror;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::Process;

/// A Citrus with its data, our server on `database`, and a mirror between that Citrus and its clients, with ours as the shadow.
async fn rehearsal(database: &Database) -> ((Database, Process), Process, Mirror) {
    database.example().await.close().await;
    let of_citrus = Database::sqlite();
    of_citrus.example().await.close().await;
    let citrus = Process::serve(&of_citrus);
    let ours = Process::serve(database);
    let shadow = format!("http://{}", ours.address);
    let mirror = Mirror::start(&format!("http://{}", citrus.address), &["--sombra", &shadow], &[]);
    ((of_citrus, citrus), ours, mirror)
}

async fn a_shadow_answers_the_same_and_changes_nothing(database: &Database) {
    let (_citrus, ours, mut mirror) = rehearsal(database).await;
    let token = mirror.process.token("user.api").await;
    let change = r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#;
    for (token, body) in [(&token[..], change), (&token, r#"{"status": "Aberto"}"#), (&token, change), ("a.b", "{}")] {
        mirror.process.post("/api/atendimentos/status", token, body).await;
    }
    mirror.process.says("new: status token_periods");
    let (code, log, _) = mirror.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the shadow answered 4 times alike"), "{log}");
    assert!(
        log.contains("not asked: 1 changes whose login was not seen, 0 that came too fast, 0 of more than 64 KiB; 0 without an answer"),
        "{log}"
    );
    let token = ours.token("user.api").await;
    let record = ours.request(reqwest::Method::GET, "/api/atendimentos/status?protocolo=20221104000001", &token);
    let record: Value = serde_json::from_str(&record.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(record["status"], "Aberto");
}

/// In whichever charset it is, and with whichever declaration.
async fn the_shadow_is_asked_as_the_client_wrote(database: &Database) {
    let (_citrus, _ours, mut mirror) = rehearsal(database).await;
    let token = mirror.process.token("user.api").await;
    let text = r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "não é ação", "visivelCliente": true}"#;
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let long = text.replace("ação", &"ação".repeat(20_000)).into_bytes();
    for (kind, body) in [
        (Some("application/json; charset=ISO-8859-1"), latin.clone()),
        (Some("application/json;charset=\"utf-16le\""), little),
        (Some("text/plain; charset=UTF-16"), big),
        (Some("text/plain; charset=EBCDIC"), latin.clone()),
        (None, latin),
        (None, text.into()),
        (Some("application/json"), long),
    ] {
        let change = mirror.process.request(reqwest::Method::POST, "/api/atendimentos/status", &token);
        let change = kind.into_iter().fold(change, |change, kind| change.header("content-type", kind));
        change.body(body).send().await.unwrap();
    }
    mirror.process.post("/api/atendimentos/status", "a.b", "{}").await;
    mirror.process.says("new: status token_periods");
    let (_, log, lines) = mirror.end();
    assert!(log.contains("the shadow answered 7 times alike"), "{log}");
    assert!(log.contains("0 that came too fast, 1 of more than 64 KiB; 0 without an answer"), "{log}");
    assert_eq!(lines[1]["corpo"]["comentario"], "<texto de 10 caracteres>");
    let cases: Vec<&Value> = lines.iter().map(|line| &line["caso"]).collect();
    assert_eq!(
        cases,
        [
            "login",
            "sucesso",
            "sucesso",
            "sucesso",
            "unknown_charset",
            "body_not_utf8",
            "sucesso",
            "body_too_large",
            "token_periods"
        ]
    );
}

/// Citrus and our server take the token in headers of their own.
async fn the_shadow_gets_its_token_as_it_takes_it(database: &Database) {
    const OWN: &str = "[token]\ncabecalhos = ['x-access-token']\n[respostas.wrong_senha]\ntexto = 'Não'\n";
    database.example().await.close().await;
    let of_citrus = Database::sqlite();
    of_citrus.example().await.close().await;
    for directory in [&database.dir, &of_citrus.dir] {
        std::fs::write(directory.path().join("d.toml"), OWN).unwrap();
    }
    let in_dialect = [("DIALECT_FILE", "d.toml")];
    let citrus_and_shadow = [(true, false), (false, true), (true, true)];
    for (citrus_has, shadow_has) in citrus_and_shadow {
        let extra = |has: bool| if has { &in_dialect[..] } else { &[] };
        let citrus = Process::serve_with(&of_citrus, extra(citrus_has), &[]);
        let ours = Process::serve_with(database, extra(shadow_has), &[]);
        let shadow = format!("http://{}", ours.address);
        let file = database.dir.path().join("d.toml");
        let mut flags = vec!["--sombra", &shadow];
        if shadow_has {
            flags.extend(["--dialeto", file.to_str().unwrap()]);
        }
        let mut mirror = Mirror::start(&format!("http://{}", citrus.address), &flags, &[]);
        let token = mirror.process.token("user.api").await;
        let change = mirror.process.request(reqwest::Method::POST, "/api/atendimentos/status", "");
        let (name, value) =
            if citrus_has { ("x-access-token", token) } else { ("authorization", format!("Bearer {token}")) };
        let change = change.header(name, value).body(r#"{"protocolo": "1", "status": "Aberto"}"#);
        assert_eq!(change.send().await.unwrap().status(), 404);
        mirror.process.says("new: status unknown_atendimento");
        let (_, log, _) = mirror.end();
        assert!(log.contains("the shadow answered 2 times alike"), "{citrus_has} {shadow_has} {log}");
        assert!(log.contains("not asked: 0 changes"), "{log}");
    }
}

both_engines! {
    the_shadow_is_asked_as_the_client_wrote,
    the_shadow_gets_its_token_as_it_takes_it,
    a_shadow_answers_the_same_and_changes_nothing,
}
