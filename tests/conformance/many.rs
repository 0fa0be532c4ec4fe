//! Many users in a few statements.

use std::sync::Arc;

use citrus_status::domain::audit::{Action, Entry, Object};
use citrus_status::domain::text::{Name, NameKey};
use citrus_status::store::{AuditQuery, MANY, NewSenha, NewUsuario, Store, StoreError};
use futures_util::TryStreamExt;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::{edit, tester};
use crate::support::server::nome;

fn new(login: &Name, perfil_id: i64, ativo: bool) -> NewUsuario<'_> {
    NewUsuario { login, perfil_id, senha_hash: "hash", ativo, generation: 7 }
}

async fn many_users_are_registered_at_once(store: &Arc<Store>, database: &Database) {
    let perfil = edit(store, async |e| e.insert_perfil(&nome("p"), None).await).await.unwrap();
    // Neither in the order of their names nor of anything else.
    let logins: Vec<Name> = (0..MANY).map(|number| nome(&format!("U{}", number * 7919 % MANY))).collect();
    let wanted: Vec<_> = logins.iter().enumerate().map(|(at, login)| new(login, perfil, at % 3 > 0)).collect();
    let ids = edit(store, async |e| e.insert_usuarios(&wanted).await).await.unwrap();
    for (at, login) in logins.iter().enumerate().step_by(50) {
        let found = store.usuario_named(&login.key).await.unwrap().unwrap();
        assert_eq!((found.id, found.login, found.ativo), (ids[at], login.texto.clone(), at % 3 > 0));
        assert_eq!(store.access(ids[at]).await.unwrap().unwrap().generation, 7);
    }
    // All or none.
    let (known, unknown) = (nome("u3"), nome("novo"));
    let again =
        edit(store, async |e| e.insert_usuarios(&[new(&unknown, perfil, true), new(&known, perfil, true)]).await);
    assert!(matches!(again.await, Err(StoreError::AlreadyExists)));
    assert_eq!(database.number("SELECT count(*) FROM usuario").await, i64::try_from(MANY).unwrap());

    let bucket = |number: usize| [u8::try_from(number % 250).unwrap(); 16];
    for (key, full_in) in [("01", 60_000), ("02", 60_000), ("fe", 60_000)] {
        let (hex, number) = (key.repeat(16), full_in);
        let bytes = match database.engine {
            crate::support::database::Engine::Postgres => format!("'\\x{hex}'::bytea"),
            crate::support::database::Engine::Sqlite => format!("X'{hex}'"),
        };
        database
            .execute(&format!(
                "INSERT INTO tentativa (chave, cheio_em, login) SELECT {bytes}, agora + {number}, {bytes} FROM relogio"
            ))
            .await;
    }
    let hashes: Vec<String> = (0..MANY).map(|number| format!("hash {number}")).collect();
    let senhas: Vec<_> = ids
        .iter()
        .zip(&hashes)
        .enumerate()
        .map(|(at, (id, hash))| NewSenha { usuario_id: *id, senha_hash: hash, generation: 8, bucket: bucket(at) })
        .collect();
    edit(store, async |e| e.set_senhas(&senhas).await).await.unwrap();
    for (at, login) in logins.iter().enumerate().step_by(50) {
        let credential = store.credential(&login.key).await.unwrap().unwrap();
        assert_eq!((credential.senha_hash.as_str(), credential.generation), (hashes[at].as_str(), 8));
    }
    let full = "SELECT count(*) FROM tentativa WHERE cheio_em > (SELECT agora FROM relogio)";
    assert_eq!(database.number(full).await, 1, "one that counts nobody of these");
}

async fn many_entries_keep_their_order(store: &Arc<Store>) {
    let perfil = edit(store, async |e| e.insert_perfil(&nome("p"), None).await).await.unwrap();
    let id = edit(store, async |e| e.insert_usuario(&nome("ana"), perfil, "hash", 7).await).await.unwrap();
    for count in [1, MANY - 1, MANY, MANY + 1, 2 * MANY + 1] {
        let name = |number: usize| format!("{count} {number}");
        let entry = |number: usize| Entry {
            action: if number == 0 { Action::SetSenha } else { Action::CreateMotivo },
            object: if number == 0 { Object::Usuario(id) } else { Object::Named(name(number)) },
            before: None,
            after: (number % 2 == 1).then(|| "{}".to_owned()),
        };
        let entries: Vec<Entry> = (0..count).map(entry).collect();
        store.edit().await.unwrap().commit(&tester(), &entries).await.unwrap();
        let asked = AuditQuery { limit: Some(u32::try_from(count).unwrap()), ..AuditQuery::default() };
        let told: Vec<_> = store.list_audit(&asked).try_collect().await.unwrap();
        for (number, entry) in told.iter().rev().enumerate() {
            let object = if number == 0 { "ana".to_owned() } else { name(number) };
            assert_eq!(entry.objeto.as_deref(), Some(object.as_str()), "{count}");
            assert_eq!((entry.depois.is_some(), entry.autor.as_str()), (number % 2 == 1, "tester"));
        }
        assert_eq!(told.len(), count);
    }
    assert!(store.usuario_named(&NameKey::new("ANA")).await.unwrap().is_some());
}

both_engines! {
    many_users_are_registered_at_once,
    many_entries_keep_their_order,
}
