//! `conferir` against servers that answer otherwise than the contract says.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use quick_xml::events::Event;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{PROTOCOLO, SENHA, TOKEN, arguments, conferir, conferir_with};
use crate::support::database::Database;
use crate::support::program::program;

/// A server that takes down what it is asked and answers what `answer` says.
pub(super) struct Fake {
    pub(super) address: String,
    /// Path and body of each request.
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Fake {
    pub(super) async fn start(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
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
                // Code 0: it hangs up.
                if code == 0 {
                    continue;
                }
                let length = body.len();
                let text = format!("HTTP/1.1 {code} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        Self { address, asked }
    }

    /// Path and body of each request.
    pub(super) fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
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
    let (line, _, body) = read_whole_request(stream).await;
    (line.split(' ').nth(1).unwrap().to_owned(), body)
}

/// The first line of a request, its headers, and its body.
pub async fn read_whole_request(stream: &mut TcpStream) -> (String, Vec<String>, String) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        } else if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.unwrap();
    (head.remove(0), head, String::from_utf8_lossy(&body).into_owned())
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
    let database = Database::sqlite();
    // Success in words of its own, with what steers a terminal or is no XML.
    let answer = |path: &str, _: &str| match path {
        "/api/usuario/login" => (200, TOKEN.to_owned()),
        _ => (200, "Atendimento atualizado com sucesso!\u{1b}[2J <&".to_owned()),
    };
    let fake = Fake::start(answer).await;
    let outcome =
        conferir(&database, &fake.address, &["--yes", "--status-atual", "Aberto", "--junit", "report.xml", "--tudo"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let url = format!("http://{}/api/usuario/login", fake.address);
    let shown = "\n    content-type: application/json\n    {\"login\": \"user.api\"}\n  \
                 expected\n    400\n    content-type: application/json\n    cache-control: no-store\n    x-request-id: (any)\n    \
                 {\"message\":\"Este campo é obrigatório senha\"}\n  received\n    200\n    <token>\n";
    let shown = format!("login/senha-missing\n  request\n    POST {url}{shown}");
    assert!(outcome.stdout.contains(&shown), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("\n    Atendimento atualizado com sucesso!\\u{1b}[2J <&\n"), "{}", outcome.stdout);
    let line = outcome.stdout.lines().find(|line| line.contains("common/json-no-object ")).unwrap();
    let why = ["failed", "ours", "common/json-no-object", "status", "200", "instead", "of", "400;", "header"];
    assert_eq!(line.split_whitespace().take(why.len()).collect::<Vec<_>>(), why);
    assert!(!outcome.stdout.contains("passed  "), "{}", outcome.stdout);
    let few = conferir(&database, &fake.address, &["--yes", "--status-atual", "Aberto"]);
    assert!(few.stdout.contains("\n121 more failed: --tudo shows them whole, "), "{}", few.stdout);
    assert_eq!(few.stdout.matches("\n  received\n").count(), 5);

    let document = std::fs::read_to_string(database.dir.path().join("report.xml")).unwrap();
    let names = xml(&document);
    let count = |name: &str| names.iter().filter(|found| *found == name).count();
    assert_eq!((count("testsuite"), count("testcase")), (1, 126));
    assert_eq!(count("failure"), 126);
    assert!(document.contains("expected:\n400\n") && document.contains("\u{fffd}[2J &lt;&amp;"), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_set_back_on_a_server_that_takes_every_change() {
    let database = Database::sqlite();
    let answer = |path: &str, _: &str| match path {
        "/api/usuario/login" => (200, format!(r"Access token: {TOKEN}")),
        _ => (200, "Atendimento atualizado com sucesso".to_owned()),
    };
    let fake = Fake::start(answer).await;
    let outcome = conferir(&database, &fake.address, &["--yes", "--status-atual", "Improcedente", "--only-documented"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains(
            "the atendimento is in the status Improcedente: that it was in it before, only --status-atual says"
        ),
        "{}",
        outcome.stderr
    );
    assert_eq!(fake.statuses().last().unwrap(), "Improcedente");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_answers_steers_no_terminal() {
    let database = Database::sqlite();
    let fake = Fake::start(|_, _| (418, "\u{1b}[2J".to_owned())).await;
    conferir(&database, &fake.address, &["--yes"]).fails(1, &["the login was answered\n    418\n    \\u{1b}[2J\n"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_can_not_be_set_back_is_said_loudly() {
    let database = Database::sqlite();
    let answer = |path: &str, body: &str| match path {
        "/api/usuario/login" => (200, TOKEN.to_owned()),
        // Every way back is barred.
        _ if body.contains(r#""status": "Finalizado"}"#) => (409, "barred".to_owned()),
        _ => (200, "Atendimento atualizado com sucesso".to_owned()),
    };
    let fake = Fake::start(answer).await;
    let outcome = conferir(&database, &fake.address, &["--yes", "--json", "--status-atual", "Finalizado"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let loud = "the atendimento could NOT be set back to Finalizado: ";
    assert!(outcome.stderr.contains(loud), "{}", outcome.stderr);
    assert_eq!(serde_json::from_str::<Value>(&outcome.stdout).unwrap()["restored"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_stops_it_and_the_status_is_set_back_first() {
    let database = Database::sqlite();
    let pid = Arc::new(Mutex::new(String::new()));
    let signalled = Arc::clone(&pid);
    // The signal comes while a change is on its way.
    let answer = move |path: &str, body: &str| {
        if body.contains(r#""status": "Improcedente", "motivoStatus": "At"#) {
            let pid = signalled.lock().unwrap().clone();
            assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        }
        match path {
            "/api/usuario/login" => (200, TOKEN.to_owned()),
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
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_change_that_may_have_been_made_is_set_back() {
    let database = Database::sqlite();
    for (code, text) in [(200, "Motivo desconhecido"), (500, "")] {
        let answer = move |path: &str, body: &str| match path {
            "/api/usuario/login" => (200, TOKEN.to_owned()),
            _ if body.contains("Cancelado") => (code, text.to_owned()),
            _ => (200, "Atendimento atualizado com sucesso".to_owned()),
        };
        let fake = Fake::start(answer).await;
        let answered = format!("was answered\n    {code}\n");
        conferir(&database, &fake.address, &["--yes", "--status-atual", "Aberto"]).fails(
            1,
            &[
                "which needs the motivo",
                &answered,
                text,
                "The atendimento is Aberto, where only --status-atual says that it was",
            ],
        );
        assert_eq!(fake.statuses().iter().rev().take(2).collect::<Vec<_>>(), ["Aberto", "Cancelado"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_without_a_token_ends_the_run() {
    let database = Database::sqlite();
    let fake = Fake::start(|_, _| (200, "opaque".to_owned())).await;
    conferir(&database, &fake.address, &["--yes"])
        .fails(1, &["the login was answered\n    200\n", "Nothing in its body looks like a token"]);
    // What is in it belongs to the user.
    let fake = Fake::start(|_, _| (200, r#"{"usuario": {"nome": "Fulana de Tal"}}"#.to_owned())).await;
    let outcome = conferir(&database, &fake.address, &["--yes", "--junit", "report.xml"]);
    let junit = std::fs::read_to_string(database.dir.path().join("report.xml")).unwrap();
    assert!(outcome.stderr.contains("\"nome\"") && !(outcome.stderr + &junit).contains("Fulana"), "{junit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_asked_for_before_the_status_is_known() {
    let database = Database::sqlite();
    // It takes whatever it is asked for, and has no reads.
    let answer = |path: &str, _: &str| match path {
        "/api/usuario/login" | "/api/atendimentos/status" => (200, TOKEN.to_owned()),
        _ => (405, "no reads here".to_owned()),
    };
    let fake = Fake::start(answer).await;
    conferir(&database, &fake.address, &["--yes"]).fails(1, &["    405\n    no reads here\n", "pass --status-atual"]);
    assert_eq!(fake.statuses(), [""; 0]);
    // Nor is another answer taken for the record of this atendimento.
    let other = |path: &str, _: &str| match path {
        "/api/usuario/login" => (200, TOKEN.to_owned()),
        _ => (200, r#"{"protocolo": "1", "status": "Aberto"}"#.to_owned()),
    };
    let fake = Fake::start(other).await;
    conferir(&database, &fake.address, &["--yes"]).fails(1, &[r#"{"protocolo": "1", "status": "Aberto"}"#]);
    assert_eq!(fake.statuses(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_senha_that_comes_back_is_not_shown() {
    let database = Database::sqlite();
    let fake = Fake::start(|_, body| (401, body.to_owned())).await;
    let values = ["user.api", "e", PROTOCOLO, "Duplicado"];
    conferir_with(&database, &fake.address, values, &[])
        .fails(1, &["    401\n", r#"{"login": "us<senha>r.api", "s<senha>nha": "<senha>"}"#]);
}
