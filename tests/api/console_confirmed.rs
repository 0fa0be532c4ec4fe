//! A confirmation covers what its page showed: where something else would follow by now, the question is asked again.

use citrus_status::domain::access::Permissao;

use super::admin::{hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::server::{Answer, Server, nome};

const CHANGED: &str = "What follows has changed meanwhile, and nothing was done.";

/// Presses the button of a question: sends what its page says, with what it does not say as `fields`.
async fn confirm(browser: &mut Browser<'_>, question: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let said = ["visto", "confirmado"].map(|name| (name, value_of(&question.body, name).unwrap_or_default()));
    let said: Vec<_> = said.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.fill(question, path, &[fields, &said].concat()).await
}

/// Presses the button of a form that asks first.
async fn ask(browser: &mut Browser<'_>, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let seen = value_of(&page.body, "visto").unwrap_or_else(|| panic!("{page:?}"));
    browser.fill(page, path, &[fields, &[("visto", seen.as_str())]].concat()).await
}

/// Asks, lets `meanwhile` happen, and confirms: then the page shows `before`, and `now`; and what is shown can be confirmed.
async fn is_asked_again(
    browser: &mut Browser<'_>,
    path: &str,
    fields: &[(&str, &str)],
    [before, now]: [&str; 2],
    meanwhile: impl Future<Output = ()>,
) {
    let page = browser.get(path).await;
    let question = ask(browser, &page, path, fields).await;
    assert_eq!(question.status, 200, "{question:?}");
    question.has_all(&[before]);
    assert!(!question.body.contains(now), "{question:?}");
    meanwhile.await;
    let again = confirm(browser, &question, path, fields).await;
    assert_eq!(again.status, 409, "{path} {now}: {again:?}");
    again.has_all(&[now, CHANGED]);
    // One that nobody has shown counts for nothing, either.
    for unseen in ["", "sim", "0123456789abcdef"] {
        let seen = value_of(&again.body, "visto").unwrap();
        let forged = [fields, &[("visto", seen.as_str()), ("confirmado", unseen)]].concat();
        let status = browser.fill(&again, path, &forged).await.status;
        assert_eq!(status, if unseen.is_empty() { 200 } else { 409 }, "{path} {unseen}");
    }
    assert_eq!(confirm(browser, &again, path, fields).await.status, 303, "{path} {now}");
}

async fn switches_of_a_perfil_turn_for_those_who_were_shown(server: &Server) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/perfis/{}", id_of(server, "Leitura").await);
    let on = [("permissao", "consultar-status")];
    is_asked_again(&mut admin, &path, &on, ["no user gains it yet", "1 user gains the permission"], async {
        let mut gestor = Browser::signed_in(server, "gestor").await;
        let page = gestor.get("/console/usuarios").await;
        let fields = [("login", "leitor"), ("perfil", "Leitura"), ("senha", "uma senha")];
        assert_eq!(gestor.fill(&page, "/console/usuarios", &fields).await.status, 303);
    })
    .await;
    is_asked_again(&mut admin, &path, &[], ["1 user loses", "no user loses it"], async {
        server.provisioning.set_usuario_ativo(&nome("leitor"), false).await.unwrap();
    })
    .await;
    // What is released decides who gains it, too.
    server.provisioning.set_usuario_ativo(&nome("leitor"), true).await.unwrap();
    server.provisioning.grant(&nome("Leitura"), &[Permissao::ConsultarStatus]).await.unwrap();
    is_asked_again(&mut admin, &path, &[], ["1 user loses", "no user loses it"], async {
        server.provisioning.withdraw(&[Permissao::ConsultarStatus], &nome("Suporte")).await.unwrap();
    })
    .await;
    // What makes no difference to what was shown stands in nobody's way.
    let path = format!("/console/perfis/{}", id_of(server, "Balcão").await);
    let page = admin.get(&path).await;
    let question = ask(&mut admin, &page, &path, &on).await;
    usuario(server, "outro", "Chefia").await;
    assert_eq!(confirm(&mut admin, &question, &path, &on).await.status, 303);
}

async fn releases_turn_for_those_who_were_shown(server: &Server) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/niveis/{}", id_of(server, "Filial").await);
    let fewer: Vec<_> = Permissao::ALL.iter().map(|permissao| permissao.nome()).collect();
    let without = |nome: &str| -> Vec<(&'static str, &'static str)> {
        fewer.iter().filter(|known| **known != nome).map(|nome| ("permissao", *nome)).collect()
    };
    let fields = without("consultar-status");
    is_asked_again(&mut admin, &path, &fields, ["Perfis: Chefia", "Perfis: Balcão, Chefia"], async {
        server.provisioning.grant(&nome("Balcão"), &[Permissao::ConsultarStatus]).await.unwrap();
    })
    .await;
    let path = format!("/console/niveis/{}", id_of(server, "Suporte").await);
    let fields = without("criar-atendimento");
    is_asked_again(
        &mut admin,
        &path,
        &fields,
        ["Still released to: Filial", "Still released to: Filial, Loja"],
        async {
            server.provisioning.create_nivel(&nome("Loja"), Some(&nome("Filial"))).await.unwrap();
            server.provisioning.release(&[Permissao::CriarAtendimento], &nome("Loja")).await.unwrap();
        },
    )
    .await;
}

async fn a_user_is_moved_to_what_was_shown(server: &Server) {
    hierarchy(server).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/usuarios/{}/perfil", id_of(server, "balconista").await);
    let fields = [("perfil", "Leitura")];
    is_asked_again(&mut admin, &path, &fields, ["Both perfis have the same permissions.", "<h2>Gains</h2>"], async {
        let mut gestor = Browser::signed_in(server, "gestor").await;
        let leitura = format!("/console/perfis/{}", id_of(server, "Leitura").await);
        let page = gestor.get(&leitura).await;
        let on = [("permissao", "consultar-status")];
        let question = ask(&mut gestor, &page, &leitura, &on).await;
        assert_eq!(confirm(&mut gestor, &question, &leitura, &on).await.status, 303);
    })
    .await;
    // What the present perfil loses meanwhile, it cannot lose by the move.
    let fields = [("perfil", "Balcão")];
    is_asked_again(&mut admin, &path, &fields, ["<h2>Loses</h2>", "Both perfis have the same permissions."], async {
        server.provisioning.withdraw(&[Permissao::ConsultarStatus], &nome("Suporte")).await.unwrap();
    })
    .await;
}

both_engines! {
    switches_of_a_perfil_turn_for_those_who_were_shown,
    releases_turn_for_those_who_were_shown,
    a_user_is_moved_to_what_was_shown,
}
