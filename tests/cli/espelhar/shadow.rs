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

both_engines! {
    a_shadow_answers_the_same_and_changes_nothing,
}
