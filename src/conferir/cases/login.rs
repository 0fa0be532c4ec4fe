//! The login. The page gives the texts of its answers, but no status codes.

use crate::conferir::case::Case;

const LOGIN_REQUIRED: &str = "Este campo é obrigatório – login";
const SENHA_REQUIRED: &str = "Este campo é obrigatório senha";

pub(super) const CASES: &[Case] = &[
    Case::login("login/login-missing", r#"{"senha": "x"}"#).says(400, LOGIN_REQUIRED).doc(),
    Case::login("login/login-null", r#"{"login": null, "senha": "x"}"#).says(400, LOGIN_REQUIRED),
    Case::login("login/login-blank", r#"{"login": " ", "senha": "x"}"#).says(400, LOGIN_REQUIRED),
    Case::login("login/login-no-text", r#"{"login": ["<outro login>"], "senha": "x"}"#).says(400, LOGIN_REQUIRED),
    Case::login("login/login-with-nul", r#"{"login": "a\u0000", "senha": "x"}"#).says(400, "login – valor inválido"),
    Case::login("login/senha-missing", r#"{"login": "<login>"}"#).says(400, SENHA_REQUIRED).doc(),
    Case::login("login/senha-null", r#"{"login": "<outro login>", "senha": null}"#).says(400, SENHA_REQUIRED),
    Case::login("login/senha-empty", r#"{"login": "<outro login>", "senha": ""}"#).says(400, SENHA_REQUIRED),
    Case::login("login/senha-no-text", r#"{"login": "<outro login>", "senha": {}}"#).says(400, SENHA_REQUIRED),
    Case::login("login/senha-with-nul", r#"{"login": "<outro login>", "senha": "a\u0000"}"#)
        .says(400, "senha – valor inválido"),
    Case::login("login/login-longest", r#"{"login": "<255 x>", "senha": ""}"#).says(400, SENHA_REQUIRED),
    Case::login("login/login-too-long", r#"{"login": "<256 x>", "senha": "x"}"#).says(400, "login – valor inválido"),
    Case::login("login/senha-too-long", r#"{"login": "<login>", "senha": "<1025 x>"}"#)
        .says(400, "senha – valor inválido"),
    Case::login("login/both-missing", "{}").says(400, LOGIN_REQUIRED),
    Case::login("login/unknown-user", r#"{"login": "<outro login>", "senha": "<outra senha>"}"#)
        .says(404, "Usuário não encontrado")
        .doc(),
    Case::login("login/wrong-senha", r#"{"login": "<login>", "senha": "<outra senha>"}"#)
        .says(401, "Senha inválida")
        .doc(),
    Case::login("login/success", r#"{"login": "<login>", "senha": "<senha>"}"#).doc(),
    Case::login("login/success-login-trimmed", r#"{"login": " <login>\n", "senha": "<senha>"}"#),
    Case::login("login/success-with-unknown-field", r#"{"x": [1], "login": "<login>", "senha": "<senha>"}"#),
];
