//! Many changes in one request.

use std::sync::Arc;

use citrus_status::domain::atendimento::Status;
use citrus_status::store::NewAtendimento;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::tester;
use crate::support::server::{Answer, Server};

const LOTE: &str = "/api/atendimentos/status/lote";
const BUSY: &str = "Requisição com esta Idempotency-Key em andamento";

async fn send(server: &Server, token: &str, key: Option<&str>, body: impl ToString) -> Answer {
    let mut headers = vec![("authorization", token)];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    server.send(Method::POST, LOTE, &headers, body.to_string()).await
}

/// The codes of the results, in their order.
#[track_caller]
fn codes(answer: &Answer) -> Vec<u64> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["resultados"].as_array().unwrap().iter().map(|item| item["codigo"].as_u64().unwrap()).collect()
}

fn item(last: u32, status: &str) -> Value {
    json!({"protocolo": format!("202211040000{last:02}"), "status": status})
}

/// Registers as many atendimentos, `0`, `1` and so on.
async fn many(server: &Server, count: usize) {
    let novos: Vec<NewAtendimento> =
        (0..count).map(|i| NewAtendimento { protocolo: i.to_string(), status: Status::Aberto }).collect();
    let mut import = server.store.begin_import().await.unwrap();
    import.insert(&novos).await.unwrap();
    import.commit(&tester(), &[]).await.unwrap();
}

async fn each_change_is_answered_in_its_place(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let itens = json!({"extra": 1, "itens": [
        {"protocolo": " 20221104000001 ", "status": "finalizado", "comentario": "x", "visivelCliente": "True"},
        {"protocolo": 20_221_104_000_001_u64, "status": "Aberto"},
        {"protocolo": "20221104000002", "status": "Cancelado", "motivoStatus": "Outro"},
        {"protocolo": "9", "status": "Novo"},
        {"protocolo": "20221104000002", "status": "Novo"},
        {"protocolo": "20221104000002"},
        {"status": "Aberto"},
        7,
        {"protocolo": "20221104000003", "status": "Aberto", "statusAtual": "Aberto"},
        {"protocolo": "x".repeat(65), "status": "Aberto"},
        {"protocolo": "20221104000004", "status": "Aberto", "comentario": "x"},
    ]});
    let twice = r#"{"protocolo": "1", "status": "Aberto", "status": "Aberto"}"#;
    let body = itens.to_string().replace("7,", &format!("{twice},\n7,"));
    let answer = send(server, &token, None, body).await;
    assert_eq!(
        answer.body,
        concat!(
            r#"{"resultados":[{"protocolo":"20221104000001","codigo":200,"message":"Atendimento atualizado com sucesso"},"#,
            r#"{"protocolo":"20221104000001","codigo":400,"message":"motivoStatus – esse campo é obrigatório"},"#,
            r#"{"protocolo":"20221104000002","codigo":404,"message":"Motivo não encontrado"},"#,
            r#"{"protocolo":"9","codigo":404,"message":"Atendimento não encontrado"},"#,
            r#"{"protocolo":"20221104000002","codigo":404,"message":"Status não encontrado"},"#,
            r#"{"protocolo":"20221104000002","codigo":400,"message":"status – esse campo é obrigatório"},"#,
            r#"{"protocolo":null,"codigo":400,"message":"protocolo – esse campo é obrigatório"},"#,
            r#"{"protocolo":"1","codigo":400,"message":"Corpo da requisição inválido: campo status duplicado"},"#,
            r#"{"protocolo":null,"codigo":400,"message":"Corpo da requisição inválido: não é um objeto JSON"},"#,
            r#"{"protocolo":"20221104000003","codigo":412,"message":"Status atual diferente do esperado","statusAtual":"Cancelado"},"#,
            r#"{"protocolo":null,"codigo":400,"message":"protocolo – valor inválido"},"#,
            r#"{"protocolo":"20221104000004","codigo":400,"message":"visivelCliente – esse campo é obrigatório"}]}"#,
        )
    );
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
}

async fn changes_of_one_atendimento_are_made_in_their_order(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    many(server, 7).await;
    let itens: Vec<Value> = (0..350)
        .map(|i| {
            json!({"protocolo": (i % 7).to_string(), "status": (["Finalizado", "Aberto", "Cancelado"][i / 7 % 3]),
                   "motivoStatus": "Duplicado", "comentario": i.to_string(), "visivelCliente": false})
        })
        .collect();
    assert_eq!(codes(&send(server, &token, None, json!({"itens": itens})).await), [200; 350]);
    for protocolo in 0..7 {
        let record = server.record(&protocolo.to_string()).await;
        let numbers: Vec<usize> = record["comentarios"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["texto"].as_str().unwrap().parse().unwrap())
            .collect();
        assert_eq!(numbers, (0..50).map(|turn| turn * 7 + protocolo).collect::<Vec<_>>());
    }
    assert_eq!(database.broken_links().await, 0);
}

async fn a_thousand_changes_fit_and_leave_room_in_the_queue(database: &Database) {
    // Two shards on PostgreSQL, each with room for no more than one request may put in.
    let server = Server::with(database, &[("QUEUE_CAPACITY", "64")]).await;
    let token = server.token("user.api").await;
    many(&server, 1001).await;
    let itens = |count: usize| -> Vec<Value> {
        (0..count).map(|i| json!({"protocolo": i.to_string(), "status": "Finalizado"})).collect()
    };
    assert_eq!(codes(&send(&server, &token, None, json!({"itens": itens(1000)})).await), [200; 1000]);
    send(&server, &token, None, json!({"itens": itens(1001)})).await.is(400, "itens – valor inválido");
    assert_eq!(database.number("SELECT count(*) FROM atendimento WHERE revisao = 1").await, 1000);
    server.stop().await;
}

async fn an_invalid_request_changes_nothing(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let required = "itens – esse campo é obrigatório";
    for body in [json!({}), json!({"itens": null})] {
        send(server, &token, None, body).await.is(400, required);
    }
    for itens in [json!([]), json!({}), json!("x"), json!(1), json!(true), json!(1.5)] {
        send(server, &token, None, json!({"itens": itens})).await.is(400, "itens – valor inválido");
    }
    let invalid = "Corpo da requisição inválido: ";
    send(server, &token, None, "[]").await.is(400, &format!("{invalid}não é um objeto JSON"));
    let one = item(1, "Aberto");
    let cut = format!(r#"{{"itens": [{one}, "#);
    send(server, &token, None, cut).await.is(400, &format!("{invalid}JSON incompleto, termina na linha 1, coluna 61"));
    let twice = format!(r#"{{"itens": [{one}], "itens": [{one}]}}"#);
    send(server, &token, None, twice).await.is(400, &format!("{invalid}campo itens duplicado"));

    let one = json!({"itens": [one]}).to_string();
    let padded = |length: usize| format!("{one}{}", " ".repeat(length - one.len()));
    // The server ends the connection, so it is not for the next request.
    let last = [("authorization", token.as_str()), ("connection", "close")];
    let answer = server.send(Method::POST, LOTE, &last, padded(4_096_001)).await;
    answer.is(413, "Corpo da requisição muito grande");
    send(server, "", None, &one).await.is(401, "Token is missing");
    let denied = server.token("user.sem.permissao").await;
    send(server, &denied, None, &one).await.is(403, "Acess denied");
    send(server, &token, Some(""), &one).await.is(400, "Idempotency-Key – valor inválido");
    for (query, header, message) in [
        ("?simular=true", "x-none", "simular – valor inválido"),
        ("?simular=x", "x-none", "simular – valor inválido"),
        ("", "if-match", "If-Match – valor inválido"),
    ] {
        let headers = [("authorization", token.as_str()), (header, "\"0\"")];
        server.send(Method::POST, &format!("{LOTE}{query}"), &headers, one.clone()).await.is(400, message);
    }
    let get = server.get(LOTE).await;
    get.is(405, "Método não permitido");
    assert_eq!(get.header("allow"), Some("POST"));
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
    assert_eq!(codes(&send(server, &token, None, padded(4_096_000)).await), [200]);
}

async fn a_repetition_replays_what_was_made_and_tries_the_rest(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let itens = [item(1, "Finalizado"), item(1, "Aberto"), item(2, "Cancelado"), item(1, "Finalizado")];
    let mut body = json!({"itens": itens});
    for _ in 0..2 {
        assert_eq!(codes(&send(server, &token, Some("k"), &body).await), [200, 400, 400, 200]);
        assert_eq!(database.number("SELECT count(*) FROM historico").await, 2);
    }
    // What was not made may be corrected; what was made may not be changed.
    body["itens"][2]["motivoStatus"] = json!("Duplicado");
    body["itens"][3]["status"] = json!("Aberto");
    let answer = send(server, &token, Some("k"), &body).await;
    assert_eq!(codes(&answer), [200, 400, 200, 422]);
    assert_eq!(answer.json()["resultados"][3]["message"], "Idempotency-Key já usada com outra requisição");
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 3);
    // Another key, the same key alone, and no key are other requests.
    let one = json!({"itens": [item(1, "Finalizado")]});
    for key in [Some("k2"), None] {
        assert_eq!(codes(&send(server, &token, key, &one).await), [200]);
    }
    let headers = [("authorization", token.as_str()), ("idempotency-key", "k")];
    let single = server.send(Method::POST, "/api/atendimentos/status", &headers, item(1, "Aberto").to_string()).await;
    single.is(400, "motivoStatus – esse campo é obrigatório");
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 5);
}

async fn after_a_change_in_progress_its_atendimento_is_left_alone(database: &Database) {
    let server = Arc::new(Server::start(database).await);
    let token = server.token("user.api").await;
    let held = database.hold("20221104000001").await;
    let body = json!({"itens": [item(1, "Finalizado"), item(1, "Cancelado"), {"protocolo": "9"}, item(1, "Novo")]});
    let body = body.to_string().replace("Cancelado\"", "Cancelado\", \"motivoStatus\": \"Duplicado\"");
    let mut twins = JoinSet::new();
    for _ in 0..2 {
        let (server, token, body) = (Arc::clone(&server), token.clone(), body.clone());
        twins.spawn(async move { send(&server, &token, Some("k"), body).await });
    }
    // One of them waits for the lock.
    let refused = twins.join_next().await.unwrap().unwrap();
    assert_eq!(codes(&refused), [409, 409, 400, 409]);
    assert_eq!(refused.json()["resultados"][3]["message"], BUSY);
    held.release().await;
    assert_eq!(codes(&twins.join_next().await.unwrap().unwrap()), [200, 200, 400, 404]);
    assert_eq!(codes(&send(&server, &token, Some("k"), body).await), [200, 200, 400, 404]);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 2);
    Arc::into_inner(server).unwrap().stop().await;
}

async fn only_so_many_requests_are_served_at_once(database: &Database) {
    let server = Arc::new(Server::start(database).await);
    let token = server.token("user.api").await;
    let held = database.hold("20221104000001").await;
    let mut requests = JoinSet::new();
    for _ in 0..5 {
        let (server, token) = (Arc::clone(&server), token.clone());
        requests.spawn(async move { send(&server, &token, None, json!({"itens": [item(1, "Aberto")]})).await });
    }
    requests.join_next().await.unwrap().unwrap().is(503, "Serviço indisponível");
    send(&server, "", None, "{}").await.is(401, "Token is missing");
    held.release().await;
    while let Some(answer) = requests.join_next().await {
        assert_eq!(codes(&answer.unwrap()), [200]);
    }
    assert_eq!(codes(&send(&server, &token, None, json!({"itens": [item(1, "Aberto")]})).await), [200]);
    Arc::into_inner(server).unwrap().stop().await;
}

both_engines! {
    each_change_is_answered_in_its_place,
    changes_of_one_atendimento_are_made_in_their_order,
    a_thousand_changes_fit_and_leave_room_in_the_queue,
    an_invalid_request_changes_nothing,
    a_repetition_replays_what_was_made_and_tries_the_rest,
    after_a_change_in_progress_its_atendimento_is_left_alone,
    only_so_many_requests_are_served_at_once,
}
