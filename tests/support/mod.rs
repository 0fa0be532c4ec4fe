//! What the tests stand on: databases of their own, a clock that they set, servers on real sockets.

pub mod clock;
pub mod database;
pub mod document;
pub mod pgbouncer;
pub mod postgres;
pub mod program;
pub mod server;

/// Runs each test on SQLite and on PostgreSQL, in a database of its own.
macro_rules! both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: Database) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use crate::support::database::{Database, Engine};

            async fn test($database: &Database) $body

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                let database = Database::new(Engine::Sqlite).await.expect("SQLite is always there");
                test(&database).await;
                database.remove().await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                let Some(database) = Database::new(Engine::Postgres).await else { return };
                test(&database).await;
                database.remove().await;
            }
        }
    )+};
}
pub(crate) use both_engines;
