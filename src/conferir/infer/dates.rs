//! Dates: in which zone it is that day, and what one day alone does not tell.

use std::collections::{BTreeMap, BTreeSet};

use time::{OffsetDateTime, UtcOffset};

use super::times::BRAZIL;
use crate::dialect::{AnswerFile, DialectFile, Moment, Template};

/// What the name of a gap of a time begins with.
const TIME: &str = "instante ";
/// Less is written with one digit, or with a zero before it.
const TWO_DIGITS: u8 = 10;
const TWO_DIGITS_SAID: &str =
    "the day has two digits today: write d in the place of dd if others have no zero before them";

/// Gives the dates in `file` the zone of its clocks, or else that of Brazil, and says what the `times` of the answers did not tell
/// of them: the table, and the sentence.
pub(super) fn settle_dates(
    file: &mut DialectFile,
    times: impl Iterator<Item = OffsetDateTime>,
) -> Vec<(String, String)> {
    let days: BTreeMap<_, _> = times.map(|time| (time.date(), time)).collect();
    let day = days.keys().map(|day| day.day()).min().unwrap_or_default();
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
        notes.extend(moments.iter().filter_map(|name| doubts(name, days.values())).map(|doubt| (head.clone(), doubt)));
        let has_two = moments.iter().any(|moment| moment.contains("dd"));
        let is_said = notes.iter().any(|(_, note)| note == TWO_DIGITS_SAID);
        if has_two && day >= TWO_DIGITS && !is_said {
            notes.push((head, TWO_DIGITS_SAID.to_owned()));
        }
    }
    notes
}

/// How the time that is written as `name` may be written instead, as far as its texts at all of `times` say.
pub(super) fn doubts<'a>(name: &str, times: impl Iterator<Item = &'a OffsetDateTime>) -> Option<String> {
    let moment = Moment::named(name)?;
    let all = times.map(|time| moment.others(*time).iter().map(ToString::to_string).collect::<BTreeSet<_>>());
    let others = all.reduce(|one, other| &one & &other).filter(|others| !others.is_empty())?;
    let others = Vec::from_iter(others).join(" or ");
    Some(format!("that day was written alike by {name} and by {others}: write the other one if that is meant"))
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

    use time::macros::datetime;

    const DAY: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);

    fn settled(erro: &str, sucesso: &str, times: &[OffsetDateTime]) -> ([Option<String>; 2], Vec<String>) {
        let answer = |corpo: &str| AnswerFile { corpo: Some(corpo.to_owned()), ..AnswerFile::default() };
        let mut file = DialectFile { erro: answer(erro), sucesso: answer(sucesso), ..DialectFile::default() };
        let notes = settle_dates(&mut file, times.iter().copied()).into_iter().map(|(_, note)| note).collect();
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
            let (bodies, said) = settled(erro, sucesso, &[DAY]);
            assert_eq!(bodies, [zoned, sucesso].map(|text| Some(text.to_owned())));
            assert_eq!(said.len(), notes, "{said:?}");
        }
        let two = datetime!(2026-11-12 12:00 UTC);
        assert_eq!(
            settled("<instante d/M/yyyy em -03:00>", "<instante dd/MM/yyyy HH:mm em -03:00>", &[two]).1.len(),
            1
        );
    }

    #[test]
    fn what_one_day_does_not_tell_is_said() {
        let days = [datetime!(2026-11-11 15:00 UTC), datetime!(2026-11-26 15:00 UTC), datetime!(2026-05-04 15:00 UTC)];
        let [same, year, clear] = days;
        for (gap, times, other) in [
            ("dd/MM/yyyy HH:mm em -03:00", &[same][..], Some("MM/dd/yyyy HH:mm em -03:00")),
            ("MM-dd-yy HH:mm em -03:00", &[same], Some("dd-MM-yy HH:mm em -03:00")),
            ("dd/MM/yy HH:mm em -03:00", &[year], Some("yy/MM/dd HH:mm em -03:00")),
            ("dd/MMM/yyyy HH:mm pt em -03:00", &[year], Some("dd/MMM/yyyy HH:mm en em -03:00")),
            ("dd/MM/yyyy HH:mm em -03:00", &days, None),
            ("dd/MM/yyyy HH:mm em -03:00", &[clear], None),
            ("dd/MMM/yyyy HH:mm pt em -03:00", &[clear], None),
            ("dd/MMM/yyyy HH:mm pt em -03:00", &[clear, year], None),
            ("yyyy-MM-ddTHH:mm:ss.SSSZ", &[same], None),
            ("uSSSSSS", &[same], None),
            ("[yyyy,M,d,H,m,s,SSSSSS]", &[same], None),
        ] {
            let (_, notes) = settled(&format!("<instante {gap}>"), "", times);
            let said = notes.iter().find(|note| note.contains("alike"));
            assert_eq!(said.is_some(), other.is_some(), "{gap}: {notes:?}");
            assert!(other.is_none_or(|other| said.unwrap().contains(other)), "{gap}: {notes:?}");
        }
    }
}
