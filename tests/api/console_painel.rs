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
        "Wrong password 1, Wrong login 1, Is inactive 0, Too many tries 0",
        "<strong>Em atendimento</strong>",
        "<bdi>20221104000007</bdi>",
    ] {
        assert!(page.body.contains(said), "{said}: {page:?}");
    }
    assert!(page.body.contains("<title id=\"por-status-t\">Atendimentos by status</title>"), "{page:?}");
    // For a while it is as it was, with its age.
    server.change_with(&token, json!({"protocolo": "20221104000001", "status": "Finalizado"})).await;
    assert!(admin.get(PAGE).await.body.contains("2 changes in the last 24 hours"));
    // What one may not know is not there.
    let provisioning = &server.provisioning;
    provisioning.create_perfil(&nome("Auditor"), None).await.unwrap();
    provisioning.grant(&nome("Auditor"), &[Permissao::ConsultarAuditoria]).await.unwrap();
    provisioning.create_usuario(&nome("auditor"), &nome("Auditor"), SecretString::from(SENHA)).await.unwrap();
    let page = Browser::signed_in(server, "auditor").await.get(PAGE).await;
    assert!(page.body.contains("Refused logins") && !page.body.contains("user.api"), "{page:?}");
    let page = Browser::signed_in(server, "user.sem.permissao").await.get(PAGE).await;
    assert!(page.body.contains("Ask somebody who administers perfis") && !page.body.contains("<svg class"), "{page:?}");
}

both_engines! {
    the_numbers_are_those_of_the_database,
}
