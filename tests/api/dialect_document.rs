//! The document of the API, as a dialect makes it.

use citrus_status::dialect::Dialect;
use citrus_status::http::openapi::errors::known;
use citrus_status::http::routes::sandbox_openapi_text;
use serde_json::{Value, json};

use super::dialect::{SPRING, server};
use crate::support::both_engines;
use crate::support::database::Database;

const LOGIN: &str = "/api/usuario/login";
const STATUS: &str = "/api/atendimentos/status";

async fn the_document_shows_the_dialect(database: &Database) {
    let server = server(database, SPRING).await;
    let document: Value = serde_json::from_str(&server.get("/openapi.json").await.body).unwrap();
    let login = &document["paths"][LOGIN]["post"]["responses"];
    let example = &login["401"]["content"]["application/json;charset=UTF-8"]["examples"]["unknown_user"]["value"];
    assert_eq!((&example["message"], &example["status"]), (&json!("Login inválido"), &json!(401)));
    assert_eq!(login["404"], Value::Null);
    let text = login.to_string() + &document["paths"][STATUS]["post"]["responses"]["400"].to_string();
    assert!(!text.contains("problem+json"), "{text}");
    assert!(document["paths"][STATUS]["post"]["responses"]["201"].is_object());
    assert!(document["info"]["description"].as_str().unwrap().contains("responde num dialeto"));
    server.stop().await;
}

#[test]
fn the_document_of_a_sandbox_leaves_its_own_routes_as_they_are() {
    let dialect =
        Dialect::parse("[respostas.internal]\ncodigo = 503\n[erro]\ncorpo = '{\"erro\":\"<texto>\"}'", &known())
            .unwrap();
    let document: Value = serde_json::from_str(&sandbox_openapi_text(Some(dialect.into()))).unwrap();
    let contract: Value = serde_json::from_str(&sandbox_openapi_text(None)).unwrap();
    let own = document["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/sandbox"));
    let own: Vec<_> = own.inspect(|(path, item)| assert_eq!(*item, &contract["paths"][*path], "{path}")).collect();
    assert_eq!(own.len(), 4);
    let forced = |path: &str| document["paths"][path]["post"]["responses"]["default"]["content"].as_object();
    assert!(forced(LOGIN).is_none_or(serde_json::Map::is_empty));
    let of_ours = forced("/api/atendimentos/status/lote").unwrap();
    assert_eq!(of_ours.keys().collect::<Vec<_>>(), ["application/problem+json"]);
}

#[test]
fn the_document_does_not_contradict_the_dialect() {
    let dialect = "www_authenticate = 'JWT'\n[login]\ncorpo = '{\"jwt\":\"<token>\"}'\n[token]\ncabecalhos = ['x-token']\n\
                   [regras]\nlogin_sem_permissao = 'recusado'";
    let dialect = Dialect::parse(dialect, &known()).unwrap();
    let text = sandbox_openapi_text(Some(dialect.into()));
    for contradiction in ["Authorization: Bearer", "accessToken", "também consegue fazer login", "O esquema, `Bearer`"]
    {
        assert!(!text.contains(contradiction), "{contradiction}");
        assert!(sandbox_openapi_text(None).contains(contradiction), "{contradiction}");
    }
    assert!(
        text.contains("num problema, `Bearer`; no dialeto, `JWT`") && text.contains("O esquema: no dialeto, `JWT`")
    );
}

both_engines! {
    the_document_shows_the_dialect,
}
