//! What clients read, past the change queue.

use super::engine::Store;
use super::error::Result;
use super::rows::{snapshot_of, status_of};
use super::value::Time;
use crate::domain::atendimento::{Comentario, Snapshot};
use crate::domain::record::{PresentState, Registration, StoredChange};
use crate::domain::text::NameKey;

const ESTADO: &str = "
SELECT a.protocolo, a.status, a.revisao, a.atualizado_em, m.nome AS motivo
FROM atendimento a
LEFT JOIN historico h ON h.atendimento_id = a.id AND h.revisao = a.revisao
LEFT JOIN motivo m ON m.id = h.motivo_id
WHERE a.protocolo = $1";

#[derive(sqlx_macros::FromRow)]
pub(super) struct PresentStateRow {
    pub protocolo: String,
    pub status: i16,
    pub revisao: i64,
    pub atualizado_em: Time,
    pub motivo: Option<String>,
}

const HISTORICO: &str = "
SELECT h.revisao, h.em, h.de, h.para, m.nome AS motivo, u.login AS usuario, h.comentario, h.visivel_cliente
FROM historico h
LEFT JOIN motivo m ON m.id = h.motivo_id
LEFT JOIN usuario u ON u.id = h.usuario_id
WHERE h.atendimento_id = $1 AND h.revisao > $2
ORDER BY h.revisao
LIMIT $3";

#[derive(sqlx_macros::FromRow)]
pub(super) struct HistoricoRow {
    revisao: i64,
    em: Time,
    de: i16,
    para: i16,
    motivo: Option<String>,
    usuario: Option<String>,
    comentario: Option<String>,
    visivel_cliente: Option<bool>,
}

/// Entries of older releases are not there, and those of an import name no protocolo.
const REGISTRATION: &str = "
SELECT a.em, u.login AS usuario
FROM auditoria a
LEFT JOIN usuario u ON u.id = a.autor_id
WHERE a.acao = 'atendimento.criar' AND a.objeto = $1
ORDER BY a.id
LIMIT 1";

/// Both halves of a snapshot; a motivo's row has no status.
const SITUATION: &str = "
SELECT protocolo AS chave, id, status, revisao FROM atendimento WHERE protocolo = $1
UNION ALL
SELECT chave, id, NULL, NULL FROM motivo WHERE ativo AND chave = $2";

/// The first half alone, which feels no lock on the motivos.
const SITUATION_WITHOUT_MOTIVO: &str = "
SELECT protocolo AS chave, id, status, revisao FROM atendimento WHERE protocolo = $1";

impl Store {
    pub async fn present_state(&self, protocolo: &str) -> Result<Option<PresentState>> {
        self.row(ESTADO, &[protocolo.into()]).await?.map(estado_of).transpose()
    }

    /// The first `limit` changes of an atendimento after the revision `after`, oldest first, each with
    /// its revision; `None` when there is no such atendimento. Costs the same anywhere in a history.
    pub async fn historico(&self, protocolo: &str, after: i64, limit: u16) -> Result<Option<Vec<(i64, StoredChange)>>> {
        let row = self.row("SELECT id FROM atendimento WHERE protocolo = $1", &[protocolo.into()]).await?;
        let Some((id,)): Option<(i64,)> = row else { return Ok(None) };
        let rows = self.rows(HISTORICO, &[id.into(), after.into(), i64::from(limit).into()]).await?;
        rows.into_iter().map(change_of).collect::<Result<_>>().map(Some)
    }

    /// Who registered the atendimento, and when, where that is known.
    pub async fn registration(&self, protocolo: &str) -> Result<Option<Registration>> {
        let row: Option<(Time, Option<String>)> = self.row(REGISTRATION, &[protocolo.into()]).await?;
        Ok(row.map(|(Time(em), usuario)| Registration { em, usuario }))
    }

    /// The names of the active motivos, by name.
    pub async fn active_motivos(&self) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = self.rows("SELECT nome FROM motivo WHERE ativo ORDER BY chave", &[]).await?;
        Ok(rows.into_iter().map(|(nome,)| nome).collect())
    }

    pub async fn motivo_nome(&self, id: i64) -> Result<Option<String>> {
        let row: Option<(String,)> = self.row("SELECT nome FROM motivo WHERE id = $1", &[id.into()]).await?;
        Ok(row.map(|(nome,)| nome))
    }

    /// What [`Store::snapshot`] loads for one request, without the change queue's connections.
    pub async fn situation(&self, protocolo: &str, motivo: Option<&NameKey>) -> Result<Snapshot> {
        let rows = match motivo {
            Some(motivo) => self.rows(SITUATION, &[protocolo.into(), motivo.into()]).await?,
            None => self.rows(SITUATION_WITHOUT_MOTIVO, &[protocolo.into()]).await?,
        };
        snapshot_of(rows)
    }
}

pub(super) fn estado_of(row: PresentStateRow) -> Result<PresentState> {
    let PresentStateRow { protocolo, status, revisao, atualizado_em: Time(atualizado_em), motivo } = row;
    Ok(PresentState { protocolo, status: status_of(status)?, motivo, atualizado_em, revisao })
}

/// The change of `row`, with its revision.
pub(super) fn change_of(row: HistoricoRow) -> Result<(i64, StoredChange)> {
    let HistoricoRow { revisao, em: Time(em), de, para, motivo, usuario, comentario, visivel_cliente } = row;
    let (de, para, comentario) = (status_of(de)?, status_of(para)?, comentario_of(comentario, visivel_cliente));
    Ok((revisao, StoredChange { em, de, para, motivo, usuario, comentario }))
}

fn comentario_of(texto: Option<String>, visivel_cliente: Option<bool>) -> Option<Comentario> {
    let (texto, visivel_cliente) = Option::zip(texto, visivel_cliente)?;
    Some(Comentario { texto: texto.into(), visivel_cliente })
}
