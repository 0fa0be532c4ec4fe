//! The permissions of perfis and the releases of níveis, as switches.

use citrus_status::domain::access::Permissao;

use super::admin::{hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::database::Database;
use crate::support::server::{Answer, Server, nome};

/// The names of the switches that are on.
fn on(page: &Answer) -> Vec<String> {
    let switches = page.body.split("role=\"switch\"").skip(1).map(|rest| rest.split('>').next().unwrap());
    let on = switches.filter(|switch| switch.contains(" checked"));
    on.map(|switch| switch.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

fn is_locked(page: &Answer, permissao: &str) -> bool {
    let switch = page.body.split(&format!("value=\"{permissao}\"")).nth(1).unwrap_or_else(|| panic!("{page:?}"));
    switch.split('>').next().unwrap().contains("disabled")
}

/// Sends the form of `page` with these switches on. What is [`CONFIRMED`] is what the page says, or the question after it.
async fn send(browser: &mut Browser<'_>, page: &Answer, path: &str, on: &[&str], more: &[(&str, &str)]) -> Answer {
    let seen = value_of(&page.body, "visto").unwrap_or_else(|| panic!("{page:?}"));
    let switches: Vec<_> = on.iter().map(|nome| ("permissao", *nome)).collect();
    let fields = [switches.as_slice(), &[("visto", seen.as_str())]].concat();
    let mut told = value_of(&page.body, "confirmado");
    if more == CONFIRMED && told.is_none() {
        told = value_of(&browser.fill(page, path, &fields).await.body, "confirmado");
    }
    let told = told.filter(|_| more == CONFIRMED);
    let first: Vec<_> = told.iter().map(|told| ("confirmado", told.as_str())).collect();
    browser.fill(page, path, &[&first, fields.as_slice(), more].concat()).await
}

const CONFIRMED: &[(&str, &str)] = &[("confirmado", "sim")];

async fn a_perfil_is_created_and_its_switches_turned(server: &Server, database: &Database) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console/perfis").await;
    let answer = admin.fill(&page, "/console/perfis", &[("nome", " Triagem "), ("nivel", "Suporte")]).await;
    let path = format!("/console/perfis/{}", id_of(server, "Triagem").await);
    assert_eq!(answer.header("location"), Some(format!("..{path}").as_str()), "{answer:?}");
    for login in ["t1", "t2", "t3"] {
        usuario(server, login, "Triagem").await;
    }
    let page = admin.get(&path).await;
    page.has_all(&["Perfil “Triagem” created.", "3 active users have this perfil."]);
    assert_eq!(on(&page), [""; 0]);

    let wanted = ["alterar-status", "consultar-status"];
    let question = send(&mut admin, &page, &path, &wanted, &[]).await;
    question.has_all(&["Change the permissions of “Triagem”?", "3 users gain the permission"]);
    assert_eq!(on(&admin.get(&path).await), [""; 0], "nothing is done before it is confirmed");
    let answer = send(&mut admin, &question, &path, &wanted, CONFIRMED).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let page = admin.get(&path).await;
    assert_eq!(on(&page), wanted);

    let question = send(&mut admin, &page, &path, &["consultar-status", "consultar-motivos"], &[]).await;
    question.has_all(&[
        "class=\"loss\"",
        "3 users lose the permission",
        "class=\"gain\"",
        "<code>consultar-motivos</code>",
    ]);
    // Back to the form, with what was chosen.
    let again =
        send(&mut admin, &question, &path, &["consultar-status", "consultar-motivos"], &[("ajustar", "sim")]).await;
    assert_eq!(on(&again), ["consultar-status", "consultar-motivos"]);
    again.has_all(&["your choice; it is on now", "your choice; it is off now"]);
    let wanted = ["consultar-status", "consultar-motivos"];
    assert_eq!(send(&mut admin, &again, &path, &wanted, CONFIRMED).await.status, 303);
    assert_eq!(on(&admin.get(&path).await), wanted);
    let entries: Vec<(String, String)> = database
        .rows("SELECT acao, depois FROM auditoria WHERE objeto = 'Triagem' AND autor_id IS NOT NULL ORDER BY id")
        .await;
    let entries: Vec<_> = entries.iter().map(|(action, after)| format!("{action} {after}")).collect();
    assert_eq!(
        entries[1..],
        [
            r#"perfil.conceder {"permissoes":["alterar-status","consultar-status"]}"#,
            r#"perfil.conceder {"permissoes":["alterar-status","consultar-motivos","consultar-status"]}"#,
            r#"perfil.revogar {"permissoes":["consultar-motivos","consultar-status"]}"#,
        ]
    );
    // As it is already.
    let page = admin.get(&path).await;
    assert_eq!(send(&mut admin, &page, &path, &wanted, &[]).await.status, 303);
    admin.get(&path).await.has_all(&["Nothing changed: the permissions were already set that way."]);
}

async fn what_is_not_released_is_greyed_with_the_reason(server: &Server) {
    hierarchy(server).await;
    server
        .provisioning
        .withdraw(&[Permissao::ConsultarMotivos, Permissao::AlterarStatus], &nome("Suporte"))
        .await
        .unwrap();
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/perfis/{}", id_of(server, "Integração").await);
    let releases = format!("/console/niveis/{}", id_of(server, "Suporte").await);
    let page = admin.get(&path).await;
    // One that it holds can be taken away although it does not count.
    page.has_all(&["does not count: not released to the nível Suporte", &format!("href=\"../..{releases}\"")]);
    assert!(!is_locked(&page, "alterar-status") && on(&page).contains(&"alterar-status".to_owned()));
    let path = format!("/console/perfis/{}", id_of(server, "Leitura").await);
    let page = admin.get(&path).await;
    page.has_all(&["not released to the nível Suporte"]);
    assert!(is_locked(&page, "consultar-motivos") && !is_locked(&page, "consultar-status"));
    // A locked one is not turned on, whatever is sent, and nothing else alone: it may have been free when the form was shown.
    for more in [&[][..], CONFIRMED] {
        let answer = send(&mut admin, &page, &path, &["consultar-motivos", "consultar-status"], more).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        answer.has_all(&["meanwhile, and nothing was done"]);
        assert_eq!(on(&admin.get(&path).await), [""; 0]);
    }
    assert_eq!(send(&mut admin, &page, &path, &["consultar-status"], CONFIRMED).await.status, 303);
    assert_eq!(on(&admin.get(&path).await), ["consultar-status"]);

    // Whoever does not see it has no switch for it, and no link to a page that they may not open.
    let mut gestor = Browser::signed_in(server, "gestor").await;
    let page = gestor.get(&path).await;
    assert!(!page.body.contains("consultar-motivos"), "{page:?}");
    let page = gestor.get(&format!("/console/perfis/{}", id_of(server, "Balcão").await)).await;
    assert!(!page.body.contains("consultar-motivos") && !is_locked(&page, "criar-atendimento"), "{page:?}");
    server.provisioning.withdraw(&[Permissao::CriarAtendimento], &nome("Filial")).await.unwrap();
    let balcao = format!("/console/perfis/{}", id_of(server, "Balcão").await);
    let answer = send(&mut gestor, &page, &balcao, &["criar-atendimento"], &[]).await;
    assert_eq!((answer.status, on(&answer)), (409, vec![]), "{answer:?}");
    let page = gestor.get(&balcao).await;
    page.has_all(&["not released to the nível Filial", "See what is released to Filial"]);
    server.provisioning.revoke(&nome("Gestão"), &[Permissao::AdministrarPermissoes]).await.unwrap();
    let page = gestor.get(&format!("/console/perfis/{}", id_of(server, "Balcão").await)).await;
    page.has_all(&["not released to the nível Filial"]);
    server.clock.advance(time::Duration::seconds(1));
    let page = gestor.get(&format!("/console/perfis/{}", id_of(server, "Balcão").await)).await;
    assert!(!page.body.contains("See what is released to"), "{page:?}");

    // One's own perfil only loses.
    let own = format!("/console/perfis/{}", id_of(server, "Gestão").await);
    let page = gestor.get(&own).await;
    page.has_all(&["It is your own perfil"]);
    assert!(is_locked(&page, "administrar-permissoes") && !is_locked(&page, "consultar-status"), "{page:?}");
}

async fn a_nivel_is_created_released_and_withdrawn_from(server: &Server) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console/niveis").await;
    page.has_all(&["class=\"depth-0\"", "class=\"depth-1\"", "class=\"depth-2\"", "below Suporte", "at the top"]);
    let answer = admin.fill(&page, "/console/niveis", &[("nome", "Loja"), ("superior", "Filial")]).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    admin.get("/console/niveis").await.has_all(&["Nível “Loja” created.", "class=\"depth-3\"", "below Filial"]);
    let answer = admin.fill(&page, "/console/niveis", &[("nome", "Outra empresa"), ("superior", "topo ")]).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    for (nome, superior, status, field) in [
        ("", "Filial", 400, "nome"),
        ("loja", "Filial", 409, "nome"),
        ("x", "", 400, "superior"),
        ("x", "y", 404, "superior"),
    ] {
        let answer = admin.fill(&page, "/console/niveis", &[("nome", nome), ("superior", superior)]).await;
        assert_eq!(answer.status, status, "{answer:?}");
        answer.has_all(&[&format!("id=\"{field}-erro\">"), &format!("name=\"nome\" value=\"{nome}\"")]);
    }

    // Withdrawing says who loses it, and which níveis below keep it.
    let path = format!("/console/niveis/{}", id_of(server, "Suporte").await);
    let page = admin.get(&path).await;
    let without: Vec<String> = on(&page).into_iter().filter(|nome| nome != "alterar-status").collect();
    let without: Vec<&str> = without.iter().map(String::as_str).collect();
    let question = send(&mut admin, &page, &path, &without, &[]).await;
    question.has_all(&[
        "Change what is released to “Suporte”?",
        "2 users lose the permission",
        "Perfis: Gestão, Integração",
        "Still released to: Filial",
    ]);
    assert_eq!(send(&mut admin, &question, &path, &without, CONFIRMED).await.status, 303);
    assert_eq!(on(&admin.get(&path).await), without);
    // Released again, it counts again for those who hold it.
    let page = admin.get(&path).await;
    let with = [without.as_slice(), &["alterar-status"]].concat();
    send(&mut admin, &page, &path, &with, &[]).await.has_all(&["2 users gain the permission"]);

    // One's own nível has its permissions from above.
    let mut gestor = Browser::signed_in(server, "gestor").await;
    let page = gestor.get(&path).await;
    page.has_all(&["It is your own nível"]);
    assert!(is_locked(&page, "consultar-status") && page.body.contains("<button disabled>Check"), "{page:?}");
    let answer = send(&mut gestor, &page, &path, &[], CONFIRMED).await;
    assert_eq!(answer.status, 303, "nothing to turn: {answer:?}");
    assert_eq!(on(&admin.get(&path).await), without);
}

async fn two_people_do_not_undo_each_other(server: &Server) {
    hierarchy(server).await;
    let perfil = format!("/console/perfis/{}", id_of(server, "Integração").await);
    let nivel = format!("/console/niveis/{}", id_of(server, "Filial").await);
    let mut first = Browser::signed_in(server, "admin").await;
    let mut second = Browser::signed_in(server, "gestor").await;
    for path in [perfil, nivel] {
        let (mine, theirs) = (first.get(&path).await, second.get(&path).await);
        let all = on(&mine);
        let without =
            |nome: &str| -> Vec<&str> { all.iter().map(String::as_str).filter(|known| *known != nome).collect() };
        let my_question = send(&mut first, &mine, &path, &without("consultar-status"), &[]).await;
        assert_eq!(send(&mut second, &theirs, &path, &without("consultar-motivos"), CONFIRMED).await.status, 303);
        for (page, more) in [(&mine, &[][..]), (&my_question, CONFIRMED)] {
            let answer = send(&mut first, page, &path, &without("consultar-status"), more).await;
            assert_eq!(answer.status, 409, "{answer:?}");
            answer.has_all(&["meanwhile, and nothing was done", "your choice; it is on now"]);
            // How it is now, with one's own choice alone.
            let shown = on(&answer);
            assert!(
                !shown.contains(&"consultar-status".to_owned()) && !shown.contains(&"consultar-motivos".to_owned())
            );
            assert_eq!(shown.len(), all.len() - 2);
            assert!(on(&first.get(&path).await).contains(&"consultar-status".to_owned()), "nothing was done");
        }
        let answer = send(&mut first, &mine, &path, &without("consultar-status"), &[]).await;
        let merged = on(&answer);
        let merged: Vec<&str> = merged.iter().map(String::as_str).collect();
        assert_eq!(send(&mut first, &answer, &path, &merged, CONFIRMED).await.status, 303);
        assert_eq!(on(&second.get(&path).await), merged);
    }
}

async fn the_last_root_administrator_stays(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/perfis/{}", id_of(server, "Administrador").await);
    let page = admin.get(&path).await;
    page.has_all(&["It is your own perfil", "Root perfil: it needs no releases."]);
    let all = on(&page);
    let without: Vec<&str> = all.iter().map(String::as_str).filter(|nome| *nome != "administrar-perfis").collect();
    let answer = send(&mut admin, &page, &path, &without, CONFIRMED).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    answer.has_all(&["First another active user needs a root perfil", "your choice; it is on now"]);
    assert_eq!(on(&admin.get(&path).await), all);
}

/// What somebody chose is there again after a new sign-in, and what others did meanwhile is said.
async fn choices_outlive_the_session(server: &Server) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let id = id_of(server, "Leitura").await;
    let path = format!("/console/perfis/{id}");
    let page = admin.get(&path).await;
    admin.forget("citrus-sessao");
    let entrance = send(&mut admin, &page, &path, &["consultar-status"], &[]).await;
    assert_eq!(entrance.status, 401, "{entrance:?}");
    entrance.has_all(&["name=\"digitado.permissao\" value=\"consultar-status\""]);
    server.provisioning.grant(&nome("Leitura"), &[Permissao::AlterarStatus]).await.unwrap();
    let volta = format!("perfis/{id}");
    let fields = [
        ("login", "admin"),
        ("senha", "1234"),
        ("volta", volta.as_str()),
        ("digitado.permissao", "consultar-status"),
        ("digitado.visto", ""),
    ];
    let led = admin.fill(&entrance, "/console/entrar", &fields).await;
    let again = admin.follow(&led).await;
    assert_eq!(on(&again), ["alterar-status", "consultar-status"], "{again:?}");
    again.has_all(&["Somebody changed this perfil meanwhile", "your choice; it is off now"]);
    assert_eq!(on(&admin.get(&path).await), ["alterar-status"], "nothing was done");
    // What somebody else typed is not there.
    page.has_all(&["name=\"quem\" value=\"admin\""]);
    for (typist, shown) in [("admin", true), ("user.api", false)] {
        admin.forget("citrus-sessao");
        let entrance = admin.get("/console/entrar").await;
        let led = admin.fill(&entrance, "/console/entrar", &[&fields[..], &[("digitado.quem", typist)]].concat()).await;
        let again = admin.follow(&led).await;
        assert_eq!(again.body.contains("Somebody changed this perfil meanwhile"), shown, "{typist}: {again:?}");
    }
}

both_engines! {
    a_perfil_is_created_and_its_switches_turned,
    what_is_not_released_is_greyed_with_the_reason,
    a_nivel_is_created_released_and_withdrawn_from,
    two_people_do_not_undo_each_other,
    the_last_root_administrator_stays,
    choices_outlive_the_session,
}
