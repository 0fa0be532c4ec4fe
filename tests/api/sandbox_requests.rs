//! The journal of a sandbox: the requests that came, for tests to look at.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::client::{Client, request};
use crate::support::database::Database;
use crate::support::server::Server;

const JOURNAL: &str = "/sandbox/requisicoes";
const STATUS: &str = "/api/atendimentos/status";
const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#;
const NOW: &str = "2026-11-23T10:00:00.000Z";

async fn seen(server: &Server, query: &str) -> Vec<Value> {
    server.get(&format!("{JOURNAL}?{query}")).await.json()["requisicoes"].as_array().unwrap().clone()
}

async fn what_came_is_there_but_no_secret(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    assert_eq!(server.get(JOURNAL).await.body, r#"{"requisicoes":[],"ultima":0}"#);
    let mut client = Client::connect(server.address).await;
    let login = r#"{"login": "user.api", "senha": "1234", "Password": "9"}"#;
    client.ask(request("POST /api/usuario/login", "", "", login)).await;
    let query = "POST /api//atendimentos/status?simular=true";
    client.ask(request(query, "abc", "X-A: 1\r\nIdempotency-Key: k\r\nX-A: 2\r\nX-Api-Key: abc\r\n", CHANGE)).await;
    assert_eq!(
        server.get(JOURNAL).await.body,
        json!({"requisicoes": [
            {
                "id": 1, "hora": NOW, "metodo": "POST", "caminho": "/api/usuario/login", "consulta": null,
                "cabecalhos": {"content-length": "55", "host": "x"},
                "corpo": r#"{"login":"user.api","senha":"***","Password":"***"}"#, "corpoIncompleto": false,
                "status": 200, "falha": null
            },
            {
                "id": 2, "hora": NOW, "metodo": "POST", "caminho": STATUS, "consulta": "simular=true",
                "cabecalhos": {
                    "authorization": "Bearer sha256:ba7816bf8f01cfea", "content-length": "55", "host": "x",
                    "idempotency-key": "k", "x-a": "1, 2", "x-api-key": "sha256:ba7816bf8f01cfea"
                },
                // The token is checked before anything is read.
                "corpo": null, "corpoIncompleto": false,
                "status": 401, "falha": null
            },
        ], "ultima": 2})
        .to_string()
    );
    server.send(Method::DELETE, JOURNAL, &[], "").await.is(200, "Requisições apagadas");
    assert_eq!(server.get(JOURNAL).await.body, r#"{"requisicoes":[],"ultima":2}"#);
    server.stop().await;
}

async fn a_simulated_fault_stands_beside_its_request(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    let mut client = Client::connect(server.address).await;
    for fault in [
        json!({"codigo": 503}),
        json!({"modo": "perdida", "codigo": "failed"}),
        json!({"modo": "conexao", "codigo": "reset"}),
        json!({"modo": "conexao", "codigo": "gotas", "intervalo": 1}),
        json!({"modo": "perdida", "codigo": "reset"}),
    ] {
        let programmed = server.send(Method::POST, "/sandbox/falhas", &[], fault.to_string()).await;
        assert_eq!(programmed.status, 200);
        if client.try_ask(request(&format!("POST {STATUS}"), &token, "", CHANGE)).await.is_err() {
            client = Client::connect(server.address).await;
        }
    }
    let asked = request(&format!("POST {STATUS}"), &token, "X-Sandbox-Falha: in_progress\r\n", CHANGE);
    client.ask(asked).await;
    client.ask(request(&format!("POST {STATUS}"), &token, "X-Sandbox-Atraso: x\r\n", CHANGE)).await;
    let found = seen(&server, "rota=status").await;
    let short: Vec<Value> =
        found.iter().map(|seen| json!([seen["status"], seen["falha"]["modo"], seen["falha"]["codigo"]])).collect();
    assert_eq!(
        json!(short),
        json!([
            [503, "resposta", "unavailable"],
            [500, "perdida", "failed"],
            [null, "conexao", "reset"],
            [200, "conexao", "gotas"],
            [null, "perdida", "reset"],
            [409, "cabecalho", "in_progress"],
            [400, null, null],
        ])
    );
    assert!(found[..6].iter().all(|seen| seen["corpo"] == CHANGE), "{found:?}");
    server.stop().await;
}

async fn it_is_read_in_parts(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    for path in ["/api/motivos", "/health/live", "/api/motivos", "/api/atendimentos/1/historico", "/sandbox/relogio"] {
        server.get(path).await;
    }
    let ids = async |query: &str| seen(&server, query).await.iter().map(|seen| seen["id"].as_u64().unwrap()).collect();
    let expected: [(&str, Vec<u64>); 8] = [
        ("", vec![1, 2, 3, 4]),
        ("desde=2", vec![3, 4]),
        ("desde=1&limite=2", vec![2, 3]),
        ("desde=0&limite=3", vec![1, 2, 3]),
        // The last ones.
        ("limite=2", vec![3, 4]),
        ("rota=/api/motivos", vec![1, 3]),
        ("rota=GET%20/api/atendimentos/{protocolo}/historico", vec![4]),
        ("desde=4", vec![]),
    ];
    for (query, expected) in expected {
        let found: Vec<u64> = ids(query).await;
        assert_eq!(found, expected, "{query}");
    }
    for (query, name) in [
        ("rota=x", "rota"),
        ("rota=", "rota"),
        ("desde=-1", "desde"),
        ("desde=1&desde=1", "desde"),
        ("limite=0", "limite"),
        ("limite=1001", "limite"),
    ] {
        server.get(&format!("{JOURNAL}?{query}")).await.is(400, &format!("{name} – valor inválido"));
    }
    server.send(Method::POST, "/sandbox/reset", &[], "").await.is(200, "Dados de exemplo restaurados");
    assert_eq!(seen(&server, "").await, Vec::<Value>::new());
    server.stop().await;
}

async fn long_bodies_are_kept_in_part(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let token = server.token("user.api").await;
    server.change_with(&token, format!("{{\"x\":\"{}\"}}", "y".repeat(20_000))).await;
    let found = seen(&server, "rota=status").await;
    assert_eq!((found[0]["corpo"].as_str().unwrap().len(), &found[0]["corpoIncompleto"]), (16 * 1024, &json!(true)));
    server.stop().await;
}

/// `serve` has none of it.
async fn serve_knows_no_sandbox(server: &Server) {
    for path in [JOURNAL, "/sandbox/falhas", "/sandbox/relogio"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            server.send(method, path, &[], "{}").await.is(404, "Recurso não encontrado");
        }
    }
}

both_engines! {
    what_came_is_there_but_no_secret,
    a_simulated_fault_stands_beside_its_request,
    it_is_read_in_parts,
    long_bodies_are_kept_in_part,
    serve_knows_no_sandbox,
}
