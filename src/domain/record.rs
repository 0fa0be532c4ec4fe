//! An atendimento as it is shown (ours): the contract's "The record", and the parts of it that clients read.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::atendimento::{Comentario, Status};
use crate::clock::rfc3339_millis;

/// One change as stored, names resolved.
#[derive(Clone, Debug)]
pub struct StoredChange {
    /// When.
    pub em: OffsetDateTime,
    /// Status before.
    pub de: Status,
    /// Status after.
    pub para: Status,
    /// Name of the motivo recorded.
    pub motivo: Option<String>,
    /// Login of who made it; `None` for an import from the command line.
    pub usuario: Option<String>,
    /// The comment added with it.
    pub comentario: Option<Comentario>,
}

/// An atendimento with everything that happened to it, oldest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AtendimentoRecord {
    /// Protocol number.
    pub protocolo: String,
    /// Present status.
    #[serde(serialize_with = "as_nome")]
    pub status: Status,
    /// Motivo of the latest change.
    pub motivo_status: Option<String>,
    /// When it was last changed, or registered.
    #[serde(serialize_with = "as_millis")]
    pub atualizado_em: OffsetDateTime,
    /// Its changes.
    pub historico: Vec<HistoryEntry>,
    /// The comments added with them.
    pub comentarios: Vec<CommentEntry>,
}

/// One change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When.
    #[serde(serialize_with = "as_millis")]
    pub em: OffsetDateTime,
    /// Status before.
    #[serde(serialize_with = "as_nome")]
    pub de: Status,
    /// Status after.
    #[serde(serialize_with = "as_nome")]
    pub para: Status,
    /// The motivo recorded.
    pub motivo_status: Option<String>,
    /// Login of who made it; `None` for an import.
    pub usuario: Option<String>,
}

/// One comment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommentEntry {
    /// When.
    #[serde(serialize_with = "as_millis")]
    pub em: OffsetDateTime,
    /// The text as sent.
    pub texto: String,
    /// Whether the customer sees it.
    pub visivel_cliente: bool,
    /// Login of who made it.
    pub usuario: Option<String>,
}

impl AtendimentoRecord {
    /// The record of `protocolo`, whose `changes` come oldest first.
    pub fn new(protocolo: String, status: Status, atualizado_em: OffsetDateTime, changes: Vec<StoredChange>) -> Self {
        let comentarios = changes
            .iter()
            .filter_map(|change| {
                change.comentario.as_ref().map(|comentario| CommentEntry {
                    em: change.em,
                    texto: comentario.texto.to_string(),
                    visivel_cliente: comentario.visivel_cliente,
                    usuario: change.usuario.clone(),
                })
            })
            .collect();
        Self {
            protocolo,
            status,
            motivo_status: changes.last().and_then(|change| change.motivo.clone()),
            atualizado_em,
            historico: changes
                .into_iter()
                .map(|StoredChange { em, de, para, motivo, usuario, .. }| HistoryEntry {
                    em,
                    de,
                    para,
                    motivo_status: motivo,
                    usuario,
                })
                .collect(),
            comentarios,
        }
    }
}

/// The present state of an atendimento: what the record has at its top.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresentState {
    /// Protocol number.
    pub protocolo: String,
    /// Present status.
    #[serde(serialize_with = "as_nome")]
    pub status: Status,
    /// Motivo of the latest change.
    pub motivo_status: Option<String>,
    /// When it was last changed, or registered.
    #[serde(serialize_with = "as_millis")]
    pub atualizado_em: OffsetDateTime,
    /// How many changes it has seen; not shown as such.
    #[serde(skip)]
    pub revisao: i64,
}

/// One change together with its comment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// When.
    #[serde(serialize_with = "as_millis")]
    pub em: OffsetDateTime,
    /// Status before.
    #[serde(serialize_with = "as_nome")]
    pub de: Status,
    /// Status after.
    #[serde(serialize_with = "as_nome")]
    pub para: Status,
    /// The motivo recorded.
    pub motivo_status: Option<String>,
    /// Login of who made it, `Some(None)` for an import; `None` where it is not to be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usuario: Option<Option<String>>,
    /// The comment added with it.
    pub comentario: Option<StepComment>,
}

/// The comment of a [`Step`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepComment {
    /// The text as sent.
    pub texto: Arc<str>,
    /// Whether the customer sees it.
    pub visivel_cliente: bool,
}

impl Step {
    /// All of `change`, or, `for_customer`, what the customer may see of it: neither who made it nor a
    /// private comment, nor that there is one.
    pub fn new(change: StoredChange, for_customer: bool) -> Self {
        let StoredChange { em, de, para, motivo, usuario, comentario } = change;
        Self {
            em,
            de,
            para,
            motivo_status: motivo,
            usuario: (!for_customer).then_some(usuario),
            comentario: comentario
                .filter(|comentario| comentario.visivel_cliente || !for_customer)
                .map(|Comentario { texto, visivel_cliente }| StepComment { texto, visivel_cliente }),
        }
    }
}

fn as_nome<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status.nome())
}

fn as_millis<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339_millis(*at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_record_has_the_contracts_shape() {
        let em = datetime!(2026-11-23 10:00:00 UTC);
        let change = |para, motivo: Option<&str>, texto: Option<&str>| StoredChange {
            em,
            de: Status::Aberto,
            para,
            motivo: motivo.map(str::to_owned),
            usuario: Some("user.api".to_owned()),
            comentario: texto.map(|texto| Comentario { texto: texto.into(), visivel_cliente: true }),
        };
        let changes =
            vec![change(Status::Cancelado, Some("Duplicado"), None), change(Status::Finalizado, None, Some("ok"))];
        let record = AtendimentoRecord::new("20221104000001".to_owned(), Status::Finalizado, em, changes);
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            concat!(
                r#"{"protocolo":"20221104000001","status":"Finalizado","motivoStatus":null,"#,
                r#""atualizadoEm":"2026-11-23T10:00:00.000Z","historico":["#,
                r#"{"em":"2026-11-23T10:00:00.000Z","de":"Aberto","para":"Cancelado","motivoStatus":"Duplicado","usuario":"user.api"},"#,
                r#"{"em":"2026-11-23T10:00:00.000Z","de":"Aberto","para":"Finalizado","motivoStatus":null,"usuario":"user.api"}],"#,
                r#""comentarios":[{"em":"2026-11-23T10:00:00.000Z","texto":"ok","visivelCliente":true,"usuario":"user.api"}]}"#
            )
        );
    }
}
