//! Searches: by what the latest change of an atendimento was, and where only a stretch of a long list is looked at.

use citrus_status::domain::access::Permissao;
use reqwest::Method;
use serde_json::{Value, json};

use super::admin::{ask, hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::{Database, Engine};
use crate::support::server::{Answer, Server, nome};

const LIST: &str = "/console/atendimentos";
const JSON: &str = "/api/admin/atendimentos";

/// The last digits of the protocolos on a page.
fn listed(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{page:?}");
    let links = page.body.split("atendimento?protocolo=").skip(1);
    let protocolos: Vec<&str> = links.map(|link| &link.split('"').next().unwrap()[11..]).collect();
    protocolos.join(" ")
}

async fn found(server: &Server, who: &str, query: &str) -> String {
    let token = server.token(who).await;
    let answer = ask(server, &token, Method::GET, &format!("{JSON}?{query}"), Value::Null).await;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    let page = answer.json();
    let protocolos = page["atendimentos"].as_array().unwrap().iter();
    protocolos.map(|one| one["protocolo"].as_str().unwrap()[11..].to_owned()).collect::<Vec<_>>().join(" ")
}

/// Who closed what, and why.
async fn the_latest_change_finds_an_atendimento(server: &Server) {
    hierarchy(server).await;
    let changes = [
        ("user.api", 6, "Cancelado", Some("Duplicado")),
        ("gestor", 7, "Cancelado", Some("Duplicado")),
        ("gestor", 8, "Cancelado", Some("Fora do escopo")),
        ("gestor", 9, "Cancelado", Some("Duplicado")),
        // Only the latest one counts.
        ("user.api", 9, "Em atendimento", None),
        ("gestor", 10, "Finalizado", None),
        ("admin", 11, "Cancelado", Some("Duplicado")),
    ];
    for (who, number, status, motivo) in changes {
        let body = json!({"protocolo": format!("202211040000{number:02}"), "status": status, "motivoStatus": motivo});
        let answer = server.change_with(&server.token(who).await, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    server.provisioning.set_motivo_ativo(&nome("Duplicado"), false).await.unwrap();
    let mut admin = Browser::signed_in(server, "admin").await;
    let mut gestor = Browser::signed_in(server, "gestor").await;
    for (query, expected) in [
        ("motivoStatus=duplicado", "011 007 006"),
        ("motivoStatus=+DUPLICADO+&status=Cancelado", "011 007 006"),
        ("motivoStatus=Duplicado&status=Finalizado", ""),
        ("motivoStatus=Fora+do+escopo", "008"),
        ("motivoStatus=Aberto+por+engano", ""),
        ("usuario=gestor", "010 008 007"),
        ("usuario=GESTOR&motivoStatus=Duplicado", "007"),
        ("usuario=user.api", "009 006"),
        ("usuario=chefe", ""),
        ("usuario=gestor&protocolo=20221104000008", "008"),
    ] {
        for who in ["admin", "gestor"] {
            assert_eq!(found(server, who, query).await, expected, "{who} {query}");
        }
        for browser in [&mut admin, &mut gestor] {
            assert_eq!(listed(&browser.get(&format!("{LIST}?{query}")).await), expected, "{query}");
        }
    }
    assert_eq!(found(server, "admin", "usuario=admin").await, "011");
    let page = admin.get(&format!("{LIST}?usuario=gestor&motivoStatus=Duplicado")).await;
    page.has_all(&["<option value=\"Duplicado\" selected>", "name=\"usuario\" value=\"gestor\"", "Clear"]);
    // Whom the hierarchy hides is nobody.
    let token = server.token("gestor").await;
    for (query, field) in [
        ("usuario=admin", "usuario"),
        ("usuario=caixa", "usuario"),
        ("usuario=ninguem", "usuario"),
        ("usuario=", "usuario"),
        ("motivoStatus=Outro", "motivoStatus"),
        ("motivoStatus=", "motivoStatus"),
    ] {
        let message = format!("{field} – valor inválido");
        ask(server, &token, Method::GET, &format!("{JSON}?{query}"), Value::Null).await.is(400, &message);
        if !query.ends_with('=') {
            let page = gestor.get(&format!("{LIST}?{query}")).await;
            assert_eq!(page.status, 400, "{query}: {page:?}");
            page.has_all(&[&format!("id=\"{field}-erro\"")]);
        }
    }
    // Nor does anybody learn it who may not read histories.
    server.provisioning.grant(&nome("Leitura"), &[Permissao::ConsultarAtendimentos]).await.unwrap();
    usuario(server, "leitor", "Leitura").await;
    let token = server.token("leitor").await;
    ask(server, &token, Method::GET, &format!("{JSON}?usuario=gestor"), Value::Null).await.is(403, "Acess denied");
    assert_eq!(found(server, "leitor", "motivoStatus=Fora+do+escopo").await, "008");
    let mut leitor = Browser::signed_in(server, "leitor").await;
    let page = leitor.get(LIST).await;
    assert!(!page.body.contains("name=\"usuario\"") && page.body.contains("name=\"motivoStatus\""), "{page:?}");
    assert_eq!(leitor.get(&format!("{LIST}?usuario=gestor")).await.status, 403);
}

fn numbers(last: u32) -> String {
    format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})")
}

fn next(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("rel=\"next\" href=\"../").unwrap_or_else(|| panic!("{page:?}"));
    format!("/{}", rest.split('"').next().unwrap().replace("&#38;", "&"))
}

/// A page that is short says up to where it was searched, and the next one goes on.
async fn a_short_page_says_how_far_the_search_went(server: &Server, database: &Database) {
    hierarchy(server).await;
    let (moment, number) = match database.engine {
        Engine::Postgres => ("to_timestamp((1795000000000 + n) / 1000.0)", "lpad(n::text, 6, '0')"),
        Engine::Sqlite => ("1795000000000 + n", "printf('%06d', n)"),
    };
    database
        .execute(&format!(
            "INSERT INTO atendimento (protocolo, status, atualizado_em) {}
             SELECT '20261123' || {number}, 1, {moment} FROM numbers",
            numbers(20_000)
        ))
        .await;
    let mut admin = Browser::signed_in(server, "admin").await;
    for (query, end) in [("status=Finalizado", "20261123000001"), ("motivoStatus=Duplicado", "20261123015001")] {
        let page = admin.get(&format!("{LIST}?{query}")).await;
        let text = format!("For this page the search went down to the protocolo {end}.");
        page.has_all(&["None in this stretch", &text]);
        assert!(!admin.get(&next(&page)).await.body.contains(&text), "{query}");
    }
    assert!(!admin.get(LIST).await.body.contains("the search went"), "a full page");

    // Of each of so many níveis that the gestor sees an old entry, and then many that it does not see.
    let suporte = id_of(server, "Suporte").await;
    for sql in [
        format!(
            "INSERT INTO nivel (nome, chave, superior_id) {} SELECT 'n' || n, 'n' || n, {suporte} FROM numbers",
            numbers(70)
        ),
        "DELETE FROM auditoria".to_owned(),
        format!(
            "INSERT INTO auditoria (em, origem, autor, lugar, acao, objeto, autor_nivel_id) {}
             SELECT {moment}, 'comando', 'x', 'y', 'motivo.criar', 'velho', nivel.id
             FROM numbers JOIN nivel ON nivel.nome = 'n' || n",
            numbers(70)
        ),
        format!(
            "INSERT INTO auditoria (em, origem, autor, lugar, acao, objeto) {}
             SELECT {}, 'comando', 'x', 'y', 'motivo.criar', 'novo' FROM numbers",
            numbers(10_000),
            moment.replace("+ n", "+ 60000 + n")
        ),
    ] {
        database.execute(&sql).await;
    }
    let mut gestor = Browser::signed_in(server, "gestor").await;
    let page = gestor.get("/console/auditoria").await;
    page.has_all(&["No entry in this stretch", "For this page the search went back to 2026-11-18 "]);
    let page = gestor.get(&next(&page)).await;
    assert_eq!(page.body.matches("<time ").count(), 50, "{page:?}");
    assert!(!page.body.contains("the search went"), "a full page: {page:?}");
    assert!(!gestor.get(&next(&page)).await.body.contains("the search went"), "the last page");

    let caixa = id_of(server, "Caixa").await;
    database
        .execute(&format!(
            "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao) {}
             SELECT 'u' || n, 'u' || n, {caixa}, 'x', 1 FROM numbers",
            numbers(50_000)
        ))
        .await;
    let page = gestor.get("/console/usuarios").await;
    page.has_all(&["<bdi>chefe</bdi>", "Only a stretch was searched"]);
    assert!(!gestor.get(&next(&page)).await.body.contains("Only a stretch"));
}

both_engines! {
    the_latest_change_finds_an_atendimento,
    a_short_page_says_how_far_the_search_went,
}
