//! A server of ours beside: it is asked the same, and changes nothing.

use serde_json::Value;

use super::Mirror;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::Process;

async fn a_shadow_answers_the_same_and_changes_nothing(database: &Database) {
    database.example().await.close().await;
    let of_citrus = Database::sqlite();
    of_citrus.example().await.close().await;
    let citrus = Process::serve(&of_citrus);
    let ours = Process::serve(database);
    let shadow = format!("http://{}", ours.address);
    let mut mirror = Mirror::start(&format!("http://{}", citrus.address), &["--sombra", &shadow], &[]);
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
        log.contains("not asked: 1 changes whose login was not seen, 0 that came too fast; 0 without an answer"),
        "{log}"
    );
    let token = ours.token("user.api").await;
    let record = ours.request(reqwest::Method::GET, "/api/atendimentos/status?protocolo=20221104000001", &token);
    let record: Value = serde_json::from_str(&record.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(record["status"], "Aberto");
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
    the_shadow_gets_its_token_as_it_takes_it,
    a_shadow_answers_the_same_and_changes_nothing,
}
