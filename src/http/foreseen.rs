//! What our server refuses a request with, whatever its token is and whatever the database holds: judged by what judges requests.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::{HeaderMap, Uri};
use hyper::body::Bytes;

use crate::domain::atendimento::{ChangeRequest, certain_denial};
use crate::domain::rules::Rules;
use crate::http::answer::catalogue::ApiError;
use crate::http::api::audit::{ChangeAudit, LoginAudit};
use crate::http::api::change::change_request;
use crate::http::api::login::credentials;
use crate::http::limits::BODY_MAX;
use crate::http::memory::Memory;
use crate::http::request::body::JsonBody;
use crate::http::request::charset::Charset;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::misspelt::Misspelt;
use crate::http::request::{idempotency, preconditions, query};

const CLIENT: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));

/// A request, as it came.
pub struct Sent<'a> {
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    /// None if it has more than [`BODY_MAX`] bytes.
    pub body: Option<&'a [u8]>,
}

/// The refusal of the login `sent`; `None` where it depends on the user.
pub fn of_login(sent: &Sent<'_>) -> Option<ApiError> {
    sent.json().and_then(|body| credentials(&body, &mut LoginAudit::begin(CLIENT))).err()
}

/// The refusal of the change `sent` under `rules`; `None` where it depends on the atendimento.
pub fn of_change(sent: &Sent<'_>, rules: Rules) -> Option<ApiError> {
    match sent.change(rules) {
        Ok(request) => certain_denial(&request).map(ApiError::Denied),
        Err(error) => Some(error),
    }
}

impl Sent<'_> {
    fn json(&self) -> Result<JsonBody, ApiError> {
        let charset = Charset::declared(self.headers)?;
        let body = self.body.filter(|body| body.len() <= BODY_MAX).ok_or(ApiError::BodyTooLarge)?;
        JsonBody::decoded(charset, Bytes::copy_from_slice(body), &Memory::new(0))
    }

    fn change(&self, rules: Rules) -> Result<ChangeRequest, ApiError> {
        query::flag(self.uri, "simular")?;
        idempotency::key(self.headers)?;
        let request = change_request(&self.json()?, 0, &mut ChangeAudit::begin(CLIENT), &mut Misspelt::default())?;
        Ok(ChangeRequest { revisions: preconditions::if_match(self.headers), rules, ..request })
    }
}
