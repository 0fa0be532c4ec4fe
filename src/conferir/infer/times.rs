//! Which values are times, and how long a token lives.

use serde_json::Value;
use time::macros::offset;
use time::{OffsetDateTime, UtcOffset};

use crate::dialect::{Gap, Moment};

/// What a number or a time in the success of a login tells of the token, or of the time.
pub(super) enum Told {
    /// The gap that fills it.
    Gap(String),
    /// The same, by its name alone: the token does not say how long it lives. That is in seconds.
    Guess { gap: String, life: i64 },
    /// A time or a life of something else.
    Else,
}

/// What is known of the answer to a login.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// When it came, and how long its token lives, as far as that says so; both in seconds.
    pub(super) now: i64,
    pub(super) life: Option<i64>,
    /// The offset of the server's clock, as other answers show it.
    pub(super) zone: Option<UtcOffset>,
}

/// What `value` of the member `name` tells, in the answer to a login. None if it is no time.
pub(super) fn told(name: &str, value: &Value, known: Known) -> Option<Told> {
    let Known { now, life, .. } = known;
    if let Value::String(text) = value {
        return of_text(name, text, known);
    }
    // Seconds with a fraction, and finer counts than those below.
    let Some(number) = value.as_i64().filter(|number| *number < FINER) else {
        return of_text(name, &value.as_number()?.to_string(), known);
    };
    let gap = |gap: &str| Some(Told::Gap(gap.to_owned()));
    let near = |time: i64, scale: i64| (number - time * scale).abs() <= NEAR * scale;
    match life {
        Some(life) if number == life => return gap("<validade>"),
        Some(life) if number == life * 1000 => return gap("<validade ms>"),
        Some(life) if near(now + life, 1) => return gap("<expira>"),
        Some(life) if near(now + life, 1000) => return gap("<expira ms>"),
        _ if near(now, 1000) => return gap("<milissegundos>"),
        _ if near(now, 1) => return gap("<segundos>"),
        _ if !tells_of_life(name) && !is_soon(number, now) => return None,
        Some(_) => return Some(Told::Else),
        None => {}
    }
    Some(guess(number, now))
}

/// Whether `number` is a time that is soon, in seconds or milliseconds: when something ends, whatever that is called. No telephone
/// begins so.
fn is_soon(number: i64, now: i64) -> bool {
    [1, 1000].iter().any(|scale| (now + NEAR..now + SOON).contains(&(number / scale)))
}

/// Longer than a count of milliseconds.
const FINER: i64 = 100_000_000_000_000;
/// How far noon of the day may be from now, in seconds.
const DAY: i64 = 26 * 3600;
/// How far clocks may be apart, in seconds.
const NEAR: i64 = 120;
/// That of most servers of the vendor's.
pub(super) const BRAZIL: UtcOffset = offset!(-3);
/// A month, in seconds.
const SOON: i64 = 31 * 86_400;
/// Ten years, in seconds.
const LONGEST: i64 = 10 * 366 * 86_400;

fn guess(number: i64, now: i64) -> Told {
    let (gap, life) = match number {
        _ if (now..now + LONGEST).contains(&number) => ("<expira>", number - now),
        _ if (now * 1000..(now + LONGEST) * 1000).contains(&number) => ("<expira ms>", number / 1000 - now),
        // Ten minutes or more, and whole minutes: days in seconds seldom are that.
        600_000.. if number % 60_000 == 0 => ("<validade ms>", number / 1000),
        1..LONGEST => ("<validade>", number),
        _ => return Told::Else,
    };
    Told::Guess { gap: gap.to_owned(), life }
}

/// The same of `text`. A clock that names no zone is ours at the time that it probably shows: now, or the end of the token. Where
/// nobody knows that end, it is that of the server, or of Brazil.
fn of_text(name: &str, text: &str, Known { now, life, zone }: Known) -> Option<Told> {
    let at = |seconds: i64| OffsetDateTime::from_unix_timestamp(seconds).ok();
    let later = |time: OffsetDateTime| time.unix_timestamp() - now;
    if life.is_none() && tells_of_life(name) {
        let (moment, time) = Moment::read_in(text, at(now)?, zone.unwrap_or(BRAZIL))?;
        let life = later(time);
        let is_end = (NEAR + 1..LONGEST).contains(&life);
        return Some(if is_end { Told::Guess { gap: Gap::of_end(&moment), life } } else { Told::Else });
    }
    let end = life.filter(|_| tells_of_life(name)).unwrap_or_default();
    let (moment, time) = Moment::read(text, at(now.saturating_add(end))?)?;
    Some(match later(time) {
        // A day and no time of it.
        later if moment.is_date() && !tells_of_life(name) && later.abs() <= DAY => Told::Gap(Gap::of_moment(&moment)),
        later if later.abs() <= NEAR => Told::Gap(Gap::of_moment(&moment)),
        later if (0..LONGEST).contains(&later) => Told::Gap(Gap::of_end(&moment)),
        _ => Told::Else,
    })
}

fn tells_of_life(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "exp"
        || ["expir", "venc", "valid", "ttl", "life", "duration", "duracao", "max_age", "maxage"]
            .iter()
            .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_867_205;

    fn gap(name: &str, value: Value, life: Option<i64>) -> String {
        match told(name, &value, Known { now: NOW, life, zone: None }) {
            None => String::new(),
            Some(Told::Gap(gap)) => gap,
            Some(Told::Guess { gap, life }) => format!("{} {life}", gap.trim_start_matches('<')),
            Some(Told::Else) => "else".to_owned(),
        }
    }

    #[test]
    fn a_life_is_told_by_the_token_or_else_by_its_name() {
        for (name, value, life, expected) in [
            ("x", json!(1800), Some(1800), "<validade>"),
            ("x", json!(1_800_000), Some(1800), "<validade ms>"),
            ("x", json!(NOW + 1801), Some(1800), "<expira>"),
            ("x", json!((NOW + 1800) * 1000 + 5), Some(1800), "<expira ms>"),
            ("refreshExpiresIn", json!(86400), Some(1800), "else"),
            ("id", json!(86400), Some(1800), ""),
            ("x", json!(NOW * 1000 + 77), None, "<milissegundos>"),
            ("expires_in", json!(3600), None, "validade> 3600"),
            ("validade", json!(86400), None, "validade> 86400"),
            ("ttl", json!(2_592_000), None, "validade> 2592000"),
            ("expiresIn", json!(3_600_000), None, "validade ms> 3600"),
            ("expires", json!(NOW + 86400), None, "expira> 86400"),
            ("expires", json!((NOW + 86400) * 1000), None, "expira ms> 86400"),
            ("ate", json!(NOW + 86400), None, "expira> 86400"),
            ("ate", json!((NOW + 86400) * 1000), None, "expira ms> 86400"),
            ("ate", json!(NOW + 86400), Some(1800), "else"),
            ("fone", json!(1_133_334_444), None, ""),
            ("fone", json!(11_987_654_321_i64), None, ""),
            ("desde", json!(NOW - 86400), None, ""),
            ("validoAte", json!("28/11/2026 11:00:05"), None, "expira instante dd/MM/yyyy HH:mm:ss em -03:00> 7200"),
            ("expira", json!("2026-11-28T14:00:05Z"), None, "expira instante yyyy-MM-ddTHH:mm:ssZ> 7200"),
            ("expira", json!("28/11/2026 08:00:05"), None, "else"),
            ("id", json!(3600), None, ""),
            ("expires", json!(0), None, "else"),
            ("at", json!("2026-11-28T12:00:30.000Z"), None, "<instante>"),
            ("at", json!("2026-11-28T12:30:30.000Z"), None, "<expira instante>"),
            ("at", json!("2026-11-28T12:30:30.000+00:00"), None, "<expira instante yyyy-MM-ddTHH:mm:ss.SSSxxx>"),
            ("em", json!("28/11/2026 09:00"), None, "<instante dd/MM/yyyy HH:mm em -03:00>"),
            ("expira", json!("28/11/2026 09:30"), Some(1800), "<expira instante dd/MM/yyyy HH:mm em -03:00>"),
            ("x", json!(NOW + 1), Some(1800), "<segundos>"),
            ("born", json!("1990-01-01T00:00:00.000Z"), None, "else"),
            ("dia", json!("28/11/2026"), None, "<instante dd/MM/yyyy>"),
            ("dia", json!("28/11/2025"), None, "else"),
            ("at", json!("ontem"), None, ""),
            ("at", json!(NOW * 1_000_000 + 77), None, "<instante uSSSSSS>"),
            ("at", json!(1_795_867_205.25), None, "<instante u.SS>"),
            ("exp", json!((NOW + 1800) * 1_000_000), Some(1800), "<expira instante uSSSSSS>"),
            ("at", json!(NOW.to_string()), None, "<segundos>"),
            ("exp", json!((NOW + 1800).to_string()), Some(1800), "<expira>"),
            ("exp", json!(format!("{}250", NOW + 1800)), Some(1800), "<expira ms>"),
            (
                "em",
                json!("28 de novembro de 2026 às 09:00"),
                None,
                "<instante dd 'de' MMMM 'de' yyyy às HH:mm pt em -03:00>",
            ),
            ("em", json!("[2026,11,28,9,0,5]"), None, "<instante [yyyy,M,d,H,m,s,SSS] em -03:00>"),
        ] {
            assert_eq!(gap(name, value.clone(), life), expected, "{name} {value}");
        }
    }
}
