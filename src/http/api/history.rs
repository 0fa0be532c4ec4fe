//! `GET /api/atendimentos/{protocolo}/historico` (ours): the changes with their comments, page by page.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::audit::AuditedCaller;
use super::reads::UNKNOWN;
use crate::clock::rfc3339_millis;
use crate::domain::access::ConsultarHistorico;
use crate::domain::atendimento::Status;
use crate::domain::audit::{Actor, Channel};
use crate::domain::record::StoredChange;
use crate::domain::text::HIDDEN;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi::LEITURAS;
use crate::http::openapi::parameters::{Cursor, Limite, ProtocoloInPath, VisivelCliente};
use crate::http::request::caller::Caller;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::{page, query};
use crate::http::state::SharedState;
use crate::service::provisioning::Provisioning;

/// Bytes after which a page ends early, as they are sent. One entry may have 120 KiB.
const PAGE_MAX: usize = 1024 * 1024;

#[derive(Serialize, ToSchema)]
#[schema(as = Historico, description = "Uma página do histórico, da entrada mais antiga à mais nova [ours].")]
struct Page {
    protocolo: String,
    historico: Vec<Entrada>,
    /// O `cursor` da página seguinte; `null` na última.
    #[schema(required)]
    proximo: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "Uma alteração.")]
struct Entrada {
    #[schema(format = DateTime)]
    em: String,
    #[schema(value_type = Status)]
    de: &'static str,
    #[schema(value_type = Status)]
    para: &'static str,
    #[schema(required)]
    motivo_status: Option<String>,
    /// Quem alterou; `null` numa importação; `(oculto)` para quem não o vê na hierarquia. Ausente com `visivelCliente=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    usuario: Option<Option<String>>,
    /// O comentário que veio com ela.
    #[schema(required)]
    comentario: Option<Comentario>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "Um comentário.")]
struct Comentario {
    #[schema(value_type = String)]
    texto: Arc<str>,
    visivel_cliente: bool,
}

impl Entrada {
    /// All of `change`, or, `for_customer`, what the customer may see of it: neither who made it nor a private comment,
    /// nor that there is one.
    fn new(StoredChange { em, de, para, motivo, usuario, comentario }: StoredChange, for_customer: bool) -> Self {
        let comentario = comentario.filter(|comentario| comentario.visivel_cliente || !for_customer);
        Self {
            em: rfc3339_millis(em),
            de: de.nome(),
            para: para.nome(),
            motivo_status: motivo,
            usuario: (!for_customer).then_some(usuario),
            comentario: comentario.map(|c| Comentario { texto: c.texto, visivel_cliente: c.visivel_cliente }),
        }
    }
}

#[utoipa::path(
    get, path = "/api/atendimentos/{protocolo}/historico", tag = LEITURAS, operation_id = "lerHistorico",
    summary = "Lê o histórico de um atendimento [ours]",
    description = "As alterações com seus comentários, página por página. Exige a permissão *Consultar histórico de \
        atendimento via API*. Uma página pode terminar antes do limite; continue até `proximo` ser `null`. Como no console, `(oculto)` fica no lugar \
        de um usuário que não está no nível de quem consulta nem abaixo; na raiz, todos aparecem.",
    security(("token" = [])),
    params(ProtocoloInPath, Cursor, Limite, VisivelCliente),
    responses(
        (status = 200, description = "Uma página", body = Page, example = json!({
            "protocolo": "20221104000001",
            "historico": [{
                "em": "2026-11-23T10:00:00.000Z", "de": "Aberto", "para": "Finalizado", "motivoStatus": null,
                "usuario": "user.api", "comentario": {"texto": "Resolvido", "visivelCliente": true}
            }],
            "proximo": null
        }))
    ),
)]
pub async fn historico(
    State(app): State<SharedState>,
    AuditedCaller(caller): AuditedCaller<ConsultarHistorico>,
    client: ClientAddress,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let protocolo = query::path_protocolo(path)?;
    let after = page::cursor(&uri)?.unwrap_or_default();
    let limit = page::limit(&uri)?;
    let for_customer = query::flag(&uri, "visivelCliente")?;
    // One more than asked for, to know whether there is a next page.
    let mut changes = app.store.historico(&protocolo, after, limit + 1).await?.ok_or(UNKNOWN)?;
    if !for_customer {
        hide(&app, &caller, client, &mut changes).await?;
    }
    let entries = changes.into_iter().map(|(revision, change)| (revision, Entrada::new(change, for_customer)));
    let (historico, proximo) = first_page(entries, limit.into());
    Ok(json::of(StatusCode::OK, &Page { protocolo, historico, proximo }))
}

/// Lets [`HIDDEN`] stand for each user whom the hierarchy hides from the caller. It is asked only where a history names
/// others than the caller, and for nobody at root, who sees all.
async fn hide(
    app: &SharedState,
    caller: &Caller<ConsultarHistorico>,
    client: ClientAddress,
    changes: &mut [(i64, StoredChange)],
) -> Result<(), ApiError> {
    let by = || changes.iter().filter_map(|(_, change)| change.usuario.as_deref());
    let others: HashSet<&str> = by().filter(|login| **login != *caller.login).collect();
    if others.is_empty() {
        return Ok(());
    }
    let Caller { usuario_id: id, generation, .. } = *caller;
    if app.access.access_in(id, generation).await?.is_some_and(|rights| rights.is_root()) {
        return Ok(());
    }
    let actor = Actor::Usuario { id, generation, by: Channel::Api, place: client.0.to_string() };
    let provisioning = Provisioning::with(Arc::clone(&app.store), Arc::clone(&app.passwords), actor);
    // Boxed: large, and most histories do without.
    let hidden = Box::pin(provisioning.hidden_logins(others)).await?;
    let named = changes.iter_mut().filter_map(|(_, change)| change.usuario.as_mut());
    named.filter(|login| hidden.contains(login.as_str())).for_each(|login| HIDDEN.clone_into(login));
    Ok(())
}

/// The first of `entries`, at most `limit` of them, and the cursor of the rest. What counts is what the reader
/// gets: by the end of a page nobody learns of a comment that is kept from them.
fn first_page(entries: impl Iterator<Item = (i64, Entrada)>, limit: usize) -> (Vec<Entrada>, Option<String>) {
    let (mut entradas, mut last, mut bytes) = (Vec::new(), 0, 0);
    for (revision, entry) in entries {
        bytes += json::length(&entry);
        if entradas.len() == limit || bytes > PAGE_MAX {
            return (entradas, Some(page::after(last)));
        }
        entradas.push(entry);
        last = revision;
    }
    (entradas, None)
}
