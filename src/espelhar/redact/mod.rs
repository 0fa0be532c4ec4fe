//! What of an exchange may be written down. What isn't known to be harmless is replaced, so that nothing has to be
//! guessed to be a secret.

mod answer;
mod echoes;
pub mod harmless;
mod json;
mod request;
mod secrets;
mod sentence;
pub mod teller;
mod words;

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

pub use self::request::Disclosure;
pub use self::words::MEMBERS;

use self::harmless::{header_name, header_value_unless, is_token, scheme, target};
use self::secrets::Secrets;
use super::carrier::{Tokens, words_of};
use super::exchange::Exchange;
use super::head::Head;
use super::observe::Observation;

/// Writes exchanges as lines of a recording.
pub struct Redactor {
    disclosure: Disclosure,
    /// Names of members that tell of nobody, as whoever records says.
    declared: Vec<String>,
    /// Those that logins gave.
    tokens: Tokens,
}

impl Redactor {
    pub fn new(disclosure: Disclosure) -> Self {
        Self { disclosure, declared: Vec::new(), tokens: Tokens::default() }
    }

    /// The same; members that are `declared` to tell of nobody keep their names.
    #[must_use]
    pub fn declaring(self, declared: Vec<String>) -> Self {
        Self { declared, ..self }
    }

    /// `exchange` as a line of a recording, with what was observed.
    pub fn line(&mut self, exchange: &Exchange, observation: &Observation) -> Value {
        let user = self.tokens.user_of(&exchange.request.head);
        let secrets = Secrets::of(exchange, self.disclosure).with_user(&user, self.disclosure);
        if let Some(token) = answer::token_in(exchange, observation.route) {
            self.tokens.remember(&token, secrets.login());
        }
        json!({
            "quando": exchange.request.at.format(&Rfc3339).unwrap_or_default(),
            "metodo": method(&exchange.request.head.method),
            "caminho": target(&exchange.request.head.target),
            "cabecalhos": self.headers(&exchange.request.head, |value| secrets.are_spelled_in(value)),
            "corpo": request::body(exchange, self.disclosure),
            "codigo": exchange.answer.status,
            "cabecalhosDaResposta": self.headers(&exchange.answer, |value| secrets.are_in_any_view(value)),
            "resposta": answer::body(exchange, observation.route, &secrets, &self.declared),
            "validade": answer::life_of_token(exchange, observation.route),
            "milissegundos": exchange.took.as_millis() as u64,
            "rota": observation.route.word(),
            "caso": observation.case,
            "diferencas": observation.differences,
            "recusa": observation.refusal.as_deref(),
        })
    }

    /// The names of the usual headers, and the values of those that are harmless. In the place of a token that a login gave
    /// stands a mark, so that it is seen which header carries it. What `is_secret` goes.
    fn headers(&self, head: &Head, is_secret: impl Fn(&str) -> bool) -> Vec<Value> {
        let shown = |(name, value): &(String, Vec<u8>)| {
            let text = String::from_utf8_lossy(value);
            match self.tokens.has_one_in(&text) && !is_token(name) {
                true => json!([name, carried(name, &text)]),
                false => json!([header_name(name), header_value_unless(is_secret(&text), name, value)]),
            }
        };
        head.headers.iter().map(shown).collect()
    }
}

/// The value of the header `name`, which has a token in it.
fn carried(name: &str, value: &str) -> String {
    let scheme = value.trim().split_once(' ').map(|(scheme, _)| scheme);
    match (words_of(value).count(), scheme) {
        (1, None) => "<token>".to_owned(),
        (2, Some(own)) if own.len() <= 16 && (words::are_known(own) || self::scheme(name, value).is_some()) => {
            format!("{own} <token>")
        }
        _ => format!("<{} bytes>", value.len()),
    }
}

/// A method, or a stand-in for what is none.
fn method(method: &str) -> &str {
    const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    if METHODS.contains(&method) { method } else { "<método>" }
}

#[cfg(test)]
mod tests;
