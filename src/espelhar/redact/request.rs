//! What of a request may be written down.

use serde_json::{Map, Value};
use time::Date;
use time::macros::format_description;

use super::harmless::is_harmless;
use super::words::{self, MEMBERS};
use crate::domain::atendimento::Status;
use crate::espelhar::exchange::Exchange;
use crate::sensitive::folded;

/// What clients send as a truth value.
const YES_OR_NO: [&str; 11] = ["", "true", "false", "sim", "nao", "yes", "no", "s", "n", "0", "1"];

/// What may be written although it tells of people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disclosure {
    pub comments: bool,
    pub logins: bool,
}

/// The body, member by member.
pub(super) fn body(exchange: &Exchange, disclosure: Disclosure) -> Value {
    let length = exchange.request.body.length;
    if length == 0 {
        return Value::Null;
    }
    match exchange.request_text().as_deref().map(serde_json::from_str::<Map<String, Value>>) {
        Some(Ok(members)) => members
            .into_iter()
            .enumerate()
            .map(|(at, (name, value))| member(at, &name, &value, disclosure))
            .collect::<Map<_, _>>()
            .into(),
        _ => format!("<{length} bytes>").into(),
    }
}

/// A member of a request, at `at`. One of another name than the known ones keeps neither that nor its value.
fn member(at: usize, name: &str, value: &Value, disclosure: Disclosure) -> (String, Value) {
    let Some(known) = MEMBERS.iter().find(|known| **known == name) else {
        return (format!("<campo {}>", at + 1), kind(value));
    };
    let is_kept = match *known {
        "senha" => false,
        "login" => disclosure.logins,
        "comentario" => disclosure.comments,
        "protocolo" => value.as_str().map_or_else(|| is_protocolo(&value.to_string()), is_protocolo),
        "status" | "statusAtual" => value
            .as_str()
            .map_or_else(|| is_short(value), |text| text.trim().is_empty() || Status::from_nome(text).is_some()),
        // A registered name, and often the only trace of a slip. Some write a comment there.
        "motivoStatus" => {
            value.as_str().map_or_else(|| is_short(value), |text| is_harmless(text) && words::are_known(text))
        }
        _ => value.as_str().map_or_else(|| is_short(value), |text| YES_OR_NO.contains(&folded(text.trim()).as_str())),
    };
    let is_scalar = !value.is_array() && !value.is_object();
    ((*known).to_owned(), if is_kept && is_scalar { value.clone() } else { kind(value) })
}

/// Whether `value` is no text and no long number.
fn is_short(value: &Value) -> bool {
    !value.is_number() || value.to_string().len() <= 3
}

fn is_protocolo(text: &str) -> bool {
    text.len() <= 20 && text.trim().bytes().all(|byte| byte.is_ascii_digit()) && !is_of_person(text.trim())
}

/// Whether `digits` are a CPF or a CNPJ: their last two check the others. What begins with a day of this century is a protocolo:
/// of those, one in a hundred would do.
fn is_of_person(digits: &str) -> bool {
    let day = Date::parse(digits.get(..8).unwrap_or_default(), format_description!("[year][month][day]"));
    if digits.len() == 14 && day.is_ok_and(|day| (2000..2100).contains(&day.year())) {
        return false;
    }
    // Weights rise from the end: up to 11 in a CPF, from 2 to 9 and again in a CNPJ.
    let weights = match digits.len() {
        11 => 10,
        14 => 8,
        _ => return false,
    };
    let digits: Vec<usize> = digits.bytes().map(|digit| usize::from(digit - b'0')).collect();
    let check = |before: &[usize]| {
        let sum: usize = before.iter().rev().enumerate().map(|(at, digit)| digit * (at % weights + 2)).sum();
        sum * 10 % 11 % 10
    };
    let length = digits.len();
    digits[length - 2..].iter().enumerate().all(|(at, digit)| *digit == check(&digits[..length - 2 + at]))
}

/// What stands for a value: its kind and its length.
fn kind(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(_) => "<número>".into(),
        Value::String(text) => format!("<texto de {} caracteres>", text.chars().count()).into(),
        Value::Array(items) => format!("<lista de {}>", items.len()).into(),
        Value::Object(members) => format!("<objeto de {}>", members.len()).into(),
    }
}
