//! The rows of a file, whatever its form. What the file holds tells the form, not its name.

use std::io::Read;

use super::columns::Wanted;
use super::csv::told_delimiter;
use super::error::FileError;
use super::json::Objects;
use super::records::{Record, Records, without_end};
use super::row::Row;
use super::table::Table;
use super::workbook::{self, FILE_MAX, is_workbook};

pub(super) struct Rows<R> {
    form: Form,
    records: Records<R>,
}

enum Form {
    /// Nothing but blank lines.
    Empty,
    Csv(Table),
    Json(Objects),
    Sheet(std::vec::IntoIter<Row>),
}

impl<R: Read> Rows<R> {
    /// Reads as much of `reader` as tells the form and the columns; of a workbook, all.
    pub fn open(reader: R, wanted: Wanted) -> Result<Self, FileError> {
        let mut records = Records::open(reader)?;
        while records.window.rest().len() < 8 && records.window.fill()? {}
        if records.window.encoding().is_none() && is_workbook(records.window.rest()) {
            return Self::open_workbook(records, &wanted);
        }
        if records.window.rest().starts_with(b"\x1f\x8b") {
            return Err(FileError::Packed);
        }
        records.window.skip_padding();
        let form = recognise(&mut records, wanted)?;
        Ok(Self { records, form })
    }

    fn open_workbook(mut records: Records<R>, wanted: &Wanted) -> Result<Self, FileError> {
        let file = records.window.take_all(FILE_MAX)?.ok_or(FileError::TooLarge(FILE_MAX as u64 >> 20))?;
        let sheet = workbook::read(&file, wanted)?;
        records.notes.push(sheet.note);
        records.note_ignored(&sheet.ignored);
        Ok(Self { records, form: Form::Sheet(sheet.rows.into_iter()) })
    }

    /// The next row that is not empty; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Row>, FileError> {
        match &mut self.form {
            Form::Empty => Ok(None),
            Form::Csv(table) => table.next(&mut self.records),
            Form::Json(objects) => objects.next(&mut self.records),
            Form::Sheet(rows) => Ok(rows.next()),
        }
    }

    /// What the operator should know and was not told.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.records.notes)
    }
}

/// The form of a text file, by its first line that is not empty; the header of CSV is passed.
fn recognise<R: Read>(records: &mut Records<R>, wanted: Wanted) -> Result<Form, FileError> {
    // Spreadsheets set to Portuguese write semicolons, and tabs as "Unicode text".
    let mut delimiters = vec![b',', b';', b'\t'];
    loop {
        let Some(record) = records.line()? else { return Ok(Form::Empty) };
        let line = match record {
            Record::Whole(used) => records.window.rest()[..used].trim_ascii_start(),
            _ => records.window.rest(),
        };
        match line.first() {
            Some(b'{') => return Ok(Form::Json(Objects::lines(wanted))),
            Some(b'[') => {
                let before = records.window.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                records.window.pass(before + 1);
                return Ok(Form::Json(Objects::array(wanted)));
            }
            Some(b'<') => return Err(FileError::Html),
            _ => {}
        }
        if let Some(told) = told_delimiter(without_end(line)) {
            delimiters.insert(0, told);
        } else if !line.iter().all(|byte| byte.is_ascii_whitespace() || b",;\"".contains(byte)) {
            return Ok(Form::Csv(Table::open(records, &wanted, &delimiters)?));
        }
        records.skip_line()?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Columns;
    use super::super::records::RECORD_MAX;
    use super::*;

    /// Every row as its place and `protocolo=status`, or the complaint.
    fn read(file: &[u8]) -> Vec<String> {
        let mut rows = match Rows::open(file, Wanted::new(&Columns::default())) {
            Ok(rows) => rows,
            Err(error) => return vec![error.to_string()],
        };
        let mut seen = Vec::new();
        loop {
            match rows.next() {
                Ok(None) => return seen,
                Ok(Some(Ok((place, novo)))) => seen.push(format!("{place}: {}={}", novo.protocolo, novo.status)),
                Ok(Some(Err(bad))) => seen.push(bad.to_string()),
                Err(error) => {
                    seen.push(error.to_string());
                    return seen;
                }
            }
        }
    }

    #[test]
    fn bad_rows_cost_only_themselves() {
        let long = "9".repeat(65);
        let file = format!("protocolo,status\n1\n2,Feito\n,Aberto\n{long},Aberto\n3,\"Aberto\na,Aberto,x\n4,Aberto\n");
        assert_eq!(
            read(file.as_bytes()),
            [
                "line 2: fields: 1, expected 2; the first is '1'",
                "line 3: unknown status 'Feito'; one of: Aberto, Em atendimento, Cancelado, Improcedente, Finalizado",
                "line 4: protocolo is missing",
                "line 5: protocolo '9999999999999999999999999999999999999999…' has more than 64 characters, or NUL",
                "line 6: a quote without its end, or something between its end and the next column",
                "line 7: fields: 3, expected 2; 'x' is under no column",
                "line 8: 4=Aberto",
            ]
        );
        assert_eq!(
            read(b"{\"protocolo\":\"1\"}\n{\"protocolo\":\" \",\"status\":\"Aberto\"}\n[1]\n{\"status\":null,\"protocolo\":1}\n"),
            [
                "line 1: expected the members `protocolo,status`; found: 'protocolo'",
                "line 2: protocolo is missing",
                "line 3: not a JSON object; an object has to stand on one line, or all of them in an array `[…]`",
                "line 4: status is missing",
            ]
        );
    }

    #[test]
    fn an_endless_line_is_passed_over_in_flat_memory() {
        let mut file = b"protocolo,status\n".to_vec();
        file.extend(std::iter::repeat_n(b'x', 10 * RECORD_MAX));
        file.extend(b"\n1,Aberto\n");
        let rows = Rows::open(&file[..], Wanted::new(&Columns::default())).unwrap();
        assert_eq!(read(&file), ["line 2: longer than 65536 bytes", "line 3: 1=Aberto"]);
        let Rows { mut form, mut records } = rows;
        let Form::Csv(table) = &mut form else { panic!("no CSV") };
        while table.next(&mut records).unwrap().is_some() {
            assert!(records.window.rest().len() <= 4 * RECORD_MAX);
        }
    }

    #[test]
    fn a_quote_that_is_open_for_long_costs_its_line() {
        let lines = "2,Aberto\n".repeat(RECORD_MAX / 3);
        let seen = read(format!("protocolo,status\n\"1,Aberto\n{lines}").as_bytes());
        assert_eq!(seen[0], "line 2: a quote without its end, or something between its end and the next column");
        assert_eq!((seen.len(), seen[1].as_str()), (1 + RECORD_MAX / 3, "line 3: 2=Aberto"));
    }

    #[test]
    fn the_longest_record_fits_whatever_its_end() {
        let line = |length: usize, end| format!("1,{:>1$}{end}", "Aberto", length - 2);
        for end in ["\n", "\r\n", "\r"] {
            let file = ["protocolo,status\n", &line(RECORD_MAX, end), &line(RECORD_MAX + 1, end), "2,Aberto\n"];
            let seen = ["line 2: 1=Aberto", "line 3: longer than 65536 bytes", "line 4: 2=Aberto"];
            assert_eq!(read(file.concat().as_bytes()), seen, "{end:?}");
        }
    }

    #[test]
    fn an_array_that_is_none_is_refused_with_its_line() {
        for (file, complaint) in [
            ("[", "line 1: the JSON array has no end"),
            ("[\n,{}]", "line 2: the JSON array has something else than one comma"),
            ("[{},]", "line 1: the JSON array has something else than one comma"),
            ("[{}\r\n{}]", "line 2: the JSON array has something else than one comma"),
            ("[{},{", "line 1: the JSON array has an element that is too long, or has no end"),
            ("[{}]\n\n x", "line 3: the JSON array is followed by something else"),
        ] {
            let seen = read(file.as_bytes());
            assert!(seen.last().unwrap().starts_with(complaint), "{file}: {seen:?}");
        }
    }

    #[test]
    fn a_file_without_anything_has_no_rows() {
        for file in ["", "\n \r\n\t", "\u{feff}", "sep=;\n", "[]", "[\n]\n"] {
            assert!(read(file.as_bytes()).is_empty(), "{file:?}");
        }
    }
}
