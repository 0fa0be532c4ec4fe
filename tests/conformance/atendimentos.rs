use std::collections::HashMap;
use std::sync::Arc;

use citrus_status::domain::atendimento::{Atendimento, Change, Comentario, Status};
use citrus_status::domain::text::NameKey;
use citrus_status::store::{NewAtendimento, Store, StoreError};
use serde_json::json;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::{edit, tester};
use crate::support::engines::EM;
use crate::support::server::{nome, record_of};

/// A store on a database whose clock stands at [`EM`].
pub async fn store(database: &Database) -> Arc<Store> {
    let store = database.store().await;
    database.stop_clock(EM).await;
    store
}

pub async fn insert(store: &Arc<Store>, protocolo: &str, status: Status) {
    let novo = NewAtendimento { protocolo: protocolo.to_owned(), status };
    edit(store, async |e| e.insert_atendimento(&novo).await).await.unwrap();
}

pub async fn current(store: &Arc<Store>, protocolo: &str) -> Atendimento {
    store.snapshot(&[protocolo], &[]).await.unwrap().atendimentos[protocolo]
}

/// Makes users of these logins, and returns their row ids.
pub async fn users<const N: usize>(store: &Arc<Store>, logins: [&str; N]) -> [i64; N] {
    edit(store, async |e| e.insert_perfil(&nome("p"), None).await).await.unwrap();
    let perfil = store.perfil(&NameKey::new("p")).await.unwrap().unwrap();
    let mut ids = [0; N];
    for (id, login) in ids.iter_mut().zip(logins) {
        edit(store, async |e| e.insert_usuario(&nome(login), perfil.id, "hash", 1).await).await.unwrap();
        *id = store.credential(&NameKey::new(login)).await.unwrap().unwrap().usuario_id;
    }
    ids
}

pub fn change(from: Atendimento, para: Status) -> Change {
    Change {
        atendimento_id: from.id,
        revisao: from.revisao + 1,
        de: from.status,
        para,
        motivo_id: None,
        usuario_id: None,
        comentario: None,
        idempotency: None,
    }
}

async fn a_snapshot_holds_what_was_named_and_is_there(store: &Arc<Store>) {
    insert(store, "1", Status::Aberto).await;
    insert(store, "2", Status::Finalizado).await;
    for motivo in ["Duplicado", "Fora do escopo", "Antigo"] {
        edit(store, async |e| e.insert_motivo(&nome(motivo)).await).await.unwrap();
    }
    edit(store, async |e| e.set_motivo_ativo(&NameKey::new("antigo"), false).await).await.unwrap();

    let motivos = ["duplicado", "antigo", "nenhum"];
    let snapshot = store.snapshot(&["2", "3"], &motivos).await.unwrap();
    assert_eq!(snapshot.atendimentos.keys().collect::<Vec<_>>(), ["2"]);
    let found = snapshot.atendimentos["2"];
    assert_eq!((found.status, found.revisao), (Status::Finalizado, 0));
    assert_eq!(snapshot.motivos.keys().collect::<Vec<_>>(), ["duplicado"]);

    let nothing = store.snapshot(&[], &[]).await.unwrap();
    assert!(nothing.atendimentos.is_empty() && nothing.motivos.is_empty());
}

async fn a_commit_writes_status_history_and_comment_together(store: &Arc<Store>, database: &Database) {
    insert(store, "1", Status::Aberto).await;
    let [usuario_id] = users(store, ["user.api"]).await;
    edit(store, async |e| e.insert_motivo(&nome("Duplicado")).await).await.unwrap();
    let motivos = store.snapshot(&[], &["duplicado"]).await.unwrap().motivos;

    let before = current(store, "1").await;
    let first = Change {
        motivo_id: Some(motivos["duplicado"]),
        usuario_id: Some(usuario_id),
        comentario: Some(Comentario { texto: "olá \u{1F34A} \"x\" \\ \u{202e}".into(), visivel_cliente: false }),
        ..change(before, Status::Cancelado)
    };
    let second = Change { de: Status::Cancelado, revisao: 2, ..change(before, Status::Finalizado) };
    assert!(store.commit(&[first, second]).await.unwrap().is_empty());

    assert_eq!(current(store, "1").await, Atendimento { id: before.id, status: Status::Finalizado, revisao: 2 });
    let em = "2026-11-23T10:00:00.123Z";
    assert_eq!(
        record_of(store, "1").await,
        json!({
            "protocolo": "1", "status": "Finalizado", "motivoStatus": null, "atualizadoEm": em,
            "historico": [
                {"em": em, "de": "Aberto", "para": "Cancelado", "motivoStatus": "Duplicado", "usuario": "user.api"},
                {"em": em, "de": "Cancelado", "para": "Finalizado", "motivoStatus": null, "usuario": null},
            ],
            "comentarios": [
                {"em": em, "texto": "olá \u{1F34A} \"x\" \\ \u{202e}", "visivelCliente": false, "usuario": "user.api"},
            ],
        })
    );
    assert_eq!(database.broken_links().await, 0);
}

async fn a_commit_leaves_alone_what_is_no_longer_as_read(store: &Arc<Store>, database: &Database) {
    for protocolo in ["1", "2", "3"] {
        insert(store, protocolo, Status::Aberto).await;
    }
    let (one, two, three) = (current(store, "1").await, current(store, "2").await, current(store, "3").await);
    assert!(store.commit(&[change(two, Status::EmAtendimento)]).await.unwrap().is_empty());

    let second = Change { de: Status::Finalizado, revisao: 2, ..change(two, Status::Aberto) };
    let late =
        [change(one, Status::Finalizado), change(two, Status::Finalizado), second, change(three, Status::Finalizado)];
    assert_eq!(store.commit(&late).await.unwrap(), [two.id]);
    assert_eq!(current(store, "1").await.status, Status::Finalizado);
    assert_eq!(current(store, "2").await, Atendimento { status: Status::EmAtendimento, revisao: 1, ..two });
    assert_eq!(current(store, "3").await.status, Status::Finalizado);
    assert_eq!(record_of(store, "2").await["historico"].as_array().unwrap().len(), 1);

    let only_late = [change(two, Status::Finalizado)];
    assert_eq!(store.commit(&only_late).await.unwrap(), [two.id]);
    assert_eq!(database.broken_links().await, 0);
}

async fn a_commit_that_fails_leaves_nothing(store: &Arc<Store>, database: &Database) {
    insert(store, "1", Status::Aberto).await;
    insert(store, "2", Status::Aberto).await;
    let (one, two) = (current(store, "1").await, current(store, "2").await);
    let unknown_motivo = Change { motivo_id: Some(999), ..change(two, Status::Cancelado) };
    assert!(store.commit(&[change(one, Status::Finalizado), unknown_motivo]).await.is_err());
    assert_eq!(current(store, "1").await, one);
    assert_eq!(current(store, "2").await, two);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
}

async fn racing_writers_lose_nothing_and_double_nothing(database: &Database) {
    const WRITERS: i64 = 8;
    const EACH: i64 = 25;
    let store = store(database).await;
    let protocolos = ["1", "2", "3"];
    for protocolo in protocolos {
        insert(&store, protocolo, Status::Aberto).await;
    }
    // Stores of their own, as processes would have.
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = database.open().await;
        writers.spawn(async move {
            let mut acknowledged = 0;
            for turn in 0..EACH {
                let para = Status::ALL[((writer + turn) % 5) as usize];
                loop {
                    let read = store.snapshot(&protocolos, &[]).await.unwrap().atendimentos;
                    let all: Vec<Change> = protocolos.iter().map(|p| change(read[*p], para)).collect();
                    let moved = match store.commit(&all).await {
                        Ok(left) => all.len() - left.len(),
                        // The others held the file for longer than one waits: nothing was made.
                        Err(StoreError::Contention(_)) => 0,
                        Err(error) => panic!("{error}"),
                    };
                    acknowledged += moved as i64;
                    if moved > 0 {
                        break;
                    }
                }
            }
            store.close().await;
            acknowledged
        });
    }
    let acknowledged: i64 = writers.join_all().await.into_iter().sum();
    assert!(acknowledged >= WRITERS * EACH);
    let mut total = 0;
    for protocolo in protocolos {
        total += current(&store, protocolo).await.revisao;
    }
    assert_eq!(total, acknowledged);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, acknowledged);
    assert_eq!(database.broken_links().await, 0);
    store.close().await;
}

async fn large_batches_are_one_commit(store: &Arc<Store>, database: &Database) {
    let novos: Vec<NewAtendimento> =
        (0..2_000).map(|i| NewAtendimento { protocolo: i.to_string(), status: Status::Aberto }).collect();
    let mut import = store.begin_import().await.unwrap();
    import.insert(&novos).await.unwrap();
    import.commit(&tester(), &[]).await.unwrap();

    let protocolos: Vec<&str> = novos.iter().map(|novo| novo.protocolo.as_str()).collect();
    let read: HashMap<String, Atendimento> = store.snapshot(&protocolos, &[]).await.unwrap().atendimentos;
    assert_eq!(read.len(), 2_000);
    let changes: Vec<Change> = read.values().map(|a| change(*a, Status::Finalizado)).collect();
    assert!(store.commit(&changes).await.unwrap().is_empty());
    assert_eq!(database.number("SELECT count(*) FROM atendimento WHERE status = 5 AND revisao = 1").await, 2_000);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 2_000);
}

async fn a_protocolo_is_registered_once_and_compared_exactly(store: &Arc<Store>) {
    insert(store, "a", Status::Aberto).await;
    let novo = NewAtendimento { protocolo: "a".to_owned(), status: Status::Cancelado };
    assert!(matches!(edit(store, async |e| e.insert_atendimento(&novo).await).await, Err(StoreError::AlreadyExists)));
    assert!(store.present_state("A").await.unwrap().is_none());
    assert_eq!(
        record_of(store, "a").await,
        json!({"protocolo": "a", "status": "Aberto", "motivoStatus": null,
               "atualizadoEm": "2026-11-23T10:00:00.123Z", "historico": [], "comentarios": []})
    );
}

both_engines! {
    a_snapshot_holds_what_was_named_and_is_there,
    a_commit_writes_status_history_and_comment_together,
    a_commit_leaves_alone_what_is_no_longer_as_read,
    a_commit_that_fails_leaves_nothing,
    racing_writers_lose_nothing_and_double_nothing,
    large_batches_are_one_commit,
    a_protocolo_is_registered_once_and_compared_exactly,
}
