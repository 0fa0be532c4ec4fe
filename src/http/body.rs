//! The request's body: JSON whatever its content type says, bounded in size and time.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes};
use tokio::time::timeout;

use super::error::ApiError;
use crate::json::{self, Value};

/// Largest body, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// How long a body may take to arrive: less than the request as a whole, so that it is named as the cause.
const DEADLINE: Duration = Duration::from_secs(20);

/// The whole body.
pub struct JsonBody(Bytes);

impl JsonBody {
    /// The members of the object called `names`, in that order.
    pub fn members<const N: usize>(&self, names: [&'static str; N]) -> Result<[Value<'_>; N], ApiError> {
        json::members(&self.0, names).map_err(ApiError::Body)
    }
}

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = request.into_body();
        if body.size_hint().lower() > MAX_BYTES as u64 {
            return Err(ApiError::BodyTooLarge);
        }
        let collected = timeout(DEADLINE, Limited::new(body, MAX_BYTES).collect());
        match collected.await {
            Ok(Ok(body)) => Ok(Self(body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::BodyTooLarge),
            Ok(Err(_)) => Err(ApiError::BodyCut),
            Err(_) => Err(ApiError::BodySlow),
        }
    }
}
