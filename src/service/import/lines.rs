//! The file: one atendimento a line, as CSV with a header or as NDJSON.
//!
//! A record is one line, in CSV too: a stray quote then costs that line and not the rest of the file,
//! and memory stays flat.

use std::io::{self, BufRead, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::domain::atendimento::Status;
use crate::domain::protocolo::exact_integer;
use crate::domain::texto::{PROTOCOLO_MAX, fits, is_blank};
use crate::json::{self, Value};
use crate::store::NewAtendimento;

/// Longest line, in bytes.
const LINE_MAX: usize = 16 * 1024;
/// More fields in a line are not counted.
const FIELDS_MAX: usize = 16;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A line that can't be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: {reason}")]
pub struct BadLine {
    /// From 1, header included.
    pub number: u64,
    /// What is wrong and what would be accepted.
    pub reason: String,
}

/// The file as a whole can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
    /// Neither of the two forms.
    #[error(
        "line {0}: expected the CSV header `protocolo,status`, or NDJSON: one {{\"protocolo\": …, \"status\": …}} a line"
    )]
    Header(u64),
}

/// What one line holds.
pub type Line = Result<(u64, NewAtendimento), BadLine>;

/// Reads the lines of a file.
pub struct Lines<R> {
    reader: R,
    form: Form,
    number: u64,
    buffer: Vec<u8>,
}

enum Form {
    /// Not known before the first line that is not blank.
    Unknown,
    Ndjson,
    /// The positions are those of the columns.
    Csv {
        csv: Box<Csv>,
        protocolo: usize,
        status: usize,
    },
}

impl<R: BufRead> Lines<R> {
    /// Reads from `reader`; the first line tells the form.
    pub fn new(reader: R) -> Self {
        Self { reader, form: Form::Unknown, number: 0, buffer: Vec::new() }
    }

    /// The next line that is not blank; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Line>, FileError> {
        loop {
            let Some(whole) = self.read_line()? else {
                return Ok(None);
            };
            if !whole {
                return Ok(Some(Err(self.bad(format!("longer than {LINE_MAX} bytes")))));
            }
            if self.number == 1 && self.buffer.starts_with(BOM) {
                self.buffer.drain(..BOM.len());
            }
            if self.buffer.trim_ascii().is_empty() {
                continue;
            }
            if matches!(self.form, Form::Unknown) {
                self.form = form_of(&self.buffer).ok_or(FileError::Header(self.number))?;
                if matches!(self.form, Form::Csv { .. }) {
                    continue;
                }
            }
            return Ok(Some(self.parse().map(|novo| (self.number, novo)).map_err(|reason| self.bad(reason))));
        }
    }

    /// Reads a line into the buffer; false when it was too long and was passed over.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.buffer.clear();
        let limit = LINE_MAX as u64 + 2;
        let mut whole = true;
        if self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        while self.buffer.len() as u64 == limit && self.buffer.last() != Some(&b'\n') {
            whole = false;
            self.buffer.clear();
            self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer)?;
        }
        if self.buffer.last() != Some(&b'\n') {
            self.buffer.push(b'\n');
        }
        self.number += 1;
        let text = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Ok(Some(whole && text.len() <= LINE_MAX))
    }

    fn parse(&mut self) -> Result<NewAtendimento, String> {
        let (protocolo, status) = match &mut self.form {
            Form::Csv { csv, protocolo, status } => {
                let mut fields =
                    csv.split(&self.buffer).ok_or("not UTF-8, a quote without its end, or a bare carriage return")?;
                if fields.len() != 2 {
                    return Err(format!("fields: {}, expected 2", fields.len()));
                }
                (std::mem::take(&mut fields[*protocolo]), std::mem::take(&mut fields[*status]))
            }
            Form::Ndjson | Form::Unknown => {
                let [protocolo, status] = json::members(&self.buffer, ["protocolo", "status"])
                    .map_err(|_| "not a JSON object with each member once")?;
                (text_of(protocolo, "protocolo")?, text_of(status, "status")?)
            }
        };
        let protocolo = protocolo.trim();
        if protocolo.is_empty() || !fits(protocolo, PROTOCOLO_MAX) {
            return Err(format!("protocolo has to be 1 to {PROTOCOLO_MAX} characters, no NUL"));
        }
        let status = Status::from_nome(&status)
            .ok_or_else(|| format!("unknown status; one of: {}", Status::ALL.map(Status::nome).join(", ")))?;
        Ok(NewAtendimento { protocolo: protocolo.to_owned(), status })
    }

    fn bad(&self, reason: impl Into<String>) -> BadLine {
        BadLine { number: self.number, reason: reason.into() }
    }
}

fn form_of(first: &[u8]) -> Option<Form> {
    if first.trim_ascii_start().starts_with(b"{") {
        return Some(Form::Ndjson);
    }
    // Spreadsheets set to Portuguese write semicolons.
    [b',', b';'].into_iter().find_map(|delimiter| {
        let mut csv = Csv::new(delimiter);
        let names = csv.split(first)?;
        let position = |wanted: &str| names.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        let (protocolo, status) = (position("protocolo")?, position("status")?);
        (names.len() == 2).then(|| Form::Csv { csv: Box::new(csv), protocolo, status })
    })
}

/// Splits one CSV record at a time.
struct Csv {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Csv {
    fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, text: vec![0; LINE_MAX + 2], ends: vec![0; FIELDS_MAX] }
    }

    /// The fields of `line`, which ends with a newline; `None` when it is not UTF-8, has far too many
    /// fields, a quote is not closed, or more than a line end follows.
    fn split(&mut self, line: &[u8]) -> Option<Vec<String>> {
        self.reader.reset();
        let (result, used, _, count) = self.reader.read_record(line, &mut self.text, &mut self.ends);
        // A record that ends before its line does, at a bare carriage return, would lose the rest.
        if result != ReadRecordResult::Record || !line[used..].trim_ascii().is_empty() {
            return None;
        }
        self.ends[..count]
            .iter()
            .scan(0, |start, end| Some(std::mem::replace(start, *end)..*end))
            .map(|range| std::str::from_utf8(&self.text[range]).ok().map(str::to_owned))
            .collect()
    }
}

fn text_of(value: Value<'_>, name: &str) -> Result<String, String> {
    match value {
        Value::Text(text) if !is_blank(&text) => Ok(text),
        Value::Number(text) => exact_integer(text).ok_or(format!("{name} is no exact integer; send it as a text")),
        _ => Err(format!("{name} is missing or not a text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line as `protocolo=status` or the complaint.
    fn read(file: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(file);
        let mut seen = Vec::new();
        loop {
            match lines.next() {
                Ok(None) => return seen,
                Ok(Some(Ok((number, novo)))) => seen.push(format!("{number} {}={}", novo.protocolo, novo.status)),
                Ok(Some(Err(bad))) => seen.push(bad.to_string()),
                Err(error) => {
                    seen.push(error.to_string());
                    return seen;
                }
            }
        }
    }

    #[test]
    fn csv_with_quotes_crlf_bom_blank_lines_and_no_last_newline() {
        let file = "\u{feff}protocolo,status\r\n1,Aberto\r\n\r\n\"2\",\" em ATENDIMENTO \"\r\n3,Finalizado";
        assert_eq!(read(file.as_bytes()), ["2 1=Aberto", "4 2=Em atendimento", "5 3=Finalizado"]);
    }

    #[test]
    fn csv_columns_in_any_order_and_semicolons() {
        assert_eq!(read(b"Status;Protocolo\nCancelado;7\n"), ["2 7=Cancelado"]);
    }

    #[test]
    fn ndjson_after_a_bom_that_stands_at_the_beginning_alone() {
        let line = "\u{feff}{\"protocolo\": \"1\", \"status\": \"Aberto\"}\n";
        let bad = "line 2: not a JSON object with each member once";
        assert_eq!(read(line.repeat(2).as_bytes()), ["1 1=Aberto", bad]);
    }

    #[test]
    fn ndjson_with_texts_and_integers() {
        let file = b"{\"protocolo\": 20221104000001, \"status\": \"Aberto\", \"x\": 1}\n{\"status\":\"cancelado\",\"protocolo\":\"b\"}";
        assert_eq!(read(file), ["1 20221104000001=Aberto", "2 b=Cancelado"]);
    }

    #[test]
    fn bad_lines_are_named_and_cost_only_themselves() {
        let long = "9".repeat(PROTOCOLO_MAX + 1);
        let file = format!("protocolo,status\n1\n2,Feito\n,Aberto\n{long},Aberto\n\"3,Aberto\na,Aberto,x\n4,Aberto\n");
        assert_eq!(
            read(file.as_bytes()),
            [
                "line 2: fields: 1, expected 2",
                "line 3: unknown status; one of: Aberto, Em atendimento, Cancelado, Improcedente, Finalizado",
                "line 4: protocolo has to be 1 to 64 characters, no NUL",
                "line 5: protocolo has to be 1 to 64 characters, no NUL",
                "line 6: not UTF-8, a quote without its end, or a bare carriage return",
                "line 7: fields: 3, expected 2",
                "8 4=Aberto",
            ]
        );
        assert_eq!(
            read(b"{\"protocolo\":\"1\"}\n{\"protocolo\":\" \",\"status\":\"Aberto\"}\n[1]\n{\"protocolo\":\"1\",\"protocolo\":\"2\",\"status\":\"Aberto\"}\n"),
            [
                "line 1: status is missing or not a text",
                "line 2: protocolo is missing or not a text",
                "line 3: not a JSON object with each member once",
                "line 4: not a JSON object with each member once",
            ]
        );
    }

    #[test]
    fn an_endless_line_is_passed_over_in_flat_memory() {
        let mut file = b"protocolo,status\n".to_vec();
        file.extend(std::iter::repeat_n(b'x', 40_000));
        file.extend(b"\n1,Aberto\n");
        assert_eq!(read(&file), ["line 2: longer than 16384 bytes", "3 1=Aberto"]);
        let bare_cr = read(b"protocolo,status\n1,Aberto\r2,Aberto\n3,Aberto\n");
        assert_eq!(bare_cr, ["line 2: not UTF-8, a quote without its end, or a bare carriage return", "3 3=Aberto"]);
        assert_eq!(
            read(b"protocolo,status\n\xff,Aberto\n"),
            ["line 2: not UTF-8, a quote without its end, or a bare carriage return"]
        );
    }

    #[test]
    fn the_longest_line_fits_whatever_its_end() {
        let line = |length: usize, end| format!("1,{:>1$}{end}", "Aberto", length - 2);
        for end in ["\n", "\r\n"] {
            let file = ["protocolo,status\n", &line(LINE_MAX, end), &line(LINE_MAX + 1, end), "2,Aberto\n"];
            let seen = ["2 1=Aberto", "line 3: longer than 16384 bytes", "4 2=Aberto"];
            assert_eq!(read(file.concat().as_bytes()), seen, "{end:?}");
        }
    }

    #[test]
    fn a_file_without_a_known_first_line_is_refused() {
        for file in ["1,Aberto\n", "protocolo,status\r1,Aberto\r", "protocolo,status,x\n", "\n\nprotocolo\n"] {
            let seen = read(file.as_bytes());
            assert!(seen[0].contains("expected the CSV header `protocolo,status`"), "{seen:?}");
        }
        assert!(read(b"").is_empty());
    }
}
