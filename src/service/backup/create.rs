//! A backup is made: everything as it is at one moment, while others read and write.

use std::io::Write;

use futures_util::stream::TryStreamExt;
use time::OffsetDateTime;
use tokio::task::yield_now;

use super::error::BackupError;
use super::header::{FORMAT, Header, Section, TableHeader, VERSION};
use super::row;
use super::writer::{Writer, write_line};
use super::{Backup, Progress};
use crate::clock::rfc3339_millis;
use crate::store::{Export, Store, tables_at};

/// How many rows are read before others may go on.
const AT_ONCE: u64 = 512;

/// Writes a backup of `store` to `out`. What is there has no end until all of it is.
pub async fn create(
    store: &Store,
    out: impl Write + Send + 'static,
    now: OffsetDateTime,
    report: &mut dyn FnMut(Progress),
) -> Result<Backup, BackupError> {
    let mut export = store.begin_export().await?;
    let header = header(store, &mut export, now).await?;
    report(Progress::Total(header.rows()));
    let mut writer = Writer::start(out)?;
    write_line(&mut writer.lines, &header);
    for section in header.sections() {
        write_rows(&mut export, &section, &mut writer, report).await?;
    }
    let sha256 = writer.finish().await?;
    Ok(Backup { header, sha256 })
}

async fn header(store: &Store, export: &mut Export, now: OffsetDateTime) -> Result<Header, BackupError> {
    let schema = export.schema();
    let mut tables = Vec::new();
    for table in tables_at(schema) {
        let rows = export.count(table).await?;
        let last_id = if table.counts_ids() { Some(export.last_id(table).await?) } else { None };
        tables.push(TableHeader::new(table, schema, rows, last_id));
    }
    Ok(Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: rfc3339_millis(now),
        engine: store.engine().to_owned(),
        schema,
        tables,
    })
}

async fn write_rows(
    export: &mut Export,
    section: &Section,
    writer: &mut Writer,
    report: &mut dyn FnMut(Progress),
) -> Result<(), BackupError> {
    let (table, columns) = (section.table, section.stored());
    let mut rows = export.rows(table, &columns);
    let mut done = 0;
    while let Some(row) = rows.try_next().await? {
        row::write(&mut writer.lines, &columns, &row)
            .map_err(|fault| BackupError::Invalid(format!("{}.{fault}", table.name)))?;
        writer.hand_on().await?;
        done += 1;
        if done % AT_ONCE == 0 {
            report(Progress::Done(AT_ONCE));
            // Rows may come without a wait, and a signal would not be heard.
            yield_now().await;
        }
    }
    report(Progress::Done(done % AT_ONCE));
    // One snapshot has as many as were counted.
    if done == section.rows { Ok(()) } else { Err(BackupError::Invalid(format!("{}: rows came and went", table.name))) }
}
