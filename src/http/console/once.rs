//! What makes something once, however often its form is sent: a key that the form brings along.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::form::Typed;
use super::visit::Visit;
use crate::domain::text::NameKey;
use crate::http::state::AppState;
use crate::service::provisioning::{CreationKey, ProvisioningError};
use crate::store::Result as StoreResult;

/// The field of the key.
pub const KEY: &str = "chave";

/// A key for another form.
pub fn draw() -> String {
    URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes())
}

/// The key whose text a form brings along, if it is one of ours. Keys of programs are others.
pub fn key(text: &str) -> Option<Arc<str>> {
    let key = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 16)?;
    Some(format!("console:{}", URL_SAFE_NO_PAD.encode(key)).into())
}

/// The key of the form `typed`, if it has one, with what is kept of it.
pub fn creation_key(app: &AppState, visit: &Visit, typed: &Typed) -> Option<CreationKey> {
    let key = typed.key()?;
    // Under a secret, because a senha may be in it.
    let asked = [visit.place.as_bytes(), b"\n", &typed.asked()].concat();
    let mut fingerprints = app.tokens.fingerprints(&asked).into_iter();
    let fingerprint = fingerprints.next().unwrap_or_default();
    Some(CreationKey { key, fingerprint, earlier: fingerprints.collect() })
}

/// Whether the form of that `key`, which `login` typed, came before and is done. With it the session may have ended.
pub async fn is_done(app: &AppState, login: &str, key: Option<&CreationKey>) -> StoreResult<bool> {
    let Some(key) = key else { return Ok(false) };
    let Some(usuario) = app.administration.usuario_for_request(&NameKey::new(login)).await? else { return Ok(false) };
    let kept = app.administration.idempotency_key(&(usuario.id, key.key.to_string())).await?;
    Ok(kept.is_some_and(|kept| key.is_of(kept)))
}

/// What a creation made: just now, or when its form came before.
pub fn made<T: std::str::FromStr>(outcome: Result<T, ProvisioningError>) -> Result<T, ProvisioningError> {
    match outcome {
        Err(ProvisioningError::Replayed(made)) => made.parse().map_err(|_| ProvisioningError::KeyReused),
        outcome => outcome,
    }
}

/// What a change of something seen came to, whose form may have come before: `None` where it has changed otherwise.
pub fn done<T>(outcome: Result<T, ProvisioningError>) -> Result<Option<()>, ProvisioningError> {
    match outcome {
        Ok(_) | Err(ProvisioningError::Replayed(_)) => Ok(Some(())),
        // The same form, with other values.
        Err(ProvisioningError::Changed | ProvisioningError::KeyReused) => Ok(None),
        Err(error) => Err(error),
    }
}
