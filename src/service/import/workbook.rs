//! Workbooks: `.xlsx`, `.xlsb`, `.xls` and `.ods`, by their content. The file is held in memory, and the rows of its
//! sheet.

use std::io::{Cursor, Read, copy, sink};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    CellErrorType, Data, DataRef, Error, Ods, OdsError, Reader, SheetType, SheetVisible, Sheets, Xls, XlsError, Xlsb,
    Xlsx, XlsxError,
};
use zip::ZipArchive;

use super::cell::Cell;
use super::columns::{Found, Unfit, Wanted};
use super::text::{is_empty, list, or_nothing, quoted};
use super::{FileError, Place, Row, row_of};

/// Largest workbook, in bytes.
pub(super) const FILE_MAX: usize = 256 << 20;
/// Most that its parts may take unpacked, in bytes.
const UNPACKED_MAX: u64 = 1 << 30;
/// Most sheets whose headers a message lists.
const SHEETS_SHOWN: usize = 5;

const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Whether a file that begins with `start`, 8 bytes or more, may be a workbook.
pub(super) fn is_workbook(start: &[u8]) -> bool {
    start.starts_with(ZIP) || start.starts_with(OLE)
}

/// The rows of the first visible sheet that has the columns.
pub(super) struct Sheet {
    /// In the order of the sheet.
    pub rows: Vec<Row>,
    /// Which sheet it is.
    pub note: String,
    /// The columns that are not ours, for a message.
    pub ignored: String,
}

/// Reads the workbook `file`.
pub(super) fn read(file: &[u8], wanted: &Wanted) -> Result<Sheet, FileError> {
    // The bytes may be damaged, and the library panics at some.
    catch_unwind(AssertUnwindSafe(|| read_sheets(open(file)?, wanted)))
        .unwrap_or_else(|_| Err(FileError::Workbook("it is damaged".to_owned())))
}

type Book<'a> = Sheets<Cursor<&'a [u8]>>;

fn open(file: &[u8]) -> Result<Book<'_>, FileError> {
    let cursor = Cursor::new(file);
    if file.starts_with(OLE) {
        return match Xls::new(cursor.clone()) {
            Ok(book) => Ok(Sheets::Xls(book)),
            Err(XlsError::Password) => Err(FileError::Password),
            // What a password locks is wrapped in the older format.
            Err(error) => match Xlsx::new(cursor) {
                Err(XlsxError::Password) => Err(FileError::Password),
                _ => Err(FileError::Workbook(error.to_string())),
            },
        };
    }
    let mut zip = ZipArchive::new(cursor.clone()).map_err(|error| FileError::Workbook(error.to_string()))?;
    let has = |name| zip.index_for_name(name).is_some();
    let (xlsx, xlsb, ods) =
        (has("[Content_Types].xml") && has("xl/workbook.xml"), has("xl/workbook.bin"), has("content.xml"));
    if !(xlsx || xlsb || ods) {
        return Err(FileError::Packed);
    }
    check_size(&mut zip)?;
    if ods {
        return match Ods::new(cursor) {
            Ok(book) => Ok(Sheets::Ods(book)),
            Err(OdsError::Password) => Err(FileError::Password),
            Err(error) => Err(FileError::Workbook(error.to_string())),
        };
    }
    let book = if xlsb {
        Xlsb::new(cursor).map(Sheets::Xlsb).map_err(Error::Xlsb)
    } else {
        Xlsx::new(cursor).map(Sheets::Xlsx).map_err(Error::Xlsx)
    };
    Ok(book?)
}

/// Unpacks all parts, and keeps nothing: what they say of their sizes may be wrong.
fn check_size(zip: &mut ZipArchive<Cursor<&[u8]>>) -> Result<(), FileError> {
    let mut room = UNPACKED_MAX;
    for index in 0..zip.len() {
        let part = zip.by_index(index).map_err(|error| FileError::Workbook(error.to_string()))?;
        let size =
            copy(&mut part.take(room + 1), &mut sink()).map_err(|error| FileError::Workbook(error.to_string()))?;
        room = room.checked_sub(size).ok_or(FileError::TooLarge(UNPACKED_MAX >> 20))?;
    }
    Ok(())
}

fn read_sheets(mut book: Book<'_>, wanted: &Wanted) -> Result<Sheet, FileError> {
    let sheets = book.sheets_metadata();
    let all = sheets.len();
    let shown =
        sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = shown.map(|sheet| sheet.name.clone()).collect();
    let mut headers = Vec::new();
    for name in names {
        let mut reading = Reading { wanted, names: Vec::new(), state: State::Before, rows: Vec::new() };
        read_sheet(&mut book, &name, &mut reading)?;
        match reading.finish() {
            Ok((rows, ignored)) => {
                let which = if all > 1 { format!(", one of {all}") } else { String::new() };
                let note = format!("reading the sheet {}{which}, held in memory", quoted(&name));
                return Ok(Sheet { rows, note, ignored });
            }
            Err(Unfit::Ambiguous(reason)) => {
                return Err(FileError::BadSheet(quoted(&name), reason));
            }
            Err(Unfit::Missing) => headers.push(reading.names),
        }
    }
    headers.retain(|names| !names.is_empty());
    headers.truncate(SHEETS_SHOWN);
    let found: Vec<String> = headers.iter().map(|names| list(names.iter().map(String::as_str))).collect();
    Err(FileError::NoSheet { wanted: wanted.header.clone(), found: or_nothing(found.join("; ")) })
}

fn read_sheet(book: &mut Book<'_>, name: &str, reading: &mut Reading<'_>) -> Result<(), Error> {
    match book {
        Sheets::Xlsx(book) => {
            let mut cells = book.worksheet_cells_reader(name)?;
            while let Some(cell) = cells.next_cell()?
                && reading.take(cell.get_position(), cell.get_value())
            {}
        }
        Sheets::Xlsb(book) => {
            let mut cells = book.worksheet_cells_reader(name)?;
            while let Some(cell) = cells.next_cell()?
                && reading.take(cell.get_position(), cell.get_value())
            {}
        }
        Sheets::Xls(_) | Sheets::Ods(_) => {
            let range = book.worksheet_range(name)?;
            let (top, left) = range.start().unwrap_or_default();
            for (row, column, value) in range.used_cells() {
                if !reading.take((top + row as u32, left + column as u32), &borrowed(value)) {
                    break;
                }
            }
        }
    }
    Ok(())
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// A sheet that is being read, cell by cell, row by row.
struct Reading<'a> {
    wanted: &'a Wanted,
    /// The header, as far as it was read.
    names: Vec<String>,
    state: State,
    rows: Vec<Row>,
}

enum State {
    /// Nothing but empty cells so far.
    Before,
    /// In the header, which is this row.
    Header(u32),
    /// Below it.
    Rows(Found, Pending),
    /// The header is none of ours.
    Unfit(Unfit),
}

/// The row that is being read.
#[derive(Default)]
struct Pending {
    row: u32,
    any: bool,
    protocolo: Data,
    status: Data,
}

impl Reading<'_> {
    /// Takes the next cell; false when no other is needed.
    fn take(&mut self, (row, column): (u32, u32), value: &DataRef<'_>) -> bool {
        if is_blank(value) {
            return true;
        }
        match self.state {
            State::Before => self.state = State::Header(row),
            State::Header(header) if header != row => self.end_header(row),
            _ => {}
        }
        let column = column as usize;
        match &mut self.state {
            State::Before | State::Header(_) => {
                self.names.resize(self.names.len().max(column + 1), String::new());
                self.names[column] = shown(value);
            }
            State::Rows(found, pending) => {
                if pending.row != row {
                    self.rows.extend(std::mem::take(pending).end());
                    pending.row = row;
                }
                pending.any = true;
                if column == found.protocolo {
                    pending.protocolo = value.clone().into();
                } else if column == found.status {
                    pending.status = value.clone().into();
                }
            }
            State::Unfit(_) => return false,
        }
        true
    }

    fn end_header(&mut self, row: u32) {
        self.state = match self.wanted.find(&self.names) {
            Ok(found) => State::Rows(found, Pending { row, ..Pending::default() }),
            Err(unfit) => State::Unfit(unfit),
        };
    }

    /// The rows, and the columns that are not ours.
    fn finish(&mut self) -> Result<(Vec<Row>, String), Unfit> {
        if let State::Header(row) = self.state {
            self.end_header(row);
        }
        match std::mem::replace(&mut self.state, State::Before) {
            State::Rows(found, pending) => {
                self.rows.extend(pending.end());
                Ok((std::mem::take(&mut self.rows), list(found.others(&self.names))))
            }
            State::Unfit(unfit) => Err(unfit),
            State::Before | State::Header(_) => Err(Unfit::Missing),
        }
    }
}

impl Pending {
    fn end(self) -> Option<Row> {
        let place = Place::Row(u64::from(self.row) + 1);
        self.any.then(|| row_of(place, &cell(&self.protocolo), &cell(&self.status)))
    }
}

fn is_blank(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => true,
        DataRef::String(text) => is_empty(text),
        DataRef::SharedString(text) => is_empty(text),
        _ => false,
    }
}

/// A cell of the header.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

fn cell(value: &Data) -> Cell<'_> {
    match value {
        Data::Empty => Cell::Text(""),
        Data::String(text) => Cell::Text(text),
        Data::Float(number) => Cell::Number(*number),
        // What is too large for exactness is refused for its size.
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Bool(value) => Cell::Other(if *value { "TRUE" } else { "FALSE" }),
        Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => Cell::Date,
        Data::Error(error) => Cell::Other(error_name(error)),
    }
}

fn error_name(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        CellErrorType::GettingData => "#DATA!",
    }
}

impl From<Error> for FileError {
    fn from(error: Error) -> Self {
        Self::Workbook(error.to_string())
    }
}
