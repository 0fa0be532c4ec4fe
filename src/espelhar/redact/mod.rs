//! What of an exchange may be written down. What isn't known to be harmless is replaced, so that nothing has to be
//! guessed to be a secret.

mod answer;
pub mod harmless;
mod request;

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

pub use self::request::Disclosure;

use self::harmless::{header_name, header_value, target};
use self::request::Secrets;
use super::exchange::Exchange;
use super::message::Head;
use super::observe::Observation;

/// `exchange` as a line of a recording, with what was observed.
pub fn line(exchange: &Exchange, observation: &Observation, disclosure: Disclosure) -> Value {
    let secrets = Secrets::of(exchange, disclosure);
    json!({
        "quando": exchange.request.at.format(&Rfc3339).unwrap_or_default(),
        "metodo": word(&exchange.request.head.method),
        "caminho": target(&exchange.request.head.target),
        "cabecalhos": headers(&exchange.request.head),
        "corpo": request::body(exchange, disclosure),
        "codigo": exchange.answer.status,
        "cabecalhosDaResposta": headers(&exchange.answer),
        "resposta": answer::body(exchange, observation.route, &secrets),
        "validade": answer::life_of_token(exchange, observation.route),
        "milissegundos": exchange.took.as_millis() as u64,
        "rota": observation.route.word(),
        "caso": observation.case,
        "diferencas": observation.differences,
        "recusa": observation.refusal.as_deref(),
    })
}

/// A method, or a stand-in for what is none.
fn word(method: &str) -> &str {
    if method.len() <= 20 && method.bytes().all(|byte| byte.is_ascii_uppercase()) { method } else { "<método>" }
}

/// The names of all headers, and the values of those that are harmless.
fn headers(head: &Head) -> Vec<Value> {
    let shown = |(name, value): &(String, Vec<u8>)| json!([header_name(name), header_value(name, value)]);
    head.headers.iter().map(shown).collect()
}
