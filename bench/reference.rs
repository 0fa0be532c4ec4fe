//! What the benchmark compares with, and the one load that no packaged generator makes.
//!
//! `axum PORT` serves a bare route; `argon2 SECONDS` verifies passwords on all cores; `overload ADDR
//! TOKEN PROTOCOLOS RATE CONNECTIONS SECONDS` asks for changes at a fixed rate, however slow the answers.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

#[tokio::main]
async fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["axum", port] => bare_route(port).await,
        ["argon2", seconds] => verifications(Duration::from_secs(number(seconds))),
        ["overload", address, token, protocolos, rate, connections, seconds] => {
            let (rate, connections) = (number(rate), number(connections));
            overload(address, token, number(protocolos), rate, connections, number(seconds)).await;
        }
        _ => panic!("see the head of the source"),
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a whole number")
}

async fn bare_route(port: &str) {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    let router = Router::new().route("/", get(|| async { r#"{"message":"OK"}"# }));
    axum::serve(listener, router).await.expect("it serves until it is killed");
}

/// Prints verifications per second with the server's parameters.
fn verifications(time: Duration) {
    let params = Params::new(19_456, 2, 1, None).expect("OWASP's parameters");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(b"1234").expect("it hashes").to_string();
    let done = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while start.elapsed() < time {
                    argon2.verify_password(b"1234", hash.as_str()).expect("it is the password");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{:.1}", done.into_inner() as f64 / start.elapsed().as_secs_f64());
}

/// Prints `rate accepted p99 refused p99`: requests per second, counts, and milliseconds from sending to answer. A
/// connection that still waits for an answer when its next request is due sends that late: see the rate.
async fn overload(address: &str, token: &str, protocolos: u64, rate: u64, connections: u64, seconds: u64) {
    let start = tokio::time::Instant::now() + Duration::from_millis(200);
    let turn = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP option");
        let (turn, token) = (Arc::clone(&turn), token.to_owned());
        clients.spawn(async move {
            let mut latencies = Vec::new();
            let mut buffer = [0; 1024];
            loop {
                let number = turn.fetch_add(1, Ordering::Relaxed);
                if number >= rate * seconds {
                    return latencies;
                }
                let due = start + Duration::from_secs_f64(number as f64 / rate as f64);
                sleep_until(due).await;
                let protocolo = 20_221_104_000_001 + number.wrapping_mul(2_654_435_761) % protocolos;
                let body = format!(
                    r#"{{"protocolo": "{protocolo}", "status": "Finalizado", "comentario": "Cliente avisado.", "visivelCliente": true}}"#
                );
                let request = format!(
                    "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let sent = Instant::now();
                stream.write_all(request.as_bytes()).await.expect("the connection stays");
                let read = stream.read(&mut buffer).await.expect("it answers");
                assert!(buffer[..read].ends_with(b"}"), "an answer comes in one piece");
                let accepted = buffer[..read].starts_with(b"HTTP/1.1 200");
                assert!(accepted || buffer[..read].starts_with(b"HTTP/1.1 503"), "a good change is made or put off");
                latencies.push((accepted, sent.elapsed()));
            }
        });
    }
    let all: Vec<(bool, Duration)> = clients.join_all().await.into_iter().flatten().collect();
    let report = |accepted: bool| {
        let mut times: Vec<f64> =
            all.iter().filter(|(ok, _)| *ok == accepted).map(|(_, time)| time.as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        let p99 = times.get(((times.len() as f64 - 1.0) * 0.99) as usize).copied().unwrap_or(0.0);
        format!("{} {p99:.3}", times.len())
    };
    let reached = all.len() as f64 / start.elapsed().as_secs_f64();
    println!("{reached:.1} {} {}", report(true), report(false));
}
