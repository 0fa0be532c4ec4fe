//! What the console leaves in a server's log: the lines that the API leaves, and nothing secret.

use reqwest::Method;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::support::both_engines;
use crate::support::browser::value_of;
use crate::support::database::Database;
use crate::support::program::Process;

/// A browser at a process: its cookies, and the page before.
struct Tab<'a> {
    process: &'a Process,
    cookies: Vec<(String, String)>,
    page: String,
}

impl Tab<'_> {
    async fn ask(&mut self, method: Method, path: &str, body: String) -> u16 {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.process.request(method, path, "").header("cookie", cookies.join("; ")).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.header("accept-language", "en").send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let status = answer.status().as_u16();
        self.page = answer.text().await.unwrap();
        status
    }

    async fn get(&mut self, path: &str) -> u16 {
        self.ask(Method::GET, path, String::new()).await
    }

    async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let token = value_of(&self.page, "ficha").unwrap();
        let body = Serializer::new(String::new()).append_pair("ficha", &token).extend_pairs(fields).finish();
        self.ask(Method::POST, path, body).await
    }
}

async fn sign_ins_changes_and_denials_leave_the_lines_of_the_api(database: &Database) {
    const RECORD: &str = "/console/atendimento?protocolo=20221104000001";
    database.example().await.close().await;
    let (process, log) = Process::serve_logged(database, &[("LOG_FORMAT", "json"), ("LOG_LEVEL", "debug")]);
    let mut tab = Tab { process: &process, cookies: Vec::new(), page: String::new() };
    tab.get("/console/entrar").await;
    tab.fill("/console/entrar", &[("login", "admin"), ("senha", "segredo-errado")]).await;
    tab.fill("/console/entrar", &[("login", "admin"), ("senha", "1234")]).await;
    assert_eq!(tab.get(RECORD).await, 200);
    let change =
        [("revisao", "0"), ("status", "Cancelado"), ("motivoStatus", "Duplicado"), ("comentario", "segredo-dito")];
    assert_eq!(tab.fill(RECORD, &[&change[..], &[("passo", "conferir")]].concat()).await, 200);
    tab.fill(RECORD, &[&change[..], &[("passo", "alterar")]].concat()).await;
    let session = tab.cookies.iter().find(|(name, _)| name == "citrus-sessao").unwrap().1.clone();
    let mut other = Tab { process: &process, cookies: Vec::new(), page: String::new() };
    other.get("/console/entrar").await;
    other.fill("/console/entrar", &[("login", "user.sem.permissao"), ("senha", "1234")]).await;
    assert_eq!(other.get("/console/motivos").await, 403);
    process.stop();
    let log = log.join().unwrap();
    for secret in ["segredo", session.as_str(), "1234\""] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    let written: Vec<String> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["target"] == "audit")
        .map(|line| {
            let fields = ["message", "login", "de", "status", "motivo", "permissao", "outcome"];
            let said = fields.iter().filter_map(|field| line[field].as_str());
            said.collect::<Vec<_>>().join("|")
        })
        .collect();
    assert_eq!(
        written,
        [
            "login|admin|wrong_password",
            "login|admin|ok",
            "status change|admin|Aberto|Cancelado|Duplicado|simulated",
            "status change|admin|Aberto|Cancelado|Duplicado|ok",
            "login|user.sem.permissao|ok",
            "administration|user.sem.permissao|administrar-motivos|access_denied",
        ]
    );
}

both_engines! {
    sign_ins_changes_and_denials_leave_the_lines_of_the_api,
}
