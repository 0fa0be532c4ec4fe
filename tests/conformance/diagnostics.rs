//! What a request for support asks of a database.

use std::sync::Arc;
use std::time::Duration;

use citrus_status::store::{Store, StoreError};
use tokio::time::timeout;

use crate::support::both_engines;
use crate::support::database::Database;
use crate::support::program::IN_TIME;

/// Nobody ever comes to the end of this history.
const ENDLESS_HISTORY: &str = "
ALTER TABLE historico RENAME TO gone;
CREATE VIEW historico AS
WITH RECURSIVE endless (number) AS (SELECT 1 UNION ALL SELECT number FROM endless) SELECT number FROM endless";

async fn the_database_itself_ends_a_count_that_takes_too_long(store: &Arc<Store>, database: &Database) {
    database.execute(ENDLESS_HISTORY).await;
    let limit = Duration::from_millis(200);
    // Several, so that each connection has had one.
    for _ in 0..5 {
        let count = timeout(IN_TIME, store.count("changes in the history", limit)).await;
        assert!(matches!(count, Ok(Err(StoreError::Slow))), "{count:?}");
    }
    assert_eq!(store.count("users", IN_TIME).await.unwrap(), Some(0), "other questions have their own time");
}

both_engines! {
    the_database_itself_ends_a_count_that_takes_too_long,
}
