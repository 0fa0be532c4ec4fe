//! The request's body: JSON whatever its content type says, bounded in size and time.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{FromRequest, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes};
use tokio::time::timeout;

use super::App;
use super::error::ApiError;
use crate::json::{self, Value};

/// Largest body of most routes, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// A body, or an element of a list in one.
pub struct JsonBody(Bytes);

impl JsonBody {
    /// A body that has arrived.
    pub fn new(body: Bytes) -> Self {
        Self(body)
    }

    /// The members of the object called `names`, in that order.
    pub fn members<const N: usize>(&self, names: [&'static str; N]) -> Result<[Value<'_>; N], ApiError> {
        json::members(&self.0, names).map_err(ApiError::Body)
    }

    /// The elements of the list in its member `name`: at least one, and at most `max`.
    pub fn items(&self, name: &'static str, max: usize) -> Result<Vec<JsonBody>, ApiError> {
        let [list] = self.members([name])?;
        let items = match list {
            Value::Absent => return Err(ApiError::Required(name)),
            Value::List(list) => json::elements(list, max).filter(|items| !items.is_empty()),
            _ => None,
        };
        let items = items.ok_or(ApiError::Invalid(name))?;
        Ok(items.into_iter().map(|item| Self(self.0.slice_ref(item.as_bytes()))).collect())
    }

    /// The first 64 bits of its SHA-256. A user can mislead only itself by a collision.
    pub fn fingerprint(&self) -> i64 {
        let digest = digest(&SHA256, &self.0);
        i64::from_be_bytes(digest.as_ref()[..8].try_into().expect("a digest of SHA-256 has 32 bytes"))
    }
}

impl JsonBody {
    /// Reads the body of `request`, unless it has more than `max` bytes.
    pub async fn read(request: Request, app: &App, max: usize) -> Result<Self, ApiError> {
        let body = request.into_body();
        if body.size_hint().lower() > max as u64 {
            return Err(ApiError::BodyTooLarge);
        }
        let collected = timeout(app.body_deadline(), Limited::new(body, max).collect());
        match collected.await {
            Ok(Ok(body)) => Ok(Self::new(body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::BodyTooLarge),
            Ok(Err(_)) => Err(ApiError::BodyCut),
            Err(_) => Err(ApiError::BodySlow),
        }
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        Self::read(request, app, MAX_BYTES).await
    }
}
