//! What the pages say of the hierarchy: what is missing, and what a change that is asked for would come to.

use citrus_status::domain::access::Permissao;

use super::admin::{hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::server::{Server, nome};

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
        let made = browser.fill(&page, &path, &[&fields[..], &[("confirmado", "sim")]].concat()).await;
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

both_engines! {
    a_preview_says_that_it_would_be_refused,
}
