//! What of an answer may be written down.

use serde_json::Value;
use time::OffsetDateTime;

use super::harmless::{is_harmless, is_time, is_token, only_known_words, target};
use super::request::Secrets;
use crate::conferir::values::{find_token, life_of};
use crate::dialect::reason;
use crate::espelhar::exchange::Exchange;
use crate::espelhar::observe::Route;

/// The body of an answer as it was written, with a stand-in for each text that may tell of people. Other routes than the two of
/// the contract answer with data: of their bodies only the length is kept.
pub(super) fn body(exchange: &Exchange, route: Route, secrets: &Secrets) -> Value {
    let length = exchange.body.length;
    let text = exchange.answer_text().filter(|_| route != Route::Other);
    let Some(text) = text.filter(|text| !text.is_empty()) else { return format!("<{length} bytes>").into() };
    let status = exchange.answer.status;
    let moment = Moment { now: exchange.request.at, life: life_of_token(exchange, route) };
    // A refusal tells what is wrong with a request; a success may tell of people.
    let known = |text: &str| match (status, route) {
        (400.., _) => text.to_owned(),
        (_, Route::Change) => only_known_words(text),
        _ => only_if_known(text),
    };
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
        match text {
            "Bearer" | "JWT" | "bearer" => text.to_owned(),
            _ if text == reason(status) || moment.is_near(text) => text.to_owned(),
            _ if is_harmless(text) && !secrets.are_in(text) => known(text),
            _ => "<texto>".to_owned(),
        }
    };
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => json_replaced(&text, shown, |number| moment.explains(number)).into(),
        Err(_) if is_harmless(&text) && !secrets.are_in(&text) && known(&text) != "<texto>" => known(&text).into(),
        Err(_) => format!("<{length} bytes>").into(),
    }
}

/// `text`, if each of its words is known.
fn only_if_known(text: &str) -> String {
    if only_known_words(text) == text { text.to_owned() } else { "<texto>".to_owned() }
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

/// When an exchange was, by which its times are known.
struct Moment {
    now: OffsetDateTime,
    /// How long a token that came lives, in seconds.
    life: Option<i64>,
}

impl Moment {
    /// Whether `number` is a time about now or about the end of the token, in seconds or milliseconds, or the token's life.
    fn explains(&self, number: &str) -> bool {
        let Ok(number) = number.parse::<i64>() else { return false };
        let (now, life) = (self.now.unix_timestamp(), self.life.unwrap_or_default());
        let is_life = [1, 1000].iter().any(|scale| self.life.is_some() && number == life.saturating_mul(*scale));
        let is_near = |time: i64| [number, number / 1000].iter().any(|number| number.abs_diff(time) <= NEAR);
        is_life || is_near(now) || is_near(now.saturating_add(life))
    }

    /// Whether `text` is a time, with its hour, of about this year.
    fn is_near(&self, text: &str) -> bool {
        let year = text.get(..4).and_then(|year| year.parse::<i32>().ok());
        is_time(text) && year.is_some_and(|year| (year - self.now.year()).abs() <= 1)
    }
}

/// How far clocks may be apart, in seconds.
const NEAR: u64 = 3600;
/// Numbers that have so many digits may name somebody: the shortest telephone numbers have eight.
const LONG: usize = 8;

/// The JSON `text` with each text that is a value replaced by what `shown` makes of it, and each long number that isn't
/// `explained`; all other bytes stay. A member's name that is no word is replaced, too.
fn json_replaced(text: &str, shown: impl Fn(&str) -> String, explained: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        out.push_str(&numbers_replaced(&rest[..start], &explained));
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
        out.push_str(&if kept == decoded { literal.to_owned() } else { Value::from(kept).to_string() });
    }
    out + &numbers_replaced(rest, &explained)
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

/// `text` between strings, without long numbers that aren't `explained`.
fn numbers_replaced(text: &str, explained: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            run.push(letter);
            continue;
        }
        out.push_str(if run.len() < LONG || explained(&run) { &run } else { "<número>" });
        run.clear();
        if letter != '\0' {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn strings_are_replaced_and_the_form_stays() {
        let text = "{ \"a\" : \"João\", \"b\":[\"x\\\"y\", 12345678901, 1795867205250],\n\"ç\":\"\\u00e9\",\"a b\":1}";
        let shown = |text: &str| if text == "é" { text.to_owned() } else { "<\"texto>".to_owned() };
        assert_eq!(
            json_replaced(text, shown, |number| number == "1795867205250"),
            "{ \"a\" : \"<\\\"texto>\", \"b\":[\"<\\\"texto>\", <número>, 1795867205250],\n\"ç\":\"\\u00e9\",\"<nome>\":1}"
        );
    }

    #[test]
    fn a_long_number_is_kept_where_the_time_explains_it() {
        let moment = Moment { now: datetime!(2026-11-28 12:00 UTC), life: Some(86_400) };
        let kept = |text: &str| numbers_replaced(text, |number| moment.explains(number)) == text;
        for number in
            ["1795867200", "1795867200123", "1795870000", "1795953600", "1795953600000", "86400000", "1234567"]
        {
            assert!(kept(number), "{number}");
        }
        // Telephones, with and without their areas, and CPFs.
        for number in ["1133334444", "33334444", "11987654321", "1795800000", "1234567890123", "18446744073709551616"] {
            assert!(!kept(number), "{number}");
        }
        for (text, is_near) in [
            ("2026-11-28T12:00:05.123Z", true),
            ("2026-11-28 12:00:05", true),
            ("2027-01-01T00:00:00+00:00", true),
            ("1980-05-12T00:00:00Z", false),
            ("2026-11-28", false),
            ("2026", false),
        ] {
            assert_eq!(moment.is_near(text), is_near, "{text}");
        }
    }
}
