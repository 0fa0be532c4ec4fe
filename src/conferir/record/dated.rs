//! Times that were taken for a part of an answer that never changes.

use time::{Duration, OffsetDateTime};

use crate::dialect::{AnswerFile, DialectFile, Template};
use crate::sensitive;

/// Which answers of `file` name the year of `now`, and what to do about it. Two answers that come right after each other say
/// nothing of a day, and of a picture that is not known.
pub(super) fn dated(file: &DialectFile, now: OffsetDateTime) -> Vec<(String, String)> {
    let year = now.year().to_string();
    let names_year = |text: &str| {
        text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == year) || has_short_date(text, now)
    };
    let answers = [("[erro]", &file.erro), ("[sucesso]", &file.sucesso), ("[login]", &file.login)];
    let answers = answers.map(|(table, answer)| (table.to_owned(), answer)).into_iter();
    let named = file.respostas.iter().map(|(name, answer)| (format!("[respostas.{name}]"), answer));
    let of_year = format!(
        "has {year} in it as it came: if that is the time of the answer, write it as <instante dd/MM/yyyy> or <instante dd/MM/yy>"
    );
    let note = |answer: &AnswerFile| {
        let body = answer.corpo.as_deref().map(without_gaps);
        let texts: Vec<String> = body.into_iter().chain(answer.texto.clone()).collect();
        if texts.iter().any(|text| names_year(text)) {
            return Some(of_year.clone());
        }
        let found = texts.iter().find_map(|text| frozen(text))?;
        Some(format!(
            "has {found} in it as it came: if that is the time of the answer, or how long it took, it is another one each time"
        ))
    };
    answers.chain(named).filter_map(|(table, answer)| Some((table, note(answer)?))).collect()
}

/// `body` with a space for each gap.
fn without_gaps(body: &str) -> String {
    let plain = |body: Template| body.rewritten(str::to_owned, |_| " ".to_owned());
    Template::parse(body).map_or_else(|_| body.to_owned(), plain)
}

/// The first time of the day or duration in `text`.
fn frozen(text: &str) -> Option<String> {
    const UNITS: [&str; 9] =
        ["ms", "s", "seg", "segundos", "seconds", "milissegundos", "milliseconds", "microssegundos", "ns"];
    const TOOK: [&str; 10] =
        ["took", "duracao", "duration", "elapsed", "tempo", "ms", "millis", "latencia", "latency", "runtime"];
    let is_number = |word: &str| {
        word.starts_with(|sign: char| sign.is_ascii_digit())
            && word.bytes().all(|byte| byte.is_ascii_digit() || b".,".contains(&byte))
    };
    let is_part = |letter: char| letter.is_alphanumeric() || ".,:".contains(letter);
    let words: Vec<&str> =
        text.split(|letter| !is_part(letter)).map(|word| word.trim_matches(['.', ',', ':'])).collect();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        if is_clock(word, next) {
            return Some((*word).to_owned());
        }
        let unit = word.trim_start_matches(|sign: char| sign.is_ascii_digit() || ".,".contains(sign));
        let is_count = is_number(&word[..word.len() - unit.len()]);
        if is_count && UNITS.contains(&unit) {
            return Some((*word).to_owned());
        }
        if is_count && unit.is_empty() && UNITS.contains(&next) {
            return Some(format!("{word} {next}"));
        }
    }
    // Members whose names say it.
    let parts: Vec<&str> = text.split('"').collect();
    let named = parts.windows(3).find(|part| {
        let value = part[1].trim_start().strip_prefix(':').map(str::trim_start);
        let is_value = |value: &str| is_number(value.split([',', '}']).next().unwrap_or_default().trim());
        let has_number = value.is_some_and(|value| if value.is_empty() { is_number(part[2]) } else { is_value(value) });
        has_number && sensitive::words(part[0]).iter().any(|word| TOOK.contains(&word.as_str()))
    });
    named.map(|part| part[0].to_owned())
}

/// Whether `word`, before `next`, is a time of the day, such as `11:44`, `11h44min35` or `11.46.23.123456`.
fn is_clock(word: &str, next: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (mut numbers, mut rest, mut signs) = (Vec::new(), word, Vec::new());
    while digits(rest) > 0 {
        let (number, after) = rest.split_at(digits(rest));
        numbers.push(number);
        let sign = after.len() - after.trim_start_matches(|letter: char| !letter.is_ascii_digit()).len();
        signs.push(&after[..sign]);
        rest = &after[sign..];
    }
    let (Some(hours), Some(minutes)) = (numbers.first(), numbers.get(1)) else { return false };
    let is_below = |number: &str, most: u8| number.len() <= 2 && number.parse::<u8>().is_ok_and(|own| own < most);
    if !is_below(hours, 24) || minutes.len() != 2 || !is_below(minutes, 60) {
        return false;
    }
    let is_half = ["AM", "PM", "am", "pm"].contains(&next);
    match signs[0] {
        ":" | "h" => signs[1..].iter().all(|sign| ["", ":", ".", ",", "m", "min", "s"].contains(sign)),
        "." => numbers.len() > 2 && (is_half || numbers.get(3).is_some_and(|fraction| fraction.len() > 3)),
        _ => false,
    }
}

/// Whether `text` has a date of about `now` whose year has two digits, such as `11/11/26`: in which order, nobody can tell.
fn has_short_date(text: &str, now: OffsetDateTime) -> bool {
    let days = [-1, 0, 1].map(|days| {
        let day = now + Duration::days(days);
        sorted(&[day.day().into(), u8::from(day.month()).into(), day.year() % 100])
    });
    let is_part = |letter: char| letter.is_ascii_digit() || "/.-".contains(letter);
    let dates = text.split(|letter| !is_part(letter)).map(|date| {
        let parts = date.split(['/', '.', '-']).filter(|part| (1..=2).contains(&part.len()));
        parts.filter_map(|part| part.parse().ok()).collect::<Vec<i32>>()
    });
    { dates }.any(|date| date.len() == 3 && days.contains(&sorted(&date)))
}

fn sorted(numbers: &[i32]) -> Vec<i32> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_clock_and_a_duration_that_stand_as_they_came_are_told() {
        for (body, told) in [
            ("em <instante dd/MM/yyyy>, 11h44min35", Some("11h44min35")),
            ("às 11:44", Some("11:44")),
            ("11.46.23.123456 AM", Some("11.46.23.123456")),
            ("levou 12ms", Some("12ms")),
            ("levou 0,012 segundos", Some("0,012 segundos")),
            (r#"{"duracaoMs":17,"x":18}"#, Some("duracaoMs")),
            (r#"{"took":"0.3"}"#, Some("took")),
            (r#"{"codigo":17,"versao":"1.2.3","ip":"10.0.0.1"}"#, None),
            ("<instante HH:mm:ss> 3 tentativas", None),
        ] {
            let erro = AnswerFile { corpo: Some(body.to_owned()), ..AnswerFile::default() };
            let file = DialectFile { erro, ..DialectFile::default() };
            let found = dated(&file, datetime!(2026-11-29 00:00 UTC));
            let notes: Vec<&str> = found.iter().map(|(_, note)| note.as_str()).collect();
            assert_eq!(notes.len(), usize::from(told.is_some()), "{body}: {notes:?}");
            assert!(told.is_none_or(|told| notes[0].contains(told)), "{body}: {notes:?}");
        }
    }

    #[test]
    fn what_names_the_year_is_told() {
        for (body, is_dated) in [
            (r#"{"em":[2026,11,29,1,2]}"#, true),
            ("29 de novembro de 2026", true),
            ("em <instante dd/MM/yyyy>", false),
            ("20261104000001 12026 2025", false),
            ("em 29/11/26.", true),
            ("26-11-28 10:00", true),
            ("11/10/09 1/2/3", false),
        ] {
            let erro = AnswerFile { corpo: Some(body.to_owned()), ..AnswerFile::default() };
            let file = DialectFile { erro, ..DialectFile::default() };
            let told = dated(&file, datetime!(2026-11-29 00:00 UTC));
            assert_eq!(
                told.iter().map(|(table, _)| table.as_str()).collect::<Vec<_>>(),
                vec!["[erro]"; usize::from(is_dated)],
                "{body}"
            );
        }
    }
}
