//! How many connections to the database a server has open, and how many of them are at work.

use sqlx::Database;

use super::engine::Store;
use crate::metrics::Pool;

/// For the change queue.
const CHANGES: &str = "changes";
/// For administration over HTTP.
const ADMINISTRATION: &str = "administration";
/// For all other requests.
const REQUESTS: &str = "requests";

impl Store {
    /// The connections of a server: those of the change queue, of administration, and of all other requests.
    pub fn pools(&self) -> Vec<Pool> {
        match self {
            Self::Postgres(store) => {
                let (open, idle, max) = store.lanes_usage();
                let administration = usage(ADMINISTRATION, &store.administration);
                vec![Pool { name: CHANGES, open, idle, max }, usage(REQUESTS, &store.pool), administration]
            }
            Self::Sqlite(store) => vec![
                usage(CHANGES, &store.writer),
                usage(REQUESTS, &store.reader),
                usage(ADMINISTRATION, &store.administration),
            ],
        }
    }
}

fn usage<DB: Database>(name: &'static str, pool: &sqlx::Pool<DB>) -> Pool {
    let max = pool.options().get_max_connections() as usize;
    Pool { name, open: pool.size() as usize, idle: pool.num_idle(), max }
}
