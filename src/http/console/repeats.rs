//! Forms that come again: what they are known by, and whether they are done.

use super::form::Typed;
use super::visit::Visit;
use crate::domain::text::NameKey;
use crate::http::state::AppState;
use crate::service::provisioning::CreationKey;
use crate::store::Result;

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
pub async fn is_done(app: &AppState, login: &str, key: Option<&CreationKey>) -> Result<bool> {
    let Some(key) = key else { return Ok(false) };
    let Some(usuario) = app.administration.usuario_for_request(&NameKey::new(login)).await? else { return Ok(false) };
    let kept = app.administration.idempotency_key(&(usuario.id, key.key.to_string())).await?;
    Ok(kept.is_some_and(|kept| key.is_of(kept)))
}
