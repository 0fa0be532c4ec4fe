//! What administration over HTTP answers, to the byte.

use citrus_status::domain::access::Permissao;
use reqwest::Method;
use serde_json::{Value, json};

use super::admin::{ask, id_of};
use crate::support::both_engines;
use crate::support::server::{Server, nome};

async fn answers_have_these_bytes(server: &Server) {
    let token = server.token("admin").await;
    let is = async |method: Method, path: &str, body: Value, status: u16, expected: &str| {
        let answer = ask(server, &token, method, path, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, expected), "{path}");
    };
    let (post, put, delete) = (Method::POST, Method::PUT, Method::DELETE);
    is(
        post.clone(),
        "/api/admin/niveis",
        json!({"nome": " Filial ", "superior": "suporte"}),
        201,
        r#"{"id":3,"nome":"Filial","superior":"Suporte","permissoes":[]}"#,
    )
    .await;
    is(
        put.clone(),
        "/api/admin/niveis/3/permissoes/alterar-status",
        Value::Null,
        200,
        r#"{"nivel":"Filial","permissao":"alterar-status","liberada":true,"alterada":true,"aindaLiberadaEm":[]}"#,
    )
    .await;
    is(delete.clone(), "/api/admin/niveis/2/permissoes/alterar-status", Value::Null, 200,
        r#"{"nivel":"Suporte","permissao":"alterar-status","liberada":false,"alterada":true,"aindaLiberadaEm":["Filial"]}"#).await;
    is(
        post.clone(),
        "/api/admin/perfis",
        json!({"nome": "Balcão", "nivel": "FILIAL"}),
        201,
        r#"{"id":4,"nome":"Balcão","root":false,"nivel":"Filial","permissoes":[]}"#,
    )
    .await;
    is(
        put.clone(),
        "/api/admin/perfis/4/permissoes/alterar-status",
        Value::Null,
        200,
        r#"{"perfil":"Balcão","permissao":"alterar-status","concedida":true,"alterada":true}"#,
    )
    .await;
    is(
        delete,
        "/api/admin/perfis/4/permissoes/alterar-status",
        Value::Null,
        200,
        r#"{"perfil":"Balcão","permissao":"alterar-status","concedida":false,"alterada":true}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/usuarios",
        json!({"login": "Ana", "perfil": "balcão", "senha": "uma senha"}),
        201,
        r#"{"id":4,"login":"Ana","perfil":"Balcão","ativo":true}"#,
    )
    .await;
    is(
        put.clone(),
        "/api/admin/usuarios/4/perfil",
        json!({"perfil": "Consulta"}),
        200,
        r#"{"id":4,"login":"Ana","perfil":"Consulta","ativo":true}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/usuarios/4/desativar",
        Value::Null,
        200,
        r#"{"id":4,"login":"Ana","perfil":"Consulta","ativo":false}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/motivos",
        json!({"nome": "Fora da garantia"}),
        201,
        r#"{"id":5,"nome":"Fora da garantia","ativo":true}"#,
    )
    .await;
    is(
        post.clone(),
        "/api/admin/motivos/5/desativar",
        Value::Null,
        200,
        r#"{"id":5,"nome":"Fora da garantia","ativo":false}"#,
    )
    .await;
    is(
        post,
        "/api/atendimentos",
        json!({"protocolo": 7, "status": "finalizado"}),
        201,
        r#"{"protocolo":"7","status":"Finalizado","motivoStatus":null,"atualizadoEm":"2026-11-23T10:00:00.000Z","avisos":["O protocolo não se parece com os do Citrus, como 20221104000001"]}"#,
    )
    .await;
}

async fn no_answer_has_what_authenticates(server: &Server) {
    let token = server.token("admin").await;
    for list in ["usuarios", "auditoria"] {
        let answer = ask(server, &token, Method::GET, &format!("/api/admin/{list}"), Value::Null).await;
        assert!(!answer.body.contains("argon2") && !answer.body.contains("senha_hash"), "{answer:?}");
    }
}

async fn refusals_have_these_texts(server: &Server) {
    let token = server.token("admin").await;
    let refuses = async |method: Method, path: &str, body: Value, status: u16, message: &str| {
        ask(server, &token, method, path, body).await.is(status, message);
    };
    let (post, put) = (Method::POST, Method::PUT);
    let required = "nome – esse campo é obrigatório";
    for body in [json!({}), json!({"nome": " "}), json!({"nome": null})] {
        refuses(post.clone(), "/api/admin/motivos", body, 400, required).await;
    }
    for nome in [json!("a\u{7}b"), json!("a".repeat(256)), json!(["a"])] {
        refuses(post.clone(), "/api/admin/motivos", json!({"nome": nome}), 400, "nome – valor inválido").await;
    }
    refuses(post.clone(), "/api/admin/motivos", json!({"nome": "DUPLICADO"}), 409, "Motivo já existe").await;
    refuses(post.clone(), "/api/admin/niveis", json!({"nome": "empresa"}), 409, "Nível já existe").await;
    refuses(post.clone(), "/api/admin/niveis", json!({"nome": "x", "superior": "y"}), 404, "Nível não encontrado")
        .await;
    refuses(post.clone(), "/api/admin/perfis", json!({"nome": "x"}), 400, "nivel – esse campo é obrigatório").await;
    let both = json!({"nome": "x", "nivel": "Suporte", "root": true});
    refuses(post.clone(), "/api/admin/perfis", both, 400, "root – valor inválido").await;
    let consulta = json!({"nome": "consulta", "nivel": "Suporte"});
    refuses(post.clone(), "/api/admin/perfis", consulta, 409, "Perfil já existe").await;
    let usuario = |login: &str, senha: Value| json!({"login": login, "perfil": "Consulta", "senha": senha});
    let usuarios = "/api/admin/usuarios";
    refuses(post.clone(), usuarios, usuario("USER.API", json!("uma senha")), 409, "Usuário já existe").await;
    refuses(post.clone(), usuarios, usuario("anonimo-7", json!("uma senha")), 400, "login – valor inválido").await;
    refuses(post.clone(), usuarios, usuario("x", json!("")), 400, "Este campo é obrigatório senha").await;
    refuses(
        post.clone(),
        usuarios,
        usuario("x", json!("uma senha\0")),
        400,
        "senha – valor inválido; uma senha tem de 8 caracteres a 1024 bytes, sem NUL, e não só espaços",
    )
    .await;
    refuses(
        post.clone(),
        usuarios,
        json!({"login": "x", "senha": "uma senha"}),
        400,
        "perfil – esse campo é obrigatório",
    )
    .await;
    for id in ["0", "99", "x", "-1", "1e1", "99999999999999999999", "%31%20"] {
        refuses(post.clone(), &format!("{usuarios}/{id}/desativar"), Value::Null, 404, "Usuário não encontrado").await;
    }
    refuses(put.clone(), "/api/admin/niveis/1/permissoes/voar", Value::Null, 404, "Permissão não encontrada").await;
    refuses(put.clone(), "/api/admin/perfis/99/permissoes/alterar-status", Value::Null, 404, "Perfil não encontrado")
        .await;
    server.provisioning.withdraw(&[Permissao::AlterarStatus], &nome("Suporte")).await.unwrap();
    let consulta = id_of(server, "Consulta").await;
    let path = format!("/api/admin/perfis/{consulta}/permissoes/alterar-status");
    refuses(put.clone(), &path, Value::Null, 409, "Permissão não liberada para o nível do perfil").await;
    refuses(post.clone(), "/api/atendimentos", json!({"protocolo": "20221104000001"}), 409, "Atendimento já existe")
        .await;
    refuses(post.clone(), "/api/atendimentos", json!({"status": "Fechado"}), 400, "status – valor inválido").await;
    // Nobody raises themselves, and the last root administrator stays.
    let own = id_of(server, "Administrador").await;
    let path = format!("/api/admin/perfis/{own}/permissoes/alterar-status");
    refuses(put.clone(), &path, Value::Null, 403, "Ninguém amplia as próprias permissões").await;
    let me = id_of(server, "admin").await;
    let to = json!({"perfil": "Consulta"});
    refuses(put, &format!("{usuarios}/{me}/perfil"), to, 403, "Ninguém amplia as próprias permissões").await;
    refuses(post, &format!("{usuarios}/{me}/desativar"), Value::Null, 409, "É o último administrador raiz").await;
    for permissao in ["administrar-perfis", "administrar-usuarios"] {
        let path = format!("/api/admin/perfis/{own}/permissoes/{permissao}");
        refuses(Method::DELETE, &path, Value::Null, 409, "É o último administrador raiz").await;
    }
}

/// As docs/CONTRACT.md says: whether the body arrives, then whether what the path names is there, then what the body says.
async fn what_the_path_names_comes_before_what_the_body_says(server: &Server) {
    let token = server.token("admin").await;
    let put = async |path: &str, kind: &str, body: String| {
        let headers = [("authorization", token.as_str()), ("content-type", kind)];
        let answer = server.send(Method::PUT, path, &headers, body).await;
        (answer.status, answer.body)
    };
    let known = id_of(server, "user.api").await;
    for member in ["senha", "perfil"] {
        let path = format!("/api/admin/usuarios/98765/{member}");
        for body in ["{bad", "", "[]", r#"{"senha": null, "perfil": 1}"#, r#"{"senha": "x", "perfil": "nenhum"}"#] {
            let (status, said) = put(&path, "application/json", body.to_owned()).await;
            assert_eq!((status, said.as_str()), (404, r#"{"message":"Usuário não encontrado"}"#), "{path} {body}");
        }
        assert_eq!(put(&path, "application/json; charset=x-none", "{}".to_owned()).await.0, 415);
        assert_eq!(put(&path, "application/json", " ".repeat(65_537)).await.0, 413);
        let (status, said) =
            put(&format!("/api/admin/usuarios/{known}/{member}"), "application/json", "{bad".to_owned()).await;
        assert!(status == 400 && said.contains("JSON malformado"), "{said}");
    }
}

both_engines! {
    what_the_path_names_comes_before_what_the_body_says,
    answers_have_these_bytes,
    no_answer_has_what_authenticates,
    refusals_have_these_texts,
}
