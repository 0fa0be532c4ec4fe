use std::sync::Arc;

use std::time::Duration;

use citrus_status::domain::atendimento::{Change, Status};
use citrus_status::store::{NewAtendimento, Store};
use tokio::time::sleep;

use super::atendimentos::{current, insert};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::tester;
use crate::support::postgres;

fn novo(protocolo: &str, status: Status) -> NewAtendimento {
    NewAtendimento { protocolo: protocolo.to_owned(), status }
}

async fn an_import_shows_only_once_it_is_committed(store: &Arc<Store>) {
    let mut import = store.begin_import().await.unwrap();
    assert!(import.insert(&[novo("1", Status::Cancelado)]).await.unwrap().is_empty());
    assert!(store.present_state("1").await.unwrap().is_none());
    import.commit(&tester(), &[]).await.unwrap();
    assert_eq!(current(store, "1").await.status, Status::Cancelado);
}

async fn an_import_that_is_dropped_leaves_nothing(store: &Arc<Store>) {
    let mut import = store.begin_import().await.unwrap();
    import.insert(&[novo("1", Status::Aberto)]).await.unwrap();
    drop(import);
    insert(store, "1", Status::Finalizado).await;
    assert_eq!(current(store, "1").await.status, Status::Finalizado);
}

async fn what_was_there_is_returned_as_it_stands_and_can_be_changed(store: &Arc<Store>, database: &Database) {
    insert(store, "1", Status::Aberto).await;
    let there = current(store, "1").await;
    let mut import = store.begin_import().await.unwrap();
    let present = import.insert(&[novo("1", Status::Finalizado), novo("2", Status::Aberto)]).await.unwrap();
    assert_eq!(present.into_iter().collect::<Vec<_>>(), [("1".to_owned(), there)]);
    let change = Change {
        atendimento_id: there.id,
        revisao: 1,
        de: Status::Aberto,
        para: Status::Finalizado,
        motivo_id: None,
        usuario_id: None,
        comentario: None,
        idempotency: None,
    };
    assert!(import.change(&[change]).await.unwrap().is_empty());
    import.commit(&tester(), &[]).await.unwrap();
    assert_eq!(current(store, "1").await.status, Status::Finalizado);
    assert_eq!(current(store, "2").await.status, Status::Aberto);
    assert_eq!(database.broken_links().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_outs_that_others_set_cut_no_import() {
    let Some(url) = postgres::url().await else { return };
    let mut database = Database::postgres(url).await;
    let store = database.store().await;
    insert(&store, "1", Status::Aberto).await;
    store.close().await;
    let held = database.hold("1").await;
    database.url +=
        "%20-c%20statement_timeout%3D100%20-c%20lock_timeout%3D100%20-c%20default_transaction_isolation%3Dserializable";
    let store = database.open().await;
    let mut import = store.begin_import().await.unwrap();
    let release = async {
        sleep(Duration::from_secs(1)).await;
        held.release().await;
    };
    let imported = [novo("1", Status::Aberto), novo("2", Status::Aberto)];
    let (present, ()) = tokio::join!(import.insert(&imported), release);
    assert_eq!(present.unwrap().len(), 1);
    import.commit(&tester(), &[]).await.unwrap();
    store.close().await;
    database.remove().await;
}

both_engines! {
    an_import_shows_only_once_it_is_committed,
    an_import_that_is_dropped_leaves_nothing,
    what_was_there_is_returned_as_it_stands_and_can_be_changed,
}
