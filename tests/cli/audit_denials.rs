//! Who was kept out, and why: reads that were denied, and logins whose answer says less than the log.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::{Process, run};

const READS: [&str; 4] = [
    "/api/atendimentos/status?protocolo=20221104000001",
    "/api/atendimentos/20221104000001/historico",
    "/api/atendimentos/20221104000001/transicoes",
    "/api/motivos",
];
const PERMISSIONS: [&str; 4] = ["consultar-status", "consultar-historico", "consultar-transicoes", "consultar-motivos"];

struct Scene {
    process: Process,
    log: std::thread::JoinHandle<String>,
}

impl Scene {
    async fn start(database: &Database, extra: &[(&str, &str)]) -> Self {
        database.example().await.close().await;
        let (process, log) = Process::serve_logged(database, &[&[("LOG_FORMAT", "json")], extra].concat());
        Self { process, log }
    }

    async fn login(&self, login: &str, senha: &str) -> (u16, Value) {
        self.process.post("/api/usuario/login", "", json!({"login": login, "senha": senha})).await
    }

    async fn get(&self, path: &str, token: &str) -> u16 {
        let request = self.process.request(Method::GET, path, token).header("x-request-id", "read");
        request.send().await.unwrap().status().as_u16()
    }

    /// The audit lines that say `message`.
    fn stop(self, message: &str) -> Vec<Value> {
        self.process.stop();
        let log = self.log.join().unwrap();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == "audit" && line["message"] == message).collect()
    }
}

/// `line` without what the request and the time say.
fn fields(line: &Value) -> Value {
    let mut fields = line.clone();
    for name in ["timestamp", "level", "message", "target", "span", "spans"] {
        fields.as_object_mut().unwrap().remove(name);
    }
    fields
}

async fn a_denied_read_leaves_a_line_and_others_leave_none(database: &Database) {
    let scene = Scene::start(database, &[]).await;
    let (reader, other) = (scene.process.token("user.api").await, scene.process.token("user.sem.permissao").await);
    let mut expected = Vec::new();
    for (path, permissao) in READS.into_iter().zip(PERMISSIONS) {
        let protocolo = if path.contains("20221104000001") { "20221104000001" } else { "" };
        let line = |mut who: Value, outcome: &str| {
            who["from"] = json!("127.0.0.1");
            who["permissao"] = json!(permissao);
            who["protocolo"] = json!(protocolo);
            who["outcome"] = json!(outcome);
            who
        };
        assert_eq!(scene.get(path, &reader).await, 200);
        assert_eq!(scene.get(path, &other).await, 403);
        expected.push(line(json!({"usuario_id": 2, "login": "user.sem.permissao"}), "access_denied"));
        assert_eq!(scene.get(path, "").await, 401);
        expected.push(line(json!({}), "no_token"));
        assert_eq!(scene.get(path, "segredo.segredo.segredo").await, 401);
        expected.push(line(json!({}), "untrusted_token"));
    }
    assert_eq!(scene.get("/api/atendimentos/status?protocolo=9", &reader).await, 404);
    assert_eq!(run(database, &["usuario", "revogar-tokens", "user.api"]).code, 0);
    // Within a second, by the contract.
    let start = Instant::now();
    while scene.get(READS[3], &reader).await == 200 {
        assert!(start.elapsed() < Duration::from_secs(1));
    }
    let lines = scene.stop("read");
    assert_eq!(lines.iter().take(12).map(fields).collect::<Vec<_>>(), expected);
    for (line, path) in lines.iter().zip(READS.iter().flat_map(|path| [path; 3])) {
        let path = path.split('?').next().unwrap();
        assert_eq!(line["span"], json!({"name": "request", "id": "read", "method": "GET", "path": path}));
    }
    let revoked = json!({"usuario_id": 1, "login": "user.api", "from": "127.0.0.1", "permissao": "consultar-motivos",
                         "protocolo": "", "outcome": "revoked_token"});
    assert_eq!(lines[12..].iter().map(fields).collect::<Vec<_>>(), [revoked]);
}

async fn the_protocolo_of_a_denied_read_is_cut_and_forges_nothing(database: &Database) {
    let scene = Scene::start(database, &[]).await;
    let long = "9".repeat(200);
    let paths = [
        format!("/api/atendimentos/status?protocolo={long}"),
        format!("/api/atendimentos/{long}/historico"),
        "/api/atendimentos/%0a%22%1b%5b2J/transicoes".to_owned(),
        "/api/atendimentos/%ff/transicoes".to_owned(),
        "/api/atendimentos/status?protocolo=1&protocolo=2".to_owned(),
        "/api/atendimentos/status".to_owned(),
    ];
    for path in &paths {
        assert_eq!(scene.get(path, "").await, 401, "{path}");
    }
    let lines = scene.stop("read");
    let protocolos: Vec<&str> = lines.iter().map(|line| line["protocolo"].as_str().unwrap()).collect();
    assert_eq!(protocolos, [&long[..64], &long[..64], "\n\"\u{1b}[2J", "", "", ""]);
}

async fn the_log_tells_a_deactivated_user_from_an_unknown_one_and_the_answer_does_not(database: &Database) {
    for hardened in ["false", "true"] {
        let database = &Database::new(database.engine).await.unwrap();
        let scene = Scene::start(database, &[("HARDENED_LOGIN", hardened)]).await;
        assert_eq!(run(database, &["usuario", "desativar", "user.sem.permissao"]).code, 0);
        let unknown = scene.login("nobody", "1234").await;
        assert_eq!(scene.login("user.sem.permissao", "1234").await, unknown);
        assert_eq!(scene.login("user.sem.permissao", "wrong").await, unknown);
        let wrong = scene.login("user.api", "wrong").await;
        assert_eq!(wrong == unknown, hardened == "true");
        let lines: Vec<String> = scene
            .stop("login")
            .iter()
            .map(|line| format!("{} {} {}", line["login"], line["outcome"], line["reason"]).replace('"', ""))
            .collect();
        assert_eq!(
            lines,
            [
                "nobody unknown_user unknown",
                "user.sem.permissao unknown_user deactivated",
                "user.sem.permissao unknown_user deactivated",
                "user.api wrong_password wrong_password",
            ]
        );
    }
}

async fn the_log_names_the_limits_that_keep_a_login_out(database: &Database) {
    let limits = [
        ("LOGIN_LIMIT_PAIR", "1/600"),
        ("LOGIN_LIMIT_ACCOUNT", "1/600"),
        ("LOGIN_LIMIT_ADDRESS", "2/600"),
        ("LOGIN_LIMIT_TOTAL", "2/600"),
    ];
    let scene = Scene::start(database, &limits).await;
    for (login, status) in
        [("user.api", 401), ("user.api", 429), ("admin", 401), ("user.sem.permissao", 429), ("admin", 429)]
    {
        assert_eq!(scene.login(login, "wrong").await.0, status, "{login}");
    }
    let lines: Vec<String> = scene
        .stop("login")
        .iter()
        .map(|line| format!("{} {}", line["outcome"], line["limit"]).replace('"', ""))
        .collect();
    assert_eq!(
        lines,
        [
            "wrong_password null",
            "throttled pair,account",
            "wrong_password null",
            "throttled address,total",
            "throttled pair,account,address,total",
        ]
    );
}

both_engines! {
    a_denied_read_leaves_a_line_and_others_leave_none,
    the_protocolo_of_a_denied_read_is_cut_and_forges_nothing,
    the_log_tells_a_deactivated_user_from_an_unknown_one_and_the_answer_does_not,
    the_log_names_the_limits_that_keep_a_login_out,
}
