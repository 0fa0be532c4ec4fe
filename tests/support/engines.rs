//! Tests that run on both engines.

use std::sync::Arc;

use citrus_status::store::Store;

use time::OffsetDateTime;
use time::macros::datetime;

use super::database::{Database, Engine};
use super::server::Server;

/// Where the clock of a test's store stands.
pub const EM: OffsetDateTime = datetime!(2026-11-23 10:00:00.123 UTC);

/// Makes two tests of each function named: `name::sqlite` and `name::postgres`.
///
/// Such a function takes a database of its own (`&Database`), or the server on one with the example data
/// (`&Server`), or a store whose clock stands still (`&Arc<Store>`), or one of these and the database; see [`Test`].
/// One that is not listed is dead code, which fails the lints.
macro_rules! both_engines {
    ($($(#[$attribute:meta])* $name:ident,)+) => {$(
        mod $name {
            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                $crate::support::engines::run($crate::support::database::Engine::Sqlite, super::$name).await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                $crate::support::engines::run($crate::support::database::Engine::Postgres, super::$name).await;
            }
        }
    )+};
}
pub(crate) use both_engines;

/// What a test function takes: the fixtures are made before it and taken down after it.
pub trait Test<Fixtures> {
    async fn run_on(self, database: &Database);
}

impl<F: AsyncFnOnce(&Database)> Test<(Database,)> for F {
    async fn run_on(self, database: &Database) {
        self(database).await;
    }
}

impl<F: AsyncFnOnce(&Server)> Test<(Server,)> for F {
    async fn run_on(self, database: &Database) {
        let server = Server::start(database).await;
        self(&server).await;
        server.stop().await;
    }
}

impl<F: AsyncFnOnce(&Server, &Database)> Test<(Server, Database)> for F {
    async fn run_on(self, database: &Database) {
        let server = Server::start(database).await;
        self(&server, database).await;
        server.stop().await;
    }
}

impl<F: AsyncFnOnce(&Arc<Store>)> Test<(Store,)> for F {
    async fn run_on(self, database: &Database) {
        Test::<(Store, Database)>::run_on(async |store: &Arc<Store>, _: &Database| self(store).await, database).await;
    }
}

impl<F: AsyncFnOnce(&Arc<Store>, &Database)> Test<(Store, Database)> for F {
    async fn run_on(self, database: &Database) {
        let store = database.store().await;
        database.stop_clock(EM).await;
        self(&store, database).await;
        store.close().await;
    }
}

/// Runs `test` in a database of its own, and does nothing where there is no such engine.
pub async fn run<Fixtures>(engine: Engine, test: impl Test<Fixtures>) {
    let Some(database) = Database::new(engine).await else { return };
    test.run_on(&database).await;
    database.remove().await;
}
