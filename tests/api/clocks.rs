//! Servers whose clocks differ, and what a wrong clock has left in the database.

use citrus_status::domain::atendimento::Status;
use reqwest::Method;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::server::{Answer, Server};

const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.0/8");
const MADE: &str = "Atendimento atualizado com sucesso";
/// A time that no clock of these tests reaches, in milliseconds since 1970.
const YEAR_2100: i64 = 4_102_444_800_000;

async fn login(server: &Server, from: &str, login: &str, senha: &str) -> Answer {
    let body = json!({"login": login, "senha": senha}).to_string();
    server.send(Method::POST, "/api/usuario/login", &[("x-forwarded-for", from)], body).await
}

/// A change of the first atendimento under an idempotency key.
async fn change(server: &Server, token: &str, key: &str) -> Answer {
    let body = json!({"protocolo": "20221104000001", "status": "Aberto"}).to_string();
    let headers = [("authorization", token), ("idempotency-key", key)];
    server.send(Method::POST, "/api/atendimentos/status", &headers, body).await
}

/// Whether the answer is that of an earlier request.
#[track_caller]
fn is_replayed(answer: &Answer) -> bool {
    answer.is(200, MADE);
    answer.header("idempotency-replayed").is_some()
}

/// The seconds after which a login that was refused may be tried again.
#[track_caller]
fn retry_after(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{answer:?}");
    answer.header("retry-after").unwrap().parse().unwrap()
}

/// Two servers on one database, the second of them with a clock that is wrong by `by`.
async fn servers(database: &Database, by: Duration) -> [Server; 2] {
    let settings = [PROXY];
    let right = Server::with(database, &settings).await;
    let wrong = Server::on(database.config(&settings), database.open().await).await;
    wrong.clock.advance(by);
    [right, wrong]
}

async fn a_failed_login_under_a_wrong_clock_counts_as_any_other(database: &Database) {
    let [right, wrong] = servers(database, Duration::days(1)).await;
    login(&wrong, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    assert_eq!(login(&right, "192.0.2.1", "user.api", "1234").await.status, 200);
    assert_eq!(login(&right, "198.51.100.1", "admin", "1234").await.status, 200);
    // Neither does it forgive what others have counted.
    for _ in 0..10 {
        login(&right, "192.0.2.9", "admin", "wrong").await.is(401, "Senha inválida");
    }
    assert_eq!(retry_after(&login(&wrong, "192.0.2.9", "admin", "1234").await), 60);
    right.stop().await;
    wrong.stop().await;
}

async fn a_purge_under_a_wrong_clock_forgets_nothing_early(database: &Database) {
    let [right, wrong] = servers(database, Duration::days(40)).await;
    // Where a purge has been, this key is no more.
    let token = right.token("user.api").await;
    assert!(!is_replayed(&change(&right, &token, "k").await));
    assert!(!is_replayed(&change(&right, &token, "old").await));
    database.execute("UPDATE idempotencia SET em = 0 WHERE chave = 'old'").await;
    let later_token = wrong.token("user.api").await;
    assert!(!is_replayed(&change(&wrong, &later_token, "other").await));
    wrong.purge().await;
    assert_eq!(database.number("SELECT count(*) FROM idempotencia WHERE chave = 'old'").await, 0);
    assert!(is_replayed(&change(&right, &token, "k").await));
    assert!(is_replayed(&change(&wrong, &later_token, "k").await));

    // The owner's address stays known, and a failure counted.
    assert_eq!(login(&right, "192.0.2.1", "user.api", "1234").await.status, 200);
    login(&right, "192.0.2.2", "nobody", "x").await.is(404, "Usuário não encontrado");
    let rows = "SELECT count(*) FROM tentativa WHERE chave <> ";
    let empty = if database.engine == Engine::Sqlite { "x'00'" } else { "'\\x00'" };
    database.execute(&format!("INSERT INTO tentativa (chave, cheio_em) VALUES ({empty}, 0)")).await;
    let counted = database.number(&format!("{rows}{empty}")).await;
    wrong.clock.advance(Duration::days(1));
    login(&wrong, "192.0.2.2", "nobody", "x").await.is(404, "Usuário não encontrado");
    wrong.purge().await;
    assert_eq!(database.number(&format!("SELECT count(*) FROM tentativa WHERE chave = {empty}")).await, 0);
    assert_eq!(database.number(&format!("{rows}{empty}")).await, counted);
    right.stop().await;
    wrong.stop().await;
}

async fn a_change_has_the_time_of_the_database(database: &Database) {
    let [right, ahead] = servers(database, Duration::days(1)).await;
    let behind = Server::on(database.config(&[]), database.open().await).await;
    behind.clock.advance(Duration::days(-1));
    for server in [&ahead, &behind, &right] {
        let token = server.token("user.api").await;
        server.change_with(&token, json!({"protocolo": "20221104000001", "status": "Aberto"})).await.is(200, MADE);
        server.provisioning.create_atendimento(&token[token.len() - 20..], Status::Aberto).await.unwrap();
    }
    assert_eq!(database.number("SELECT count(DISTINCT atualizado_em) FROM atendimento").await, 1);
    let record = right.record("20221104000001").await;
    for change in record["historico"].as_array().unwrap() {
        assert_eq!(change["em"], "2026-11-23T10:00:00.000Z");
    }
    assert_eq!(record["atualizadoEm"], "2026-11-23T10:00:00.000Z");
    for server in [right, ahead, behind] {
        server.stop().await;
    }
}

async fn what_is_counted_into_the_future_binds_no_longer_than_its_window(database: &Database) {
    let limits = [
        ("LOGIN_LIMIT_PAIR", "10/600"),
        ("LOGIN_LIMIT_ACCOUNT", "100/3600"),
        ("LOGIN_LIMIT_ADDRESS", "50/60"),
        ("LOGIN_LIMIT_TOTAL", "3000/300"),
        PROXY,
    ];
    let server = Server::with(database, &limits).await;
    // An owner's address is known, and judged by its pair alone.
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    login(&server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    login(&server, "192.0.2.9", "admin", "wrong").await.is(401, "Senha inválida");
    for ahead in [YEAR_2100, 1_795_428_000_000 + 2 * 24 * 3_600_000] {
        database.execute(&format!("UPDATE tentativa SET cheio_em = {ahead}")).await;
        let (owner, stranger) = (("192.0.2.1", "user.api", 600), ("192.0.2.9", "admin", 3600));
        for (address, name, window) in [owner, stranger] {
            let seconds = retry_after(&login(&server, address, name, "1234").await);
            assert!(seconds <= window, "{name} waits {seconds} s");
        }
        // Who asks meanwhile does not put it off.
        for _ in 0..4 {
            server.advance(database, Duration::seconds(150)).await;
            login(&server, "192.0.2.9", "admin", "1234").await;
        }
        login(&server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
        server.advance(database, Duration::seconds(3000)).await;
        login(&server, "192.0.2.9", "admin", "wrong").await.is(401, "Senha inválida");
        login(&server, "192.0.2.9", &format!("nobody at {ahead}"), "wrong").await.is(404, "Usuário não encontrado");
    }
    server.stop().await;
}

async fn an_address_noted_in_the_future_is_known_for_30_days_from_then_on(database: &Database) {
    let server = Server::with(database, &[("LOGIN_LIMIT_ACCOUNT", "1/2592000"), PROXY]).await;
    let owner = |senha| login(&server, "192.0.2.1", "user.api", senha);
    assert_eq!(owner("1234").await.status, 200);
    database.execute(&format!("UPDATE tentativa SET sucesso_em = {YEAR_2100}")).await;
    login(&server, "198.51.100.1", "user.api", "wrong").await.is(401, "Senha inválida");
    owner("wrong").await.is(401, "Senha inválida");
    server.advance(database, Duration::days(29)).await;
    login(&server, "198.51.100.1", "user.api", "wrong").await;
    owner("wrong").await.is(401, "Senha inválida");
    server.advance(database, Duration::days(1)).await;
    // Now it is as good as any: its failures count everywhere.
    login(&server, "198.51.100.1", "user.api", "wrong").await;
    assert_eq!(owner("1234").await.status, 429);
    server.stop().await;
}

async fn a_key_from_the_future_is_forgotten_a_day_after_it_is_noticed(database: &Database) {
    let server = Server::with(database, &[("TOKEN_TTL_SECONDS", "864000")]).await;
    let token = server.token("user.api").await;
    assert!(!is_replayed(&change(&server, &token, "k").await));
    database.execute(&format!("UPDATE idempotencia SET em = {YEAR_2100}")).await;
    server.advance(database, Duration::hours(1)).await;
    assert!(!is_replayed(&change(&server, &token, "another").await));
    server.purge().await;
    assert_eq!(database.number(&format!("SELECT count(*) FROM idempotencia WHERE em = {YEAR_2100}")).await, 0);
    assert!(is_replayed(&change(&server, &token, "k").await));
    server.advance(database, Duration::hours(23)).await;
    assert!(is_replayed(&change(&server, &token, "k").await));
    server.advance(database, Duration::hours(1) + Duration::milliseconds(1)).await;
    assert!(!is_replayed(&change(&server, &token, "one more").await));
    server.purge().await;
    assert!(!is_replayed(&change(&server, &token, "k").await));
    server.stop().await;
}

async fn the_databases_clock_is_the_machines_unless_it_is_set(database: &Database) {
    let store = database.store().await;
    let now = || (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64;
    let before = now();
    let agora = database.number("SELECT agora FROM relogio").await;
    assert!((before - 1..=now() + 1).contains(&agora), "{before} {agora}");
    store.close().await;
}

both_engines! {
    a_failed_login_under_a_wrong_clock_counts_as_any_other,
    a_purge_under_a_wrong_clock_forgets_nothing_early,
    a_change_has_the_time_of_the_database,
    what_is_counted_into_the_future_binds_no_longer_than_its_window,
    an_address_noted_in_the_future_is_known_for_30_days_from_then_on,
    a_key_from_the_future_is_forgotten_a_day_after_it_is_noticed,
    the_databases_clock_is_the_machines_unless_it_is_set,
}
