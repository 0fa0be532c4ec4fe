//! A backup is restored: a thread of its own reads and judges the rows, while those before them are inserted.

use std::io::{self, Read};
use std::thread;

use tokio::sync::mpsc;

use super::Progress;
use super::error::BackupError;
use super::header::Header;
use super::portions::{Portion, Portions};
use crate::store::{Restore, Store};

/// How many portions wait.
const WAITING: usize = 4;

enum Message {
    Header(Header),
    Portion(Portion),
    /// The checksum matches.
    End,
}

/// A database that is filled, and not yet committed. Dropping it leaves the database as it was.
pub struct Filled<'a> {
    header: Header,
    restore: Restore<'a>,
}

impl Filled<'_> {
    /// Makes all of it durable and visible. Where it is dropped half-way, nobody knows whether it was.
    pub async fn commit(self) -> Result<Header, BackupError> {
        self.restore.commit().await?;
        Ok(self.header)
    }
}

/// Fills the database of `store`, which has to be empty, with what `input` holds.
pub async fn fill<'a>(
    store: &'a Store,
    input: impl Read + Send + 'static,
    report: &mut dyn FnMut(Progress),
) -> Result<Filled<'a>, BackupError> {
    let mut messages = start(input)?;
    let Message::Header(header) = next(&mut messages).await? else { return Err(lost()) };
    report(Progress::Total(header.rows()));
    let mut restore = store.begin_restore(header.schema).await?;
    while let Message::Portion(Portion { table, columns, rows }) = next(&mut messages).await? {
        let inserted = restore.insert(table, &columns, &rows).await;
        inserted.map_err(|error| BackupError::Refused { table: table.name, error })?;
        report(Progress::Done(rows.len() as u64));
    }
    restore.finish().await?;
    Ok(Filled { header, restore })
}

type Messages = mpsc::Receiver<Result<Message, BackupError>>;

fn start(input: impl Read + Send + 'static) -> Result<Messages, BackupError> {
    let (sender, messages) = mpsc::channel(WAITING);
    let work = move || {
        let send = |message| sender.blocking_send(Ok(message)).is_ok();
        if let Err(error) = read(input, send) {
            // Whoever waited for it may be gone.
            _ = sender.blocking_send(Err(error));
        }
    };
    thread::Builder::new().name("backup".to_owned()).spawn(work).map_err(BackupError::Read)?;
    Ok(messages)
}

/// Reads until the end, or until `send` says that nobody listens.
fn read(input: impl Read, send: impl Fn(Message) -> bool) -> Result<(), BackupError> {
    let mut portions = Portions::open(input)?;
    let mut listens = send(Message::Header(portions.header.clone()));
    while listens && let Some(portion) = portions.next()? {
        listens = send(Message::Portion(portion));
    }
    // Where nobody listens, nobody takes it for the end.
    send(Message::End);
    Ok(())
}

async fn next(messages: &mut Messages) -> Result<Message, BackupError> {
    messages.recv().await.unwrap_or_else(|| Err(lost()))
}

fn lost() -> BackupError {
    BackupError::Read(io::Error::other("the thread that reads was lost"))
}
