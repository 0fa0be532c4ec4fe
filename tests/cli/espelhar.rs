//! `espelhar`: every byte passes, nothing secret is written, and what is told is true.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use rcgen::CertifiedKey;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, Process, finish};

const MADE: &str = r#"{"message":"Atendimento atualizado com sucesso"}"#;

/// The program between a client and an upstream, and its folder.
struct Mirror {
    process: Process,
    folder: TempDir,
}

impl Mirror {
    fn start(upstream: &str, extra: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
        command.args(["espelhar", "--upstream", upstream, "--bind", "127.0.0.1:0", "--gravar", "r.ndjson"]).args(extra);
        command.env_clear().envs(environment.iter().copied()).current_dir(folder.path());
        let mut process = Process::start(command);
        let line = process.says("passing http://");
        process.address = line.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        Self { process, folder }
    }

    fn recording(&self) -> PathBuf {
        self.folder.path().join("r.ndjson")
    }

    /// Ends it: its exit code, all that it said, and the lines that it wrote.
    fn end(mut self) -> (Option<i32>, String, Vec<Value>) {
        let log = self.process.read_on();
        self.process.signal("TERM");
        let code = self.process.wait();
        let text = fs::read_to_string(self.folder.path().join("r.ndjson")).unwrap();
        (code, log.join().unwrap(), text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

/// An upstream that answers one connection: for each exchange it reads so many bytes and writes an answer. Yields what it read.
async fn upstream(exchanges: Vec<(usize, Vec<u8>)>) -> (String, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(async move { answer(listener.accept().await.unwrap().0, exchanges).await });
    (address, serving)
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, exchanges: Vec<(usize, Vec<u8>)>) -> Vec<Vec<u8>> {
    let mut read = Vec::new();
    for (length, answer) in exchanges {
        let mut request = vec![0; length];
        stream.read_exact(&mut request).await.unwrap();
        read.push(request);
        stream.write_all(&answer).await.unwrap();
    }
    stream.shutdown().await.unwrap();
    read
}

/// Sends `bytes` in two parts, and reads until the end.
async fn ask(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    stream.write_all(first).await.unwrap();
    stream.flush().await.unwrap();
    tokio::task::yield_now().await;
    stream.write_all(second).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

fn with_length(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_passes_but_the_host() {
    let body = r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#;
    let request = with_length(
        "POST /api/atendimentos/status HTTP/1.1\r\nhOST:  old:1\r\nX-B: 1\r\nx-a:  2 \r\n",
        body.as_bytes(),
    );
    let answer = b"HTTP/1.1 200 Fine\r\nX-b: 1\r\nTransfer-Encoding: chunked\r\n\r\n30;ext\r\n{\"message\":\"Atendimento atualizado com sucesso\"}\r\n0\r\nT: x\r\n\r\n".to_vec();
    for (flag, host) in [(None, Some(())), (Some("--manter-host"), None)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let text = String::from_utf8(request.clone()).unwrap();
        let expected = if host.is_some() { text.replace("hOST:  old:1", &format!("hOST: {address}")) } else { text };
        let exchanges = vec![(expected.len(), answer.clone())];
        let serving = tokio::spawn(async move { self::answer(listener.accept().await.unwrap().0, exchanges).await });
        let mirror = Mirror::start(&format!("http://{address}"), flag.as_slice(), &[]);
        assert_eq!(ask(&mirror.process.address, &request).await, answer);
        assert_eq!(String::from_utf8(serving.await.unwrap().remove(0)).unwrap(), expected);
        let (code, log, lines) = mirror.end();
        assert_eq!((code, lines.len()), (Some(0), 1), "{log}");
        let line = &lines[0];
        assert_eq!((&line["codigo"], &line["caso"], &line["rota"]), (&200.into(), &"sucesso".into(), &"status".into()));
        assert_eq!(line["resposta"], MADE);
        assert_eq!(line["diferencas"], serde_json::json!(["content-type , ours application/json"]));
        assert!(log.contains("1 exchanges, 1 cases, 1 of them differ; 0 were not recorded"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_parsed_passes_all_the_same() {
    for request in
        [&b"\x16\x03\x01 no HTTP at all"[..], b"GET  / x\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\nab"]
    {
        let (address, serving) = upstream(vec![(request.len(), b"whatever\0\xff".to_vec())]).await;
        let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
        assert_eq!(ask(&mirror.process.address, request).await, b"whatever\0\xff");
        assert_eq!(serving.await.unwrap(), [request]);
        let (code, log, lines) = mirror.end();
        assert_eq!((code, lines.len()), (Some(0), 0), "{log}");
    }
}

/// Texts that must not be in anything written, one for each place.
const CANARIES: [&str; 20] = [
    "canariosenha01",
    "canariologin02",
    "canariocomentario03",
    "canarioBearer04",
    "canarioxtoken05",
    "canariocookie06",
    "canarioquery07",
    "canariocaminho08",
    "canariocampo09",
    "canarionome10",
    "canarioSetCookie11",
    "canariotoken12",
    "canariogzip13",
    "canarioform14",
    "canarioagente15",
    "canarioeco16",
    "canarioaninhado17",
    "canariolista18",
    "canariobasic19",
    "canarioreferer20",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_the_disk_or_the_terminal() {
    let c = CANARIES;
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let json = "Content-Type: application/json\r\n";
    let login = with_length(
        &format!(
            "POST /api/usuario/login?x={} HTTP/1.1\r\nHost: x\r\nUser-Agent: {}\r\nReferer: http://x/{}\r\n{json}",
            c[6], c[14], c[19]
        ),
        format!(r#"{{"login":"{}","senha":"{}","{}":"{}"}}"#, c[1], c[0], c[8], c[9]).as_bytes(),
    );
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", c[11]);
    let logged_in = with_length(
        &format!("HTTP/1.1 200 OK\r\n{json}Set-Cookie: s={}\r\n", c[10]),
        format!(r#"{{"token":"{token}","nome":"{}","eu":"{}"}}"#, c[9], c[1]).as_bytes(),
    );
    let change = with_length(
        &format!(
            "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nx-access-token: {}\r\nCookie: a={}\r\n{json}",
            c[3], c[4], c[5]
        ),
        format!(
            r#"{{"protocolo":"2022","status":"Aberto","comentario":"{}","a":{{"b":"{}"}},"l":["{}"]}}"#,
            c[2], c[16], c[17]
        )
        .as_bytes(),
    );
    let refused = with_length(
        &format!("HTTP/1.1 400 Bad Request\r\n{json}Content-Encoding: gzip\r\n"),
        &gzip(&format!(
            r#"{{"message":"comentário {} recusado","x":"{}@a.br","y":"{}1234567890"}}"#,
            c[2], c[12], c[12]
        )),
    );
    let form = with_length(
        &format!("POST /api/usuario/login HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {}\r\n", c[18]),
        format!("login={}&senha={}", c[13], c[0]).as_bytes(),
    );
    let echoed = with_length(
        "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n",
        format!("<b>{} {}</b>", c[18], "canarioeco16 a@b").as_bytes(),
    );
    let read = format!("GET /api/atendimentos/{} HTTP/1.1\r\nHost: x\r\n\r\n", c[7]).into_bytes();
    let data = with_length(&format!("HTTP/1.1 200 OK\r\n{json}"), format!(r#"{{"nome":"{}"}}"#, c[15]).as_bytes());
    let exchanges = [(&login, &logged_in), (&change, &refused), (&form, &echoed), (&read, &data)]
        .map(|(request, answer)| (request.len(), answer.clone()));
    let (address, serving) = upstream(exchanges.to_vec()).await;
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    let all = ask(&mirror.process.address, &[login, change, form, read].concat()).await;
    assert!(all.windows(12).any(|part| part == c[15].as_bytes()), "the client gets everything");
    serving.await.unwrap();
    let (recording, page) = (mirror.recording(), mirror.folder.path().join("p.html"));
    let written = |outcome: &Outcome| outcome.stdout.clone() + &outcome.stderr;
    mirror.process.signal("TERM");
    let Mirror { mut process, folder } = mirror;
    let log = process.read_on();
    assert_eq!(process.wait(), Some(0));
    let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
    command.args(["espelhar", "relatorio", recording.to_str().unwrap(), "--html", page.to_str().unwrap()]).env_clear();
    let report = finish(command, "");
    assert_eq!(report.code, 0, "{report:?}");
    let lines = fs::read_to_string(&recording).unwrap();
    assert_eq!(lines.lines().count(), 4, "{lines}");
    let everything =
        [lines, fs::read_to_string(page).unwrap(), log.join().unwrap(), written(&report)].concat().to_lowercase();
    for canary in CANARIES {
        assert!(!everything.contains(&canary.to_lowercase()), "{canary} is in {everything}");
    }
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_and_logins_are_written_where_that_is_wanted() {
    let body = r#"{"login":"ana","senha":"segredo","comentario":"tudo certo"}"#;
    let request = with_length("POST /api/usuario/login HTTP/1.1\r\nHost: x\r\n", body.as_bytes());
    let answer = with_length("HTTP/1.1 401 Unauthorized\r\n", "{\"message\":\"Senha inválida\"}".as_bytes());
    let (address, _) = upstream(vec![(request.len(), answer)]).await;
    let flags = ["--manter-host", "--com-logins", "--com-comentarios"];
    let mirror = Mirror::start(&format!("http://{address}"), &flags, &[]);
    ask(&mirror.process.address, &request).await;
    let (_, _, lines) = mirror.end();
    let body = &lines[0]["corpo"];
    assert_eq!((&body["login"], &body["comentario"]), (&"ana".into(), &"tudo certo".into()));
    assert_eq!(body["senha"], "<texto de 7 caracteres>");
    assert_eq!(
        (&lines[0]["caso"], &lines[0]["resposta"]),
        (&"wrong_senha".into(), &"{\"message\":\"Senha inválida\"}".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_takes_it_out_and_in_again() {
    let request = b"POST /api/usuario/login HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
    let answer = with_length("HTTP/1.1 401 Unauthorized\r\n", b"{}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (length, given) = (request.len(), answer.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            self::answer(stream, vec![(length, given.clone())]).await;
        }
    });
    let mut mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    for said in ["the recording is off", "the recording is on again"] {
        assert_eq!(ask(&mirror.process.address, &request).await, answer);
        mirror.process.signal("USR1");
        mirror.process.says(said);
    }
    assert_eq!(ask(&mirror.process.address, &request).await, answer);
    let (code, log, lines) = mirror.end();
    assert_eq!((code, lines.len()), (Some(0), 2), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_fails_is_said_and_fails_no_client() {
    let request = b"POST /api/usuario/login HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
    let answer = with_length("HTTP/1.1 401 Unauthorized\r\n", b"{}");
    let (address, _) = upstream(vec![(request.len(), answer.clone())]).await;
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host", "--limite", "0"], &[]);
    assert_eq!(ask(&mirror.process.address, &request).await, answer);
    let (code, log, lines) = mirror.end();
    assert_eq!((code, lines.len()), (Some(1), 0), "{log}");
    assert!(log.contains("the recording is not whole: it has reached its limit of 0 bytes"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_upstream_may_speak_tls_and_has_to_be_the_one() {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
    let answer = with_length("HTTP/1.1 200 OK\r\n", b"hi");
    let (length, given) = (request.len(), answer.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                self::answer(stream, vec![(length, given.clone())]).await;
            }
        }
    });
    let upstream = format!("https://{address}");
    let trusting = Mirror::start(&upstream, &["--manter-host"], &[("SSL_CERT_FILE", file.to_str().unwrap())]);
    assert_eq!(ask(&trusting.process.address, &request).await, answer);
    trusting.end();
    fs::write(&file, rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem()).unwrap();
    let doubting = Mirror::start(&upstream, &["--manter-host"], &[("SSL_CERT_FILE", file.to_str().unwrap())]);
    let mut stream = TcpStream::connect(&doubting.process.address).await.unwrap();
    let mut nothing = Vec::new();
    _ = stream.write_all(&request).await;
    _ = stream.read_to_end(&mut nothing).await;
    assert_eq!(nothing, b"");
}

#[test]
fn what_cannot_be_is_said_before_anything_is_passed() {
    let run = |args: &[&str]| {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("there.ndjson"), "{}\n").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
        command.arg("espelhar").args(args).env_clear().current_dir(folder.path());
        finish(command, "")
    };
    run(&[]).fails(2, &["--upstream"]);
    run(&["--upstream", "https://x/base"]).fails(2, &["give the address alone, without a path"]);
    run(&["--upstream", "ftp://x"]).fails(2, &["it has to begin with http:// or https://"]);
    let there = run(&["--upstream", "http://127.0.0.1:1", "--bind", "127.0.0.1:0", "--gravar", "there.ndjson"]);
    there.fails(1, &["there.ndjson can't be created"]);
    run(&["relatorio", "nothing.ndjson"]).fails(1, &["nothing.ndjson can't be read"]);
    run(&["relatorio", "there.ndjson"]).fails(1, &["there.ndjson is no recording: line 1"]);
}

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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute, alone on the machine; run with --ignored"]
async fn a_hundred_thousand_exchanges_take_no_memory_and_little_time() {
    let body = r#"{"protocolo": "20221104000001", "status": "Finalizado", "comentario": "Resolvido"}"#;
    let head = "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a.b.c\r\n";
    let request = with_length(head, body.as_bytes());
    let answer = with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", MADE.as_bytes());
    let upstream = quick_upstream(request.len(), answer.clone()).await;
    let mirror = Mirror::start(&format!("http://{upstream}"), &["--manter-host"], &[]);
    let ask = async |address: &str, count| paced(address, &request, answer.len(), count).await;
    ask(&mirror.process.address, 10_000).await;
    let before = mirror.process.memory("VmRSS");
    let (mut added, mut all) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let p99 = |times: &[Duration]| times[times.len() * 99 / 100];
        let direct = ask(&upstream, 20_000).await;
        let through = ask(&mirror.process.address, 20_000).await;
        all.push(format!("direct {:?}, through {:?}", p99(&direct), p99(&through)));
        added.push(p99(&through).saturating_sub(p99(&direct)));
    }
    let after = mirror.process.memory("VmRSS");
    added.sort_unstable();
    let (code, log, lines) = mirror.end();
    println!("p99 {all:?}; median added {:?}; VmRSS {before} to {after} KiB", added[2]);
    assert_eq!((code, lines.len()), (Some(0), 110_000), "{log}");
    assert!(log.contains("110000 exchanges, 1 cases, 0 of them differ; 0 were not recorded"), "{log}");
    assert!(added[2] <= Duration::from_millis(2), "{added:?}");
    assert!(after <= before + 8 * 1024, "{before} to {after} KiB");
}

async fn our_own_server_differs_in_nothing(database: &Database) {
    database.example().await.close().await;
    let server = Process::serve(database);
    let mut mirror = Mirror::start(&format!("http://{}", server.address), &[], &[]);
    let token = mirror.process.token("user.api").await;
    let status = "/api/atendimentos/status";
    for (token, body) in [
        (&token[..], r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#),
        (&token, r#"{"protocolo": "20221104000001", "status": "Aberto"}"#),
        (&token, r#"{"status": "Aberto"}"#),
        (&token, "not JSON"),
        ("a.b", "{}"),
    ] {
        mirror.process.post(status, token, body).await;
    }
    mirror.process.says("new: status token_periods");
    let (code, log, lines) = mirror.end();
    assert_eq!((code, lines.len()), (Some(0), 6), "{log}");
    let cases: Vec<&Value> = lines.iter().map(|line| &line["caso"]).collect();
    assert_eq!(cases, ["login", "sucesso", "motivo_required", "required", "body_malformed", "token_periods"]);
    for line in &lines {
        assert_eq!((&line["diferencas"], &line["recusa"]), (&serde_json::json!([]), &Value::Null), "{line}");
    }
}

async fn a_shadow_answers_the_same_and_changes_nothing(database: &Database) {
    database.example().await.close().await;
    let of_citrus = Database::sqlite();
    of_citrus.example().await.close().await;
    let citrus = Process::serve(&of_citrus);
    let ours = Process::serve(database);
    let shadow = format!("http://{}", ours.address);
    let mut mirror = Mirror::start(&format!("http://{}", citrus.address), &["--sombra", &shadow], &[]);
    let token = mirror.process.token("user.api").await;
    let change = r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#;
    for (token, body) in [(&token[..], change), (&token, r#"{"status": "Aberto"}"#), (&token, change), ("a.b", "{}")] {
        mirror.process.post("/api/atendimentos/status", token, body).await;
    }
    mirror.process.says("new: status token_periods");
    let (code, log, _) = mirror.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the shadow answered 4 times alike"), "{log}");
    assert!(
        log.contains("not asked: 1 changes whose login was not seen, 0 that came too fast; 0 without an answer"),
        "{log}"
    );
    let token = ours.token("user.api").await;
    let record = ours.request(reqwest::Method::GET, "/api/atendimentos/status?protocolo=20221104000001", &token);
    let record: Value = serde_json::from_str(&record.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(record["status"], "Aberto");
}

both_engines! {
    a_shadow_answers_the_same_and_changes_nothing,
    our_own_server_differs_in_nothing,
}
