//! What holds for all routes. All of it is ours.

use crate::conferir::case::{Case, Header, LOGIN, STATUS};

const NOT_FOUND: &str = "Recurso não encontrado";
const NOT_ALLOWED: &str = "Método não permitido";
const BODY: &str = r#"{"senha": "x"}"#;
const LOGIN_REQUIRED: &str = "Este campo é obrigatório – login";

pub(super) const CASES: &[Case] = &[
    Case::other("common/unknown-route", "GET", "/api/conferir").says(404, NOT_FOUND),
    Case::other("common/login-wrong-method", "GET", LOGIN).says(405, NOT_ALLOWED).has(Header::Is("allow", "POST")),
    Case::other("common/status-wrong-method", "PUT", STATUS)
        .says(405, NOT_ALLOWED)
        .has(Header::Is("allow", "GET,HEAD,POST")),
    Case::login("common/json-empty", "")
        .says(400, "Corpo da requisição inválido: JSON incompleto, termina na linha 1, coluna 0"),
    Case::login("common/json-incomplete", r#"{"login": "x"#)
        .says(400, "Corpo da requisição inválido: JSON incompleto, termina na linha 1, coluna 12"),
    // As the vendor's page prints its example.
    Case::login("common/json-typographic-quotes", "{\n“login”: “user.api”\n}")
        .says(400, "Corpo da requisição inválido: JSON malformado na linha 2, coluna 1"),
    Case::login("common/json-no-object", "[1]").says(400, "Corpo da requisição inválido: não é um objeto JSON"),
    Case::login("common/json-field-twice", r#"{"login": "x", "login": "x"}"#)
        .says(400, "Corpo da requisição inválido: campo login duplicado"),
    Case::change("common/json-broken-change", "{")
        .says(400, "Corpo da requisição inválido: JSON incompleto, termina na linha 1, coluna 1"),
    Case::login("common/body-too-large", r#"{"login": "<65536 x>"}"#).says(413, "Corpo da requisição muito grande"),
    Case::login("common/content-type-of-the-request", BODY)
        .with("content-type", "text/plain")
        .says(400, LOGIN_REQUIRED),
    Case::login("common/byte-order-mark", "\u{feff}{\"senha\": \"x\"}").says(400, LOGIN_REQUIRED),
    Case::login("common/charset-declared", BODY)
        .with("content-type", "application/json; Charset=\"iso-8859-1\"")
        .says(400, LOGIN_REQUIRED),
    Case::login("common/charset-unknown", BODY)
        .with("content-type", "application/json; charset=conferir")
        .says(415, "Charset do corpo não suportado; envie em UTF-8, UTF-16, ISO-8859-1 ou windows-1252"),
    Case::login("common/content-encoding", BODY)
        .with("content-encoding", "gzip")
        .says(415, "Content-Encoding não suportado; envie o corpo sem compressão")
        .has(Header::Is("accept-encoding", "identity")),
    Case::login("common/slash-at-the-end", BODY).on("/api/usuario/login/").says(400, LOGIN_REQUIRED),
    Case::login("common/slashes-doubled", BODY).on("//api//usuario/login").says(400, LOGIN_REQUIRED),
    Case::login("common/request-id-taken-over", BODY)
        .with("x-request-id", "conferir-1.a:B_2")
        .says(400, LOGIN_REQUIRED)
        .has(Header::Is("x-request-id", "conferir-1.a:B_2")),
    Case::login("common/request-id-replaced", BODY)
        .with("x-request-id", "not an id")
        .says(400, LOGIN_REQUIRED)
        .has(Header::IsNot("x-request-id", "not an id")),
];
