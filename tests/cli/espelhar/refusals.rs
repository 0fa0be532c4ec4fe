//! Servers that answer everything with 200: what they refuse is no change that they accepted.

use std::fs;
use std::process::Command;

use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{Mirror, answer, ask, with_length};
use crate::support::program::finish;

/// What the mirror says, and what its report, of these requests and their answers.
async fn watched(exchanges: &[(Vec<u8>, Vec<u8>)]) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let given: Vec<_> = exchanges.iter().map(|(request, answer)| (request.len(), answer.clone())).collect();
    tokio::spawn(async move {
        for exchange in given {
            answer(listener.accept().await.unwrap().0, vec![exchange]).await;
        }
    });
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    for (request, answer) in exchanges {
        assert_eq!(ask(&mirror.process.address, request).await, *answer);
    }
    let folder = TempDir::new().unwrap();
    let (code, log, text) = mirror.stop();
    assert_eq!(code, Some(0), "{log}");
    fs::write(folder.path().join("r.ndjson"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
    command.args(["espelhar", "relatorio", "r.ndjson"]).env_clear().current_dir(folder.path());
    (log, finish(command, "").stdout)
}

/// How often `report` has the case.
fn times_of<'a>(report: &'a str, route: &str, case: &str) -> &'a str {
    let row = report.lines().find(|line| line.split_whitespace().take(2).eq([route, case])).unwrap_or_default();
    row.split_whitespace().nth(2).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_with_200_in_words_alone_is_not_accepted() {
    let request =
        |path: &str, body: &str| with_length(&format!("POST {path} HTTP/1.1\r\nHost: x\r\n"), body.as_bytes());
    let change =
        |rest: &str| request("/api/atendimentos/status", &format!(r#"{{"protocolo": "20221104000001", {rest}}}"#));
    let login = |body: &str| request("/api/usuario/login", body);
    let says = |text: &str| {
        let body = format!(r#"{{"status":"ok","message":"{text}"}}"#);
        with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", body.as_bytes())
    };
    let (made, failed) = (says("Status alterado"), says("Dados incorretos"));
    let (log, report) = watched(&[
        (login(r#"{"login": "ana", "senha": "x"}"#), failed.clone()),
        (login(r#"{"login": "ana"}"#), failed),
        (change(r#""status": "Aberto""#), made.clone()),
        (change(r#""status": "Cancelado""#), says("Motivo é obrigatório")),
        (change(r#""status": "Resolvido""#), says("Status não encontrado no cadastro")),
        (change(r#""status": "Finalizado", "motivoStatus": "x""#), says("Atendimento bloqueado")),
        (change(r#""status": "Improcedente""#), made),
    ])
    .await;
    for told in [&log, &report] {
        let seen = |route, case| times_of(told, route, case);
        assert_eq!(
            [seen("login", "login"), seen("login", "?"), seen("login", "required_senha")],
            ["", "1", "1"],
            "{told}"
        );
        assert_eq!([seen("status", "sucesso"), seen("status", "motivo_required")], ["2", "1"], "{told}");
        assert_eq!([seen("status", "unknown_status"), seen("status", "?")], ["1", "1"], "{told}");
        // Of the last one, nobody knows its status: ours refuses it in each.
        assert_eq!(told.matches("ours refuses 1 request that was accepted: motivoStatus – esse").count(), 1, "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_with_200_is_counted_as_one() {
    let change = |members: &str| {
        let body = format!(r#"{{"protocolo": "20221104000001", "status": "Aberto"{members}}}"#);
        with_length("POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\n", body.as_bytes())
    };
    let (made, refused) = (change(""), change(r#", "comentario": [1], "visivelCliente": true"#));
    let answer = |body: &str| with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", body.as_bytes());
    let (ok, not) = (answer(r#"{"ok":true}"#), answer(r#"{"ok":false,"erro":"Comentário ilegível"}"#));
    let given = [(made, ok), (refused.clone(), not.clone()), (refused, not)];
    let (log, report) = watched(&given).await;
    assert!(log.contains("new: status: refused with the status code of a success; ours refuses it, too: "), "{log}");
    for told in [&log, &report] {
        assert!(!told.contains("accepted"), "{told}");
        assert!(told.contains("body: a refusal in words of its own (2)"), "{told}");
        assert_eq!(["sucesso", "invalid"].map(|case| times_of(told, "status", case)), ["1", "2"], "{told}");
    }
}
