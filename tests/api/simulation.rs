//! `?simular=true`: everything is judged, nothing is written.

use std::sync::Arc;

use citrus_status::domain::atendimento::Status;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::server::{Answer, Server};

const ABERTO: &str = "20221104000001";
const FINALIZADO: &str = "20221104000005";
const MADE: &str = "Atendimento atualizado com sucesso";

async fn ask(server: &Server, token: &str, query: &str, key: Option<&str>, body: &Value) -> Answer {
    let mut headers = vec![("authorization", token)];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    let path = format!("/api/atendimentos/status{query}");
    server.send(Method::POST, &path, &headers, body.to_string()).await
}

async fn it_says_what_would_happen_and_writes_nothing(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    for (protocolo, status, motivo, answer) in [
        (ABERTO, " finalizado ", " ", r#""de":"Aberto","para":"Finalizado","motivoStatus":null}"#),
        (ABERTO, "Cancelado", "DUPLICADO", r#""de":"Aberto","para":"Cancelado","motivoStatus":"Duplicado"}"#),
        (ABERTO, "Aberto", "Outro", r#""de":"Aberto","para":"Aberto","motivoStatus":null}"#),
        (
            FINALIZADO,
            "Em atendimento",
            "fora do escopo",
            r#""de":"Finalizado","para":"Em atendimento","motivoStatus":"Fora do escopo"}"#,
        ),
    ] {
        let body = json!({"protocolo": protocolo, "status": status, "motivoStatus": motivo, "comentario": "x",
                          "visivelCliente": true});
        for query in ["?simular=true", "?x&simular=TRUE&x=1"] {
            let simulated = ask(server, &token, query, None, &body).await;
            assert_eq!(simulated.body, format!(r#"{{"message":"Simulação: atendimento seria atualizado",{answer}"#));
            assert_eq!((simulated.status, simulated.header("content-type")), (200, Some("application/json")));
        }
    }
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM atendimento WHERE revisao > 0").await, 0);
    for query in ["?simular=false", "?simular=False", "?Simular=true", "?"] {
        ask(server, &token, query, None, &json!({"protocolo": ABERTO, "status": "Aberto"})).await.is(200, MADE);
    }
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 4);
}

async fn refusals_are_those_of_the_change(server: &Server) {
    let token = server.token("user.api").await;
    for (body, status) in [
        (json!([]), 400),
        (json!({}), 400),
        (json!({"protocolo": ABERTO}), 400),
        (json!({"protocolo": ABERTO, "status": "Aberto", "comentario": "x"}), 400),
        (json!({"protocolo": ABERTO, "status": "Aberto", "statusAtual": "x"}), 400),
        (json!({"protocolo": "9", "status": "Novo"}), 404),
        (json!({"protocolo": ABERTO, "status": "Novo"}), 404),
        (json!({"protocolo": ABERTO, "status": "Cancelado", "statusAtual": "Finalizado"}), 412),
        (json!({"protocolo": ABERTO, "status": "Cancelado"}), 400),
        (json!({"protocolo": ABERTO, "status": "Cancelado", "motivoStatus": "Outro"}), 404),
        (json!({"protocolo": FINALIZADO, "status": "Aberto"}), 400),
    ] {
        let simulated = ask(server, &token, "?simular=true", None, &body).await;
        let real = ask(server, &token, "", None, &body).await;
        assert_eq!((simulated.status, &simulated.body), (status, &real.body), "{body}");
        assert_eq!(real.status, status);
    }
    let body = json!({"protocolo": ABERTO, "status": "Aberto"});
    ask(server, "", "?simular=true", None, &body).await.is(401, "Token is missing");
    let denied = server.token("user.sem.permissao").await;
    ask(server, &denied, "?simular=x", None, &body).await.is(403, "Acess denied");
}

async fn only_true_and_false_are_known(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    for query in ["simular", "simular=", "simular=1", "simular=sim", "simular=true+", "simular=true&simular=true"] {
        // Before the key and the body.
        let answer = ask(server, &token, &format!("?{query}"), Some(""), &json!([])).await;
        answer.is(400, "simular – valor inválido");
    }
    ask(server, &token, "?simular=true", Some(""), &json!([])).await.is(400, "Idempotency-Key – valor inválido");
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
}

async fn no_key_is_taken_and_one_that_is_taken_counts(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let body = json!({"protocolo": ABERTO, "status": "Finalizado"});
    for _ in 0..2 {
        let simulated = ask(server, &token, "?simular=true", Some("k"), &body).await;
        assert_eq!((simulated.status, &simulated.json()["para"]), (200, &json!("Finalizado")));
    }
    assert_eq!(database.number("SELECT count(*) FROM idempotencia").await, 0);
    let made = ask(server, &token, "", Some("k"), &body).await;
    made.is(200, MADE);
    assert_eq!(made.header("idempotency-replayed"), None);

    for query in ["?simular=true", ""] {
        let replayed = ask(server, &token, query, Some("k"), &body).await;
        replayed.is(200, MADE);
        assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
        let other = json!({"protocolo": ABERTO, "status": "Aberto"});
        let reused = ask(server, &token, query, Some("k"), &other).await;
        reused.is(422, "Idempotency-Key já usada com outra requisição");
    }
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
}

async fn it_sees_a_key_in_flight_and_waits_for_no_lock(database: &Database) {
    let server = Arc::new(Server::start(database).await);
    let token = server.token("user.api").await;
    let body = json!({"protocolo": ABERTO, "status": "Finalizado"});
    let held = database.hold(ABERTO).await;
    let mut twins = JoinSet::new();
    for _ in 0..2 {
        let (server, token, body) = (Arc::clone(&server), token.clone(), body.clone());
        twins.spawn(async move { ask(&server, &token, "", Some("k"), &body).await });
    }
    // The other one waits for the lock.
    assert_eq!(twins.join_next().await.unwrap().unwrap().status, 409);
    assert_eq!(ask(&server, &token, "?simular=true", Some("k"), &body).await.status, 409);
    let other = json!({"protocolo": ABERTO, "status": "Aberto"});
    assert_eq!(ask(&server, &token, "?simular=true", Some("k"), &other).await.status, 422);
    assert_eq!(ask(&server, &token, "?simular=true", Some("other"), &body).await.status, 200);
    held.release().await;
    twins.join_next().await.unwrap().unwrap().is(200, MADE);
    Arc::into_inner(server).unwrap().stop().await;
}

/// Another process makes the change between the first look at its key and the look at the atendimento.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_after_the_first_look_is_a_replay() {
    let Some(database) = Database::new(Engine::Postgres).await else { return };
    let server = Arc::new(Server::start(&database).await);
    let token = server.token("user.api").await;
    let body = json!({"protocolo": ABERTO, "status": "Finalizado", "statusAtual": "Aberto"});
    let other = json!({"protocolo": ABERTO, "status": "Cancelado", "statusAtual": "Aberto"});
    ask(&server, &token, "", Some("k"), &body).await.is(200, MADE);
    database.execute("CREATE TABLE made AS SELECT * FROM idempotencia").await;
    let set = |status: Status, revisao| {
        let status = status.code();
        format!("UPDATE atendimento SET status = {status}, revisao = {revisao} WHERE protocolo = '{ABERTO}'")
    };
    for (query, body, status) in
        [("?simular=true", &body, 200), ("?simular=true", &other, 422), ("", &body, 200), ("", &other, 422)]
    {
        database.execute("DELETE FROM idempotencia; DELETE FROM historico").await;
        database.execute(&set(Status::Aberto, 0)).await;
        let mut held = database.hold_by("LOCK TABLE atendimento").await;
        held.execute(&set(Status::Finalizado, 1)).await;
        held.execute("INSERT INTO idempotencia SELECT * FROM made").await;
        let (asking, token, body) = (Arc::clone(&server), token.clone(), body.clone());
        let asked = tokio::spawn(async move { ask(&asking, &token, query, Some("k"), &body).await });
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'atendimento'::regclass";
        while database.number(waiting).await == 0 {}
        held.commit().await;
        let answer = asked.await.unwrap();
        assert_eq!(
            (answer.status, answer.header("idempotency-replayed").is_some()),
            (status, status == 200),
            "{query}"
        );
    }
    Arc::into_inner(server).unwrap().stop().await;
    database.remove().await;
}

both_engines! {
    it_says_what_would_happen_and_writes_nothing,
    refusals_are_those_of_the_change,
    only_true_and_false_are_known,
    no_key_is_taken_and_one_that_is_taken_counts,
    it_sees_a_key_in_flight_and_waits_for_no_lock,
}
