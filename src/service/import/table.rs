//! CSV: the header, and the rows under it.

use std::borrow::Cow;
use std::io::Read;

use super::cell::Cell;
use super::columns::{Found, Unfit, Wanted};
use super::csv::Csv;
use super::error::FileError;
use super::place::Place;
use super::records::{RECORD_MAX, Record, Records};
use super::row::{BadRow, Row, row_of};
use super::tidy::{is_empty, list, quoted};

/// The rows of a CSV file whose header was read.
pub(super) struct Table {
    csv: Csv,
    found: Found,
}

impl Table {
    /// Reads the header, fields of which one of `delimiters` is between.
    pub fn open<R: Read>(records: &mut Records<R>, wanted: &Wanted, delimiters: &[u8]) -> Result<Self, FileError> {
        let place = Place::Line(records.window.line());
        let mut best = Vec::new();
        for delimiter in delimiters {
            let mut csv = Csv::new(*delimiter);
            let Some(Record::Whole(used)) = records.record(&mut csv)? else { continue };
            records.learn(csv.text());
            let name = |index| field(records, &csv, index).map(Cow::into_owned);
            let names = (0..csv.len()).map(name).collect::<Result<Vec<_>, _>>();
            let names = names.map_err(|reason| FileError::BadHeader(place, reason))?;
            match wanted.find(&names) {
                Ok(found) => {
                    records.window.pass(used);
                    records.note_ignored(&list(found.others(&names)));
                    return Ok(Self { csv, found });
                }
                Err(Unfit::Ambiguous(reason)) => return Err(FileError::BadHeader(place, reason)),
                Err(Unfit::Missing) if names.len() > best.len() => best = names,
                Err(Unfit::Missing) => {}
            }
        }
        // Stray quotes leave the line itself.
        let line = String::from_utf8_lossy(records.window.rest());
        let found = if best.is_empty() { quoted(&line) } else { list(best.iter().map(String::as_str)) };
        Err(FileError::Header { place, wanted: wanted.header.clone(), found })
    }

    /// The next row that is not empty; `None` at the end.
    pub fn next<R: Read>(&mut self, records: &mut Records<R>) -> Result<Option<Row>, FileError> {
        loop {
            let place = Place::Line(records.window.line());
            let bad = |reason: String| Ok(Some(Err(BadRow { place, reason })));
            match records.record(&mut self.csv)? {
                None => return Ok(None),
                Some(Record::Whole(used)) => {
                    records.window.pass(used);
                    records.learn(self.csv.text());
                    match records.decode(self.csv.text()) {
                        Ok(text) if is_empty(&text) => {}
                        Ok(_) => return Ok(Some(self.row(records, place))),
                        Err(reason) => return bad(reason),
                    }
                }
                // The lines after it may be in order.
                Some(Record::Stray) => {
                    records.skip_line()?;
                    return bad("a quote without its end, or something between its end and the next column".to_owned());
                }
                Some(Record::TooLong) => {
                    records.skip_line()?;
                    return bad(format!("longer than {RECORD_MAX} bytes"));
                }
            }
        }
    }

    fn row<R: Read>(&self, records: &Records<R>, place: Place) -> Row {
        let Found { protocolo, status, width } = self.found;
        let read = |index| field(records, &self.csv, index);
        let count = self.csv.len();
        let fields = || {
            for index in width..count {
                let value = read(index)?;
                if !is_empty(&value) {
                    return Err(format!(
                        "fields: {count}, expected {width}; {} is under no column",
                        quoted(value.trim())
                    ));
                }
            }
            if protocolo.max(status) >= count {
                let first = read(0)?;
                return Err(format!("fields: {count}, expected {width}; the first is {}", quoted(first.trim())));
            }
            Ok((read(protocolo)?, read(status)?))
        };
        let (protocolo, status) = fields().map_err(|reason| BadRow { place, reason })?;
        row_of(place, &Cell::Text(&protocolo), &Cell::Text(&status))
    }
}

fn field<'a, R: Read>(records: &Records<R>, csv: &'a Csv, index: usize) -> Result<Cow<'a, str>, String> {
    records.decode(csv.field(index).unwrap_or_default())
}
