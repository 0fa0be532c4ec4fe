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
    Case::login("common/request-id-taken-over", BODY)
        .with("x-request-id", "conferir-1.a:B_2")
        .says(400, LOGIN_REQUIRED)
        .has(Header::Is("x-request-id", "conferir-1.a:B_2")),
    Case::login("common/request-id-replaced", BODY)
        .with("x-request-id", "not an id")
        .says(400, LOGIN_REQUIRED)
        .has(Header::IsNot("x-request-id", "not an id")),
];
