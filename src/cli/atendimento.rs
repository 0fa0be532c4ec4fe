//! `atendimento`

use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use futures_util::stream::{Stream, TryStreamExt};
use indicatif::{HumanCount, ProgressBar};

use super::support::database::IfMissing;
use super::support::erased::erased_for_good;
use super::support::error::Result;
use super::support::input::{self, confirm, parse_status};
use super::support::output::{self, or_dash, say, table, yes_no};
use super::support::period::Period;
use super::support::progress::styled;
use super::support::record;
use super::support::session::Session;
use crate::clock::{Clock, SystemClock, rfc3339_millis};
use crate::domain::atendimento::{Comentario, Status};
use crate::domain::audit::Actor;
use crate::domain::protocolo::is_usual;
use crate::domain::record::{PresentState, StoredChange};
use crate::domain::text::is_blank;
use crate::printable::printable;
use crate::service::import::{Columns, ImportOptions, Notice, Summary, import};
use crate::store::{AtendimentosQuery, Store, StoreError};

const IMPORT_HELP: &str = "\
The file is CSV with a header, a workbook (.xlsx, .xlsb, .xls, .ods), NDJSON, or a JSON array. The columns `protocolo` and \
`status` may stand in any order; case and accents do not count, and other columns are ignored. A number that a \
spreadsheet has shortened, such as 2,02211E+13, is refused.

CSV and JSON need next to no memory, however long the file is. A workbook is held in memory, up to 256 MiB of it, \
together with its texts and the rows of its sheet.

Examples:
  citrus-status atendimento importar atendimentos.csv --dry-run
  citrus-status atendimento importar export.xlsx --coluna-protocolo 'Nº' --coluna-status 'Situação'
  zcat atendimentos.ndjson.gz | citrus-status atendimento importar -";

const EXPORT_HELP: &str = "\
For the request of a person who is the subject of the atendimento. The comments are in it, also those that the customer \
does not see: read them before you hand them out.

Example:
  citrus-status atendimento exportar 20221104000001 --sem-usuarios > 20221104000001.json";

const ANONYMISE_HELP: &str = "\
This cannot be undone. Backups still have the comments. docs/LGPD.md says what else to do.

Examples:
  citrus-status atendimento anonimizar 20221104000001
  citrus-status atendimento anonimizar 20221104000001 --yes";

#[derive(clap::Subcommand)]
pub enum Command {
    /// Register an atendimento
    #[command(after_help = "Example:\n  citrus-status atendimento criar 20221104000001 --status 'Em atendimento'")]
    Criar {
        /// Its protocol number
        protocolo: String,
        /// Its status
        #[arg(long, default_value = "Aberto", value_parser = parse_status)]
        status: Status,
    },
    /// Show an atendimento: status, history and comments
    #[command(after_help = "Example:\n  citrus-status atendimento mostrar 20221104000001 --json")]
    Mostrar {
        /// Its protocol number
        protocolo: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List atendimentos by the time of their last change, the oldest first
    #[command(after_help = "Examples:\n  citrus-status atendimento listar --status Aberto --ate 2026-11-01\n  \
                            citrus-status atendimento listar --desde 2026-11-27T10:00:00-03:00 --json")]
    Listar(ListArgs),
    /// Export all that is stored about an atendimento as JSON; leaves an audit entry
    #[command(after_help = EXPORT_HELP)]
    Exportar {
        /// Its protocol number
        protocolo: String,
        /// Leave out the logins of those who changed it
        #[arg(long)]
        sem_usuarios: bool,
    },
    /// Erase the comments of an atendimento; its statuses and their history stay
    #[command(after_help = ANONYMISE_HELP)]
    Anonimizar {
        /// Its protocol number
        protocolo: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Import a file, all of it or nothing
    #[command(after_help = IMPORT_HELP)]
    Importar(ImportArgs),
}

#[derive(clap::Args)]
pub struct ListArgs {
    /// Only those in this status
    #[arg(long, value_parser = parse_status)]
    status: Option<Status>,
    #[command(flatten)]
    period: Period,
    /// List at most this many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limite: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub struct ImportArgs {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    arquivo: PathBuf,
    /// The name of the column with the protocolo
    #[arg(long, value_name = "COLUMN", default_value = "protocolo", value_parser = parse_column)]
    coluna_protocolo: String,
    /// The name of the column with the status
    #[arg(long, value_name = "COLUMN", default_value = "status", value_parser = parse_column)]
    coluna_status: String,
    /// Check everything and show the first rows as understood, but write nothing
    #[arg(long)]
    dry_run: bool,
    /// List the rows that can't be imported, and skip them
    #[arg(long)]
    ignorar_invalidos: bool,
    /// Set atendimentos that exist already to the status in the file
    #[arg(long)]
    atualizar: bool,
}

impl Command {
    /// A first installation may begin with what registers something.
    pub fn if_missing(&self) -> IfMissing {
        match self {
            Self::Criar { .. } | Self::Importar(_) => IfMissing::Create,
            _ => IfMissing::Refuse,
        }
    }
}

pub async fn run(session: &Session, command: Command) -> Result {
    match command {
        Command::Criar { protocolo, status } => {
            session.provisioning.create_atendimento(&protocolo, status).await?;
            say!("atendimento '{}' created, {status}", printable(protocolo.trim()))?;
            if !is_usual(protocolo.trim()) {
                output::complain("note: the protocolo does not look like one of Citrus, such as 20221104000001");
            }
            Ok(())
        }
        Command::Mostrar { protocolo, json } => show(session, &protocolo, json).await,
        Command::Listar(args) => list(session, args).await,
        Command::Exportar { protocolo, sem_usuarios } => export(session, &protocolo, sem_usuarios).await,
        Command::Anonimizar { protocolo, yes } => anonymise(session, &protocolo, yes).await,
        Command::Importar(args) => run_import(session, args).await,
    }
}

async fn list(session: &Session, args: ListArgs) -> Result {
    let asked = AtendimentosQuery { status: args.status, between: args.period.between()?, limit: args.limite };
    let found = session.store.list_atendimentos(asked);
    if args.json {
        return output::json_stream(found.map_ok(|state| record::present_state(&state))).await;
    }
    let row = |present_state: PresentState| {
        let motivo = or_dash(present_state.motivo.as_deref());
        [present_state.protocolo, present_state.status.to_string(), motivo, rfc3339_millis(present_state.atualizado_em)]
    };
    output::table_stream(["protocolo", "status", "motivo", "updated"], found.map_ok(row)).await
}

/// The name of a column.
fn parse_column(text: &str) -> Result<String, String> {
    if is_blank(text) { Err("give the name of a column".to_owned()) } else { Ok(text.to_owned()) }
}

async fn show(session: &Session, protocolo: &str, json: bool) -> Result {
    let state = session.provisioning.present_state(protocolo).await?;
    if json {
        let mut out = BufWriter::new(io::stdout());
        record::write_record(&mut out, &session.store, &state, true).await?;
        return end(out);
    }
    say!("protocolo  {}", printable(&state.protocolo))?;
    say!("status     {}", state.status)?;
    say!("motivo     {}", printable(&or_dash(state.motivo.as_deref())))?;
    say!("updated    {}", rfc3339_millis(state.atualizado_em))?;
    let change = |change: StoredChange| {
        let (em, de, para) = (rfc3339_millis(change.em), change.de.to_string(), change.para.to_string());
        [em, de, para, or_dash(change.motivo.as_deref()), or_dash(change.usuario.as_deref())]
    };
    let changes = session.store.changes_of(&state).map_ok(change);
    section("history", state.revisao.unsigned_abs(), ["when", "from", "to", "motivo", "who"], changes).await?;
    let comment = async |change: StoredChange| {
        let Some(Comentario { texto, visivel_cliente }) = change.comentario else { return Ok(None) };
        let (em, usuario) = (rfc3339_millis(change.em), or_dash(change.usuario.as_deref()));
        Ok(Some([em, usuario, yes_no(visivel_cliente), texto.to_string()]))
    };
    let count = session.erasure().comments_of(protocolo).await?;
    let comments = session.store.changes_of(&state).try_filter_map(comment);
    section("comments", count, ["when", "who", "customer sees it", "text"], comments).await
}

async fn export(session: &Session, protocolo: &str, without_logins: bool) -> Result {
    let state = session.provisioning.export(protocolo).await?;
    let mut out = BufWriter::new(io::stdout());
    record::write_export(&mut out, &session.store, &state, !without_logins, SystemClock.now()).await?;
    end(out)
}

/// Ends what is printed.
fn end(mut out: impl Write) -> Result {
    writeln!(out)?;
    Ok(out.flush()?)
}

async fn anonymise(session: &Session, protocolo: &str, yes: bool) -> Result {
    let shown = printable(protocolo.trim()).into_owned();
    let erasure = session.erasure();
    let comments = HumanCount(erasure.comments_of(protocolo).await?);
    confirm(yes, format_args!("The comments of the atendimento '{shown}' will be erased for ever: {comments}."))?;
    let erased = erasure.anonymise_atendimento(protocolo).await?;
    say!("atendimento '{shown}': comments erased: {}", HumanCount(erased))?;
    erased_for_good(&erasure).await
}

async fn section<const N: usize>(
    title: &str,
    count: u64,
    headers: [&str; N],
    rows: impl Stream<Item = Result<[String; N], StoreError>>,
) -> Result {
    say!("\n{title}: {count}")?;
    if count > 0 { output::table_stream(headers, rows).await } else { Ok(()) }
}

async fn run_import(session: &Session, args: ImportArgs) -> Result {
    let options = ImportOptions {
        columns: Columns { protocolo: args.coluna_protocolo, status: args.coluna_status },
        atualizar: args.atualizar,
        ignorar_invalidos: args.ignorar_invalidos,
        dry_run: args.dry_run,
    };
    let summary = import_file(&session.store, &session.actor, &args.arquivo, options).await?;
    print_summary(summary, args.dry_run)
}

/// Imports the file at `path`, and tells what is wrong with it.
pub async fn import_file(store: &Store, actor: &Actor, path: &Path, options: ImportOptions) -> Result<Summary> {
    let (reader, bar) = open(path)?;
    let mut report = |report: Notice| {
        let text = match report {
            Notice::BadRow(bad) => bad.to_string(),
            Notice::Note(note) => format!("note: {note}"),
        };
        bar.suspend(|| output::complain(printable(&text)));
    };
    let outcome = import(store, actor, bar.wrap_read(reader), options, &mut report).await;
    bar.finish_and_clear();
    Ok(outcome?)
}

fn print_summary(summary: Summary, dry_run: bool) -> Result {
    let Summary { first, inserted, updated, unchanged, skipped } = summary;
    if dry_run && !first.is_empty() {
        say!("first rows as understood:")?;
        let rows: Vec<_> = first.into_iter().map(|novo| [novo.protocolo, novo.status.to_string()]).collect();
        table(["protocolo", "status"], &rows)?;
    }
    if inserted + updated + unchanged + skipped == 0 {
        output::complain("note: the file has no rows");
    }
    let count = HumanCount;
    let verb = if dry_run { "would be " } else { "" };
    say!(
        "{verb}new: {}, {verb}updated: {}, unchanged: {}, skipped: {}",
        count(inserted),
        count(updated),
        count(unchanged),
        count(skipped)
    )?;
    Ok(())
}

/// The file and its progress bar, which shows on a terminal alone.
fn open(path: &Path) -> Result<(Box<dyn Read>, ProgressBar)> {
    let Some(file) = input::open(path)? else {
        let bar = styled(ProgressBar::no_length(), "{spinner} {bytes} read, {bytes_per_sec}, {elapsed}");
        return Ok((Box::new(io::stdin()), bar));
    };
    let size = file.metadata()?.len();
    let bar = styled(ProgressBar::new(size), "{spinner} {bar:40} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left");
    Ok((Box::new(file), bar))
}
