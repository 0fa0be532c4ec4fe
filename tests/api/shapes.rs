//! What clients written for a Java server send, and what spreadsheets and scripts make of it: one row a shape.

use citrus_status::domain::atendimento::Status;
use citrus_status::domain::protocolo::exact_integer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::server::{Answer, Server, nome};

const LOGIN: &str = "/api/usuario/login";
const STATUS: &str = "/api/atendimentos/status";
const LOTE: &str = "/api/atendimentos/status/lote";
const ABERTO: &str = "20221104000001";
const MADE: &str = "Atendimento atualizado com sucesso";
const CHARSET: &str = "Charset do corpo não suportado; envie em UTF-8, UTF-16, ISO-8859-1 ou windows-1252";
const CODING: &str = "Content-Encoding não suportado; envie o corpo sem compressão";
const CURE: &str = "; envie em UTF-8 ou declare o charset em Content-Type";
const AS_TEXT: &str = "protocolo – valor inválido, envie como texto";
const IGNORED: &str = "ignored-members";

/// How a client encodes its text.
type Encode = fn(&str) -> Vec<u8>;

/// A change as a client sends it.
async fn change(server: &Server, token: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    post(server, STATUS, token, headers, body).await
}

async fn post(server: &Server, path: &str, token: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    let authorization = format!("Bearer {token}");
    let headers = [&[("authorization", authorization.as_str())], headers].concat();
    server.send(Method::POST, path, &headers, body.into()).await
}

fn with_comment(texto: &str) -> String {
    json!({"protocolo": ABERTO, "status": "Em atendimento", "comentario": texto, "visivelCliente": "True"}).to_string()
}

async fn last_comment(server: &Server) -> Value {
    server.registro(ABERTO).await["comentarios"].as_array().unwrap().last().cloned().unwrap_or_default()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn marked(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").into_bytes()
}

/// In windows-1252, of which the tests need the euro sign and the en dash.
fn windows1252(text: &str) -> Vec<u8> {
    latin1(&text.replace('€', "\u{80}").replace('–', "\u{96}"))
}

async fn bodies_are_read_in_the_charset_that_they_declare(server: &Server) {
    let token = server.token("user.api").await;
    let rows: &[(&str, &str, Encode)] = &[
        ("", "Não – 5 €", |text| marked(text)),
        ("application/json", "Não – 5 €", |text| marked(text)),
        ("application/json; charset=utf-8", "Não – 5 €", |text| marked(text)),
        ("application/json; charset=utf8", "Não – 5 €", |text| text.into()),
        ("application/json;CHARSET=\"UTF-8\"", "Não – 5 €", |text| text.into()),
        ("application/json; charset='utf-8'", "Não – 5 €", |text| text.into()),
        ("application/json; charset=", "Não – 5 €", |text| text.into()),
        ("application/json; charset=ISO-8859-1", "Não é", latin1),
        ("application/json;charset=iso-8859-1", "Não é", latin1),
        ("application/json; charset=\"ISO-8859-1\"", "Não é", latin1),
        ("application/json; charset = \"Iso-8859-1\" ; version=1", "Não é", latin1),
        ("text/plain; charset=latin1", "Não é", latin1),
        ("application/json; note=\"a; charset=klingon\\\"\"; charset=iso_8859-1", "Não é", latin1),
        ("application/json; charset=windows-1252", "Não – 5 €", windows1252),
        ("application/json; charset=\"Windows-1252\"", "Não – 5 €", windows1252),
        ("application/json; charset=Cp1252", "Não – 5 €", windows1252),
        ("application/json; charset=ISO-8859-1", "Não – 5 €", |text| marked(text)),
        ("application/json; charset=ISO8859_1", "Não é", latin1),
        ("application/json; charset=8859_1", "Não é", latin1),
        ("application/json; charset=latin-1", "Não é", latin1),
        ("application/json; charset=Windows1252", "Não – 5 €", windows1252),
        ("application/json; charset=utf_8", "Não – 5 €", |text| text.into()),
        ("application/json; charset=US-ASCII", "Não – 5 €", |text| text.into()),
        ("application/json;charset=utf-8, application/json", "Não – 5 €", |text| text.into()),
        ("application/json", "Não – 5 €", |text| format!("{text}\0").into()),
        ("application/json; charset=UTF-16", "Não – 5 € 👍", |text| utf16(text, u16::to_be_bytes, true)),
        ("application/json; charset=utf-16", "Não – 5 € 👍", |text| utf16(text, u16::to_le_bytes, true)),
        ("application/json; charset=UTF-16", "Não – 5 € 👍", |text| utf16(text, u16::to_be_bytes, false)),
        ("application/json; charset=utf-16", "Não – 5 € 👍", |text| utf16(text, u16::to_le_bytes, false)),
        ("application/json; charset=\"UTF-16LE\"", "Não – 5 € 👍", |text| utf16(text, u16::to_le_bytes, false)),
        ("application/json; charset=utf-16be", "Não – 5 € 👍", |text| utf16(text, u16::to_be_bytes, false)),
        ("application/json; charset=utf-16be", "Não – 5 € 👍", |text| utf16(text, u16::to_be_bytes, true)),
    ];
    for (number, (content_type, texto, encode)) in rows.iter().enumerate() {
        let headers = [("content-type", *content_type)];
        let headers = if content_type.is_empty() { &[][..] } else { &headers };
        let texto = format!("{number}: {texto}");
        change(server, &token, headers, encode(&with_comment(&texto))).await.is(200, MADE);
        assert_eq!(last_comment(server).await["texto"], *texto, "{content_type}");
    }
}

async fn every_route_with_a_body_reads_it_so(server: &Server) {
    let token = server.token("user.api").await;
    let latin = [("content-type", "application/json; charset=ISO-8859-1")];
    let login = r#"{"login": "user.api", "senha": "1234", "x": "é"}"#;
    assert_eq!(server.send(Method::POST, LOGIN, &latin, latin1(login)).await.status, 200);
    assert_eq!(server.send(Method::POST, LOGIN, &[], marked(login)).await.status, 200);
    let itens = format!(r#"{{"itens": [{}]}}"#, with_comment("é de muitos"));
    for (headers, body) in [(&latin[..], latin1(&itens)), (&[][..], marked(&itens))] {
        let answer = post(server, LOTE, &token, headers, body).await;
        assert_eq!(answer.json()["resultados"][0]["codigo"], 200, "{answer:?}");
        assert_eq!(last_comment(server).await["texto"], "é de muitos");
    }
}

async fn what_cannot_be_read_is_refused_with_the_cure(server: &Server) {
    let token = server.token("user.api").await;
    let body = with_comment("Não");
    for unknown in ["klingon", "UTF-32", "utf-7", "\"UTF-8", "x y", "ISO-2022-CN", "replacement", "x-user-defined"] {
        let content_type = format!("application/json; charset={unknown}");
        for path in [LOGIN, STATUS, LOTE] {
            post(server, path, &token, &[("content-type", &content_type)], body.clone()).await.is(415, CHARSET);
        }
    }
    for coding in ["gzip", "br", "deflate", "GZIP", "identity, gzip", "zstd", "aws-chunked", "x"] {
        for path in [LOGIN, STATUS, LOTE] {
            let answer = post(server, path, &token, &[("content-encoding", coding)], body.clone()).await;
            answer.is(415, CODING);
            assert_eq!(answer.header("accept-encoding"), Some("identity"));
        }
    }
    for coding in ["identity", "Identity", "", "identity, identity", "utf-8", "none", "8bit"] {
        change(server, &token, &[("content-encoding", coding)], body.clone()).await.is(200, MADE);
    }
    // The token is judged first.
    server.send(Method::POST, STATUS, &[("content-encoding", "gzip")], body.clone()).await.is(401, "Token is missing");
    let utf8 = "application/json; charset=utf-8";
    let (le, be) = (u16::to_le_bytes, u16::to_be_bytes);
    for (content_type, bytes, what) in [
        ("application/json", latin1(&body), format!("não é UTF-8 a partir do byte 72{CURE}")),
        (utf8, latin1(&body), format!("não é UTF-8 a partir do byte 72{CURE}")),
        ("application/json", utf16(&body, le, true), format!("não é UTF-8 a partir do byte 1{CURE}")),
        ("application/json", utf16(&body, be, false), format!("não é UTF-8 a partir do byte 1{CURE}")),
        ("application/json", utf16(&body, le, false), format!("não é UTF-8 a partir do byte 2{CURE}")),
        ("a/b; charset=utf-16", utf16(&body, le, true)[..51].into(), "não está no charset declarado, UTF-16LE".into()),
        ("a/b; charset=utf-16be", vec![0xd8, 0x00, 0x00, 0x41], "não está no charset declarado, UTF-16BE".into()),
        ("a/b; charset=Shift_JIS", vec![b'{', 0xff], "não está no charset declarado, Shift_JIS".into()),
    ] {
        let answer = change(server, &token, &[("content-type", content_type)], bytes).await;
        answer.is(400, &format!("Corpo da requisição inválido: {what}"));
    }
}

async fn a_repetition_in_another_charset_is_the_same_request(server: &Server) {
    let token = server.token("user.api").await;
    let body = with_comment("é uma vez");
    let key = ("idempotency-key", "7d1a");
    change(server, &token, &[key], body.clone()).await.is(200, MADE);
    let latin = ("content-type", "application/json; charset=ISO-8859-1");
    for (headers, bytes) in [(&[key][..], marked(&body)), (&[key, latin], latin1(&body))] {
        let again = change(server, &token, headers, bytes).await;
        again.is(200, MADE);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
    assert_eq!(server.registro(ABERTO).await["historico"].as_array().unwrap().len(), 1);
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
    let comments = server.registro(ABERTO).await["comentarios"].as_array().unwrap().clone();
    assert!(comments.iter().all(|comment| comment["texto"] == "y"), "{comments:?}");
}

both_engines! {
    bodies_are_read_in_the_charset_that_they_declare,
    every_route_with_a_body_reads_it_so,
    what_cannot_be_read_is_refused_with_the_cure,
    a_repetition_in_another_charset_is_the_same_request,
    slashes_too_many_change_no_route,
    slashes_in_values_are_theirs,
    scalars_are_texts,
    a_protocolo_may_be_any_number_that_is_one_integer,
    whether_the_customer_sees_it_comes_in_many_spellings,
    a_blank_expectation_is_none,
    members_in_another_spelling_are_ignored_and_named,
}
