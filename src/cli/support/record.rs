//! Atendimentos and their changes as JSON: the contract's "The record".

use std::io::Write;

use futures_util::stream::TryStreamExt;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::error::CliError;
use crate::clock::rfc3339_millis;
use crate::domain::record::{PresentState, StoredChange};
use crate::printable::printable_json;
use crate::store::Store;

/// What a list of a record has of a change, if anything.
type Member = fn(&StoredChange) -> Option<Value>;

/// Writes an atendimento with its changes to `out`, and the comments of these apart. The history is read twice, change by
/// change: it may be longer than memory. `shows_logins` says whether those who changed it are named.
pub async fn write_record(
    out: &mut impl Write,
    store: &Store,
    state: &PresentState,
    shows_logins: bool,
) -> Result<(), CliError> {
    let head = serde_json::to_string_pretty(&present_state(state)).expect("a record has text keys");
    write!(out, "{}", printable_json('\n', head.trim_end_matches("\n}")))?;
    let lists: [(&str, Member); 2] = [("historico", |made| Some(change(made))), ("comentarios", comment)];
    for (name, member) in lists {
        write!(out, ",\n  \"{name}\": [")?;
        let mut before = "";
        let mut changes = store.changes_of(state);
        while let Some(mut made) = changes.try_next().await? {
            made.usuario = made.usuario.filter(|_| shows_logins);
            if let Some(value) = member(&made) {
                write!(out, "{before}\n    {}", printable_json('\n', &value.to_string()))?;
                before = ",";
            }
        }
        write!(out, "{}]", if before.is_empty() { "" } else { "\n  " })?;
    }
    Ok(write!(out, "\n}}")?)
}

/// As [`write_record`], as it is handed out at `at` to the person whom it is about.
pub async fn write_export(
    out: &mut impl Write,
    store: &Store,
    state: &PresentState,
    shows_logins: bool,
    at: OffsetDateTime,
) -> Result<(), CliError> {
    let at = rfc3339_millis(at);
    writeln!(out, "{{\"formato\": \"citrus-status/atendimento/1\", \"geradoEm\": \"{at}\", \"atendimento\":")?;
    write_record(out, store, state, shows_logins).await?;
    Ok(write!(out, "}}")?)
}

fn comment(made: &StoredChange) -> Option<Value> {
    let comentario = made.comentario.as_ref()?;
    Some(json!({
        "em": rfc3339_millis(made.em), "texto": comentario.texto,
        "visivelCliente": comentario.visivel_cliente, "usuario": made.usuario
    }))
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
