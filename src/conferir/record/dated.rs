//! Times that were taken for a part of an answer that never changes.

use time::{Duration, OffsetDateTime};

use crate::dialect::{AnswerFile, DialectFile};

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
    let is_dated =
        |answer: &AnswerFile| [&answer.corpo, &answer.texto].into_iter().flatten().any(|text| names_year(text));
    let note = format!(
        "has {year} in it as it came: if that is the time of the answer, write it as <instante dd/MM/yyyy> or <instante dd/MM/yy>"
    );
    answers.chain(named).filter(|(_, answer)| is_dated(answer)).map(|(table, _)| (table, note.clone())).collect()
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
