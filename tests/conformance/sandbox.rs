use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use citrus_status::domain::atendimento::{Change, Comentario, IdempotencyKey, Status};
use citrus_status::domain::text::NameKey;
use citrus_status::store::{Debit, Example, NewAtendimento, NewMotivo, Store};
use serde_json::json;
use time::Duration;

use super::atendimentos::{change, current, insert, store};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::server::{nome, record_of};

fn motivo(texto: &str) -> NewMotivo {
    NewMotivo { nome: nome(texto), ativo: true }
}

fn example() -> Example {
    let novo = |(protocolo, status): (&str, Status)| NewAtendimento { protocolo: protocolo.to_owned(), status };
    Example {
        motivos: ["Duplicado", "Fora do escopo"].map(motivo).to_vec(),
        atendimentos: [("1", Status::Aberto), ("2", Status::Finalizado)].map(novo).to_vec(),
    }
}

/// Row id of a user.
async fn user(store: &Arc<Store>) -> i64 {
    edit(store, async |e| e.insert_perfil(&nome("p"), None).await).await.unwrap();
    let perfil = store.perfil(&NameKey::new("p")).await.unwrap().unwrap();
    edit(store, async |e| e.insert_usuario(&nome("ana"), perfil.id, "hash", 7).await).await.unwrap();
    store.credential(&NameKey::new("ana")).await.unwrap().unwrap().usuario_id
}

async fn the_example_replaces_what_requests_write(store: &Arc<Store>, database: &Database) {
    let usuario_id = user(store).await;
    for (protocolo, status) in [("1", Status::Finalizado), ("3", Status::Aberto)] {
        insert(store, protocolo, status).await;
    }
    for motivo in ["duplicado", "Antigo"] {
        edit(store, async |e| e.insert_motivo(&nome(motivo)).await).await.unwrap();
    }
    edit(store, async |e| e.set_motivo_ativo(&NameKey::new("duplicado"), false).await).await.unwrap();
    let duplicado_id = store.motivos().await.unwrap().iter().find(|m| m.nome == "duplicado").unwrap().id;
    let motivos = store.snapshot(&[], &["antigo"]).await.unwrap().motivos;
    let full = Change {
        motivo_id: Some(motivos["antigo"]),
        usuario_id: Some(usuario_id),
        comentario: Some(Comentario { texto: "olá".into(), visivel_cliente: true }),
        idempotency: Some(IdempotencyKey { key: "a".into(), fingerprint: 1 }),
        ..change(current(store, "1").await, Status::Cancelado)
    };
    assert!(store.commit(&[full]).await.unwrap().is_empty());
    assert!(store.debit(&[Debit { key: [1; 16], login: None, cost: 60_000 }]).await.unwrap());
    store.set_success(&[2; 16], &[2; 16]).await.unwrap();

    edit(store, async |e| e.draw(20_261_123).await).await.unwrap();
    database.advance_clock(Duration::seconds(1)).await;
    store.start_over(&example()).await.unwrap();
    for (protocolo, status) in [("1", "Aberto"), ("2", "Finalizado")] {
        assert_eq!(
            record_of(store, protocolo).await,
            json!({"protocolo": protocolo, "status": status, "motivoStatus": null,
                   "atualizadoEm": "2026-11-23T10:00:01.123Z", "historico": [], "comentarios": []})
        );
        assert_eq!(current(store, protocolo).await.revisao, 0);
    }
    assert_eq!(database.number("SELECT count(*) FROM atendimento").await, 2);
    let motivos = store.motivos().await.unwrap();
    let names: Vec<_> = motivos.iter().map(|motivo| (motivo.nome.as_str(), motivo.ativo)).collect();
    assert_eq!(names, [("Duplicado", true), ("Fora do escopo", true)]);
    assert_eq!(motivos[0].id, duplicado_id);
    for table in ["historico", "idempotencia", "tentativa", "sequencia"] {
        assert_eq!(database.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    let ana = store.credential(&NameKey::new("ana")).await.unwrap().unwrap();
    assert_eq!((ana.usuario_id, ana.ativo, ana.generation), (usuario_id, true, 7));
}

async fn what_was_decided_before_is_refused_after(store: &Arc<Store>, database: &Database) {
    let usuario_id = user(store).await;
    store.start_over(&example()).await.unwrap();
    for _ in 0..3 {
        let motivos = store.snapshot(&[], &["duplicado"]).await.unwrap().motivos;
        let fresh = current(store, "1").await;
        store.commit(&[change(fresh, Status::Finalizado)]).await.unwrap();
        let changed = current(store, "1").await;

        store.start_over(&example()).await.unwrap();
        // At the same revision as before, and elsewhere.
        let now = current(store, "1").await;
        store.commit(&[change(now, Status::EmAtendimento)]).await.unwrap();
        for (stale, para) in [(fresh, Status::Cancelado), (changed, Status::Cancelado)] {
            let late = Change {
                motivo_id: Some(motivos["duplicado"]),
                usuario_id: Some(usuario_id),
                idempotency: Some(IdempotencyKey { key: "a".into(), fingerprint: 1 }),
                ..change(stale, para)
            };
            assert_eq!(store.commit(&[late]).await.unwrap(), [stale.id]);
        }
        let after = current(store, "1").await;
        assert_eq!((after.status, after.revisao), (Status::EmAtendimento, 1));
        assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
        assert_eq!(database.number("SELECT count(*) FROM idempotencia").await, 0);
    }
}

async fn a_start_that_fails_leaves_everything(store: &Arc<Store>, database: &Database) {
    store.start_over(&example()).await.unwrap();
    store.commit(&[change(current(store, "1").await, Status::Finalizado)]).await.unwrap();
    let before = (current(store, "1").await, current(store, "2").await);
    let twice = Example { motivos: ["Novo", "novo"].map(motivo).to_vec(), ..example() };
    assert!(store.start_over(&twice).await.is_err());
    assert_eq!((current(store, "1").await, current(store, "2").await), before);
    assert_eq!(store.motivos().await.unwrap().len(), 2);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
    // And holds nothing up.
    store.start_over(&example()).await.unwrap();
}

async fn changes_and_starts_that_race_leave_whole_records(database: &Database) {
    const WRITERS: usize = 4;
    const STARTS: usize = 25;
    let store = store(database).await;
    let usuario_id = user(&store).await;
    store.start_over(&example()).await.unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    // Stores of their own, as processes would have.
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (store, ended) = (database.open().await, Arc::clone(&ended));
        writers.spawn(async move {
            let mut made = 0;
            for turn in 0.. {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let read = store.snapshot(&["1", "2"], &["duplicado"]).await.unwrap();
                let marked = |protocolo: &str| Change {
                    motivo_id: Some(read.motivos["duplicado"]),
                    usuario_id: Some(usuario_id),
                    comentario: Some(Comentario { texto: "x".into(), visivel_cliente: true }),
                    idempotency: Some(IdempotencyKey {
                        key: format!("{writer}/{turn}/{protocolo}").into(),
                        fingerprint: 1,
                    }),
                    ..change(read.atendimentos[protocolo], Status::ALL[(writer + turn) % 5])
                };
                let mut changes = ["1", "2"].map(marked);
                changes.sort_by_key(|change| change.atendimento_id);
                match store.commit(&changes).await {
                    Ok(refused) => made += 2 - refused.len(),
                    // It gave way to the others too long.
                    Err(error) => assert!(error.is_transient(), "{error}"),
                }
            }
            store.close().await;
            made
        });
    }
    let mut done = 0;
    while done < STARTS {
        match store.start_over(&example()).await {
            Ok(()) => done += 1,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
        assert_eq!(database.broken_links().await, 0);
    }
    ended.store(true, Ordering::Relaxed);
    let made: usize = writers.join_all().await.into_iter().sum();
    assert!(made > 0);

    assert_eq!(database.broken_links().await, 0);
    let begun = "SELECT count(*) FROM historico h JOIN atendimento a ON a.id = h.atendimento_id
                     WHERE h.revisao = 1 AND h.de <> CASE a.protocolo WHEN '1' THEN 1 ELSE 5 END";
    assert_eq!(database.number(begun).await, 0);
    let entries = database.number("SELECT count(*) FROM historico").await;
    assert_eq!(database.number("SELECT CAST(sum(revisao) AS bigint) FROM atendimento").await, entries);
    assert_eq!(database.number("SELECT count(*) FROM idempotencia").await, entries);
    assert_eq!(database.number("SELECT count(*) FROM atendimento").await, 2);
    store.start_over(&example()).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 0);
    store.close().await;
}

both_engines! {
    the_example_replaces_what_requests_write,
    what_was_decided_before_is_refused_after,
    a_start_that_fails_leaves_everything,
    changes_and_starts_that_race_leave_whole_records,
}
