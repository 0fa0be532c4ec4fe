//! Backups: what they have, what they refuse, and how they are made while others work.

mod attacks;
mod command;
mod everything;
mod keeping;
mod process;
mod tables;

use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use citrus_status::service::backup::{BackupError, Header, create, fill, verify};
use citrus_status::store::Store;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::database::{Database, Engine};
use crate::support::edits::tester;
use crate::support::engines::EM;

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// What is written, for whoever has a copy of it.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A backup of `store`.
pub async fn backup_of(store: &Store) -> Vec<u8> {
    let out = Shared::default();
    create(store, out.clone(), EM, &mut |_| ()).await.unwrap();
    std::mem::take(&mut out.0.lock().unwrap())
}

async fn restored(store: &Store, backup: &[u8]) -> Result<Header, BackupError> {
    let filled = fill(store, Cursor::new(backup.to_vec()), &mut |_| ()).await?;
    Ok(filled.commit(&tester()).await?.header)
}

fn verified(backup: &[u8]) -> Result<Header, BackupError> {
    Ok(verify(backup, &mut |_| ())?.header)
}

/// All lines of a backup with rows.
pub fn rows(backup: &[u8]) -> Vec<String> {
    let mut lines = lines(backup);
    lines.pop();
    lines.remove(0);
    lines
}

/// The lines of a backup, without their ends.
fn lines(backup: &[u8]) -> Vec<String> {
    let mut text = String::new();
    GzDecoder::new(backup).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// A backup of `lines`, all but the checksum, which is right.
fn sealed(lines: &[String]) -> Vec<u8> {
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let sum: String = digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    text.push_str(&format!("{}\n", json!({"sha256": sum})));
    gzip(text.as_bytes())
}

/// An empty database, where there is such an engine.
async fn empty(engine: Engine) -> Option<Database> {
    Database::new(engine).await
}
