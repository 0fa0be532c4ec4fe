//! The console while something does not work, and where something else is not as usual.

use std::fs;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::{Database, Engine};
use crate::support::server::{Answer, Server};

const PAGE: &str = "/console/motivos";

async fn a_form_that_cannot_be_answered_now_loses_nothing(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    let held = database.hold_by("LOCK TABLE nivel IN SHARE ROW EXCLUSIVE MODE").await;
    let answer = admin.fill(&page, PAGE, &[("nome", "Fora da garantia")]).await;
    assert_eq!((answer.status, answer.header("content-type")), (503, Some("text/html; charset=utf-8")), "{answer:?}");
    assert!(
        answer.body.contains("<p>The server could not answer just now. Try again in a little while."),
        "{answer:?}"
    );
    assert!(answer.body.contains("name=\"nome\" value=\"Fora da garantia\""), "{answer:?}");
    held.release().await;
    assert_eq!(admin.fill(&answer, PAGE, &[("nome", "Fora da garantia")]).await.status, 303);
}

/// A session ended, and its person signed in again in another tab.
async fn a_form_of_an_earlier_session_is_kept_for_its_own_person(server: &Server, _: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let (page, entrance) = (admin.get(PAGE).await, Browser::new(server).get("/console/entrar").await);
    admin.forget("citrus-sessao");
    assert_eq!(admin.sign_in("ADMIN", "1234").await.status, 303);
    let typed = [("quem", "admin"), ("nome", "Fora da garantia")];
    // Nothing but the browser's own word says that a page of ours has sent it.
    for site in [None, Some("none")] {
        admin.set_header("sec-fetch-site", site);
        let answer = admin.fill(&page, PAGE, &typed).await;
        assert!(answer.status == 403 && !answer.body.contains("Fora da garantia"), "{answer:?}");
    }
    admin.set_header("sec-fetch-site", Some("same-origin"));
    let answer = admin.fill(&page, PAGE, &[("quem", "user.api"), ("nome", "Fora da garantia")]).await;
    assert!(answer.status == 403 && !answer.body.contains("Fora da garantia"), "{answer:?}");
    let answer = admin.fill(&page, PAGE, &typed).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    answer.has_all(&["Page of an earlier session", "name=\"nome\" value=\"Fora da garantia\"", "Send again"]);
    assert!(!admin.get(PAGE).await.body.contains("Fora da garantia"));
    assert_eq!(admin.fill(&answer, PAGE, &typed).await.status, 303);
    admin.get(PAGE).await.has_all(&["<bdi>Fora da garantia</bdi>"]);
    // So does the sign-in form of a tab that is behind.
    let fields = [("login", "admin"), ("senha", "1234"), ("volta", "motivos")];
    let answer = admin.fill(&entrance, "/console/entrar", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("../console/motivos")), "{answer:?}");
    let kept = [&fields[..], &[("digitado.quem", "Admin"), ("digitado.nome", "Sem peça")]].concat();
    let led = admin.fill(&entrance, "/console/entrar", &kept).await;
    admin.follow(&led).await.has_all(&["value=\"Sem peça\""]);
}

async fn a_form_sent_while_the_database_is_away_is_kept(database: &Database) {
    let server = Server::start(database).await;
    let mut admin = Browser::signed_in(&server, "admin").await;
    let (motivos, usuarios) = (admin.get(PAGE).await, admin.get("/console/usuarios").await);
    server.store.close().await;
    let fields = [("login", "ana & bia"), ("perfil", "Consulta"), ("senha", "um segredo comprido")];
    let answer = admin.fill(&usuarios, "/console/usuarios", &fields).await;
    assert_eq!((answer.status, answer.header("content-type")), (503, Some("text/html; charset=utf-8")), "{answer:?}");
    answer.has_all(&["name=\"login\" value=\"ana &#38; bia\"", "The password has to be typed again", "Send again"]);
    assert!(!answer.body.contains("segredo"), "{answer:?}");
    let answer =
        admin.fill(&motivos, PAGE, &[("nome", "Fora da garantia"), ("permissao", "a"), ("permissao", "b")]).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    answer.has_all(&[
        "<form id=\"formulario\" method=\"post\" action=\"../console/motivos\"",
        "name=\"nome\" value=\"Fora da garantia\"",
        "name=\"permissao\" value=\"a\"",
        "name=\"permissao\" value=\"b\"",
        "Send again",
    ]);
    assert!(!answer.body.contains("password"), "{answer:?}");
    // What another site has typed is offered to nobody.
    let foreign = admin.post(PAGE, &[("ficha", "of-another-page"), ("nome", "de fora")]).await;
    assert!(foreign.status == 503 && !foreign.body.contains("de fora"), "{foreign:?}");
    let session = admin.cookie("citrus-sessao").unwrap().to_owned();
    let back = Server::on(database.config(&[]), database.open().await).await;
    let mut again = Browser::new(&back);
    again.set_cookie("citrus-sessao", &session);
    assert_eq!(again.fill(&answer, PAGE, &[("nome", "Fora da garantia")]).await.status, 303);
    assert!(again.get(PAGE).await.body.contains("<bdi>Fora da garantia</bdi>"));
    back.stop().await;
    server.stop().await;
}

/// A connection in the middle of a transaction is given to nobody else.
async fn a_page_that_is_cut_off_while_it_waits_harms_no_later_one(database: &Database) {
    let server = Server::with(database, &[("REQUEST_TIMEOUT_SECONDS", "2")]).await;
    let mut admin = Browser::signed_in(&server, "admin").await;
    let page = admin.get(PAGE).await;
    let session = admin.cookie("citrus-sessao").unwrap().to_owned();
    for round in 0..3 {
        let held = database.hold_by("LOCK TABLE motivo IN ACCESS EXCLUSIVE MODE").await;
        let answers = join_all((0..6).map(async |number| {
            let mut other = Browser::new(&server);
            other.set_cookie("citrus-sessao", &session);
            other.fill(&page, PAGE, &[("nome", &format!("motivo {round} {number}"))]).await
        }));
        for answer in answers.await {
            assert_eq!(answer.status, 503, "{answer:?}");
        }
        held.release().await;
        let token = server.token("admin").await;
        for _ in 0..20 {
            assert_eq!(admin.get("/console/usuarios").await.status, 200);
            let listed = server.send(Method::GET, "/api/admin/usuarios", &[("authorization", &token)], "").await;
            assert_eq!(listed.status, 200, "{listed:?}");
        }
    }
    server.stop().await;
}

/// However short the time of a request is, and wherever it is spent.
async fn a_form_that_takes_too_long_is_kept(database: &Database) {
    let server = Server::with(database, &[("REQUEST_TIMEOUT_SECONDS", "2")]).await;
    let mut admin = Browser::signed_in(&server, "admin").await;
    let (motivos, entrance) = (admin.get(PAGE).await, Browser::new(&server).get("/console/entrar").await);
    let record = "/console/atendimento?protocolo=20221104000001";
    let atendimento = admin.get(record).await;
    for table in ["nivel", "atendimento", "usuario"] {
        let held = database.hold_by(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).await;
        let nome = format!("Fora da garantia {table}");
        let answer = admin.fill(&motivos, PAGE, &[("nome", &nome)]).await;
        if answer.status != 303 {
            assert!(answer.status >= 500, "{table}: {answer:?}");
            answer.has_all(&[&format!("name=\"nome\" value=\"{nome}\"")]);
        }
        let fields = [("status", "Finalizado"), ("comentario", "Um texto comprido"), ("passo", "conferir")];
        let answer = admin.fill(&atendimento, record, &fields).await;
        assert!(answer.body.contains("Um texto comprido"), "{table}: {answer:?}");
        let mut stranger = Browser::new(&server);
        for (name, value) in cookies_of(&entrance) {
            stranger.set_cookie(&name, &value);
        }
        let fields = [("login", "admin"), ("senha", "1234"), ("digitado.nome", "Sem peça"), ("volta", "motivos")];
        let answer = stranger.fill(&entrance, "/console/entrar", &fields).await;
        let is_led = answer.header("location").is_some_and(|place| place.contains("digitado="));
        assert!(is_led || answer.body.contains("Sem peça"), "{table}: {answer:?}");
        held.release().await;
    }
    server.stop().await;
}

/// When a page says at the latest that it could not be had, on a busy machine.
const TOLD: Duration = Duration::from_millis(5500);

/// A database that does not say who asks is not asked again for the page of the error.
async fn a_page_that_cannot_be_had_says_so_soon(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    let session = admin.cookie("citrus-sessao").unwrap().to_owned();
    // SQLite's readers wait for no lock.
    let expected = if database.engine == Engine::Sqlite { [200, 503] } else { [503, 503] };
    let held = database.hold_by("LOCK TABLE usuario, nivel, motivo IN ACCESS EXCLUSIVE MODE").await;
    // What was known lately is old by now.
    server.clock.advance(time::Duration::seconds(1));
    let mut other = Browser::new(server);
    other.set_cookie("citrus-sessao", &session);
    let asked = Instant::now();
    let (got, posted) = tokio::join!(other.get(PAGE), admin.fill(&page, PAGE, &[("nome", "Fora da garantia")]));
    assert_eq!([got.status, posted.status], expected, "{got:?} {posted:?}");
    assert!(asked.elapsed() < TOLD, "{:?}", asked.elapsed());
    posted.has_all(&["value=\"Fora da garantia\""]);
    held.release().await;
    assert_eq!(other.get(PAGE).await.status, 200);
}

fn cookies_of(answer: &Answer) -> Vec<(String, String)> {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

async fn errors_are_pages_in_the_persons_language(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    for (languages, title) in [("en", "Not found"), ("pt-BR", "Não encontrado")] {
        admin.set_header("accept-language", Some(languages));
        for path in
            ["/console/nada", "/console/motivos/", "/console/motivos/x", "/console/assets/x", "/console//motivos"]
        {
            let page = admin.get(path).await;
            assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")), "{path}");
            assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{path}: {page:?}");
        }
    }
    // Programs beside it are answered as ever.
    server.get("/consolex").await.is(404, "Recurso não encontrado");
    server.get("/api/console").await.is(404, "Recurso não encontrado");
}

async fn an_error_keeps_the_menu_and_says_what_is_missing(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let mut powerless = Browser::signed_in(server, "user.sem.permissao").await;
    let frame = ["<bdi>admin</bdi>", "console/sair\"", "console/motivos\""];
    for (path, text) in [
        ("/console/nada", "There is no page at this address."),
        ("/console/motivos/999", "There is no such motivo."),
        ("/console/usuarios/999/senha", "There is no such user, or not on your nível or below."),
        ("/console/atendimento?protocolo=999", "There is no atendimento with this protocolo."),
        ("/console/atendimento", "The address is incomplete"),
    ] {
        let page = admin.get(path).await;
        assert!((400..500).contains(&page.status), "{path}");
        for text in frame.into_iter().chain([text]) {
            assert!(page.body.contains(text), "{path} {text}: {page:?}");
        }
    }
    let wrong = admin.send(Method::DELETE, PAGE, String::new()).await;
    assert!(wrong.status == 405 && wrong.body.contains("console/sair\""), "{wrong:?}");
    for (path, text) in [
        (PAGE, "Your perfil lacks the permission “Administer motivos” (administrar-motivos)."),
        ("/console/atendimento?protocolo=999", "lacks the permission “Read atendimentos” (consultar-atendimentos)."),
        ("/console/servidor", "This page is for root administrators alone"),
    ] {
        let page = powerless.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        for text in ["<bdi>user.sem.permissao</bdi>", "console/sair\"", text] {
            assert!(page.body.contains(text), "{path} {text}: {page:?}");
        }
    }
    // A stranger has no frame, and nothing to sign out of.
    let page = Browser::new(server).get("/console/nada").await;
    assert!(page.status == 404 && !page.body.contains("console/sair"), "{page:?}");
}

async fn a_failure_keeps_the_menu(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    admin.get(PAGE).await;
    database.execute("ALTER TABLE motivo RENAME TO motivo_de_lado").await;
    let page = admin.get(PAGE).await;
    assert_eq!(page.status, 500, "{page:?}");
    for text in ["<h1>The server failed</h1>", "<bdi>admin</bdi>", "console/sair\""] {
        assert!(page.body.contains(text), "{text}: {page:?}");
    }
}

async fn a_dialect_is_for_programs(database: &Database) {
    let file = database.dir.path().join("dialeto.toml");
    fs::write(&file, "[erro]\ncorpo = '{\"erro\":\"<texto>\"}'\n").unwrap();
    let server = Server::with(database, &[("DIALECT_FILE", file.to_str().unwrap())]).await;
    assert!(server.get("/nada").await.body.contains("\"erro\""));
    let mut browser = Browser::new(&server);
    let page = browser.get("/console/nada").await;
    assert!(page.status == 404 && page.body.contains("<h1>Not found</h1>"), "{page:?}");
    assert_eq!(browser.sign_in("admin", "1234").await.status, 303);
    assert_eq!(browser.get(PAGE).await.status, 200);
    server.stop().await;
}

/// What people type is in no journal, and failures that a program asks for are not theirs.
async fn the_sandbox_is_for_programs(database: &Database) {
    let server = Server::sandbox(database, &[]).await;
    let failure = json!({"rota": "/console/motivos", "erro": "internal", "vezes": 5}).to_string();
    server.send(Method::POST, "/sandbox/falhas", &[], failure).await;
    let mut admin = Browser::new(&server);
    admin.set_header("x-sandbox-falha", Some("internal"));
    assert_eq!(admin.sign_in("admin", "1234").await.status, 303);
    assert_eq!(admin.get(PAGE).await.status, 200);
    let journal = server.get("/sandbox/requisicoes").await;
    assert_eq!(journal.status, 200, "{journal:?}");
    assert!(!journal.body.contains("console"), "{journal:?}");
    server.stop().await;
}

both_engines! {
    a_page_that_is_cut_off_while_it_waits_harms_no_later_one,
    a_form_that_cannot_be_answered_now_loses_nothing,
    a_form_of_an_earlier_session_is_kept_for_its_own_person,
    a_form_sent_while_the_database_is_away_is_kept,
    a_form_that_takes_too_long_is_kept,
    a_page_that_cannot_be_had_says_so_soon,
    errors_are_pages_in_the_persons_language,
    an_error_keeps_the_menu_and_says_what_is_missing,
    a_failure_keeps_the_menu,
    a_dialect_is_for_programs,
    the_sandbox_is_for_programs,
}
