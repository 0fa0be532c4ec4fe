//! Why a file can't be imported.

use std::io;

use super::place::Place;

/// The file as a whole can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
    /// None of the forms, or other columns.
    #[error(
        "{place}: expected the CSV header `{wanted}`, or NDJSON: one {{\"protocolo\": …, \"status\": …}} a line, or a \
         JSON array of these; found: {found}; delete the rows above the header, if there are any; --coluna-protocolo \
         and --coluna-status say which columns to take"
    )]
    Header {
        /// Where the header should be.
        place: Place,
        /// The header that was looked for.
        wanted: String,
        /// The names that are there.
        found: String,
    },
    /// No sheet of a workbook has the columns.
    #[error(
        "expected the columns `{wanted}` in the first row of a sheet that is not empty; found: {found}; delete \
         the rows above the header, if there are any; --coluna-protocolo and --coluna-status say which columns to take"
    )]
    NoSheet {
        /// The header that was looked for.
        wanted: String,
        /// The names that are there, sheet by sheet.
        found: String,
    },
    /// A workbook without a sheet that can be seen.
    #[error("all sheets of the workbook are hidden; show the one to import, and save the file")]
    Hidden,
    /// Its header can't be used.
    #[error("{0}: {1}")]
    BadHeader(Place, String),
    /// The header of a sheet can't be used.
    #[error("in the sheet {0}, {1}")]
    BadSheet(String, String),
    /// A JSON array that is none, on this line.
    #[error("line {0}: the JSON array {1}")]
    Array(u64, &'static str),
    /// A web page.
    #[error("the file is HTML or XML, whatever its name says; open it in a spreadsheet and save it as .xlsx or CSV")]
    Html,
    /// An archive.
    #[error("the file is packed and is no workbook; unpack it first")]
    Packed,
    /// A workbook with a password.
    #[error("the workbook is locked with a password; save it without one")]
    Password,
    /// A workbook that can't be read.
    #[error("the workbook can't be read: {0}; save the sheet as CSV")]
    Workbook(String),
    /// A workbook beyond this size, in MiB.
    #[error("the workbook takes more than {0} MiB of memory; save the sheet as CSV, which takes next to none")]
    TooLarge(u64),
}
