//! The first page: how things stand.

use citrus_status::domain::access::Permissao;
use citrus_status::example::SENHA;
use secrecy::SecretString;
use serde_json::json;

use crate::support::both_engines;
use crate::support::browser::Browser;
use crate::support::server::{Server, nome};

const PAGE: &str = "/console";

async fn the_numbers_are_those_of_the_database(server: &Server) {
    let token = server.token("user.api").await;
    for (protocolo, status) in [("20221104000001", "Finalizado"), ("20221104000007", "Em atendimento")] {
        assert_eq!(server.change_with(&token, json!({"protocolo": protocolo, "status": status})).await.status, 200);
    }
    server.login_with(&json!({"login": "admin", "senha": "errada"})).await;
    server.login_with(&json!({"login": "ninguem", "senha": "errada"})).await;
    let mut admin = Browser::signed_in(server, "admin").await;
    let mut page = admin.get(PAGE).await;
    // Where the machine is busy it is not known yet.
    while page.body.contains("http-equiv=\"refresh\"") {
        page = admin.get(PAGE).await;
    }
    for said in [
        "30 atendimentos",
        "Aberto 24, Em atendimento 2, Cancelado 1, Improcedente 1, Finalizado 2",
        "2 changes in the last 24 hours",
        "user.api 2",
        "Wrong password 1, Wrong login 1, Inactive 0, Made to wait 0",
        "<strong>Em atendimento</strong>",
        "<bdi>20221104000007</bdi>",
    ] {
        assert!(page.body.contains(said), "{said}: {page:?}");
    }
    assert!(page.body.contains("<title id=\"por-status-t\">Atendimentos by status</title>"), "{page:?}");
    // For a while it is as it was, with its age.
    server.change_with(&token, json!({"protocolo": "20221104000001", "status": "Finalizado"})).await;
    assert!(admin.get(PAGE).await.body.contains("2 changes in the last 24 hours"));
}

async fn each_part_needs_its_permission(server: &Server) {
    let provisioning = &server.provisioning;
    let parts = ["id=\"status\"", "id=\"hora\"", "id=\"usuario\"", "id=\"ultimas\"", "id=\"logins\""];
    let numbers = "Not shown: Atendimentos by status, Changes by hour. Your perfil lacks “Read atendimentos” (consultar-atendimentos).";
    let changes = "Not shown: Changes by user, Latest atendimentos changed. Your perfil lacks “Read the history of atendimentos” (consultar-historico).";
    let neither = "Not shown: Changes by user, Latest atendimentos changed. Your perfil lacks “Read atendimentos” (consultar-atendimentos), \
                   “Read the history of atendimentos” (consultar-historico).";
    let logins = "Not shown: Refused logins. They are for root administrators alone.";
    let history = "Not shown: Changes by user, Latest atendimentos changed. Your perfil lacks “Read atendimentos” (consultar-atendimentos).";
    let (atendimentos, historico) = (Permissao::ConsultarAtendimentos, Permissao::ConsultarHistorico);
    let root = [Permissao::AdministrarPerfis, Permissao::AdministrarUsuarios];
    for (login, granted, nivel, shown, told) in [
        ("none", &[][..], None, [false; 5], &[numbers, neither, logins][..]),
        ("auditor", &[Permissao::ConsultarAuditoria], None, [false; 5], &[numbers, neither, logins]),
        ("counter", &[atendimentos], None, [true, true, false, false, false], &[changes, logins]),
        ("reader", &[historico], None, [false; 5], &[numbers, history, logins]),
        ("both", &[atendimentos, historico], None, [true, true, true, true, false], &[logins]),
        ("root", &root, None, [false, false, false, false, true], &[numbers, neither]),
        (
            "suporte",
            &[atendimentos, historico, root[0], root[1]],
            Some("Suporte"),
            [true, true, true, true, false],
            &[logins],
        ),
        ("all", Permissao::ALL, None, [true; 5], &[]),
    ] {
        let (perfil, nivel) = (nome(&format!("P {login}")), nivel.map(nome));
        if let Some(nivel) = &nivel {
            provisioning.release(granted, nivel).await.unwrap();
        }
        provisioning.create_perfil(&perfil, nivel.as_ref()).await.unwrap();
        provisioning.grant(&perfil, granted).await.unwrap();
        provisioning.create_usuario(&nome(login), &perfil, SecretString::from(SENHA)).await.unwrap();
        let mut browser = Browser::signed_in(server, login).await;
        let mut page = browser.get(PAGE).await;
        while page.body.contains("http-equiv=\"refresh\"") {
            page = browser.get(PAGE).await;
        }
        assert_eq!(parts.map(|part| page.body.contains(part)), shown, "{login}: {page:?}");
        page.has_all(told);
        assert_eq!(page.body.matches("Not shown: ").count(), told.len(), "{login}: {page:?}");
    }
    let page = Browser::signed_in(server, "user.sem.permissao").await.get(PAGE).await;
    assert!(
        page.body.contains("Ask somebody who administers níveis and perfis") && !page.body.contains("<svg class"),
        "{page:?}"
    );
}

both_engines! {
    the_numbers_are_those_of_the_database,
    each_part_needs_its_permission,
}
