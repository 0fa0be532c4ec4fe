//! Bulk import of atendimentos: one transaction a file, all or nothing.

mod lines;

use std::collections::HashSet;
use std::io::BufRead;

pub use lines::{BadLine, FileError};
use lines::{Line, Lines};

use crate::domain::atendimento::Change;
use crate::store::{Import, NewAtendimento, Store, StoreError};

/// Lines written at once.
const BATCH: usize = 5_000;

/// How to import.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Bring atendimentos that exist already to the file's status, with a history entry where it differs.
    /// The source is taken to be right: no transition rule applies.
    pub atualizar: bool,
    /// Pass over the lines that can't be imported instead of importing nothing.
    pub ignorar_invalidos: bool,
    /// Do everything but keep nothing.
    pub dry_run: bool,
}

/// What was imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// New atendimentos.
    pub inserted: u64,
    /// Atendimentos whose status was changed.
    pub updated: u64,
    /// Atendimentos that had the status already.
    pub unchanged: u64,
    /// Lines passed over.
    pub skipped: u64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Lines that can't be imported; each was reported.
    #[error(
        "nothing was imported, because some lines can't be: {0}; mend them, or pass over them with --ignorar-invalidos"
    )]
    BadLines(u64),
    /// The file as a whole.
    #[error(transparent)]
    File(#[from] FileError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports what `reader` holds. `bad_line` is told of each line that can't be imported, as it comes.
pub async fn import(
    store: &dyn Store,
    reader: impl BufRead,
    options: ImportOptions,
    bad_line: &mut dyn FnMut(BadLine),
) -> Result<Summary, ImportError> {
    let mut lines = Lines::new(reader);
    let mut run = Run { store, import: None, options, summary: Summary::default(), bad_line };
    let mut batch = Batch::default();
    while let Some(line) = lines.next()? {
        match line {
            Ok((number, novo)) => {
                // A batch names each protocolo once, so that a repeated line meets the one before it.
                if batch.novos.len() == BATCH || batch.protocolos.contains(&novo.protocolo) {
                    run.write(std::mem::take(&mut batch)).await?;
                }
                batch.push(number, novo);
            }
            Err(bad) => run.skip(bad),
        }
    }
    run.write(batch).await?;
    run.finish().await
}

/// The lines of `file`, until one makes it unreadable: a door for the targets in `fuzz/`.
#[doc(hidden)]
pub fn lines_of(file: &[u8]) -> Vec<Line> {
    let mut lines = Lines::new(file);
    std::iter::from_fn(|| lines.next().ok().flatten()).collect()
}

#[derive(Default)]
struct Batch {
    numbers: Vec<u64>,
    novos: Vec<NewAtendimento>,
    protocolos: HashSet<String>,
}

impl Batch {
    fn push(&mut self, number: u64, novo: NewAtendimento) {
        self.protocolos.insert(novo.protocolo.clone());
        self.numbers.push(number);
        self.novos.push(novo);
    }
}

struct Run<'a> {
    store: &'a dyn Store,
    /// Begun by the first batch: a slow source must not hold locks before there is anything to write.
    import: Option<Box<dyn Import>>,
    options: ImportOptions,
    summary: Summary,
    bad_line: &'a mut dyn FnMut(BadLine),
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
        for (number, novo) in batch.numbers.into_iter().zip(batch.novos) {
            let Some(atendimento) = present.remove(&novo.protocolo) else { continue };
            if !self.options.atualizar {
                let reason = "protocolo exists already, in the database or further up in the file; \
                              --atualizar brings it to this status";
                refused.push(BadLine { number, reason: reason.to_owned() });
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

    fn skip(&mut self, bad: BadLine) {
        self.summary.skipped += 1;
        (self.bad_line)(bad);
    }

    async fn finish(self) -> Result<Summary, ImportError> {
        if self.summary.skipped > 0 && !self.options.ignorar_invalidos {
            return Err(ImportError::BadLines(self.summary.skipped));
        }
        if let Some(import) = self.import
            && !self.options.dry_run
        {
            import.commit().await?;
        }
        Ok(self.summary)
    }
}
