//! `espelhar`: every byte passes, nothing secret is written, and what is told is true.

mod dialects;
mod load;
mod passing;
mod refusals;
mod secrets;
mod shadow;

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use rcgen::CertifiedKey;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, finish, limit_files};

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

    /// Ends it: its exit code, all that it said, and what it wrote.
    fn stop(mut self) -> (Option<i32>, String, String) {
        let (log, recording) = (self.process.read_on(), self.recording());
        self.process.signal("TERM");
        let code = self.process.wait();
        (code, log.join().unwrap(), fs::read_to_string(recording).unwrap())
    }

    /// As `stop`, with the lines that it wrote.
    fn end(self) -> (Option<i32>, String, Vec<Value>) {
        let (code, log, text) = self.stop();
        (code, log, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
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
        assert_eq!(
            line["diferencas"],
            serde_json::json!([
                "reason <texto>, ours OK",
                "no content-type, ours application/json",
                "no cache-control, ours no-store",
                "no x-content-type-options, ours nosniff",
                "no x-request-id",
                "X-b <1 bytes>, ours none",
            ])
        );
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

/// The name of a member that no server is known to have is recorded where the operator says that it tells of nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_declared_keeps_its_name() {
    let request = with_length("POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\n", b"{}");
    let answer = with_length("HTTP/1.1 404 Not Found\r\n", "{\"xpto\":\"Status não encontrado\"}".as_bytes());
    for (flags, kept) in [(&[][..], "<nome>"), (&["--membro", "abc", "--membro", "xpto"], "xpto")] {
        let (address, _) = upstream(vec![(request.len(), answer.clone())]).await;
        let mirror = Mirror::start(&format!("http://{address}"), &[&["--manter-host"], flags].concat(), &[]);
        assert_eq!(ask(&mirror.process.address, &request).await, answer);
        let (_, log, lines) = mirror.end();
        assert_eq!(lines[0]["resposta"], format!("{{\"{kept}\":\"Status não encontrado\"}}"), "{log}");
    }
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
async fn a_file_that_may_not_grow_ends_the_recording_and_no_client() {
    let request = b"POST /api/usuario/login HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
    let answer = with_length("HTTP/1.1 401 Unauthorized\r\n", b"{}");
    let (address, _) = upstream(vec![(request.len(), answer.clone()); 40]).await;
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    limit_files(mirror.process.id(), "4096");
    let mut stream = TcpStream::connect(&mirror.process.address).await.unwrap();
    for _ in 0..40 {
        stream.write_all(&request).await.unwrap();
        let mut read = vec![0; answer.len()];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, answer);
    }
    let (code, log, text) = mirror.stop();
    assert_eq!(code, Some(1), "{log}");
    assert!(text.len() <= 4096 && (text.is_empty() || text.ends_with('\n')), "{text}");
    assert!(log.contains("the recording is not whole: File too large"), "{log}");
    let missing = 40 - text.lines().count();
    assert!(log.contains("40 exchanges, ") && log.contains(&format!("{missing} were not recorded")), "{log}");
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
    let (_, log, _) = doubting.end();
    assert!(log.contains("SSL_CERT_FILE=ca.pem; clients see their connections end"), "{log}");
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
    for flags in [&["--upstream"][..], &["--upstream", "http://x", "--sombra"]] {
        let with = |url: &str| run(&[flags, &[url]].concat());
        with("ftp://x").fails(2, &["it has to begin with http:// or https://"]);
        for url in ["https://ana@x", "https://x/?a=b", "https://x/#a"] {
            with(url).fails(2, &["give the address alone: no user, no query, no fragment"]);
        }
    }
    // Both would make each change twice.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let citrus = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // With something unread, its end would be a reset.
            _ = stream.read(&mut [0; 1024]);
            _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        }
    });
    for upstream in [&citrus, "http://127.0.0.1:1"] {
        let twice =
            run(&["--upstream", upstream, "--bind", "127.0.0.1:0", "--gravar", "r.ndjson", "--sombra", &citrus]);
        twice.fails(1, &["is not known to be a server of ours"]);
    }
    let nowhere = ["--upstream", "http://127.0.0.1:1", "--bind", "127.0.0.1:0", "--sombra", "http://127.0.0.1:2"];
    run(&nowhere).fails(1, &["--sombra: http://127.0.0.1:2/ can't be reached: "]);
    let there = run(&["--upstream", "http://127.0.0.1:1", "--bind", "127.0.0.1:0", "--gravar", "there.ndjson"]);
    there.fails(1, &["there.ndjson exists already; name another file, or remove it"]);
    run(&["relatorio", "nothing.ndjson"]).fails(1, &["nothing.ndjson can't be read"]);
    run(&["relatorio", "there.ndjson"]).fails(1, &["there.ndjson is no recording: line 1"]);
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
        assert_eq!(line["diferencas"], serde_json::json!([]), "{line}");
        let is_success = ["login", "sucesso"].contains(&line["caso"].as_str().unwrap());
        assert!(!is_success || line["recusa"].is_null(), "{line}");
    }
}

both_engines! {
    our_own_server_differs_in_nothing,
}
