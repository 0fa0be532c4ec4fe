//! Login throttling. Clients come from where `X-Forwarded-For` says, through a proxy that is trusted.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use time::Duration;

use crate::support::both_engines;
use crate::support::database::{Database, Engine};
use crate::support::server::{Answer, Server};

const LOGIN: &str = "/api/usuario/login";
const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.0/8");
const OFF: [(&str, &str); 4] = [
    ("LOGIN_LIMIT_PAIR", "off"),
    ("LOGIN_LIMIT_ACCOUNT", "off"),
    ("LOGIN_LIMIT_ADDRESS", "off"),
    ("LOGIN_LIMIT_TOTAL", "off"),
];

/// Settings with one limit alone.
fn only<'a>(name: &'a str, limit: &'a str) -> Vec<(&'a str, &'a str)> {
    let others = OFF.into_iter().filter(|(other, _)| *other != name);
    others.chain([(name, limit), PROXY]).collect()
}

async fn login(server: &Server, from: &str, login: &str, senha: &str) -> Answer {
    let body = json!({"login": login, "senha": senha}).to_string();
    server.send(Method::POST, LOGIN, &[("x-forwarded-for", from)], body).await
}

/// Checks a 429 to the byte.
#[track_caller]
fn is_throttled(answer: &Answer, policy: &str, limit: &str, seconds: &str) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.body, r#"{"message":"Muitas tentativas, tente novamente mais tarde"}"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("www-authenticate"), None);
    assert_eq!(answer.header("retry-after"), Some(seconds));
    assert_eq!(answer.header("ratelimit-policy"), Some(policy));
    assert_eq!(answer.header("ratelimit"), Some(limit));
}

async fn a_login_from_one_address_is_limited_and_admitted_again_later(database: &Database) {
    let server = Server::with(database, &only("LOGIN_LIMIT_PAIR", "3/60")).await;
    let wrong = || login(&server, "192.0.2.1", "user.api", "wrong");
    for _ in 0..3 {
        wrong().await.is(401, "Senha inválida");
    }
    is_throttled(&wrong().await, r#""pair";q=3;w=60"#, r#""pair";r=0;t=20"#, "20");
    // The right senha is not looked at either, and to be refused costs nothing more.
    let right = login(&server, "192.0.2.1", "user.api", "1234").await;
    is_throttled(&right, r#""pair";q=3;w=60"#, r#""pair";r=0;t=20"#, "20");
    // Another address, another login: not concerned.
    assert_eq!(login(&server, "192.0.2.2", "user.api", "1234").await.status, 200);
    assert_eq!(login(&server, "192.0.2.1", "admin", "1234").await.status, 200);

    server.advance(database, Duration::milliseconds(19_001)).await;
    is_throttled(&wrong().await, r#""pair";q=3;w=60"#, r#""pair";r=0;t=1"#, "1");
    server.advance(database, Duration::milliseconds(999)).await;
    wrong().await.is(401, "Senha inválida");
    assert_eq!(wrong().await.status, 429);
    server.advance(database, Duration::seconds(60)).await;
    for _ in 0..3 {
        wrong().await.is(401, "Senha inválida");
    }
    assert_eq!(wrong().await.status, 429);
    server.stop().await;
}

async fn guesses_from_elsewhere_do_not_lock_the_owner_out(database: &Database) {
    let limits =
        [("LOGIN_LIMIT_ACCOUNT", "5/3600"), ("LOGIN_LIMIT_ADDRESS", "3/3600"), ("LOGIN_LIMIT_TOTAL", "9/3600"), PROXY];
    let server = Server::with(database, &limits).await;
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    for guess in 0..5 {
        login(&server, &format!("198.51.100.{guess}"), "user.api", "wrong").await.is(401, "Senha inválida");
    }
    let policy = r#""pair";q=10;w=600, "account";q=5;w=3600, "address";q=3;w=3600, "total";q=9;w=3600"#;
    let guess = login(&server, "198.51.100.9", "user.api", "1234").await;
    is_throttled(&guess, policy, r#""account";r=0;t=720"#, "720");
    // They go on with other logins, until the total limit refuses every new one.
    for guess in 0..4 {
        login(&server, &format!("198.51.100.{guess}"), "admin", "wrong").await.is(401, "Senha inválida");
    }
    let guess = login(&server, "203.0.113.1", "user.api", "1234").await;
    is_throttled(&guess, policy, r#""account";r=0;t=720, "total";r=0;t=400"#, "720");
    assert_eq!(login(&server, "203.0.113.1", "nobody", "1234").await.status, 429);

    // The owner, at an address that is known: a typing error or two, and in.
    login(&server, "192.0.2.1", "user.api", "typo").await.is(401, "Senha inválida");
    login(&server, "192.0.2.1", "user.api", "typo").await.is(401, "Senha inválida");
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    // For another login the same address is as good as any.
    assert_eq!(login(&server, "192.0.2.1", "admin", "1234").await.status, 429);
    server.stop().await;
}

async fn an_address_is_known_for_30_days_and_has_its_own_limit(database: &Database) {
    let server =
        Server::with(database, &[("LOGIN_LIMIT_PAIR", "2/60"), ("LOGIN_LIMIT_ACCOUNT", "1/2592000"), PROXY]).await;
    let owner = |senha| login(&server, "192.0.2.1", "user.api", senha);
    assert_eq!(owner("1234").await.status, 200);
    login(&server, "198.51.100.1", "user.api", "wrong").await.is(401, "Senha inválida");
    for _ in 0..2 {
        owner("wrong").await.is(401, "Senha inválida");
    }
    let policy = r#""pair";q=2;w=60, "account";q=1;w=2592000, "address";q=100;w=600, "total";q=3000;w=300"#;
    is_throttled(&owner("1234").await, policy, r#""pair";r=0;t=30"#, "30");
    server.advance(database, Duration::days(15)).await;
    assert_eq!(owner("1234").await.status, 200);
    server.advance(database, Duration::days(14)).await;
    assert_eq!(login(&server, "198.51.100.1", "user.api", "wrong").await.status, 429);
    assert_eq!(owner("1234").await.status, 200);
    server.advance(database, Duration::days(1)).await;
    login(&server, "198.51.100.1", "user.api", "wrong").await.is(401, "Senha inválida");
    server.advance(database, Duration::days(29)).await;
    assert_eq!(owner("1234").await.status, 429);
    server.stop().await;
}

async fn an_address_is_limited_across_all_logins(database: &Database) {
    let server = Server::with(database, &only("LOGIN_LIMIT_ADDRESS", "4/600")).await;
    for name in ["user.api", "nobody", "admin", "José"] {
        assert!([401, 404].contains(&login(&server, "2001:db8:1:2::7", name, "wrong").await.status));
    }
    let next = login(&server, "2001:db8:1:2:ffff::8", "user.sem.permissao", "1234").await;
    is_throttled(&next, r#""address";q=4;w=600"#, r#""address";r=0;t=150"#, "150");
    assert_eq!(login(&server, "2001:db8:1:3::7", "user.sem.permissao", "1234").await.status, 200);
    server.stop().await;
}

async fn a_success_costs_nothing(database: &Database) {
    let limits = ["LOGIN_LIMIT_PAIR", "LOGIN_LIMIT_ACCOUNT", "LOGIN_LIMIT_ADDRESS", "LOGIN_LIMIT_TOTAL"];
    let limits: Vec<_> = limits.iter().map(|name| (*name, "2/3600")).chain([PROXY]).collect();
    let server = Server::with(database, &limits).await;
    for _ in 0..20 {
        assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    }
    // And it does not give back what failures took, or a user of their own would let them guess on.
    login(&server, "192.0.2.9", "admin", "wrong").await.is(401, "Senha inválida");
    assert_eq!(login(&server, "192.0.2.9", "user.sem.permissao", "1234").await.status, 200);
    login(&server, "192.0.2.9", "admin", "wrong").await.is(401, "Senha inválida");
    assert_eq!(login(&server, "192.0.2.9", "user.sem.permissao", "1234").await.status, 200);
    assert_eq!(login(&server, "192.0.2.9", "admin", "wrong").await.status, 429);
    server.stop().await;
}

async fn unknown_logins_are_throttled_like_known_ones(database: &Database) {
    let limits = [("HARDENED_LOGIN", "true"), ("LOGIN_LIMIT_PAIR", "2/60"), ("LOGIN_LIMIT_ACCOUNT", "3/600"), PROXY];
    let server = Server::with(database, &limits).await;
    server.provisioning.set_usuario_ativo(&"user.sem.permissao".parse().unwrap(), false).await.unwrap();
    let mut seen = Vec::new();
    for (number, name) in ["user.api", "nobody", "user.sem.permissao"].into_iter().enumerate() {
        let mut answers = Vec::new();
        for step in [1, 1, 1, 2, 2, 3] {
            let mut answer = login(&server, &format!("192.0.{number}.{step}"), name, "wrong").await;
            for header in ["x-request-id", "date"] {
                answer.headers.remove(header);
            }
            answers.push((answer.status, answer.headers, answer.body));
        }
        assert_eq!(answers.iter().map(|answer| answer.0).collect::<Vec<_>>(), [401, 401, 429, 401, 429, 429]);
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    server.stop().await;
}

async fn only_at_an_owners_address_does_its_login_show(database: &Database) {
    let hardened = [("HARDENED_LOGIN", "true"), ("LOGIN_LIMIT_ADDRESS", "3/600"), PROXY];
    let server = Server::with(database, &hardened).await;
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    for from in ["192.0.2.1", "192.0.2.2"] {
        for _ in 0..3 {
            login(&server, from, "nobody", "wrong").await.is(401, "Senha inválida");
        }
    }
    // The accepted risk 30: where an owner has been, the login shows.
    login(&server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    // But only there, and only that login. The owner gets in.
    for (from, name) in
        [("192.0.2.1", "admin"), ("192.0.2.1", "nobody"), ("192.0.2.2", "user.api"), ("192.0.2.2", "nobody")]
    {
        assert_eq!(login(&server, from, name, "wrong").await.status, 429, "{name} from {from}");
    }
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    server.stop().await;
}

async fn with_the_limit_for_pairs_alone_an_owner_is_like_nobody(database: &Database) {
    let settings = [("HARDENED_LOGIN", "true"), ("LOGIN_LIMIT_PAIR", "2/600"), PROXY];
    let server = Server::with(database, &[&OFF[1..], &settings].concat()).await;
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    for name in ["user.api", "admin", "nobody"] {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(login(&server, "192.0.2.1", name, "wrong").await.status);
        }
        assert_eq!(statuses, [401, 401, 429, 429], "{name}");
    }
    server.stop().await;
}

async fn all_servers_of_a_database_count_together(database: &Database) {
    let settings = only("LOGIN_LIMIT_ACCOUNT", "4/600");
    let a = Server::with(database, &settings).await;
    let b = Server::on(database.config(&settings), database.open().await).await;
    for server in [&a, &b, &b, &a] {
        login(server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    }
    for server in [&a, &b] {
        let answer = login(server, "192.0.2.2", "user.api", "1234").await;
        is_throttled(&answer, r#""account";q=4;w=600"#, r#""account";r=0;t=150"#, "150");
    }
    a.stop().await;
    b.stop().await;
}

async fn guesses_at_once_hardly_exceed_the_limit(database: &Database) {
    let server = Arc::new(Server::with(database, &only("LOGIN_LIMIT_PAIR", "10/600")).await);
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let server = Arc::clone(&server);
        guesses.spawn(async move { login(&server, "192.0.2.1", "user.api", "wrong").await.status });
    }
    let statuses = guesses.join_all().await;
    let heard = statuses.iter().filter(|status| **status == 401).count();
    // Two for each password thread, of which there are two, have their turn at once.
    assert!((10..10 + 4).contains(&heard), "{heard} were heard");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 100 - heard);
    Arc::into_inner(server).unwrap().stop().await;
}

async fn fields_are_checked_first_and_the_user_after_it(database: &Database) {
    let server = Server::with(database, &only("LOGIN_LIMIT_PAIR", "1/600")).await;
    login(&server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    login(&server, "192.0.2.1", "user.api", "").await.is(400, "Este campo é obrigatório senha");
    login(&server, "192.0.2.1", "user.api", "x\0").await.is(400, "senha – valor inválido");
    // Neither a user nor its password is needed to refuse.
    database.execute("ALTER TABLE usuario RENAME TO nobody").await;
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 429);
    login(&server, "192.0.2.2", "user.api", "1234").await.is(500, "Erro interno");
    server.stop().await;
}

async fn only_a_trusted_proxy_may_say_where_a_client_is(database: &Database) {
    let mut settings = only("LOGIN_LIMIT_ADDRESS", "2/600");
    settings.retain(|setting| *setting != PROXY);
    let server = Server::with(database, &settings).await;
    for (from, status) in [("192.0.2.1", 404), ("192.0.2.2", 404), ("192.0.2.3", 429)] {
        assert_eq!(login(&server, from, "nobody", "x").await.status, status);
    }
    server.stop().await;
}

async fn switched_off_nothing_is_counted_or_kept(database: &Database) {
    let server = Server::with(database, &OFF).await;
    for _ in 0..15 {
        login(&server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    }
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 200);
    assert_eq!(database.number("SELECT count(*) FROM tentativa").await, 0);
    server.stop().await;
}

async fn a_guess_that_cannot_be_counted_gets_no_verdict(database: &Database) {
    let server = Server::with(database, &[PROXY]).await;
    let count = "SELECT count(*) FROM tentativa";
    let url = &database.url;
    let guess = || login(&server, "192.0.2.1", "user.api", "wrong");
    let right = || login(&server, "192.0.2.1", "user.api", "1234");
    match database.engine {
        Engine::Sqlite => {
            let mut other = SqliteConnection::connect(url).await.unwrap();
            other.execute("BEGIN IMMEDIATE").await.unwrap();
            guess().await.is(503, "Serviço indisponível");
            assert_eq!(right().await.status, 200);
            other.execute("ROLLBACK").await.unwrap();
        }
        Engine::Postgres => {
            let mut other = PgConnection::connect(url).await.unwrap();
            other.execute("BEGIN; LOCK TABLE tentativa IN EXCLUSIVE MODE").await.unwrap();
            guess().await.is(503, "Serviço indisponível");
            assert_eq!(right().await.status, 200);
            other.execute("ROLLBACK").await.unwrap();
        }
    }
    guess().await.is(401, "Senha inválida");
    assert!(database.number(count).await >= 1);
    server.stop().await;
}

async fn a_held_bucket_delays_no_other_login(database: &Database) {
    // With SQLite, somebody can hold the whole database alone.
    if database.engine == Engine::Sqlite {
        return;
    }
    // More wait than there are turns, and than there are connections.
    let settings = [&only("LOGIN_LIMIT_ACCOUNT", "4/600")[..], &[("LOGIN_CONCURRENCY", "1")]].concat();
    let server = Arc::new(Server::with(database, &settings).await);
    login(&server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    let held = database.hold_rows("tentativa").await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let server = Arc::clone(&server);
        guesses.spawn(async move { login(&server, "192.0.2.1", "user.api", "wrong").await.status });
    }
    // What waits to be counted counts: the limit has room for three, and two may have their turn at once.
    for _ in 0..8 - 3 - 2 {
        assert_eq!(guesses.join_next().await.unwrap().unwrap(), 429);
    }
    assert_eq!(login(&server, "192.0.2.2", "user.api", "1234").await.status, 429);
    assert_eq!(login(&server, "192.0.2.1", "admin", "1234").await.status, 200);
    login(&server, "192.0.2.3", "admin", "wrong").await.is(401, "Senha inválida");
    assert_eq!(server.get("/health/ready").await.status, 200);
    held.release().await;
    let heard = guesses.join_all().await.into_iter().filter(|status| *status == 401).count();
    assert!((3..=5).contains(&heard), "{heard}");
    assert_eq!(login(&server, "192.0.2.1", "user.api", "1234").await.status, 429);
    Arc::into_inner(server).unwrap().stop().await;
}

async fn a_guess_waits_for_a_bucket_that_is_held_a_while(database: &Database) {
    let server = Arc::new(Server::with(database, &[PROXY]).await);
    login(&server, "192.0.2.1", "user.api", "wrong").await.is(401, "Senha inválida");
    let held = database.hold_rows("tentativa").await;
    let guess = {
        let server = Arc::clone(&server);
        tokio::spawn(async move { login(&server, "192.0.2.1", "user.api", "wrong").await })
    };
    // So long is the point: it gave up after 1 s once.
    tokio::time::sleep(std::time::Duration::from_millis(3_500)).await;
    assert!(!guess.is_finished());
    held.release().await;
    guess.await.unwrap().is(401, "Senha inválida");
    Arc::into_inner(server).unwrap().stop().await;
}

async fn old_rows_are_purged_and_no_login_stands_in_clear(database: &Database) {
    let server = Server::with(database, &[PROXY]).await;
    for number in 0..10 {
        login(&server, &format!("192.0.2.{number}"), "a password by mistake", "x")
            .await
            .is(404, "Usuário não encontrado");
    }
    assert_eq!(database.number("SELECT count(*) FROM tentativa").await, 22);
    assert_eq!(database.number("SELECT count(*) FROM tentativa WHERE length(chave) = 16").await, 22);
    server.advance(database, Duration::hours(1)).await;
    login(&server, "192.0.3.1", "another", "x").await.is(404, "Usuário não encontrado");
    let left = async || {
        server.purge().await;
        database.number("SELECT count(*) FROM tentativa").await
    };
    assert_eq!(left().await, 4);
    // An address stays as long as it is known.
    assert_eq!(login(&server, "192.0.4.1", "user.api", "1234").await.status, 200);
    for (days, expected) in [(30, 5), (1, 4)] {
        server.advance(database, Duration::days(days)).await;
        login(&server, "192.0.3.1", "another", "x").await.is(404, "Usuário não encontrado");
        assert_eq!(left().await, expected);
    }
    server.stop().await;
}

both_engines! {
    a_login_from_one_address_is_limited_and_admitted_again_later,
    guesses_from_elsewhere_do_not_lock_the_owner_out,
    an_address_is_known_for_30_days_and_has_its_own_limit,
    an_address_is_limited_across_all_logins,
    a_success_costs_nothing,
    unknown_logins_are_throttled_like_known_ones,
    only_at_an_owners_address_does_its_login_show,
    with_the_limit_for_pairs_alone_an_owner_is_like_nobody,
    all_servers_of_a_database_count_together,
    guesses_at_once_hardly_exceed_the_limit,
    fields_are_checked_first_and_the_user_after_it,
    only_a_trusted_proxy_may_say_where_a_client_is,
    switched_off_nothing_is_counted_or_kept,
    a_guess_that_cannot_be_counted_gets_no_verdict,
    a_held_bucket_delays_no_other_login,
    a_guess_waits_for_a_bucket_that_is_held_a_while,
    old_rows_are_purged_and_no_login_stands_in_clear,
}
