use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use citrus_status::domain::text::NameKey;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Server, nome};

const OBRIGATORIO_LOGIN: &str = "Este campo é obrigatório – login";
const OBRIGATORIO_SENHA: &str = "Este campo é obrigatório senha";

async fn a_missing_login_comes_first(server: &Server) {
    for login in [json!(null), json!(""), json!(" \t"), json!("\u{a0}"), json!(["user.api"]), json!({})] {
        server.login_with(&json!({"login": login, "senha": ""})).await.is(400, OBRIGATORIO_LOGIN);
    }
    server.login_with(&json!({})).await.is(400, OBRIGATORIO_LOGIN);
}

async fn then_a_missing_senha(server: &Server) {
    for senha in [json!(null), json!(""), json!({"a": 1}), json!([]), json!(["1234"])] {
        server.login_with(&json!({"login": "nobody", "senha": senha})).await.is(400, OBRIGATORIO_SENHA);
    }
    server.login_with(&json!({"login": "nobody"})).await.is(400, OBRIGATORIO_SENHA);
    server.login_with(&json!({"login": "user.api", "senha": " "})).await.is(401, "Senha inválida");
}

async fn then_an_unknown_or_deactivated_user(server: &Server) {
    server.login_with(&json!({"login": "nobody", "senha": "1234"})).await.is(404, "Usuário não encontrado");
    server.provisioning.set_usuario_ativo(&nome("user.api"), false).await.unwrap();
    server.login_with(&json!({"login": "user.api", "senha": "1234"})).await.is(404, "Usuário não encontrado");
    server.login_with(&json!({"login": "user.api", "senha": "wrong"})).await.is(404, "Usuário não encontrado");
}

async fn then_a_wrong_senha(server: &Server) {
    for senha in ["12345", "1234 ", " 1234", "1234\n"] {
        server.login_with(&json!({"login": "user.api", "senha": senha})).await.is(401, "Senha inválida");
    }
}

async fn then_a_token_that_cannot_be_made(database: &Database) {
    let store = database.example().await;
    let mut config = database.config(&[]);
    config.tokens.ttl = i64::MAX;
    let server = Server::on(config, store).await;
    let answer = server.login_with(&json!({"login": "user.api", "senha": "1234"})).await;
    answer.is(500, "Houve um problema para gerar um token");
    server.stop().await;
}

async fn success_is_a_bearer_token(server: &Server) {
    for login in ["user.api", "user.sem.permissao", "admin"] {
        let answer = server.login_with(&json!({"login": login, "senha": "1234", "extra": [1]})).await;
        assert_eq!(answer.status, 200);
        let token = answer.json()["accessToken"].as_str().unwrap().to_owned();
        assert_eq!(answer.body, format!(r#"{{"accessToken":"{token}","tokenType":"Bearer","expiresIn":3600}}"#));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let part = |i| -> Value {
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(i).unwrap()).unwrap()).unwrap()
        };
        let id = server.store.credential(&NameKey::new(login)).await.unwrap().unwrap().usuario_id;
        let (header, claims) = (part(0), part(1));
        assert_eq!((&header["alg"], &header["typ"]), (&json!("HS256"), &json!("JWT")));
        assert!(header["kid"].is_string());
        assert_eq!(
            claims,
            json!({"iss": "citrus-status", "aud": "citrus-status", "sub": id.to_string(), "login": login,
                   "iat": 1_795_428_000, "exp": 1_795_431_600, "jti": claims["jti"]})
        );
    }
}

async fn a_login_is_compared_trimmed_composed_and_folded(server: &Server) {
    let perfil = nome("Integração");
    server.provisioning.create_usuario(&nome("José"), &perfil, "senha é".into()).await.unwrap();
    for login in ["José", " JOSÉ ", "jose\u{301}"] {
        assert_eq!(server.login_with(&json!({"login": login, "senha": "senha é"})).await.status, 200, "{login}");
    }
    let composed_otherwise = json!({"login": "José", "senha": "senha e\u{301}"});
    server.login_with(&composed_otherwise).await.is(401, "Senha inválida");
}

async fn fields_over_their_limits_and_nul_are_refused(server: &Server) {
    let try_login = async |login: &str, senha: &str| server.login_with(&json!({"login": login, "senha": senha})).await;
    try_login(&"é".repeat(255), "x").await.is(404, "Usuário não encontrado");
    try_login(&"é".repeat(256), "x").await.is(400, "login – valor inválido");
    try_login("user\0api", "x").await.is(400, "login – valor inválido");
    try_login("user.api", &"x".repeat(1024)).await.is(401, "Senha inválida");
    try_login("user.api", &"x".repeat(1025)).await.is(400, "senha – valor inválido");
    try_login("user.api", &"é".repeat(513)).await.is(400, "senha – valor inválido");
    try_login("user.api", "12\u{0}34").await.is(400, "senha – valor inválido");
}

async fn no_answer_may_be_cached(server: &Server) {
    for body in [
        json!({"login": "user.api", "senha": "1234"}),
        json!({"login": "user.api", "senha": "wrong"}),
        json!({"login": "nobody", "senha": "1234"}),
        json!({}),
        json!([]),
    ] {
        assert_eq!(server.login_with(&body).await.header("cache-control"), Some("no-store"), "{body}");
    }
}

async fn hardened_login_does_not_tell_users_apart(database: &Database) {
    let server = Server::with(database, &[("HARDENED_LOGIN", "true")]).await;
    server.provisioning.set_usuario_ativo(&nome("user.sem.permissao"), false).await.unwrap();
    for login in ["user.api", "nobody", "user.sem.permissao"] {
        server.login_with(&json!({"login": login, "senha": "wrong"})).await.is(401, "Senha inválida");
    }
    server.login_with(&json!({"login": "user.sem.permissao", "senha": "1234"})).await.is(401, "Senha inválida");
    assert_eq!(server.login_with(&json!({"login": "user.api", "senha": "1234"})).await.status, 200);
    server.stop().await;
}

async fn the_life_of_a_token_can_be_set(database: &Database) {
    let server = Server::with(database, &[("TOKEN_TTL_SECONDS", "60")]).await;
    let answer = server.login_with(&json!({"login": "user.api", "senha": "1234"})).await;
    assert_eq!(answer.json()["expiresIn"], 60);
    server.stop().await;
}

both_engines! {
    a_missing_login_comes_first,
    then_a_missing_senha,
    then_an_unknown_or_deactivated_user,
    then_a_wrong_senha,
    then_a_token_that_cannot_be_made,
    success_is_a_bearer_token,
    a_login_is_compared_trimmed_composed_and_folded,
    fields_over_their_limits_and_nul_are_refused,
    no_answer_may_be_cached,
    hardened_login_does_not_tell_users_apart,
    the_life_of_a_token_can_be_set,
}
