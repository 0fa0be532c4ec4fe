use std::sync::Arc;

use citrus_status::auth::password::{PasswordError, Passwords};
use citrus_status::domain::access::Permissao;
use citrus_status::domain::text::NameKey;
use citrus_status::service::audit::command_line;
use citrus_status::service::provisioning::{Kind, Provisioning, ProvisioningError};
use citrus_status::store::{Grant, Motivo, Release, Store, StoreError, Usuario};

use futures_util::FutureExt as _;
use secrecy::SecretString;

use crate::support::both_engines;
use crate::support::edits::edit;
use crate::support::server::nome;

async fn niveis_form_a_tree_and_have_one_name_each(store: &Arc<Store>) {
    edit(store, async |e| e.insert_nivel(&nome("Empresa"), None).await).await.unwrap();
    let top = store.nivel(&NameKey::new("EMPRESA")).await.unwrap().unwrap();
    edit(store, async |e| e.insert_nivel(&nome("Suporte"), Some(top.id)).await).await.unwrap();
    let niveis = store.niveis().await.unwrap();
    let seen: Vec<_> = niveis.iter().map(|n| (n.nome.as_str(), n.superior_id)).collect();
    assert_eq!(seen, [("Empresa", None), ("Suporte", Some(top.id))]);
    assert!(matches!(
        edit(store, async |e| e.insert_nivel(&nome("empresa"), None).await).await,
        Err(StoreError::AlreadyExists)
    ));
    assert!(edit(store, async |e| e.insert_nivel(&nome("Solto"), Some(999)).await).await.is_err());
    assert!(store.nivel(&NameKey::new("nenhum")).await.unwrap().is_none());
}

async fn releases_and_grants_are_set_once_and_taken_back(store: &Arc<Store>) {
    edit(store, async |e| e.insert_nivel(&nome("n"), None).await).await.unwrap();
    let nivel = store.nivel(&NameKey::new("n")).await.unwrap().unwrap();
    edit(store, async |e| e.insert_perfil(&nome("p"), Some(nivel.id)).await).await.unwrap();
    let perfil = store.perfil(&NameKey::new("P")).await.unwrap().unwrap();
    assert_eq!((perfil.nome.as_str(), perfil.nivel_id), ("p", Some(nivel.id)));
    assert!(matches!(
        edit(store, async |e| e.insert_perfil(&nome("P"), None).await).await,
        Err(StoreError::AlreadyExists)
    ));
    assert_eq!(store.perfis().await.unwrap(), std::slice::from_ref(&perfil));

    let permissao = || Permissao::AlterarStatus.nome().to_owned();
    let (p, q) = (Permissao::AlterarStatus, Permissao::ConsultarMotivos);
    assert_eq!(edit(store, async |e| e.set_releases(nivel.id, &[p], true).await).await.unwrap(), [true]);
    assert_eq!(edit(store, async |e| e.set_releases(nivel.id, &[q, p], true).await).await.unwrap(), [true, false]);
    assert_eq!(edit(store, async |e| e.set_releases(nivel.id, &[q], false).await).await.unwrap(), [true]);
    assert_eq!(store.releases().await.unwrap(), [Release { nivel_id: nivel.id, permissao: permissao() }]);
    assert_eq!(
        edit(store, async |e| e.set_grants(perfil.id, &[q, p, p], true).await).await.unwrap(),
        [true, true, false]
    );
    assert_eq!(edit(store, async |e| e.set_grants(perfil.id, &[q], false).await).await.unwrap(), [true]);
    // All or none: there is no such nível, and no such perfil.
    assert!(edit(store, async |e| e.set_releases(999, &[p], true).await).await.is_err());
    assert!(edit(store, async |e| e.set_grants(999, &[p], true).await).await.is_err());
    assert_eq!(store.grants().await.unwrap(), [Grant { perfil_id: perfil.id, permissao: permissao() }]);

    assert_eq!(edit(store, async |e| e.set_releases(nivel.id, &[p, p], false).await).await.unwrap(), [true, false]);
    assert_eq!(edit(store, async |e| e.set_grants(perfil.id, &[q, p], false).await).await.unwrap(), [false, true]);
    assert!(store.releases().await.unwrap().is_empty() && store.grants().await.unwrap().is_empty());
}

/// A senha that will not be set costs no work: while no more can be hashed, it is refused for what is wrong with it.
async fn refusals_cost_no_hash(store: &Arc<Store>) {
    edit(store, async |e| e.insert_perfil(&nome("P"), None).await).await.unwrap();
    let passwords = Arc::new(Passwords::new(1, || false));
    let setup = Provisioning::with(Arc::clone(store), Arc::clone(&passwords), command_line());
    let senha = || SecretString::from("uma senha comprida");
    setup.create_usuario(&nome("ana"), &nome("P"), senha()).await.unwrap();
    let mut waiting: Vec<_> = (0..64).map(|_| Box::pin(passwords.hash(senha()))).collect();
    waiting.retain_mut(|hash| hash.now_or_never().is_none());
    // Once the first is done, the others wait for the next, which nobody asks for its result.
    waiting.remove(0).await.unwrap();
    let mut last = Box::pin(passwords.hash(senha()));
    assert!((&mut last).now_or_never().is_none());
    let missing = |kind, outcome| matches!(outcome, Err(ProvisioningError::Missing { kind: of, .. }) if of == kind);
    assert!(missing(Kind::Usuario, setup.set_senha(&nome("bia"), senha()).await.map(drop)));
    assert!(missing(Kind::Perfil, setup.create_usuario(&nome("bia"), &nome("Q"), senha()).await.map(drop)));
    let busy = |outcome| matches!(outcome, Err(ProvisioningError::Password(PasswordError::Busy)));
    assert!(busy(setup.set_senha(&nome("ana"), senha()).await.map(drop)));
    assert!(busy(setup.create_usuario(&nome("bia"), &nome("P"), senha()).await.map(drop)));
    drop((waiting, last));
    setup.set_senha(&nome("ana"), senha()).await.unwrap();
}

async fn users_are_listed_by_login_without_their_hashes(store: &Arc<Store>) {
    edit(store, async |e| e.insert_perfil(&nome("P"), None).await).await.unwrap();
    let perfil = store.perfil(&NameKey::new("p")).await.unwrap().unwrap();
    for login in ["b", "A"] {
        edit(store, async |e| e.insert_usuario(&nome(login), perfil.id, "hash", 1).await).await.unwrap();
    }
    edit(store, async |e| {
        let b = e.usuario(&NameKey::new("b")).await?.unwrap();
        assert_eq!((b.login.as_str(), b.perfil.as_str(), b.ativo), ("b", "P", true));
        assert_eq!(e.usuario(&NameKey::new("nobody")).await?, None);
        e.deactivate_usuario(b.id, 2).await
    })
    .await
    .unwrap();
    let usuario = |id, login: &str, ativo| Usuario {
        id,
        login: login.to_owned(),
        perfil: "P".to_owned(),
        perfil_id: perfil.id,
        nivel_id: None,
        ativo,
    };
    assert_eq!(store.usuarios().await.unwrap(), [usuario(2, "A", true), usuario(1, "b", false)]);
    let again = edit(store, async |e| e.insert_usuario(&nome("B"), perfil.id, "hash", 1).await).await;
    assert!(matches!(again, Err(StoreError::AlreadyExists)));
}

async fn motivos_are_deactivated_and_come_back(store: &Arc<Store>) {
    edit(store, async |e| e.insert_motivo(&nome("Já resolvido")).await).await.unwrap();
    assert!(matches!(
        edit(store, async |e| e.insert_motivo(&nome("JÁ RESOLVIDO")).await).await,
        Err(StoreError::AlreadyExists)
    ));
    let motivo = |ativo| [Motivo { id: 1, nome: "Já resolvido".to_owned(), ativo }];
    assert_eq!(store.motivos().await.unwrap(), motivo(true));
    edit(store, async |e| {
        assert_eq!(e.motivo(&NameKey::new("nenhum")).await?, None);
        assert_eq!(e.motivo(&NameKey::new("JÁ resolvido")).await?.as_slice(), motivo(true));
        e.set_motivo_ativo(&NameKey::new("já resolvido"), false).await
    })
    .await
    .unwrap();
    assert_eq!(store.motivos().await.unwrap(), motivo(false));
}

both_engines! {
    refusals_cost_no_hash,
    niveis_form_a_tree_and_have_one_name_each,
    releases_and_grants_are_set_once_and_taken_back,
    users_are_listed_by_login_without_their_hashes,
    motivos_are_deactivated_and_come_back,
}
