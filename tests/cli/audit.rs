//! The audit log of a server process: one line for each login and each status change, whatever its end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::client::{Client, head, request};
use crate::support::database::Database;
use crate::support::program::Process;

const LOGIN: &str = "/api/usuario/login";
const STATUS: &str = "/api/atendimentos/status";
const LOTE: &str = "/api/atendimentos/status/lote";
const DRY_RUN: &str = "/api/atendimentos/status?simular=true";
const FIRST: &str = "20221104000001";

/// What a client would send to forge a line.
const FORGED: &str = "x\" outcome=\"ok\"\r\n2026-11-23T10:00:00Z  INFO audit: login outcome=\"ok\" \u{1b}[2K\u{2028}\"}\n{\"target\":\"audit\"";

/// A request and what its line has to say: the request's id, then fields.
type Case = (&'static str, String, Value);

struct Run {
    process: Process,
    log: std::thread::JoinHandle<String>,
    cases: Vec<Case>,
}

impl Run {
    async fn start(database: &Database, extra: &[(&str, &str)]) -> Self {
        database.example().await.close().await;
        let (process, log) = Process::serve_logged(database, extra);
        Self { process, log, cases: Vec::new() }
    }

    /// Sends `body`; its line shall have exactly `fields`.
    async fn send(&mut self, path: &'static str, token: &str, body: impl ToString, fields: Value) -> Value {
        let id = format!("case-{}", self.cases.len());
        let request =
            self.process.request(Method::POST, path, token).body(body.to_string()).header("x-request-id", &id);
        let answer = request.send().await.unwrap().text().await.unwrap();
        self.cases.push((path, id, fields));
        serde_json::from_str(&answer).unwrap()
    }

    /// A change of the first atendimento. Its line says who made it and what was asked for, and `fields`.
    async fn change(&mut self, path: &'static str, token: &str, mut body: Value, mut fields: Value) {
        body["protocolo"] = json!(FIRST);
        fields["usuario_id"] = json!(1);
        fields["login"] = json!("user.api");
        fields["protocolo"] = json!(FIRST);
        fields["status"] = body["status"].clone();
        self.send(path, token, body, fields).await;
    }

    /// Logins and changes that end in each way.
    async fn attempts(&mut self) {
        let token = self.logins().await;
        self.changes(&token).await;
        self.refusals(&token).await;
    }

    /// Logins of known and unknown users; returns the token of user.api.
    async fn logins(&mut self) -> String {
        let long = "é".repeat(20_000);
        let body = |login: &str| json!({"login": login, "senha": "segredo"});
        let ok = json!({"login": "user.api", "usuario_id": 1, "outcome": "ok"});
        let answer = self.send(LOGIN, "", json!({"login": "user.api", "senha": "1234"}), ok).await;
        for (login, outcome, reason) in [
            ("user.api", "wrong_password", "wrong_password"),
            ("nobody", "unknown_user", "unknown"),
            (FORGED, "unknown_user", "unknown"),
        ] {
            let fields = json!({"login": login, "reason": reason, "outcome": outcome});
            self.send(LOGIN, "", body(login), fields).await;
        }
        for (login, shown) in [("", ""), (&long, &long[..2 * 255])] {
            self.send(LOGIN, "", body(login), json!({"login": shown, "outcome": "invalid_field"})).await;
        }
        self.send(LOGIN, "", "{\"login\": \"segredo", json!({"login": "", "outcome": "invalid_body"})).await;
        answer["accessToken"].as_str().unwrap().to_owned()
    }

    /// Changes of the first atendimento. A line says `de` where the atendimento is known, and the motivo where one
    /// is asked for, if the change records it.
    async fn changes(&mut self, token: &str) {
        let (longest, too_long) = ("é".repeat(255), "é".repeat(300));
        for (path, body, fields) in [
            (STATUS, json!({"status": "finalizado"}), json!({"de": "Aberto", "outcome": "ok"})),
            (DRY_RUN, json!({"status": "Aberto"}), json!({"de": "Finalizado", "outcome": "motivo_required"})),
            (DRY_RUN, json!({"status": "finalizado"}), json!({"de": "Finalizado", "outcome": "simulated"})),
            (STATUS, json!({"status": FORGED}), json!({"de": "Finalizado", "outcome": "unknown_status"})),
            (STATUS, json!({"status": "Aberto"}), json!({"de": "Finalizado", "outcome": "motivo_required"})),
            (
                STATUS,
                json!({"status": "Aberto", "motivoStatus": FORGED}),
                json!({"de": "Finalizado", "motivo": FORGED, "outcome": "unknown_motivo"}),
            ),
            (
                STATUS,
                json!({"status": "Finalizado", "motivoStatus": FORGED}),
                json!({"de": "Finalizado", "outcome": "ok"}),
            ),
            (
                STATUS,
                json!({"status": "Aberto", "motivoStatus": " duplicado "}),
                json!({"de": "Finalizado", "motivo": " duplicado ", "outcome": "ok"}),
            ),
            (
                DRY_RUN,
                json!({"status": "Aberto", "motivoStatus": "Duplicado"}),
                json!({"de": "Aberto", "motivo": "Duplicado", "outcome": "simulated"}),
            ),
            (
                DRY_RUN,
                json!({"status": "Aberto", "motivoStatus": "x"}),
                json!({"de": "Aberto", "outcome": "simulated"}),
            ),
            (
                STATUS,
                json!({"status": "Aberto", "Comentário": "segredo", "visivel_cliente": true}),
                json!({"de": "Aberto", "ignored": "comentario, visivelCliente", "outcome": "ok"}),
            ),
            (
                STATUS,
                json!({"status": "Aberto", "statusAtual": "Cancelado", "motivoStatus": longest}),
                json!({"de": "Aberto", "motivo": longest, "outcome": "other_status"}),
            ),
            (
                STATUS,
                json!({"status": "Aberto", "motivoStatus": too_long}),
                json!({"motivo": longest, "outcome": "invalid_field"}),
            ),
            (
                STATUS,
                json!({"status": "Aberto", "comentario": "segredo", "visivelCliente": true}),
                json!({"de": "Aberto", "outcome": "ok"}),
            ),
        ] {
            self.change(path, token, body, fields).await;
        }
    }

    /// Changes of an unknown atendimento, unreadable ones, and those of callers without the right.
    async fn refusals(&mut self, token: &str) {
        let change = |protocolo: &str| json!({"protocolo": protocolo, "status": "Aberto"}).to_string();
        for (body, protocolo, status, outcome) in [
            (change("9"), "9", "Aberto", "unknown_atendimento"),
            ("{}".to_owned(), "", "", "invalid_field"),
            ("segredo".to_owned(), "", "", "invalid_body"),
        ] {
            let fields = json!({"usuario_id": 1, "login": "user.api", "protocolo": protocolo, "status": status,
                "outcome": outcome});
            self.send(STATUS, token, body, fields).await;
        }
        for (token, outcome) in [("", "no_token"), ("segredo", "untrusted_token")] {
            let fields = json!({"protocolo": "", "status": "", "outcome": outcome});
            self.send(STATUS, token, change(FIRST), fields).await;
        }

        let login = json!({"login": "user.sem.permissao", "senha": "1234"});
        let ok = json!({"login": "user.sem.permissao", "usuario_id": 2, "outcome": "ok"});
        let answer = self.send(LOGIN, "", login, ok).await;
        let denied = json!({"usuario_id": 2, "login": "user.sem.permissao", "protocolo": "", "status": "",
            "outcome": "access_denied"});
        self.send(STATUS, answer["accessToken"].as_str().unwrap(), change(FIRST), denied).await;
    }

    /// The cases, and the lines of the log.
    fn stop(self) -> (Vec<Case>, Vec<String>) {
        self.process.stop();
        let log = self.log.join().unwrap();
        assert!(!log.contains("segredo"), "{log}");
        (self.cases, log.lines().map(str::to_owned).collect())
    }
}

/// How text fields stand in the text log, in the order in which they are written.
fn as_text(client: &str, message: &str, fields: &Value) -> String {
    let names = match message {
        "login" => &["login", "usuario_id", "outcome", "reason", "limit"][..],
        _ => &["usuario_id", "login", "protocolo", "de", "status", "motivo", "ignored", "outcome"],
    };
    let mut line = format!(": audit: {message} from={client}");
    for &name in names {
        match &fields[name] {
            Value::String(text) => line.push_str(&format!(" {name}={text:?}")),
            Value::Null => {}
            number => line.push_str(&format!(" {name}={number}")),
        }
    }
    line
}

fn message(path: &str) -> &'static str {
    if path == LOGIN { "login" } else { "status change" }
}

async fn each_attempt_leaves_one_line_of_text(database: &Database) {
    let mut run = Run::start(database, &[]).await;
    run.attempts().await;
    let (cases, lines) = run.stop();
    let written: Vec<&String> = lines.iter().filter(|line| line.contains("}: audit: ")).collect();
    assert_eq!(written.len(), cases.len(), "{lines:#?}");
    for ((path, id, fields), line) in cases.iter().zip(written) {
        let path = path.trim_end_matches("?simular=true");
        let span = format!("request{{id=\"{id}\" method=POST path=\"{path}\"}}");
        assert!(line.contains(&span), "{line}");
        assert!(line.ends_with(&as_text("127.0.0.1", message(path), fields)), "{line}\n{fields}");
    }
}

async fn each_attempt_leaves_one_line_of_json(database: &Database) {
    let mut run = Run::start(database, &[("LOG_FORMAT", "json")]).await;
    run.attempts().await;
    let (cases, lines) = run.stop();
    let parsed: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let written: Vec<&Value> = parsed.iter().filter(|line| line["target"] == "audit").collect();
    assert_eq!(written.len(), cases.len(), "{lines:#?}");
    for ((path, id, fields), line) in cases.iter().zip(written) {
        let mut expected = fields.clone();
        expected["from"] = json!("127.0.0.1");
        expected["level"] = json!("INFO");
        expected["message"] = json!(message(path));
        expected["target"] = json!("audit");
        expected["timestamp"] = line["timestamp"].clone();
        let path = path.trim_end_matches("?simular=true");
        expected["span"] = json!({"name": "request", "id": id, "method": "POST", "path": path});
        expected["spans"] = json!([expected["span"]]);
        assert_eq!(*line, expected);
    }
}

async fn the_audit_log_can_be_switched_off(database: &Database) {
    let mut run = Run::start(database, &[("LOG_LEVEL", "info,audit=off")]).await;
    run.attempts().await;
    let (_, lines) = run.stop();
    assert!(!lines.is_empty() && !lines.iter().any(|line| line.contains("audit")), "{lines:#?}");
}

async fn the_audit_log_can_be_kept_without_the_rest(database: &Database) {
    // The line that names the address is kept too, for the test itself.
    let filter = "warn,audit=info,citrus_status::http::request=info,citrus_status::cli::serve=info";
    let mut run = Run::start(database, &[("LOG_LEVEL", filter)]).await;
    run.attempts().await;
    let (cases, lines) = run.stop();
    let written: Vec<&String> = lines.iter().filter(|line| !line.contains(" citrus_status::cli::serve: ")).collect();
    assert_eq!(written.len(), cases.len(), "{lines:#?}");
    for ((_, id, _), line) in cases.iter().zip(written) {
        assert!(line.contains(&format!("{{id=\"{id}\" ")) && line.contains("audit: "), "{line}");
    }
}

async fn a_throttled_login_is_named_and_so_is_the_client_behind_a_proxy(database: &Database) {
    // IPv4 written as IPv6: clients of a socket for both look so.
    let extra = [("TRUSTED_PROXIES", "::ffff:127.0.0.1"), ("LOGIN_LIMIT_PAIR", "1/600")];
    let run = Run::start(database, &extra).await;
    for _ in 0..2 {
        let request = run.process.request(Method::POST, LOGIN, "");
        let request = request.header("x-forwarded-for", "198.51.100.1, 192.0.2.7").header("x-request-id", "one");
        request.body(r#"{"login": "user.api", "senha": "segredo"}"#).send().await.unwrap();
    }
    let (_, lines) = run.stop();
    let written: Vec<&str> = lines.iter().filter_map(|line| Some(line.split_once("id=\"one\"")?.1)).collect();
    let line = |outcome: &str| {
        format!(" method=POST path=\"{LOGIN}\"}}: audit: login from=192.0.2.7 login=\"user.api\" outcome={outcome}")
    };
    assert_eq!(written, [line("\"wrong_password\" reason=\"wrong_password\""), line("\"throttled\" limit=\"pair\""),]);
}

async fn a_client_that_hangs_up_leaves_its_line(database: &Database) {
    let run = Run::start(database, &[]).await;
    for path in [LOGIN, STATUS] {
        let headers = "x-request-id: gone\r\nContent-Length: 99\r\nExpect: 100-continue\r\n";
        // The interim answer, or the final one: the handler has begun.
        Client::connect(&run.process.address).await.ask(head(&format!("POST {path}"), "x", headers)).await;
    }
    let (_, lines) = run.stop();
    let written: Vec<&String> = lines.iter().filter(|line| line.contains("id=\"gone\"")).collect();
    assert_eq!(written.len(), 2, "{lines:#?}");
    let login = "audit: login from=127.0.0.1 login=\"\" outcome=";
    assert!(written.iter().any(|line| line.contains(login)), "{written:#?}");
}

async fn a_client_that_hangs_up_while_its_change_is_made_leaves_the_outcome(database: &Database) {
    let mut run = Run::start(database, &[]).await;
    let token = run.process.token("user.api").await;
    let held = database.hold("20221104000001").await;
    let body = r#"{"protocolo": "20221104000001", "status": "Finalizado"}"#;
    let mut client = Client::connect(&run.process.address).await;
    client.send(request(&format!("POST {STATUS}"), &token, "x-request-id: gone\r\n", body)).await.unwrap();
    drop(client);
    // Connections are taken in their order, so that one is taken by then.
    run.send(LOTE, "", Value::Null, Value::Null).await;
    held.release().await;
    let (_, lines) = run.stop();
    let written: Vec<&String> = lines.iter().filter(|line| line.contains("id=\"gone\"")).collect();
    assert!(written.len() == 1 && written[0].ends_with("outcome=\"ok\""), "{lines:#?}");
}

async fn each_change_of_many_leaves_one_line(database: &Database) {
    let mut run = Run::start(database, &[("LOG_FORMAT", "json")]).await;
    let token = run.process.token("user.api").await;
    let item = |protocolo: &str, status: &str| json!({"protocolo": protocolo, "status": status});
    let itens =
        [item("20221104000001", "Aberto"), item("9", "Aberto"), item("", "segredo"), item("20221104000001", "x")];
    run.send(LOTE, &token, json!({"itens": itens}), Value::Null).await;
    run.send(LOTE, &token, json!({"itens": []}), Value::Null).await;
    run.send(LOTE, "", json!({"itens": itens}), Value::Null).await;
    let (_, lines) = run.stop();
    let mut written: Vec<String> = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["message"] == "status change" && line["from"] == "127.0.0.1")
        .map(|line| {
            let text = |field: &str| line[field].as_str().unwrap();
            let id = line["span"]["id"].as_str().unwrap();
            format!(
                "{id} {} {} {}|{}>{}|{}",
                line["usuario_id"],
                line["login"],
                text("protocolo"),
                line["de"],
                text("status"),
                text("outcome")
            )
        })
        .collect();
    written.sort();
    assert_eq!(
        written,
        [
            r#"case-0 1 "user.api" 20221104000001|"Aberto">Aberto|ok"#,
            r#"case-0 1 "user.api" 20221104000001|"Aberto">x|unknown_status"#,
            r#"case-0 1 "user.api" 9|null>Aberto|unknown_atendimento"#,
            r#"case-0 1 "user.api" |null>|invalid_field"#,
            r#"case-1 1 "user.api" |null>|invalid_field"#,
            "case-2 null null |null>|no_token",
        ]
    );
}

both_engines! {
    each_attempt_leaves_one_line_of_text,
    each_attempt_leaves_one_line_of_json,
    the_audit_log_can_be_switched_off,
    the_audit_log_can_be_kept_without_the_rest,
    a_throttled_login_is_named_and_so_is_the_client_behind_a_proxy,
    a_client_that_hangs_up_leaves_its_line,
    a_client_that_hangs_up_while_its_change_is_made_leaves_the_outcome,
    each_change_of_many_leaves_one_line,
}
