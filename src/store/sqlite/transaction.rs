//! A transaction of a command's, or of administration over HTTP.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Sqlite, Transaction};
use tokio::sync::OwnedSemaphorePermit;

use crate::store::budget::Bounds;
use crate::store::error::Result;

/// Dropping it undoes it.
pub struct SqliteTransaction {
    transaction: Transaction<'static, Sqlite>,
    pub(in crate::store) bounds: Bounds,
    _turn: Option<Turn>,
}

/// The turn of administration to write. It is taken in the line of the change queue, whose connection it holds
/// meanwhile: SQLite itself lets writers wait in no order, and one who asks often would keep another one out.
pub(super) struct Turn {
    pub _line: PoolConnection<Sqlite>,
    pub _place: OwnedSemaphorePermit,
}

impl SqliteTransaction {
    pub(super) fn new(transaction: Transaction<'static, Sqlite>, bounds: Bounds, turn: Option<Turn>) -> Self {
        Self { transaction, bounds, _turn: turn }
    }

    pub async fn commit(self) -> Result<()> {
        // In its own scope, so that the turn ends after it.
        let Self { transaction, bounds, _turn } = self;
        bounds.at_end().keep(transaction.commit()).await
    }
}

impl Deref for SqliteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for SqliteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}
