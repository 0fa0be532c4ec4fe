//! Another secret without downtime, and how soon a withdrawal of tokens counts.

use citrus_status::config::Config;
use time::Duration;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::run_with;
use crate::support::server::{Server, nome};

const UNTRUSTED: &str = "JWT signature does not match locally computed signature. \
                         JWT validity cannot be asserted and should not be trusted.";
const CHANGE: &str = r#"{"protocolo": "20221104000001", "status": "Aberto"}"#;
const SUCCESS: &str = "Atendimento atualizado com sucesso";
const OLD: &str = "the former secret of thirty-two bytes, or more";
const NEW: &str = "the future secret of thirty-two bytes, or more";

fn config(database: &Database, signs: &str, accepted: &str) -> Config {
    database.config(&[("JWT_SECRET", signs), ("JWT_ACCEPTED_SECRETS", accepted)])
}

async fn a_rotation_step_by_step_refuses_no_token(database: &Database) {
    // How the two servers stand one after the other: one restart at a time.
    let steps = [
        [(OLD, ""), (OLD, "")],
        [(OLD, NEW), (OLD, "")],
        [(OLD, NEW), (OLD, NEW)],
        [(NEW, OLD), (OLD, NEW)],
        [(NEW, OLD), (NEW, OLD)],
    ];
    Server::start(database).await.stop().await;
    let mut tokens = Vec::new();
    for step in steps {
        let [(signs_a, accepts_a), (signs_b, accepts_b)] = step;
        let a = Server::on(config(database, signs_a, accepts_a), database.open().await).await;
        let b = Server::on(config(database, signs_b, accepts_b), database.open().await).await;
        tokens.push(a.token("user.api").await);
        tokens.push(b.token("user.api").await);
        for token in &tokens {
            a.change_with(token, CHANGE).await.is(200, SUCCESS);
            b.change_with(token, CHANGE).await.is(200, SUCCESS);
        }
        a.stop().await;
        b.stop().await;
    }
    // Once the last token under the former secret has expired, it is taken off the list.
    let server = Server::on(config(database, NEW, ""), database.open().await).await;
    server.change_with(&tokens[0], CHANGE).await.is(401, UNTRUSTED);
    server.change_with(tokens.last().unwrap(), CHANGE).await.is(200, SUCCESS);
    server.stop().await;
}

async fn an_expired_token_under_an_accepted_secret_is_expired(database: &Database) {
    let server = Server::with(database, &[("JWT_SECRET", OLD)]).await;
    let token = server.token("user.api").await;
    server.stop().await;
    let server = Server::on(config(database, NEW, OLD), database.open().await).await;
    server.clock.advance(Duration::seconds(3605));
    server.change_with(&token, CHANGE).await.is(
        401,
        "JWT expired at 2026-11-23T11:00:00Z. Current time: 2026-11-23T11:00:05Z, \
         a difference of 5000 milliseconds.  Allowed clock skew: 0 milliseconds.",
    );
    server.stop().await;
}

async fn what_the_operator_withdraws_counts_within_a_second_on_every_server(database: &Database) {
    let a = Server::start(database).await;
    let b = Server::on(database.config(&[]), database.open().await).await;
    for (args, stdin) in [
        (&["usuario", "senha", "user.api", "--senha-stdin"][..], "uma senha"),
        (&["usuario", "revogar-tokens", "user.api"], ""),
        (&["usuario", "desativar", "user.api"], ""),
    ] {
        a.provisioning.set_senha(&nome("user.api"), "1234".into()).await.unwrap();
        let token = a.token("user.api").await;
        for server in [&a, &b] {
            server.clock.advance(Duration::seconds(1));
            server.change_with(&token, CHANGE).await.is(200, SUCCESS);
        }
        let outcome = run_with(database, &[], args, stdin);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        for server in [&a, &b] {
            server.clock.advance(Duration::milliseconds(999));
            server.change_with(&token, CHANGE).await.is(401, "Token revogado");
        }
    }
    a.stop().await;
    b.stop().await;
}

both_engines! {
    a_rotation_step_by_step_refuses_no_token,
    an_expired_token_under_an_accepted_secret_is_expired,
    what_the_operator_withdraws_counts_within_a_second_on_every_server,
}
