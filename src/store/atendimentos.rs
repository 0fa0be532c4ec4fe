//! The atendimentos and their history.

use std::collections::{HashMap, HashSet};

use super::audit::Edit;
use super::engine::{Store, Transaction};
use super::error::Result;
use super::reads::comentario_of;
use super::rows::{NewAtendimento, status_of};
use super::value::Time;
use super::{postgres, sqlite};
use crate::domain::atendimento::{Atendimento, Change, Snapshot};
use crate::domain::audit::{Actor, Entry};
use crate::domain::record::{AtendimentoRecord, StoredChange};

/// The record of $1, a row a change; an atendimento without history is one row without `em`.
const REGISTRO: &str = "
SELECT a.protocolo, a.status, a.atualizado_em,
       h.em, h.de, h.para, h.comentario, h.visivel_cliente, m.nome AS motivo, u.login AS usuario
FROM atendimento a
LEFT JOIN historico h ON h.atendimento_id = a.id
LEFT JOIN motivo m ON m.id = h.motivo_id
LEFT JOIN usuario u ON u.id = h.usuario_id
WHERE a.protocolo = $1
ORDER BY h.revisao";

#[derive(sqlx::FromRow)]
struct RecordRow {
    protocolo: String,
    status: i16,
    atualizado_em: Time,
    em: Option<Time>,
    de: Option<i16>,
    para: Option<i16>,
    comentario: Option<String>,
    visivel_cliente: Option<bool>,
    motivo: Option<String>,
    usuario: Option<String>,
}

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

    pub async fn record(&self, protocolo: &str) -> Result<Option<AtendimentoRecord>> {
        registro_of(self.command_rows(REGISTRO, &[protocolo.into()]).await?)
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

fn registro_of(rows: Vec<RecordRow>) -> Result<Option<AtendimentoRecord>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let (protocolo, status) = (first.protocolo.clone(), status_of(first.status)?);
    let Time(atualizado_em) = first.atualizado_em;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(Time(em)), Some(de), Some(para)) = (row.em, row.de, row.para) else { continue };
        changes.push(StoredChange {
            em,
            de: status_of(de)?,
            para: status_of(para)?,
            motivo: row.motivo,
            usuario: row.usuario,
            comentario: comentario_of(row.comentario, row.visivel_cliente),
        });
    }
    Ok(Some(AtendimentoRecord { protocolo, status, atualizado_em, changes }))
}
