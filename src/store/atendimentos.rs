//! The atendimentos and their history.

use std::collections::{HashMap, HashSet};

use super::audit::Edit;
use super::engine::{Store, Transaction};
use super::error::Result;
use super::rows::NewAtendimento;
use super::{postgres, sqlite};
use crate::domain::atendimento::{Atendimento, Change, Snapshot};
use crate::domain::audit::{Actor, Entry};

impl Store {
    /// Loads the atendimentos and the active motivos named, in one statement; on SQLite in one for each
    /// 96 atendimentos. What is not there is left out.
    pub async fn snapshot(&self, protocolos: &[&str], motivos: &[&str]) -> Result<Snapshot> {
        match self {
            Self::Postgres(store) => store.snapshot(protocolos, motivos).await,
            Self::Sqlite(store) => store.snapshot(protocolos, motivos).await,
        }
    }

    /// Writes `changes`, made now by the database's clock, in one atomic, durable step.
    ///
    /// Changes of one atendimento stand together in the order of their revisions. An atendimento that
    /// is no longer at the revision before its first change is left alone; the ids of those are returned.
    pub async fn commit(&self, changes: &[Change]) -> Result<Vec<i64>> {
        match self {
            Self::Postgres(store) => store.commit(changes).await,
            Self::Sqlite(store) => store.commit(changes).await,
        }
    }

    /// How many commits this engine can work on side by side.
    pub fn writers(&self) -> usize {
        match self {
            Self::Postgres(_) => postgres::LANES,
            Self::Sqlite(_) => 1,
        }
    }

    /// Starts an import; nothing of it shows before [`Import::commit`], and dropping it undoes it.
    pub async fn begin_import(&self) -> Result<Import> {
        Ok(Import(self.begin().await?))
    }
}

/// A bulk load in one transaction.
pub struct Import(Transaction);

impl Import {
    /// Inserts those whose protocolo is new (`novos` names each once), and returns the others as
    /// they stand, locked until the end.
    pub async fn insert(&mut self, novos: &[NewAtendimento]) -> Result<HashMap<String, Atendimento>> {
        let inserted: HashSet<String> = match &mut self.0 {
            Transaction::Postgres(transaction) => postgres::insert(transaction, novos).await?,
            Transaction::Sqlite(transaction) => sqlite::insert(transaction, novos).await?,
        };
        if inserted.len() == novos.len() {
            return Ok(HashMap::new());
        }
        let protocolos = novos.iter().map(|novo| novo.protocolo.as_str());
        let present: Vec<&str> = protocolos.filter(|protocolo| !inserted.contains(*protocolo)).collect();
        let snapshot = match &mut self.0 {
            Transaction::Postgres(transaction) => postgres::lock(transaction, &present).await?,
            // The transaction holds the whole file.
            Transaction::Sqlite(transaction) => sqlite::snapshot(transaction, &present, &[]).await?,
        };
        Ok(snapshot.atendimentos)
    }

    /// As [`Store::commit`], inside this transaction.
    pub async fn change(&mut self, changes: &[Change]) -> Result<Vec<i64>> {
        match &mut self.0 {
            Transaction::Postgres(transaction) => postgres::change(transaction, changes).await,
            Transaction::Sqlite(transaction) => sqlite::change(transaction, changes).await,
        }
    }

    /// Adds `entries` by `actor`, and makes all of it durable and visible.
    pub async fn commit(self, actor: &Actor, entries: &[Entry]) -> Result<()> {
        Edit(self.0).commit(actor, entries).await
    }
}
