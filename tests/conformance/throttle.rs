use std::sync::Arc;

use citrus_status::domain::text::NameKey;
use citrus_status::store::{Bucket, BucketKey, Debit, Store};
use time::Duration;

use super::atendimentos::store;
use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::edits::edit;
use crate::support::server::nome;

const KEYS: [BucketKey; 4] = [[1; 16], [2; 16], [3; 16], [0xff; 16]];

fn bucket(key: BucketKey, full_in: i64, success_age: Option<i64>) -> Bucket {
    Bucket { key: key.to_vec(), full_in, success_age }
}

/// Of a bucket that counts several logins.
fn debit(key: BucketKey, cost: i64) -> Debit {
    Debit { key, login: None, cost }
}

async fn pass(database: &Database, millis: i64) {
    database.advance_clock(Duration::milliseconds(millis)).await;
}

async fn debits_add_up_from_the_present_on(store: &Arc<Store>, database: &Database) {
    let found = async || {
        let mut found = store.buckets(&KEYS).await.unwrap();
        found.sort_by_key(|bucket| bucket.full_in);
        found
    };
    assert_eq!(found().await, []);
    assert!(store.debit(&[]).await.unwrap());
    assert!(store.debit(&[debit(KEYS[0], 50), debit(KEYS[3], 7)]).await.unwrap());
    pass(database, 10).await;
    assert!(store.debit(&[debit(KEYS[0], 50)]).await.unwrap());
    assert_eq!(found().await, [bucket(KEYS[3], -3, None), bucket(KEYS[0], 90, None)]);
    // One that is full again starts from there.
    pass(database, 1_000).await;
    assert!(store.debit(&[debit(KEYS[3], 7), debit(KEYS[0], 50)]).await.unwrap());
    assert_eq!(found().await, [bucket(KEYS[3], 7, None), bucket(KEYS[0], 50, None)]);
}

async fn a_success_is_remembered_and_leaves_the_bucket_alone(store: &Arc<Store>, database: &Database) {
    store.set_success(&KEYS[0], &KEYS[1]).await.unwrap();
    assert_eq!(store.buckets(&KEYS).await.unwrap(), [bucket(KEYS[0], 0, Some(0))]);
    pass(database, 100).await;
    assert!(store.debit(&[debit(KEYS[0], 500)]).await.unwrap());
    pass(database, 100).await;
    assert_eq!(store.buckets(&KEYS).await.unwrap(), [bucket(KEYS[0], 400, Some(200))]);
    store.set_success(&KEYS[0], &KEYS[1]).await.unwrap();
    assert_eq!(store.buckets(&KEYS).await.unwrap(), [bucket(KEYS[0], 400, Some(0))]);
}

async fn purging_keeps_what_still_counts(store: &Arc<Store>, database: &Database) {
    store.set_success(&KEYS[2], &KEYS[1]).await.unwrap();
    pass(database, 1).await;
    store.set_success(&KEYS[3], &KEYS[1]).await.unwrap();
    assert!(store.debit(&[debit(KEYS[0], 599), debit(KEYS[1], 601)]).await.unwrap());
    pass(database, 600).await;
    for purged in [1, 1, 0] {
        assert_eq!(store.purge_buckets(600, 1).await.unwrap(), purged);
    }
    let mut left: Vec<_> = store.buckets(&KEYS).await.unwrap().into_iter().map(|bucket| bucket.key).collect();
    left.sort();
    assert_eq!(left, [KEYS[1].to_vec(), KEYS[3].to_vec()]);
}

async fn what_a_wrong_clock_wrote_is_mended_one_by_one_and_by_a_purge(store: &Arc<Store>, database: &Database) {
    pass(database, 1_000_000).await;
    store.set_success(&KEYS[0], &KEYS[1]).await.unwrap();
    store.set_success(&KEYS[1], &KEYS[1]).await.unwrap();
    assert!(store.debit(&[debit(KEYS[0], 50), debit(KEYS[1], 50), debit(KEYS[2], 50)]).await.unwrap());
    pass(database, -1_000_000).await;
    assert!(store.debit(&[debit(KEYS[3], 300)]).await.unwrap());
    let found = async || {
        let mut found = store.buckets(&KEYS).await.unwrap();
        found.sort_by(|a, b| a.key.cmp(&b.key));
        found
    };
    store.cap_bucket(&KEYS[0], 400).await.unwrap();
    let wrong = 1_000_050;
    let mut expected = [
        bucket(KEYS[0], 400, Some(0)),
        bucket(KEYS[1], wrong, Some(-1_000_000)),
        bucket(KEYS[2], wrong, None),
        bucket(KEYS[3], 300, None),
    ];
    assert_eq!(found().await, expected);
    for mended in [1, 1, 0] {
        assert_eq!(store.mend_buckets(500, 1).await.unwrap(), mended);
    }
    assert_eq!(store.purge_buckets(600, 9).await.unwrap(), 0);
    expected[1] = bucket(KEYS[1], 500, Some(0));
    expected[2] = bucket(KEYS[2], 500, None);
    assert_eq!(found().await, expected);
}

async fn the_failures_of_a_login_are_forgotten_with_what_helps_its_owner(store: &Arc<Store>, database: &Database) {
    edit(store, async |e| e.insert_perfil(&nome("p"), None).await).await.unwrap();
    let perfil = store.perfil(&NameKey::new("p")).await.unwrap().unwrap();
    let inserted = edit(store, async |e| e.insert_usuario(&nome("u"), perfil.id, "h", 1).await).await;
    let u = inserted.unwrap();
    let [pair, account, other, shared] = KEYS;
    let of = |key, login| Debit { key, login: Some(login), cost: 500 };
    // A row from before they said whose they are.
    store.set_success(&pair, &account).await.unwrap();
    database.execute("UPDATE tentativa SET login = NULL").await;
    let fail = async || {
        let debits = [of(pair, account), of(account, account), of(other, other), debit(shared, 500)];
        assert!(store.debit(&debits).await.unwrap());
    };
    let found = async || {
        let mut found = store.buckets(&KEYS).await.unwrap();
        found.sort_by(|a, b| a.key.cmp(&b.key));
        found
    };
    for help in 1..=3 {
        fail().await;
        let left = 500 * help;
        let counted = [
            bucket(pair, 500, Some(0)),
            bucket(account, 500, None),
            bucket(other, left, None),
            bucket(shared, left, None),
        ];
        assert_eq!(found().await, counted);
        // This one helps nobody.
        edit(store, async |e| e.deactivate_usuario(u, 3).await).await.unwrap();
        assert_eq!(found().await, counted);
        let helped = match help {
            1 => edit(store, async |e| e.set_senha(u, "h", 2, &account).await).await,
            2 => edit(store, async |e| e.activate_usuario(u, 4, &account).await).await,
            _ => edit(store, async |e| e.set_senha(u, "h", 6, &account).await).await,
        };
        helped.unwrap();
        let forgotten =
            [bucket(pair, 0, Some(0)), bucket(account, 0, None), bucket(other, left, None), bucket(shared, left, None)];
        assert_eq!(found().await, forgotten);
    }
}

async fn debits_at_once_all_count(database: &Database) {
    let stores = [Arc::new(store(database).await), Arc::new(database.open().await)];
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..16_usize {
        let store = Arc::clone(&stores[number % 2]);
        writers.spawn(async move {
            for _ in 0..10 {
                while !store.debit(&[debit(KEYS[number % 3], 1), debit(KEYS[3], 1)]).await.unwrap() {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    writers.join_all().await;
    let mut times: Vec<i64> = stores[0].buckets(&KEYS).await.unwrap().iter().map(|bucket| bucket.full_in).collect();
    times.sort_unstable();
    assert_eq!(times, [50, 50, 60, 160]);
    for store in stores {
        store.close().await;
    }
}

both_engines! {
    debits_add_up_from_the_present_on,
    a_success_is_remembered_and_leaves_the_bucket_alone,
    purging_keeps_what_still_counts,
    what_a_wrong_clock_wrote_is_mended_one_by_one_and_by_a_purge,
    the_failures_of_a_login_are_forgotten_with_what_helps_its_owner,
    debits_at_once_all_count,
}
