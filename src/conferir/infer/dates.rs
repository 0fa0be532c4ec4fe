//! Dates without a time of the day: in which zone it is that day, and what one day alone does not tell.

use std::collections::BTreeSet;

use time::UtcOffset;

use super::times::BRAZIL;
use crate::dialect::{AnswerFile, DialectFile, Moment, Template};

/// What the name of a gap of a time begins with.
const TIME: &str = "instante ";
/// Less is written with one digit, or with a zero before it.
const TWO_DIGITS: u8 = 10;
const TWO_DIGITS_SAID: &str =
    "the day has two digits today: write d in the place of dd if others have no zero before them";

/// Gives the dates in `file` the zone of its clocks, or else that of Brazil, and says what was not seen of them, on `day` of a
/// month: the table, and the sentence.
pub(super) fn settle_dates(file: &mut DialectFile, day: u8) -> Vec<(String, String)> {
    let zones: BTreeSet<UtcOffset> = { answers(file) }
        .filter_map(|(_, answer)| body_of(answer))
        .flat_map(|body| moments(&body))
        .filter_map(|moment| Moment::named(&moment)?.clock())
        .collect();
    let zone = match zones.len() {
        0 => BRAZIL,
        1 => zones.first().copied().unwrap_or(BRAZIL),
        _ => return Vec::new(),
    };
    let mut notes = Vec::new();
    for (head, answer) in answers(file) {
        let Some(body) = body_of(answer) else { continue };
        let zoned = |name: &str| match name.strip_prefix(TIME).filter(|moment| is_date(moment)).and_then(Moment::named)
        {
            Some(date) => format!("<{TIME}{}>", date.at(zone)),
            None => format!("<{name}>"),
        };
        answer.corpo = Some(body.rewritten(Template::literal, zoned));
        let moments = moments(&body);
        for date in moments.iter().filter(|moment| zones.is_empty() && is_date(moment)) {
            let Some(zoned) = Moment::named(date).map(|moment| moment.at(zone)) else { continue };
            let note = format!("no clock shows the zone of the date {date}: it is taken for {zoned}");
            notes.push((head.clone(), note));
        }
        let has_two = moments.iter().any(|moment| moment.contains("dd"));
        let is_said = notes.iter().any(|(_, note)| note == TWO_DIGITS_SAID);
        if has_two && day >= TWO_DIGITS && !is_said {
            notes.push((head, TWO_DIGITS_SAID.to_owned()));
        }
    }
    notes
}

/// The answers of `file`, with the heads of their tables.
fn answers(file: &mut DialectFile) -> impl Iterator<Item = (String, &mut AnswerFile)> {
    let fixed = [("[erro]", &mut file.erro), ("[sucesso]", &mut file.sucesso), ("[login]", &mut file.login)];
    let fixed = fixed.map(|(head, answer)| (head.to_owned(), answer)).into_iter();
    fixed.chain(file.respostas.iter_mut().map(|(name, answer)| (format!("[respostas.{name}]"), answer)))
}

/// The body of `answer`; none where it has none, or none that is read.
fn body_of(answer: &AnswerFile) -> Option<Template> {
    Template::parse(answer.corpo.as_deref()?).ok()
}

/// How the times in `body` are written, each once.
fn moments(body: &Template) -> BTreeSet<String> {
    body.names().filter_map(|name| name.strip_prefix(TIME)).map(str::to_owned).collect()
}

/// Whether `moment` is a day and no more, without a zone.
fn is_date(moment: &str) -> bool {
    !moment.contains(" em ") && Moment::named(moment).is_some_and(|moment| moment.is_date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(erro: &str, sucesso: &str, day: u8) -> ([Option<String>; 2], usize) {
        let answer = |corpo: &str| AnswerFile { corpo: Some(corpo.to_owned()), ..AnswerFile::default() };
        let mut file = DialectFile { erro: answer(erro), sucesso: answer(sucesso), ..DialectFile::default() };
        let notes = settle_dates(&mut file, day).len();
        ([file.erro.corpo, file.sucesso.corpo], notes)
    }

    #[test]
    fn a_date_has_the_zone_of_the_clocks() {
        let date = "<instante dd/MM/yyyy>";
        for (erro, sucesso, zoned, notes) in [
            (date, "<instante HH:mm em -04:00>", "<instante dd/MM/yyyy em -04:00>", 0),
            (date, "<instante HH:mm>", date, 0),
            (date, "<instante yyyy-MM-ddTHH:mm:ssZ>", "<instante dd/MM/yyyy em -03:00>", 1),
            (date, "<instante HH:mm em -04:00> <instante HH:mm:ss em -03:00>", date, 0),
        ] {
            assert_eq!(settled(erro, sucesso, 3), ([zoned, sucesso].map(|text| Some(text.to_owned())), notes));
        }
        assert_eq!(settled("<instante d/M/yyyy em -03:00>", "<instante dd/MM/yyyy HH:mm em -03:00>", 12).1, 1);
    }
}
