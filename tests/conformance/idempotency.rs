use std::sync::Arc;

use citrus_status::domain::atendimento::{Change, IdempotencyKey, Status};
use citrus_status::store::{Store, StoreError};
use time::Duration;

use super::atendimentos::{change, current, insert, users};
use crate::support::both_engines;
use crate::support::database::Database;

fn marked(change: Change, usuario_id: i64, key: &str, fingerprint: i64) -> Change {
    let idempotency = Some(IdempotencyKey { key: key.into(), fingerprint });
    Change { usuario_id: Some(usuario_id), idempotency, ..change }
}

async fn a_key_is_written_with_its_change_and_only_then(store: &Arc<Store>) {
    let [ana, rui] = users(store, ["ana", "rui"]).await;
    for protocolo in ["1", "2", "3"] {
        insert(store, protocolo, Status::Aberto).await;
    }
    let (one, two, three) = (current(store, "1").await, current(store, "2").await, current(store, "3").await);
    assert!(store.commit(&[change(two, Status::EmAtendimento)]).await.unwrap().is_empty());
    let changes = [
        marked(change(one, Status::Finalizado), ana, "a", 7),
        marked(change(two, Status::Finalizado), ana, "b", 8),
        marked(change(three, Status::Finalizado), rui, "a", -9),
    ];
    assert_eq!(store.commit(&changes).await.unwrap(), [two.id]);

    let asked = [(ana, "a"), (ana, "b"), (rui, "a"), (rui, "b")].map(|(id, key)| (id, key.to_owned()));
    let mut known: Vec<_> = store.idempotency_keys(&asked).await.unwrap().into_iter().collect();
    known.sort_unstable();
    assert_eq!(known, [((ana, "a".to_owned()), 7), ((rui, "a".to_owned()), -9)]);
}

async fn a_key_that_is_taken_leaves_nothing_of_the_batch(store: &Arc<Store>, database: &Database) {
    let [ana, _] = users(store, ["ana", "rui"]).await;
    insert(store, "1", Status::Aberto).await;
    insert(store, "2", Status::Aberto).await;
    let one = current(store, "1").await;
    store.commit(&[marked(change(one, Status::Finalizado), ana, "a", 7)]).await.unwrap();

    let (one, two) = (current(store, "1").await, current(store, "2").await);
    let late = [change(one, Status::Aberto), marked(change(two, Status::Finalizado), ana, "a", 7)];
    assert!(matches!(store.commit(&late).await, Err(StoreError::KeyTaken)));
    assert_eq!(current(store, "1").await, one);
    assert_eq!(current(store, "2").await, two);
    assert_eq!(database.number("SELECT count(*) FROM historico").await, 1);
}

async fn old_keys_are_purged_and_others_stay(store: &Arc<Store>, database: &Database) {
    const KEYS: i64 = 60;
    let [ana, _] = users(store, ["ana", "rui"]).await;
    insert(store, "1", Status::Aberto).await;
    let start = current(store, "1").await;
    let old: Vec<Change> = (1..=KEYS)
        .map(|revisao| marked(Change { revisao, ..change(start, Status::Aberto) }, ana, &format!("old {revisao}"), 1))
        .collect();
    store.commit(&old).await.unwrap();
    database.advance_clock(Duration::milliseconds(1)).await;
    let new = marked(change(current(store, "1").await, Status::Aberto), ana, "new", 1);
    store.commit(&[new]).await.unwrap();
    database.advance_clock(Duration::seconds(1)).await;

    assert_eq!(store.purge_idempotency_keys(1_001, 100).await.unwrap(), 0);
    for purged in [50, 10, 0] {
        assert_eq!(store.purge_idempotency_keys(1_000, 50).await.unwrap(), purged);
    }
    assert_eq!(database.number("SELECT count(*) FROM idempotencia WHERE chave = 'new'").await, 1);
}

async fn a_key_from_the_future_counts_from_when_it_is_noticed(store: &Arc<Store>, database: &Database) {
    let [ana, _] = users(store, ["ana", "rui"]).await;
    insert(store, "1", Status::Aberto).await;
    database.advance_clock(Duration::days(1)).await;
    store.commit(&[marked(change(current(store, "1").await, Status::Aberto), ana, "a", 1)]).await.unwrap();
    database.advance_clock(Duration::days(-1)).await;
    assert_eq!([store.mend_idempotency_keys(9).await.unwrap(), store.mend_idempotency_keys(9).await.unwrap()], [1, 0]);
    assert_eq!(store.purge_idempotency_keys(1_000, 9).await.unwrap(), 0);
    database.advance_clock(Duration::milliseconds(1_000)).await;
    assert_eq!(store.purge_idempotency_keys(1_000, 9).await.unwrap(), 0);
    database.advance_clock(Duration::milliseconds(1)).await;
    assert_eq!(store.purge_idempotency_keys(1_000, 9).await.unwrap(), 1);
}

both_engines! {
    a_key_is_written_with_its_change_and_only_then,
    a_key_that_is_taken_leaves_nothing_of_the_batch,
    old_keys_are_purged_and_others_stay,
    a_key_from_the_future_counts_from_when_it_is_noticed,
}
