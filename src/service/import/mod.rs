//! Bulk import of atendimentos: one transaction a file, all or nothing.

mod cell;
mod columns;
mod csv;
mod encoding;
mod error;
mod json;
mod place;
mod records;
mod row;
mod rows;
mod shape;
mod sheet;
mod summed;
mod table;
mod tidy;
mod window;
mod workbook;

use std::collections::{HashMap, HashSet};
use std::io::Read;

pub use columns::Columns;
use columns::Wanted;
pub use error::FileError;
pub use place::Place;
pub use row::{BadRow, Row};
use rows::Rows;
use summed::{Sum, Summed};
use tidy::quoted;

use serde_json::json;

use crate::domain::atendimento::{Atendimento, Change};
use crate::domain::audit::{Action, Actor};
use crate::domain::protocolo::is_usual;
use crate::service::audit::named;
use crate::store::{Import, NewAtendimento, Store, StoreError};

const PORTION: usize = 5_000;
/// Rows that a dry run shows.
const SHOWN: usize = 5;

#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    pub columns: Columns,
    /// Bring atendimentos that exist already to the file's status, with a history entry where it differs.
    /// The source is taken to be right: no transition rule applies.
    pub atualizar: bool,
    /// Pass over the rows that can't be imported instead of importing nothing.
    pub ignorar_invalidos: bool,
    /// Do everything but keep nothing.
    pub dry_run: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The first rows, as understood.
    pub first: Vec<NewAtendimento>,
    pub inserted: u64,
    /// Atendimentos whose status was changed.
    pub updated: u64,
    /// Atendimentos that had the status already.
    pub unchanged: u64,
    /// Rows passed over.
    pub skipped: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(
        "nothing was imported, because some rows can't be: {0}; mend them, or pass over them with --ignorar-invalidos"
    )]
    BadRows(u64),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is reported while a file is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    BadRow(BadRow),
    /// How the file was understood, where it could be otherwise: its encoding, its sheet, columns that are ignored.
    Note(String),
}

/// Imports what `reader` holds, for `actor`. `report` is told of rows that can't be imported, and the like, as they come.
pub async fn import(
    store: &Store,
    actor: &Actor,
    reader: impl Read,
    options: ImportOptions,
    report: &mut dyn FnMut(Notice),
) -> Result<Summary, ImportError> {
    let (reader, sum) = Summed::new(reader);
    let mut rows = Rows::open(reader, Wanted::new(&options.columns))?;
    let mut run = Run { store, actor, import: None, options, summary: Summary::default(), report };
    let (mut portion, mut unusual) = (Portion::default(), Unusual::default());
    loop {
        let row = rows.next();
        rows.take_notes().into_iter().for_each(|note| (run.report)(Notice::Note(note)));
        match row? {
            None => break,
            Some(Ok((place, novo))) => {
                unusual.look_at(&novo.protocolo);
                if run.summary.first.len() < SHOWN {
                    run.summary.first.push(novo.clone());
                }
                // A portion names each protocolo once, so that a repeated row meets the one before it.
                if portion.novos.len() == PORTION || portion.protocolos.contains(&novo.protocolo) {
                    run.write(std::mem::take(&mut portion)).await?;
                }
                portion.push(place, novo);
            }
            Some(Err(bad)) => run.skip(bad),
        }
    }
    run.write(portion).await?;
    unusual.note().into_iter().for_each(|note| (run.report)(Notice::Note(note)));
    run.finish(&sum).await
}

/// The rows of `file`, until something makes it unreadable: a door for the targets in `fuzz/`.
#[doc(hidden)]
pub fn rows_of(file: &[u8]) -> Vec<Row> {
    let Ok(mut rows) = Rows::open(file, Wanted::new(&Columns::default())) else { return Vec::new() };
    std::iter::from_fn(|| rows.next().ok().flatten()).collect()
}

/// How many protocolos look like those of Citrus and how many do not, and the first of these.
#[derive(Default)]
struct Unusual {
    usual: u64,
    others: u64,
    first: String,
}

impl Unusual {
    fn look_at(&mut self, protocolo: &str) {
        if is_usual(protocolo) {
            self.usual += 1;
            return;
        }
        if self.others == 0 {
            protocolo.clone_into(&mut self.first);
        }
        self.others += 1;
    }

    /// Where all are alike, it is how they are numbered there.
    fn note(&self) -> Option<String> {
        let (others, first) = (self.others, quoted(&self.first));
        (self.usual > 0 && others > 0).then(|| {
            format!("protocolos that do not look like those of Citrus, such as 20221104000001: {others}; the first is {first}")
        })
    }
}

#[derive(Default)]
struct Portion {
    places: Vec<Place>,
    novos: Vec<NewAtendimento>,
    protocolos: HashSet<String>,
}

impl Portion {
    fn push(&mut self, place: Place, novo: NewAtendimento) {
        self.protocolos.insert(novo.protocolo.clone());
        self.places.push(place);
        self.novos.push(novo);
    }
}

struct Run<'a> {
    store: &'a Store,
    actor: &'a Actor,
    /// Begun by the first portion: a slow source must not hold locks before there is anything to write.
    import: Option<Import>,
    options: ImportOptions,
    summary: Summary,
    report: &'a mut dyn FnMut(Notice),
}

impl Run<'_> {
    async fn write(&mut self, portion: Portion) -> Result<(), ImportError> {
        if portion.novos.is_empty() {
            return Ok(());
        }
        let mut import = match self.import.take() {
            Some(import) => import,
            None => self.store.begin_import().await?,
        };
        let present = import.insert(&portion.novos).await?;
        self.summary.inserted += (portion.novos.len() - present.len()) as u64;
        let changes = self.changes(portion, present);
        if !changes.is_empty() {
            let late = import.change(&changes).await?;
            debug_assert!(late.is_empty(), "the import holds the rows that it read");
        }
        self.import = Some(import);
        Ok(())
    }

    /// The changes that bring what was `present` to the status of its row; without `--atualizar`, its rows are bad.
    fn changes(&mut self, portion: Portion, mut present: HashMap<String, Atendimento>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (place, novo) in portion.places.into_iter().zip(portion.novos) {
            let Some(atendimento) = present.remove(&novo.protocolo) else { continue };
            if !self.options.atualizar {
                let reason = format!(
                    "protocolo {} exists already, in the database or further up in the file; --atualizar brings it to \
                     this status",
                    quoted(&novo.protocolo)
                );
                self.skip(BadRow { place, reason });
            } else if atendimento.status == novo.status {
                self.summary.unchanged += 1;
            } else {
                self.summary.updated += 1;
                changes.push(Change {
                    atendimento_id: atendimento.id,
                    revisao: atendimento.revisao + 1,
                    de: atendimento.status,
                    para: novo.status,
                    motivo_id: None,
                    usuario_id: None,
                    comentario: None,
                    idempotency: None,
                });
            }
        }
        changes
    }

    fn skip(&mut self, bad: BadRow) {
        self.summary.skipped += 1;
        (self.report)(Notice::BadRow(bad));
    }

    async fn finish(self, sum: &Sum) -> Result<Summary, ImportError> {
        let Summary { inserted, updated, unchanged, skipped, .. } = self.summary;
        if skipped > 0 && !self.options.ignorar_invalidos {
            return Err(ImportError::BadRows(skipped));
        }
        if let Some(import) = self.import
            && !self.options.dry_run
        {
            let entry = (inserted + updated > 0).then(|| {
                let after = json!({
                    "novos": inserted, "atualizados": updated, "inalterados": unchanged, "ignorados": skipped
                });
                named(Action::ImportAtendimentos, &sum.hex(), None, Some(after))
            });
            import.commit(self.actor, entry.as_slice()).await?;
        }
        Ok(self.summary)
    }
}
