//! The audit trail as a file for spreadsheets.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use time::OffsetDateTime;

use super::audit_filter::{self, Filter};
use super::form::Typed;
use super::phrases::filled;
use super::refusal::Answer;
use super::session::SignedIn;
use super::texts::auditoria::Texts;
use super::texts::names;
use super::told_change::{Line, Part, lines};
use super::view::View;
use crate::clock::BRASILIA;
use crate::domain::access::ConsultarAuditoria;
use crate::http::answer::problem::Language;
use crate::service::audit::told;
use crate::service::provisioning::Provisioning;
use crate::store::{AuditEntry, AuditPage, AuditPosition};

/// The most entries of a file: the page says so.
const ENTRIES_MAX: usize = 50_000;
/// How many are read at once.
const PORTION: u16 = 500;
/// With it, spreadsheets know that it is UTF-8.
const MARK: &str = "\u{feff}";
const COLUMNS: usize = 13;
/// The code of the last row where there are more entries; that row has no id.
const CUT_OFF: &str = "exportacao.cortada";

/// `GET /console/auditoria.csv`
pub async fn export(who: SignedIn<ConsultarAuditoria>, uri: Uri) -> Answer {
    let typed = Typed::parse(uri.query().unwrap_or_default().as_bytes());
    let asked = match Filter::of(&who, &typed).await? {
        Filter::Asks(asked) => AuditPage { limit: PORTION, ..*asked },
        // The page says what is wrong.
        Filter::Refused(_) => return Ok(who.view.lead_to(&format!("auditoria?{}", audit_filter::query(&typed)))),
    };
    // Where nothing can be read, that is said instead of a file.
    let provisioning = Arc::new(who.provisioning());
    let (entries, next) = who.judged(provisioning.seen_audit(asked.clone())).await?;
    let head =
        Bytes::from(format!("{MARK}{}", row(headings(&who.view.texts().auditoria), separator(who.view.language()))));
    let name = file_name(who.view.language(), who.app.clock.now());
    let file = File { provisioning, asked, view: who.view, entries: entries.into(), next, written: 0 };
    let body = stream::unfold((Some(head), Some(file)), async |(head, file)| {
        if let Some(head) = head {
            return Some((Ok(head), (None, file)));
        }
        match file?.portion().await {
            Ok((text, file)) if text.is_empty() && file.is_none() => None,
            Ok((text, file)) => Some((Ok(Bytes::from(text)), (None, file))),
            // The connection ends, so that nobody takes half a file for a whole one.
            Err(error) => {
                tracing::warn!(%error, "an export of the audit trail was cut off");
                Some((Err(error), (None, None)))
            }
        }
    });
    Ok(attachment(&name, Body::from_stream(Box::pin(body))))
}

/// `audit-trail-2026-11-23.csv`, with the day in Brasília.
fn file_name(language: Language, now: OffsetDateTime) -> String {
    let day = now.to_offset(BRASILIA).date();
    format!("{}-{day}.csv", language.choose(["auditoria", "audit-trail"]))
}

fn attachment(name: &str, body: Body) -> Response {
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, body).into_response()
}

/// Spreadsheets in Portuguese take the comma for that of numbers.
fn separator(language: Language) -> char {
    language.choose([';', ','])
}

/// A file that is being written.
struct File {
    provisioning: Arc<Provisioning>,
    asked: AuditPage,
    view: View,
    /// What was read and is not written yet.
    entries: VecDeque<AuditEntry>,
    /// Before which entry to go on reading.
    next: Option<AuditPosition>,
    written: usize,
}

impl File {
    /// The next lines, and the rest of the file; `None` at its end. Between portions no connection is held, however slowly
    /// they are taken, and each is read with the rights of the moment.
    async fn portion(mut self) -> Result<(String, Option<Self>), axum::BoxError> {
        while self.entries.is_empty() {
            let Some(before) = self.next else { return Ok((String::new(), None)) };
            let asked = AuditPage { before: Some(before), ..self.asked.clone() };
            let (entries, next) = self.provisioning.seen_audit(asked).await?;
            (self.entries, self.next) = (entries.into(), next);
        }
        let separator = separator(self.view.language());
        let written: Vec<AuditEntry> =
            self.entries.drain(..self.entries.len().min(ENTRIES_MAX - self.written)).collect();
        self.written += written.len();
        let oldest = written.last().map(|entry| entry.em);
        let mut text: String = written.into_iter().map(|entry| row(cells(entry, &self.view), separator)).collect();
        if self.written < ENTRIES_MAX {
            return Ok((text, Some(self)));
        }
        let has_more = !self.entries.is_empty() || self.next.is_some();
        if let Some(oldest) = oldest.filter(|_| has_more) {
            text += &row(cut_off(oldest, &self.view), separator);
        }
        Ok((text, None))
    }
}

/// What is in each column: the change in words, and as JSON for programs, which have a code for the action as well.
fn headings(texts: &Texts) -> [Cow<'static, str>; COLUMNS] {
    let Texts { csv_id, csv_when, csv_by, csv_who, csv_place, csv_action, csv_object, .. } = *texts;
    let Texts { csv_changed, csv_from, csv_to, csv_before, csv_after, csv_code, .. } = *texts;
    let first = [csv_id, csv_when, csv_by, csv_who, csv_place, csv_action, csv_object];
    let then = [csv_changed, csv_from, csv_to, csv_before, csv_after, csv_code];
    let mut headings = first.into_iter().chain(then).map(Cow::Borrowed);
    std::array::from_fn(|_| headings.next().unwrap_or_default())
}

fn cells(entry: AuditEntry, view: &View) -> [Cow<'static, str>; COLUMNS] {
    let AuditEntry { id, em, origem, autor, lugar, acao, objeto, antes, depois, .. } = entry;
    let [before, after] = [antes.clone(), depois.clone()].map(told);
    let [what, from, to] = in_words(&lines(&before, &after, &view.texts().auditoria, view.language()));
    let [objeto, antes, depois] = [objeto, antes, depois].map(Option::unwrap_or_default);
    let (id, em) = (id.to_string(), view.sheet_time(em));
    let by = by(&origem, &view.texts().auditoria).map_or(origem, str::to_owned);
    let action = names::action_named(&acao, view.language()).map_or_else(|| acao.clone(), str::to_owned);
    [id, em, by, autor, lugar, action, objeto, what, from, to, antes, depois, acao].map(Cow::Owned)
}

/// By what a change came, in words; `None` for what only a later release knows.
fn by(origin: &str, texts: &Texts) -> Option<&'static str> {
    match origin {
        "comando" => Some(texts.csv_by_command),
        "console" => Some(texts.csv_by_console),
        "api" => Some(texts.csv_by_api),
        _ => None,
    }
}

/// What changed, from what and to what. Of a list, what was taken away and what was added.
fn in_words(lines: &[Line]) -> [String; 3] {
    let side = |line: &Line, is_before: bool| {
        let of_side = |part: &Part| match part {
            Part::Was(text) | Part::Removed(text) => is_before.then(|| text.clone()),
            Part::Is(text) | Part::Added(text) => (!is_before).then(|| text.clone()),
        };
        line.parts.iter().filter_map(of_side).collect::<Vec<_>>().join(", ")
    };
    let joined = |texts: Vec<String>| texts.join("; ");
    let whole = |is_before: bool| match lines {
        [one] => side(one, is_before),
        many => {
            let labelled = many.iter().map(|line| (&line.label, side(line, is_before)));
            joined(
                labelled.filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label}: {text}")).collect(),
            )
        }
    };
    [joined(lines.iter().map(|line| line.label.clone()).collect()), whole(true), whole(false)]
}

/// The last row where there are more entries, at the time of the `oldest` that is in the file.
fn cut_off(oldest: OffsetDateTime, view: &View) -> [Cow<'static, str>; COLUMNS] {
    let (count, at, texts) = (view.number(&(ENTRIES_MAX as i64)), view.sheet_time(oldest), &view.texts().auditoria);
    let day = at.split(' ').next().unwrap_or_default();
    let mut cells = [const { Cow::Borrowed("") }; COLUMNS];
    cells[5] = texts.csv_cut_off.into();
    cells[6] = filled(texts.cut_off, &[&count, day]).into();
    cells[COLUMNS - 1] = CUT_OFF.into();
    cells[1] = at.into();
    cells
}

fn row<'a>(cells: impl IntoIterator<Item = Cow<'a, str>>, separator: char) -> String {
    let cells: Vec<String> = cells.into_iter().map(|text| cell(&text)).collect();
    format!("{}\r\n", cells.join(&separator.to_string()))
}

/// A cell, in quotes. What a spreadsheet would take for a formula has an apostrophe before it: by then it is text.
fn cell(text: &str) -> String {
    let begins = text.trim_start_matches([' ', '\u{a0}', '\u{feff}']);
    let is_formula = begins.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "|cmd",
            "%x",
            "＝1",
        ] {
            assert_eq!(cell(formula), format!("\"'{formula}\""));
        }
        for text in ["", "a=1", "20221104000001", "{\"ativo\":true}", "a\nb", "'=1"] {
            assert_eq!(cell(text), format!("\"{}\"", text.replace('"', "\"\"")));
        }
    }

    #[test]
    fn a_change_is_told_in_words() {
        let line = |label: &str, parts| Line { label: label.to_owned(), parts };
        let [yes, no] = ["sim", "não"].map(str::to_owned);
        let active = || line("Ativo", vec![Part::Was(yes.clone()), Part::Is(no.clone())]);
        let permissions =
            || line("Permissões", vec![Part::Added("A".into()), Part::Added("B".into()), Part::Removed("C".into())]);
        assert_eq!(in_words(&[]), ["", "", ""]);
        assert_eq!(in_words(&[active()]), ["Ativo", "sim", "não"]);
        assert_eq!(in_words(&[permissions()]), ["Permissões", "C", "A, B"]);
        let both = ["Ativo; Permissões", "Ativo: sim; Permissões: C", "Ativo: não; Permissões: A, B"];
        assert_eq!(in_words(&[active(), permissions()]), both);
    }

    #[test]
    fn a_cell_cannot_end_itself() {
        assert_eq!(row(["a\";=1".into(), "b;c".into()], ';'), "\"a\"\";=1\";\"b;c\"\r\n");
    }
}
