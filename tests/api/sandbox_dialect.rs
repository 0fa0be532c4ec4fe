//! A simulated error in a dialect tells what the request named, as the real one does.

use std::fs;

use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::Server;

const DIALECT: &str = r#"
content_type = "text/plain"
escapes = "nenhum"
[erro]
corpo = "<texto>: <protocolo>, <status>, <motivo>, <login><usuario>"
"#;
const STATUS: &str = "/api/atendimentos/status";
const LOGIN: &str = "/api/usuario/login";
const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Cancelado", "motivoStatus": "Duplicado"}"#;
const CREDENTIALS: &str = r#"{"login": "user.api", "senha": "1234"}"#;
const ASKED: &str = "20221104000001, Cancelado, Duplicado, ";

async fn a_simulated_error_tells_what_was_asked(database: &Database) {
    let file = database.dir.path().join("dialeto.toml");
    fs::write(&file, DIALECT).unwrap();
    let server = Server::sandbox(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    let login = server.send(Method::POST, LOGIN, &[], CREDENTIALS).await.json();
    let token = format!("Bearer {}", login["accessToken"].as_str().unwrap());
    let ask = async |path: &str, headers: &[(&str, &str)], body: &str| {
        let headers = [&[("authorization", token.as_str())], headers].concat();
        server.send(Method::POST, path, &headers, body.to_owned()).await.body
    };
    let forced = [("x-sandbox-falha", "unknown_motivo")];
    assert_eq!(ask(STATUS, &forced, CHANGE).await, format!("Motivo não encontrado: {ASKED}user.api"));
    assert_eq!(ask(LOGIN, &forced, CREDENTIALS).await, "Motivo não encontrado: , , , user.apiuser.api");
    assert_eq!(ask(STATUS, &forced, "{").await, "Motivo não encontrado: , , , user.api");
    for (modo, codigo, text) in [
        ("resposta", "unknown_status", "Status não encontrado"),
        ("perdida", "unavailable", "Serviço indisponível"),
        // This time the real answer is an error, too.
        ("perdida", "failed", "Erro interno"),
    ] {
        let fault = json!({"rota": "status", "modo": modo, "codigo": codigo}).to_string();
        assert_eq!(server.send(Method::POST, "/sandbox/falhas", &[], fault).await.status, 200);
        let body = if codigo == "failed" { CHANGE.replace("Duplicado", "Nenhum") } else { CHANGE.to_owned() };
        let asked = if codigo == "failed" { ASKED.replace("Duplicado", "Nenhum") } else { ASKED.to_owned() };
        let asked = asked + "user.api";
        assert_eq!(ask(STATUS, &[], &body).await, format!("{text}: {asked}"), "{modo}");
    }
    let fault = json!({"rota": "login", "modo": "perdida", "codigo": "token_failed"}).to_string();
    server.send(Method::POST, "/sandbox/falhas", &[], fault).await;
    assert_eq!(ask(LOGIN, &[], CREDENTIALS).await, "Houve um problema para gerar um token: , , , user.api");
    // The journal has the body all the same.
    let journal = server.get("/sandbox/requisicoes?rota=status&limite=1").await.json();
    assert!(journal["requisicoes"][0]["corpo"].as_str().unwrap().contains("Nenhum"), "{journal}");
    server.stop().await;
}

both_engines! {
    a_simulated_error_tells_what_was_asked,
}
