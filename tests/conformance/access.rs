use citrus_status::domain::acesso::{Acesso, Permissao};
use citrus_status::domain::texto::Chave;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::server::nome;

async fn a_credential_is_found_by_key_and_follows_every_change(database: &Database) {
    let store = database.store().await;
    store.insert_perfil(&nome("p"), None).await.unwrap();
    let perfil = store.perfil(&Chave::new("p")).await.unwrap().unwrap();
    store.insert_usuario(&nome("José.API"), perfil.id, "hash 1", 11).await.unwrap();
    let chave = Chave::new(" JOSE\u{301}.api ");
    let read = async || {
        let c = store.credential(&chave).await.unwrap().unwrap();
        (c.login, c.senha_hash, c.ativo, c.geracao)
    };
    assert_eq!(read().await, ("José.API".to_owned(), "hash 1".to_owned(), true, 11));
    assert!(store.set_senha(&chave, "hash 2", 12, &[0; 16]).await.unwrap());
    assert_eq!(read().await, ("José.API".to_owned(), "hash 2".to_owned(), true, 12));
    assert!(store.deactivate_usuario(&chave, 13).await.unwrap());
    assert_eq!(read().await, ("José.API".to_owned(), "hash 2".to_owned(), false, 13));
    assert!(store.activate_usuario(&chave, 14, &[0; 16]).await.unwrap());
    assert!(store.set_geracao(&chave, i64::MAX).await.unwrap());
    assert_eq!(read().await, ("José.API".to_owned(), "hash 2".to_owned(), true, i64::MAX));

    let nobody = Chave::new("nobody");
    assert!(store.credential(&nobody).await.unwrap().is_none());
    assert!(!store.set_senha(&nobody, "x", 1, &[0; 16]).await.unwrap());
    assert!(!store.deactivate_usuario(&nobody, 1).await.unwrap());
    assert!(!store.activate_usuario(&nobody, 1, &[0; 16]).await.unwrap());
    assert!(!store.set_geracao(&nobody, 1).await.unwrap());
    assert!(!store.set_perfil(&nobody, perfil.id).await.unwrap());
    store.close().await;
}

async fn access_is_read_with_grants_and_releases(database: &Database) {
    let store = database.store().await;
    store.insert_nivel(&nome("n"), None).await.unwrap();
    let nivel = store.nivel(&Chave::new("n")).await.unwrap().unwrap();
    store.insert_perfil(&nome("p"), Some(nivel.id)).await.unwrap();
    store.insert_perfil(&nome("root"), None).await.unwrap();
    let perfil = store.perfil(&Chave::new("p")).await.unwrap().unwrap();
    let root = store.perfil(&Chave::new("root")).await.unwrap().unwrap();
    store.insert_usuario(&nome("u"), perfil.id, "h", 1).await.unwrap();
    store.insert_usuario(&nome("r"), root.id, "h", 1).await.unwrap();
    let id = async |login| store.credential(&Chave::new(login)).await.unwrap().unwrap().usuario_id;
    let (u, r) = (id("u").await, id("r").await);
    let none =
        Acesso { login: "u".into(), ativo: true, geracao: 1, root: false, concedidas: vec![], liberadas: vec![] };
    assert_eq!(store.acesso(u).await.unwrap().unwrap(), none);

    let p = Permissao::AlterarStatus;
    assert_eq!(store.set_concessoes(perfil.id, &[p], true).await.unwrap(), [true]);
    assert_eq!(store.set_liberacoes(nivel.id, &[p], true).await.unwrap(), [true]);
    let all = Acesso { concedidas: vec![p.nome().into()], liberadas: vec![p.nome().into()], ..none };
    assert_eq!(store.acesso(u).await.unwrap().unwrap(), all);

    store.set_concessoes(root.id, &[p], true).await.unwrap();
    let root_id = root.id;
    let root = Acesso { login: "r".into(), root: true, liberadas: vec![], ..all };
    assert_eq!(store.acesso(r).await.unwrap().unwrap(), root);
    // A user who moves has what the other perfil holds.
    assert!(store.set_perfil(&Chave::new("u"), root_id).await.unwrap());
    assert_eq!(store.acesso(u).await.unwrap().unwrap(), Acesso { login: "u".into(), ..root });
    assert!(store.acesso(999).await.unwrap().is_none());
    store.close().await;
}

both_engines! {
    a_credential_is_found_by_key_and_follows_every_change,
    access_is_read_with_grants_and_releases,
}
