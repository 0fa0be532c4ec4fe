//! Which values are times, and how long a token lives.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The gap that writes times as `value` is one.
pub(super) fn time_gap(value: &Value) -> Option<&'static str> {
    match value {
        Value::String(text) => text_gap(text),
        Value::Number(number) => {
            let is_now = |number: &i64| (1_600_000_000_000..4_000_000_000_000).contains(number);
            number.as_i64().filter(is_now).map(|_| "<milissegundos>")
        }
        _ => None,
    }
}

fn text_gap(text: &str) -> Option<&'static str> {
    let shape: String = text.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    match shape.as_str() {
        "9999-99-99T99:99:99.999Z" => Some("<instante>"),
        "9999-99-99T99:99:99.999+99:99" => Some("<instante spring>"),
        _ => None,
    }
}

/// What a number or a time in the success of a login tells of the token, or of the time.
pub(super) enum Told {
    /// The gap that fills it.
    Gap(&'static str),
    /// The same, by its name alone: the token does not say how long it lives.
    Guess(&'static str),
    /// A time or a life of something else.
    Else,
}

/// What `value` of the member `name` tells, in the answer to a login at `now` whose token lives for `life`, as far as it says
/// so; both in seconds. None if it is no time.
pub(super) fn told(name: &str, value: &Value, now: i64, life: Option<i64>) -> Option<Told> {
    if let Value::String(text) = value {
        return text_gap(text).map(|gap| of_text(text, gap, now));
    }
    let number = value.as_i64()?;
    let near = |time: i64, scale: i64| (number - time * scale).abs() <= 120 * scale;
    match life {
        Some(life) if number == life => return Some(Told::Gap("<validade>")),
        Some(life) if number == life * 1000 => return Some(Told::Gap("<validade ms>")),
        Some(life) if near(now + life, 1) => return Some(Told::Gap("<expira>")),
        Some(life) if near(now + life, 1000) => return Some(Told::Gap("<expira ms>")),
        _ if near(now, 1000) => return Some(Told::Gap("<milissegundos>")),
        Some(_) => return tells_of_life(name).then_some(Told::Else),
        None => {}
    }
    tells_of_life(name).then(|| guess(number, now))
}

/// Ten years, in seconds.
const LONGEST: i64 = 10 * 366 * 86_400;

fn guess(number: i64, now: i64) -> Told {
    match number {
        _ if (now..now + LONGEST).contains(&number) => Told::Guess("<expira>"),
        _ if (now * 1000..(now + LONGEST) * 1000).contains(&number) => Told::Guess("<expira ms>"),
        // Ten minutes or more, and whole minutes: days in seconds seldom are that.
        600_000.. if number % 60_000 == 0 => Told::Guess("<validade ms>"),
        1..LONGEST => Told::Guess("<validade>"),
        _ => Told::Else,
    }
}

fn of_text(text: &str, gap: &'static str, now: i64) -> Told {
    let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) else { return Told::Else };
    let later = time.unix_timestamp() - now;
    match gap {
        gap if later.abs() <= 120 => Told::Gap(gap),
        "<instante>" if (0..LONGEST).contains(&later) => Told::Gap("<expira instante>"),
        _ => Told::Else,
    }
}

fn tells_of_life(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["expir", "valid", "ttl", "life", "duration", "duracao", "max_age", "maxage"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_867_205;

    fn gap(name: &str, value: Value, life: Option<i64>) -> &'static str {
        match told(name, &value, NOW, life) {
            None => "",
            Some(Told::Gap(gap)) => gap,
            Some(Told::Guess(gap)) => gap.trim_start_matches('<'),
            Some(Told::Else) => "else",
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
            ("expires_in", json!(3600), None, "validade>"),
            ("validade", json!(86400), None, "validade>"),
            ("ttl", json!(2_592_000), None, "validade>"),
            ("expiresIn", json!(3_600_000), None, "validade ms>"),
            ("expires", json!(NOW + 86400), None, "expira>"),
            ("expires", json!((NOW + 86400) * 1000), None, "expira ms>"),
            ("id", json!(3600), None, ""),
            ("expires", json!(0), None, "else"),
            ("at", json!("2026-11-28T12:00:30.000Z"), None, "<instante>"),
            ("at", json!("2026-11-28T12:30:30.000Z"), None, "<expira instante>"),
            ("at", json!("2026-11-28T12:30:30.000+00:00"), None, "else"),
            ("born", json!("1990-01-01T00:00:00.000Z"), None, "else"),
            ("at", json!("ontem"), None, ""),
        ] {
            assert_eq!(gap(name, value.clone(), life), expected, "{name} {value}");
        }
    }
}
