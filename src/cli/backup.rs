//! `backup`

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;

use super::support::database::{IfMissing, close, connect};
use super::support::error::{CliError, Result};
use super::support::input;
use super::support::output::{self, say, shown, table};
use super::support::session::load;
use super::support::{signals, wait};
use crate::app::Stop;
use crate::clock::{Clock, SystemClock};
use crate::config::Flags;
use crate::printable::printable;
use crate::service::audit::command_line;
use crate::service::backup::{Backup, BackupError, Filled, Progress, create, fill, verify};
use crate::store::Store;
use crate::telemetry;

const CREATE_HELP: &str = "\
It may run while servers work on the database, and holds up no change. All of the backup is of one moment. It has the \
hashes of the senhas and the comments, so keep it as safe as the database; JWT_SECRET is not in it. It needs the right to \
read all tables and sequences. Where it may write, too, it leaves an audit entry with the checksum of the backup.

Examples:
  citrus-status backup criar /var/backups/citrus-2026-11-27.backup
  citrus-status backup criar - | ssh backup@elsewhere 'cat > citrus.backup'";

const RESTORE_HELP: &str = "\
The database has to be empty, and may be of the other engine. All of the backup is restored or nothing: its checksum is \
compared before anything is kept. It creates the tables, as `citrus-status migrate` does, and leaves an audit entry with \
the checksum.

Examples:
  DATABASE_URL=postgres://citrus@localhost/citrus citrus-status backup restaurar citrus-2026-11-27.backup
  ssh backup@elsewhere 'cat citrus.backup' | citrus-status backup restaurar -";

#[derive(clap::Subcommand)]
pub enum Command {
    /// Write all data of this moment to a file, while servers run
    #[command(after_help = CREATE_HELP)]
    Criar {
        /// The file; - for standard output
        #[arg(value_name = "FILE")]
        arquivo: PathBuf,
        /// Replace the file if it exists
        #[arg(long)]
        sobrescrever: bool,
    },
    /// Read a backup to its end, check it, and show what it holds
    #[command(
        after_help = "It needs no database.\n\nExample:\n  citrus-status backup verificar citrus-2026-11-27.backup"
    )]
    Verificar {
        /// The file; - for standard input
        #[arg(value_name = "FILE")]
        arquivo: PathBuf,
    },
    /// Fill an empty database from a backup, all of it or nothing
    #[command(after_help = RESTORE_HELP)]
    Restaurar {
        /// The file; - for standard input
        #[arg(value_name = "FILE")]
        arquivo: PathBuf,
    },
}

pub async fn run(flags: Flags, command: Command) -> Result {
    match command {
        Command::Criar { arquivo, sobrescrever } => {
            // Before there is a file that a signal would leave behind.
            let mut stop = pin!(signals::stop()?);
            let destination = Destination::open(&arquivo, sobrescrever)?;
            let config = load(&flags, telemetry::start)?;
            run_create(&connect(&config, IfMissing::Refuse).await?, destination, stop.as_mut()).await
        }
        Command::Verificar { arquivo } => run_verify(&arquivo),
        Command::Restaurar { arquivo } => {
            let input = open(&arquivo)?;
            let config = load(&flags, telemetry::start)?;
            run_restore(&connect(&config, IfMissing::Create).await?, input).await
        }
    }
}

async fn run_create(
    store: &Arc<Store>,
    destination: Destination,
    stop: Pin<&mut impl Future<Output = Stop>>,
) -> Result {
    let (bar, out) = (bar(), destination.writer()?);
    let mut report = |progress| show(&bar, progress);
    let created = wait::unless_stopped(create(store, out, SystemClock.now(), &mut report), stop).await.transpose();
    bar.finish_and_clear();
    let backup = match created {
        Ok(Some(backup)) => backup,
        failed => {
            // Before anything that takes time: a second signal leaves no time for it.
            drop(destination);
            close(store).await;
            return Err(failed
                .err()
                .map_or_else(|| CliError::Failed("stopped; no backup was made".into()), Into::into));
        }
    };
    // Of a backup that has no name yet, nothing is to be told.
    let kept = destination.keep(&backup);
    if kept.is_ok()
        && let Err(error) = backup.record(store, &command_line()).await
    {
        output::complain(format_args!("note: the backup left no audit entry: {}", printable(&error.to_string())));
    }
    close(store).await;
    kept
}

fn run_verify(path: &Path) -> Result {
    let (input, bar) = (open(path)?, bar());
    let verified = verify(input, &mut |progress| show(&bar, progress));
    bar.finish_and_clear();
    let Backup { header, sha256 } = verified?;
    say!("made       {}", printable(&header.created_at))?;
    say!("by         citrus-status {}", printable(&header.program))?;
    say!("engine     {}", printable(&header.engine))?;
    say!("migration  {:04}", header.schema)?;
    say!("rows       {}", HumanCount(header.rows()))?;
    say!("checksum   {sha256}\n")?;
    let rows: Vec<_> = header.tables.iter().map(|t| [t.name.clone(), HumanCount(t.rows).to_string()]).collect();
    table(["table", "rows"], &rows)?;
    say!("\nthe backup is whole")?;
    Ok(())
}

async fn run_restore(store: &Arc<Store>, input: Box<dyn Read + Send>) -> Result {
    let bar = bar();
    let mut stop = pin!(signals::stop()?);
    let mut report = |progress| show(&bar, progress);
    let filled = wait::unless_stopped(fill(store, input, &mut report), stop.as_mut()).await.transpose();
    bar.finish_and_clear();
    let restored = match filled {
        Ok(Some(filled)) => commit(filled, stop).await,
        Ok(None) => Err(CliError::Failed("stopped; nothing was restored".to_owned())),
        Err(error) => Err(error.into()),
    };
    close(store).await;
    let Backup { header, .. } = restored?;
    let (rows, engine) = (HumanCount(header.rows()), printable(&header.engine));
    say!("rows restored: {rows}, from a backup made {} on {engine}", printable(&header.created_at))?;
    Ok(())
}

/// Commits, which no longer stops half-way as if nothing had happened.
async fn commit(filled: Filled<'_>, stop: Pin<&mut impl Future<Output = Stop>>) -> Result<Backup> {
    let unknown = |cause: &dyn Display| {
        let look = "see whether 'citrus-status usuario listar' shows users before you restore again";
        CliError::Failed(format!(
            "{cause} while the database was committing; whether it kept the rows is not known: {look}"
        ))
    };
    let actor = command_line();
    tokio::select! {
        biased;
        committed = filled.commit(&actor) => committed.map_err(|error| match error {
            BackupError::Store(error) if error.is_full_disk() => {
                CliError::Failed(format!("{error}; nothing was restored"))
            }
            error => unknown(&error),
        }),
        _ = stop => Err(unknown(&"stopped")),
    }
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    Ok(match input::open(path)? {
        None => Box::new(io::stdin()),
        Some(file) => Box::new(file),
    })
}

/// Where a backup goes.
enum Destination {
    Stdout,
    /// A file beside the one that it becomes once it is whole; dropping it removes it.
    File {
        beside: NamedTempFile,
        path: PathBuf,
        replace: bool,
    },
}

impl Destination {
    fn open(path: &Path, replace: bool) -> Result<Self> {
        if path == Path::new("-") {
            if io::stdout().is_terminal() {
                return Err(CliError::Usage(
                    "a backup is no text for a terminal; redirect it, or name a file".to_owned(),
                ));
            }
            return Ok(Self::Stdout);
        }
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => {
                return Err(CliError::Failed(format!("{} is not a file; name another", shown(path))));
            }
            Ok(_) if !replace => return Err(exists(path)),
            _ => {}
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // For its owner alone, whatever the umask.
        let beside = tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".part").tempfile_in(directory(path));
        let beside = beside.map_err(|error| cannot_write(path, &error))?;
        Ok(Self::File { beside, path: path.to_owned(), replace })
    }

    fn writer(&self) -> Result<Box<dyn Write + Send>> {
        Ok(match self {
            Self::Stdout => Box::new(io::stdout()),
            Self::File { beside, path, .. } => {
                Box::new(beside.as_file().try_clone().map_err(|error| cannot_write(path, &error))?)
            }
        })
    }

    /// Gives the file its name, once all of it is on the disk, and says what was made.
    fn keep(self, backup: &Backup) -> Result {
        let rows = HumanCount(backup.header.rows());
        let Self::File { beside, path, replace } = self else {
            output::complain(format_args!("backup made: {rows} rows"));
            return Ok(());
        };
        let failed = |error: io::Error| cannot_write(&path, &error);
        beside.as_file().sync_all().map_err(failed)?;
        let kept = if replace { beside.persist(&path) } else { beside.persist_noclobber(&path) };
        let file = kept.map_err(|failure| match failure.error.kind() {
            io::ErrorKind::AlreadyExists => exists(&path),
            _ => failed(failure.error),
        })?;
        File::open(directory(&path)).and_then(|directory| directory.sync_all()).map_err(failed)?;
        let bytes = HumanBytes(file.metadata().map_err(failed)?.len());
        say!("backup made: {}, {rows} rows, {bytes}", shown(&path))?;
        Ok(())
    }
}

fn exists(path: &Path) -> CliError {
    CliError::Failed(format!("{} exists already; name another file, or replace it with --sobrescrever", shown(path)))
}

fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError::Failed(format!("{} can't be written: {error}", shown(path)))
}

fn directory(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A progress bar, which shows on a terminal alone.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {bar:40} {human_pos}/{human_len} rows, {per_sec}, {eta} left");
    let bar = ProgressBar::no_length().with_style(style.expect("the template is well-formed"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Total(rows) => bar.set_length(rows),
        Progress::Done(rows) => bar.inc(rows),
    }
}
