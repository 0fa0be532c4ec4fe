//! What makes something once, however often its form is sent: a key that the form brings along.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::service::provisioning::ProvisioningError;

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
