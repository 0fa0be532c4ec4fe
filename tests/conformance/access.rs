use std::sync::Arc;

use citrus_status::domain::access::{AccessRights, Permissao};
use citrus_status::domain::text::NameKey;

use crate::support::both_engines;
use crate::support::edits::edit;
use crate::support::server::nome;
use citrus_status::store::Store;

async fn a_credential_is_found_by_key_and_follows_every_change(store: &Arc<Store>) {
    edit(store, async |e| e.insert_perfil(&nome("p"), None).await).await.unwrap();
    let perfil = store.perfil(&NameKey::new("p")).await.unwrap().unwrap();
    let inserted = edit(store, async |e| e.insert_usuario(&nome("José.API"), perfil.id, "hash 1", 11).await).await;
    let id = inserted.unwrap();
    let key = NameKey::new(" JOSE\u{301}.api ");
    let read = async || {
        let c = store.credential(&key).await.unwrap().unwrap();
        (c.login, c.senha_hash, c.ativo, c.generation)
    };
    assert_eq!(read().await, ("José.API".to_owned(), "hash 1".to_owned(), true, 11));
    edit(store, async |e| e.set_senha(id, "hash 2", 12, &[0; 16]).await).await.unwrap();
    assert_eq!(read().await, ("José.API".to_owned(), "hash 2".to_owned(), true, 12));
    edit(store, async |e| e.deactivate_usuario(id, 13).await).await.unwrap();
    assert_eq!(read().await, ("José.API".to_owned(), "hash 2".to_owned(), false, 13));
    edit(store, async |e| e.activate_usuario(id, 14, &[0; 16]).await).await.unwrap();
    edit(store, async |e| e.set_generation(id, i64::MAX).await).await.unwrap();
    assert_eq!(read().await, ("José.API".to_owned(), "hash 2".to_owned(), true, i64::MAX));

    assert!(store.credential(&NameKey::new("nobody")).await.unwrap().is_none());
}

async fn access_is_read_with_grants_and_releases(store: &Arc<Store>) {
    edit(store, async |e| e.insert_nivel(&nome("n"), None).await).await.unwrap();
    let nivel = store.nivel(&NameKey::new("n")).await.unwrap().unwrap();
    edit(store, async |e| e.insert_perfil(&nome("p"), Some(nivel.id)).await).await.unwrap();
    edit(store, async |e| e.insert_perfil(&nome("root"), None).await).await.unwrap();
    let perfil = store.perfil(&NameKey::new("p")).await.unwrap().unwrap();
    let root = store.perfil(&NameKey::new("root")).await.unwrap().unwrap();
    edit(store, async |e| e.insert_usuario(&nome("u"), perfil.id, "h", 1).await).await.unwrap();
    edit(store, async |e| e.insert_usuario(&nome("r"), root.id, "h", 1).await).await.unwrap();
    let id = async |login| store.credential(&NameKey::new(login)).await.unwrap().unwrap().usuario_id;
    let (u, r) = (id("u").await, id("r").await);
    let none = AccessRights {
        login: "u".into(),
        ativo: true,
        generation: 1,
        perfil_id: perfil.id,
        nivel_id: Some(nivel.id),
        granted: vec![],
        released: vec![],
    };
    assert_eq!(store.access(u).await.unwrap().unwrap(), none);

    let p = Permissao::AlterarStatus;
    assert_eq!(edit(store, async |e| e.set_grants(perfil.id, &[p], true).await).await.unwrap(), [true]);
    assert_eq!(edit(store, async |e| e.set_releases(nivel.id, &[p], true).await).await.unwrap(), [true]);
    let all = AccessRights { granted: vec![p.nome().into()], released: vec![p.nome().into()], ..none };
    assert_eq!(store.access(u).await.unwrap().unwrap(), all);

    edit(store, async |e| e.set_grants(root.id, &[p], true).await).await.unwrap();
    let root_id = root.id;
    let root = AccessRights { login: "r".into(), perfil_id: root_id, nivel_id: None, released: vec![], ..all };
    assert_eq!(store.access(r).await.unwrap().unwrap(), root);
    // A user who moves has what the other perfil holds.
    edit(store, async |e| e.set_perfil(u, root_id).await).await.unwrap();
    assert_eq!(store.access(u).await.unwrap().unwrap(), AccessRights { login: "u".into(), ..root });
    assert!(store.access(999).await.unwrap().is_none());
}

both_engines! {
    a_credential_is_found_by_key_and_follows_every_change,
    access_is_read_with_grants_and_releases,
}
