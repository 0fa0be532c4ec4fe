//! What of an answer may be written down.

use serde_json::Value;
use time::OffsetDateTime;

use super::harmless::{is_time, is_token, target};
use super::json::{Kind, Shown, replaced};
use super::secrets::{Secrets, TEXTO};
use super::sentence::{Context, id, says_what_is_wrong, without_marks};
use super::words;
use crate::conferir::token::{find_token, names_token};
use crate::conferir::values::life_of;
use crate::dialect::{self, reason};
use crate::espelhar::exchange::Exchange;
use crate::espelhar::observe::Route;
use crate::sensitive::{self, folded};

/// The body of an answer as it was written, with a stand-in for each text that may tell of people. Other routes than the two of
/// the contract answer with data: of their bodies only the length is kept, as of all that can't be read.
///
/// `declared` are names of members that tell of nobody.
pub(super) fn body(exchange: &Exchange, route: Route, secrets: &Secrets, declared: &[String]) -> Value {
    let length = exchange.body.length;
    if length == 0 {
        return "".into();
    }
    let text = exchange.answer_text().filter(|_| route != Route::Other);
    let Some(text) = text.filter(|text| !text.is_empty()) else { return format!("<{length} bytes>").into() };
    let answer = Answer {
        exchange,
        route,
        declared,
        context: Context { secrets, now: exchange.request.at },
        moment: Moment { now: exchange.request.at, life: life_of_token(exchange, route) },
        token: token_in(exchange, route),
    };
    if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
        return replaced(&text, "", Kind::Plain, &answer).into();
    }
    let cleaned = answer.context.cleaned(&text);
    let is_whole = !["<texto>", "<número>", "<token>"].iter().any(|mark| cleaned.contains(mark));
    if is_whole { cleaned.into() } else { format!("<{length} bytes>").into() }
}

/// The token in the success of a login.
pub(super) fn token_in(exchange: &Exchange, route: Route) -> Option<String> {
    let is_success = route == Route::Login && (200..300).contains(&exchange.answer.status);
    find_token(&exchange.answer_text().filter(|_| is_success)?)
}

/// How long the token of a login lives, in seconds, as it says itself.
pub(super) fn life_of_token(exchange: &Exchange, route: Route) -> Option<i64> {
    life_of(&token_in(exchange, route)?)
}

/// An answer of one of the two routes.
struct Answer<'a> {
    exchange: &'a Exchange,
    route: Route,
    declared: &'a [String],
    context: Context<'a>,
    moment: Moment,
    /// That of a login.
    token: Option<String>,
}

impl Shown for Answer<'_> {
    fn name(&self, name: &str) -> String {
        let is_one = self.is_declared(name) || words::is_name(name);
        let is_own = is_one && (words::is_known(name) || !self.context.secrets.are_in(name));
        if is_own { name.to_owned() } else { "<nome>".to_owned() }
    }

    fn is_declared(&self, name: &str) -> bool {
        self.declared.iter().any(|declared| declared == name)
    }

    fn text(&self, text: &str, name: &str, kind: Kind) -> String {
        let is_login = self.route == Route::Login;
        if is_login && self.context.secrets.is_login(text) {
            return "<login>".to_owned();
        }
        if let Some(shown) = self.token(text, name) {
            return shown;
        }
        let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        match (text, kind) {
            // JSON within JSON.
            _ if text.starts_with(['{', '[']) && is_json() && !self.context.secrets.are_in(text) => {
                replaced(text, name, kind, self)
            }
            ("" | "Bearer" | "JWT" | "bearer", _) => text.to_owned(),
            _ if text == self.exchange.path() => target(text),
            _ if text == reason(self.exchange.answer.status) => text.to_owned(),
            (_, Kind::Plain) if self.moment.is_near(text, name) && !self.context.secrets.are_in(text) => {
                text.to_owned()
            }
            (_, Kind::Plain) if self.is_code(text, name) && !self.context.secrets.are_in(text) => text.to_owned(),
            (_, Kind::Plain) if is_token(text) && !self.context.secrets.are_in(text) => {
                id(text).unwrap_or_else(|| TEXTO.to_owned())
            }
            (_, Kind::Plain) => self.plain(text),
            (_, kind) if self.is_complaint(text, kind) => text.to_owned(),
            _ => TEXTO.to_owned(),
        }
    }

    fn time(&self, text: &str) -> Option<usize> {
        let list = &text[..=text.find(']')?];
        let (start, length, _) = dialect::Moment::find(list, self.moment.now)?;
        (start == 0 && length == list.len()).then_some(length)
    }

    fn number(&self, number: &str, name: &str, kind: Kind) -> String {
        if let Some(mark) = self.context.secrets.mark_of(number) {
            return if mark == TEXTO { "<número>".to_owned() } else { mark.to_owned() };
        }
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let is_shown = self.moment.explains(number, name)
            || kind == Kind::Plain && digits <= self.digits_of(name) && !self.context.secrets.are_unknown;
        if is_shown { number.to_owned() } else { "<número>".to_owned() }
    }
}

impl Answer<'_> {
    /// Whether `text` of the member `name` is the code of an error. The success of a login has codes of people.
    fn is_code(&self, text: &str, name: &str) -> bool {
        self.token.is_none() && names_code(name) && is_code(text)
    }

    /// How many digits a number may have that is the value of the member `name`.
    fn digits_of(&self, name: &str) -> usize {
        let of_code = names_code(name) && self.token.is_none();
        if of_code { digits_of(name).max(CODE) } else { digits_of(name) }
    }

    /// `text` of the member `name` with a stand-in for the token of a login, if it is no more than one, and its scheme.
    fn token(&self, text: &str, name: &str) -> Option<String> {
        if self.route != Route::Login || !(200..300).contains(&self.exchange.answer.status) {
            return None;
        }
        let (scheme, rest) = text.split_at(text.find(' ').map_or(0, |space| space + 1));
        let is_jwt = || find_token(rest).is_some_and(|token| token.starts_with("eyJ"));
        let is_named = names_token(name) || folded(name).contains("refresh");
        let is_one = self.token.as_deref() == Some(rest) || is_token(rest) && (is_named || is_jwt());
        if is_one && ["", "Bearer ", "bearer ", "JWT ", "Token "].contains(&scheme) {
            return Some(format!("{scheme}<token>"));
        }
        // Within a text.
        let token = self.token.as_deref()?;
        let (before, after) = text.split_once(token)?;
        let [before, after] = [before, after].map(|text| self.context.cleaned(text));
        Some(format!("{before}<token>{after}"))
    }

    /// A refusal tells what is wrong with a request; the success of a login tells of people, and is kept whole or not at all.
    fn plain(&self, text: &str) -> String {
        let cleaned = self.context.cleaned(text);
        let is_greeting = self.route == Route::Login && self.exchange.answer.status < 400;
        if is_greeting && cleaned != text { TEXTO.to_owned() } else { cleaned }
    }

    /// Whether `text`, which stands where a senha or a name may, says what is wrong with that.
    fn is_complaint(&self, text: &str, kind: Kind) -> bool {
        let says = || kind != Kind::Secret || says_what_is_wrong(text);
        let is_sentence = || words::of(text).count() >= 3 && says() && self.context.cleaned(text) == text;
        words::is_of_contract(text) || is_sentence() && without_marks(text) == text
    }
}

/// When an exchange was, by which its times are known.
struct Moment {
    now: OffsetDateTime,
    /// How long a token that came lives, in seconds.
    life: Option<i64>,
}

impl Moment {
    /// Whether `number` of the member `name` is the token's life, or a time in seconds, milliseconds or finer: about now, or soon, as
    /// the end of a token is.
    fn explains(&self, number: &str, name: &str) -> bool {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let Ok(number) = whole.parse::<i64>() else { return false };
        if fraction.len() > FRACTION || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let is_life = self.life.is_some_and(|life| [1, 1000].iter().any(|scale| number == life.saturating_mul(*scale)));
        is_life || [1, 1000, 1_000_000, 1_000_000_000].iter().any(|scale| self.is_soon(number / scale, name))
    }

    /// Whether `text` of the member `name` is a time with its hour: of about this year in the usual form, or now or soon in any.
    fn is_near(&self, text: &str, name: &str) -> bool {
        let year = text.get(..4).and_then(|year| year.parse::<i32>().ok());
        let is_soon = |(moment, time): (dialect::Moment, OffsetDateTime)| {
            !moment.is_date() && self.is_soon(time.unix_timestamp(), name)
        };
        is_time(text) && year.is_some_and(|year| (year - self.now.year()).abs() <= 1)
            || dialect::Moment::read(text, self.now).is_some_and(is_soon)
    }

    /// Whether `time`, in seconds since 1970, is now, or when something may end of which the member `name` tells.
    fn is_soon(&self, time: i64, name: &str) -> bool {
        let now = self.now.unix_timestamp();
        (now - NEAR..=now + if names_time(name) { AHEAD_IF_NAMED } else { AHEAD }).contains(&time)
    }
}

/// How far clocks may be apart, in seconds.
const NEAR: i64 = 3600;
/// How far ahead the end of a token may be, in seconds; in a member that is named so, it may be years.
const AHEAD: i64 = 31 * 86_400;
const AHEAD_IF_NAMED: i64 = 10 * 366 * 86_400;
/// How many digits the fraction of a second may have.
const FRACTION: usize = 6;
/// How many digits a number may have that is the value of the member `name`: with more, it may be a code that somebody was sent,
/// or name somebody. Lives in seconds or milliseconds are longer.
fn digits_of(name: &str) -> usize {
    if names_time(name) { 8 } else { 3 }
}

/// Whether the member `name` tells when something ends, or how long it lives.
fn names_time(name: &str) -> bool {
    const TIMES: [&str; 14] = [
        "expires",
        "expira",
        "expiracao",
        "expiration",
        "expiry",
        "exp",
        "validade",
        "ttl",
        "lifetime",
        "duracao",
        "duration",
        "segundos",
        "seconds",
        "ms",
    ];
    sensitive::words(name).iter().any(|word| TIMES.contains(&word.as_str()))
}

/// How many digits the code of an error may have.
const CODE: usize = 5;

/// Whether the member `name` has the code of an error.
fn names_code(name: &str) -> bool {
    const CODES: [&str; 9] = ["codigo", "code", "cod", "cd", "status", "erro", "error", "errno", "err"];
    sensitive::words(name).iter().any(|word| CODES.contains(&word.as_str()))
}

/// Names of people that have as few letters as a code.
const SHORT_NAMES: [&str; 58] = [
    "ABEL", "ALAN", "ALDO", "ALEX", "ANA", "ARI", "BIA", "CAIO", "CID", "CRUZ", "DAVI", "DIAS", "DORA", "EDU", "ELI",
    "ELZA", "ENZO", "ERIC", "EVA", "GAMA", "GIL", "HUGO", "IAN", "IGOR", "IVAN", "IVO", "JOAO", "JOSE", "LARA", "LEAL",
    "LEO", "LIA", "LIMA", "LINS", "LOBO", "LUCA", "LUIS", "LUIZ", "LUZ", "MAIA", "MARA", "MAX", "MELO", "MOTA", "NEI",
    "NETO", "OTTO", "PAES", "PAZ", "RAUL", "REIS", "RITA", "ROSA", "RUI", "SA", "SARA", "VAZ", "YURI",
];

/// Whether `text` is a code such as `CTR-011`: words that servers use, or a few capitals, and up to three digits. Logins and codes
/// of people are small, or longer, and number plates of cars have four digits.
fn is_code(text: &str) -> bool {
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || "-_.".contains(letter));
    let letters = &text[..text.len() - digits.len()];
    let is_short = letters.trim_end_matches(['-', '_', '.']).bytes().all(|byte| byte.is_ascii_uppercase());
    let is_known = letters.len() <= 40 && words::of(letters).all(words::is_known);
    let is_name =
        |word: &str| SHORT_NAMES.contains(&word.to_ascii_uppercase().as_str()) || words::is_name_of_person(word);
    let is_of_person = words::of(letters).any(is_name);
    letters.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && !is_of_person
        && (is_short && letters.len() <= 4 || is_known)
        && (1..=3).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_long_number_is_kept_where_the_time_explains_it() {
        let moment = Moment { now: datetime!(2026-11-28 12:00 UTC), life: Some(86_400) };
        for number in [
            "1795867200",
            "1795867200.25",
            "1795867200123456",
            "1795867200123",
            "1795870000",
            "1795953600",
            "1795953600000",
            "86400000",
        ] {
            assert!(moment.explains(number, ""), "{number}");
        }
        // Telephones, with and without their areas, and CPFs.
        for number in [
            "1133334444",
            "33334444",
            "11987654321",
            "1795800000",
            "1234567890123",
            "1795867200.1234567",
            "18446744073709551616",
        ] {
            assert!(!moment.explains(number, "") && !moment.explains(number, "exp"), "{number}");
        }
        // The end of a token that says nothing of itself.
        let opaque = Moment { life: None, ..moment };
        for (ahead, is_any) in
            [(0, true), (3600, true), (7200, true), (86_400, true), (30 * 86_400, true), (400 * 86_400, false)]
        {
            for scale in [1, 1000, 1_000_000, 1_000_000_000] {
                let number = ((1_795_867_200_i64 + ahead) * scale).to_string();
                assert_eq!(opaque.explains(&number, "ate"), is_any, "{number}");
                assert!(opaque.explains(&number, "expiraEm"), "{number}");
            }
        }
        for (text, is_near) in [
            ("2026-11-28T12:00:05.123Z", true),
            ("2026-11-28 12:00:05", true),
            ("2027-01-01T00:00:00+00:00", true),
            ("1980-05-12T00:00:00Z", false),
            ("2026-11-28", false),
            ("2026", false),
            ("29/11/2026 23h47", true),
            ("29.11.2026-23h47m17", true),
            ("1795953600", true),
            ("1733334444", false),
            ("29/11/1986 23h47", false),
            ("29/11/2026", false),
        ] {
            assert_eq!(moment.is_near(text, ""), is_near, "{text}");
        }
    }

    #[test]
    fn a_code_of_an_error_is_none_of_a_person() {
        for code in ["CTR-011", "E1", "ERR_42", "ORA-942", "AUTH-001", "LOGIN.02", "token_expired_3", "erro-12"] {
            assert!(is_code(code), "{code}");
        }
        for code in [
            "jsilva01",
            "JSILVA01",
            "ana12",
            "maria_s-01",
            "ABCDE1",
            "ABC1234",
            "E",
            "12",
            "-12",
            "J-S-1",
            "ANA-01",
            "DIAS-01",
            "CAMPOS-01",
            "USER-ANA-01",
            "RUI.7",
        ] {
            assert!(!is_code(code), "{code}");
        }
    }
}
