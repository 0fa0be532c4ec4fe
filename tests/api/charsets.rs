//! The charsets of request bodies: what a client declares, what it sends, and what it is told.

use reqwest::Method;
use serde_json::json;

use super::shapes::{ABERTO, LOGIN, LOTE, MADE, STATUS, change, last_comment, post};
use crate::support::both_engines;
use crate::support::server::Server;

const CHARSET: &str = "Charset do corpo não suportado; envie em UTF-8, UTF-16, ISO-8859-1 ou windows-1252";
const CODING: &str = "Content-Encoding não suportado; envie o corpo sem compressão";
const CURE: &str = "; envie em UTF-8 ou declare o charset em Content-Type";

/// How a client encodes its text.
type Encode = fn(&str) -> Vec<u8>;

fn with_comment(texto: &str) -> String {
    json!({"protocolo": ABERTO, "status": "Em atendimento", "comentario": texto, "visivelCliente": "True"}).to_string()
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
    assert_eq!(server.record(ABERTO).await["historico"].as_array().unwrap().len(), 1);
}

both_engines! {
    bodies_are_read_in_the_charset_that_they_declare,
    every_route_with_a_body_reads_it_so,
    what_cannot_be_read_is_refused_with_the_cure,
    a_repetition_in_another_charset_is_the_same_request,
}
