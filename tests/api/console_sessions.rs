//! The sessions of the console: how they begin, how long they last and what ends them.

use std::time::Instant;

use citrus_status::example::SENHA;
use citrus_status::service::sessions::{IDLE, LIFE, SESSIONS_MAX};
use reqwest::Method;
use secrecy::SecretString;
use time::Duration;

use super::console::{cookies, leads_to_sign_in};
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::{Database, Engine};
use crate::support::server::{Server, nome};

const COOKIE: &str = "citrus-sessao";
const SECURE_COOKIE: &str = "__Host-citrus-sessao";
const PAGE: &str = "/console/motivos";
const TICK: Duration = Duration::milliseconds(1);
/// More than a page takes, and much less than somebody waits for a lock.
const SOON: std::time::Duration = std::time::Duration::from_secs(1);

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
}
