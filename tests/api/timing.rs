//! Whether the time of an answer tells a known login from an unknown one.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

/// As the server runs usually, failures counted, but with limits that the samples do not reach.
const COUNTED: [(&str, &str); 4] = [
    ("LOGIN_LIMIT_PAIR", "1000000/1000"),
    ("LOGIN_LIMIT_ACCOUNT", "1000000/1000"),
    ("LOGIN_LIMIT_ADDRESS", "1000000/1000"),
    ("LOGIN_LIMIT_TOTAL", "1000000/1000"),
];

async fn wrong(server: &Server, login: &str) -> (Duration, Answer) {
    let since = Instant::now();
    let answer = server.login_with(&json!({"login": login, "senha": "wrong"})).await;
    (since.elapsed(), answer)
}

/// What a stranger sees of an answer.
fn seen(mut answer: Answer) -> String {
    for header in ["x-request-id", "date"] {
        assert!(answer.headers.remove(header).is_some());
    }
    format!("{answer:?}")
}

/// The probability that a login which nobody has, or a deactivated user, is answered later than a
/// known one: a half where the time tells nothing (the statistic of Mann and Whitney, over its most).
///
/// The samples take turns, now the one first and now the other, so that what else the machine does
/// slows both alike.
async fn probability_that_unknown_is_slower(database: &Database, hardened: bool, samples: usize) -> f64 {
    let hardening = ("HARDENED_LOGIN", if hardened { "true" } else { "false" });
    let settings: Vec<_> = COUNTED.into_iter().chain([hardening]).collect();
    let server = Server::with(database, &settings).await;
    server.provisioning.set_usuario_ativo(&nome("user.sem.permissao"), false).await.unwrap();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..samples / 2 {
        let stranger = if round % 4 < 2 { "nobody" } else { "user.sem.permissao" };
        let (a, b) = if round % 2 == 0 {
            let known = wrong(&server, "user.api").await;
            (known, wrong(&server, stranger).await)
        } else {
            let unknown = wrong(&server, stranger).await;
            (wrong(&server, "user.api").await, unknown)
        };
        known.push(a.0);
        unknown.push(b.0);
        a.1.is(401, "Senha inválida");
        if hardened {
            assert_eq!(seen(a.1), seen(b.1));
        } else {
            b.1.is(404, "Usuário não encontrado");
        }
    }
    server.stop().await;
    let pairs = unknown.iter().flat_map(|unknown| known.iter().map(move |known| unknown.cmp(known) as i32));
    let surplus: i32 = pairs.sum();
    0.5 + 0.5 * f64::from(surplus) / (known.len() * unknown.len()) as f64
}

/// For the same time twice, the deviation of n samples of each is sqrt(1 / 6n): 0.041 for 100 of each.
/// Four of them let one run in 16,000 fail by chance. Without the same work it would be 0 or 1.
async fn check(database: &Database, hardened: bool, samples: usize, tolerance: f64) {
    let probability = probability_that_unknown_is_slower(database, hardened, samples).await;
    assert!((probability - 0.5).abs() <= tolerance, "an unknown login is slower with a probability of {probability}");
    println!("{samples} samples, hardened: {hardened}, slower with a probability of {probability:.4}");
}

async fn known_and_unknown_logins_take_the_same_time(database: &Database) {
    check(database, false, 200, 0.17).await;
}

async fn hardened_logins_take_the_same_time(database: &Database) {
    check(database, true, 200, 0.17).await;
}

async fn known_and_unknown_logins_take_the_same_time_long(database: &Database) {
    check(database, false, 2_000, 0.05).await;
}

async fn hardened_logins_take_the_same_time_long(database: &Database) {
    check(database, true, 2_000, 0.05).await;
}

both_engines! {
    known_and_unknown_logins_take_the_same_time,
    hardened_logins_take_the_same_time,
    #[ignore = "takes minutes; run with --ignored"]
    known_and_unknown_logins_take_the_same_time_long,
    #[ignore = "takes minutes; run with --ignored"]
    hardened_logins_take_the_same_time_long,
}
