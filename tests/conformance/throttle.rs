use std::sync::Arc;

use citrus_status::store::{Bucket, BucketKey};

use crate::support::both_engines;

const KEYS: [BucketKey; 4] = [[1; 16], [2; 16], [3; 16], [0xff; 16]];

fn bucket(key: BucketKey, cheio_em: i64, sucesso_em: Option<i64>) -> Bucket {
    Bucket { chave: key.to_vec(), cheio_em, sucesso_em }
}

both_engines! {
    async fn debits_add_up_from_the_present_on(database: Database) {
        let store = database.store().await;
        assert_eq!(store.buckets(&KEYS).await.unwrap(), []);
        store.debit(&[], 1_000).await.unwrap();
        store.debit(&[(KEYS[0], 50), (KEYS[3], 7)], 1_000).await.unwrap();
        store.debit(&[(KEYS[0], 50)], 1_010).await.unwrap();
        let mut found = store.buckets(&KEYS).await.unwrap();
        found.sort_by_key(|bucket| bucket.cheio_em);
        assert_eq!(found, [bucket(KEYS[3], 1_007, None), bucket(KEYS[0], 1_100, None)]);
        // One that is full again starts from there.
        store.debit(&[(KEYS[3], 7), (KEYS[0], 50)], 2_000).await.unwrap();
        let mut found = store.buckets(&KEYS).await.unwrap();
        found.sort_by_key(|bucket| bucket.cheio_em);
        assert_eq!(found, [bucket(KEYS[3], 2_007, None), bucket(KEYS[0], 2_050, None)]);
        store.close().await;
    }

    async fn a_success_is_remembered_and_leaves_the_bucket_alone(database: Database) {
        let store = database.store().await;
        store.set_success(&KEYS[0], 1_000).await.unwrap();
        assert_eq!(store.buckets(&KEYS).await.unwrap(), [bucket(KEYS[0], 1_000, Some(1_000))]);
        store.debit(&[(KEYS[0], 500)], 1_100).await.unwrap();
        store.set_success(&KEYS[0], 1_200).await.unwrap();
        assert_eq!(store.buckets(&KEYS).await.unwrap(), [bucket(KEYS[0], 1_600, Some(1_200))]);
        store.close().await;
    }

    async fn purging_keeps_what_still_counts(database: Database) {
        let store = database.store().await;
        store.debit(&[(KEYS[0], 500), (KEYS[1], 501)], 1_000).await.unwrap();
        store.set_success(&KEYS[2], 900).await.unwrap();
        store.set_success(&KEYS[3], 901).await.unwrap();
        assert_eq!(store.purge_buckets(1_500, 901).await.unwrap(), 2);
        let mut left: Vec<_> = store.buckets(&KEYS).await.unwrap().into_iter().map(|bucket| bucket.chave).collect();
        left.sort();
        assert_eq!(left, [KEYS[1].to_vec(), KEYS[3].to_vec()]);
        store.close().await;
    }

    async fn debits_at_once_all_count(database: Database) {
        let stores = [Arc::new(database.store().await), Arc::new(database.open().await)];
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..16_usize {
            let store = Arc::clone(&stores[number % 2]);
            writers.spawn(async move {
                for _ in 0..10 {
                    store.debit(&[(KEYS[number % 3], 1), (KEYS[3], 1)], 1_000).await.unwrap();
                }
            });
        }
        writers.join_all().await;
        let mut times: Vec<i64> = stores[0].buckets(&KEYS).await.unwrap().iter().map(|bucket| bucket.cheio_em).collect();
        times.sort();
        assert_eq!(times, [1_050, 1_050, 1_060, 1_160]);
        for store in stores {
            store.close().await;
        }
    }
}
