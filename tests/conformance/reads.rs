use std::sync::Arc;

use citrus_status::cli::record;
use citrus_status::domain::atendimento::{Change, Comentario, Status};
use citrus_status::domain::text::NameKey;
use serde_json::json;
use time::Duration;

use super::atendimentos::{change, current, insert, users};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::engines::EM;
use crate::support::server::nome;
use citrus_status::store::Store;

async fn the_present_state_is_that_of_the_latest_change(store: &Arc<Store>, database: &Database) {
    insert(store, "1", Status::Aberto).await;
    insert(store, "2", Status::Aberto).await;
    edit(store, async |e| e.insert_motivo(&nome("Duplicado")).await).await.unwrap();
    let motivos = store.snapshot(&[], &["duplicado"]).await.unwrap().motivos;
    let present_state = async || store.present_state("1").await.unwrap().unwrap();

    let registered = present_state().await;
    assert_eq!(registered.revisao, 0);
    assert_eq!(
        record::present_state(&registered),
        json!({"protocolo": "1", "status": "Aberto", "motivoStatus": null, "atualizadoEm": "2026-11-23T10:00:00.123Z"})
    );

    let first =
        Change { motivo_id: Some(motivos["duplicado"]), ..change(current(store, "1").await, Status::Cancelado) };
    database.advance_clock(Duration::SECOND).await;
    store.commit(&[first]).await.unwrap();
    let changed = present_state().await;
    assert_eq!(changed.revisao, 1);
    assert_eq!(
        record::present_state(&changed),
        json!({"protocolo": "1", "status": "Cancelado", "motivoStatus": "Duplicado",
               "atualizadoEm": "2026-11-23T10:00:01.123Z"})
    );

    store.commit(&[change(current(store, "1").await, Status::Finalizado)]).await.unwrap();
    assert_eq!(present_state().await.motivo, None);
    assert_eq!(present_state().await.revisao, 2);
    assert_eq!(store.present_state("2").await.unwrap().unwrap().revisao, 0);
    assert!(store.present_state("3").await.unwrap().is_none());
}

async fn a_history_comes_in_pieces_oldest_first(store: &Arc<Store>) {
    insert(store, "1", Status::Aberto).await;
    insert(store, "2", Status::Aberto).await;
    let [usuario_id] = users(store, ["user.api"]).await;
    edit(store, async |e| e.insert_motivo(&nome("Duplicado")).await).await.unwrap();
    let motivos = store.snapshot(&[], &["duplicado"]).await.unwrap().motivos;
    let start = current(store, "1").await;
    let numbered = |revisao: i64| Change {
        revisao,
        comentario: Some(Comentario { texto: revisao.to_string().into(), visivel_cliente: revisao % 2 == 0 }),
        ..change(start, Status::Aberto)
    };
    let mut changes: Vec<Change> = (1..=7).map(numbered).collect();
    changes[6] = Change {
        para: Status::Cancelado,
        motivo_id: Some(motivos["duplicado"]),
        usuario_id: Some(usuario_id),
        comentario: None,
        ..changes[6].clone()
    };
    store.commit(&changes).await.unwrap();
    store.commit(&[change(current(store, "2").await, Status::Finalizado)]).await.unwrap();

    let revisions = async |after, limit| -> Vec<i64> {
        let page = store.historico("1", after, limit).await.unwrap().unwrap();
        for (revisao, change) in page.iter().filter(|(revisao, _)| *revisao < 7) {
            let comentario = change.comentario.as_ref().unwrap();
            assert_eq!(
                (&*comentario.texto, comentario.visivel_cliente),
                (revisao.to_string().as_str(), revisao % 2 == 0)
            );
        }
        page.into_iter().map(|(revisao, _)| revisao).collect()
    };
    assert_eq!(revisions(0, 3).await, [1, 2, 3]);
    assert_eq!(revisions(3, 3).await, [4, 5, 6]);
    assert_eq!(revisions(6, 3).await, [7]);
    assert!(revisions(7, 3).await.is_empty());
    assert!(revisions(i64::MAX, 3).await.is_empty());
    assert_eq!(revisions(0, u16::MAX).await, [1, 2, 3, 4, 5, 6, 7]);

    let (_, last) = store.historico("1", 6, 1).await.unwrap().unwrap().remove(0);
    assert_eq!((last.em, last.de, last.para), (EM, Status::Aberto, Status::Cancelado));
    assert_eq!((last.motivo.as_deref(), last.usuario.as_deref()), (Some("Duplicado"), Some("user.api")));
    assert_eq!(last.comentario, None);
    insert(store, "3", Status::Aberto).await;
    assert!(store.historico("3", 0, 3).await.unwrap().unwrap().is_empty());
    assert!(store.historico("4", 0, 3).await.unwrap().is_none());
}

async fn motivos_that_are_active_come_by_name(store: &Arc<Store>) {
    assert!(store.active_motivos().await.unwrap().is_empty());
    for motivo in ["Érro", "duplicado", "Antigo", "Zelo", "aberto"] {
        edit(store, async |e| e.insert_motivo(&nome(motivo)).await).await.unwrap();
    }
    edit(store, async |e| e.set_motivo_ativo(&NameKey::new("antigo"), false).await).await.unwrap();
    assert_eq!(store.active_motivos().await.unwrap(), ["aberto", "duplicado", "Zelo", "Érro"]);
}

async fn a_situation_is_a_snapshot_of_one_request(store: &Arc<Store>) {
    insert(store, "1", Status::Aberto).await;
    insert(store, "2", Status::Finalizado).await;
    for motivo in ["Duplicado", "Antigo"] {
        edit(store, async |e| e.insert_motivo(&nome(motivo)).await).await.unwrap();
    }
    edit(store, async |e| e.set_motivo_ativo(&NameKey::new("antigo"), false).await).await.unwrap();
    let keys = async |protocolo: &str, motivo: Option<&str>| {
        let motivo = motivo.map(NameKey::new);
        let snapshot = store.situation(protocolo, motivo.as_ref()).await.unwrap();
        assert!(
            snapshot.atendimentos.get("1").is_none_or(|found| found.status == Status::Aberto && found.revisao == 0)
        );
        let (atendimentos, motivos) = (snapshot.atendimentos.into_keys(), snapshot.motivos.into_keys());
        (atendimentos.collect::<Vec<_>>(), motivos.collect::<Vec<_>>())
    };
    assert_eq!(keys("1", Some("DUPLICADO")).await, (vec!["1".to_owned()], vec!["duplicado".to_owned()]));
    assert_eq!(keys("1", Some("antigo")).await, (vec!["1".to_owned()], vec![]));
    assert_eq!(keys("1", None).await, (vec!["1".to_owned()], vec![]));
    assert_eq!(keys("3", None).await, (vec![], vec![]));

    let motivos = store.situation("", Some(&NameKey::new("duplicado"))).await.unwrap().motivos;
    assert_eq!(store.motivo_nome(motivos["duplicado"]).await.unwrap().as_deref(), Some("Duplicado"));
    assert_eq!(store.motivo_nome(-1).await.unwrap(), None);
}

both_engines! {
    the_present_state_is_that_of_the_latest_change,
    a_history_comes_in_pieces_oldest_first,
    motivos_that_are_active_come_by_name,
    a_situation_is_a_snapshot_of_one_request,
}
