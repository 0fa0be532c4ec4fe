//! What may be told of an exchange, in sentences and of its headers.

use super::harmless::header_value_unless;
use super::request::Disclosure;
use super::secrets::Secrets;
use super::sentence::Context;
use crate::espelhar::exchange::Exchange;

/// Says of `exchange` what may be told of it.
pub struct Teller<'a> {
    exchange: &'a Exchange,
    secrets: Secrets,
}

impl<'a> Teller<'a> {
    pub fn of(exchange: &'a Exchange) -> Self {
        Self { exchange, secrets: Secrets::of(exchange, Disclosure::default()) }
    }

    /// A sentence of ours, or of its server, without what may tell of somebody.
    pub fn sentence(&self, text: &str) -> String {
        Context { secrets: &self.secrets, now: self.exchange.request.at }.cleaned(text)
    }

    /// The value of the header `name` of its answer, or what stands for that.
    pub fn header_value(&self, name: &str, value: &[u8]) -> String {
        let is_secret = self.secrets.are_in_any_view(&String::from_utf8_lossy(value));
        header_value_unless(is_secret, name, value)
    }
}
