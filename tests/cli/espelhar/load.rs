//! What it costs.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, interval_at};

use super::{MADE, Mirror, with_length};

/// An upstream that gives every request of `length` bytes the same answer, at once.
async fn quick_upstream(length: usize, answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                stream.set_nodelay(true).unwrap();
                let mut request = vec![0; length];
                while stream.read_exact(&mut request).await.is_ok() {
                    stream.write_all(&answer).await.unwrap();
                }
            });
        }
    });
    address
}

/// Asks `address` `count` times over 20 connections, 2,000 times a second, and returns how long each answer took, sorted.
async fn paced(address: &str, request: &[u8], answer: usize, count: usize) -> Vec<Duration> {
    let connections = (0..20).map(|number| {
        let (address, request) = (address.to_owned(), request.to_vec());
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut ticks =
                interval_at(Instant::now() + Duration::from_micros(500 * number), Duration::from_millis(10));
            let (mut read, mut times) = (vec![0; answer], Vec::with_capacity(count / 20));
            for _ in 0..count / 20 {
                // From when it was due, so that a pause counts for all that it held up.
                let due = ticks.tick().await;
                stream.write_all(&request).await.unwrap();
                stream.read_exact(&mut read).await.unwrap();
                times.push(due.elapsed());
            }
            times
        })
    });
    let mut times: Vec<Duration> = join_all(connections).await.into_iter().flat_map(Result::unwrap).collect();
    times.sort_unstable();
    times
}

/// Five rounds of changes with the header `token` direct and through the program, with `flags`, in turn: what it said.
async fn rounds(flags: &[&str], token: &str, count: usize) -> String {
    let body =
        r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "Resolvido", "visivelCliente": true}"#;
    let head = format!("POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\n{token}");
    let request = with_length(&head, body.as_bytes());
    let ours = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: 1\r\n";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{ours}");
    let answer = with_length(&head, MADE.as_bytes());
    let upstream = quick_upstream(request.len(), answer.clone()).await;
    let mirror = Mirror::start(&format!("http://{upstream}"), &[&["--manter-host"], flags].concat(), &[]);
    let ask = async |address: &str, count| paced(address, &request, answer.len(), count).await;
    ask(&mirror.process.address, count / 2).await;
    let before = mirror.process.memory("VmRSS");
    let (mut added, mut all) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let p99 = |times: &[Duration]| times[times.len() * 99 / 100];
        let direct = ask(&upstream, count).await;
        let through = ask(&mirror.process.address, count).await;
        all.push(format!("direct {:?}, through {:?}", p99(&direct), p99(&through)));
        added.push(p99(&through).saturating_sub(p99(&direct)));
    }
    let after = mirror.process.memory("VmRSS");
    added.sort_unstable();
    let (code, log, lines) = mirror.end();
    println!("p99 {all:?}; median added {:?}; VmRSS {before} to {after} KiB", added[2]);
    let exchanges = count / 2 + 5 * count;
    assert_eq!((code, lines.len()), (Some(0), exchanges), "{log}");
    assert!(log.contains(&format!("{exchanges} exchanges, 1 cases, 0 of them differ; 0 were not recorded")), "{log}");
    assert!(added[2] <= Duration::from_millis(2), "{added:?}");
    assert!(after <= before + 8 * 1024, "{before} to {after} KiB");
    log
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute, alone on the machine; run with --ignored"]
async fn a_hundred_thousand_exchanges_take_no_memory_and_little_time() {
    rounds(&[], "Authorization: Bearer a.b.c\r\n", 20_000).await;
}

/// A shadow that never answers holds up nobody, and nothing piles up for it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute, alone on the machine; run with --ignored"]
async fn a_shadow_costs_no_memory_and_little_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let home = with_length("HTTP/1.1 200 OK\r\nConnection: close\r\n", b"<title>citrus-status</title>");
        super::answer(listener.accept().await.unwrap().0, vec![(1, home)]).await;
        // Kept open: what ends is an answer, too.
        let mut silent = Vec::new();
        while let Ok(connection) = listener.accept().await {
            silent.push(connection);
        }
    });
    let log = rounds(&["--sombra", &silent], "", 10_000).await;
    let left_out = log.split(" that came too fast").next().and_then(|before| before.rsplit(' ').next()?.parse().ok());
    assert!(left_out.is_some_and(|left_out: u64| left_out >= 50_000), "{log}");
}
