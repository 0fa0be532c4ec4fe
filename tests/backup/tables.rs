//! The list of tables and columns, beside the schema of both engines.

use std::collections::BTreeSet;
use std::path::Path;

use citrus_status::store::{Store, tables_at};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::support::both_engines;
use crate::support::database::{Database, Engine};

/// What migrations write, and no release; and who is signed in, which no copy may tell.
const NO_DATA: [&str; 3] = ["_sqlx_migrations", "compatibilidade", "sessao"];

/// Table, column, and 1 where it may be NULL.
const SQLITE: &str = "
SELECT t.name, c.name, CAST(c.\"notnull\" = 0 AND c.pk = 0 AS bigint)
FROM sqlite_schema t, pragma_table_info(t.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const POSTGRES: &str = "
SELECT c.table_name::text, c.column_name::text, (c.is_nullable = 'YES')::int::bigint
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'";

/// Applies the migrations up to `version`, as a release of then did.
pub async fn migrate_to(database: &Database, version: i64) {
    let folder = match database.engine {
        Engine::Sqlite => "migrations/sqlite",
        Engine::Postgres => "migrations/postgres",
    };
    let migrator = Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).await.unwrap();
    match database.engine {
        Engine::Sqlite => {
            let url = format!("{}?mode=rwc", database.url);
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            migrator.run_direct(Some(version), &mut connection, false).await.unwrap();
            connection.close().await.unwrap();
        }
        Engine::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            migrator.run_direct(Some(version), &mut connection, false).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

async fn every_table_and_column_of_each_migration_is_listed(database: &Database) {
    for version in 1..=Store::newest_migration() {
        let database = Database::new(database.engine).await.unwrap();
        migrate_to(&database, version).await;
        let select = if database.engine == Engine::Sqlite { SQLITE } else { POSTGRES };
        let mut real: BTreeSet<(String, String, i64)> = database.rows(select).await.into_iter().collect();
        real.retain(|(table, _, _)| !NO_DATA.contains(&table.as_str()));
        let listed = tables_at(version).flat_map(|table| {
            let columns = table.columns_at(version).into_iter();
            columns.map(|column| (table.name.to_owned(), column.name.to_owned(), i64::from(column.nullable)))
        });
        assert_eq!(real, listed.collect::<BTreeSet<_>>(), "after migration {version}; see src/store/tables.rs");
        database.remove().await;
    }
}

/// Whoever counts ids gives none twice.
async fn the_database_counts_the_ids_of_the_tables_that_are_said_to_have_them(database: &Database) {
    database.store().await.close().await;
    let counts = match database.engine {
        Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '% id % AUTOINCREMENT%'",
        Engine::Postgres => {
            "SELECT table_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES'"
        }
    };
    let real: BTreeSet<(String,)> = database.rows(counts).await.into_iter().collect();
    let tables = tables_at(Store::newest_migration()).filter(|table| table.counts_ids());
    assert_eq!(real, tables.map(|table| (table.name.to_owned(),)).collect());
}

both_engines! {
    the_database_counts_the_ids_of_the_tables_that_are_said_to_have_them,
    every_table_and_column_of_each_migration_is_listed,
}
