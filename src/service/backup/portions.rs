//! A backup as it is read: its header, then its rows by the thousands, then its checksum.

use std::io::Read;

use super::error::BackupError;
use super::header::{Header, Section, Trailer};
use super::lines::Lines;
use super::row;
use crate::store::{Column, Store, Table, Value};

/// How many rows are handed on together, and how many bytes of lines.
const ROWS: usize = 4096;
const BYTES: usize = 1024 * 1024;

/// Some rows of a table.
pub(super) struct Portion {
    pub table: &'static Table,
    pub columns: Vec<&'static Column>,
    pub rows: Vec<Vec<Value>>,
}

pub(super) struct Portions<R> {
    pub header: Header,
    /// The checksum, once all has been read and it was compared; empty until then.
    pub sha256: String,
    lines: Option<Lines<R>>,
    sections: Vec<Section>,
}

impl<R: Read> Portions<R> {
    pub fn open(input: R) -> Result<Self, BackupError> {
        let mut lines = Lines::new(input);
        let header = match lines.next() {
            Ok(line) => Header::read(line, Store::newest_migration())?,
            Err(BackupError::Damaged(_)) => return Err(BackupError::Foreign("it is not packed with gzip")),
            Err(error) => return Err(error),
        };
        lines.sum_up();
        let mut sections: Vec<Section> = header.sections().collect();
        sections.reverse();
        Ok(Self { header, sha256: String::new(), lines: Some(lines), sections })
    }

    /// The next rows; nothing once the backup has ended as it should.
    pub fn next(&mut self) -> Result<Option<Portion>, BackupError> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        while self.sections.pop_if(|section| section.rows == 0).is_some() {}
        if let Some(section) = self.sections.last_mut() {
            return portion(lines, section).map(Some);
        }
        if let Some(lines) = self.lines.take() {
            self.sha256 = end(lines)?;
        }
        Ok(None)
    }
}

fn portion<R: Read>(lines: &mut Lines<R>, section: &mut Section) -> Result<Portion, BackupError> {
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while section.rows > 0 && rows.len() < ROWS && bytes < BYTES {
        let line = lines.next()?;
        bytes += line.len();
        match row::read(line, section) {
            Ok(row) => rows.push(row),
            Err(fault) => return Err(BackupError::Line { line: lines.number, fault }),
        }
        lines.sum_up();
        section.rows -= 1;
    }
    Ok(Portion { table: section.table, columns: section.columns.clone(), rows })
}

/// Returns the checksum, which matches.
fn end<R: Read>(mut lines: Lines<R>) -> Result<String, BackupError> {
    let trailer: Option<Trailer> = serde_json::from_slice(lines.next()?).ok();
    let Some(Trailer { sha256 }) = trailer else {
        return Err(BackupError::Line { line: lines.number, fault: "the checksum should stand here".to_owned() });
    };
    if sha256 != lines.sum() {
        return Err(BackupError::Damaged("its checksum does not match"));
    }
    lines.end()?;
    Ok(sha256)
}
