//! Atendimentos and their changes as JSON: the contract's "The record".

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::clock::rfc3339_millis;
use crate::domain::record::{AtendimentoRecord, PresentState, StoredChange};

/// An atendimento with its changes, and the comments of these apart.
pub fn record(record: &AtendimentoRecord) -> Value {
    let comment = |change: &StoredChange| {
        let comentario = change.comentario.as_ref()?;
        Some(json!({
            "em": rfc3339_millis(change.em), "texto": comentario.texto,
            "visivelCliente": comentario.visivel_cliente, "usuario": change.usuario
        }))
    };
    json!({
        "protocolo": record.protocolo,
        "status": record.status.nome(),
        "motivoStatus": record.motivo(),
        "atualizadoEm": rfc3339_millis(record.atualizado_em),
        "historico": record.changes.iter().map(change).collect::<Vec<_>>(),
        "comentarios": record.changes.iter().filter_map(comment).collect::<Vec<_>>()
    })
}

/// All that is stored about an atendimento, as it is handed out to the person whom it is about.
pub fn export(atendimento: &AtendimentoRecord, at: OffsetDateTime) -> Value {
    json!({"formato": "citrus-status/atendimento/1", "geradoEm": rfc3339_millis(at), "atendimento": record(atendimento)})
}

fn change(StoredChange { em, de, para, motivo, usuario, .. }: &StoredChange) -> Value {
    json!({
        "em": rfc3339_millis(*em), "de": de.nome(), "para": para.nome(), "motivoStatus": motivo, "usuario": usuario
    })
}

/// A change of any atendimento, with its comment.
pub fn listed_change(protocolo: &str, change: &StoredChange) -> Value {
    let StoredChange { em, de, para, motivo, usuario, comentario } = change;
    let comentario = comentario.as_ref().map(|c| json!({"texto": c.texto, "visivelCliente": c.visivel_cliente}));
    json!({
        "protocolo": protocolo, "em": rfc3339_millis(*em), "de": de.nome(), "para": para.nome(),
        "motivoStatus": motivo, "usuario": usuario, "comentario": comentario
    })
}

pub fn present_state(state: &PresentState) -> Value {
    json!({
        "protocolo": state.protocolo, "status": state.status.nome(), "motivoStatus": state.motivo,
        "atualizadoEm": rfc3339_millis(state.atualizado_em)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::atendimento::{Comentario, Status};
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
        let (protocolo, status) = ("20221104000001".to_owned(), Status::Finalizado);
        assert_eq!(
            record(&AtendimentoRecord { protocolo, status, atualizado_em: em, changes }).to_string(),
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
