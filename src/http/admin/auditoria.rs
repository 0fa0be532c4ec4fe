//! The audit trail.

use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Administering;
use super::atendimentos::between;
use crate::clock::rfc3339_millis;
use crate::domain::access::ConsultarAuditoria;
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::openapi::ADMINISTRACAO;
use crate::http::openapi::parameters::{Acao, Ate, Cursor, Desde, Limite};
use crate::http::request::{page, query};
use crate::service::audit::told;
use crate::store::{AuditEntry, AuditPage};

#[derive(Serialize, ToSchema)]
#[schema(as = EntradaDeAuditoria, description = "O que um administrador alterou [ours].")]
struct Entry {
    id: i64,
    #[schema(format = DateTime)]
    em: String,
    /// De onde veio: `comando`, `api` ou `console`.
    origem: String,
    /// O usuário que pediu, ou o do sistema operacional que executou o comando.
    autor: String,
    /// O endereço ou a máquina.
    lugar: String,
    /// Como `usuario.criar`.
    acao: String,
    /// O que foi alterado.
    #[schema(required)]
    objeto: Option<String>,
    /// Como era.
    antes: Value,
    /// Como é desde então.
    depois: Value,
}

impl From<AuditEntry> for Entry {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, em, origem, autor, lugar, acao, objeto, .. } = entry;
        let [antes, depois] = [entry.antes, entry.depois].map(told);
        Self { id, em: rfc3339_millis(em), origem, autor, lugar, acao, objeto, antes, depois }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(description = "Uma página da auditoria, da entrada mais nova à mais antiga [ours].")]
struct Auditoria {
    auditoria: Vec<Entry>,
    /// O `cursor` da página seguinte; `null` na última.
    #[schema(required)]
    proximo: Option<String>,
}

/// `GET /api/admin/auditoria`
#[utoipa::path(
    get, path = "/api/admin/auditoria", tag = ADMINISTRACAO, operation_id = "lerAuditoria",
    summary = "Lê a auditoria [ours]",
    description = "Um administrador raiz vê tudo; outros, o que fizeram ou sofreram usuários que então estavam em níveis que eles veem; um nome que a hierarquia agora esconde deles aparece como `(oculto)`. Uma página pode vir curta, ou vazia, enquanto `proximo` não é `null`. Exige a permissão *Consultar auditoria*.",
    security(("token" = [])),
    params(Desde, Ate, Acao, Cursor, Limite),
    responses((status = 200, description = "Uma página", body = Auditoria, example = json!({
        "auditoria": [{
            "id": 7, "em": "2026-11-23T10:00:00.000Z", "origem": "api", "autor": "ana.souza", "lugar": "192.0.2.7",
            "acao": "motivo.desativar", "objeto": "Duplicado", "antes": {"ativo": true}, "depois": {"ativo": false}
        }],
        "proximo": null
    }))),
)]
pub async fn list(who: Administering<ConsultarAuditoria>, uri: Uri) -> Result<Response, ApiError> {
    let action = query::parameter(&uri, "acao")?.map(|text| text.parse().map_err(|_| ApiError::Invalid("acao")));
    let asked = AuditPage {
        before: page::moment_cursor(&uri)?,
        between: between(&uri)?,
        action: action.transpose()?,
        limit: page::limit(&uri)?,
        ..AuditPage::default()
    };
    let (entries, next) = who.judged(who.provisioning().seen_audit(asked).await)?;
    let auditoria = entries.into_iter().map(Entry::from).collect();
    Ok(json::of(StatusCode::OK, &Auditoria { auditoria, proximo: next.map(page::after_moment) }))
}
