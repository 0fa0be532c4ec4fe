//! A text file, record by record: what the forms of text have in common.

use std::borrow::Cow;
use std::io::{self, Read};

use super::csv::{Csv, Split};
use super::encoding::FileEncoding;
use super::window::{Window, first_line};

/// Longest record, in bytes without its line end. In CSV it may have several lines.
pub(super) const RECORD_MAX: usize = 64 * 1024;

pub(super) struct Records<R> {
    /// The part that is looked at.
    pub window: Window<R>,
    charset: FileEncoding,
    /// What the operator should know, since it was last taken.
    pub notes: Vec<String>,
}

/// What stands at the beginning of the window.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A record, and how many bytes it takes with its line end.
    Whole(usize),
    /// A quote has no end, or something follows its end.
    Stray,
    TooLong,
}

impl<R: Read> Records<R> {
    /// Opens `reader`; its first bytes may tell the encoding.
    pub fn open(reader: R) -> io::Result<Self> {
        let window = Window::open(reader)?;
        let mut records = Self { window, charset: FileEncoding::Ascii, notes: Vec::new() };
        if let Some(encoding) = records.window.encoding() {
            records.charset = FileEncoding::Utf8(encoding);
            if encoding != "UTF-8" {
                records.note_encoding(encoding);
            }
        }
        Ok(records)
    }

    /// The first line in the window, which is no longer than a record may be; `None` at the end of the file.
    pub fn line(&mut self) -> io::Result<Option<Record>> {
        self.whole(|window| first_line(window.rest(), window.ended()).map(|(_, used)| Record::Whole(used)))
    }

    /// The first CSV record in the window, as `csv` splits it; `None` at the end of the file.
    pub fn record(&mut self, csv: &mut Csv) -> io::Result<Option<Record>> {
        self.whole(|window| match csv.split(window.rest(), window.ended()) {
            Split::Record(used) => Some(Record::Whole(used)),
            Split::Stray => Some(Record::Stray),
            // A quote that is open for so long has no end.
            Split::More if window.rest().len() > 2 * RECORD_MAX => {
                first_line(window.rest(), false).map(|_| Record::Stray)
            }
            Split::More => None,
        })
    }

    fn whole(&mut self, mut look: impl FnMut(&Window<R>) -> Option<Record>) -> io::Result<Option<Record>> {
        loop {
            if self.window.rest().is_empty() && self.window.ended() {
                return Ok(None);
            }
            match look(&self.window) {
                Some(Record::Whole(used)) if without_end(&self.window.rest()[..used]).len() > RECORD_MAX => {
                    return Ok(Some(Record::TooLong));
                }
                Some(record) => return Ok(Some(record)),
                None if self.window.rest().len() > 2 * RECORD_MAX => return Ok(Some(Record::TooLong)),
                None => _ = self.window.fill()?,
            }
        }
    }

    /// Passes over the first line in the window, however long it is.
    pub fn skip_line(&mut self) -> io::Result<()> {
        loop {
            if let Some((_, used)) = first_line(self.window.rest(), self.window.ended()) {
                self.window.pass(used);
                return Ok(());
            }
            // An LF may belong to a CR at the end.
            let rest = self.window.rest();
            self.window.pass(rest.len() - usize::from(rest.ends_with(b"\r")));
            self.window.fill()?;
        }
    }

    pub fn learn(&mut self, record: &[u8]) {
        if self.charset.learn(record) {
            self.note_encoding("Windows-1252");
        }
    }

    /// The text of a part of what it has learnt from; fails with the reason.
    pub fn decode<'a>(&self, part: &'a [u8]) -> Result<Cow<'a, str>, String> {
        self.charset.decode(part)
    }

    /// Notes the columns that are not ours, if there are any.
    pub fn note_ignored(&mut self, names: &str) {
        if !names.is_empty() {
            self.notes.push(format!("columns ignored: {names}"));
        }
    }

    fn note_encoding(&mut self, encoding: &str) {
        self.notes.push(format!("the file is read as {encoding}"));
    }
}

/// `record` without its line end.
pub(super) fn without_end(record: &[u8]) -> &[u8] {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    record.strip_suffix(b"\r").unwrap_or(record)
}
