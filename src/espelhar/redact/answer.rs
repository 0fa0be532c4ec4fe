//! What of an answer may be written down.

use serde_json::Value;

use super::harmless::{is_harmless, is_time, is_token};
use super::request::Secrets;
use super::target;
use crate::conferir::values::{find_token, life_of};
use crate::espelhar::exchange::Exchange;
use crate::espelhar::observe::Route;

/// The body of an answer as it was written, with a stand-in for each text that may tell of people. Other routes than the two of
/// the contract answer with data: of their bodies only the length is kept.
pub(super) fn body(exchange: &Exchange, route: Route, secrets: &Secrets) -> Value {
    let length = exchange.body.length;
    let text = exchange.answer_text().filter(|_| route != Route::Other);
    let Some(text) = text.filter(|text| !text.is_empty()) else { return format!("<{length} bytes>").into() };
    let keeps_texts = route == Route::Change || exchange.answer.status >= 400;
    let shown = |text: &str| {
        if text == exchange.path() {
            return target(text);
        }
        if route == Route::Login && secrets.is_login(text) {
            return "<login>".to_owned();
        }
        if let Some(scheme) = before_token(text) {
            return format!("{scheme}<token>");
        }
        let is_kept = is_time(text) || ["Bearer", "JWT", "bearer"].contains(&text) || keeps_texts && is_harmless(text);
        if is_kept && !secrets.are_in(text) { text.to_owned() } else { "<texto>".to_owned() }
    };
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => json_replaced(&text, shown).into(),
        Err(_) if keeps_texts && text.len() <= 4096 && is_harmless(&text) && !secrets.are_in(&text) => text.into(),
        Err(_) => format!("<{length} bytes>").into(),
    }
}

/// What stands before the token in `text`, if that is a token and no more than its scheme.
fn before_token(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_at(text.find(' ').map_or(0, |space| space + 1));
    (is_token(token) && ["", "Bearer ", "bearer ", "JWT "].contains(&scheme)).then_some(scheme)
}

/// How long the token of a login lives, in seconds, as it says itself.
pub(super) fn life_of_token(exchange: &Exchange, route: Route) -> Option<i64> {
    let text = exchange.answer_text().filter(|_| route == Route::Login)?;
    life_of(&find_token(&text)?)
}

/// The JSON `text` with each text that is a value, and each long number, replaced by what `shown` makes of it; all other bytes
/// stay. A member's name that is no word is replaced, too.
fn json_replaced(text: &str, shown: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        out.push_str(&numbers_replaced(&rest[..start]));
        let end = start + 1 + end_of_string(&rest[start + 1..]);
        let literal = &rest[start..end];
        rest = &rest[end..];
        let decoded: String = serde_json::from_str(literal).unwrap_or_default();
        let is_name = rest.trim_start().starts_with(':');
        let kept = match is_name {
            true if decoded.len() <= 40
                && decoded.chars().all(|letter| letter.is_alphabetic() || "_-".contains(letter)) =>
            {
                decoded.clone()
            }
            true => "<nome>".to_owned(),
            false => shown(&decoded),
        };
        // What is kept stays as it was escaped.
        out.push_str(&if kept == decoded { literal.to_owned() } else { format!("\"{kept}\"") });
    }
    out + &numbers_replaced(rest)
}

/// Where the string that `text` begins in ends: after its quote.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 1)
}

/// `text` between strings, without numbers that may name somebody: of nine digits and more, but for times.
fn numbers_replaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            run.push(letter);
            continue;
        }
        let is_time = matches!(run.len(), 10 | 13) && run.starts_with('1');
        out.push_str(if run.len() < 9 || is_time { &run } else { "<número>" });
        run.clear();
        if letter != '\0' {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_replaced_and_the_form_stays() {
        let text = "{ \"a\" : \"João\", \"b\":[\"x\\\"y\", 12345678901, 1795867205250],\n\"ç\":\"\\u00e9\",\"a b\":1}";
        let shown = |text: &str| if text == "é" { text.to_owned() } else { "<texto>".to_owned() };
        assert_eq!(
            json_replaced(text, shown),
            "{ \"a\" : \"<texto>\", \"b\":[\"<texto>\", <número>, 1795867205250],\n\"ç\":\"\\u00e9\",\"<nome>\":1}"
        );
    }
}
