//! The token's table. Hostile tokens by the hundred are in `attacks/tokens.rs`.

use reqwest::Method;
use time::Duration;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const UNTRUSTED: &str = "JWT signature does not match locally computed signature. \
                         JWT validity cannot be asserted and should not be trusted.";
const PATH: &str = "/api/atendimentos/status";
const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;

async fn with(server: &Server, authorization: &str) -> Answer {
    server.send(Method::POST, PATH, &[("authorization", authorization)], CHANGE).await
}

async fn a_missing_token(server: &Server) {
    server.send(Method::POST, PATH, &[], CHANGE).await.is(401, "Token is missing");
    for empty in ["", "Bearer", "Bearer ", "bearer  "] {
        with(server, empty).await.is(401, "Token is missing");
    }
}

async fn a_token_without_three_parts(server: &Server) {
    for (token, found) in [("abc", 0), ("a.b", 1), ("a.b.c.d", 3), ("....", 4)] {
        let message = format!("JWT strings must contain exactly 2 period characters. Found: {found}");
        with(server, &format!("Bearer {token}")).await.is(401, &message);
        with(server, token).await.is(401, &message);
    }
    let basic = "JWT strings must contain exactly 2 period characters. Found: 0";
    with(server, "Basic dXNlcjpwYXNz").await.is(401, basic);
}

async fn an_unsigned_token(server: &Server) {
    let token = server.token("user.api").await;
    let unsigned = &token[..=token.rfind('.').unwrap()];
    with(server, &format!("Bearer {unsigned}")).await.is(401, "Unsigned Claims JWTs are not supported.");
    with(server, "a.b.").await.is(401, "Unsigned Claims JWTs are not supported.");
}

async fn a_token_that_is_not_ours(server: &Server) {
    let token = server.token("user.api").await;
    let (message, signature) = token.rsplit_once('.').unwrap();
    let flipped: String = signature.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
    let (header, _) = token.split_once('.').unwrap();
    for foreign in [
        "a.b.c".to_owned(),
        format!("{message}.{flipped}"),
        format!("{message}.{signature}x"),
        format!("{header}.e30.{signature}"),
        format!("eyJhbGciOiJub25lIn0.{}.{signature}", message.split_once('.').unwrap().1),
        format!("{message}.{}", "A".repeat(5_000)),
    ] {
        with(server, &format!("Bearer {foreign}")).await.is(401, UNTRUSTED);
    }
}

async fn an_expired_token(server: &Server) {
    let token = server.token("user.api").await;
    server.clock.advance(Duration::seconds(3600));
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    server.clock.advance(Duration::seconds(5));
    server.change_with(&token, CHANGE).await.is(
        401,
        "JWT expired at 2026-11-23T11:00:00Z. Current time: 2026-11-23T11:00:05Z, \
         a difference of 5000 milliseconds.  Allowed clock skew: 0 milliseconds.",
    );
    server.clock.advance(Duration::milliseconds(123));
    server.change_with(&token, CHANGE).await.is(
        401,
        "JWT expired at 2026-11-23T11:00:00Z. Current time: 2026-11-23T11:00:05Z, \
         a difference of 5123 milliseconds.  Allowed clock skew: 0 milliseconds.",
    );
}

async fn a_revoked_token(server: &Server, database: &Database) {
    let user = nome("user.api");
    let second = Duration::seconds(1);

    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    server.provisioning.set_senha(&user, "nova".into()).await.unwrap();
    server.clock.advance(second);
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");
    server.provisioning.set_senha(&user, "1234".into()).await.unwrap();

    let token = server.token("user.api").await;
    server.clock.advance(second);
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    server.provisioning.revoke_tokens(&user).await.unwrap();
    server.clock.advance(second);
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");

    let token = server.token("user.api").await;
    server.clock.advance(second);
    server.provisioning.set_usuario_ativo(&user, false).await.unwrap();
    server.clock.advance(second);
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");
    server.provisioning.set_usuario_ativo(&user, true).await.unwrap();
    server.clock.advance(second);
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");
    let token = server.token("user.api").await;
    server.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");

    database.execute("DELETE FROM historico; DELETE FROM auditoria").await;
    database.execute("DELETE FROM usuario WHERE login = 'user.api'").await;
    server.clock.advance(second);
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");
}

async fn a_token_of_another_installation_with_the_same_secret(database: &Database) {
    let server = Server::start(database).await;
    let other = Database::sqlite();
    let elsewhere = Server::start(&other).await;
    let token = elsewhere.token("user.api").await;
    elsewhere.change_with(&token, CHANGE).await.is(200, "Atendimento atualizado com sucesso");
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");
    server.stop().await;
    elsewhere.stop().await;
}

async fn revoked_tokens_are_named_before_missing_permissions(server: &Server) {
    let token = server.token("user.sem.permissao").await;
    server.change_with(&token, CHANGE).await.is(403, "Acess denied");
    server.provisioning.revoke_tokens(&nome("user.sem.permissao")).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    server.change_with(&token, CHANGE).await.is(401, "Token revogado");
}

async fn the_scheme_is_in_any_case_or_missing(server: &Server) {
    let token = server.token("user.api").await;
    for authorization in
        [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER   {token}"), token.clone()]
    {
        with(server, &authorization).await.is(200, "Atendimento atualizado com sucesso");
    }
}

both_engines! {
    a_missing_token,
    a_token_without_three_parts,
    an_unsigned_token,
    a_token_that_is_not_ours,
    an_expired_token,
    a_revoked_token,
    a_token_of_another_installation_with_the_same_secret,
    revoked_tokens_are_named_before_missing_permissions,
    the_scheme_is_in_any_case_or_missing,
}
