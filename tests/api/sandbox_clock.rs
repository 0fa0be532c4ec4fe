//! The clock of a sandbox, which a test moves.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

const CLOCK: &str = "/sandbox/relogio";
const MOTIVOS: &str = "/api/motivos";
const RIGHT: &str = r#"{"agora":"2026-11-23T10:00:00.000Z","adiantado":0}"#;

async fn set(server: &Server, to: Value) -> Answer {
    server.send(Method::POST, CLOCK, &[], to.to_string()).await
}

async fn a_token_expires_when_the_clock_is_moved(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    let headers = [("authorization", token.as_str())];
    assert_eq!(server.get(CLOCK).await.body, RIGHT);
    let moved = set(&server, json!({"avancar": 3601})).await;
    assert_eq!(moved.body, r#"{"agora":"2026-11-23T11:00:01.000Z","adiantado":3601000}"#);
    server.send(Method::GET, MOTIVOS, &headers, "").await.is(
        401,
        "JWT expired at 2026-11-23T11:00:00Z. Current time: 2026-11-23T11:00:01Z, a difference of 1000 milliseconds.  \
         Allowed clock skew: 0 milliseconds.",
    );
    assert_eq!(server.send(Method::DELETE, CLOCK, &[], "").await.body, RIGHT);
    assert_eq!(server.send(Method::GET, MOTIVOS, &headers, "").await.status, 200);
    let moved = set(&server, json!({"agora": "2027-01-02T03:04:05.5-03:00"})).await;
    assert_eq!(moved.json()["agora"], "2027-01-02T06:04:05.500Z");
    assert_eq!(server.send(Method::GET, MOTIVOS, &headers, "").await.status, 401);
    // It goes on from there, as far behind as ahead; a reset puts it right.
    set(&server, json!({"agora": "2026-11-23T10:00:00Z"})).await;
    let behind = set(&server, json!({"avancar": -60})).await;
    assert_eq!(behind.body, r#"{"agora":"2026-11-23T09:59:00.000Z","adiantado":-60000}"#);
    server.advance(database, time::Duration::seconds(1)).await;
    assert_eq!(server.get(CLOCK).await.json()["agora"], "2026-11-23T09:59:01.000Z");
    server.send(Method::POST, "/sandbox/reset", &[], "").await.is(200, "Dados de exemplo restaurados");
    assert_eq!(server.get(CLOCK).await.body, r#"{"agora":"2026-11-23T10:00:01.000Z","adiantado":0}"#);
    server.stop().await;
}

async fn other_times_are_refused(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    for (to, message) in [
        (json!({}), "avancar – esse campo é obrigatório"),
        (json!({"avancar": "1"}), "avancar – valor inválido"),
        (json!({"avancar": 1.5}), "avancar – valor inválido"),
        (json!({"avancar": 1e30}), "avancar – valor inválido"),
        (json!({"avancar": i64::MAX}), "avancar – valor inválido"),
        (json!({"avancar": i64::MIN}), "avancar – valor inválido"),
        (json!({"avancar": 40_000_000_000_i64}), "avancar – valor inválido"),
        (json!({"agora": "amanhã"}), "agora – valor inválido"),
        (json!({"agora": 1}), "agora – valor inválido"),
        (json!({"agora": "1999-12-31T23:59:59Z"}), "agora – valor inválido"),
        (json!({"agora": "3000-01-01T00:00:00Z"}), "agora – valor inválido"),
        (json!({"agora": "2026-11-23T10:00:00Z", "avancar": 1}), "agora – valor inválido"),
        (json!({"avançar": 1}), "membro fora de avancar e agora – valor inválido"),
    ] {
        set(&server, to).await.is(400, message);
    }
    assert_eq!(server.get(CLOCK).await.body, RIGHT);
    server.stop().await;
}

both_engines! {
    a_token_expires_when_the_clock_is_moved,
    other_times_are_refused,
}
