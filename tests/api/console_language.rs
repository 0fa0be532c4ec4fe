//! The switch between the languages, in the middle of a form: the page comes in the other language, and nothing that was
//! typed is lost but a senha.

use std::fs;
use std::path::Path;

use super::admin::{hierarchy, id_of};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

/// How many changes and entries there are.
async fn done(database: &Database) -> i64 {
    database.number("SELECT (SELECT count(*) FROM auditoria) + (SELECT count(*) FROM historico)").await
}

/// The page `place` with `fields` in its form, where somebody switches to Portuguese.
async fn switched(browser: &mut Browser<'_>, place: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("/console/{place}")).await;
    assert!(page.body.contains("<html lang=\"en\">"), "{place}: {page:?}");
    assert!(page.body.contains("form=\"formulario\"") && page.body.contains("<form id=\"formulario\""), "{place}");
    let query = url::form_urlencoded::byte_serialize(place.as_bytes()).collect::<String>();
    let mut all = vec![("idioma", "pt-BR"), ("quem", browser_login(&page))];
    let seen = value_of(&page.body, "visto");
    all.extend(seen.as_deref().map(|seen| ("visto", seen)));
    all.extend(fields);
    let path = format!("/console/idioma/pt?volta={query}");
    assert!(page.body.contains(&format!("console/idioma/pt?volta={query}\"")), "{place}: {}", page.body);
    browser.fill(&page, &path, &all).await
}

fn browser_login(page: &Answer) -> &'static str {
    if page.body.contains("name=\"quem\" value=\"admin\"") { "admin" } else { "" }
}

async fn what_is_typed_stays_in_the_other_language(server: &Server, database: &Database) {
    hierarchy(server).await;
    let (nivel, perfil) = (id_of(server, "Filial").await, id_of(server, "Gestão").await);
    let usuario = id_of(server, "user.api").await;
    let motivo = database.number("SELECT id FROM motivo WHERE nome = 'Duplicado'").await;
    let record = "atendimento?protocolo=20221104000003";
    let at = |what: &str, id: i64, more: &str| format!("{what}/{id}{more}");
    let before = done(database).await;
    let mut browser = Browser::signed_in(server, "admin").await;
    for (place, fields, kept) in [
        ("motivos".to_owned(), &[("nome", "Meia \"palavra\" <b>")][..], &["Meia &#34;palavra&#34; &#60;b&#62;"][..]),
        (
            "niveis".to_owned(),
            &[("nome", "Meio nome"), ("superior", "Filial")],
            &["Meio nome", "value=\"Filial\" selected"],
        ),
        (
            "perfis".to_owned(),
            &[("nome", "Meio nome"), ("nivel", "Filial")],
            &["Meio nome", "value=\"Filial\" selected"],
        ),
        (
            "usuarios".to_owned(),
            &[("login", "meio.login"), ("perfil", "Gestão"), ("senha", "segredo-1")],
            &["meio.login", "value=\"Gestão\" selected", "Digite a senha de novo"],
        ),
        ("atendimentos/novo".to_owned(), &[("protocolo", "20221104")], &["value=\"20221104\""]),
        (record.to_owned(), &[("status", "Cancelado"), ("comentario", "Meio\ncomentário")], &["Meio\ncomentário"]),
        (at("motivos", motivo, ""), &[("ativo", "nao")], &["Duplicado"]),
        (at("niveis", nivel, ""), &[("permissao", "alterar-status")], &["sua escolha"]),
        (at("perfis", perfil, ""), &[("permissao", "alterar-status")], &["sua escolha"]),
        (at("usuarios", usuario, "/senha"), &[("senha", "segredo-1")], &["Digite a senha de novo"]),
        (at("usuarios", usuario, "/perfil"), &[("perfil", "Gestão")], &["value=\"Gestão\" selected"]),
        (at("usuarios", usuario, "/situacao"), &[("ativo", "nao")], &["user.api"]),
        (at("usuarios", usuario, "/revogar"), &[], &["user.api"]),
    ] {
        let page = switched(&mut browser, &place, fields).await;
        assert!(page.status == 200 && page.body.contains("<html lang=\"pt-BR\">"), "{place}: {page:?}");
        for kept in kept {
            assert!(page.body.contains(kept), "{place}: {kept} is not in {}", page.body);
        }
        assert!(!page.body.contains("segredo-1") && !page.body.contains("sessão tinha terminado"), "{place}: {page:?}");
        assert_eq!(browser.cookie("citrus-idioma"), Some("pt"), "{place}");
        // And back, from the page that came.
        let path = format!("/console/idioma/en?volta={place}");
        let back = browser.fill(&page, &path, &[&[("idioma", "en"), ("quem", "admin")][..], fields].concat()).await;
        assert!(back.status == 200 && back.body.contains("<html lang=\"en\">"), "{place}: {back:?}");
        assert!(browser.get("/console").await.body.contains("<html lang=\"en\">"));
    }
    assert_eq!(done(database).await, before);
}

async fn the_sign_in_form_keeps_what_it_has_of_another_form(server: &Server) {
    let mut browser = Browser::signed_in(server, "admin").await;
    let motivos = browser.get("/console/motivos").await;
    browser.forget("citrus-sessao");
    let sign_in = browser.fill(&motivos, "/console/motivos", &[("nome", "Meia palavra"), ("quem", "admin")]).await;
    assert_eq!(sign_in.status, 401);
    assert!(sign_in.body.contains("?volta=entrar\""), "{sign_in:?}");
    let kept = value_of(&sign_in.body, "digitado.nome").unwrap();
    let fields = [("volta", "motivos"), ("digitado.nome", &kept), ("digitado.quem", "admin"), ("login", "adm")];
    let page = browser.fill(&sign_in, "/console/idioma/pt?volta=motivos", &fields).await;
    // The place is that of the other form: there is no session that it could be of.
    assert_eq!((page.status, value_of(&page.body, "volta").as_deref()), (401, Some("motivos")), "{page:?}");
    let page = browser.fill(&sign_in, "/console/idioma/pt?volta=entrar", &fields).await;
    assert!(page.status == 200 && page.body.contains("<html lang=\"pt-BR\">"), "{page:?}");
    let brought = ["volta", "digitado.nome", "digitado.quem", "login"].map(|name| value_of(&page.body, name).unwrap());
    assert_eq!(brought, ["motivos", "Meia palavra", "admin", "adm"]);
    let arrived = [("volta", "motivos"), ("digitado.nome", &kept), ("login", "admin"), ("senha", "1234")];
    let led = browser.fill(&page, "/console/entrar", &arrived).await;
    let page = browser.follow(&led).await;
    assert!(page.body.contains("value=\"Meia palavra\""), "{page:?}");
}

async fn nobody_else_fills_in_a_form_so(server: &Server) {
    let mut browser = Browser::signed_in(server, "admin").await;
    let page = browser.get("/console/motivos").await;
    let token = value_of(&page.body, "ficha").unwrap();
    let path = "/console/idioma/pt?volta=motivos";
    for (site, token) in [("cross-site", token.as_str()), ("same-origin", "x"), ("same-origin", "")] {
        browser.set_header("sec-fetch-site", Some(site));
        for path in [path, "/console/idioma/pt?volta=entrar"] {
            let fields = [("ficha", token), ("nome", "de fora"), ("login", "de fora"), ("digitado.nome", "de fora")];
            let answer = browser.post(path, &fields).await;
            assert!(answer.status == 403 && !answer.body.contains("de fora"), "{site} {path}: {answer:?}");
            assert_eq!(browser.cookie("citrus-idioma"), None, "{site} {path}");
        }
    }
    browser.set_header("sec-fetch-site", Some("same-origin"));
    for path in ["/console/idioma/xx?volta=motivos", "/console/idioma/?volta=motivos"] {
        assert_eq!(browser.fill(&page, path, &[]).await.status, 404);
    }
    // Out of the console leads nowhere.
    let answer = browser.fill(&page, "/console/idioma/pt?volta=//evil.example", &[("nome", "x")]).await;
    assert!(answer.status == 200 && answer.body.contains("Painel"), "{answer:?}");
}

async fn a_search_is_made_again(server: &Server) {
    let mut browser = Browser::signed_in(server, "admin").await;
    for place in ["atendimentos", "auditoria"] {
        let page = browser.get(&format!("/console/{place}")).await;
        assert!(
            page.body.contains(&format!("name=\"volta\" value=\"{place}\""))
                && page.body.contains("<form id=\"busca\"")
        );
        let answer = browser.get(&format!("/console/idioma/pt?protocolo=2022+11&volta={place}")).await;
        let location = format!("../../console/{place}?protocolo=2022+11");
        assert_eq!((answer.status, answer.header("location")), (303, Some(location.as_str())));
    }
}

/// Whatever goes wrong on the way, the language is the new one, and the way back leads to the page.
async fn an_error_in_the_middle_speaks_the_new_language(server: &Server, database: &Database) {
    let mut browser = Browser::signed_in(server, "admin").await;
    let page = browser.get("/console/motivos").await;
    let fields = [("idioma", "pt-BR"), ("quem", "admin"), ("nome", "Meia palavra")];
    let gone = browser.fill(&page, "/console/idioma/pt?volta=motivos/999", &fields).await;
    assert_eq!(gone.status, 404, "{gone:?}");
    database.execute("ALTER TABLE motivo RENAME TO motivo_de_lado").await;
    browser.forget("citrus-idioma");
    let failed = browser.fill(&page, "/console/idioma/pt?volta=motivos", &fields).await;
    assert_eq!(failed.status, 500, "{failed:?}");
    let twice = browser.fill(&page, "/console/idioma/pt?volta=motivos&volta=motivos", &fields).await;
    assert_eq!(twice.status, 400, "{twice:?}");
    for (error, place) in [(&gone, "motivos%2F999"), (&failed, "motivos"), (&twice, "")] {
        error.has_all(&["<html lang=\"pt-BR\">", &format!("console/idioma/en?volta={place}\"")]);
        assert!(error.header("set-cookie").is_some_and(|cookie| cookie.starts_with("citrus-idioma=pt;")), "{error:?}");
    }
    failed.has_all(&["name=\"nome\" value=\"Meia palavra\"", "action=\"../../console/motivos\""]);
    assert_eq!(browser.cookie("citrus-idioma"), Some("pt"));
    browser.get("/console/perfis").await.has_all(&["<html lang=\"pt-BR\">"]);
}

/// A page with a form that forgot it would lose what was typed.
#[test]
fn each_template_with_a_form_has_it_go_with_the_switch() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/console/templates");
    let mut forms = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let (name, text) = (path.file_name().unwrap().to_str().unwrap(), fs::read_to_string(&path).unwrap());
        // The frame signs out, and the macros are in the pages of others.
        if ["base.html", "forms.html", "form_page.html", "search_page.html"].contains(&name) {
            continue;
        }
        let posts = text.contains("method=\"post\"") || text.contains("forms::create(");
        assert_eq!(posts, text.contains("{% extends \"form_page.html\" %}"), "{name}");
        for form in text.lines().filter(|line| line.contains("<form") && line.contains("method=\"post\"")) {
            assert!(form.starts_with("<form id=\"formulario\""), "{name}: {form}");
            forms += 1;
        }
        let searches = text.contains("role=\"search\"") && !posts;
        assert_eq!(searches, text.contains("{% extends \"search_page.html\" %}"), "{name}");
    }
    assert!(forms > 10, "{forms}");
}

/// Neither a link nor a form of another site, nor what goes wrong with one, chooses the language.
async fn another_site_chooses_no_language(server: &Server) {
    let evil = [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")];
    for (name, value) in evil {
        let mut browser = Browser::signed_in(server, "admin").await;
        let page = browser.get("/console/motivos").await;
        browser.set_header(name, Some(value));
        for path in ["pt?volta=motivos", "pt?volta=motivos&volta=motivos", "pt", "pt?volta=entrar", "pt?volta=nada"] {
            let path = format!("/console/idioma/{path}");
            let link = browser.get(&path).await;
            assert!(link.status < 500 && browser.cookie("citrus-idioma").is_none(), "{value} {path}: {link:?}");
            let form = browser.fill(&page, &path, &[("nome", "x")]).await;
            assert!(form.status < 500 && browser.cookie("citrus-idioma").is_none(), "{value} {path}: {form:?}");
        }
        browser.set_header("origin", None);
        browser.set_header("sec-fetch-site", Some("none"));
        assert_eq!(browser.get("/console/idioma/pt?volta=motivos").await.status, 303);
        assert_eq!(browser.cookie("citrus-idioma"), Some("pt"), "typed into the address bar");
    }
}

both_engines! {
    another_site_chooses_no_language,
    an_error_in_the_middle_speaks_the_new_language,
    what_is_typed_stays_in_the_other_language,
    the_sign_in_form_keeps_what_it_has_of_another_form,
    nobody_else_fills_in_a_form_so,
    a_search_is_made_again,
}
