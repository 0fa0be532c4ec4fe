//! `conferir`: our own server passes, others fail, and the atendimento is always brought back.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use citrus_status::cli::demo::load_example_data;
use quick_xml::events::Event;
use rcgen::CertifiedKey;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::both_engines;
use crate::support::clock::ManualClock;
use crate::support::database::{Database, Engine};
use crate::support::program::{Outcome, Process, program, run, run_with};

const PROTOCOLO: &str = "20221104000005";
const SENHA: &str = "a senha that is unlike anything else";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0";

/// A server process with the example data, its user under a senha that can be searched for.
async fn serve(database: &Database, extra: &[(&str, &str)]) -> Process {
    let store = database.store().await;
    load_example_data(&store, Arc::new(ManualClock::new())).await.unwrap();
    store.close().await;
    let set = run_with(database, &[], &["usuario", "senha", "user.api", "--senha-stdin"], SENHA);
    assert_eq!(set.code, 0, "{set:?}");
    Process::serve_with(database, extra, &[])
}

fn arguments<'a>(base: &'a str, protocolo: &'a str) -> Vec<&'a str> {
    let motivo = ["--motivo", "Atendimento já finalizado", "--senha-stdin"];
    [&["conferir", "--base-url", base, "--login", "user.api", "--protocolo", protocolo], &motivo[..]].concat()
}

/// Runs the kit; nothing secret may be in what it says.
fn conferir(database: &Database, address: &str, extra: &[&str]) -> Outcome {
    let base = format!("http://{address}");
    let outcome = run_with(database, &[], &[&arguments(&base, PROTOCOLO), extra].concat(), SENHA);
    for secret in [SENHA, TOKEN, "eyJ"] {
        assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{secret} is in {outcome:?}");
    }
    outcome
}

fn record(database: &Database) -> Value {
    let shown = run(database, &["atendimento", "mostrar", PROTOCOLO, "--json"]);
    serde_json::from_str(&shown.stdout).unwrap()
}

fn cases<'a>(report: &'a Value, result: &str) -> Vec<&'a Value> {
    report["cases"].as_array().unwrap().iter().filter(|case| case["result"] == result).collect()
}

both_engines! {
    async fn our_server_passes_and_the_atendimento_is_brought_back(database: Database) {
        let server = serve(database, &[]).await;
        let outcome = conferir(database, &server.address, &["--yes", "--json"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let all = report["cases"].as_array().unwrap().len();
        assert!(all > 70, "{all} cases");
        assert_eq!((cases(&report, "passed").len(), &report["passed"]), (all, &json!(all)));
        assert_eq!((&report["status"], &report["restored"]), (&json!("Finalizado"), &json!(true)));

        // As announced, and not a change more.
        let record = record(database);
        assert_eq!(record["status"], "Finalizado");
        let historico = record["historico"].as_array().unwrap();
        assert_eq!(historico.len() as u64, report["changes"].as_u64().unwrap());
        let path: Vec<&str> = historico.iter().map(|entry| entry["para"].as_str().unwrap()).collect();
        let announced = format!("will be changed {} times: Finalizado → {}.", path.len(), path.join(" → "));
        assert!(outcome.stderr.contains(&announced), "{announced}\n{}", outcome.stderr);
        let visible: Vec<&Value> =
            record["comentarios"].as_array().unwrap().iter().map(|comment| &comment["visivelCliente"]).collect();
        assert_eq!(visible, [false, true, false]);
        assert!(outcome.stderr.contains("3 comments are added, 1 of them visible"), "{}", outcome.stderr);

        // Few logins fail, so that the run can be made again at once.
        let again = conferir(database, &server.address, &["--yes", "--status-atual", "finalizado"]);
        assert_eq!(again.code, 0, "{again:?}");
        assert!(again.stdout.contains("passed  doc   status/reopen-aberto\n"), "{}", again.stdout);
        assert!(again.stdout.contains(&format!("{all} passed, 0 failed")), "{}", again.stdout);
    }

    async fn only_what_the_page_states(database: Database) {
        let server = serve(database, &[]).await;
        let outcome = conferir(database, &server.address, &["--yes", "--json", "--only-documented"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let cases = report["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 21);
        assert!(cases.iter().all(|case| case["mark"] == "doc" && case["result"] == "passed"), "{report}");
        assert_eq!(record(database)["status"], "Finalizado");
    }
}

/// A front that speaks TLS with a certificate of its own, and its certificate as PEM.
async fn tls_front(server: String) -> (String, String) {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust it hangs up.
            let Ok(mut outside) = acceptor.accept(stream).await else { continue };
            let mut inside = TcpStream::connect(&server).await.unwrap();
            _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        }
    });
    (address, cert.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_certificate_has_to_be_one_that_the_system_trusts() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let server = serve(&database, &[]).await;
    let (address, certificate) = tls_front(server.address.clone()).await;
    let (trusted, other) = (database.dir.path().join("trusted.pem"), database.dir.path().join("other.pem"));
    std::fs::write(&trusted, certificate).unwrap();
    std::fs::write(&other, tls_front(server.address.clone()).await.1).unwrap();
    let base = format!("https://{address}");
    let command = [&arguments(&base, PROTOCOLO), &["--yes"][..]].concat();
    let run =
        |file: &std::path::Path| run_with(&database, &[("SSL_CERT_FILE", file.to_str().unwrap())], &command, SENHA);
    run(&other).fails(1, &["certificate"]);
    let outcome = run(&trusted);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(record(&database)["status"], "Finalizado");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_before_it_sends_anything() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    conferir(&database, &address, &[]).fails(2, &["there is no terminal to ask on; add --yes"]);
    conferir(&database, &address, &["--yes", "--pular", "login/x"]).fails(2, &["there is no case 'login/x'"]);
    conferir(&database, &address, &["--yes", "--status-atual", "x"]).fails(2, &["one of: Aberto, Em atendimento"]);
    for base in ["ftp://127.0.0.1", "http://user@127.0.0.1", "http://127.0.0.1/?a=b"] {
        let mut command = arguments(base, PROTOCOLO);
        command.push("--yes");
        run_with(&database, &[], &command, SENHA).fails(2, &["--base-url"]);
    }
    let connected = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
    assert!(connected.is_err(), "it connected");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_what_does_not_fit_the_server() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let server = serve(&database, &[]).await;
    conferir(&database, &server.address, &["--yes", "--status-atual", "Aberto"])
        .fails(1, &["the atendimento is in the status Finalizado, not Aberto; nothing was changed"]);
    let base = format!("http://{}", server.address);
    let mut command = arguments(&base, PROTOCOLO);
    command.push("--yes");
    run_with(&database, &[], &command, "wrong").fails(1, &["the login was answered\n    401\n", "Senha inválida"]);
    let unknown = [&arguments(&base, "1"), &["--yes"][..]].concat();
    run_with(&database, &[], &unknown, SENHA).fails(2, &["pass --status-atual"]);
    assert_eq!(record(&database)["historico"], json!([]));
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hardened_server_fails_one_case_that_can_be_left_out() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let server = serve(&database, &[("HARDENED_LOGIN", "true")]).await;
    let outcome = conferir(&database, &server.address, &["--yes", "--json"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let failed = cases(&report, "failed");
    assert_eq!((failed.len(), &failed[0]["name"]), (1, &json!("login/unknown-user")));
    assert_eq!(failed[0]["reason"], "status 401 instead of 404, body");
    assert!(failed[0]["expected"].as_str().unwrap().ends_with(r#"{"message": "Usuário não encontrado"}"#));
    assert!(failed[0]["received"].as_str().unwrap().ends_with(r#"{"message": "Senha inválida"}"#));
    let without = conferir(&database, &server.address, &["--yes", "--json", "--pular", "login/unknown-user"]);
    assert_eq!(without.code, 0, "{without:?}");
    assert_eq!(cases(&serde_json::from_str(&without.stdout).unwrap(), "skipped").len(), 1);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_logins_are_not_judged() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let server = serve(&database, &[("LOGIN_LIMIT_PAIR", "1/600")]).await;
    let outcome = conferir(&database, &server.address, &["--yes", "--json"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let unjudged: Vec<_> = cases(&report, "unjudged").iter().map(|case| case["name"].clone()).collect();
    let logins = ["login/success", "login/success-login-trimmed", "login/success-with-unknown-field"];
    assert_eq!(
        (unjudged, &report["failed"], &report["restored"]),
        (logins.map(Value::from).to_vec(), &json!(0), &json!(true))
    );
    database.remove().await;
}

/// A server that takes down what it is asked and answers what `answer` says.
struct Fake {
    address: String,
    /// Path and body of each request.
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Fake {
    async fn start(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (path, body) = read_request(&mut stream).await;
                taken.lock().unwrap().push((path.clone(), body.clone()));
                let (code, body) = answer(&path, &body);
                let length = body.len();
                let text = format!("HTTP/1.1 {code} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        Self { address, asked }
    }

    /// The statuses of the changes that it was asked for.
    fn statuses(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let bodies = asked.iter().filter(|(path, _)| path == "/api/atendimentos/status").map(|(_, body)| body);
        bodies
            .filter_map(|body| Some(serde_json::from_str::<Value>(body).ok()?["status"].as_str()?.to_owned()))
            .collect()
    }
}

async fn read_request(stream: &mut TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        if path.is_empty() {
            path = line.split(' ').nth(1).unwrap().to_owned();
        } else if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        } else if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.unwrap();
    (path, String::from_utf8(body).unwrap())
}

/// The text of all elements, after a check that the document is well-formed.
fn xml(document: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                for attribute in element.attributes() {
                    attribute.unwrap();
                }
                names.push(element.name().as_ref().to_owned());
            }
            Event::Eof => return names,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_yes_to_everything_fails() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let fake = Fake::start(|_, _| (200, "{}\u{1b}[2J <&".to_owned())).await;
    let outcome = conferir(&database, &fake.address, &["--yes", "--status-atual", "Aberto", "--junit", "report.xml"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let shown = "login/senha-missing\n  request\n    POST /api/usuario/login\n    {\"login\": \"user.api\"}\n  \
                 expected\n    400\n    content-type: application/json\n    cache-control: no-store\n    x-request-id: (any)\n    \
                 {\"message\": \"Este campo é obrigatório senha\"}\n  received\n    200\n    {}\\u{1b}[2J <&\n";
    assert!(outcome.stdout.contains(shown), "{}", outcome.stdout);
    let line = outcome.stdout.lines().find(|line| line.contains("common/json-no-object ")).unwrap();
    let why = ["failed", "ours", "common/json-no-object", "status", "200", "instead", "of", "400,", "header"];
    assert_eq!(line.split_whitespace().take(why.len()).collect::<Vec<_>>(), why);
    assert!(outcome.stdout.contains("the login gave no token"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("passed  "), "{}", outcome.stdout);

    let document = std::fs::read_to_string(database.dir.path().join("report.xml")).unwrap();
    let names = xml(&document);
    let count = |name: &str| names.iter().filter(|found| *found == name).count();
    assert_eq!((count("testsuite"), count("testcase")), (1, 74));
    assert_eq!(count("failure") + count("error"), 74);
    assert!(count("failure") > 20 && count("error") > 20, "{document}");
    assert!(document.contains("expected:\n400\n") && document.contains("{}\u{fffd}[2J &lt;&amp;"), "{document}");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_set_back_on_a_server_that_takes_every_change() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    // What has to be refused is refused only in the question for the status.
    let answer = |path: &str, body: &str| match path {
        "/api/usuario/login" => (200, format!(r#"Access token: {TOKEN}"#)),
        _ if body.contains("statusAtual") => (400, "motivoStatus".to_owned()),
        _ => (200, "{}".to_owned()),
    };
    let fake = Fake::start(answer).await;
    conferir(&database, &fake.address, &["--yes"]).fails(2, &["does not tell in which status"]);
    let outcome = conferir(&database, &fake.address, &["--yes", "--status-atual", "Improcedente", "--only-documented"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("the atendimento is in the status in which it was"), "{}", outcome.stderr);
    assert_eq!(fake.statuses().last().unwrap(), "Improcedente");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_needs_no_motivo_is_found_out_and_the_status_set_back() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let fake = Fake::start(|_, _| (200, TOKEN.to_owned())).await;
    conferir(&database, &fake.address, &["--yes"]).fails(1, &["set the status Cancelado without a motivo"]);
    conferir(&database, &fake.address, &["--yes", "--status-atual", "Improcedente"])
        .fails(1, &["set the status Cancelado without a motivo", "the atendimento is back"]);
    assert_eq!(fake.statuses(), ["Cancelado", "Cancelado", "Improcedente"]);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_answers_steers_no_terminal() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let fake = Fake::start(|_, _| (418, "\u{1b}[2J".to_owned())).await;
    conferir(&database, &fake.address, &["--yes"]).fails(1, &["the login was answered\n    418\n    \\u{1b}[2J\n"]);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_can_not_be_set_back_is_said_loudly() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let answer = |path: &str, body: &str| match path {
        "/api/usuario/login" => (200, TOKEN.to_owned()),
        // Every way back is barred.
        _ if body.contains("statusAtual") || body.contains(r#""status": "Finalizado", "motivoStatus": "A"#) => {
            (409, "barred".to_owned())
        }
        _ => (200, "Atendimento atualizado com sucesso".to_owned()),
    };
    let fake = Fake::start(answer).await;
    let outcome = conferir(&database, &fake.address, &["--yes", "--json", "--status-atual", "Finalizado"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let loud =
        "the atendimento could NOT be set back to Finalizado; do it by hand. The last attempt:\n    409\n    barred\n";
    assert!(outcome.stderr.contains(loud), "{}", outcome.stderr);
    assert_eq!(serde_json::from_str::<Value>(&outcome.stdout).unwrap()["restored"], false);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_stops_it_and_the_status_is_set_back_first() {
    let database = Database::new(Engine::Sqlite).await.unwrap();
    let pid = Arc::new(Mutex::new(String::new()));
    let signalled = Arc::clone(&pid);
    // The signal comes while a change is on its way.
    let answer = move |path: &str, body: &str| {
        if body.contains(r#""status": "Cancelado", "motivoStatus": "At"#) {
            let pid = signalled.lock().unwrap().clone();
            assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        }
        match path {
            "/api/usuario/login" => (200, TOKEN.to_owned()),
            _ if body.contains("statusAtual") => (400, String::new()),
            _ => (200, "Atendimento atualizado com sucesso".to_owned()),
        }
    };
    let fake = Fake::start(answer).await;
    let base = format!("http://{}", fake.address);
    let mut command = program(&database, &database.settings());
    command.args(arguments(&base, PROTOCOLO)).args(["--yes", "--only-documented", "--status-atual", "Finalizado"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    *pid.lock().unwrap() = child.id().to_string();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), SENHA.as_bytes()).unwrap();
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("stopping after this case"), "{stderr}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("the run was stopped"), "{stderr}");
    assert_eq!(fake.statuses().last().unwrap(), "Finalizado");
    database.remove().await;
}
