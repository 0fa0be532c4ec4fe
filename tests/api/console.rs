//! The console: who is signed in, for how long, and what everybody gets.

use std::time::Instant;

use citrus_status::example::SENHA;
use citrus_status::service::sessions::{IDLE, LIFE, SESSIONS_MAX};
use reqwest::Method;
use secrecy::SecretString;
use time::Duration;

use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::{Database, Engine};
use crate::support::server::{Answer, Server, nome};

const COOKIE: &str = "citrus-sessao";
const SECURE_COOKIE: &str = "__Host-citrus-sessao";
const PAGE: &str = "/console/motivos";
const TICK: Duration = Duration::milliseconds(1);
/// More than a page takes, and much less than somebody waits for a lock.
const SOON: std::time::Duration = std::time::Duration::from_secs(1);

/// Checks that the answer leads to the sign-in form, and back to `place` afterwards.
#[track_caller]
fn leads_to_sign_in(answer: &Answer, place: &str) {
    let location = format!("../console/entrar?volta={place}");
    assert_eq!((answer.status, answer.header("location")), (303, Some(location.as_str())), "{answer:?}");
}

fn cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect()
}

async fn a_session_is_a_cookie_to_the_byte(server: &Server, database: &Database) {
    let mut browser = Browser::new(server);
    let page = browser.get("/console/entrar").await;
    let entrance = browser.cookie("citrus-entrada").unwrap().to_owned();
    assert_eq!(cookies(&page), [format!("citrus-entrada={entrance}; HttpOnly; SameSite=Strict; Path=/")]);
    let answer = browser.fill(&page, "/console/entrar", &[("login", "admin"), ("senha", SENHA)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("../console")));
    let id = browser.cookie(COOKIE).unwrap().to_owned();
    assert_eq!(id.len(), 43, "256 bits");
    let expected = [
        format!("{COOKIE}={id}; HttpOnly; SameSite=Strict; Path=/"),
        "citrus-entrada=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0".to_owned(),
    ];
    assert_eq!(cookies(&answer), expected);
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(!page.body.contains(&id), "what the cookie says is in no page");
    // The database knows the digest alone.
    let stored: Vec<(Vec<u8>, i64)> = database.rows("SELECT chave, usuario_id FROM sessao").await;
    assert_eq!((stored.len(), stored[0].0.len()), (1, 32));
    assert!(!id.as_bytes().windows(32).any(|window| window == stored[0].0));
}

async fn the_cookie_is_secure_unless_the_browser_came_by_loopback(server: &Server) {
    for (host, proxied, name) in [
        ("localhost:8080", None, COOKIE),
        ("127.0.0.1", None, COOKIE),
        ("[::1]:8080", None, COOKIE),
        ("citrus.example", None, SECURE_COOKIE),
        ("10.0.0.7:8080", None, SECURE_COOKIE),
        ("localhost", Some("192.0.2.1"), SECURE_COOKIE),
    ] {
        let mut browser = Browser::new(server);
        browser.set_header("host", Some(host));
        browser.set_header("x-forwarded-for", proxied);
        let answer = browser.sign_in("admin", SENHA).await;
        let id = browser.cookie(name).unwrap_or_else(|| panic!("{host}: {answer:?}")).to_owned();
        let secure = if name == COOKIE { "" } else { "; Secure" };
        assert_eq!(cookies(&answer)[0], format!("{name}={id}; HttpOnly; SameSite=Strict{secure}; Path=/"));
        assert_eq!(browser.get(PAGE).await.status, 200);
        // Set without TLS, or by another host of the domain.
        browser.forget(name);
        browser.set_cookie(if name == COOKIE { SECURE_COOKIE } else { COOKIE }, &id);
        leads_to_sign_in(&browser.get(PAGE).await, "motivos");
    }
}

async fn a_session_ends_by_idleness_and_by_age(server: &Server, database: &Database) {
    // A page is noted beside it.
    let noted = async |at: i64| while database.number("SELECT max(vista_em) FROM sessao").await != at {};
    let mut browser = Browser::signed_in(server, "admin").await;
    let mut at = database.number("SELECT max(vista_em) FROM sessao").await;
    for _ in 0..2 {
        server.clock.advance(IDLE - TICK);
        assert_eq!(browser.get(PAGE).await.status, 200);
        at += i64::try_from((IDLE - TICK).whole_milliseconds()).unwrap();
        noted(at).await;
    }
    server.clock.advance(IDLE);
    leads_to_sign_in(&browser.get(PAGE).await, "motivos");

    let mut browser = Browser::signed_in(server, "admin").await;
    let mut at = database.number("SELECT max(vista_em) FROM sessao").await;
    let steps = LIFE.whole_minutes() / 20;
    for _ in 1..steps {
        server.clock.advance(Duration::minutes(20));
        assert_eq!(browser.get(PAGE).await.status, 200);
        at += 20 * 60 * 1000;
        noted(at).await;
    }
    server.clock.advance(Duration::minutes(20) - TICK);
    assert_eq!(browser.get(PAGE).await.status, 200);
    server.clock.advance(TICK);
    leads_to_sign_in(&browser.get(PAGE).await, "motivos");
    server.purge().await;
    assert_eq!(database.number("SELECT count(*) FROM sessao").await, 0);
}

/// A second is all that half an hour of idleness may be short of.
async fn the_latest_request_is_noted_once_a_second(server: &Server, database: &Database) {
    let mut browser = Browser::signed_in(server, "admin").await;
    let seen = "SELECT vista_em - criada_em FROM sessao";
    server.clock.advance(Duration::seconds(1) - TICK);
    browser.get(PAGE).await;
    assert_eq!(database.number(seen).await, 0);
    server.clock.advance(TICK);
    // Beside the page.
    browser.get(PAGE).await;
    while database.number(seen).await != 1_000 {}
    server.clock.advance(Duration::seconds(59));
    browser.get(PAGE).await;
    while database.number(seen).await != 60_000 {}
    server.clock.advance(IDLE - TICK);
    assert_eq!(browser.get(PAGE).await.status, 200);
}

async fn somebodys_lock_keeps_no_page_and_a_sign_in_not_for_long(server: &Server, database: &Database) {
    let mut browser = Browser::signed_in(server, "admin").await;
    let mut stranger = Browser::new(server);
    stranger.get("/console/entrar").await;
    let held = database.hold_rows("sessao").await;
    server.clock.advance(Duration::seconds(2));
    let asked = Instant::now();
    assert_eq!(browser.get(PAGE).await.status, 200);
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    // PostgreSQL has smaller locks.
    let asked = Instant::now();
    let expected = if database.engine == Engine::Sqlite { 503 } else { 303 };
    assert_eq!(stranger.sign_in("admin", SENHA).await.status, expected);
    assert!(asked.elapsed() < 3 * SOON, "{:?}", asked.elapsed());
    held.release().await;
    assert_eq!(Browser::new(server).sign_in("admin", SENHA).await.status, 303);
    assert_eq!(browser.get(PAGE).await.status, 200);
}

async fn a_revocation_ends_sessions(server: &Server) {
    let (admin, second) = (nome("admin"), Duration::seconds(1));
    let provisioning = &server.provisioning;
    provisioning.create_usuario(&nome("outra"), &nome("Administrador"), SecretString::from(SENHA)).await.unwrap();
    for case in ["tokens", "senha", "deactivated"] {
        let mut browser = Browser::signed_in(server, "admin").await;
        assert_eq!(browser.get(PAGE).await.status, 200);
        match case {
            "tokens" => drop(provisioning.revoke_tokens(&admin).await.unwrap()),
            "senha" => drop(provisioning.set_senha(&admin, SecretString::from(SENHA)).await.unwrap()),
            _ => drop(provisioning.set_usuario_ativo(&admin, false).await.unwrap()),
        }
        server.clock.advance(second);
        leads_to_sign_in(&browser.get(PAGE).await, "motivos");
        provisioning.set_usuario_ativo(&admin, true).await.unwrap();
        server.clock.advance(second);
        leads_to_sign_in(&browser.get(PAGE).await, "motivos");
    }
    // A permission withdrawn is a page less, and not the end.
    let mut browser = Browser::signed_in(server, "outra").await;
    provisioning.revoke(&nome("Administrador"), &["administrar-motivos".parse().unwrap()]).await.unwrap();
    server.clock.advance(second);
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 403);
    assert!(
        page.body.contains("Your perfil lacks the permission “Administer motivos” (administrar-motivos)."),
        "{page:?}"
    );
    assert_eq!(browser.get("/console").await.status, 200);
}

/// However soon: the generation decides, and not when somebody last looked.
async fn a_sign_in_after_a_revocation_holds_at_once(server: &Server) {
    let admin = nome("admin");
    let senha = || SecretString::from(SENHA);
    server.provisioning.create_usuario(&nome("outra"), &nome("Administrador"), senha()).await.unwrap();
    let mut browser = Browser::signed_in(server, "admin").await;
    for case in ["tokens", "senha", "activated"] {
        assert_eq!(browser.get(PAGE).await.status, 200, "{case}");
        let old = server.token("admin").await;
        assert_eq!(read(server, &old).await, 200, "{case}");
        match case {
            "tokens" => drop(server.provisioning.revoke_tokens(&admin).await.unwrap()),
            "senha" => drop(server.provisioning.set_senha(&admin, senha()).await.unwrap()),
            _ => {
                server.provisioning.set_usuario_ativo(&admin, false).await.unwrap();
                server.provisioning.set_usuario_ativo(&admin, true).await.unwrap();
            }
        }
        let new = server.token("admin").await;
        assert_eq!(read(server, &new).await, 200, "{case}");
        assert_eq!(read(server, &old).await, 401, "{case}");
        assert_eq!(browser.sign_in("admin", SENHA).await.status, 303);
        assert_eq!(browser.get(PAGE).await.status, 200, "{case}");
    }
}

/// The status of a read with `token`.
async fn read(server: &Server, token: &str) -> u16 {
    server.send(Method::GET, "/api/admin/motivos", &[("authorization", token)], "").await.status
}

async fn signing_out_ends_the_session_and_not_only_the_cookie(server: &Server, database: &Database) {
    let mut browser = Browser::signed_in(server, "admin").await;
    let id = browser.cookie(COOKIE).unwrap().to_owned();
    let page = browser.get(PAGE).await;
    assert_eq!(browser.get("/console/sair").await.header("location"), Some("../console"), "a link signs nobody out");
    let answer = browser.fill(&page, "/console/sair", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("../console/entrar")));
    assert_eq!(browser.cookie(COOKIE), None);
    assert!(browser.get("/console/entrar").await.body.contains("You have signed out."));
    assert!(!browser.get("/console/entrar").await.body.contains("You have signed out."), "told once");
    browser.set_cookie(COOKIE, &id);
    leads_to_sign_in(&browser.get(PAGE).await, "motivos");
    assert_eq!(database.number("SELECT count(*) FROM sessao").await, 0);
}

async fn a_sign_in_takes_a_new_id_and_ends_the_old_session(server: &Server, database: &Database) {
    let mut browser = Browser::new(server);
    let planted = "A".repeat(43);
    browser.set_cookie(COOKIE, &planted);
    browser.sign_in("admin", SENHA).await;
    let first = browser.cookie(COOKIE).unwrap().to_owned();
    assert_ne!(first, planted, "an id that somebody has planted");
    // In a second tab, whose form was there before.
    let mut tab = Browser::new(server);
    let form = tab.get("/console/entrar").await;
    tab.set_cookie(COOKIE, &first);
    tab.fill(&form, "/console/entrar", &[("login", "admin"), ("senha", SENHA)]).await;
    let second = tab.cookie(COOKIE).unwrap().to_owned();
    assert_ne!(first, second);
    leads_to_sign_in(&browser.get(PAGE).await, "motivos");
    assert_eq!(tab.get(PAGE).await.status, 200);
    assert_eq!(database.number("SELECT count(*) FROM sessao").await, 1);
}

async fn a_user_has_so_many_sessions_and_the_oldest_ends(server: &Server, database: &Database) {
    let mut browsers = Vec::new();
    for _ in 0..=SESSIONS_MAX {
        server.clock.advance(Duration::seconds(1));
        browsers.push(Browser::signed_in(server, "admin").await);
    }
    assert_eq!(database.number("SELECT count(*) FROM sessao").await, i64::from(SESSIONS_MAX));
    leads_to_sign_in(&browsers[0].get(PAGE).await, "motivos");
    assert_eq!(browsers[1].get(PAGE).await.status, 200);
    // In one moment, too.
    let mut browsers = Vec::new();
    for _ in 0..=SESSIONS_MAX {
        browsers.push(Browser::signed_in(server, "admin").await);
    }
    leads_to_sign_in(&browsers[0].get(PAGE).await, "motivos");
    for browser in &mut browsers[1..] {
        assert_eq!(browser.get(PAGE).await.status, 200);
    }
}

async fn a_wrong_senha_is_told_beside_its_field_and_counts_as_the_apis(database: &Database) {
    let server = Server::with(database, &[("LOGIN_LIMIT_PAIR", "3/600")]).await;
    let mut browser = Browser::new(&server);
    for (login, senha, status, text) in [
        ("", "x", 400, "Type the login."),
        ("admin", "", 400, "Type the password."),
        (&"x".repeat(256), "x", 400, "Type a login of at most 255 characters; there are 256."),
        ("ninguem", "errada1", 404, "There is no active user of this login."),
        ("admin", "errada2", 401, "The password is wrong."),
    ] {
        let answer = browser.sign_in(login, senha).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.contains(text), "{answer:?}");
        assert!(answer.body.contains("aria-invalid=\"true\""), "{answer:?}");
        assert!(login.len() > 200 || answer.body.contains(&format!("name=\"login\" value=\"{login}\"")), "{answer:?}");
        assert!(senha.len() < 2 || !answer.body.contains(senha), "a senha is given back to nobody");
    }
    // One more by the API, and one more here: the fourth is refused whatever it is.
    server.login_with(&serde_json::json!({"login": "admin", "senha": "errada"})).await;
    browser.sign_in("admin", "errada").await;
    let answer = browser.sign_in("admin", SENHA).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert!(answer.header("retry-after").is_some() && answer.body.contains("too many failures. Wait "), "{answer:?}");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    let told = if wait < 120 { format!("{wait} seconds") } else { format!("{} minutes", wait.div_ceil(60)) };
    assert!(answer.body.contains(&format!("Wait {told} and try again.")), "{answer:?}");
    server.stop().await;
}

async fn an_unknown_user_is_hidden_where_the_api_hides_it(database: &Database) {
    let server = Server::with(database, &[("HARDENED_LOGIN", "true")]).await;
    let mut browser = Browser::new(&server);
    for login in ["ninguem", "admin"] {
        let answer = browser.sign_in(login, "errada").await;
        assert_eq!(answer.status, 401);
        assert!(
            answer.body.contains("The password is wrong.") && !answer.body.contains("no active user"),
            "{answer:?}"
        );
    }
    server.stop().await;
}

async fn every_page_asks_for_a_session_and_for_its_permission(server: &Server) {
    let mut stranger = Browser::new(server);
    let mut powerless = Browser::signed_in(server, "user.sem.permissao").await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let record = "/console/atendimento?protocolo=20221104000001";
    let own = stranger.get("/console/senha").await;
    leads_to_sign_in(&own, "senha");
    assert_eq!(stranger.post("/console/senha", &[("senha", "x")]).await.status, 401);
    assert_eq!(powerless.get("/console/senha").await.status, 200);
    for path in ["/console/atendimentos", "/console/atendimentos/novo", record, PAGE, "/console/motivos/1"] {
        let place = path.strip_prefix("/console/").unwrap();
        let place: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").unwrap().ends_with(&format!("console/entrar?volta={place}")), "{answer:?}");
        assert_eq!(powerless.get(path).await.status, 403, "{path}");
        // The list has no form that does anything.
        if path != "/console/atendimentos" {
            assert_eq!(stranger.post(path, &[("nome", "x")]).await.status, 401, "{path}");
            assert_eq!(powerless.post(path, &[("nome", "x")]).await.status, 403, "{path}");
        }
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
    // The menu has what one may do.
    assert!(!powerless.get("/console").await.body.contains("console/motivos\""));
    assert!(admin.get("/console").await.body.contains("console/motivos\""));
}

async fn pages_are_shut_tight(server: &Server) {
    let mut browser = Browser::signed_in(server, "admin").await;
    for (path, status) in [
        ("/console/entrar", 303),
        ("/console", 200),
        (PAGE, 200),
        ("/console/nada", 404),
        ("/console/motivos/999", 404),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        if status == 303 {
            continue;
        }
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'",
            ),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("content-language", "en"),
        ] {
            assert_eq!(page.header(name), Some(value), "{path}");
        }
        assert!(!page.body.contains("<style") && !page.body.contains(" style=") && !page.body.contains("onclick"));
        assert!(!page.body.contains("href=\"/") && !page.body.contains("http://"), "links are relative: {}", page.body);
    }
    let wrong = browser.send(Method::DELETE, PAGE, String::new()).await;
    assert_eq!((wrong.status, wrong.header("content-type")), (405, Some("text/html; charset=utf-8")));
    assert!(wrong.header("allow").is_some(), "{wrong:?}");
}

async fn files_of_pages_are_kept_by_their_digest(server: &Server) {
    let page = server.get("/console/entrar").await;
    for end in [".css", ".js", ".svg"] {
        let (_, rest) = page.body.split_once("console/assets/").unwrap();
        let (before, _) = page.body.split_once(&format!("{end}\"")).unwrap_or_else(|| panic!("{rest}"));
        let name = before.rsplit('/').next().unwrap();
        let path = format!("/console/assets/{name}{end}");
        let file = server.get(&path).await;
        assert_eq!((file.status, file.header("cache-control")), (200, Some("public, max-age=31536000, immutable")));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert!(!file.body.is_empty());
    }
    for missing in ["console.css", "console.0000000000000000.css", "..%2Fconsole.css"] {
        assert_eq!(server.get(&format!("/console/assets/{missing}")).await.status, 404);
    }
}

async fn the_language_is_the_browsers_until_somebody_chooses(server: &Server) {
    let mut browser = Browser::new(server);
    for (languages, lang) in [("pt-BR,pt;q=0.9", "pt-BR"), ("en-US", "en"), ("de", "pt-BR"), ("fr, en;q=0.1", "en")] {
        browser.set_header("accept-language", Some(languages));
        let page = browser.get("/console/entrar").await;
        assert!(page.body.contains(&format!("<html lang=\"{lang}\">")), "{languages}: {page:?}");
    }
    let answer = browser.get("/console/idioma/pt?volta=entrar%3Fvolta%3Dmotivos").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("../../console/entrar?volta=motivos")));
    let cookie = cookies(&answer)[0];
    assert_eq!(cookie, "citrus-idioma=pt; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000");
    assert!(browser.get("/console/entrar").await.body.contains("<html lang=\"pt-BR\">"));
    assert_eq!(browser.get("/console/idioma/xx").await.status, 404);
}

async fn a_console_that_is_not_wanted_is_not_there(database: &Database) {
    let server = Server::with(database, &[("CONSOLE", "false")]).await;
    for path in ["/console", "/console/", "/console/entrar", PAGE, "/console/assets/console.css"] {
        server.get(path).await.is(404, "Recurso não encontrado");
        server.send(Method::POST, path, &[], "login=admin&senha=1234").await.is(404, "Recurso não encontrado");
    }
    assert!(!server.get("/").await.body.contains("console"));
    server.stop().await;
}

both_engines! {
    a_session_is_a_cookie_to_the_byte,
    the_cookie_is_secure_unless_the_browser_came_by_loopback,
    a_session_ends_by_idleness_and_by_age,
    the_latest_request_is_noted_once_a_second,
    somebodys_lock_keeps_no_page_and_a_sign_in_not_for_long,
    a_revocation_ends_sessions,
    a_sign_in_after_a_revocation_holds_at_once,
    signing_out_ends_the_session_and_not_only_the_cookie,
    a_sign_in_takes_a_new_id_and_ends_the_old_session,
    a_user_has_so_many_sessions_and_the_oldest_ends,
    a_wrong_senha_is_told_beside_its_field_and_counts_as_the_apis,
    an_unknown_user_is_hidden_where_the_api_hides_it,
    every_page_asks_for_a_session_and_for_its_permission,
    pages_are_shut_tight,
    files_of_pages_are_kept_by_their_digest,
    the_language_is_the_browsers_until_somebody_chooses,
    a_console_that_is_not_wanted_is_not_there,
}
