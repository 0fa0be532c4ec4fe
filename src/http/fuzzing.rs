//! Entry points for the targets in `fuzz/` and the tests of their seeds.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;
use hyper::body::Bytes;
use secrecy::SecretString;

use crate::domain::atendimento::ChangeRequest;
use crate::http::answer::catalogue::ApiError;
use crate::http::api::audit::{ChangeAudit, LoginAudit};
use crate::http::api::change;
use crate::http::api::login;
use crate::http::memory::Memory;
use crate::http::request::body::JsonBody;
use crate::http::request::charset::Charset;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::misspelt::Misspelt;

const CLIENT: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));

/// What `body` asks for as a status change, or the message that answers it.
pub fn change(body: &[u8]) -> Result<ChangeRequest, String> {
    change::change_request(&json(body)?, 1, &mut ChangeAudit::begin(CLIENT), &mut Misspelt::default())
        .map_err(|error| message(&error))
}

/// The login and the senha in `body`, or the message that answers it.
pub fn login(body: &[u8]) -> Result<(String, SecretString), String> {
    login::credentials(&json(body)?, &mut LoginAudit::begin(CLIENT)).map_err(|error| message(&error))
}

fn json(body: &[u8]) -> Result<JsonBody, String> {
    let memory = Memory::new(usize::from(u16::MAX));
    let body = Charset::declared(&HeaderMap::new())
        .and_then(|charset| charset.decode(Bytes::copy_from_slice(body), body.len(), &memory));
    body.map(JsonBody::new).map_err(|error| message(&error))
}

fn message(error: &ApiError) -> String {
    error.message().into_owned()
}
