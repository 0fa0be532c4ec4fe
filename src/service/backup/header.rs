//! The first line of a backup, and the last.

use serde::{Deserialize, Serialize};

use super::error::BackupError;
use super::rules::NUMBER_MAX;
use crate::domain::text::{cut, fits};
use crate::store::{Column, Kind, Table, tables_at};

pub(super) const FORMAT: &str = "citrus-status backup";
/// The version of the format that is written. The first one, which is read as well, has no `last_id`.
pub(super) const VERSION: u64 = 2;

const TEXT_MAX: usize = 64;

/// What a backup says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub(super) format: String,
    pub(super) version: u64,
    /// The version of the program that made it.
    pub program: String,
    /// When, in UTC.
    pub created_at: String,
    /// The engine of the database.
    pub engine: String,
    /// The newest migration of the database.
    pub schema: i64,
    pub tables: Vec<TableHeader>,
}

/// What a backup has of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableHeader {
    pub name: String,
    pub columns: Vec<String>,
    pub rows: u64,
    /// The greatest id that was given to a row, also to one that is no more; where the database counts ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_id: Option<i64>,
}

/// The last line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trailer {
    /// Of all lines before it, in hexadecimal.
    pub sha256: String,
}

/// The rows of one table, as they stand in a backup.
pub(super) struct Section {
    pub table: &'static Table,
    /// All columns of the table.
    pub columns: Vec<&'static Column>,
    pub rows: u64,
}

impl Section {
    /// The columns that the backup has.
    pub fn stored(&self) -> Vec<&'static Column> {
        stored(&self.columns)
    }
}

fn stored(columns: &[&'static Column]) -> Vec<&'static Column> {
    columns.iter().copied().filter(|column| column.kind != Kind::Key).collect()
}

impl TableHeader {
    pub(super) fn new(table: &Table, schema: i64, rows: u64, last_id: Option<i64>) -> Self {
        let columns = stored(&table.columns_at(schema)).iter().map(|column| column.name.to_owned()).collect();
        Self { name: table.name.to_owned(), columns, rows, last_id }
    }
}

impl Header {
    /// How many rows there are in all.
    pub fn rows(&self) -> u64 {
        self.tables.iter().fold(0, |sum, table| sum.saturating_add(table.rows))
    }

    /// The header that `line` is. `newest` is the newest migration that this release has.
    pub(super) fn read(line: &[u8], newest: i64) -> Result<Self, BackupError> {
        #[derive(Deserialize)]
        struct Beginning {
            format: String,
            version: u64,
        }
        // What a later format has in its header is not known.
        let foreign = || BackupError::Foreign("its first line is not a backup's");
        let beginning: Beginning = serde_json::from_slice(line).map_err(|_| foreign())?;
        if beginning.format != FORMAT {
            return Err(foreign());
        }
        if !(1..=VERSION).contains(&beginning.version) {
            return Err(BackupError::Format { found: beginning.version, known: VERSION });
        }
        let header: Self = serde_json::from_slice(line).map_err(|_| foreign())?;
        let texts = [&header.program, &header.created_at, &header.engine];
        if !texts.into_iter().all(|text| fits(text, TEXT_MAX)) {
            return Err(foreign());
        }
        if header.schema > newest {
            return Err(BackupError::Newer {
                schema: header.schema,
                newest,
                program: cut(&header.program).into_owned(),
            });
        }
        header.check_tables()?;
        Ok(header)
    }

    /// Fails unless tables and columns are those of the schema, all of them, in their order.
    fn check_tables(&self) -> Result<(), BackupError> {
        let wrong = |found: String| Err(BackupError::Tables { schema: self.schema, found });
        let mut found = self.tables.iter();
        for table in tables_at(self.schema) {
            let Some(next) = found.next() else { return wrong(format!("{} is missing", table.name)) };
            if *next != TableHeader::new(table, self.schema, next.rows, next.last_id) {
                let (name, columns) = (cut(&next.name), next.columns.join(", "));
                return wrong(format!("{name} ({}) stands in the place of {}", cut(&columns), table.name));
            }
            let is_right = match next.last_id {
                Some(last_id) => self.has_last_ids(table) && (0..=NUMBER_MAX).contains(&last_id),
                None => !self.has_last_ids(table),
            };
            if !is_right {
                return wrong(format!("the last id of {} is missing or none", table.name));
            }
        }
        match found.next() {
            Some(extra) => wrong(format!("{} is unknown", cut(&extra.name))),
            None if self.tables.is_empty() => wrong("there are none".to_owned()),
            None => Ok(()),
        }
    }

    /// Whether it says which id of `table` was the last.
    fn has_last_ids(&self, table: &Table) -> bool {
        self.version > 1 && table.counts_ids()
    }

    /// The last id of each table that counts ids; 0 where it does not say.
    pub(super) fn last_ids(&self) -> Vec<(&'static Table, i64)> {
        let tables = tables_at(self.schema).zip(&self.tables).filter(|(table, _)| table.counts_ids());
        tables.map(|(table, header)| (table, header.last_id.unwrap_or_default())).collect()
    }

    /// The tables that it names.
    pub(super) fn sections(&self) -> impl Iterator<Item = Section> {
        tables_at(self.schema).zip(&self.tables).map(|(table, header)| Section {
            table,
            columns: table.columns_at(self.schema),
            rows: header.rows,
        })
    }
}
