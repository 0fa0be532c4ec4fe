//! A token or a session that is revoked while its request is on the way: nothing is done, and nothing is shown.

use reqwest::Method;
use serde_json::json;

use super::admin::{ask, hierarchy, id_of};
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::server::Server;

/// How many entries and users there are.
const DONE: &str = "SELECT (SELECT count(*) FROM auditoria) + (SELECT count(*) FROM usuario)";
/// As another server or a command revokes it: this one still knows the user as it was, for half a second.
const REVOKED: &str = "UPDATE usuario SET geracao = geracao + 1 WHERE login = 'gestor'";

async fn a_token_does_nothing_from_the_moment_it_is_revoked(server: &Server, database: &Database) {
    hierarchy(server).await;
    let chefe = id_of(server, "chefe").await;
    for (method, path, body) in [
        (Method::GET, "/api/admin/usuarios".to_owned(), json!(null)),
        (Method::GET, "/api/admin/auditoria".to_owned(), json!(null)),
        (Method::POST, "/api/admin/motivos".to_owned(), json!({"nome": "Depois"})),
        (
            Method::POST,
            "/api/admin/usuarios".to_owned(),
            json!({"login": "depois", "perfil": "Chefia", "senha": "uma senha qualquer"}),
        ),
        (Method::PUT, format!("/api/admin/usuarios/{chefe}/senha"), json!({"senha": "uma senha qualquer"})),
        (Method::POST, format!("/api/admin/usuarios/{chefe}/revogar-tokens"), json!(null)),
        (Method::POST, "/api/atendimentos".to_owned(), json!({})),
    ] {
        let token = server.token("gestor").await;
        let known = ask(server, &token, Method::GET, "/api/admin/motivos", json!(null)).await;
        assert_eq!(known.status, 200, "{known:?}");
        let before = database.number(DONE).await;
        database.execute(REVOKED).await;
        let answer = ask(server, &token, method, &path, body).await;
        assert_eq!((answer.status, database.number(DONE).await), (401, before), "{path}: {answer:?}");
    }
}

async fn a_session_does_nothing_from_the_moment_it_is_revoked(server: &Server, database: &Database) {
    hierarchy(server).await;
    let mut gestor = Browser::signed_in(server, "gestor").await;
    let page = gestor.get("/console/motivos").await;
    let before = database.number(DONE).await;
    database.execute(REVOKED).await;
    let answer = gestor.fill(&page, "/console/motivos", &[("nome", "Depois")]).await;
    assert_eq!((answer.status, database.number(DONE).await), (401, before), "{answer:?}");
    answer.has_all(&["Your session has ended", "name=\"digitado.nome\" value=\"Depois\""]);
}

both_engines! {
    a_token_does_nothing_from_the_moment_it_is_revoked,
    a_session_does_nothing_from_the_moment_it_is_revoked,
}
