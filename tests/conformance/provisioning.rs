use std::sync::Arc;

use citrus_status::domain::access::Permissao;
use citrus_status::domain::text::NameKey;
use citrus_status::store::{Grant, Motivo, Release, Store, StoreError, Usuario};

use crate::support::both_engines;
use crate::support::server::nome;

async fn niveis_form_a_tree_and_have_one_name_each(store: &Arc<Store>) {
    store.insert_nivel(&nome("Empresa"), None).await.unwrap();
    let top = store.nivel(&NameKey::new("EMPRESA")).await.unwrap().unwrap();
    store.insert_nivel(&nome("Suporte"), Some(top.id)).await.unwrap();
    let niveis = store.niveis().await.unwrap();
    let seen: Vec<_> = niveis.iter().map(|n| (n.nome.as_str(), n.superior_id)).collect();
    assert_eq!(seen, [("Empresa", None), ("Suporte", Some(top.id))]);
    assert!(matches!(store.insert_nivel(&nome("empresa"), None).await, Err(StoreError::AlreadyExists)));
    assert!(store.insert_nivel(&nome("Solto"), Some(999)).await.is_err());
    assert!(store.nivel(&NameKey::new("nenhum")).await.unwrap().is_none());
}

async fn releases_and_grants_are_set_once_and_taken_back(store: &Arc<Store>) {
    store.insert_nivel(&nome("n"), None).await.unwrap();
    let nivel = store.nivel(&NameKey::new("n")).await.unwrap().unwrap();
    store.insert_perfil(&nome("p"), Some(nivel.id)).await.unwrap();
    let perfil = store.perfil(&NameKey::new("P")).await.unwrap().unwrap();
    assert_eq!((perfil.nome.as_str(), perfil.nivel_id), ("p", Some(nivel.id)));
    assert!(matches!(store.insert_perfil(&nome("P"), None).await, Err(StoreError::AlreadyExists)));
    assert_eq!(store.perfis().await.unwrap(), std::slice::from_ref(&perfil));

    let permissao = || Permissao::AlterarStatus.nome().to_owned();
    let (p, q) = (Permissao::AlterarStatus, Permissao::ConsultarMotivos);
    assert_eq!(store.set_releases(nivel.id, &[p], true).await.unwrap(), [true]);
    assert_eq!(store.set_releases(nivel.id, &[q, p], true).await.unwrap(), [true, false]);
    assert_eq!(store.set_releases(nivel.id, &[q], false).await.unwrap(), [true]);
    assert_eq!(store.releases().await.unwrap(), [Release { nivel_id: nivel.id, permissao: permissao() }]);
    assert_eq!(store.set_grants(perfil.id, &[q, p, p], true).await.unwrap(), [true, true, false]);
    assert_eq!(store.set_grants(perfil.id, &[q], false).await.unwrap(), [true]);
    // All or none: there is no such nível, and no such perfil.
    assert!(store.set_releases(999, &[p], true).await.is_err());
    assert!(store.set_grants(999, &[p], true).await.is_err());
    assert_eq!(store.grants().await.unwrap(), [Grant { perfil_id: perfil.id, permissao: permissao() }]);

    assert_eq!(store.set_releases(nivel.id, &[p, p], false).await.unwrap(), [true, false]);
    assert_eq!(store.set_grants(perfil.id, &[q, p], false).await.unwrap(), [false, true]);
    assert!(store.releases().await.unwrap().is_empty() && store.grants().await.unwrap().is_empty());
}

async fn users_are_listed_by_login_without_their_hashes(store: &Arc<Store>) {
    store.insert_perfil(&nome("P"), None).await.unwrap();
    let perfil = store.perfil(&NameKey::new("p")).await.unwrap().unwrap();
    for login in ["b", "A"] {
        store.insert_usuario(&nome(login), perfil.id, "hash", 1).await.unwrap();
    }
    store.deactivate_usuario(&NameKey::new("b"), 2).await.unwrap();
    let usuario = |id, login: &str, ativo| Usuario { id, login: login.to_owned(), perfil: "P".to_owned(), ativo };
    assert_eq!(store.usuarios().await.unwrap(), [usuario(2, "A", true), usuario(1, "b", false)]);
    let again = store.insert_usuario(&nome("B"), perfil.id, "hash", 1).await;
    assert!(matches!(again, Err(StoreError::AlreadyExists)));
}

async fn motivos_are_deactivated_and_come_back(store: &Arc<Store>) {
    store.insert_motivo(&nome("Já resolvido")).await.unwrap();
    assert!(matches!(store.insert_motivo(&nome("JÁ RESOLVIDO")).await, Err(StoreError::AlreadyExists)));
    let motivo = |ativo| [Motivo { nome: "Já resolvido".to_owned(), ativo }];
    assert_eq!(store.motivos().await.unwrap(), motivo(true));
    assert!(store.set_motivo_ativo(&NameKey::new("já resolvido"), false).await.unwrap());
    assert_eq!(store.motivos().await.unwrap(), motivo(false));
    assert!(!store.set_motivo_ativo(&NameKey::new("nenhum"), false).await.unwrap());
}

both_engines! {
    niveis_form_a_tree_and_have_one_name_each,
    releases_and_grants_are_set_once_and_taken_back,
    users_are_listed_by_login_without_their_hashes,
    motivos_are_deactivated_and_come_back,
}
