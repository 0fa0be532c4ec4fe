//! What clients written for a Java server send, and what spreadsheets and scripts make of it: one row a shape.

use citrus_status::domain::atendimento::Status;
use citrus_status::domain::protocolo::exact_integer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::server::{Answer, Server, nome};

pub(super) const LOGIN: &str = "/api/usuario/login";
pub(super) const STATUS: &str = "/api/atendimentos/status";
pub(super) const LOTE: &str = "/api/atendimentos/status/lote";
pub(super) const ABERTO: &str = "20221104000001";
pub(super) const MADE: &str = "Atendimento atualizado com sucesso";
const AS_TEXT: &str = "protocolo – valor inválido, envie como texto";
const IGNORED: &str = "ignored-members";

/// A change as a client sends it.
pub(super) async fn change(server: &Server, token: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    post(server, STATUS, token, headers, body).await
}

pub(super) async fn post(
    server: &Server,
    path: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Answer {
    let authorization = format!("Bearer {token}");
    let headers = [&[("authorization", authorization.as_str())], headers].concat();
    server.send(Method::POST, path, &headers, body.into()).await
}

pub(super) async fn last_comment(server: &Server) -> Value {
    server.record(ABERTO).await["comentarios"].as_array().unwrap().last().cloned().unwrap_or_default()
}

async fn slashes_too_many_change_no_route(server: &Server) {
    let token = server.token("user.api").await;
    let bearer = format!("Bearer {token}");
    let authorized = [("authorization", bearer.as_str())];
    let login = r#"{"login": "user.api", "senha": "1234"}"#;
    for path in ["/api/usuario/login/", "//api/usuario/login", "/api//usuario/login", "///api//usuario///login//"] {
        assert_eq!(server.send(Method::POST, path, &[], login).await.status, 200, "{path}");
        let other = server.send(Method::PUT, path, &[], "").await;
        assert_eq!((other.status, other.header("allow")), (405, Some("POST")), "{path}");
    }
    let body = json!({"protocolo": ABERTO, "status": "Em atendimento"}).to_string();
    for path in ["/api/atendimentos/status/", "/api//atendimentos/status", "//api/atendimentos//status//?simular=false"]
    {
        post(server, path, &token, &[], body.clone()).await.is(200, MADE);
    }
    let many = format!(r#"{{"itens": [{body}]}}"#);
    assert_eq!(post(server, "//api/atendimentos/status//lote/", &token, &[], many).await.status, 200);
    for (plain, paths) in [
        ("/api/motivos", ["/api/motivos/", "//api//motivos//"]),
        (
            "/api/atendimentos/20221104000001/historico",
            ["/api/atendimentos/20221104000001/historico/", "//api/atendimentos//20221104000001//historico"],
        ),
        (
            "/api/atendimentos/20221104000001/transicoes",
            ["/api/atendimentos/20221104000001/transicoes/", "/api/atendimentos/20221104000001//transicoes//?x=//"],
        ),
        (
            "/api/atendimentos/status?protocolo=20221104000001",
            [
                "/api/atendimentos/status/?protocolo=20221104000001",
                "//api/atendimentos//status//?protocolo=20221104000001",
            ],
        ),
    ] {
        let expected = server.send(Method::GET, plain, &authorized, "").await;
        assert_ne!(expected.status, 404, "{expected:?}");
        for path in paths {
            let answer = server.send(Method::GET, path, &authorized, "").await;
            assert_eq!((answer.status, answer.body), (expected.status, expected.body.clone()), "{path}");
        }
    }
    for path in [
        "/api/",
        "//api//",
        "/apis//motivos",
        "/api/x/",
        "/health/live/",
        "//health/live",
        "/openapi.json/",
        "/api/atendimentos//historico",
        "/api%2Fmotivos",
    ] {
        server.get(path).await.is(404, "Recurso não encontrado");
    }
}

async fn slashes_in_values_are_theirs(server: &Server) {
    server.provisioning.create_atendimento("a//b/", Status::Aberto).await.unwrap();
    let bearer = format!("Bearer {}", server.token("user.api").await);
    let authorized = [("authorization", bearer.as_str())];
    for path in ["/api/atendimentos/a%2F%2Fb%2F/historico/", "/api//atendimentos/status/?protocolo=a//b/"] {
        let answer = server.send(Method::GET, path, &authorized, "").await;
        assert_eq!(answer.json()["protocolo"], "a//b/", "{path}");
    }
}

async fn scalars_are_texts(server: &Server) {
    let token = server.token("user.api").await;
    let login = |login: &str, senha: &str| format!(r#"{{"login": {login}, "senha": {senha}}}"#);
    assert_eq!(server.send(Method::POST, LOGIN, &[], login("\"user.api\"", "1234")).await.status, 200);
    for (body, code, text) in [
        (login("\"user.api\"", "1234.0"), 401, "Senha inválida"),
        (login("\"user.api\"", "12e2"), 401, "Senha inválida"),
        (login("\"user.api\"", "true"), 401, "Senha inválida"),
        (login("4711", "1234"), 404, "Usuário não encontrado"),
        (login("false", "1234"), 404, "Usuário não encontrado"),
        (login("[\"user.api\"]", "1234"), 400, "Este campo é obrigatório – login"),
        (login("{}", "1234"), 400, "Este campo é obrigatório – login"),
        (login("\"user.api\"", "[1234]"), 400, "Este campo é obrigatório senha"),
        (login("\"user.api\"", "null"), 400, "Este campo é obrigatório senha"),
    ] {
        server.send(Method::POST, LOGIN, &[], body).await.is(code, text);
    }
    for (texto, recorded) in [
        ("4711", "4711"),
        ("0.10", "0.10"),
        ("1E3", "1E3"),
        ("-0", "-0"),
        ("true", "true"),
        ("false", "false"),
        ("\" 4711 \"", " 4711 "),
    ] {
        let body =
            format!(r#"{{"protocolo": "{ABERTO}", "status": "Aberto", "comentario": {texto}, "visivelCliente": 1}}"#);
        change(server, &token, &[], body).await.is(200, MADE);
        let expected = json!({"texto": recorded, "visivelCliente": true});
        let last = last_comment(server).await;
        assert_eq!((&last["texto"], &last["visivelCliente"]), (&expected["texto"], &expected["visivelCliente"]));
    }
    server.provisioning.create_motivos(&[nome("404")]).await.unwrap();
    for (status, motivo, code, text) in [
        ("\"Cancelado\"", "404", 200, MADE),
        ("\"Cancelado\"", "true", 404, "Motivo não encontrado"),
        ("\"Cancelado\"", "[]", 400, "motivoStatus – esse campo é obrigatório"),
        ("1", "404", 404, "Status não encontrado"),
        ("true", "404", 404, "Status não encontrado"),
        ("[\"Aberto\"]", "404", 400, "status – valor inválido"),
        ("{}", "404", 400, "status – valor inválido"),
    ] {
        let body = format!(r#"{{"protocolo": "{ABERTO}", "status": {status}, "motivoStatus": {motivo}}}"#);
        change(server, &token, &[], body).await.is(code, text);
    }
    let body = format!(r#"{{"protocolo": "{ABERTO}", "status": "Aberto", "comentario": ["x"], "visivelCliente": 1}}"#);
    change(server, &token, &[], body).await.is(400, "comentario – valor inválido");
}

async fn a_protocolo_may_be_any_number_that_is_one_integer(server: &Server) {
    let token = server.token("user.api").await;
    let unknown = "Atendimento não encontrado";
    for (protocolo, code, text) in [
        ("20221104000001", 200, MADE),
        ("20221104000001.0", 200, MADE),
        ("20221104000001.000", 200, MADE),
        ("2.0221104000001E13", 200, MADE),
        ("2.0221104000001e+13", 200, MADE),
        ("202211040000010e-1", 200, MADE),
        ("\" 20221104000001 \"", 200, MADE),
        ("\"20221104000001.0\"", 404, unknown),
        ("0", 404, unknown),
        ("2.02211E13", 404, unknown),
        ("true", 404, unknown),
        ("1e63", 404, unknown),
        ("20221104000001.5", 400, AS_TEXT),
        ("-20221104000001", 400, AS_TEXT),
        ("2.0221104000001E12", 400, AS_TEXT),
        ("1e64", 400, AS_TEXT),
        ("1e999999999999", 400, AS_TEXT),
        ("[20221104000001]", 400, "protocolo – valor inválido"),
        ("{}", 400, "protocolo – valor inválido"),
    ] {
        let body = format!(r#"{{"protocolo": {protocolo}, "status": "Aberto"}}"#);
        change(server, &token, &[], body.clone()).await.is(code, text);
        let many = post(server, LOTE, &token, &[], format!(r#"{{"itens": [{body}]}}"#)).await.json();
        let made = &many["resultados"][0];
        assert_eq!((&made["codigo"], &made["message"]), (&json!(code), &json!(text)), "{protocolo}");
        let shown = match code {
            200 => json!(ABERTO),
            400 => Value::Null,
            _ => exact_integer(protocolo).map_or(json!(protocolo.trim_matches('"')), Value::from),
        };
        assert_eq!(made["protocolo"], shown, "{protocolo}");
    }
}

async fn whether_the_customer_sees_it_comes_in_many_spellings(server: &Server) {
    let token = server.token("user.api").await;
    let required = "visivelCliente – esse campo é obrigatório";
    let invalid = "visivelCliente – valor inválido";
    for (sent, expected) in [
        ("true", Ok(true)),
        ("\"True\"", Ok(true)),
        ("\" true \"", Ok(true)),
        ("\"TRUE\\n\"", Ok(true)),
        ("1", Ok(true)),
        ("1.0", Ok(true)),
        ("\"1\"", Ok(true)),
        ("false", Ok(false)),
        ("\"False\"", Ok(false)),
        ("\"\\tfAlSe\"", Ok(false)),
        ("\"\u{a0}false\"", Ok(false)),
        ("0", Ok(false)),
        ("-0.0", Ok(false)),
        ("\" 0 \"", Ok(false)),
        ("\"\"", Err(required)),
        ("\"  \"", Err(required)),
        ("null", Err(required)),
        ("2", Err(invalid)),
        ("-1", Err(invalid)),
        ("0.5", Err(invalid)),
        ("\"sim\"", Err(invalid)),
        ("\"t\"", Err(invalid)),
        ("\"on\"", Err(invalid)),
        ("[true]", Err(invalid)),
        ("{}", Err(invalid)),
    ] {
        let body = format!(
            r#"{{"protocolo": "{ABERTO}", "status": "Aberto", "comentario": {}, "visivelCliente": {sent}}}"#,
            json!(sent)
        );
        let answer = change(server, &token, &[], body).await;
        match expected {
            Ok(visible) => {
                answer.is(200, MADE);
                let last = last_comment(server).await;
                assert_eq!((&last["texto"], &last["visivelCliente"]), (&json!(sent), &json!(visible)), "{sent}");
            }
            Err(text) => answer.is(400, text),
        }
    }
}

async fn a_blank_expectation_is_none(server: &Server) {
    let token = server.token("user.api").await;
    for (sent, code, text) in [
        ("\"\"", 200, MADE),
        ("\" \\t\u{a0}\"", 200, MADE),
        ("null", 200, MADE),
        ("\" aberto \"", 200, MADE),
        ("1", 400, "statusAtual – valor inválido"),
        ("false", 400, "statusAtual – valor inválido"),
        ("[]", 400, "statusAtual – valor inválido"),
        ("\"Novo\"", 400, "statusAtual – valor inválido"),
    ] {
        let body = format!(r#"{{"protocolo": "{ABERTO}", "status": "Aberto", "statusAtual": {sent}}}"#);
        change(server, &token, &[], body).await.is(code, text);
    }
}

async fn members_in_another_spelling_are_ignored_and_named(server: &Server) {
    let token = server.token("user.api").await;
    for (members, named) in [
        (r#""Comentario": "x""#, Some("comentario")),
        (r#""comentário": "x", "VisivelCliente": true"#, Some("comentario, visivelCliente")),
        (r#""COMENTARIO": "x", "comenta\u0301rio": "x""#, Some("comentario")),
        (r#""motivostatus": "x", "Visível_Cliente": 1"#, Some("motivoStatus, visivelCliente")),
        (r#""status_atual": "Cancelado", " comentario ": "x""#, Some("comentario, statusAtual")),
        (r#""Status": "Cancelado""#, Some("status")),
        (r#""Comentario": "x", "comentario": "y", "visivelCliente": 0"#, Some("comentario")),
        (r#""coment": "x", "comentarios": "x", "obs": 1"#, None),
        (r#""extra": {"Comentario": "x"}"#, None),
        (r#""comentario": "y", "visivelCliente": 0"#, None),
    ] {
        let body = format!(r#"{{"protocolo": "{ABERTO}", "status": "Aberto", {members}}}"#);
        for path in [STATUS, "/api/atendimentos/status?simular=true"] {
            let answer = post(server, path, &token, &[], body.clone()).await;
            assert_eq!((answer.status, answer.header(IGNORED)), (200, named), "{members}");
        }
        let answer = post(server, LOTE, &token, &[], format!(r#"{{"itens": [{body}, {{}}]}}"#)).await;
        assert_eq!((answer.status, answer.header(IGNORED)), (200, named), "{members}");
    }
    // What is refused is not silent anyway.
    let refused = change(server, &token, &[], r#"{"Protocolo": "1", "status": "Aberto"}"#).await;
    refused.is(400, "protocolo – esse campo é obrigatório");
    assert_eq!(refused.header(IGNORED), None);
    let comments = server.record(ABERTO).await["comentarios"].as_array().unwrap().clone();
    assert!(comments.iter().all(|comment| comment["texto"] == "y"), "{comments:?}");
}

both_engines! {
    slashes_too_many_change_no_route,
    slashes_in_values_are_theirs,
    scalars_are_texts,
    a_protocolo_may_be_any_number_that_is_one_integer,
    whether_the_customer_sees_it_comes_in_many_spellings,
    a_blank_expectation_is_none,
    members_in_another_spelling_are_ignored_and_named,
}
