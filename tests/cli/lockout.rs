//! A login that was locked out gets in again once its owner has been helped.

use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, run, run_with};

/// Logs in from `address`; the status code of the answer.
async fn login(server: &Process, address: &str, login: &str, senha: &str) -> u16 {
    let request = server.request(Method::POST, "/api/usuario/login", "");
    let body = json!({"login": login, "senha": senha}).to_string();
    request.header("x-forwarded-for", address).body(body).send().await.unwrap().status().as_u16()
}

async fn serve(database: &Database, limits: &[(&str, &str)]) -> Process {
    database.example().await.close().await;
    Process::serve_with(database, &[&[("TRUSTED_PROXIES", "127.0.0.0/8")], limits].concat(), &[])
}

const LIMITS: [(&str, &str); 2] = [("LOGIN_LIMIT_PAIR", "2/86400"), ("LOGIN_LIMIT_ACCOUNT", "5/86400")];

async fn a_new_senha_and_an_activation_forget_the_failures_of_a_login(database: &Database) {
    let server = serve(database, &LIMITS).await;
    let helps: [(&str, &[&str]); 3] = [
        ("12345678", &["usuario", "senha", "user.api", "--senha-stdin"]),
        ("12345678", &["usuario", "ativar", "USER.API"]),
        ("87654321", &["usuario", "senha", "user.api", "--senha-stdin"]),
    ];
    // Known there, so that only its failures keep it out.
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await, 200);
    for (senha, help) in helps {
        for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"] {
            for _ in 0..2 {
                assert!([401, 429].contains(&login(&server, address, "user.api", "wrong").await));
            }
            assert_eq!(login(&server, address, "user.api", "1234").await, 429, "{address}");
        }
        assert_eq!(run_with(database, &[], help, senha).code, 0, "{help:?}");
        for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "192.0.2.9"] {
            assert_eq!(login(&server, address, "user.api", senha).await, 200, "{address} after {help:?}");
        }
        // A failure counts from the beginning again.
        assert_eq!(login(&server, "192.0.2.8", "user.api", "wrong").await, 401);
    }
}

async fn one_that_was_deactivated_meanwhile_gets_in_once_it_is_active(database: &Database) {
    let server = serve(database, &LIMITS).await;
    for _ in 0..2 {
        assert_eq!(login(&server, "192.0.2.1", "user.api", "wrong").await, 401);
    }
    assert_eq!(run(database, &["usuario", "desativar", "user.api"]).code, 0);
    // To deactivate forgets nothing.
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await, 429);
    assert_eq!(run(database, &["usuario", "ativar", "user.api"]).code, 0);
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await, 200);
}

async fn what_is_not_that_logins_own_stays_counted(database: &Database) {
    let limits = [("LOGIN_LIMIT_PAIR", "2/86400"), ("LOGIN_LIMIT_ADDRESS", "4/86400"), ("LOGIN_LIMIT_ACCOUNT", "off")];
    let server = serve(database, &limits).await;
    for name in ["user.api", "admin"] {
        for _ in 0..2 {
            assert_eq!(login(&server, "192.0.2.1", name, "wrong").await, 401);
        }
    }
    assert_eq!(run(database, &["usuario", "ativar", "user.api"]).code, 0);
    // The address has used up its own limit, and the other login its pair.
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await, 429);
    assert_eq!(login(&server, "192.0.2.2", "user.api", "1234").await, 200);
    assert_eq!(login(&server, "192.0.2.1", "admin", "1234").await, 429);
    for _ in 0..2 {
        assert_eq!(login(&server, "192.0.2.3", "admin", "wrong").await, 401);
    }
    assert_eq!(run(database, &["usuario", "ativar", "user.api"]).code, 0);
    assert_eq!(login(&server, "192.0.2.3", "admin", "1234").await, 429);
}

both_engines! {
    a_new_senha_and_an_activation_forget_the_failures_of_a_login,
    one_that_was_deactivated_meanwhile_gets_in_once_it_is_active,
    what_is_not_that_logins_own_stays_counted,
}
