//! The request's body: JSON whatever its content type says, bounded in size and time.

use std::error::Error;
use std::io::{self, ErrorKind};

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::extract::Request;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes};
use tokio::time::timeout;

use super::charset::Charset;
use super::misspelt::Misspelt;
use crate::http::answer::catalogue::{ApiError, Cut};
use crate::http::limits::BODY_MAX;
use crate::http::memory::Memory;
use crate::http::state::AppState;
use crate::json::{self, Value};

/// A body, or an element of a list in one, in UTF-8.
pub struct JsonBody(Bytes);

impl JsonBody {
    pub fn new(body: Bytes) -> Self {
        Self(body)
    }

    /// The members of the object called `names`, in that order.
    pub fn members<const N: usize>(&self, names: [&'static str; N]) -> Result<[Value<'_>; N], ApiError> {
        json::members(&self.0, names).map_err(ApiError::Body)
    }

    /// The same, of an object without others, which are refused as `unknown`.
    pub fn only_members<const N: usize>(
        &self,
        names: [&'static str; N],
        unknown: &'static str,
    ) -> Result<[Value<'_>; N], ApiError> {
        let mut others = false;
        let members = json::members_noting_others(&self.0, names, &mut |_| others = true).map_err(ApiError::Body)?;
        if others { Err(ApiError::Invalid(unknown)) } else { Ok(members) }
    }

    /// The same; those that are spelled otherwise are added to `misspelt`.
    pub fn members_noting<const N: usize>(
        &self,
        names: [&'static str; N],
        misspelt: &mut Misspelt,
    ) -> Result<[Value<'_>; N], ApiError> {
        json::members_noting_others(&self.0, names, &mut |key| misspelt.note(key, &names)).map_err(ApiError::Body)
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
        fingerprint(&self.0)
    }

    /// What is asked for where it came to `path`: one key is one thing to do.
    pub fn at(&self, path: &str) -> Vec<u8> {
        [path.as_bytes(), b"\n", &self.0].concat()
    }

    /// Reads the body of `request`, unless it has more than `max` bytes as sent.
    pub async fn read(request: Request, app: &AppState, max: usize) -> Result<Self, ApiError> {
        let charset = Charset::declared(request.headers())?;
        let body = read_bytes(request.into_body(), app, max).await?;
        Self::decoded(charset, body, &app.bodies)
    }

    /// `body`, which is in `charset`. What that takes beyond [`BODY_MAX`] counts in `memory`.
    pub fn decoded(charset: Charset, body: Bytes, memory: &Memory) -> Result<Self, ApiError> {
        let body = charset.decode(body, BODY_MAX, memory)?;
        // Clients in C send the end of their text with it.
        Ok(Self(body.slice(..body.len() - body.iter().rev().take_while(|byte| **byte == 0).count())))
    }
}

/// All of `body`, unless it has more than `max` bytes or takes too long.
pub async fn read_bytes(body: Body, app: &AppState, max: usize) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > max as u64 {
        return Err(ApiError::BodyTooLarge);
    }
    let arrived = timeout(app.body_deadline(), arrive(body, max, &app.bodies)).await;
    arrived.unwrap_or(Err(ApiError::BodySlow))
}

/// The first 64 bits of its SHA-256.
fn fingerprint(bytes: &[u8]) -> i64 {
    let digest = digest(&SHA256, bytes);
    i64::from_be_bytes(digest.as_ref()[..8].try_into().expect("a digest of SHA-256 has 32 bytes"))
}

/// All of `body`, which has at most `max` bytes. Once it needs more than
/// [`BODY_MAX`], all of it counts in `memory`, as it arrives and until it is dropped.
///
/// Its parts are copied: each on its own would keep more memory than it has bytes.
async fn arrive(body: Body, max: usize, memory: &Memory) -> Result<Bytes, ApiError> {
    let mut body = Limited::new(body, max);
    let mut bytes = Vec::new();
    let mut reservation = memory.reserve(0)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
            true => ApiError::BodyTooLarge,
            false => ApiError::BodyCut(cut(error.as_ref())),
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > bytes.capacity() {
            let capacity = (bytes.capacity() * 2).clamp(length, max);
            if capacity > BODY_MAX {
                reservation.grow(capacity)?;
            }
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(if bytes.len() > BODY_MAX { reservation.hold(bytes) } else { bytes.into() })
}

fn cut(error: &(dyn Error + 'static)) -> Cut {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    let kind = causes.find_map(|error| Some(error.downcast_ref::<io::Error>()?.kind()));
    if matches!(kind, Some(ErrorKind::InvalidInput | ErrorKind::InvalidData)) {
        Cut::Malformed
    } else {
        Cut::ClientLeft
    }
}
