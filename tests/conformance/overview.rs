use std::sync::Arc;

use citrus_status::domain::atendimento::{Change, Status};
use citrus_status::store::{HourOfChanges, Store};
use time::Duration;

use super::atendimentos::{change, current, insert, users};
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::engines::EM;

async fn atendimentos_are_counted_by_status(store: &Arc<Store>) {
    assert_eq!(
        (store.last_atendimento().await.unwrap(), store.atendimentos_by_status(0, 9).await.unwrap()),
        (0, vec![])
    );
    for (protocolo, status) in [("1", Status::Aberto), ("2", Status::Finalizado), ("3", Status::Aberto)] {
        insert(store, protocolo, status).await;
    }
    let last = store.last_atendimento().await.unwrap();
    let mut counted = store.atendimentos_by_status(0, last).await.unwrap();
    counted.sort_by_key(|(status, _)| status.code());
    assert_eq!(counted, [(Status::Aberto, 2), (Status::Finalizado, 1)]);
    assert_eq!(store.atendimentos_by_status(last - 1, last).await.unwrap(), [(Status::Aberto, 1)], "the last alone");
    assert_eq!(store.atendimentos_by_status(last, i64::MAX).await.unwrap(), []);
}

async fn changes_are_counted_by_the_clocks_hours_and_by_user(store: &Arc<Store>, database: &Database) {
    let [usuario_id] = users(store, ["ana"]).await;
    for protocolo in ["1", "2"] {
        insert(store, protocolo, Status::Aberto).await;
    }
    assert_eq!(store.changes_by_hour(0, i64::MAX).await.unwrap(), []);
    assert_eq!(store.present_hour().await.unwrap(), EM.unix_timestamp() / 3600);
    // The test begins a little after the full hour: these are of its hour, of the next, and of one 23 hours later.
    let make = async |protocolo: &str, usuario_id: Option<i64>| {
        let made = Change { usuario_id, ..change(current(store, protocolo).await, Status::EmAtendimento) };
        store.commit(&[made]).await.unwrap();
    };
    make("1", Some(usuario_id)).await;
    make("2", None).await;
    database.advance_clock(Duration::HOUR).await;
    make("1", Some(usuario_id)).await;
    make("1", Some(usuario_id)).await;
    let found = async || {
        let mut found = store.changes_by_hour(0, i64::MAX).await.unwrap();
        found.sort_by_key(|row| (row.hours_ago, row.usuario.clone()));
        found
            .into_iter()
            .map(|HourOfChanges { hours_ago, usuario, changes }| (hours_ago, usuario.is_some(), changes))
            .collect::<Vec<_>>()
    };
    assert_eq!(found().await, [(0, true, 2), (1, false, 1), (1, true, 1)]);
    database.advance_clock(Duration::hours(22)).await;
    assert_eq!(found().await, [(22, true, 2), (23, false, 1), (23, true, 1)]);
    database.advance_clock(Duration::HOUR).await;
    assert_eq!(found().await, [(23, true, 2)]);
    let last = store.last_atendimento().await.unwrap();
    assert_eq!(store.changes_by_hour(last - 1, last).await.unwrap(), [], "the last has no change so late");
}

async fn the_latest_changes_are_one_of_each_atendimento(store: &Arc<Store>, database: &Database) {
    users(store, ["ana"]).await;
    for protocolo in ["1", "2", "3", "4"] {
        insert(store, protocolo, Status::Aberto).await;
    }
    for (protocolo, status) in [
        ("1", Status::EmAtendimento),
        ("2", Status::Finalizado),
        ("1", Status::Finalizado),
        ("3", Status::EmAtendimento),
    ] {
        database.advance_clock(Duration::SECOND).await;
        store.commit(&[change(current(store, protocolo).await, status)]).await.unwrap();
    }
    let latest = store.latest_changes(2).await.unwrap();
    let latest: Vec<_> = latest.iter().map(|(protocolo, change)| (protocolo.as_str(), change.para)).collect();
    assert_eq!(latest, [("3", Status::EmAtendimento), ("1", Status::Finalizado)]);
    assert_eq!(store.latest_changes(10).await.unwrap().len(), 3);
}

both_engines! {
    atendimentos_are_counted_by_status,
    changes_are_counted_by_the_clocks_hours_and_by_user,
    the_latest_changes_are_one_of_each_atendimento,
}
