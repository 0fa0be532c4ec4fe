//! The console: who may sign in, and what everybody gets.

use citrus_status::example::SENHA;
use reqwest::Method;

use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

const PAGE: &str = "/console/motivos";

/// Checks that the answer leads to the sign-in form, and back to `place` afterwards.
#[track_caller]
pub fn leads_to_sign_in(answer: &Answer, place: &str) {
    let location = format!("../console/entrar?volta={place}");
    assert_eq!((answer.status, answer.header("location")), (303, Some(location.as_str())), "{answer:?}");
}

pub fn cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect()
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
    a_wrong_senha_is_told_beside_its_field_and_counts_as_the_apis,
    an_unknown_user_is_hidden_where_the_api_hides_it,
    every_page_asks_for_a_session_and_for_its_permission,
    pages_are_shut_tight,
    files_of_pages_are_kept_by_their_digest,
    the_language_is_the_browsers_until_somebody_chooses,
    a_console_that_is_not_wanted_is_not_there,
}
