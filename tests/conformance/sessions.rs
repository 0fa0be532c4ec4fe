use std::sync::Arc;

use citrus_status::store::{Session, Store};
use time::Duration;

use super::atendimentos::users;
use crate::support::both_engines;
use crate::support::engines::EM;

const FIRST: [u8; 32] = [7; 32];
const SECOND: [u8; 32] = [0xff; 32];

async fn a_session_is_kept_noted_and_ended(store: &Arc<Store>) {
    let [usuario_id] = users(store, ["ana"]).await;
    let session = Session { usuario_id, generation: i64::MAX, created: EM, seen: EM };
    assert_eq!(store.session(&FIRST).await.unwrap(), None);
    store.insert_session(&FIRST, session, 10).await.unwrap();
    store.insert_session(&SECOND, Session { generation: 0, ..session }, 10).await.unwrap();
    assert_eq!(store.session(&FIRST).await.unwrap(), Some(session));
    let later = EM + Duration::MINUTE;
    store.touch_session(&FIRST, later).await.unwrap();
    assert_eq!(store.session(&FIRST).await.unwrap(), Some(Session { seen: later, ..session }));
    for _ in 0..2 {
        store.delete_session(&FIRST).await.unwrap();
        assert_eq!(store.session(&FIRST).await.unwrap(), None);
    }
    store.touch_session(&FIRST, later).await.unwrap();
    assert_eq!(store.session(&FIRST).await.unwrap(), None, "what is over stays so");
    assert_eq!(store.session(&SECOND).await.unwrap().unwrap().generation, 0);
}

async fn of_a_users_sessions_the_latest_stay(store: &Arc<Store>) {
    let [usuario_id] = users(store, ["ana"]).await;
    for number in 0..4_u8 {
        let created = EM + Duration::seconds(number.into());
        let session = Session { usuario_id, generation: 1, created, seen: created };
        store.insert_session(&[number; 32], session, 2).await.unwrap();
    }
    for (number, stays) in [(0, false), (1, false), (2, true), (3, true)] {
        assert_eq!(store.session(&[number; 32]).await.unwrap().is_some(), stays, "{number}");
    }
}

async fn of_the_sessions_of_one_moment_the_oldest_ends(store: &Arc<Store>) {
    let [usuario_id] = users(store, ["ana"]).await;
    // By their keys alone, the newest would be the first to go, or the last.
    for keys in [[1, 2, 3, 4_u8], [14, 13, 12, 11]] {
        let session = Session { usuario_id, generation: 1, created: EM, seen: EM };
        for key in keys {
            store.insert_session(&[key; 32], session, 3).await.unwrap();
            assert!(store.session(&[key; 32]).await.unwrap().is_some(), "{key}");
        }
        for (key, stays) in keys.into_iter().zip([false, true, true, true]) {
            assert_eq!(store.session(&[key; 32]).await.unwrap().is_some(), stays, "{key}");
        }
    }
    // One that a wrong clock has begun in the future neither takes others along nor ends them.
    let future = EM + Duration::HOUR;
    for key in 21..24_u8 {
        let session = Session { usuario_id, generation: 1, created: future, seen: future };
        store.insert_session(&[key; 32], session, 3).await.unwrap();
    }
    let session = Session { usuario_id, generation: 1, created: EM, seen: EM };
    store.insert_session(&[31; 32], session, 3).await.unwrap();
    assert_eq!(store.session(&[31; 32]).await.unwrap(), Some(session));
}

async fn sessions_that_are_over_are_purged_so_many_at_once(store: &Arc<Store>) {
    let [usuario_id] = users(store, ["ana"]).await;
    let (old, recent) = (EM - Duration::HOUR, EM);
    for (number, created, seen) in [(0, old, recent), (1, recent, old), (2, old, old), (3, recent, recent)] {
        let session = Session { usuario_id, generation: 1, created, seen };
        store.insert_session(&[number; 32], session, 10).await.unwrap();
    }
    assert_eq!(store.purge_sessions(old - Duration::MILLISECOND, old - Duration::MILLISECOND, 10).await.unwrap(), 0);
    assert_eq!(store.purge_sessions(old, old, 2).await.unwrap(), 2);
    assert_eq!(store.purge_sessions(old, old, 2).await.unwrap(), 1);
    assert!(store.session(&[3; 32]).await.unwrap().is_some());
}

both_engines! {
    a_session_is_kept_noted_and_ended,
    of_a_users_sessions_the_latest_stay,
    of_the_sessions_of_one_moment_the_oldest_ends,
    sessions_that_are_over_are_purged_so_many_at_once,
}
