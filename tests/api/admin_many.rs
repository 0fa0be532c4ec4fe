//! Administration where there is much: numbers that are taken, users, entries.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::admin::{ask, hierarchy, id_of};
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::{Database, Engine};
use crate::support::server::Server;

/// How long a request may take here, on a busy machine; what is slow by itself takes several seconds, or is refused.
const SOON: Duration = Duration::from_millis(2500);
/// How often a read is measured, at most. What is slow by itself is never quick; what a busy machine holds up is.
const ROUNDS: usize = 5;

/// Registers the numbers of the test's day from `first` to `last` past the server, each with `suffix`.
async fn import(database: &Database, first: u32, last: u32, suffix: &str) {
    let (now, number) = match database.engine {
        Engine::Postgres => ("now()", "lpad(n::text, 6, '0')"),
        Engine::Sqlite => ("0", "printf('%06d', n)"),
    };
    let sql = format!(
        "INSERT INTO atendimento (protocolo, status, atualizado_em)
         WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
         SELECT '20261123' || {number} || '{suffix}', 1, {now} FROM numbers"
    );
    database.execute(&sql).await;
}

async fn numbers_that_are_taken_are_passed_over_at_once(server: &Server, database: &Database) {
    let token = server.token("admin").await;
    let draw = async || {
        let asked = Instant::now();
        let answer = ask(server, &token, Method::POST, "/api/atendimentos", json!({})).await;
        assert!(asked.elapsed() < SOON, "{answer:?} after {:?}", asked.elapsed());
        answer
    };
    let drawn = async || draw().await.json()["protocolo"].as_str().unwrap_or_default().to_owned();
    import(database, 1, 60_000, "").await;
    assert_eq!(drawn().await, "20261123060001");
    assert_eq!(drawn().await, "20261123060002");
    // What only begins like a number, and one far ahead, stand in nobody's way.
    import(database, 60_003, 61_000, "-A").await;
    import(database, 60_005, 60_006, "").await;
    import(database, 999_990, 999_999, "").await;
    assert_eq!([drawn().await, drawn().await, drawn().await], ["20261123060003", "20261123060004", "20261123060007"]);
    // The last number of a day, and then none.
    database.execute("UPDATE sequencia SET ultimo = 999988").await;
    assert_eq!(drawn().await, "20261123999989");
    for _ in 0..2 {
        draw().await.is(409, "Não há mais protocolos para o dia");
    }
    let given = ask(server, &token, Method::POST, "/api/atendimentos", json!({"protocolo": "20261123-1"})).await;
    assert_eq!(given.status, 201, "{given:?}");
}

async fn many_users_are_paged(server: &Server, database: &Database) {
    hierarchy(server).await;
    let (caixa, balcao) = (id_of(server, "Caixa").await, id_of(server, "Balcão").await);
    database
        .execute(&format!(
            "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
             SELECT 'u' || n, 'u' || n, CASE WHEN n % 5000 = 0 THEN {balcao} ELSE {caixa} END, 'x', 1 FROM numbers"
        ))
        .await;
    let all = async |who: &str, limit: usize| {
        let token = server.token(who).await;
        let (mut logins, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let asked = Instant::now();
            let path = format!("/api/admin/usuarios?limite={limit}{cursor}");
            let page = ask(server, &token, Method::GET, &path, Value::Null).await.json();
            assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
            let found = page["usuarios"].as_array().unwrap();
            logins.extend(found.iter().map(|usuario| usuario["login"].as_str().unwrap().to_owned()));
            pages += 1;
            match page["proximo"].as_str() {
                Some(next) if pages < 5 => cursor = format!("&cursor={next}"),
                _ => break,
            }
        }
        logins
    };
    assert_eq!(all("chefe", 2).await, ["chefe", "balconista", "u5000", "u10000", "u15000", "u20000"]);
    assert_eq!(all("chefe", 6).await.len(), 6);
    assert_eq!(all("admin", 200).await.len(), 1000);
    // A creation looks for one name, not for all.
    let token = server.token("chefe").await;
    for (perfil, status) in [("Balcão", 201), ("Balcao", 404), ("Caixa", 404)] {
        let asked = Instant::now();
        let body = json!({"login": format!("novo {perfil}"), "perfil": perfil, "senha": "uma senha comprida"});
        assert_eq!(ask(server, &token, Method::POST, "/api/admin/usuarios", body).await.status, status);
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    }
}

async fn a_creation_of_a_user_leaves_no_trace_of_its_senha(server: &Server, database: &Database) {
    let token = server.token("admin").await;
    let create = async |key: &str, senha: &str| {
        let headers = [("authorization", token.as_str()), ("idempotency-key", key)];
        let body = format!(r#"{{"login":"ana","perfil":"Consulta","senha":"{senha}"}}"#);
        (server.send(Method::POST, "/api/admin/usuarios", &headers, body.clone()).await, body)
    };
    let (made, body) = create("k", "uma senha comprida").await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(create("k", "uma senha comprida").await.0.header("idempotency-replayed"), Some("true"));
    create("k", "outra senha comprida").await.0.is(422, "Idempotency-Key já usada com outra requisição");
    // Whoever has the table and knows all but the senha can try none out against it.
    let kept = database.number("SELECT impressao FROM idempotencia").await;
    for text in [body.clone(), format!("/api/admin/usuarios\n{body}")] {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        assert_ne!(kept, i64::from_be_bytes(digest.as_ref()[..8].try_into().unwrap()));
    }
}

/// Below Suporte, the níveis from `first` to `last`, each with a perfil of its own, and with all that it has released and granted.
async fn grow(database: &Database, first: i64, last: i64) {
    let numbers =
        format!("WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})");
    let both = "(SELECT 'alterar-status' AS nome UNION ALL SELECT 'consultar-atendimentos') AS permissao";
    for sql in [
        format!(
            "INSERT INTO nivel (nome, chave, superior_id) {numbers}
             SELECT 'n' || n, 'n' || n, superior.id FROM numbers, nivel superior WHERE superior.nome = 'Suporte'"
        ),
        format!(
            "INSERT INTO perfil (nome, chave, nivel_id) {numbers}
             SELECT 'p' || n, 'p' || n, nivel.id FROM numbers JOIN nivel ON nivel.nome = 'n' || n"
        ),
        format!(
            "INSERT INTO liberacao (nivel_id, permissao) SELECT nivel.id, permissao.nome FROM nivel, {both}
             WHERE nivel.nome LIKE 'n%' ON CONFLICT DO NOTHING"
        ),
        format!(
            "INSERT INTO concessao (perfil_id, permissao) SELECT perfil.id, permissao.nome FROM perfil, {both}
             WHERE perfil.nome LIKE 'p%' ON CONFLICT DO NOTHING"
        ),
    ] {
        database.execute(&sql).await;
    }
}

/// Checks that `read` answers with 200, and that the quickest of its rounds comes soon.
async fn is_soon(what: &str, mut read: impl AsyncFnMut() -> u16) {
    let mut quickest = Duration::MAX;
    for _ in 0..ROUNDS {
        let asked = Instant::now();
        assert_eq!(read().await, 200, "{what}");
        quickest = quickest.min(asked.elapsed());
        if quickest < SOON {
            return;
        }
    }
    panic!("{what}: {quickest:?}");
}

async fn many_niveis_take_as_long_as_they_are_many(server: &Server, database: &Database) {
    hierarchy(server).await;
    let suporte = format!("/console/niveis/{}", id_of(server, "Suporte").await);
    let mut last = 0;
    for count in [1_500, 6_000] {
        grow(database, last + 1, count).await;
        last = count;
        for who in ["admin", "gestor"] {
            let token = server.token(who).await;
            let mut browser = Browser::signed_in(server, who).await;
            for list in ["niveis", "perfis", "usuarios/perfis", "auditoria"] {
                let path = format!("/api/admin/{list}");
                let read = async || ask(server, &token, Method::GET, &path, Value::Null).await.status;
                is_soon(&format!("{list} of {count}"), read).await;
            }
            for page in ["/console/niveis", "/console/perfis", "/console/auditoria", &suporte] {
                is_soon(&format!("{page} of {count}"), async || browser.get(page).await.status).await;
            }
        }
    }
}

/// All that somebody reads of a list, page by page: the members `member` of its entries.
async fn all_pages(server: &Server, who: &str, list: &str, query: &str, member: &str) -> Vec<Value> {
    let token = server.token(who).await;
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/admin/{list}?{query}{cursor}");
        let mut page = Value::Null;
        let read = async || {
            let answer = ask(server, &token, Method::GET, &path, Value::Null).await;
            page = answer.json();
            answer.status
        };
        is_soon(&path, read).await;
        all.extend(page[list].as_array().unwrap().iter().map(|entry| entry[member].clone()));
        let Some(next) = page["proximo"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

/// What is spread over many níveis is read whole, page by page, however far apart it lies.
async fn what_many_niveis_have_is_read_page_by_page(server: &Server, database: &Database) {
    hierarchy(server).await;
    grow(database, 1, 3_000).await;
    // Far more entries of níveis that only root sees, between those of each nível below Suporte.
    let entries = |count: u32, action: &str, nivel: &str| {
        format!(
            "INSERT INTO auditoria (em, origem, autor, lugar, acao, objeto, autor_nivel_id)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
             SELECT first.em, 'api', 'maria', '192.0.2.7', '{action}', 'm' || numbers.n, {nivel}
             FROM numbers, (SELECT min(em) AS em FROM auditoria) first"
        )
    };
    let below = "(SELECT id FROM nivel WHERE nome = 'n' || numbers.n)";
    database.execute(&entries(3_000, "motivo.criar", below)).await;
    database.execute(&entries(25_000, "motivo.desativar", "(SELECT id FROM nivel WHERE nome = 'Vendas')")).await;
    database.execute(&entries(300, "motivo.ativar", below)).await;
    let objects = |count: u32| (1..=count).rev().map(|n| json!(format!("m{n}"))).collect::<Vec<_>>();
    for (query, expected) in [("acao=motivo.criar", objects(3_000)), ("acao=motivo.ativar", objects(300))] {
        assert_eq!(all_pages(server, "gestor", "auditoria", &format!("limite=200&{query}"), "objeto").await, expected);
    }
    let both = [objects(300), objects(3_000)].concat();
    for query in ["limite=200&acao=motivo", "limite=199"] {
        let all = all_pages(server, "gestor", "auditoria", query, "objeto").await;
        let of_motivos: Vec<_> = all.into_iter().filter(|o| o.as_str().is_some_and(|o| o.starts_with('m'))).collect();
        assert_eq!(of_motivos, both, "{query}");
    }
    // One below them sees its own, and nothing else.
    let filial = entries(1, "motivo.criar", "(SELECT id FROM nivel WHERE nome = 'Filial')");
    database.execute(&filial.replace("'m' ||", "'f' ||")).await;
    assert_eq!(all_pages(server, "chefe", "auditoria", "acao=motivo", "objeto").await, [json!("f1")]);

    let users = |first: u32, last: u32, perfil: &str| {
        format!(
            "INSERT INTO usuario (login, chave, perfil_id, senha_hash, geracao)
             WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
             SELECT 'u' || n, 'u' || n, {perfil}, 'x', 1 FROM numbers"
        )
    };
    let of_many = "(SELECT id FROM perfil WHERE nome = 'p' || numbers.n)";
    let raiz = "(SELECT perfil_id FROM usuario WHERE login = 'admin')";
    for (first, last, perfil) in [(1, 500, of_many), (100_000, 125_000, raiz), (501, 1_000, of_many)] {
        database.execute(&users(first, last, perfil)).await;
    }
    let logins = all_pages(server, "gestor", "usuarios", "limite=150", "login").await;
    let (known, many) = logins.split_at(logins.len() - 1_000);
    assert!(known.contains(&json!("gestor")), "{known:?}");
    assert_eq!(many, (1..=1_000).map(|n| json!(format!("u{n}"))).collect::<Vec<_>>());
}

both_engines! {
    what_many_niveis_have_is_read_page_by_page,
    many_niveis_take_as_long_as_they_are_many,
    numbers_that_are_taken_are_passed_over_at_once,
    many_users_are_paged,
    a_creation_of_a_user_leaves_no_trace_of_its_senha,
}
