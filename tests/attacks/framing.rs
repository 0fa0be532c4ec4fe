//! Requests whose ends are in doubt, and what is not HTTP at all: refused or read in one way alone, never
//! 5xx, never a hang, and nothing behind them served.

use tokio::task::JoinSet;

use crate::support::client::Client;
use crate::support::database::Database;
use crate::support::server::Server;

const NO_HOST: &str = "Requisição HTTP malformada";
/// What an attacker hides behind a request; its answer would be 200.
const SMUGGLED: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

struct Case {
    name: String,
    request: Vec<u8>,
    expected: Expected,
}

/// What comes back, and whether the connection is closed after it.
#[derive(Clone, Copy)]
enum Expected {
    /// A bare 400, then the end.
    Malformed,
    /// A bare 431, then the end.
    HeadTooLarge,
    /// 400 with the envelope, then the end.
    NoHost,
    /// These statuses, then the end.
    Ends(&'static [u16]),
    /// These statuses, and the connection takes another request.
    Open(&'static [u16]),
}
use Expected::{Ends, HeadTooLarge, NoHost, Open};

/// The request is sent with [`SMUGGLED`] behind it.
fn smuggling(name: &str, request: impl AsRef<[u8]>, expected: Expected) -> Case {
    case(name, [request.as_ref(), SMUGGLED.as_bytes()].concat(), expected)
}

fn case(name: &str, request: impl Into<Vec<u8>>, expected: Expected) -> Case {
    Case { name: name.to_owned(), request: request.into(), expected }
}

/// A login with `headers`, each with its line end, and `body`. It reads its body without a token.
fn login(headers: &str, body: &str) -> String {
    format!("POST /api/usuario/login HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}")
}

/// A login in chunks, as written.
fn chunked(chunks: &str) -> String {
    login("Transfer-Encoding: chunked\r\n", chunks)
}

fn get(header: &[u8]) -> Vec<u8> {
    [b"GET /health/live HTTP/1.1\r\nHost: x\r\n", header, b"\r\n\r\n"].concat()
}

fn lengths() -> Vec<Case> {
    let mut cases: Vec<Case> = ["+2", "-2", "0x2", "2 2", "2,3", "2, 2", "2;", "", "two", "２", "2.0", "2\u{b}"]
        .map(|length| {
            smuggling(
                &format!("length {length:?}"),
                login(&format!("Content-Length: {length}\r\n"), "{}"),
                Expected::Malformed,
            )
        })
        .into();
    cases.extend([
        smuggling("two lengths", login("Content-Length: 2\r\nContent-Length: 40\r\n", "{}"), Expected::Malformed),
        smuggling("two lengths, one 0", login("Content-Length: 0\r\nContent-Length: 2\r\n", "{}"), Expected::Malformed),
        smuggling("a length beyond u64", login("Content-Length: 18446744073709551616\r\n", "{}"), Expected::Malformed),
        smuggling("the largest u64 as length", login("Content-Length: 18446744073709551615\r\n", "{}"), HeadTooLarge),
        smuggling("a length of terabytes", login("Content-Length: 9999999999999\r\n", "{}"), Ends(&[413])),
        // Nothing is in doubt in these.
        smuggling(
            "the same length twice",
            login("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
            Open(&[400, 200]),
        ),
        smuggling("a length of many zeros", login("Content-Length: 0000000002\r\n", "{}"), Open(&[400, 200])),
        smuggling("no length", login("", ""), Open(&[400, 200])),
    ]);
    cases
}

fn codings() -> Vec<Case> {
    let body = "2\r\n{}\r\n0\r\n\r\n";
    let mut cases: Vec<Case> = [
        "identity",
        "gzip",
        "xchunked",
        "chunkedx",
        "chunked, identity",
        "chunked;q=1",
        "\u{b}chunked",
        "\"chunked\"",
        "chunked\u{b}",
        "",
        ",",
        "chunked\r\nTransfer-Encoding: identity",
    ]
    .map(|coding| {
        let name = format!("coding {coding:?}");
        smuggling(&name, login(&format!("Transfer-Encoding: {coding}\r\n"), body), Expected::Malformed)
    })
    .into();
    let both = |first: &str, second: &str| login(&format!("{first}\r\n{second}\r\n"), body);
    let (length, coding) = ("Content-Length: 12", "Transfer-Encoding: chunked");
    cases.extend([
        // The coding counts, and the connection ends, as RFC 9112 6.3 has it.
        smuggling("a length, then a coding", both(length, coding), Ends(&[400])),
        smuggling("a coding, then a length", both(coding, length), Ends(&[400])),
        smuggling("a coding, then a length of 0", both(coding, "Content-Length: 0"), Ends(&[400])),
        smuggling("a coding, then an obscure length", both(coding, "Content-Length: -1"), Ends(&[400])),
        smuggling("a coding in HTTP/1.0", both(coding, "x: y").replace("HTTP/1.1", "HTTP/1.0"), Expected::Malformed),
        smuggling(
            "a coding with a space before the colon",
            both("Transfer-Encoding : chunked", length),
            Expected::Malformed,
        ),
        smuggling(
            "a coding folded into the line above",
            both("x: y\r\n Transfer-Encoding: chunked", length),
            Expected::Malformed,
        ),
        smuggling("a coding behind a bare CR", both("x: y\rTransfer-Encoding: chunked", length), Expected::Malformed),
        smuggling("a coding in another case", both("tRANSFER-eNCODING: cHUNKED", "x: y"), Open(&[400, 200])),
        smuggling("chunked twice", both(coding, coding), Open(&[400, 200])),
    ]);
    cases
}

fn chunks() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        "g\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        " 2\r\n{}\r\n0\r\n\r\n",
        "2 2\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2\r{}\r\n0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
        "1\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}",
        "10000000000000002\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}\r\n0\r\n\n",
        "2\r\n{}\r\n0\r\nx\r\n\r\n",
        "2\u{0}\r\n{}\r\n0\r\n\r\n",
    ]
    .map(|broken| smuggling(&format!("chunks {broken:?}"), chunked(broken), Ends(&[400])))
    .into();
    cases.extend([
        smuggling("a chunk far over the limit", chunked("fffffffffffffff\r\n{"), Ends(&[408])),
        smuggling(
            "an endless chunk extension",
            chunked(&format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(20_000))),
            Ends(&[400]),
        ),
        smuggling("an endless trailer", chunked(&format!("0\r\nx: {}\r\n\r\n", "y".repeat(20_000))), Ends(&[400])),
        smuggling("trailers beyond number", chunked(&format!("0\r\n{}\r\n", "x: y\r\n".repeat(2_000))), Ends(&[400])),
        smuggling("chunks as they should be", chunked("1;a=b\r\n{\r\n001\r\n}\r\n0\r\n\r\n"), Open(&[400, 200])),
        smuggling("a length in a trailer", chunked("2\r\n{}\r\n0\r\nContent-Length: 40\r\n\r\n"), Open(&[400, 200])),
    ]);
    cases
}

fn header_lines() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        &b"x : y"[..],
        b"x\t: y",
        b" x: y",
        b"x",
        b": y",
        b"x y: z",
        b"x: a\0b",
        b"x\0: y",
        b"x: a\x01b",
        b"x: a\x7fb",
        b"x: a\rb",
        b"x: a\r\n b",
        b"x: a\r\n\tb",
        b"\xc3\xa9: y",
        b"x(y): z",
        b"x[]: y",
        b"\r: y",
        b"x: \x1b[2J",
    ]
    .map(|line| smuggling(&format!("header {:?}", line.escape_ascii().to_string()), get(line), Expected::Malformed))
    .into();
    let lines = |count: usize| get(vec!["x: y"; count].join("\r\n").as_bytes());
    let sized = |length: usize| get(format!("x: {}", "y".repeat(length)).as_bytes());
    cases.extend([
        case("100 headers", lines(99), Open(&[200])),
        smuggling("101 headers", lines(100), HeadTooLarge),
        smuggling("100,000 headers", lines(100_000), HeadTooLarge),
        case("a header of 15 KiB", sized(15 * 1024), Open(&[200])),
        smuggling("a header of 17 KiB", sized(17 * 1024), HeadTooLarge),
        smuggling("a header of 4 MiB", sized(4 * 1024 * 1024), HeadTooLarge),
        smuggling("a header's name of 17 KiB", get(format!("{}: y", "x".repeat(17 * 1024)).as_bytes()), HeadTooLarge),
        // HTTP lets a server take a bare LF for a line's end, as long as it always does.
        smuggling("bare LF", SMUGGLED.replace("\r\n", "\n"), Open(&[200, 200])),
        smuggling("an LF inside a value", get(b"x: a\ny: b"), Open(&[200, 200])),
        smuggling("bytes that are not UTF-8", get(b"x: \xff\xfe"), Open(&[200, 200])),
        smuggling("no host", "GET /health/live HTTP/1.1\r\n\r\n", NoHost),
        smuggling("two hosts", get(b"Host: y"), NoHost),
        smuggling("the same host twice", get(b"Host: x"), NoHost),
        smuggling("an empty host", "GET /health/live HTTP/1.1\r\nHost:\r\n\r\n", Open(&[200, 200])),
        smuggling("no host before HTTP/1.1", "GET /health/live HTTP/1.0\r\n\r\n", Ends(&[200])),
        smuggling(
            "upgrades are not taken up",
            get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x"),
            Open(&[200, 200]),
        ),
    ]);
    cases
}

fn request_lines() -> Vec<Case> {
    let line = |line: &[u8]| [line, b"\r\nHost: x\r\n\r\n"].concat();
    let mut cases: Vec<Case> = [
        &b"GET /health/live HTTP/1.2"[..],
        b"GET /health/live HTTP/2.0",
        b"GET /health/live HTTP/1.10",
        b"GET /health/live HTTP/01.1",
        b"GET /health/live http/1.1",
        b"GET /health/live HTTP/1,1",
        b"GET /health/live",
        b"GET /health/live ",
        b"GET /health /live HTTP/1.1",
        b"GET  /health/live HTTP/1.1",
        b"GET\t/health/live HTTP/1.1",
        b"GET /health/live  HTTP/1.1",
        b"GET /health/live HTTP/1.1 ",
        b"GET /health\0/live HTTP/1.1",
        b"GET /health\x1b[2J HTTP/1.1",
        b"GET /\x7f HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"GET  HTTP/1.1",
        b"G\0T /health/live HTTP/1.1",
        b"G@T /health/live HTTP/1.1",
        b" GET /health/live HTTP/1.1",
        b"\0",
        b"/health/live",
        b"GET",
        b"GET health/live HTTP/1.1",
        b"GET ?x HTTP/1.1",
        b"GET http:// HTTP/1.1",
        b"GET x:y:z/ HTTP/1.1",
    ]
    .map(|text| smuggling(&format!("line {:?}", text.escape_ascii().to_string()), line(text), Expected::Malformed))
    .into();
    let target = |length: usize| line(format!("GET /{} HTTP/1.1", "x".repeat(length)).as_bytes());
    let method = |length: usize| line(format!("{} / HTTP/1.1", "X".repeat(length)).as_bytes());
    cases.extend([
        case("a target of 15 KiB", target(15 * 1024), Open(&[404])),
        smuggling("a target of 17 KiB", target(17 * 1024), HeadTooLarge),
        smuggling("a target of 128 KiB", target(128 * 1024), HeadTooLarge),
        case("a method of 15 KiB", method(15 * 1024), Open(&[405])),
        smuggling("a method of 17 KiB", method(17 * 1024), HeadTooLarge),
        smuggling("a method in small letters is another", line(b"get /health/live HTTP/1.1"), Open(&[405, 200])),
        smuggling("absolute form", line(b"POST http://elsewhere/api/atendimentos/status HTTP/1.1"), Open(&[401, 200])),
        smuggling("authority form", line(b"CONNECT x:443 HTTP/1.1"), Open(&[404, 200])),
        smuggling("asterisk form", line(b"OPTIONS * HTTP/1.1"), Open(&[404, 200])),
        smuggling("two slashes", line(b"GET //health/live HTTP/1.1"), Open(&[404, 200])),
        smuggling("dots", line(b"GET /x/../health/live HTTP/1.1"), Open(&[404, 200])),
        smuggling("an escaped slash", line(b"GET /health%2flive HTTP/1.1"), Open(&[404, 200])),
        smuggling("an escaped NUL", line(b"GET /health/live%00 HTTP/1.1"), Open(&[404, 200])),
        smuggling("half an escape", line(b"GET /% HTTP/1.1"), Open(&[404, 200])),
        smuggling("C1 controls in UTF-8", line("GET /\u{9b}2J HTTP/1.1".as_bytes()), Open(&[404, 200])),
        case("empty lines first", [b"\r\n\r\n\n".as_slice(), SMUGGLED.as_bytes()].concat(), Open(&[200])),
        case("nothing but empty lines", "\r\n".repeat(40_000), HeadTooLarge),
        case("HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Ends(&[])),
        case("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), Expected::Malformed),
        case("garbage", (0..=255).cycle().take(100_000).collect::<Vec<u8>>(), Expected::Malformed),
    ]);
    cases
}

fn pipelines() -> Vec<Case> {
    let malformed = "GET / HTTP/3\r\n\r\n";
    let refused = "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    let unfinished = "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n{}";
    let expecting =
        "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n";
    let closing = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    vec![
        case(
            "in order",
            format!("{SMUGGLED}GET /x HTTP/1.1\r\nHost: x\r\n\r\n{refused}{SMUGGLED}"),
            Open(&[200, 404, 401, 200]),
        ),
        smuggling("behind what is malformed", malformed, Expected::Malformed),
        smuggling("behind a refused request that is whole", refused, Open(&[401, 200])),
        smuggling("inside the body of a refused request", unfinished, Ends(&[401])),
        smuggling("instead of a body that was not asked for", expecting, Ends(&[401])),
        smuggling("behind a request that ends the connection", closing, Ends(&[200])),
        case("a thousand", SMUGGLED.repeat(1000), Open(&[200; 1000])),
    ]
}

async fn try_case(address: std::net::SocketAddr, case: Case) {
    let Case { name, request, expected } = case;
    let mut client = Client::connect(address).await;
    // The server may have refused it before it was all sent.
    _ = client.send(&request).await;
    let (statuses, open) = match expected {
        Expected::Malformed | NoHost => (&[400][..], false),
        HeadTooLarge => (&[431][..], false),
        Ends(statuses) => (statuses, false),
        Open(statuses) => (statuses, true),
    };
    for (number, status) in statuses.iter().enumerate() {
        let answer = client.answer().await.unwrap_or_else(|| panic!("{name}: closed before answer {number}"));
        assert_eq!(answer.status, *status, "{name}: {answer:?}");
        match expected {
            Expected::Malformed | HeadTooLarge => answer.is_bare(*status),
            NoHost => answer.is(400, NO_HOST),
            Ends(_) | Open(_) => answer.is_enveloped(),
        }
    }
    if open {
        client.ask(SMUGGLED).await.is(200, "OK");
    } else {
        assert_eq!(client.answer().await, None, "{name}: what was hidden must not be served");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_requests_are_refused_and_nothing_behind_them_is_served() {
    let database = Database::sqlite();
    // What begins in one read with the request before it counts as idle until its next byte.
    let settings = [("REQUEST_TIMEOUT_SECONDS", "6"), ("KEEP_ALIVE_SECONDS", "10")];
    let server = Server::with(&database, &settings).await;
    let mut cases = JoinSet::new();
    let families = [lengths(), codings(), chunks(), header_lines(), request_lines(), pipelines()];
    for case in families.into_iter().flatten() {
        cases.spawn(try_case(server.address, case));
    }
    let mut failed = 0;
    while let Some(tried) = cases.join_next().await {
        failed += usize::from(tried.is_err());
    }
    assert_eq!(failed, 0, "each has said above what was wrong");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_refused_behind_good_requests_too() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    for malformed in ["GET / HTTP/3\r\n\r\n", " \r\n\r\n"] {
        let mut client = Client::connect(server.address).await;
        let head = SMUGGLED.replace("GET", "HEAD");
        client.send(format!("{SMUGGLED}{head}{malformed}{SMUGGLED}")).await.unwrap();
        client.answer().await.unwrap().is(200, "OK");
        let head = client.head().await.unwrap();
        assert_eq!((head.status, head.header("content-length")), (200, Some("16")));
        client.answer().await.unwrap().is_bare(400);
        assert_eq!(client.answer().await, None);
    }
    server.stop().await;
}
