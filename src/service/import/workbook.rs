//! Workbooks: `.xlsx`, `.xlsb`, `.xls` and `.ods`, by their content. The file is held in memory, and the rows of its
//! sheet.

use std::io::{Cursor, Read, copy, sink};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    Data, DataRef, Error, Ods, OdsError, Range, Reader, SheetType, SheetVisible, Sheets, Xls, XlsError, Xlsb, Xlsx,
    XlsxError,
};
use zip::ZipArchive;

use super::columns::{Unfit, Wanted};
use super::error::FileError;
use super::row::Row;
use super::sheet::{Reading, is_blank};
use super::tidy::{list, or_nothing, quoted};

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
    pub rows: Vec<Row>,
    /// Which sheet it is.
    pub note: String,
    /// The columns that are not ours, for a message.
    pub ignored: String,
}

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
    // The main part of a workbook may have any name.
    let xlsx = has("[Content_Types].xml") && zip.file_names().flatten().any(|name| name.starts_with("xl/"));
    let (xlsb, ods) = (has("xl/workbook.bin"), has("content.xml"));
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
    if names.is_empty() {
        return Err(FileError::Hidden);
    }
    let mut headers = Vec::new();
    for name in names {
        let mut reading = Reading::new(wanted);
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
            while let Some(cell) = cells.next_cell_with_formula_metadata()?
                && reading.take(cell.pos, &cell.value, cell.formula.is_some())
            {}
        }
        Sheets::Xlsb(book) => {
            let mut cells = book.worksheet_cells_reader(name)?;
            while let Some(cell) = cells.next_cell()?
                && reading.take(cell.get_position(), cell.get_value(), false)
            {}
        }
        Sheets::Ods(book) => read_range(&book.worksheet_range(name)?, &book.worksheet_formula(name)?, reading),
        Sheets::Xls(book) => {
            let (mut values, formulas) = (book.worksheet_range(name)?, book.worksheet_formula(name)?);
            clear_uncalculated(&mut values, &formulas);
            read_range(&values, &formulas, reading);
        }
    }
    Ok(())
}

/// A program that does not calculate writes empty text for each formula of an `.xls`, which is also what a formula may
/// come to. Where no formula comes to anything, none was calculated.
fn clear_uncalculated(values: &mut Range<Data>, formulas: &Range<String>) {
    let blank = |value: &Data| is_blank(&borrowed(value));
    let (top, left) = formulas.start().unwrap_or_default();
    let cells = || formulas.used_cells().map(|(row, column, _)| (top + row as u32, left + column as u32));
    if cells().all(|at| values.get_value(at).is_none_or(blank)) {
        for at in cells() {
            if values.get_value(at).is_some() {
                values.set_value(at, Data::Empty);
            }
        }
    }
}

fn read_range(values: &Range<Data>, formulas: &Range<String>, reading: &mut Reading<'_>) {
    let corners = [values.start(), values.end(), formulas.start(), formulas.end()].into_iter().flatten();
    let (rows, columns): (Vec<u32>, Vec<u32>) = corners.unzip();
    let span = |of: &[u32]| of.iter().min().copied().zip(of.iter().max().copied());
    let (Some((top, bottom)), Some((left, right))) = (span(&rows), span(&columns)) else { return };
    for row in top..=bottom {
        for column in left..=right {
            let at = (row, column);
            let value = values.get_value(at).map_or(DataRef::Empty, borrowed);
            let formula = formulas.get_value(at).is_some_and(|formula| !formula.is_empty());
            if !reading.take(at, &value, formula) {
                return;
            }
        }
    }
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

impl From<Error> for FileError {
    fn from(error: Error) -> Self {
        Self::Workbook(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use calamine::Cell;

    use super::*;

    #[test]
    fn formulas_of_xls_lack_results_only_where_none_has_one() {
        let formulas = Range::from_sparse(vec![Cell::new((1, 0), "A9".to_owned()), Cell::new((2, 0), "A9".to_owned())]);
        let empty = || Data::String(String::new());
        for (second, left) in [(empty(), Data::Empty), (Data::String("1".to_owned()), empty())] {
            let mut values = Range::from_sparse(vec![
                Cell::new((0, 0), Data::String("protocolo".to_owned())),
                Cell::new((1, 0), empty()),
                Cell::new((2, 0), second),
            ]);
            clear_uncalculated(&mut values, &formulas);
            assert_eq!(values.get_value((1, 0)), Some(&left));
            assert_eq!(values.get_value((0, 0)), Some(&Data::String("protocolo".to_owned())));
        }
    }
}
