//! Why a file can't be imported.

use std::io;

use super::place::Place;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file can't be read: {0}")]
    Io(#[from] io::Error),
    #[error(
        "{place}: expected the CSV header `{wanted}`, or NDJSON: one {{\"protocolo\": …, \"status\": …}} a line, or a \
         JSON array of these; found: {found}; delete the rows above the header, if there are any; --coluna-protocolo \
         and --coluna-status say which columns to take"
    )]
    Header { place: Place, wanted: String, found: String },
    #[error(
        "expected the columns `{wanted}` in the first row of a sheet that is not empty; found: {found}; delete \
         the rows above the header, if there are any; --coluna-protocolo and --coluna-status say which columns to take"
    )]
    NoSheet {
        wanted: String,
        /// The names that are there, sheet by sheet.
        found: String,
    },
    #[error("all sheets of the workbook are hidden; show the one to import, and save the file")]
    Hidden,
    #[error("{0}: {1}")]
    BadHeader(Place, String),
    #[error("in the sheet {0}, {1}")]
    BadSheet(String, String),
    #[error("line {0}: the JSON array {1}")]
    Array(u64, &'static str),
    #[error("the file is HTML or XML, whatever its name says; open it in a spreadsheet and save it as .xlsx or CSV")]
    Html,
    #[error("the file is packed and is no workbook; unpack it first")]
    Packed,
    #[error("the workbook is locked with a password; save it without one")]
    Password,
    #[error("the workbook can't be read: {0}; save the sheet as CSV")]
    Workbook(String),
    /// A workbook beyond this size, in MiB.
    #[error("the workbook takes more than {0} MiB of memory; save the sheet as CSV, which takes next to none")]
    TooLarge(u64),
}
