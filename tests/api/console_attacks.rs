//! The console under attack: forms of other sites, names that are no names, and addresses that lead elsewhere.

use citrus_status::example::SENHA;
use secrecy::SecretString;
use time::Duration;

use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

const PAGE: &str = "/console/motivos";

/// Checks that the form was refused as a foreign one.
#[track_caller]
fn is_foreign(answer: &Answer) {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("did not come from a page of this console"), "{answer:?}");
}

async fn a_form_without_the_sessions_token_does_nothing(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let mut other = Browser::signed_in(server, "admin").await;
    let before = database.number("SELECT count(*) FROM motivo").await;
    let page = admin.get(PAGE).await;
    let token = value_of(&page.body, "ficha").unwrap();
    let foreign = value_of(&other.get(PAGE).await.body, "ficha").unwrap();
    assert_ne!(token, foreign);
    let entrance = value_of(&Browser::new(server).get("/console/entrar").await.body, "ficha").unwrap();
    let shorter = &token[1..];
    let longer = format!("{token}A");
    for wrong in ["", "x", &foreign, &entrance, shorter, &longer, &token.to_lowercase()] {
        is_foreign(&admin.post(PAGE, &[("ficha", wrong), ("nome", "Forjado")]).await);
        is_foreign(&admin.post("/console/motivos/1", &[("ficha", wrong), ("ativo", "nao")]).await);
        is_foreign(&admin.post("/console/sair", &[("ficha", wrong)]).await);
    }
    is_foreign(&admin.post(PAGE, &[("nome", "Forjado")]).await);
    is_foreign(&admin.post(&format!("{PAGE}?ficha={token}"), &[("nome", "Forjado")]).await);
    assert_eq!(database.number("SELECT count(*) FROM motivo").await, before);
    assert_eq!(database.number("SELECT count(*) FROM motivo WHERE NOT ativo").await, 0);
    assert_eq!(admin.post(PAGE, &[("ficha", &token), ("nome", "Meu")]).await.status, 303, "it does with its own");
}

async fn a_form_of_another_site_does_nothing_even_with_the_token(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    let host = server.address.to_string();
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("same-site"), None),
        (Some("cross-site"), Some(format!("http://{host}"))),
        (None, Some("https://evil.example".to_owned())),
        (None, Some("null".to_owned())),
        (None, Some(format!("http://{host}.evil.example"))),
    ] {
        admin.set_header("sec-fetch-site", site);
        admin.set_header("origin", origin.as_deref());
        is_foreign(&admin.fill(&page, PAGE, &[("nome", "Forjado")]).await);
    }
    admin.set_header("sec-fetch-site", None);
    admin.set_header("origin", Some(&format!("http://{host}")));
    assert_eq!(admin.fill(&page, PAGE, &[("nome", "Meu")]).await.status, 303);
    assert_eq!(database.number("SELECT count(*) FROM motivo WHERE nome = 'Forjado'").await, 0);
}

/// Somebody else's sign-in form would sign a person in as the attacker.
async fn nobody_is_signed_in_by_a_foreign_form(server: &Server) {
    let credentials = [("login", "admin"), ("senha", SENHA)];
    let mut victim = Browser::new(server);
    let answer = victim.post("/console/entrar", &credentials).await;
    assert_eq!(answer.status, 403, "no cookie and no token: {answer:?}");
    let attackers = Browser::new(server).get("/console/entrar").await;
    let answer = victim.fill(&attackers, "/console/entrar", &credentials).await;
    assert_eq!(answer.status, 403, "another browser's token: {answer:?}");
    assert!(answer.body.contains("did not send this page&#39;s cookie back"), "{answer:?}");
    let page = victim.get("/console/entrar").await;
    victim.set_header("sec-fetch-site", Some("cross-site"));
    is_foreign(&victim.fill(&page, "/console/entrar", &credentials).await);
    assert_eq!(victim.cookie("citrus-sessao"), None);
}

async fn names_are_text_and_nothing_else(server: &Server) {
    const NAMES: [&str; 6] = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></textarea><svg/onload=alert(1)>",
        "{{7*7}}${7*7}&lt;b&gt;",
        "javascript:alert(1)//",
    ];
    for name in NAMES {
        server.provisioning.create_motivos(&[nome(name)]).await.unwrap();
        let senha = SecretString::from(SENHA);
        server.provisioning.create_usuario(&nome(name), &nome("Administrador"), senha).await.unwrap();
    }
    let mut admin = Browser::signed_in(server, NAMES[0]).await;
    let mut pages = vec![admin.get("/console").await, admin.get(PAGE).await];
    for id in 5..11 {
        pages.push(admin.get(&format!("{PAGE}/{id}")).await);
    }
    let page = admin.get(PAGE).await;
    for name in NAMES {
        // Taken already: it stands in the field again.
        let answer = admin.fill(&page, PAGE, &[("nome", name)]).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        pages.push(answer);
        pages.push(Browser::new(server).sign_in(&format!("{name}x"), name).await);
    }
    for page in pages {
        for evil in ["<script>", "<img src=x", "onerror=alert(1)>", "' onmouseover", "<svg/onload", "href=\"javascript"]
        {
            assert!(!page.body.contains(evil), "{evil}: {}", page.body);
        }
    }
}

async fn marks_that_turn_the_writing_are_spelled_out(server: &Server, database: &Database) {
    // As an older release took it.
    database.execute("INSERT INTO motivo (nome, chave) VALUES ('a\u{202e}b\u{2066}c', 'abc')").await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    assert!(page.body.contains(r"<bdi>a\u{202e}b\u{2066}c</bdi>"), "{}", page.body);
    assert!(!page.body.contains('\u{202e}'));
}

async fn nobody_is_led_to_another_site(server: &Server) {
    for evil in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "..//..//evil.example",
        "../../evil",
        "javascript:alert(1)",
        "motivos\r\nSet-Cookie: a=b",
        "motivos#//evil",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
        let mut browser = Browser::new(server);
        let page = browser.get(&format!("/console/entrar?volta={query}")).await;
        let fields = [("login", "admin"), ("senha", SENHA), ("volta", evil)];
        let answer = browser.fill(&page, "/console/entrar", &fields).await;
        let location = answer.header("location").unwrap().to_owned();
        let language = browser.get(&format!("/console/idioma/en?volta={query}")).await;
        for location in [location.as_str(), language.header("location").unwrap()] {
            let base = url::Url::parse("https://citrus.example/prefix/console/idioma/en").unwrap();
            let led = base.join(location).unwrap();
            assert_eq!(led.host_str(), Some("citrus.example"), "{evil}: {location}");
            assert!(led.path().contains("/console"), "{evil}: {location}");
        }
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2, "{answer:?}");
    }
}

async fn what_was_typed_survives_the_end_of_the_session_and_is_not_done_by_itself(
    server: &Server,
    database: &Database,
) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    server.clock.advance(Duration::minutes(31));
    let typed = "Já \"resolvido\" & <entregue>";
    let answer = admin.fill(&page, PAGE, &[("nome", typed), ("senha", "segredo1"), ("senha_nova", "segredo2")]).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("Your session has ended."), "{answer:?}");
    assert_eq!(value_of(&answer.body, "volta").as_deref(), Some("motivos"));
    let kept = "name=\"digitado.nome\" value=\"Já &#34;resolvido&#34; &#38; &#60;entregue&#62;\"";
    assert!(answer.body.contains(kept), "{answer:?}");
    assert!(!answer.body.contains("segredo"), "a senha is kept nowhere");
    assert_eq!(database.number("SELECT count(*) FROM motivo WHERE nome LIKE 'Já%'").await, 0);

    // A wrong senha loses nothing, either.
    let kept = [("volta", "motivos"), ("digitado.nome", typed), ("login", "admin")];
    let wrong = admin.fill(&answer, "/console/entrar", &[&kept[..], &[("senha", "errada")]].concat()).await;
    assert_eq!(wrong.status, 401, "{wrong:?}");
    assert!(wrong.body.contains("digitado.nome"), "{wrong:?}");
    wrong.has_all(&["What you typed is kept: once the same person has signed in"]);
    let led = admin.fill(&wrong, "/console/entrar", &[&kept[..], &[("senha", SENHA)]].concat()).await;
    let again = admin.follow(&led).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert!(again.body.contains("nothing was done") && again.body.contains("&#60;entregue&#62;"), "{again:?}");
    assert_eq!(database.number("SELECT count(*) FROM motivo WHERE nome LIKE 'Já%'").await, 0);
    assert!(again.body.contains("action=\"../console/motivos\""), "{again:?}");
    assert_eq!(admin.fill(&again, PAGE, &[("nome", typed)]).await.status, 303);
    assert_eq!(database.number("SELECT count(*) FROM motivo WHERE nome LIKE 'Já%'").await, 1);
}

async fn a_form_has_its_limit(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get(PAGE).await;
    let answer = admin.fill(&page, PAGE, &[("nome", &"x".repeat(256 * 1024))]).await;
    assert_eq!((answer.status, answer.header("content-type")), (413, Some("text/html; charset=utf-8")), "{answer:?}");
    let answer = admin.fill(&page, PAGE, &[("nome", &"x".repeat(250 * 1024))]).await;
    assert_eq!(answer.status, 400);
}

/// Browsers keep a `SameSite=Strict` cookie back when a link of another site leads here.
async fn a_link_on_another_site_leads_a_signed_in_person_to_the_page(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let session = admin.cookie("citrus-sessao").unwrap().to_owned();
    admin.forget("citrus-sessao");
    admin.set_header("sec-fetch-site", Some("cross-site"));
    let hop = admin.get(PAGE).await;
    assert_eq!(hop.status, 200);
    assert!(hop.body.contains("<meta http-equiv=\"refresh\" content=\"0\">"), "{hop:?}");
    admin.set_cookie("citrus-sessao", &session);
    admin.set_header("sec-fetch-site", Some("same-origin"));
    assert!(admin.get(PAGE).await.body.contains("<h1>Motivos</h1>"));
}

both_engines! {
    a_form_without_the_sessions_token_does_nothing,
    a_form_of_another_site_does_nothing_even_with_the_token,
    nobody_is_signed_in_by_a_foreign_form,
    names_are_text_and_nothing_else,
    marks_that_turn_the_writing_are_spelled_out,
    nobody_is_led_to_another_site,
    what_was_typed_survives_the_end_of_the_session_and_is_not_done_by_itself,
    a_form_has_its_limit,
    a_link_on_another_site_leads_a_signed_in_person_to_the_page,
}
