//! What the binary embeds against what the database has. A newer release may have migrated the database: a
//! server works with migrations that it does not know if they say so.

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migrator};

use super::error::{Result, StoreError};

/// The migration that makes the table in which later ones say how new a server has to be.
const FIRST_TO_SAY: i64 = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub version: i64,
    pub description: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// That a server works with the migration `versao` if the newest that it knows is `desde` or later.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Compatibility {
    versao: i64,
    desde: i64,
}

pub(super) const COMPATIBILITY: &str = "SELECT versao, desde FROM compatibilidade";

/// `embedded` for a database that may have migrations which it does not know; whether it can work with them
/// is [`compare`]'s to say.
pub(super) fn beside_newer_ones(mut embedded: Migrator) -> Migrator {
    embedded.set_ignore_missing(true);
    embedded
}

/// The migrations that the database of `connection` has. Fails where one of them was not completed.
pub(super) async fn applied(
    connection: &mut impl Migrate,
    embedded: &Migrator,
) -> Result<Vec<AppliedMigration>, MigrateError> {
    let applied = connection.list_applied_migrations(&embedded.table_name).await?;
    match connection.dirty_version(&embedded.table_name).await? {
        Some(version) => Err(MigrateError::Dirty(version)),
        None => Ok(applied),
    }
}

/// Whether `applied` has migrations that are not embedded, and a table in which they may say which servers work with them.
pub(super) fn has_newer_ones(embedded: &Migrator, applied: &[AppliedMigration]) -> bool {
    applied.iter().any(|a| !embedded.version_exists(a.version)) && applied.iter().any(|a| a.version == FIRST_TO_SAY)
}

/// The migrations that are embedded, and after them those that are not and with which this release can work.
///
/// Fails with [`StoreError::NewerSchema`] if it cannot work with one. That an embedded migration is missing
/// below a newer one is such a case. A migration that was edited after it was applied is an error, too.
pub(super) fn compare(
    embedded: &Migrator,
    applied: &[AppliedMigration],
    compatibility: &[Compatibility],
) -> Result<Vec<Migration>> {
    let mut migrations = Vec::with_capacity(applied.len());
    for migration in embedded.iter() {
        let found = applied.iter().find(|a| a.version == migration.version);
        if found.is_some_and(|found| found.checksum != migration.checksum) {
            return Err(MigrateError::VersionMismatch(migration.version).into());
        }
        let description = migration.description.to_string();
        migrations.push(Migration { version: migration.version, description, applied: found.is_some() });
    }
    let complete = migrations.iter().all(|migration| migration.applied);
    let newest = embedded.iter().map(|migration| migration.version).max().unwrap_or_default();
    for newer in applied.iter().filter(|a| !embedded.version_exists(a.version)) {
        let works = compatibility.iter().any(|row| row.versao == newer.version && row.desde <= newest);
        if !(complete && works) {
            return Err(StoreError::NewerSchema(newer.version));
        }
        let description = "of a newer release, compatible".to_owned();
        migrations.push(Migration { version: newer.version, description, applied: true });
    }
    Ok(migrations)
}
