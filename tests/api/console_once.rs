//! What a form creates is created once, however often the form is sent.

use serde_json::json;
use time::Duration;

use super::admin::{hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::database::Database;
use crate::support::server::{Answer, Server};

/// Sends the form of `page`, with the key that it brings along.
async fn send(browser: &mut Browser<'_>, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let key = value_of(&page.body, "chave").unwrap_or_else(|| panic!("{page:?}"));
    browser.fill(page, path, &[fields, &[("chave", key.as_str())]].concat()).await
}

/// A page, the fields of its form, and the question of how many there are.
type Form = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const FORMS: &[Form] = &[
    ("atendimentos/novo", &[("protocolo", ""), ("status", "Aberto")], "SELECT count(*) FROM atendimento"),
    ("atendimentos/novo", &[("protocolo", "20261104000077"), ("status", "Aberto")], "SELECT count(*) FROM atendimento"),
    ("motivos", &[("nome", "Outro tipo")], "SELECT count(*) FROM motivo"),
    ("niveis", &[("nome", "Loja"), ("superior", "Filial")], "SELECT count(*) FROM nivel"),
    ("perfis", &[("nome", "Triagem"), ("nivel", "Filial")], "SELECT count(*) FROM perfil"),
    (
        "usuarios",
        &[("login", "ana.souza"), ("perfil", "Balcão"), ("senha", "uma senha")],
        "SELECT count(*) FROM usuario",
    ),
];

async fn a_double_press_creates_one_and_leads_to_it(server: &Server, database: &Database) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    for (place, fields, count) in FORMS {
        let path = format!("/console/{place}");
        let (page, before) = (admin.get(&path).await, database.number(count).await);
        let mut told = Vec::new();
        for _ in 0..2 {
            let answer = send(&mut admin, &page, &path, fields).await;
            assert_eq!(answer.status, 303, "{place}: {answer:?}");
            told.push((answer.header("location").map(str::to_owned), admin.cookie("citrus-aviso").map(str::to_owned)));
        }
        assert_eq!(told[0], told[1], "{place}");
        assert_eq!(database.number(count).await, before + 1, "{place}");
        // Two at the same moment.
        let page = admin.get(&path).await;
        let again: Vec<_> = fields.iter().map(|(name, value)| (*name, format!("{value}2"))).collect();
        let again: Vec<_> = again
            .iter()
            .map(|(name, value)| {
                let is_typed = ["nome", "login", "senha"].contains(name) || value.starts_with("2026");
                (*name, if is_typed { value.as_str() } else { &value[..value.len() - 1] })
            })
            .collect();
        let mut other = Browser::new(server);
        other.set_cookie("citrus-sessao", admin.cookie("citrus-sessao").unwrap());
        let (one, two) = tokio::join!(send(&mut admin, &page, &path, &again), send(&mut other, &page, &path, &again));
        assert_eq!((one.status, two.status), (303, 303), "{place}: {one:?} {two:?}");
        assert_eq!(database.number(count).await, before + 2, "{place}");
    }
}

/// With other values it is another one; the form says so, and can be sent again.
async fn a_form_that_came_before_with_other_values_asks_to_be_checked(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console/motivos").await;
    assert_eq!(send(&mut admin, &page, "/console/motivos", &[("nome", "Primeiro")]).await.status, 303);
    let again = send(&mut admin, &page, "/console/motivos", &[("nome", "Segundo")]).await;
    assert_eq!(again.status, 422, "{again:?}");
    again.has_all(&["This form was sent before, with other values", "value=\"Segundo\""]);
    assert_eq!(send(&mut admin, &again, "/console/motivos", &[("nome", "Segundo")]).await.status, 303);
    assert_eq!(database.number("SELECT count(*) FROM motivo WHERE nome IN ('Primeiro', 'Segundo')").await, 2);
}

/// The key stays the same on the way to what is created: where something is wrong first, and where it is asked about.
async fn a_key_outlives_refusals_and_questions(server: &Server, database: &Database) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = "/console/atendimentos/novo";
    let page = admin.get(path).await;
    let key = value_of(&page.body, "chave");
    let refused = send(&mut admin, &page, path, &[("protocolo", "7"), ("status", "Outro")]).await;
    assert_eq!((refused.status, value_of(&refused.body, "chave")), (400, key.clone()), "{refused:?}");
    let fields = [("protocolo", "7"), ("status", "Aberto")];
    let question = send(&mut admin, &refused, path, &fields).await;
    assert_eq!((question.status, value_of(&question.body, "chave")), (200, key), "{question:?}");
    for _ in 0..2 {
        let sure = [&fields[..], &[("confirmado", "7")]].concat();
        assert_eq!(send(&mut admin, &question, path, &sure).await.status, 303);
    }
    assert_eq!(database.number("SELECT count(*) FROM atendimento WHERE protocolo = '7'").await, 1);
    // One of another kind is none of ours, and does no harm.
    for key in ["", "x", "AAAA", "'", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let page = admin.get("/console/motivos").await;
        let nome = format!("motivo {key}");
        let answer = admin.fill(&page, "/console/motivos", &[("nome", &nome), ("chave", key)]).await;
        assert_eq!(answer.status, 303, "{key}");
    }
    // Two people may have the same key.
    usuario(server, "bia", "Administrador").await;
    let mut bia = Browser::signed_in(server, "bia").await;
    let (mine, hers) = (admin.get("/console/motivos").await, bia.get("/console/motivos").await);
    let key = value_of(&mine.body, "chave").unwrap();
    assert_eq!(send(&mut admin, &mine, "/console/motivos", &[("nome", "de admin")]).await.status, 303);
    let fields = [("nome", "de bia"), ("chave", key.as_str())];
    assert_eq!(bia.fill(&hers, "/console/motivos", &fields).await.status, 303);
}

/// The fields that a question brings along.
fn hidden(page: &Answer) -> Vec<(String, String)> {
    let fields = page.body.split("type=\"hidden\" name=\"").skip(1);
    let names = fields.filter_map(|field| field.split('"').next()).filter(|name| *name != "ficha");
    names.map(|name| (name.to_owned(), value_of(&page.body, name).unwrap())).collect()
}

/// What is confirmed twice is done once, and the second answer does not blame somebody else.
async fn a_double_press_on_a_confirmation_is_no_change_by_somebody_else(server: &Server, database: &Database) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let (nivel, perfil) = (id_of(server, "Filial").await, id_of(server, "Caixa").await);
    let (chefe, caixa) = (id_of(server, "chefe").await, id_of(server, "caixa").await);
    let entries = "SELECT count(*) FROM auditoria";
    for (path, fields) in [
        (format!("/console/usuarios/{chefe}/situacao"), &[][..]),
        (format!("/console/usuarios/{chefe}/situacao"), &[]),
        (format!("/console/usuarios/{caixa}/revogar"), &[]),
        (format!("/console/usuarios/{caixa}/senha"), &[("senha", "outra senha"), ("senha_de_novo", "outra senha")]),
        (format!("/console/usuarios/{caixa}/perfil"), &[("perfil", "Gestão")]),
        (format!("/console/niveis/{nivel}"), &[("permissao", "alterar-status")]),
        (format!("/console/perfis/{perfil}"), &[("permissao", "alterar-status")]),
    ] {
        let page = admin.get(&path).await;
        let mut question = page.clone();
        let mut sent = hidden(&page);
        sent.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if fields.first().is_some_and(|(name, _)| *name != "senha") {
            let fields: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            question = admin.fill(&page, &path, &fields).await;
            sent.push(("confirmado".to_owned(), value_of(&question.body, "confirmado").unwrap()));
        }
        let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let before = database.number(entries).await;
        let first = admin.fill(&question, &path, &sent).await;
        let after = database.number(entries).await;
        assert!(first.status == 303 && after > before, "{path}: {first:?}");
        let second = admin.fill(&question, &path, &sent).await;
        assert_eq!((second.status, second.header("location")), (303, first.header("location")), "{path}: {second:?}");
        assert_eq!(database.number(entries).await, after, "{path}");
    }
}

/// Another senha is not set by a form that has set one; the form says so, and can be sent again.
async fn a_form_that_has_set_a_senha_sets_no_other(server: &Server) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/usuarios/{}/senha", id_of(server, "caixa").await);
    let set = async |browser: &mut Browser<'_>, page: &Answer, senha: &str| {
        let sent = hidden(page);
        let mut fields = vec![("senha", senha), ("senha_de_novo", senha)];
        fields.extend(sent.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        browser.fill(page, &path, &fields).await
    };
    let page = admin.get(&path).await;
    assert_eq!(set(&mut admin, &page, "uma senha").await.status, 303);
    let again = set(&mut admin, &page, "outra senha").await;
    assert_eq!(again.status, 409, "{again:?}");
    again.has_all(&["Somebody changed this user meanwhile, and nothing was done."]);
    let login = async |senha: &str| server.login_with(&json!({"login": "caixa", "senha": senha})).await.status;
    assert_eq!(login("uma senha").await, 200);
    assert_eq!(set(&mut admin, &again, "outra senha").await.status, 303);
    assert_eq!(login("outra senha").await, 200);
}

/// A form that ends the session it came in, sent again: as it was, after its answer, and while the first is answered.
async fn a_form_that_ended_its_own_session_says_that_it_is_done(server: &Server, database: &Database) {
    let entries = "SELECT count(*) FROM auditoria WHERE origem = 'console'";
    let present = [("senha_atual", "1234"), ("senha", "outra senha"), ("senha_de_novo", "outra senha")];
    for (action, fields) in [("", &present[..]), ("/senha", &present[1..]), ("/revogar", &[]), ("/situacao", &[])] {
        for when in ["answered", "unanswered", "later", "at once"] {
            let login = format!("quem{}-{when}", action.replace('/', "-"));
            usuario(server, &login, "Administrador").await;
            let mut here = Browser::signed_in(server, &login).await;
            let mut again = Browser::new(server);
            again.set_cookie("citrus-sessao", here.cookie("citrus-sessao").unwrap());
            let path = match action {
                "" => "/console/senha".to_owned(),
                _ => format!("/console/usuarios/{}{action}", id_of(server, &login).await),
            };
            let page = here.get(&path).await;
            let mut sent = hidden(&page);
            sent.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let before = database.number(entries).await;
            let (second, told) = if when == "at once" {
                let (first, second) = tokio::join!(here.fill(&page, &path, &sent), again.fill(&page, &path, &sent));
                assert_eq!(first.status, 303, "{login}: {first:?}");
                (second, None)
            } else {
                let first = here.fill(&page, &path, &sent).await;
                assert_eq!(first.status, 303, "{login}: {first:?}");
                if when == "later" {
                    server.clock.advance(Duration::seconds(1));
                }
                let browser = if when == "answered" { &mut here } else { &mut again };
                let second = browser.fill(&page, &path, &sent).await;
                (second.clone(), Some(browser.follow(&second).await))
            };
            assert_eq!(second.status, 303, "{login}: {second:?}");
            assert_eq!(database.number(entries).await, before + 1, "{login}");
            if let Some(mut told) = told {
                let browser = if when == "answered" { &mut here } else { &mut again };
                while told.status == 303 {
                    told = browser.follow(&told).await;
                }
                told.has_all(&["This is done already: the same form came twice."]);
            }
        }
    }
    // With other values it is another form, and nothing is done.
    let mut browser = Browser::signed_in(server, "user.api").await;
    let page = browser.get("/console/senha").await;
    let key = value_of(&page.body, "chave").unwrap();
    let fields = [("quem", "user.api"), ("chave", key.as_str()), ("senha_atual", "1234")];
    let with = |new: &'static str| [&fields[..], &[("senha", new), ("senha_de_novo", new)]].concat();
    assert_eq!(browser.fill(&page, "/console/senha", &with("uma senha")).await.status, 303);
    let other = browser.fill(&page, "/console/senha", &with("outra senha")).await;
    assert!(other.status == 403 && other.body.contains("Nothing was done"), "{other:?}");
    assert_eq!(Browser::new(server).sign_in("user.api", "uma senha").await.status, 303);
}

both_engines! {
    a_form_that_ended_its_own_session_says_that_it_is_done,
    a_form_that_has_set_a_senha_sets_no_other,
    a_double_press_on_a_confirmation_is_no_change_by_somebody_else,
    a_double_press_creates_one_and_leads_to_it,
    a_form_that_came_before_with_other_values_asks_to_be_checked,
    a_key_outlives_refusals_and_questions,
}
