//! Requests that are repeated, and requests that say what they expect.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;
use tokio::task::JoinSet;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::server::{Answer, Server};

const OK: &str = "Atendimento atualizado com sucesso";
const REUSED: &str = "Idempotency-Key já usada com outra requisição";
const BODY: &str =
    r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "x", "visivelCliente": true}"#;

async fn keyed(server: &Server, token: &str, keys: &[&str], body: &str) -> Answer {
    let authorization = format!("Bearer {token}");
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend(keys.iter().map(|key| ("idempotency-key", *key)));
    server.send(Method::POST, "/api/atendimentos/status", &headers, body.to_owned()).await
}

#[track_caller]
fn is_made(answer: &Answer, replayed: bool) {
    answer.is(200, OK);
    assert_eq!(answer.header("idempotency-replayed"), replayed.then_some("true"));
}

async fn the_same_key_and_body_replays_the_answer(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    is_made(&keyed(server, &token, &["k"], BODY).await, false);
    for _ in 0..3 {
        is_made(&keyed(server, &token, &["k"], BODY).await, true);
    }
    // Another key, no key, and the same key of another user are other requests.
    is_made(&keyed(server, &token, &["K"], BODY).await, false);
    is_made(&keyed(server, &token, &["\"k\""], BODY).await, false);
    is_made(&keyed(server, &token, &[], BODY).await, false);
    is_made(&keyed(server, &server.token("admin").await, &["k"], BODY).await, false);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 5);
}

async fn the_same_key_with_another_body_is_refused(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    is_made(&keyed(server, &token, &["k"], BODY).await, false);
    keyed(server, &token, &["k"], &format!("{BODY} ")).await.is(422, REUSED);
    let other = r#"{"protocolo": "20221104000002", "status": "Finalizado"}"#;
    keyed(server, &token, &["k"], other).await.is(422, REUSED);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
}

async fn a_denied_request_leaves_its_key_free(server: &Server) {
    let token = server.token("user.api").await;
    let body = r#"{"protocolo": "20221104000001", "status": "Cancelado", "motivoStatus": "Novo"}"#;
    keyed(server, &token, &["k"], body).await.is(404, "Motivo não encontrado");
    edit(&server.store, async |e| e.insert_motivo(&"Novo".parse().unwrap()).await).await.unwrap();
    is_made(&keyed(server, &token, &["k"], body).await, false);
    is_made(&keyed(server, &token, &["k"], body).await, true);
}

async fn an_invalid_key_is_refused_after_the_token_and_before_the_body(server: &Server) {
    let token = server.token("user.api").await;
    for keys in [&[""][..], &[&"k".repeat(256)], &["a\tb"], &["ç"], &["a", "a"]] {
        keyed(server, &token, keys, "not JSON").await.is(400, "Idempotency-Key – valor inválido");
        keyed(server, "", keys, BODY).await.is(401, "Token is missing");
    }
    is_made(&keyed(server, &token, &[&"~".repeat(255)], BODY).await, false);
}

async fn a_request_in_progress_is_not_begun_again(database: &Database) {
    let server = Arc::new(Server::start(database).await);
    let token = server.token("user.api").await;
    let held = database.hold("20221104000001").await;
    let mut twins = JoinSet::new();
    for _ in 0..2 {
        let (server, token) = (Arc::clone(&server), token.clone());
        twins.spawn(async move { keyed(&server, &token, &["k"], BODY).await });
    }
    // One of them waits for the lock.
    let refused = twins.join_next().await.unwrap().unwrap();
    assert_eq!(refused.body, r#"{"message":"Requisição com esta Idempotency-Key em andamento"}"#);
    assert_eq!((refused.status, refused.header("retry-after")), (409, Some("1")));
    keyed(&server, &token, &["k"], "{}").await.is(400, "protocolo – esse campo é obrigatório");
    keyed(&server, &token, &["k"], &format!("{BODY} ")).await.is(422, REUSED);
    held.release().await;
    is_made(&twins.join_next().await.unwrap().unwrap(), false);
    is_made(&keyed(&server, &token, &["k"], BODY).await, true);
    Arc::into_inner(server).unwrap().stop().await;
}

async fn retries_that_race_on_two_servers_make_one_change(database: &Database) {
    const KEYS: usize = 40;
    const TRIES: usize = 6;
    let one = Arc::new(Server::start(database).await);
    let two = Arc::new(Server::on(database.config(&[]), database.open().await).await);
    let token = one.token("user.api").await;
    let mut tries = JoinSet::new();
    for attempt in 0..KEYS * TRIES {
        let server = Arc::clone(if attempt % 2 == 0 { &one } else { &two });
        let (token, key) = (token.clone(), (attempt / TRIES).to_string());
        tries.spawn(async move {
            // The same key also comes with other atendimentos: one of them wins.
            let protocolo = 20_221_104_000_001 + (attempt % 3) as u64;
            let body = json!({"protocolo": protocolo, "status": "Finalizado", "comentario": key,
                              "visivelCliente": false})
            .to_string();
            loop {
                let answer = keyed(&server, &token, &[&key], &body).await;
                match answer.status {
                    409 => {}
                    422 => return None,
                    _ => {
                        answer.is(200, OK);
                        return Some(answer.header("idempotency-replayed").is_none());
                    }
                }
            }
        });
    }
    let made = tries.join_all().await.into_iter().filter(|made| *made == Some(true)).count();
    assert_eq!(made, KEYS);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, KEYS as i64);
    assert_eq!(database.number("SELECT count(DISTINCT comentario) FROM historico").await, KEYS as i64);
    assert_eq!(database.broken_links().await, 0);
    Arc::into_inner(one).unwrap().stop().await;
    Arc::into_inner(two).unwrap().stop().await;
}

async fn twins_on_two_servers_that_say_what_they_expect_make_one_change_and_replay_it(database: &Database) {
    const PAIRS: usize = 60;
    let servers = [
        Arc::new(Server::start(database).await),
        Arc::new(Server::on(database.config(&[]), database.open().await).await),
    ];
    let token = servers[0].token("user.api").await;
    for (way, protocolo) in ["statusAtual", "If-Match", "lote"].into_iter().zip(20_221_104_000_006_u64..) {
        for pair in 0..PAIRS {
            // Each change makes what its twin expects untrue.
            let (from, to) = if pair % 2 == 0 { ("Aberto", "Em atendimento") } else { ("Em atendimento", "Aberto") };
            let (key, revision) = (format!("{way} {pair}"), format!("\"{pair}\""));
            let change = match way {
                "If-Match" => json!({"protocolo": protocolo, "status": to}),
                _ => json!({"protocolo": protocolo, "status": to, "statusAtual": from}),
            };
            let body = if way == "lote" { json!({"itens": [change]}) } else { change };
            let mut twins = JoinSet::new();
            for server in servers.clone() {
                let (token, key, revision, body) = (token.clone(), key.clone(), revision.clone(), body.to_string());
                twins.spawn(async move {
                    let path = if way == "lote" { "/api/atendimentos/status/lote" } else { "/api/atendimentos/status" };
                    let mut headers = vec![("authorization", token.as_str()), ("idempotency-key", &key)];
                    headers.extend((way == "If-Match").then_some(("if-match", revision.as_str())));
                    server.send(Method::POST, path, &headers, body).await
                });
            }
            let answers = twins.join_all().await;
            if way == "lote" {
                let made = json!([{"protocolo": protocolo.to_string(), "codigo": 200, "message": OK}]);
                assert!(answers.iter().all(|answer| answer.json()["resultados"] == made), "{pair}: {answers:?}");
            } else {
                answers.iter().for_each(|answer| answer.is(200, OK));
                let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_some());
                assert_eq!(replayed.count(), 1);
            }
        }
    }
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 3 * PAIRS as i64);
    for server in servers {
        Arc::into_inner(server).unwrap().stop().await;
    }
}

async fn a_key_is_kept_for_a_day(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    is_made(&keyed(server, &token, &["k"], BODY).await, false);
    server.advance(database, Duration::minutes(59)).await;
    is_made(&keyed(server, &token, &["k"], BODY).await, true);
    is_made(&keyed(server, &token, &["a day old"], BODY).await, false);
    server.advance(database, Duration::hours(24)).await;
    let token = server.token("user.api").await;
    server.purge().await;
    is_made(&keyed(server, &token, &["k"], BODY).await, false);
    is_made(&keyed(server, &token, &["a day old"], BODY).await, true);
}

async fn the_revision_that_the_client_has_read_is_compared(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let matching = async |tags: &[&str], status: &str| {
        let mut headers = vec![("authorization", token.as_str())];
        headers.extend(tags.iter().map(|tag| ("if-match", *tag)));
        let body = json!({"protocolo": "20221104000001", "status": status}).to_string();
        server.send(Method::POST, "/api/atendimentos/status", &headers, body).await
    };
    for tags in [&["\"0\""][..], &["*"], &["\"9\", \"2\""], &["\"x\"", "\"3\""], &[]] {
        matching(tags, "Aberto").await.is(200, OK);
    }
    for tags in [&["\"4\""][..], &["W/\"5\""], &["5"], &[""], &["\"05\""], &["\"x\""], &["\"5"], &["\"4\",\"6\""]] {
        let answer = matching(tags, "Cancelado").await;
        assert_eq!(answer.body, r#"{"message":"Atendimento alterado desde a leitura","statusAtual":"Aberto"}"#);
        assert_eq!((answer.status, answer.header("etag")), (412, Some("\"5\"")), "{tags:?}");
    }
    matching(&["\"4\""], "Novo").await.is(404, "Status não encontrado");
    matching(&["\"5\""], "Cancelado").await.is(400, "motivoStatus – esse campo é obrigatório");
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 5);
}

async fn what_the_client_expects_is_compared(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let expecting =
        |atual: Value, status: &str| json!({"protocolo": "20221104000001", "status": status, "statusAtual": atual});
    for atual in [json!("Aberto"), json!(" aBERTO "), Value::Null] {
        server.change_with(&token, expecting(atual, "Aberto")).await.is(200, OK);
    }
    server.change_with(&token, expecting(json!("Aberto"), "Finalizado")).await.is(200, OK);
    let answer = server.change_with(&token, expecting(json!("Aberto"), "Finalizado")).await;
    assert_eq!(answer.status, 412);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, r#"{"message":"Status atual diferente do esperado","statusAtual":"Finalizado"}"#);
    // Before the motivo that reopening needs, and after what does not exist.
    assert_eq!(server.change_with(&token, expecting(json!("Aberto"), "Aberto")).await.status, 412);
    server.change_with(&token, expecting(json!("Aberto"), "Novo")).await.is(404, "Status não encontrado");
    for wrong in [json!("Novo"), json!({}), json!(1), json!(true), json!(["Aberto"])] {
        server.change_with(&token, expecting(wrong, "Aberto")).await.is(400, "statusAtual – valor inválido");
    }
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 4);
}

both_engines! {
    the_same_key_and_body_replays_the_answer,
    the_same_key_with_another_body_is_refused,
    a_denied_request_leaves_its_key_free,
    an_invalid_key_is_refused_after_the_token_and_before_the_body,
    a_request_in_progress_is_not_begun_again,
    retries_that_race_on_two_servers_make_one_change,
    twins_on_two_servers_that_say_what_they_expect_make_one_change_and_replay_it,
    a_key_is_kept_for_a_day,
    the_revision_that_the_client_has_read_is_compared,
    what_the_client_expects_is_compared,
}
