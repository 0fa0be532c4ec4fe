//! The audit trail as a file for spreadsheets.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::audit_filter::{self, Filter};
use super::form::Typed;
use super::refusal::Answer;
use super::session::SignedIn;
use crate::clock::rfc3339_millis;
use crate::domain::access::ConsultarAuditoria;
use crate::http::answer::problem::Language;
use crate::service::provisioning::Provisioning;
use crate::store::{AuditEntry, AuditPage, AuditPosition};

/// The most entries of a file: the page says so.
const ENTRIES_MAX: usize = 50_000;
/// How many are read at once.
const PORTION: u16 = 500;
/// With it, spreadsheets know that it is UTF-8.
const MARK: &str = "\u{feff}";
const COLUMNS: [&str; 9] = ["id", "em", "origem", "autor", "lugar", "acao", "objeto", "antes", "depois"];

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
    let separator = separator(who.view.language());
    let file = File { provisioning, asked, separator, entries: entries.into(), next, written: 0 };
    let head = Bytes::from(format!("{MARK}{}", line(COLUMNS.map(Cow::Borrowed), separator)));
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
    Ok(attachment(Body::from_stream(Box::pin(body))))
}

fn attachment(body: Body) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"auditoria.csv\"")),
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
    separator: char,
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
        let separator = self.separator;
        let room = ENTRIES_MAX - self.written;
        let lines: Vec<String> = self.entries.drain(..).take(room).map(|entry| line(cells(entry), separator)).collect();
        self.written += lines.len();
        let rest = (self.written < ENTRIES_MAX).then_some(self);
        Ok((lines.concat(), rest))
    }
}

fn cells(entry: AuditEntry) -> [Cow<'static, str>; COLUMNS.len()] {
    let AuditEntry { id, em, origem, autor, lugar, acao, objeto, antes, depois, .. } = entry;
    let [objeto, antes, depois] = [objeto, antes, depois].map(Option::unwrap_or_default);
    [id.to_string(), rfc3339_millis(em), origem, autor, lugar, acao, objeto, antes, depois].map(Cow::Owned)
}

fn line<'a>(cells: impl IntoIterator<Item = Cow<'a, str>>, separator: char) -> String {
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
    fn a_cell_cannot_end_itself() {
        assert_eq!(line(["a\";=1".into(), "b;c".into()], ';'), "\"a\"\";=1\";\"b;c\"\r\n");
    }
}
