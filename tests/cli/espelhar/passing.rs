//! What passes, and how it differs from ours.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::{Mirror, ask, upstream, with_length};

const CHANGE: &str = "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\n";

/// Where the answer to a change differs from ours.
async fn differences(answer: Vec<u8>) -> serde_json::Value {
    let request = with_length(CHANGE, b"{}");
    let (address, _) = upstream(vec![(request.len(), answer)]).await;
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    ask(&mirror.process.address, &request).await;
    let (_, _, mut lines) = mirror.end();
    lines[0]["diferencas"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_difference_is_named_and_its_place() {
    let ours = "Content-Type: application/json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: 1\r\n";
    let passing = "Date: x\r\nETag: 1\r\nKeep-Alive: timeout=5\r\n";
    let alike = with_length(
        &format!("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n{ours}{passing}"),
        br#"{"message":"Token is missing"}"#,
    );
    assert_eq!(differences(alike).await, json!([]));
    let other = "cache-control: no-cache\r\nX-Powered-By: Express\r\nX-Ana: canario\r\nx-content-type-options: nosniff\r\n\
         Set-Cookie: a=b\r\nVary: Origin\r\nAllow: POST\r\nLocation: /x\r\n";
    let answer = with_length(&format!("HTTP/1.1 403 Nada\r\n{other}"), br#"{"message": "Token is missing"}"#);
    assert_eq!(
        differences(answer).await,
        json!([
            "status 403, ours 401",
            "reason Nada, ours Forbidden",
            "no content-type, ours application/json",
            "cache-control no-cache, ours no-store",
            "no x-request-id",
            "no www-authenticate, ours Bearer",
            "X-Powered-By Express, ours none",
            "<cabeçalho> <7 bytes>, ours none",
            "Set-Cookie <3 bytes>, ours none",
            "Vary Origin, ours none",
            "Allow POST, ours none",
            "Location <2 bytes>, ours none",
            "body: character 12: U+0022 expected, U+0020 received",
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_may_have_a_path() {
    for (base, asked, expected) in [
        ("/citrus/", "GET /api?a=/b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /citrus/api?a=/b HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("", "GET /api HTTP/1.1\r\nHost: x\r\n\r\n", "GET /api HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("/a/b", "\r\nGET / HTTP/1.1\r\nGET: /\r\n\r\n", "\r\nGET /a/b/ HTTP/1.1\r\nGET: /\r\n\r\n"),
        ("/a", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("/a", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    ] {
        let (address, serving) = upstream(vec![(expected.len(), b"HTTP/1.1 204 X\r\n\r\n".to_vec())]).await;
        let mirror = Mirror::start(&format!("http://{address}{base}"), &["--manter-host"], &[]);
        ask(&mirror.process.address, asked.as_bytes()).await;
        assert_eq!(serving.await.unwrap(), [expected.as_bytes()], "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_unseen_is_counted() {
    // So many requests at once that some are not watched; and so many that the connection is not followed any more.
    for (count, recorded) in [(100, 1..100), (10_000, 0..1)] {
        let request = b"GET /api/outra?a=b HTTP/1.1\r\nHost: x\r\n\r\n";
        let answers = b"HTTP/1.1 204 X\r\n\r\n".repeat(count);
        let (address, _) = upstream(vec![(request.len() * count, answers.clone())]).await;
        let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
        let mut stream = TcpStream::connect(&mirror.process.address).await.unwrap();
        stream.write_all(&request.repeat(count)).await.unwrap();
        let mut received = vec![0; answers.len()];
        stream.read_exact(&mut received).await.unwrap();
        assert!(received == answers);
        let (_, log, lines) = mirror.end();
        let missed = count - lines.len();
        assert!(log.contains(&format!("{missed} were not recorded")) && recorded.contains(&lines.len()), "{log}");
        let other = format!("not compared: GET /api/<segmento> ({})", lines.len());
        assert!(lines.is_empty() || log.contains(&other), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_away_is_told_of_once() {
    // It has its port, and doesn't listen yet.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let closed = async || {
        let mut stream = TcpStream::connect(&mirror.process.address).await.unwrap();
        _ = stream.write_all(request).await;
        stream.read_to_end(&mut Vec::new()).await.unwrap_or(0)
    };
    for _ in 0..3 {
        assert_eq!(closed().await, 0);
    }
    let listener = socket.listen(16).unwrap();
    let answer = b"HTTP/1.1 204 X\r\n\r\n";
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            super::answer(stream, vec![(request.len(), answer.to_vec())]).await;
        }
    });
    for _ in 0..3 {
        assert_eq!(ask(&mirror.process.address, request).await, answer);
    }
    let (_, log, _) = mirror.end();
    for said in ["Citrus can't be reached: Connection refused", "Citrus can be reached again"] {
        assert_eq!(log.matches(said).count(), 1, "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_before_the_end_of_the_body_is_not_cut_off() {
    const LENGTH: usize = 4 * 1024 * 1024;
    let head = format!("{CHANGE}Content-Length: {LENGTH}\r\n\r\n");
    let answer = with_length("HTTP/1.1 413 X\r\nConnection: close\r\n", &vec![b'x'; 100_000]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (length, given) = (head.len(), answer.clone());
    let serving =
        tokio::spawn(async move { super::answer(listener.accept().await.unwrap().0, vec![(length, given)]).await });
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    let mut stream = TcpStream::connect(&mirror.process.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    serving.await.unwrap();
    // The upstream is gone; all of the body is sent before the answer is read.
    stream.write_all(&vec![b'b'; LENGTH]).await.unwrap();
    let mut received = vec![0; answer.len()];
    stream.read_exact(&mut received).await.unwrap();
    assert!(received == answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_101_every_byte_passes_both_ways() {
    let asked = b"GET /api HTTP/1.1\r\nHost: x\r\nUpgrade: other\r\n\r\n";
    let switched = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n";
    // They look like HTTP, and are none.
    let said: [&[u8]; 2] = [b"GET / HTTP/1.1\r\nHost: y\r\n\r\n", b"\0\xff more"];
    let replied: [&[u8]; 2] = [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"\0\xff"];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let expected = String::from_utf8_lossy(asked).replace("Host: x", &format!("Host: {address}"));
    let exchanges = vec![
        (expected.len(), switched.to_vec()),
        (said[0].len(), replied[0].to_vec()),
        (said[1].len(), replied[1].to_vec()),
    ];
    let serving = tokio::spawn(async move { super::answer(listener.accept().await.unwrap().0, exchanges).await });
    let mirror = Mirror::start(&format!("http://{address}"), &[], &[]);
    let mut stream = TcpStream::connect(&mirror.process.address).await.unwrap();
    for (sent, received) in [(&asked[..], &switched[..]), (said[0], replied[0]), (said[1], replied[1])] {
        stream.write_all(sent).await.unwrap();
        let mut read = vec![0; received.len()];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, received);
    }
    assert_eq!(serving.await.unwrap(), [expected.as_bytes(), said[0], said[1]]);
}

/// An upstream that reads a request, writes `beginning` and resets its connection.
async fn broken_upstream(beginning: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        stream.read_buf(&mut Vec::with_capacity(1024)).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        // The next request comes once the client has it.
        stream.read_exact(&mut [0]).await.unwrap();
        stream.set_zero_linger().unwrap();
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_broke_does_not_look_whole() {
    for beginning in [
        &b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\npartial"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npartial",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n",
        b"HTTP/1.1 200",
        b"no HTTP at all",
    ] {
        let mirror = Mirror::start(&format!("http://{}", broken_upstream(beginning).await), &[], &[]);
        let mut stream = TcpStream::connect(&mirror.process.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut received = vec![0; beginning.len()];
        stream.read_exact(&mut received).await.unwrap();
        assert_eq!(received, beginning);
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let end = stream.read(&mut [0]).await.map_err(|error| error.kind());
        assert_eq!(end, Err(ErrorKind::ConnectionReset), "{}", String::from_utf8_lossy(beginning));
        let (_, log, lines) = mirror.end();
        assert_eq!(lines.len(), 0, "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_ends_for_the_client_as_it_ends_for_us() {
    for is_reset in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mirror = Mirror::start(&format!("http://{}", listener.local_addr().unwrap()), &[], &[]);
        let mut client = TcpStream::connect(&mirror.process.address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut upstream = listener.accept().await.unwrap().0;
        upstream.read_buf(&mut Vec::with_capacity(1024)).await.unwrap();
        let answer = with_length("HTTP/1.1 200 OK\r\n", b"ok");
        upstream.write_all(&answer).await.unwrap();
        client.read_exact(&mut vec![0; answer.len()]).await.unwrap();
        if is_reset {
            upstream.set_zero_linger().unwrap();
        }
        drop(upstream);
        let end = client.read(&mut [0]).await.map_err(|error| error.kind());
        assert_eq!(end, if is_reset { Err(ErrorKind::ConnectionReset) } else { Ok(0) });
        // Nobody is there for another request, and the client learns that sooner than a client that is still asking.
        let refused = async { while client.write_all(b"x").await.is_ok() {} };
        timeout(Duration::from_secs(5), refused).await.unwrap();
        let (code, log, lines) = mirror.end();
        assert_eq!((code, lines.len(), log.contains("reset")), (Some(0), 1, false), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_resets_its_connection_is_noticed_by_the_upstream() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mirror = Mirror::start(&format!("http://{}", listener.local_addr().unwrap()), &["--manter-host"], &[]);
    let asked = with_length(CHANGE, b"{}");
    let mut client = TcpStream::connect(&mirror.process.address).await.unwrap();
    client.write_all(&asked).await.unwrap();
    let mut upstream = listener.accept().await.unwrap().0;
    upstream.read_exact(&mut vec![0; asked.len()]).await.unwrap();
    client.set_zero_linger().unwrap();
    drop(client);
    let end = upstream.read(&mut [0]).await.map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_says_before_a_101_is_not_held_back() {
    let asked = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: other\r\n\r\nhello";
    let switched = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
    let (head, early) = (asked.len() - 5, 5);
    let (address, serving) = upstream(vec![(head, switched.to_vec()), (early, b"good".to_vec())]).await;
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    assert_eq!(ask(&mirror.process.address, asked).await, [&switched[..], b"good"].concat());
    assert_eq!(serving.await.unwrap(), [&asked[..head], &asked[head..]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_only_lenient_servers_take_reaches_its_upstream_whole() {
    let next = "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for asked in [
        "POST /a HTTP/1.1\r\nX-A: 1\r\n folded\r\nhost: x\r\nContent-Length: 2\r\n\r\n{}",
        "POST /a HTTP/1.1\r\nX-A : 1\r\nHost : x\r\nContent-Length: 2\r\n\r\n{}",
        "POST  /a?é HTTP/1.1\r\nHost: x\r\nX-Né: José\r\nContent-Length: 2\r\n\r\n{}",
        "GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let to_upstream = |text: &str| {
            let text = text.replace("/a", "/citrus/a").replace("/b", "/citrus/b");
            { text.replace("Host : x", &format!("Host : {address}")) }.replace("ost: x", &format!("ost: {address}"))
        };
        let (first, second) = (to_upstream(asked), to_upstream(next));
        let exchanges = [&first, &second].map(|text| (text.len(), b"HTTP/1.1 204 X\r\n\r\n".to_vec())).to_vec();
        let serving = tokio::spawn(async move { super::answer(listener.accept().await.unwrap().0, exchanges).await });
        let mirror = Mirror::start(&format!("http://{address}/citrus"), &[], &[]);
        ask(&mirror.process.address, [asked, next].concat().as_bytes()).await;
        let read = serving.await.unwrap().into_iter().map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(read.collect::<Vec<_>>(), [first, second]);
        let (_, log, lines) = mirror.end();
        assert_eq!(lines.len(), 2, "{log}");
    }
}
