//! A server that answers in a dialect: its bytes, its headers, its rules, and where it takes the token from.

use std::fs;

use citrus_status::http::openapi;
use citrus_status::http::openapi::errors::known;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

const LOGIN: &str = "/api/usuario/login";
const STATUS: &str = "/api/atendimentos/status";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A server in the dialect that `text` writes.
pub async fn server(database: &Database, text: &str) -> Server {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("dialeto.toml");
    fs::write(&file, text).unwrap();
    Server::with(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await
}

async fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    server.send(Method::POST, path, &[&[JSON], headers].concat(), body.to_string()).await
}

/// Logs in, and takes the token from where `member` is in the answer.
async fn token(server: &Server, pointer: &str) -> String {
    let answer = post(server, LOGIN, &[], json!({"login": "user.api", "senha": "1234"})).await;
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    answer.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

#[track_caller]
fn is(answer: &Answer, status: u16, content_type: &str, body: &str) {
    assert_eq!(answer.body, body, "{answer:?}");
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(content_type));
    assert_eq!(answer.headers.get_all("content-length").iter().count(), 1);
}

#[tokio::test]
async fn what_the_sandbox_adds_answers_as_ever() {
    let database = Database::sqlite();
    let file = database.dir.path().join("dialeto.toml");
    fs::write(&file, SPRING).unwrap();
    let server = Server::sandbox(&database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    let answer = post(&server, "/sandbox/falhas", &[], json!({"codigo": 500, "modo": "x"})).await;
    is(&answer, 400, "application/json", r#"{"message":"modo – valor inválido"}"#);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    post(&server, "/sandbox/falhas", &[], json!({"codigo": 500, "rota": "status"})).await;
    let failed = post(&server, STATUS, &[], json!({})).await;
    assert!(failed.status == 500 && failed.body.starts_with("{\"timestamp\""), "{failed:?}");
    server.stop().await;
}

/// A Citrus as Spring would make it.
pub const SPRING: &str = r#"
content_type = "application/json;charset=UTF-8"
www_authenticate = ""
[cabecalhos]
cache-control = "no-cache, no-store, max-age=0"
x-content-type-options = ""
X-Frame-Options = "DENY"
[erro]
corpo = '{"timestamp":"<instante spring>","status":<codigo>,"error":"<razao>","message":"<texto>","path":"<caminho>"}'
[sucesso]
codigo = 201
texto = "Atendimento alterado"
corpo = '{"mensagem":"<texto>","quando":<milissegundos>}'
[login]
corpo = '{"data":{"token":"<token>","jwt":"<token>","validade":<validade ms>,"usuario":"<login>"}}'
[respostas.unknown_user]
codigo = 401
texto = "Login inválido"
[respostas.required_protocolo]
codigo = 422
texto = "Informe o protocolo"
[respostas.token_periods]
texto = "Token com {} pontos"
"#;

async fn errors_and_successes_have_the_bytes_of_the_dialect(database: &Database) {
    let server = server(database, SPRING).await;
    let now = "2026-";
    let answer = post(&server, LOGIN, &[], json!({"login": "ninguem", "senha": "x"})).await;
    let spring = |status: u16, reason: &str, text: &str, path: &str, answer: &Answer| {
        let time = &answer.body[r#"{"timestamp":""#.len()..][..29];
        assert!(time.starts_with(now) && time.ends_with("+00:00"), "{time}");
        is(
            answer,
            status,
            "application/json;charset=UTF-8",
            &format!(
                r#"{{"timestamp":"{time}","status":{status},"error":"{reason}","message":"{text}","path":"{path}"}}"#
            ),
        );
    };
    spring(401, "Unauthorized", "Login inválido", LOGIN, &answer);
    assert_eq!(answer.header("www-authenticate"), None);
    assert_eq!(answer.header("cache-control"), Some("no-cache, no-store, max-age=0"));
    assert_eq!(answer.header("x-content-type-options"), None);
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert!(answer.header("x-request-id").is_some());
    let token = token(&server, "/data/token").await;
    let bearer = format!("Bearer {token}");
    let change = async |body: Value| post(&server, STATUS, &[("authorization", &bearer)], body).await;
    let made = change(json!({"protocolo": "20221104000001", "status": "Aberto"})).await;
    let millis: u64 = made.body.split("\"quando\":").nth(1).unwrap().trim_end_matches('}').parse().unwrap();
    is(
        &made,
        201,
        "application/json;charset=UTF-8",
        &format!(r#"{{"mensagem":"Atendimento alterado","quando":{millis}}}"#),
    );
    spring(422, "Unprocessable Entity", "Informe o protocolo", STATUS, &change(json!({"status": "Aberto"})).await);
    let status = change(json!({"protocolo": "20221104000001"})).await;
    spring(400, "Bad Request", "status – esse campo é obrigatório", STATUS, &status);
    let periods = post(&server, STATUS, &[("authorization", "a.b")], json!({})).await;
    spring(401, "Unauthorized", "Token com 1 pontos", STATUS, &periods);
    spring(404, "Not Found", "Recurso não encontrado", "/nada/%22", &server.get("/nada/%22").await);
    server.stop().await;
}

async fn a_login_says_what_the_dialect_wants(database: &Database) {
    let server = server(database, SPRING).await;
    let answer = post(&server, LOGIN, &[], json!({"login": " USER.API ", "senha": "1234"})).await;
    let data = &serde_json::from_str::<Value>(&answer.body).unwrap()["data"];
    let token = data["token"].as_str().unwrap();
    let body = format!(r#"{{"data":{{"token":"{token}","jwt":"{token}","validade":3600000,"usuario":"user.api"}}}}"#);
    is(&answer, 200, "application/json;charset=UTF-8", &body);
    server.stop().await;
}

async fn what_is_ours_alone_stays_as_it_is(database: &Database) {
    let server = server(database, SPRING).await;
    let token = token(&server, "/data/token").await;
    let body = json!({"protocolo": "20221104000001", "status": "Aberto", "statusAtual": "Finalizado"});
    let answer = post(&server, STATUS, &[("authorization", &token)], body).await;
    is(&answer, 412, "application/json", r#"{"message":"Status atual diferente do esperado","statusAtual":"Aberto"}"#);
    let body = json!({"protocolo": "20221104000001", "status": "Aberto"});
    let answer = post(&server, &format!("{STATUS}?simular=true"), &[("authorization", &token)], body.clone()).await;
    assert!(answer.body.starts_with(r#"{"message":"Simulação"#), "{answer:?}");
    let lote = json!({"itens": [body]});
    let answer = post(&server, "/api/atendimentos/status/lote", &[("authorization", &token)], lote).await;
    let resultado = r#"{"protocolo":"20221104000001","codigo":200,"message":"Atendimento atualizado com sucesso"}"#;
    is(&answer, 200, "application/json", &format!(r#"{{"resultados":[{resultado}]}}"#));
    assert_eq!(server.get("/health/live").await.header("x-frame-options"), None);
    server.stop().await;
}

/// Clients on .NET and Spring accept problems whether or not they ask a Citrus.
async fn problems_come_from_our_own_routes_alone(database: &Database) {
    let server = server(database, SPRING).await;
    let token = token(&server, "/data/token").await;
    let ask = async |method: Method, path: &str, accept: &str, body: String| {
        let headers = [JSON, ("authorization", token.as_str()), ("accept", accept)];
        server.send(method, path, &headers, body).await
    };
    let dialect = "application/json;charset=UTF-8";
    let long = json!({"login": "x".repeat(3_000_000)}).to_string();
    for accept in ["application/problem+json", "application/json, Application/Problem+JSON;q=0.9", "application/*+json"]
    {
        for (method, path, body, status) in [
            (Method::POST, LOGIN, json!({"login": "ninguem", "senha": "x"}).to_string(), 401),
            (Method::POST, STATUS, json!({"status": "Aberto"}).to_string(), 422),
            (Method::POST, "//api//atendimentos/status/?simular=true", json!({"status": "Aberto"}).to_string(), 422),
            (Method::POST, STATUS, "[".to_owned(), 400),
            (Method::DELETE, STATUS, String::new(), 405),
            (Method::POST, LOGIN, long.clone(), 413),
            (Method::GET, "/api/nada", String::new(), 404),
        ] {
            let answer = ask(method, path, accept, body).await;
            assert_eq!((answer.status, answer.header("content-type")), (status, Some(dialect)), "{path} {answer:?}");
            assert!(answer.body.starts_with("{\"timestamp\"") && answer.header("vary").is_none(), "{answer:?}");
        }
    }
    let problem = "application/problem+json";
    let stale = json!({"protocolo": "20221104000001", "status": "Aberto", "statusAtual": "Finalizado"}).to_string();
    for (method, path, body, status) in [
        (Method::POST, "/api/atendimentos/status/lote", "[".to_owned(), 400),
        (Method::DELETE, "/api/motivos", String::new(), 405),
        (Method::POST, STATUS, stale, 412),
    ] {
        let answer = ask(method, path, problem, body).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(problem)), "{path} {answer:?}");
    }
    server.stop().await;
}

async fn a_status_is_written_in_words_of_its_own(database: &Database) {
    let text = r#"
[sucesso]
corpo = '{"situacao":"<status>","STATUS":"<STATUS>","statusId":<status id>,"nome":"<status nome>"}'
[status]
Aberto = "open \"now\""
Finalizado = "Encerrado"
[status.id]
Aberto = 1
"Em atendimento" = 2
Cancelado = 3
Improcedente = 4
Finalizado = -5
[status.nome]
[respostas.unknown_atendimento]
corpo = '{"status":"<status>","pedido":"<status nome>"}'
"#;
    let server = server(database, text).await;
    let token = token(&server, "/accessToken").await;
    let change = async |protocolo: &str, status: &str| {
        let body = json!({"protocolo": protocolo, "status": status, "motivoStatus": "Duplicado"});
        post(&server, STATUS, &[("authorization", &token)], body).await.body
    };
    for (status, body) in [
        (" aberto", r#"{"situacao":"open \"now\"","STATUS":"OPEN \"NOW\"","statusId":1,"nome":"Aberto"}"#),
        (
            "Em atendimento",
            r#"{"situacao":"Em atendimento","STATUS":"EM ATENDIMENTO","statusId":2,"nome":"Em atendimento"}"#,
        ),
        ("FINALIZADO", r#"{"situacao":"Encerrado","STATUS":"ENCERRADO","statusId":-5,"nome":"Finalizado"}"#),
    ] {
        assert_eq!(change("20221104000001", status).await, body);
    }
    assert_eq!(change("123", "Finalizado").await, r#"{"status":"Encerrado","pedido":"Finalizado"}"#);
    server.stop().await;
}

async fn the_token_comes_where_the_dialect_says(database: &Database) {
    let text = "[token]\ncabecalhos = ['x-access-token', 'Authorization: JWT']\n";
    let server = server(database, text).await;
    let token = token(&server, "/accessToken").await;
    let change = async |name: &str, value: String| {
        let body = json!({"protocolo": "20221104000001", "status": "Aberto"});
        post(&server, STATUS, &[(name, &value)], body).await
    };
    change("x-access-token", token.clone()).await.is(200, "Atendimento atualizado com sucesso");
    change("authorization", format!("JWT {token}")).await.is(200, "Atendimento atualizado com sucesso");
    change("authorization", format!("Bearer {token}")).await.is(401, "Token is missing");
    change("authorization", token).await.is(401, "Token is missing");
    server.stop().await;
}

async fn each_rule_holds(database: &Database) {
    let text = "[regras]\nmesmo_status = 'recusado'\nmotivo_desnecessario = 'recusado'\nmotivo_desconhecido = 'aceito'\n\
                login_sem_permissao = 'recusado'\n[respostas.same_status]\ncodigo = 400\ntexto = 'Já está assim'\n";
    let server = server(database, text).await;
    let token = token(&server, "/accessToken").await;
    let change = async |status: &str, motivo: Option<&str>| {
        let body = json!({"protocolo": "20221104000001", "status": status, "motivoStatus": motivo});
        post(&server, STATUS, &[("authorization", &token)], body).await
    };
    change("Aberto", None).await.is(400, "Já está assim");
    change("Finalizado", Some("Duplicado")).await.is(400, "motivoStatus – não se aplica a esta alteração");
    change("Cancelado", None).await.is(400, "motivoStatus – esse campo é obrigatório");
    change("Cancelado", Some("Nenhum destes")).await.is(200, "Atendimento atualizado com sucesso");
    assert_eq!(server.record("20221104000001").await["historico"][0]["motivo"], Value::Null);
    let refused = post(&server, LOGIN, &[], json!({"login": "user.sem.permissao", "senha": "1234"})).await;
    refused.is(403, "Acess denied");
    server.stop().await;
}

/// A hidden user is answered as the dialect answers a wrong senha: whoever guesses logins learns nothing.
async fn a_hidden_user_stays_hidden(database: &Database) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("dialeto.toml");
    fs::write(&file, "[respostas.wrong_senha]\ncodigo = 422\ntexto = 'Login ou senha inválidos'\n").unwrap();
    let settings = [("DIALECT_FILE", file.to_str().unwrap()), ("HARDENED_LOGIN", "true")];
    let server = Server::with(database, &settings).await;
    for login in ["user.api", "ninguem"] {
        let answer = post(&server, LOGIN, &[], json!({"login": login, "senha": "errada"})).await;
        answer.is(422, "Login ou senha inválidos");
    }
    server.stop().await;
}

async fn errors_tell_what_was_asked_and_have_an_id_of_their_own(database: &Database) {
    let text = r#"
[erro]
corpo = '{"detail":"<texto>","id":"<aleatorio uuid>","ref":"00-<aleatorio hex 32>-00","em":"<instante dd/MM/yyyy HH:mm em -03:00>"}'
[sucesso]
corpo = '{"ref":"<aleatorio HEX 12>","motivo":"<motivo>"}'
[respostas.unknown_atendimento]
corpo = '{"detail":"Atendimento <protocolo> não encontrado"}'
[respostas.unknown_status]
corpo = '{"detail":"<protocolo>: status <status> inválido, motivo <motivo>"}'
[respostas.unknown_user]
corpo = '{"detail":"<login> não existe<pessoal>","em":<segundos>}'
"#;
    let server = server(database, text).await;
    let first: Value = serde_json::from_str(&server.get("/nada").await.body).unwrap();
    let second: Value = serde_json::from_str(&server.get("/nada").await.body).unwrap();
    for answer in [&first, &second] {
        uuid::Uuid::try_parse(answer["id"].as_str().unwrap()).unwrap();
        let reference = answer["ref"].as_str().unwrap().strip_prefix("00-").unwrap().strip_suffix("-00").unwrap();
        assert!(reference.len() == 32 && reference.bytes().all(|byte| byte.is_ascii_hexdigit()), "{reference}");
        assert_eq!(answer["em"].as_str().unwrap().len(), "28/11/2026 09:00".len());
    }
    assert!(first["id"] != second["id"] && first["ref"] != second["ref"], "{first}");
    let token = token(&server, "/accessToken").await;
    let change = async |body: Value| post(&server, STATUS, &[("authorization", &token)], body).await.body;
    for (body, answer) in [
        (json!({"protocolo": " 123 ", "status": "Aberto"}), "Atendimento 123 não encontrado"),
        (
            json!({"protocolo": 20_221_104_000_001_u64, "status": "Fo\"o"}),
            "20221104000001: status Fo\\\"o inválido, motivo ",
        ),
        (
            json!({"protocolo": "20221104000001", "status": "x", "motivoStatus": "M"}),
            "20221104000001: status x inválido, motivo M",
        ),
    ] {
        assert_eq!(change(body).await, format!(r#"{{"detail":"{answer}"}}"#));
    }
    let made = change(json!({"protocolo": "20221104000001", "status": "Aberto", "motivoStatus": "Duplicado"})).await;
    assert!(made.len() == r#"{"ref":"0123456789AB","motivo":"Duplicado"}"#.len(), "{made}");
    let refused = post(&server, LOGIN, &[], json!({"login": "Ninguém", "senha": "x"})).await.body;
    assert!(refused.starts_with(r#"{"detail":"Ninguém não existe","em":1"#), "{refused}");
    server.stop().await;
}

async fn names_of_headers_and_escapes_are_the_dialects(database: &Database) {
    let text = "nomes_de_cabecalhos = 'iniciais-maiusculas'\nescapes = 'ascii-e-barras'\ncontent_type = 'text/html; charset=UTF-8'\n\
                [erro]\ncorpo = '{\"erro\":\"<texto>\",\"onde\":\"<caminho>\"}'\n[respostas.no_route]\ncodigo = 419";
    let server = server(database, text).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /api/nada HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("\r\nContent-Type: text/html; charset=UTF-8\r\n"), "{answer}");
    assert!(answer.contains("\r\nX-Request-Id: "), "{answer}");
    // There is no reason phrase for it.
    assert!(answer.starts_with("HTTP/1.1 419 \r\n"), "{answer}");
    assert!(
        answer.ends_with("\r\n\r\n{\"erro\":\"Recurso n\\u00e3o encontrado\",\"onde\":\"\\/api\\/nada\"}"),
        "{answer}"
    );
    server.stop().await;
}

/// Each member of a login and of a change, and what goes beside it, with a value that it can't have.
async fn what_is_wrong_with_a_field_has_a_name(database: &Database) {
    let server = Server::start(database).await;
    let token = token(&server, "/accessToken").await;
    let known = known();
    let named = |answer: &Answer| {
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let text = body["message"].as_str().unwrap();
        let (field, end) = text.split_once(" – ").unwrap_or_else(|| panic!("{answer:?}"));
        let row = if end == "valor inválido" { "invalid" } else { "required" };
        assert!(known.contains_key(&format!("{row}_{field}")), "{row} {field}: {answer:?}");
        field.to_owned()
    };
    let members = |schema: &str| {
        let document: Value = serde_json::from_str(openapi::TEXT).unwrap();
        document["components"]["schemas"][schema]["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    for member in members("Credenciais") {
        let mut body = json!({"login": "user.api", "senha": "1234"});
        body[&member] = json!("x".repeat(2_000));
        assert_eq!(named(&post(&server, LOGIN, &[], body).await), member);
    }
    let headers = [("authorization", token.as_str())];
    for member in members("Alteracao") {
        let mut body =
            json!({"protocolo": "20221104000001", "status": "Aberto", "comentario": "a", "visivelCliente": true});
        body[&member] = json!("x".repeat(30_000));
        assert_eq!(named(&post(&server, STATUS, &headers, body.clone()).await), member);
        body.as_object_mut().unwrap().remove(&member);
        let left_out = post(&server, STATUS, &headers, body).await;
        assert!(left_out.status == 200 || named(&left_out) == member, "{left_out:?}");
    }
    let body = json!({"protocolo": "20221104000001", "status": "Aberto"});
    let flag = post(&server, &format!("{STATUS}?simular=talvez"), &headers, body.clone()).await;
    assert_eq!(named(&flag), "simular");
    let key = post(&server, STATUS, &[headers[0], ("idempotency-key", "")], body).await;
    assert_eq!(named(&key), "Idempotency-Key");
    server.stop().await;
}

both_engines! {
    errors_and_successes_have_the_bytes_of_the_dialect,
    a_login_says_what_the_dialect_wants,
    what_is_ours_alone_stays_as_it_is,
    problems_come_from_our_own_routes_alone,
    a_status_is_written_in_words_of_its_own,
    the_token_comes_where_the_dialect_says,
    each_rule_holds,
    a_hidden_user_stays_hidden,
    what_is_wrong_with_a_field_has_a_name,
    errors_tell_what_was_asked_and_have_an_id_of_their_own,
    names_of_headers_and_escapes_are_the_dialects,
}
