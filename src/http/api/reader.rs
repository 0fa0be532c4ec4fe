//! A caller who reads.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::audit;
use crate::domain::access::Required;
use crate::http::answer::catalogue::ApiError;
use crate::http::app::App;
use crate::http::request::caller::Caller;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::query;

/// A [`Caller`] who reads. One that is denied leaves a line in the audit log; what changes something leaves its line
/// in any case.
pub struct Reader<P>(PhantomData<P>);

impl<P: Required> FromRequestParts<App> for Reader<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match Caller::<P>::from_request_parts(parts, app).await {
            Ok(_) => Ok(Self(PhantomData)),
            Err(error) => {
                let Ok(client) = ClientAddress::from_request_parts(parts, app).await;
                audit::denied_read(client, P::PERMISSAO, &query::protocolo_as_sent(parts).await, &error);
                Err(error)
            }
        }
    }
}
