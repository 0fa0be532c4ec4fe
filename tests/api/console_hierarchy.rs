//! What the pages say of the hierarchy: what is missing, and what a change that is asked for would come to.

use citrus_status::domain::access::Permissao;
use citrus_status::domain::atendimento::Status;
use reqwest::Method;
use serde_json::json;
use time::Duration;

use super::admin::{ask, hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::server::{Server, nome};

const HIDDEN: &str = "<abbr title=\"A name that the hierarchy does not show you\">(oculto)</abbr>";
const ASK: &str = "Ask somebody who administers níveis and perfis: a permission is released to the nível, and then granted to the \
                   perfil. Then open the page again.";
const HIDDEN_MEANS: &str = "“(oculto)” stands for a name that the hierarchy does not show you";

async fn a_preview_says_that_it_would_be_refused(server: &Server) {
    hierarchy(server).await;
    let portaria = nome("Portaria");
    server.provisioning.create_perfil(&portaria, Some(&nome("Suporte"))).await.unwrap();
    server.provisioning.grant(&portaria, &[Permissao::AdministrarUsuarios]).await.unwrap();
    usuario(server, "porteiro", "Portaria").await;
    // Oneself, somebody who may do more, a perfil that may do more, and the last root administrator.
    for (who, login, perfil, status, told) in [
        ("gestor", "gestor", "Leitura", 403, "Nobody gives themselves permissions."),
        ("porteiro", "chefe", "Balcão", 403, "This perfil has permissions that you cannot grant."),
        ("porteiro", "balconista", "Chefia", 403, "This perfil has permissions that you cannot grant."),
        ("gestor", "balconista", "Chefia", 200, "Move "),
    ] {
        let mut browser = Browser::signed_in(server, who).await;
        let path = format!("/console/usuarios/{}/perfil", id_of(server, login).await);
        let page = browser.get(&path).await;
        let seen = value_of(&page.body, "visto").unwrap();
        let fields = [("visto", seen.as_str()), ("perfil", perfil)];
        let preview = browser.fill(&page, &path, &fields).await;
        assert_eq!(preview.status, status, "{who} {login}: {preview:?}");
        preview.has_all(&[told]);
        let told = value_of(&preview.body, "confirmado").unwrap_or_else(|| "sim".to_owned());
        let made = browser.fill(&page, &path, &[&fields[..], &[("confirmado", told.as_str())]].concat()).await;
        if status == 200 {
            assert_eq!(made.status, 303, "{made:?}");
        } else {
            assert_eq!((preview.status, preview.body), (made.status, made.body), "{who} {login}");
        }
    }
    // The last root administrator keeps what it needs.
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/perfis/{}", id_of(server, "Administrador").await);
    let page = admin.get(&path).await;
    let fields = [("visto", value_of(&page.body, "visto").unwrap()), ("permissao", "alterar-status".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let preview = admin.fill(&page, &path, &fields).await;
    assert_eq!(preview.status, 409, "{preview:?}");
    preview.has_all(&["This is the last root administrator."]);
    let made = admin.fill(&page, &path, &[&fields[..], &[("confirmado", "sim")]].concat()).await;
    assert_eq!((preview.status, preview.body), (made.status, made.body));
}

/// Who changed something is told only to those who see that user; so it is in the audit trail.
async fn users_are_hidden_wherever_they_are_named(server: &Server) {
    hierarchy(server).await;
    server.provisioning.create_atendimento("20261104000001", Status::Aberto).await.unwrap();
    for (who, status, motivo) in [
        ("admin", "Em atendimento", None),
        ("gestor", "Finalizado", None),
        ("chefe", "Em atendimento", Some("Duplicado")),
    ] {
        let body = json!({"protocolo": "20261104000001", "status": status, "motivoStatus": motivo});
        let changed = server.change_with(&server.token(who).await, body).await;
        assert_eq!(changed.status, 200, "{who}: {changed:?}");
    }
    let made = json!({"protocolo": "20261104000002"});
    let token = server.token("gestor").await;
    assert_eq!(ask(server, &token, Method::POST, "/api/atendimentos", made).await.status, 201);
    for (who, seen, hidden) in [
        ("admin", &["admin", "gestor", "chefe"][..], &[][..]),
        ("gestor", &["gestor", "chefe"], &["admin"]),
        ("chefe", &["chefe"], &["admin", "gestor"]),
    ] {
        let mut browser = Browser::signed_in(server, who).await;
        let mut painel = browser.get("/console").await;
        while painel.body.contains("http-equiv=\"refresh\"") {
            painel = browser.get("/console").await;
        }
        let record = browser.get("/console/atendimento?protocolo=20261104000001").await;
        let registered = browser.get("/console/atendimento?protocolo=20261104000002").await;
        for page in [&painel, &record, &registered] {
            // The person's own login stands at the top.
            let main = page.body.split_once("<main").unwrap().1;
            for login in hidden {
                for named in [format!(">{login}<"), format!("{login} 1")] {
                    assert!(!main.contains(&named), "{who} sees {login}: {main}");
                }
            }
        }
        for login in seen {
            assert!(record.body.contains(&format!("by <bdi>{login}</bdi>")), "{who} {login}: {record:?}");
        }
        let by_hidden = record.body.matches(&format!("by <bdi>{HIDDEN}</bdi>")).count();
        assert_eq!(by_hidden, hidden.len(), "{who}: {record:?}");
        assert_eq!(registered.body.contains(&format!("by <bdi>{HIDDEN}</bdi>")), who == "chefe", "{registered:?}");
        assert_eq!(painel.body.contains("(oculto)"), !hidden.is_empty(), "{who}: {painel:?}");
        for page in [&painel, &record] {
            assert_eq!(page.body.matches(HIDDEN_MEANS).count(), usize::from(!hidden.is_empty()), "{who}: {page:?}");
        }
    }
}

async fn what_stands_for_a_hidden_name_is_nobodys(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let token = server.token("admin").await;
    for name in ["(oculto)", " (OCULTO)\t"] {
        for (place, below) in [("niveis", "superior"), ("perfis", "nivel")] {
            let path = format!("/console/{place}");
            let page = admin.get(&path).await;
            let refused = admin.fill(&page, &path, &[("nome", name), (below, "Suporte")]).await;
            assert_eq!(refused.status, 400, "{refused:?}");
            refused.has_all(&["id=\"nome-erro\">“(oculto)” stands for a hidden name. Choose another one."]);
            let body = json!({"nome": name, below: "Suporte"});
            let path = format!("/api/admin/{place}");
            ask(server, &token, Method::POST, &path, body).await.is(400, "nome – valor inválido");
        }
        server.provisioning.create_nivel(&nome(name), None).await.unwrap_err();
        server.provisioning.create_perfil(&nome(name), None).await.unwrap_err();
        server.provisioning.create_administrator(&nome("bia"), &nome(name), "uma senha".into()).await.unwrap_err();
    }
    // What only resembles it is a name.
    server.provisioning.create_nivel(&nome("oculto"), None).await.unwrap();
}

async fn what_the_console_needs_besides_is_said(server: &Server) {
    hierarchy(server).await;
    let besides = "In the console it needs “Read atendimentos” (consultar-atendimentos) too.";
    server.provisioning.grant(&nome("Balcão"), &[Permissao::AlterarStatus]).await.unwrap();
    let mut admin = Browser::signed_in(server, "admin").await;
    let path = format!("/console/perfis/{}", id_of(server, "Balcão").await);
    assert_eq!(admin.get(&path).await.body.matches(besides).count(), 2);
    let mut balconista = Browser::signed_in(server, "balconista").await;
    let landing = "Your perfil has “Change the status of atendimentos” (alterar-status), but in the console that takes “Read atendimentos” (consultar-atendimentos) too.";
    balconista.get("/console").await.has_all(&[landing, ASK]);
    server.provisioning.grant(&nome("Balcão"), &[Permissao::ConsultarAtendimentos]).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    assert!(!admin.get(&path).await.body.contains(besides));
    assert!(!Browser::signed_in(server, "balconista").await.get("/console").await.body.contains(landing));
}

/// The menu leads to the one page that somebody may open who registers atendimentos and cannot search them.
async fn who_may_create_alone_finds_the_way(server: &Server) {
    hierarchy(server).await;
    let criar = Permissao::CriarAtendimento;
    server.provisioning.release(&[criar], &nome("Suporte")).await.unwrap();
    server.provisioning.release(&[criar], &nome("Filial")).await.unwrap();
    server.provisioning.grant(&nome("Balcão"), &[criar]).await.unwrap();
    let path = format!("/console/perfis/{}", id_of(server, "Balcão").await);
    let hint =
        "Without “Read atendimentos” (consultar-atendimentos), one creates atendimentos but does not see the list";
    let mut admin = Browser::signed_in(server, "admin").await;
    admin.get(&path).await.has_all(&[hint]);
    let mut balconista = Browser::signed_in(server, "balconista").await;
    let painel = balconista.get("/console").await;
    painel.has_all(&["atendimentos/novo\">New atendimento</a>"]);
    assert!(!painel.body.contains(ASK), "{painel:?}");
    let new = balconista.get("/console/atendimentos/novo").await;
    new.has_all(&["aria-current=\"page\">New atendimento</a>"]);
    assert!(!new.body.contains("console/atendimentos\""), "{new:?}");
    // Whoever may search finds it on the page of the search.
    assert!(!admin.get("/console").await.body.contains("atendimentos/novo"));
}

async fn releasing_alone_needs_the_tree(server: &Server) {
    let permissoes = Permissao::AdministrarPermissoes;
    hierarchy(server).await;
    server.provisioning.release(&[permissoes], &nome("Suporte")).await.unwrap();
    server.provisioning.create_perfil(&nome("Libera"), Some(&nome("Suporte"))).await.unwrap();
    server.provisioning.grant(&nome("Libera"), &[permissoes]).await.unwrap();
    usuario(server, "liberador", "Libera").await;
    let path = format!("/console/perfis/{}", id_of(server, "Libera").await);
    let besides = "In the console it needs “Administer níveis” (administrar-niveis) too.";
    Browser::signed_in(server, "admin").await.get(&path).await.has_all(&[besides]);
    let landing = "but in the console that takes “Administer níveis” (administrar-niveis) too.";
    Browser::signed_in(server, "liberador").await.get("/console").await.has_all(&[landing]);
}

/// What was typed is there to be sent again, whatever has gone meanwhile.
async fn a_form_whose_permission_has_gone_keeps_what_was_typed(server: &Server) {
    let perfil = nome("Motivador");
    let motivos = Permissao::AdministrarMotivos;
    server.provisioning.create_perfil(&perfil, None).await.unwrap();
    server.provisioning.grant(&perfil, &[motivos]).await.unwrap();
    usuario(server, "motivador", "Motivador").await;
    let mut browser = Browser::signed_in(server, "motivador").await;
    let page = browser.get("/console/motivos").await;
    server.provisioning.revoke(&perfil, &[motivos]).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    let fields = [("nome", "Longo de digitar")];
    let refused = browser.fill(&page, "/console/motivos", &fields).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    refused.has_all(&["name=\"nome\" value=\"Longo de digitar\"", "What you typed is kept on this page", "Send again"]);
    server.provisioning.grant(&perfil, &[motivos]).await.unwrap();
    server.clock.advance(Duration::seconds(1));
    assert_eq!(browser.fill(&refused, "/console/motivos", &fields).await.status, 303);
}

/// An atendimento that has gone takes nothing more, and what was to be said of it can be copied.
async fn a_comment_on_what_has_gone_is_shown(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console/atendimento?protocolo=20221104000001").await;
    let gone = "/console/atendimento?protocolo=20991104000001";
    let fields = [("status", "Finalizado"), ("comentario", "um texto longo"), ("passo", "conferir")];
    let refused = admin.fill(&page, gone, &fields).await;
    assert_eq!(refused.status, 404, "{refused:?}");
    refused.has_all(&["What you typed is kept on this page", ">um texto longo</p>"]);
}

async fn a_refusal_says_whether_a_grant_or_a_release_is_missing(server: &Server) {
    hierarchy(server).await;
    let (motivos, niveis) = (Permissao::AdministrarMotivos, Permissao::AdministrarNiveis);
    server.provisioning.grant(&nome("Balcão"), &[motivos, niveis]).await.unwrap();
    server.provisioning.withdraw(&[motivos, Permissao::AdministrarPerfis], &nome("Filial")).await.unwrap();
    let mut balconista = Browser::signed_in(server, "balconista").await;
    for (path, told) in [
        (
            "motivos",
            "Your perfil holds the permission “Administer motivos” (administrar-motivos), but it is not released to your \
             nível.",
        ),
        (
            "perfis",
            "The permission “Administer perfis” (administrar-perfis) is neither released to your nível nor granted to your \
             perfil.",
        ),
        ("usuarios", "Your perfil lacks the permission “Administer users” (administrar-usuarios)."),
    ] {
        let page = balconista.get(&format!("/console/{path}")).await;
        assert_eq!(page.status, 403, "{page:?}");
        page.has_all(&[&format!("{told} {ASK}")]);
    }
    // Whoever has no permission at all is told the same on the first page.
    let mut powerless = Browser::signed_in(server, "user.sem.permissao").await;
    let nothing = "Your perfil has no permission for anything in this console yet.";
    powerless.get("/console").await.has_all(&[&format!("{nothing} {ASK}")]);
    powerless.get("/console/motivos").await.has_all(&[ASK]);
    assert_eq!(balconista.get("/console/niveis").await.status, 200);
}

async fn to_take_from_ones_own_perfil_says_so(server: &Server) {
    hierarchy(server).await;
    let mut gestor = Browser::signed_in(server, "gestor").await;
    let own = "You lose it yourself: it is your own perfil.";
    for (perfil, is_own) in [("Gestão", true), ("Chefia", false)] {
        let path = format!("/console/perfis/{}", id_of(server, perfil).await);
        let page = gestor.get(&path).await;
        let seen = value_of(&page.body, "visto").unwrap();
        let mut fields = vec![("visto", seen.as_str())];
        fields.extend(seen.split(',').filter(|nome| *nome != "criar-atendimento").map(|nome| ("permissao", nome)));
        let question = gestor.fill(&page, &path, &fields).await;
        assert_eq!(question.status, 200, "{question:?}");
        assert_eq!(question.body.matches(own).count(), usize::from(is_own), "{question:?}");
    }
}

both_engines! {
    users_are_hidden_wherever_they_are_named,
    what_stands_for_a_hidden_name_is_nobodys,
    a_preview_says_that_it_would_be_refused,
    what_the_console_needs_besides_is_said,
    who_may_create_alone_finds_the_way,
    releasing_alone_needs_the_tree,
    a_form_whose_permission_has_gone_keeps_what_was_typed,
    a_comment_on_what_has_gone_is_shown,
    a_refusal_says_whether_a_grant_or_a_release_is_missing,
    to_take_from_ones_own_perfil_says_so,
}
