//! Administration as JSON (ours): a file a resource. Each route names the permission that it needs; the hierarchy decides
//! what its user sees, in the services.

pub mod atendimentos;
pub mod auditoria;
pub mod motivos;
pub mod niveis;
pub mod perfis;
pub mod usuarios;

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::access::{Permissao, Required};
use crate::domain::audit::{Actor, Channel};
use crate::domain::text::{NOME_MAX, Name, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::http::answer::json;
use crate::http::api::audit;
use crate::http::limits::BODY_MAX;
use crate::http::request::body::JsonBody;
use crate::http::request::caller::Caller;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::idempotency;
use crate::http::state::SharedState;
use crate::json::Value;
use crate::service::provisioning::{CreationKey, Kind, Provisioning, ProvisioningError};
use crate::store::NamedKind;

/// A user who administers, with the permission that it takes. Whoever is refused leaves a line in the log.
pub struct Administering<P> {
    app: SharedState,
    caller: Caller<P>,
    client: ClientAddress,
}

impl<P: Required> FromRequestParts<SharedState> for Administering<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedState) -> Result<Self, ApiError> {
        let Ok(client) = ClientAddress::from_request_parts(parts, app).await;
        match Caller::<P>::from_request_parts(parts, app).await {
            Ok(caller) => Ok(Self { app: Arc::clone(app), caller, client }),
            Err(error) => {
                audit::denied_administration(client, None, P::PERMISSAO, &error);
                Err(error)
            }
        }
    }
}

impl<P: Required> Administering<P> {
    /// What sets up and shows, for this user.
    pub fn provisioning(&self) -> Provisioning {
        let Caller { usuario_id: id, generation, .. } = self.caller;
        let actor = Actor::Usuario { id, generation, by: Channel::Api, place: self.client.0.to_string() };
        Provisioning::with(Arc::clone(&self.app.administration), Arc::clone(&self.app.passwords), actor)
    }

    /// The body of a request, which may have taken long: the user is judged again.
    pub async fn body(&self, request: Request) -> Result<JsonBody, ApiError> {
        let body = JsonBody::read(request, &self.app, BODY_MAX).await?;
        self.caller.confirm(&self.app).await?;
        Ok(body)
    }

    /// The body of a creation, and what makes it once where it came with a key.
    pub async fn creation(&self, request: Request) -> Result<(JsonBody, Provisioning), ApiError> {
        let (key, path) = (idempotency::key(request.headers())?, request.uri().path().to_owned());
        let body = self.body(request).await?;
        // Under a secret, because a senha may be in it.
        let creation_key = |key| {
            let mut fingerprints = self.app.tokens.fingerprints(&body.at(&path)).into_iter();
            let fingerprint = fingerprints.next().unwrap_or_default();
            CreationKey { key, fingerprint, earlier: fingerprints.collect() }
        };
        let key = key.map(creation_key);
        let provisioning = self.provisioning().keyed(key);
        Ok((body, provisioning))
    }

    /// What the service says, or its refusal, which leaves a line in the log.
    pub fn judged<T>(&self, outcome: Result<T, ProvisioningError>) -> Result<T, ApiError> {
        self.judged_by(P::PERMISSAO, outcome)
    }

    /// The same for what needs another permission besides.
    pub fn judged_by<T>(&self, needs: Permissao, outcome: Result<T, ProvisioningError>) -> Result<T, ApiError> {
        outcome.map_err(|error| {
            let error = error.into();
            audit::denied_administration(self.client, Some(self.caller.usuario_id), needs, &error);
            error
        })
    }

    /// What a creation made, and whether it was made by an earlier request of the same key.
    pub fn made<T: FromStr>(&self, outcome: Result<T, ProvisioningError>) -> Result<(T, bool), ApiError> {
        match outcome {
            Err(ProvisioningError::Replayed(made)) => Ok((made.parse().map_err(|_| ApiError::Internal)?, true)),
            outcome => Ok((self.judged(outcome)?, false)),
        }
    }

    /// The name of what has the id in the path, if the user sees it. It is looked for before anything else is judged, so that
    /// what is hidden is answered as what is not there.
    pub async fn named(&self, kind: NamedKind, path: Result<Path<String>, PathRejection>) -> Result<Name, ApiError> {
        self.named_by(kind, &parameter(path)?).await
    }

    pub async fn named_by(&self, kind: NamedKind, id: &str) -> Result<Name, ApiError> {
        let Some(id) = number(id) else {
            return Err(ApiError::Missing(match kind {
                NamedKind::Nivel => Kind::Nivel,
                NamedKind::Perfil => Kind::Perfil,
                NamedKind::Usuario => Kind::Usuario,
                NamedKind::Motivo => Kind::Motivo,
            }));
        };
        self.judged(self.provisioning().seen_nome(kind, id, P::PERMISSAO).await)
    }
}

/// What stands in the path; text that is none is no id.
pub fn parameter<T: DeserializeOwned + Send>(path: Result<Path<T>, PathRejection>) -> Result<T, ApiError> {
    path.map(|Path(value)| value).map_err(|_| ApiError::NotFound)
}

/// A row id: digits alone.
pub fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

pub fn permissao(nome: &str) -> Result<Permissao, ApiError> {
    Permissao::named(nome).ok_or(ApiError::UnknownPermissao)
}

/// What was made, with its answer's header where it was made before.
pub fn created(value: &impl Serialize, is_replay: bool) -> Response {
    let response = json::of(StatusCode::CREATED, value);
    if is_replay { idempotency::replayed(response) } else { response }
}

/// A name to register.
pub fn required_name(field: &'static str, value: Value<'_>) -> Result<Name, ApiError> {
    name(field, value)?.ok_or(ApiError::Required(field))
}

/// A name, if there is one.
pub fn name(field: &'static str, value: Value<'_>) -> Result<Option<Name>, ApiError> {
    match value.scalar() {
        Value::Absent => Ok(None),
        Value::Text(text) if is_blank(&text) => Ok(None),
        Value::Text(text) if fits(&text, NOME_MAX) => text.parse().map(Some).map_err(|_| ApiError::Invalid(field)),
        _ => Err(ApiError::Invalid(field)),
    }
}
