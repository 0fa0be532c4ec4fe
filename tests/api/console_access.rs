//! Who may see and do what in the console: at root, on a nível, below it, and with no permission. What one must not see is
//! answered as what is not there.

use citrus_status::domain::access::Permissao;
use reqwest::Method;
use time::Duration;

use super::admin::{hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

/// Who asks, as in the matrix of the JSON.
const WHO: [&str; 4] = ["admin", "gestor", "chefe", "user.sem.permissao"];

async fn browsers(server: &Server) -> [Browser<'_>; 4] {
    let [root, nivel, below, none] = WHO;
    [
        Browser::signed_in(server, root).await,
        Browser::signed_in(server, nivel).await,
        Browser::signed_in(server, below).await,
        Browser::signed_in(server, none).await,
    ]
}

async fn each(browsers: &mut [Browser<'_>; 4], path: &str) -> [u16; 4] {
    let mut statuses = [0; 4];
    for (status, browser) in statuses.iter_mut().zip(browsers) {
        *status = browser.get(path).await.status;
    }
    statuses
}

/// The statuses with which each is answered who sends the fields, with the token of a page of their own.
async fn post(browsers: &mut [Browser<'_>; 4], path: &str, fields: &[(&str, &str)]) -> [u16; 4] {
    let mut statuses = [0; 4];
    for (index, browser) in browsers.iter_mut().enumerate() {
        let page = browser.get("/console").await;
        let name = format!("{}-{index}", path.trim_start_matches('/'));
        let fields: Vec<_> = fields.iter().map(|(field, text)| (*field, text.replace("{}", &name))).collect();
        let fields: Vec<_> = fields.iter().map(|(field, text)| (*field, text.as_str())).collect();
        statuses[index] = browser.fill(&page, path, &fields).await.status;
    }
    statuses
}

/// The pages that take a form.
const FORMS: [&str; 9] = [
    "usuarios",
    "usuarios/1/senha",
    "usuarios/1/perfil",
    "usuarios/1/situacao",
    "usuarios/1/revogar",
    "perfis",
    "perfis/2",
    "niveis",
    "niveis/2",
];

async fn every_page_asks_for_a_session_and_every_form_for_its_token(server: &Server, database: &Database) {
    let mut stranger = Browser::new(server);
    let mut admin = Browser::signed_in(server, "admin").await;
    let foreign = Browser::signed_in(server, "admin").await.get("/console").await;
    let before = database.number("SELECT count(*) FROM auditoria").await;
    let fields = [
        ("nome", "x"),
        ("nivel", "Suporte"),
        ("superior", "Suporte"),
        ("login", "x"),
        ("perfil", "Consulta"),
        ("senha", "x"),
        ("senha_de_novo", "x"),
        ("ativo", "nao"),
        ("confirmado", "sim"),
    ];
    for form in FORMS {
        let path = format!("/console/{form}");
        assert_eq!(stranger.get(&path).await.status, 303, "{form}");
        assert_eq!(stranger.post(&path, &fields).await.status, 401, "{form}");
        assert_eq!(admin.get(&path).await.status, 200, "{form}");
        for answer in [admin.post(&path, &fields).await, admin.fill(&foreign, &path, &fields).await] {
            assert_eq!(answer.status, 403, "{form}");
            assert!(answer.body.contains("did not come from a page of this console"), "{answer:?}");
        }
    }
    for page in ["usuarios/1", "auditoria", "auditoria.csv", "servidor"] {
        let path = format!("/console/{page}");
        assert_eq!(stranger.get(&path).await.status, 303, "{page}");
        assert_eq!(admin.get(&path).await.status, 200, "{page}");
        assert_eq!(admin.post(&path, &fields).await.status, 405, "{page}");
    }
    assert_eq!(database.number("SELECT count(*) FROM auditoria").await, before, "something was done");
}

async fn pages_need_their_permission(server: &Server) {
    hierarchy(server).await;
    let mut all = browsers(server).await;
    for page in ["usuarios", "perfis", "niveis", "auditoria", "auditoria.csv"] {
        assert_eq!(each(&mut all, &format!("/console/{page}")).await, [200, 200, 200, 403], "{page}");
    }
    assert_eq!(each(&mut all, "/console/servidor").await, [200, 403, 403, 403]);
    let filled =
        [("nome", "{}"), ("login", "{}"), ("senha", "um segredo"), ("nivel", "Filial"), ("superior", "Filial")];
    for page in ["usuarios", "perfis", "niveis"] {
        let fields = [filled.as_slice(), &[("perfil", "Balcão")]].concat();
        assert_eq!(post(&mut all, &format!("/console/{page}"), &fields).await, [303, 303, 303, 403], "{page}");
    }
    // The menu has what the pages allow.
    for (browser, expected) in all.iter_mut().zip([7, 6, 6, 1]) {
        let page = browser.get("/console").await;
        let menu = page.body.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap();
        assert!(menu.matches("<li>").count() >= expected, "{menu}");
        assert_eq!(menu.contains("servidor"), expected == 7, "{menu}");
        assert_eq!(menu.contains("perfis"), expected > 1, "{menu}");
    }
}

/// Each permission opens its pages alone.
async fn a_permission_opens_its_pages_alone(server: &Server) {
    for (permissao, opened) in [
        (Permissao::AdministrarUsuarios, "usuarios"),
        (Permissao::AdministrarPerfis, "perfis"),
        (Permissao::AdministrarNiveis, "niveis"),
        (Permissao::AdministrarPermissoes, "niveis/2"),
        (Permissao::ConsultarAuditoria, "auditoria"),
    ] {
        let perfil = nome(&format!("só {opened}"));
        server.provisioning.create_perfil(&perfil, Some(&nome("Suporte"))).await.unwrap();
        server.provisioning.grant(&perfil, &[permissao]).await.unwrap();
        usuario(server, opened, &perfil.texto).await;
        let mut browser = Browser::signed_in(server, opened).await;
        for page in ["usuarios", "perfis", "niveis", "niveis/2", "auditoria", "servidor"] {
            let status = browser.get(&format!("/console/{page}")).await.status;
            assert_eq!(status, if page == opened { 200 } else { 403 }, "{permissao} {page}");
        }
    }
    // A root perfil that is no administrator's.
    server.provisioning.create_perfil(&nome("Vigia"), None).await.unwrap();
    server.provisioning.grant(&nome("Vigia"), &[Permissao::AdministrarUsuarios]).await.unwrap();
    usuario(server, "vigia", "Vigia").await;
    assert_eq!(Browser::signed_in(server, "vigia").await.get("/console/servidor").await.status, 403);
}

async fn what_is_above_or_beside_is_absent(server: &Server) {
    hierarchy(server).await;
    let mut all = browsers(server).await;
    for (perfil, expected) in [
        ("Administrador", [200, 404, 404, 403]),
        ("Caixa", [200, 404, 404, 403]),
        ("Leitura", [200, 200, 404, 403]),
        ("Chefia", [200, 200, 200, 403]),
        ("Balcão", [200, 200, 200, 403]),
    ] {
        let path = format!("/console/perfis/{}", id_of(server, perfil).await);
        assert_eq!(each(&mut all, &path).await, expected, "{perfil}");
    }
    for (nivel, expected) in [
        ("Empresa", [200, 404, 404, 403]),
        ("Vendas", [200, 404, 404, 403]),
        ("Suporte", [200, 200, 404, 403]),
        ("Filial", [200, 200, 200, 403]),
    ] {
        let path = format!("/console/niveis/{}", id_of(server, nivel).await);
        assert_eq!(each(&mut all, &path).await, expected, "{nivel}");
    }
    for (login, expected) in
        [("caixa", [200, 404, 404, 403]), ("user.api", [200, 200, 404, 403]), ("balconista", [200, 200, 200, 403])]
    {
        let path = format!("/console/usuarios/{}", id_of(server, login).await);
        for action in ["", "/senha", "/perfil", "/situacao", "/revogar"] {
            assert_eq!(each(&mut all, &format!("{path}{action}")).await, expected, "{login}{action}");
        }
    }
    // As absent: to the byte what a number is answered that nobody has.
    let page = async |browser: &mut Browser<'_>, path: &str| without_place(&browser.get(path).await, path);
    for (hidden, absent) in [("perfis", "Caixa"), ("niveis", "Vendas"), ("usuarios", "caixa")]
        .map(|(place, name)| (place, name))
        .map(|(place, name)| ((place, name), format!("/console/{place}/999999")))
    {
        let path = format!("/console/{}/{}", hidden.0, id_of(server, hidden.1).await);
        assert_eq!(page(&mut all[1], &path).await, page(&mut all[1], &absent).await, "{hidden:?}");
        let (token, missing) = (all[1].get("/console").await, [("ativo", "nao"), ("confirmado", "sim")]);
        for action in if hidden.0 == "usuarios" { &["/senha", "/perfil", "/situacao", "/revogar"][..] } else { &[""] } {
            let answers = [&path, &absent].map(|path| format!("{path}{action}"));
            let hidden = all[1].fill(&token, &answers[0], &missing).await;
            let absent = all[1].fill(&token, &answers[1], &missing).await;
            assert_eq!(hidden.status, 404, "{hidden:?}");
            assert_eq!(without_place(&hidden, &answers[0]), without_place(&absent, &answers[1]));
        }
    }
    for odd in ["perfis/x", "perfis/0", "perfis/-1", "niveis/99999999999999999999", "usuarios/%00", "usuarios/1/x"] {
        assert_eq!(all[0].get(&format!("/console/{odd}")).await.status, 404, "{odd}");
    }
}

/// The page without the address that it was asked for by.
fn without_place(answer: &Answer, path: &str) -> (u16, String) {
    let place = path.trim_start_matches("/console/");
    (answer.status, answer.body.replace(&place.replace('/', "%2F"), "…").replace(&format!("console/{place}\""), "…"))
}

async fn lists_have_what_is_seen_alone(server: &Server) {
    hierarchy(server).await;
    let mut all = browsers(server).await;
    for (page, seen, hidden) in [
        ("usuarios", ["balconista", "chefe"], ["caixa", "admin"]),
        ("perfis", ["Balcão", "Chefia"], ["Caixa", "Administrador"]),
        ("niveis", ["Suporte", "Filial"], ["Vendas", "Empresa"]),
    ] {
        let gestor = all[1].get(&format!("/console/{page}")).await.body;
        let admin = all[0].get(&format!("/console/{page}")).await.body;
        for name in seen {
            assert!(gestor.contains(&format!("<bdi>{name}</bdi>")) && admin.contains(name), "{page} {name}");
        }
        for name in hidden {
            assert!(!gestor.contains(name), "{page} {name}: {gestor}");
            assert!(admin.contains(&format!("<bdi>{name}</bdi>")), "{page} {name}");
        }
        // One of the form's choices would tell it as well.
        assert!(!gestor.contains("Root (needs no releases)"), "{page}");
        assert!(!gestor.contains("None: at the top"), "{page}");
    }
    // A nível whose superior is hidden is not at the top.
    assert!(!all[2].get("/console/niveis").await.body.contains("at the top"));
    // Root and the top are not for the others, whatever they send.
    let page = all[1].get("/console/perfis").await;
    let answer = all[1].fill(&page, "/console/perfis", &[("nome", "x"), ("nivel", "raiz ")]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("id=\"nivel-erro\">Only a root administrator creates root perfis."), "{answer:?}");
    let answer = all[1].fill(&page, "/console/niveis", &[("nome", "x"), ("superior", "topo ")]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(
        all[0].fill(&page, "/console/niveis", &[("nome", "x"), ("superior", "topo ")]).await.status,
        403,
        "not its token"
    );
}

async fn whoever_loses_the_permission_loses_the_page(server: &Server) {
    hierarchy(server).await;
    let mut gestor = Browser::signed_in(server, "gestor").await;
    let page = gestor.get("/console/perfis").await;
    assert_eq!(page.status, 200);
    server.provisioning.revoke(&nome("Gestão"), &[Permissao::AdministrarPerfis]).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    assert_eq!(gestor.get("/console/perfis").await.status, 403);
    let answer = gestor.fill(&page, "/console/perfis", &[("nome", "x"), ("nivel", "Filial")]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(gestor.send(Method::PUT, "/console/perfis", String::new()).await.status, 405);
}

both_engines! {
    every_page_asks_for_a_session_and_every_form_for_its_token,
    pages_need_their_permission,
    a_permission_opens_its_pages_alone,
    what_is_above_or_beside_is_absent,
    lists_have_what_is_seen_alone,
    whoever_loses_the_permission_loses_the_page,
}
