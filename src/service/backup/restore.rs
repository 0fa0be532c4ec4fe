//! A backup is restored: a thread of its own reads and judges the rows, while those before them are inserted.

use std::io::{self, Read};
use std::thread;

use tokio::sync::mpsc;

use super::error::BackupError;
use super::header::Header;
use super::portions::{Portion, Portions};
use super::{Backup, Progress};
use crate::domain::audit::{Action, Actor};
use crate::store::{Restore, Store};

/// How many portions wait.
const WAITING: usize = 2;

enum Message {
    Header(Header),
    Portion(Portion),
    /// The checksum, which matches.
    End(String),
}

/// A database that is filled, and not yet committed. Dropping it leaves the database as it was.
pub struct Filled<'a> {
    backup: Backup,
    restore: Restore<'a>,
}

impl Filled<'_> {
    /// Makes all of it durable and visible, with an audit entry that names `actor`. Where it is dropped half-way, nobody
    /// knows whether it was.
    pub async fn commit(self, actor: &Actor) -> Result<Backup, BackupError> {
        self.restore.commit(actor, self.backup.entry(Action::RestoreBackup)).await?;
        Ok(self.backup)
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
    let sha256 = loop {
        let Portion { table, columns, rows } = match next(&mut messages).await? {
            Message::Portion(portion) => portion,
            Message::End(sha256) => break sha256,
            Message::Header(_) => return Err(lost()),
        };
        let inserted = restore.insert(table, &columns, &rows).await;
        inserted.map_err(|error| BackupError::Refused { table: table.name, error })?;
        report(Progress::Done(rows.len() as u64));
    };
    restore.finish(&header.last_ids()).await?;
    Ok(Filled { backup: Backup { header, sha256 }, restore })
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
    send(Message::End(portions.sha256));
    Ok(())
}

async fn next(messages: &mut Messages) -> Result<Message, BackupError> {
    messages.recv().await.unwrap_or_else(|| Err(lost()))
}

fn lost() -> BackupError {
    BackupError::Read(io::Error::other("the thread that reads was lost"))
}
