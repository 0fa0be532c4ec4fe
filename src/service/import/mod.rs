//! Bulk import of atendimentos: one transaction a file, all or nothing.

mod cell;
mod charset;
mod columns;
mod csv;
mod json;
mod rows;
mod shape;
mod sheet;
mod source;
mod table;
mod text;
mod window;
mod workbook;

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};

use cell::Cell;
pub use columns::Columns;
use columns::Wanted;
use rows::Rows;
use text::quoted;

use crate::domain::atendimento::Change;
use crate::store::{Import, NewAtendimento, Store, StoreError};

/// Rows written at once.
const BATCH: usize = 5_000;
/// Rows that a dry run shows.
const SHOWN: usize = 5;

/// Where in a file something is, counted from 1 as a person sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of a text file, header included, on which a record begins.
    Line(u64),
    /// The row of a sheet.
    Row(u64),
    /// The element of a JSON array.
    Element(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Row(number) => write!(f, "row {number}"),
            Self::Element(number) => write!(f, "element {number}"),
        }
    }
}

/// A row that can't be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct BadRow {
    /// Which row.
    pub place: Place,
    /// What is wrong and what would be accepted.
    pub reason: String,
}

/// What one row holds.
pub type Row = Result<(Place, NewAtendimento), BadRow>;

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

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Which columns to take.
    pub columns: Columns,
    /// Bring atendimentos that exist already to the file's status, with a history entry where it differs.
    /// The source is taken to be right: no transition rule applies.
    pub atualizar: bool,
    /// Pass over the rows that can't be imported instead of importing nothing.
    pub ignorar_invalidos: bool,
    /// Do everything but keep nothing.
    pub dry_run: bool,
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The first rows, as understood.
    pub first: Vec<NewAtendimento>,
    /// New atendimentos.
    pub inserted: u64,
    /// Atendimentos whose status was changed.
    pub updated: u64,
    /// Atendimentos that had the status already.
    pub unchanged: u64,
    /// Rows passed over.
    pub skipped: u64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Rows that can't be imported; each was reported.
    #[error(
        "nothing was imported, because some rows can't be: {0}; mend them, or pass over them with --ignorar-invalidos"
    )]
    BadRows(u64),
    /// The file as a whole.
    #[error(transparent)]
    File(#[from] FileError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is reported while a file is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A row that can't be imported.
    BadRow(BadRow),
    /// How the file was understood, where it could be otherwise: its encoding, its sheet, columns that are ignored.
    Note(String),
}

/// Imports what `reader` holds. `report` is told of rows that can't be imported, and the like, as they come.
pub async fn import(
    store: &Store,
    reader: impl Read,
    options: ImportOptions,
    report: &mut dyn FnMut(Report),
) -> Result<Summary, ImportError> {
    let mut rows = Rows::open(reader, Wanted::new(&options.columns))?;
    let mut run = Run { store, import: None, options, summary: Summary::default(), report };
    let mut batch = Batch::default();
    loop {
        let row = rows.next();
        rows.take_notes().into_iter().for_each(|note| (run.report)(Report::Note(note)));
        match row? {
            None => break,
            Some(Ok((place, novo))) => {
                if run.summary.first.len() < SHOWN {
                    run.summary.first.push(novo.clone());
                }
                // A batch names each protocolo once, so that a repeated row meets the one before it.
                if batch.novos.len() == BATCH || batch.protocolos.contains(&novo.protocolo) {
                    run.write(std::mem::take(&mut batch)).await?;
                }
                batch.push(place, novo);
            }
            Some(Err(bad)) => run.skip(bad),
        }
    }
    run.write(batch).await?;
    run.finish().await
}

/// The rows of `file`, until something makes it unreadable: a door for the targets in `fuzz/`.
#[doc(hidden)]
pub fn rows_of(file: &[u8]) -> Vec<Row> {
    let Ok(mut rows) = Rows::open(file, Wanted::new(&Columns::default())) else { return Vec::new() };
    std::iter::from_fn(|| rows.next().ok().flatten()).collect()
}

fn row_of(place: Place, protocolo: &Cell<'_>, status: &Cell<'_>) -> Row {
    let novo = protocolo.protocolo().and_then(|protocolo| Ok(NewAtendimento { protocolo, status: status.status()? }));
    novo.map(|novo| (place, novo)).map_err(|reason| BadRow { place, reason })
}

#[derive(Default)]
struct Batch {
    places: Vec<Place>,
    novos: Vec<NewAtendimento>,
    protocolos: HashSet<String>,
}

impl Batch {
    fn push(&mut self, place: Place, novo: NewAtendimento) {
        self.protocolos.insert(novo.protocolo.clone());
        self.places.push(place);
        self.novos.push(novo);
    }
}

struct Run<'a> {
    store: &'a Store,
    /// Begun by the first batch: a slow source must not hold locks before there is anything to write.
    import: Option<Import>,
    options: ImportOptions,
    summary: Summary,
    report: &'a mut dyn FnMut(Report),
}

impl Run<'_> {
    async fn write(&mut self, batch: Batch) -> Result<(), ImportError> {
        if batch.novos.is_empty() {
            return Ok(());
        }
        let import = match &mut self.import {
            Some(import) => import,
            none => none.insert(self.store.begin_import().await?),
        };
        let mut present = import.insert(&batch.novos).await?;
        self.summary.inserted += (batch.novos.len() - present.len()) as u64;
        let mut changes = Vec::new();
        let mut refused = Vec::new();
        for (place, novo) in batch.places.into_iter().zip(batch.novos) {
            let Some(atendimento) = present.remove(&novo.protocolo) else { continue };
            if !self.options.atualizar {
                let reason = format!(
                    "protocolo {} exists already, in the database or further up in the file; --atualizar brings it to \
                     this status",
                    quoted(&novo.protocolo)
                );
                refused.push(BadRow { place, reason });
            } else if atendimento.status == novo.status {
                self.summary.unchanged += 1;
            } else {
                changes.push(Change {
                    atendimento_id: atendimento.id,
                    revisao: atendimento.revisao + 1,
                    de: atendimento.status,
                    para: novo.status,
                    motivo_id: None,
                    usuario_id: None,
                    comentario: None,
                    idempotencia: None,
                });
            }
        }
        if !changes.is_empty() {
            self.summary.updated += changes.len() as u64;
            let late = import.change(&changes).await?;
            debug_assert!(late.is_empty(), "the import holds the rows that it read");
        }
        refused.into_iter().for_each(|bad| self.skip(bad));
        Ok(())
    }

    fn skip(&mut self, bad: BadRow) {
        self.summary.skipped += 1;
        (self.report)(Report::BadRow(bad));
    }

    async fn finish(self) -> Result<Summary, ImportError> {
        if self.summary.skipped > 0 && !self.options.ignorar_invalidos {
            return Err(ImportError::BadRows(self.summary.skipped));
        }
        if let Some(import) = self.import
            && !self.options.dry_run
        {
            import.commit().await?;
        }
        Ok(self.summary)
    }
}
