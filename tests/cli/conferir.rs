//! `conferir`: our own server passes, others fail, and the atendimento is always brought back.

mod fake;
pub mod fakes;
mod named;
mod odd;
mod reports;
mod status;
mod unclear;

use std::sync::Arc;

use rcgen::CertifiedKey;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use self::fakes::BEARER;
use self::fakes::server::{START, Server};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Outcome, Process, run, run_with};

pub const PROTOCOLO: &str = "20221104000005";
pub const SENHA: &str = "a senha that is unlike anything else";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0";

/// A server process with the example data, its user under a senha that can be searched for.
pub async fn serve(database: &Database, extra: &[(&str, &str)]) -> Process {
    database.example().await.close().await;
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

async fn our_server_passes_and_the_atendimento_is_brought_back(database: &Database) {
    let server = serve(database, &[]).await;
    let outcome = conferir(database, &server.address, &["--yes", "--json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let all = report["cases"].as_array().unwrap().len();
    assert_eq!(all, 126, "docs/CONFERIR.md and the changelog say how many there are");
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
    // No motivo is sent where none is needed.
    assert_eq!((&record["motivoStatus"], &historico.last().unwrap()["motivoStatus"]), (&json!(null), &json!(null)));
    let replaced = "the motivo of its last change is replaced";
    assert!(outcome.stderr.contains(replaced), "{}", outcome.stderr);
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

async fn only_what_the_page_states(database: &Database) {
    let server = serve(database, &[]).await;
    let outcome = conferir(database, &server.address, &["--yes", "--json", "--only-documented"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 21);
    assert!(cases.iter().all(|case| case["mark"] == "doc" && case["result"] == "passed"), "{report}");
    assert_eq!(record(database)["status"], "Finalizado");
}

/// Runs the kit on other values than those of the other tests.
fn conferir_with(
    database: &Database,
    address: &str,
    [login, senha, protocolo, motivo]: [&str; 4],
    extra: &[&str],
) -> Outcome {
    let base = format!("http://{address}");
    let command = ["conferir", "--base-url", &base, "--login", login, "--protocolo", protocolo, "--motivo", motivo];
    run_with(database, &[], &[&command[..], &["--senha-stdin", "--yes"], extra].concat(), senha)
}

async fn a_motivo_that_is_not_registered_changes_nothing(database: &Database) {
    let server = serve(database, &[]).await;
    // From each status: Aberto, Em atendimento, Cancelado, Improcedente, Finalizado.
    for protocolo in (1..=5).map(|n| format!("2022110400000{n}")) {
        for extra in [&[][..], &["--only-documented"][..]] {
            let values = ["user.api", SENHA, protocolo.as_str(), "Duplicadoo"];
            let refused = "404\n    content-type: application/json\n";
            conferir_with(database, &server.address, values, extra)
                .fails(1, &["the motivo 'Duplicadoo'", refused, "Motivo não encontrado", "Nothing was changed"]);
        }
        let shown = run(database, &["atendimento", "mostrar", protocolo.as_str(), "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&shown.stdout).unwrap()["historico"], json!([]));
    }
}

async fn the_present_status_is_asked_for_by_a_read(database: &Database) {
    let server = serve(database, &[]).await;
    let ask = |login, protocolo, extra: &[&str]| {
        let senha = if login == "user.api" { SENHA } else { "1234" };
        conferir_with(database, &server.address, [login, senha, protocolo, "Duplicado"], extra)
    };
    let asked = ["the question for the current status was answered", "pass --status-atual"];
    ask("user.api", "1", &[]).fails(1, &[&asked[..], &["    404\n", "Atendimento não encontrado"][..]].concat());
    ask("user.sem.permissao", PROTOCOLO, &[]).fails(1, &[&asked[..], &["    403\n", "Acess denied"][..]].concat());
    // Where it is given, the first change is answered so.
    let given = ["--status-atual", "Aberto"];
    ask("user.api", "1", &given).fails(1, &["404", "Atendimento não encontrado", "Nothing was changed"]);
    let denied = ["403", "Acess denied", "Nothing was changed", "take another --login"];
    ask("user.sem.permissao", PROTOCOLO, &given).fails(1, &denied);
    // The token was taken.
    let recording = ask("user.sem.permissao", PROTOCOLO, &[&given[..], &["--gravar", "dialeto.toml"]].concat());
    recording.fails(1, &denied);
    assert!(!recording.stderr.contains("--cabecalho-do-token"), "{recording:?}");
    assert_eq!(record(database)["historico"], json!([]));
}

async fn values_that_look_like_those_of_a_case_are_sent_as_they_are(database: &Database) {
    let server = serve(database, &[]).await;
    let senha = "<token> <64 KiB> <login>";
    let set = run_with(database, &[], &["usuario", "senha", "user.api", "--senha-stdin"], senha);
    assert_eq!(set.code, 0, "{set:?}");
    run(database, &["motivo", "criar", "<comentario>"]);
    let values = ["user.api", senha, PROTOCOLO, "<comentario>"];
    let outcome = conferir_with(database, &server.address, values, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("The motivo is '<comentario>'"), "{}", outcome.stderr);
    assert_eq!(record(database)["historico"][0]["motivoStatus"], "<comentario>");
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
    let database = Database::sqlite();
    let server = serve(&database, &[]).await;
    let (address, certificate) = tls_front(server.address.clone()).await;
    let (trusted, other) = (database.dir.path().join("trusted.pem"), database.dir.path().join("other.pem"));
    std::fs::write(&trusted, certificate).unwrap();
    std::fs::write(&other, tls_front(server.address.clone()).await.1).unwrap();
    let base = format!("https://{address}");
    let command = [&arguments(&base, PROTOCOLO), &["--yes"][..]].concat();
    let run =
        |file: &std::path::Path| run_with(&database, &[("SSL_CERT_FILE", file.to_str().unwrap())], &command, SENHA);
    run(&other).fails(1, &["invalid peer certificate", "; if a CA of your own signed it", "SSL_CERT_FILE=ca.pem"]);
    let outcome = run(&trusted);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(record(&database)["status"], "Finalizado");
    // A recording reads the head of an answer as it comes, through TLS too.
    let fake = Server::start(BEARER, START, |_| {}).await;
    let (address, certificate) = tls_front(fake.address.clone()).await;
    std::fs::write(&trusted, certificate).unwrap();
    let base = format!("https://{address}");
    let values =
        ["--motivo", "Duplicado", "--status-atual", START, "--senha-stdin", "--yes", "--gravar", "dialeto.toml"];
    let asked = ["conferir", "--base-url", &base, "--login", "user.api", "--protocolo", PROTOCOLO];
    let settings = [("SSL_CERT_FILE", trusted.to_str().unwrap())];
    let outcome = run_with(&database, &settings, &[&asked[..], &values].concat(), SENHA);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let text = std::fs::read_to_string(database.dir.path().join("dialeto.toml")).unwrap();
    assert!(text.contains("nomes_de_cabecalhos = \"iniciais-maiusculas\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_before_it_sends_anything() {
    let database = Database::sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    conferir(&database, &address, &[]).fails(2, &["there is no terminal to ask on; add --yes"]);
    conferir(&database, &address, &["--yes", "--pular", "login/x"])
        .fails(2, &["login/x", "common/unknown-route, ", "status/cancelado"]);
    let groups = ["--pular", "common/", "--pular", "login/", "--pular", "token/", "--pular", "status/"];
    conferir(&database, &address, &[&["--yes", "--only-documented"], &groups[..]].concat())
        .fails(2, &["these options leave no case to ask"]);
    std::fs::write(database.dir.path().join("dialeto.toml"), "[conferir]\npular = ['login/x']\n").unwrap();
    conferir(&database, &address, &["--yes", "--dialeto", "dialeto.toml"])
        .fails(1, &["dialeto.toml: line 2: [conferir] pular has 'login/x', which is no case of the kit and no group"]);
    conferir(&database, &address, &["--yes", "--status-atual", "x"]).fails(2, &["one of: Aberto, Em atendimento"]);
    for base in ["ftp://127.0.0.1", "http://user@127.0.0.1", "http://127.0.0.1/?a=b"] {
        let mut command = arguments(base, PROTOCOLO);
        command.push("--yes");
        run_with(&database, &[], &command, SENHA).fails(2, &["--base-url"]);
    }
    let connected = tokio::time::timeout(std::time::Duration::ZERO, listener.accept()).await;
    assert!(connected.is_err(), "it connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_what_does_not_fit_the_server() {
    let database = Database::sqlite();
    let server = serve(&database, &[]).await;
    conferir(&database, &server.address, &["--yes", "--status-atual", "Aberto"])
        .fails(1, &["the atendimento is in the status Finalizado, not Aberto; nothing was changed"]);
    let base = format!("http://{}", server.address);
    let mut command = arguments(&base, PROTOCOLO);
    command.push("--yes");
    // A short senha spoils no name of a header.
    run_with(&database, &[], &command, "x")
        .fails(1, &["the login was answered\n    401\n", "    x-request-id: ", "Senha inválida"]);
    assert_eq!(record(&database)["historico"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hardened_server_fails_one_case_that_can_be_left_out() {
    let database = Database::sqlite();
    let server = serve(&database, &[("HARDENED_LOGIN", "true")]).await;
    let outcome = conferir(&database, &server.address, &["--yes", "--json"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let failed = cases(&report, "failed");
    assert_eq!((failed.len(), &failed[0]["name"]), (1, &json!("login/unknown-user")));
    assert_eq!(failed[0]["reason"], "status 401 instead of 404; body: character 13: U+0055 expected, U+0053 received");
    assert!(failed[0]["expected"].as_str().unwrap().ends_with(r#"{"message":"Usuário não encontrado"}"#));
    assert!(failed[0]["received"].as_str().unwrap().ends_with(r#"{"message":"Senha inválida"}"#));
    let without = conferir(&database, &server.address, &["--yes", "--json", "--pular", "login/unknown-user"]);
    assert_eq!(without.code, 0, "{without:?}");
    assert_eq!(cases(&serde_json::from_str(&without.stdout).unwrap(), "skipped").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_logins_are_not_judged() {
    let database = Database::sqlite();
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
}

both_engines! {
    our_server_passes_and_the_atendimento_is_brought_back,
    only_what_the_page_states,
    a_motivo_that_is_not_registered_changes_nothing,
    the_present_status_is_asked_for_by_a_read,
    values_that_look_like_those_of_a_case_are_sent_as_they_are,
}
