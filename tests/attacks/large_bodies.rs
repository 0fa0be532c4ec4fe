//! Bodies that are refused before they have arrived: the client reads its answer all the same.

use crate::support::client::Client;
use crate::support::database::Database;
use crate::support::server::Server;

const TOO_LARGE: &str = "Corpo da requisição muito grande";

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_everything_first_still_reads_its_answer() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let token = server.token("user.api").await;
    let authorization = format!("Authorization: Bearer {token}\r\n");
    for length in [65_537, 100_000, 262_144, 1_048_576, 3_000_000] {
        for (line, header, status, message) in [
            ("POST /api/atendimentos/status", "", 401, "Token is missing"),
            ("POST /api/atendimentos/status", authorization.as_str(), 413, TOO_LARGE),
            ("POST /api/usuario/login", "", 413, TOO_LARGE),
            ("PUT /api/usuario/login", "", 405, "Método não permitido"),
            ("POST /nowhere", "", 404, "Recurso não encontrado"),
        ] {
            let body = "x".repeat(length);
            let declared = format!("{line} HTTP/1.1\r\nHost: x\r\n{header}Content-Length: {length}\r\n\r\n{body}");
            let undeclared = format!(
                "{line} HTTP/1.1\r\nHost: x\r\n{header}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
            );
            for request in [declared, undeclared] {
                let mut client = Client::connect(server.address).await;
                client.send(&request).await.unwrap();
                client.answer().await.unwrap().is(status, message);
                assert_eq!(client.answer().await, None, "one answer, then the end");
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_on_and_on_is_cut_off() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let mut client = Client::connect(server.address).await;
    let head = "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.ask(head).await.is(401, "Token is missing");
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65_536));
    let mut sent = 0;
    while client.send(&chunk).await.is_ok() {
        sent += chunk.len();
        assert!(sent < 64 * 1024 * 1024, "nobody has to take all that");
    }
    server.stop().await;
}
