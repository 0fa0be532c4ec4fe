//! The reads: the current status, the history page by page, the transitions and the motivos.

use citrus_status::domain::access::Permissao;
use citrus_status::domain::atendimento::Status;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use super::admin::hierarchy;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const ABERTO: &str = "20221104000001";
const STATUS: &str = "/api/atendimentos/status?protocolo=20221104000001";
const HISTORICO: &str = "/api/atendimentos/20221104000001/historico";
const TRANSICOES: &str = "/api/atendimentos/20221104000001/transicoes";
const MOTIVOS: &str = "/api/motivos";
const MADE: &str = "Atendimento atualizado com sucesso";
const REQUIRED: &str = "protocolo – esse campo é obrigatório";
const UNKNOWN: &str = "Atendimento não encontrado";

/// Reads with `token`.
async fn read(server: &Server, token: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("authorization", token)], headers].concat();
    server.send(Method::GET, path, &headers, "").await
}

async fn change(server: &Server, token: &str, body: Value) {
    server.change_with(token, body).await.is(200, MADE);
}

/// A change of nothing, with a comment.
async fn comment(server: &Server, token: &str, texto: &str, visible: bool) {
    let body = json!({"protocolo": ABERTO, "status": "Aberto", "comentario": texto, "visivelCliente": visible});
    change(server, token, body).await;
}

#[track_caller]
fn is(answer: &Answer, body: &str) {
    assert_eq!(answer.body, body, "{answer:?}");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("x-request-id").is_some());
}

/// The texts of the comments of a page, `-` where there is none, and the next cursor.
fn comments(answer: &Answer) -> (Vec<String>, Option<String>) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = answer.json();
    let texts =
        page["historico"].as_array().unwrap().iter().map(|entry| entry["comentario"]["texto"].as_str().unwrap_or("-"));
    (texts.map(str::to_owned).collect(), page["proximo"].as_str().map(str::to_owned))
}

async fn the_present_status_has_the_records_names(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    is(
        &read(server, &token, STATUS, &[]).await,
        r#"{"protocolo":"20221104000001","status":"Aberto","motivoStatus":null,"atualizadoEm":"2026-11-23T10:00:00.000Z"}"#,
    );
    server.advance(database, Duration::milliseconds(1_500)).await;
    change(server, &token, json!({"protocolo": ABERTO, "status": "cancelado", "motivoStatus": "duplicado"})).await;
    let path = "/api/atendimentos/status?x=1&protocolo=+2022110400000%31%20&x=2";
    is(
        &read(server, &token, path, &[]).await,
        r#"{"protocolo":"20221104000001","status":"Cancelado","motivoStatus":"Duplicado","atualizadoEm":"2026-11-23T10:00:01.500Z"}"#,
    );
}

async fn an_entity_tag_names_the_revision(server: &Server) {
    let token = server.token("user.api").await;
    let tag = async |expected: &str, sent: &[(&str, &str)], status: u16| {
        let answer = read(server, &token, STATUS, sent).await;
        assert_eq!((answer.status, answer.header("etag")), (status, Some(expected)), "{sent:?}");
        assert_eq!(answer.body.is_empty(), status == 304, "{answer:?}");
    };
    tag("\"0\"", &[], 200).await;
    for known in ["\"0\"", "W/\"0\"", "*", "\"7\", \"0\"", "\"x\",W/\"0\""] {
        tag("\"0\"", &[("if-none-match", known)], 304).await;
    }
    tag("\"0\"", &[("if-none-match", "\"7\""), ("if-none-match", "\"0\"")], 304).await;
    for other in ["\"1\"", "0", "", "\"00\""] {
        tag("\"0\"", &[("if-none-match", other)], 200).await;
    }
    change(server, &token, json!({"protocolo": ABERTO, "status": "Aberto"})).await;
    tag("\"1\"", &[("if-none-match", "\"0\"")], 200).await;
    tag("\"1\"", &[("if-none-match", "\"1\"")], 304).await;
}

async fn a_history_has_its_comments(server: &Server) {
    let token = server.token("user.api").await;
    is(&read(server, &token, HISTORICO, &[]).await, r#"{"protocolo":"20221104000001","historico":[],"proximo":null}"#);
    let cancelled = json!({"protocolo": ABERTO, "status": "Cancelado", "motivoStatus": "Duplicado",
                           "comentario": "público", "visivelCliente": true});
    change(server, &token, cancelled).await;
    comment(server, &token, "interno", false).await;
    change(server, &token, json!({"protocolo": ABERTO, "status": "Finalizado"})).await;
    is(
        &read(server, &token, HISTORICO, &[]).await,
        concat!(
            r#"{"protocolo":"20221104000001","historico":["#,
            r#"{"em":"2026-11-23T10:00:00.000Z","de":"Aberto","para":"Cancelado","motivoStatus":"Duplicado","#,
            r#""usuario":"user.api","comentario":{"texto":"público","visivelCliente":true}},"#,
            r#"{"em":"2026-11-23T10:00:00.000Z","de":"Cancelado","para":"Aberto","motivoStatus":null,"#,
            r#""usuario":"user.api","comentario":{"texto":"interno","visivelCliente":false}},"#,
            r#"{"em":"2026-11-23T10:00:00.000Z","de":"Aberto","para":"Finalizado","motivoStatus":null,"#,
            r#""usuario":"user.api","comentario":null}],"proximo":null}"#,
        ),
    );
    let whole = read(server, &token, HISTORICO, &[]).await.body;
    for same in ["?visivelCliente=false", "?visivelCliente=FALSE&limite=200&cursor2=x"] {
        is(&read(server, &token, &format!("{HISTORICO}{same}"), &[]).await, &whole);
    }
    is(
        &read(server, &token, &format!("{HISTORICO}?visivelCliente=True"), &[]).await,
        concat!(
            r#"{"protocolo":"20221104000001","historico":["#,
            r#"{"em":"2026-11-23T10:00:00.000Z","de":"Aberto","para":"Cancelado","motivoStatus":"Duplicado","#,
            r#""comentario":{"texto":"público","visivelCliente":true}},"#,
            r#"{"em":"2026-11-23T10:00:00.000Z","de":"Cancelado","para":"Aberto","motivoStatus":null,"comentario":null},"#,
            r#"{"em":"2026-11-23T10:00:00.000Z","de":"Aberto","para":"Finalizado","motivoStatus":null,"comentario":null}"#,
            r#"],"proximo":null}"#,
        ),
    );
}

async fn a_history_is_read_page_by_page(server: &Server) {
    let token = server.token("user.api").await;
    let add = async |number: usize| comment(server, &token, &number.to_string(), number.is_multiple_of(2)).await;
    for number in 1..=51 {
        add(number).await;
    }
    let numbers = |range: std::ops::RangeInclusive<usize>| -> Vec<String> { range.map(|n| n.to_string()).collect() };
    let page = async |query: &str| comments(&read(server, &token, &format!("{HISTORICO}?{query}"), &[]).await);

    let (first, next) = page("").await;
    assert_eq!(first, numbers(1..=50));
    let next = next.unwrap();
    assert_eq!(page(&format!("cursor={next}")).await, (numbers(51..=51), None));
    // The filter hides comments and skips no entry.
    let (hidden, same) = page("visivelCliente=true&limite=3").await;
    assert_eq!(hidden, ["-", "2", "-"]);
    assert_eq!(page(&format!("limite=2&cursor={}", same.unwrap())).await.0, ["4", "5"]);
    assert_eq!(page("limite=51").await, (numbers(1..=51), None));
    assert_eq!(page("limite=200").await, (numbers(1..=51), None));
    // What comes later is on the next page, and the pages before stay as they were.
    add(52).await;
    assert_eq!(page(&format!("cursor={next}")).await, (numbers(51..=52), None));
    assert_eq!(page("").await.0, numbers(1..=50));

    for (query, field) in [
        ("limite=0", "limite"),
        ("limite=201", "limite"),
        ("limite=", "limite"),
        ("limite=-1", "limite"),
        ("limite=1.5", "limite"),
        ("limite=5&limite=5", "limite"),
        ("limite=65586", "limite"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=AAAAAAAAAAA", "cursor"),
        ("cursor=__________8", "cursor"),
        ("cursor=AAAAAAAAAAAB", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=a&cursor=a", "cursor"),
        ("visivelCliente=", "visivelCliente"),
        ("visivelCliente=sim", "visivelCliente"),
        ("visivelCliente=true&visivelCliente=true", "visivelCliente"),
        ("visivelCliente=x&limite=x&cursor=x", "cursor"),
        ("visivelCliente=x&limite=x", "limite"),
    ] {
        let answer = read(server, &token, &format!("{HISTORICO}?{query}"), &[]).await;
        answer.is(400, &format!("{field} – valor inválido"));
    }
}

async fn a_page_of_long_comments_ends_early(server: &Server) {
    let token = server.token("user.api").await;
    let long = "x".repeat(20_000);
    for _ in 0..60 {
        comment(server, &token, &long, true).await;
    }
    let first = read(server, &token, &format!("{HISTORICO}?limite=200"), &[]).await;
    let (texts, next) = comments(&first);
    // 1 MiB of entries, each with some 160 bytes beside its comment.
    assert_eq!(texts.len(), 52);
    let rest = read(server, &token, &format!("{HISTORICO}?limite=200&cursor={}", next.unwrap()), &[]).await;
    assert_eq!((comments(&rest).0.len(), comments(&rest).1), (60 - texts.len(), None));
}

async fn the_transitions_say_where_a_motivo_is_required(server: &Server) {
    let token = server.token("user.api").await;
    is(
        &read(server, &token, TRANSICOES, &[]).await,
        concat!(
            r#"{"protocolo":"20221104000001","status":"Aberto","transicoes":["#,
            r#"{"para":"Aberto","motivoObrigatorio":false},{"para":"Em atendimento","motivoObrigatorio":false},"#,
            r#"{"para":"Cancelado","motivoObrigatorio":true},{"para":"Improcedente","motivoObrigatorio":true},"#,
            r#"{"para":"Finalizado","motivoObrigatorio":false}],"#,
            r#""motivos":["Aberto por engano","Atendimento já finalizado","Duplicado","Fora do escopo"]}"#,
        ),
    );
    // Each is as it says.
    for protocolo in (20_221_104_000_001_u64..).take(5) {
        let path = format!("/api/atendimentos/{protocolo}/transicoes");
        for target in read(server, &token, &path, &[]).await.json()["transicoes"].as_array().unwrap() {
            let body = json!({"protocolo": protocolo, "status": target["para"]});
            if target["motivoObrigatorio"] == true {
                server.change_with(&token, body).await.is(400, "motivoStatus – esse campo é obrigatório");
                continue;
            }
            let now = read(server, &token, &path, &[]).await.json()["status"].clone();
            change(server, &token, body).await;
            let back = json!({"protocolo": protocolo, "status": now, "motivoStatus": "Duplicado"});
            change(server, &token, back).await;
        }
    }
}

async fn the_motivos_are_the_active_ones(server: &Server) {
    let token = server.token("user.api").await;
    let all = r#"{"motivos":["Aberto por engano","Atendimento já finalizado","Duplicado","Fora do escopo"]}"#;
    is(&read(server, &token, MOTIVOS, &[]).await, all);
    server.provisioning.set_motivo_ativo(&nome("Duplicado"), false).await.unwrap();
    let rest = r#"{"motivos":["Aberto por engano","Atendimento já finalizado","Fora do escopo"]}"#;
    is(&read(server, &token, MOTIVOS, &[]).await, rest);
}

async fn each_read_has_a_permission_of_its_own(server: &Server, database: &Database) {
    let token = server.token("user.sem.permissao").await;
    let consulta = nome("Consulta");
    let reads = [
        (STATUS, Permissao::ConsultarStatus),
        (HISTORICO, Permissao::ConsultarHistorico),
        (TRANSICOES, Permissao::ConsultarTransicoes),
        (MOTIVOS, Permissao::ConsultarMotivos),
    ];
    for (path, _) in reads {
        read(server, &token, path, &[]).await.is(403, "Acess denied");
    }
    for (granted, permissao) in reads {
        server.provisioning.grant(&consulta, &[permissao]).await.unwrap();
        server.advance(database, Duration::seconds(1)).await;
        for (path, _) in reads {
            let expected = if path == granted { 200 } else { 403 };
            assert_eq!(read(server, &token, path, &[]).await.status, expected, "{path} with {permissao}");
        }
        server.provisioning.revoke(&consulta, &[permissao]).await.unwrap();
    }
}

async fn token_permission_parameters_and_existence_come_in_that_order(server: &Server) {
    let (token, other) = (server.token("user.api").await, server.token("user.sem.permissao").await);
    for path in
        ["/api/atendimentos/status", "/api/atendimentos/%20/historico?limite=0", "/api/atendimentos/%20/transicoes"]
    {
        server.get(path).await.is(401, "Token is missing");
        read(server, &other, path, &[]).await.is(403, "Acess denied");
        read(server, &token, path, &[]).await.is(400, REQUIRED);
    }
    let long = "9".repeat(65);
    for protocolo in [&long, "%00", "1%002", "%FF", "%C3"] {
        for path in [
            format!("/api/atendimentos/status?protocolo={protocolo}"),
            format!("/api/atendimentos/{protocolo}/historico?limite=0"),
            format!("/api/atendimentos/{protocolo}/transicoes"),
        ] {
            read(server, &token, &path, &[]).await.is(400, "protocolo – valor inválido");
        }
    }
    for query in ["protocolo=", "protocolo=+", "Protocolo=1", ""] {
        read(server, &token, &format!("/api/atendimentos/status?{query}"), &[]).await.is(400, REQUIRED);
    }
    let twice = format!("{STATUS}&protocolo=20221104000001");
    read(server, &token, &twice, &[]).await.is(400, "protocolo – valor inválido");
    let unknown = "é".repeat(64);
    for path in [
        format!("/api/atendimentos/status?protocolo={unknown}"),
        format!("/api/atendimentos/{unknown}/historico"),
        format!("/api/atendimentos/{unknown}/transicoes"),
        "/api/atendimentos/a%2Fb/historico".to_owned(),
    ] {
        read(server, &token, &path, &[]).await.is(404, UNKNOWN);
    }
}

async fn a_protocolo_may_be_any_text(server: &Server) {
    let token = server.token("user.api").await;
    for (protocolo, path) in [("a/b ç", "a%2Fb%20%C3%A7"), ("status", "status"), ("a+b%", "a+b%25")] {
        server.provisioning.create_atendimento(protocolo, Status::Aberto).await.unwrap();
        for read_of in ["historico", "transicoes"] {
            let answer = read(server, &token, &format!("/api/atendimentos/{path}/{read_of}"), &[]).await;
            assert_eq!(answer.json()["protocolo"], protocolo, "{answer:?}");
        }
        let encoded = path.replace('+', "%2B");
        let answer = read(server, &token, &format!("/api/atendimentos/status?protocolo={encoded}"), &[]).await;
        assert_eq!(answer.json()["protocolo"], protocolo, "{answer:?}");
    }
}

async fn head_answers_without_a_body(server: &Server) {
    let token = server.token("user.api").await;
    for path in [STATUS, HISTORICO, TRANSICOES, MOTIVOS] {
        let length = read(server, &token, path, &[]).await.body.len().to_string();
        let answer = server.send(Method::HEAD, path, &[("authorization", &token)], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
        assert_eq!(answer.header("content-length"), Some(length.as_str()));
    }
}

async fn a_read_does_not_wait_for_a_change(server: &Server, database: &Database) {
    let token = server.token("user.api").await;
    let held = database.hold(ABERTO).await;
    for path in [STATUS, HISTORICO, TRANSICOES, MOTIVOS] {
        assert_eq!(read(server, &token, path, &[]).await.status, 200);
    }
    held.release().await;
}

/// As in the console, a history names only the users whom the hierarchy shows to the reader.
async fn a_history_hides_whom_the_hierarchy_hides(server: &Server, database: &Database) {
    hierarchy(server).await;
    let writers = ["admin", "gestor", "chefe", "caixa", "user.api"];
    for who in writers {
        comment(server, &server.token(who).await, who, false).await;
    }
    database.execute("UPDATE historico SET usuario_id = NULL WHERE comentario = 'user.api'").await;
    for (who, seen) in [
        ("admin", &writers[..4]),
        ("gestor", &["gestor", "chefe"]),
        ("chefe", &["chefe"]),
        ("caixa", &["caixa"]),
        ("user.api", &["gestor", "chefe"]),
    ] {
        let token = server.token(who).await;
        let expected: Vec<Value> = writers[..4]
            .iter()
            .map(|login| json!(if seen.contains(login) { login } else { "(oculto)" }))
            .chain([Value::Null])
            .collect();
        let page = read(server, &token, HISTORICO, &[]).await.json();
        let named =
            |page: &Value| page["historico"].as_array().unwrap().iter().map(|entry| entry["usuario"].clone()).collect();
        let told: Vec<Value> = named(&page);
        assert_eq!(told, expected, "{who}");
        let last = read(server, &token, &format!("{HISTORICO}?limite=2"), &[]).await.json();
        assert_eq!(Vec::<Value>::from_iter(named(&last)), expected[..2], "{who}");
        let customer = read(server, &token, &format!("{HISTORICO}?visivelCliente=true"), &[]).await;
        assert!(!customer.body.contains("usuario") && !customer.body.contains("oculto"), "{customer:?}");
    }
}

both_engines! {
    a_history_hides_whom_the_hierarchy_hides,
    the_present_status_has_the_records_names,
    an_entity_tag_names_the_revision,
    a_history_has_its_comments,
    a_history_is_read_page_by_page,
    a_page_of_long_comments_ends_early,
    the_transitions_say_where_a_motivo_is_required,
    the_motivos_are_the_active_ones,
    each_read_has_a_permission_of_its_own,
    token_permission_parameters_and_existence_come_in_that_order,
    a_protocolo_may_be_any_text,
    head_answers_without_a_body,
    a_read_does_not_wait_for_a_change,
}
