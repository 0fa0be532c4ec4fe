//! `espelhar`: between a client and its Citrus.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{interval, timeout};
use url::Url;

use super::support::error::{CliError, Result};
use super::support::input::{dialect_option, parse_url, read_dialect};
use super::support::output::{complain, create_private, say, shown, table};
use super::support::signals;
use crate::conferir::client::{Client, causes};
use crate::conferir::record::Recording;
use crate::dialect::Dialect;
use crate::espelhar::compare::Compared;
use crate::espelhar::exchange::Exchange;
use crate::espelhar::findings::Findings;
use crate::espelhar::observe::{Observation, Observer};
use crate::espelhar::page;
use crate::espelhar::proxy::{self, News, Upstream};
use crate::espelhar::record::{Progress, Recorder, Settings};
use crate::espelhar::redact::Disclosure;
use crate::espelhar::relay;
use crate::espelhar::shadow::{self, Comparison, Shadow};
use crate::espelhar::tally::{Counter, Tally};
use crate::file_text::open_regular;
use crate::printable::printable;

/// How long the shadow may take for what is waiting at the end.
const SHADOW_DEADLINE: Duration = Duration::from_secs(10);
const REPORT_EVERY: Duration = Duration::from_mins(1);
/// Longest line of a recording that is read.
const LINE_MAX: u64 = 1024 * 1024;

#[derive(clap::Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The Citrus to pass everything on to: http:// or https://, with a path in front of /api if it has one
    #[arg(long, value_name = "URL", required = true, value_parser = parse_url)]
    upstream: Option<Url>,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    bind: String,
    /// The file to record into, which has to be new [default: espelho-DATE-TIME.ndjson]
    #[arg(long, value_name = "FILE")]
    gravar: Option<PathBuf>,
    /// Stop recording, but not passing on, when the file has so many MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    limite: u64,
    /// Record comments (comentários), too
    #[arg(long)]
    com_comentarios: bool,
    /// Record logins, too
    #[arg(long)]
    com_logins: bool,
    /// Record this name of a member of answers, which tells of nobody, in the place of `<nome>`; may be repeated
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    membro: Vec<String>,
    /// Compare with a server in this dialect, not with the contract
    #[arg(long, value_name = "FILE")]
    dialeto: Option<PathBuf>,
    /// Ask one of our servers the same, changes as dry runs, and compare: its address
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    sombra: Option<Url>,
    /// Leave `Host` as the client sends it; otherwise it names the upstream
    #[arg(long)]
    manter_host: bool,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Report on a recording
    #[command(
        after_help = "Example:\n  citrus-status espelhar relatorio espelho-20261128-120000.ndjson --html espelho.html --dialeto dialeto.toml\n  citrus-status espelhar relatorio espelho-20261128-120000.ndjson --conferir-dialeto dialeto.toml"
    )]
    Relatorio {
        /// The recording
        #[arg(value_name = "FILE")]
        arquivo: PathBuf,
        /// Write a page with an example of each case, too
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Write how the Citrus answers as a dialect into this new file, too
        #[arg(long, value_name = "FILE")]
        dialeto: Option<PathBuf>,
        /// Say how many exchanges this dialect would answer alike, which not, and of which nobody can tell; fails unless it is all
        #[arg(long, value_name = "FILE")]
        conferir_dialeto: Option<PathBuf>,
    },
}

pub async fn run(args: Args) -> Result {
    match (args.command, args.upstream) {
        (Some(Command::Relatorio { arquivo, html, dialeto, conferir_dialeto }), _) => {
            report(&arquivo, html.as_deref(), dialeto.as_deref(), conferir_dialeto.as_deref())
        }
        (None, Some(ref upstream)) => mirror(upstream, Args { command: None, upstream: None, ..args }).await,
        (None, None) => Err(CliError::Usage("--upstream is missing".to_owned())),
    }
}

async fn mirror(upstream: &Url, args: Args) -> Result {
    let dialect = match &args.dialeto {
        Some(file) => dialect_option(file)?,
        None => Arc::new(Dialect::contract()),
    };
    let behind =
        Upstream::new(upstream, args.manter_host).map_err(|error| CliError::Usage(format!("--upstream: {error}")))?;
    let listener = TcpListener::bind(&args.bind).await.map_err(|error| {
        CliError::Failed(format!("can't listen on {}: {error}; choose another with --bind", printable(&args.bind)))
    })?;
    let shadow = match &args.sombra {
        Some(url) => {
            let client = Client::new(url).map_err(|error| CliError::Failed(format!("--sombra: {error}")))?;
            let is_upstream =
                url.host() == upstream.host() && url.port_or_known_default() == upstream.port_or_known_default();
            let unreached = |error| CliError::Failed(format!("--sombra: {url} can't be reached: {error}"));
            if is_upstream || !shadow::is_ours(&client).await.map_err(unreached)? {
                return Err(CliError::Failed(format!(
                    "--sombra: {url} is not known to be a server of ours, by its page at /; any other one would make each change a second time"
                )));
            }
            Some(Shadow::start(client, Observer::new(Arc::clone(&dialect))))
        }
        None => None,
    };
    let path = args.gravar.unwrap_or_else(new_name);
    let file = create_private(&path)?;
    let settings = Settings {
        observer: Observer::new(Arc::clone(&dialect)),
        disclosure: Disclosure { comments: args.com_comentarios, logins: args.com_logins },
        members: args.membro,
        limit: args.limite.saturating_mul(1024 * 1024),
    };
    let recorder = Arc::new(Recorder::start(file, settings, announce));
    let watchers = Arc::new(Watchers { recorder: Arc::clone(&recorder), shadow });
    let stop = signals::stop()?;
    let watching = tokio::spawn(watch(Arc::clone(&recorder)));
    say!(
        "passing http://{} on to {upstream}; recording into {}\nSIGUSR1 (kill -USR1 {}) switches the recording off and on; Ctrl-C ends all",
        listener.local_addr()?,
        shown(&path),
        std::process::id(),
    )?;
    proxy::serve(listener, behind, Arc::clone(&watchers) as Arc<_>, async { _ = stop.await }, tell).await;
    watching.abort();
    let finished = Arc::clone(&recorder);
    _ = tokio::task::spawn_blocking(move || finished.finish()).await;
    let ended = conclude(&recorder.progress());
    if let Some(shadow) = &watchers.shadow {
        _ = timeout(SHADOW_DEADLINE, shadow.finish()).await;
        compare(&shadow.comparison())?;
    }
    ended
}

/// Who is told of each exchange.
struct Watchers {
    recorder: Arc<Recorder>,
    shadow: Option<Shadow>,
}

impl relay::Observer for Watchers {
    fn is_on(&self) -> bool {
        self.recorder.is_on()
    }

    fn saw(&self, exchange: Exchange) {
        if let Some(shadow) = &self.shadow {
            shadow.offer(&exchange);
        }
        self.recorder.saw(exchange);
    }

    fn missed(&self) {
        self.recorder.missed();
    }
}

fn compare(comparison: &Comparison) -> Result {
    let Comparison { alike, differing, without_login, too_long, unanswered, left_out } = comparison;
    say!("\nthe shadow answered {} alike", times(*alike))?;
    for ((theirs, ours), seen) in differing {
        say!("{} Citrus answered {theirs}, and the shadow {ours}", times(*seen))?;
    }
    say!(
        "not asked: {without_login} changes whose login was not seen, {left_out} that came too fast, {too_long} of more than 64 KiB; {unanswered} without an answer"
    )?;
    Ok(())
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn new_name() -> PathBuf {
    let format = format_description!("espelho-[year][month][day]-[hour][minute][second].ndjson");
    PathBuf::from(OffsetDateTime::now_utc().format(format).unwrap_or_else(|_| "espelho.ndjson".to_owned()))
}

fn tell(news: News) {
    match news {
        News::Away(error) => {
            complain(format_args!("Citrus can't be reached: {}; clients see their connections end", causes(&error)));
        }
        News::Back => complain("Citrus can be reached again"),
        News::Failed(error) => tracing::debug!(%error, "a connection failed"),
    }
}

/// Says what is seen for the first time. What is taken for a success may be a refusal.
fn announce(observation: &Observation, is_refusal: bool) {
    let (route, case) = (observation.route.word(), observation.case.unwrap_or("?"));
    if is_refusal {
        let refusal = observation.refusal.as_ref().map(|refusal| format!("; ours refuses it, too: {refusal}"));
        let told = format!("new: {route}: refused with the status code of a success{}", refusal.unwrap_or_default());
        return complain(format_args!("{}", printable(&told)));
    }
    let differences = observation.differences.join("; ");
    let refusal = observation.refusal_of_accepted().map(|refusal| format!("; ours refuses the request: {refusal}"));
    let (differs, refusal) =
        (if differences.is_empty() { "as ours" } else { &differences }, refusal.unwrap_or_default());
    complain(format_args!("new: {route} {case}: {}", printable(&format!("{differs}{refusal}"))));
}

/// Reports now and then, and switches the recording off and on at SIGUSR1.
async fn watch(recorder: Arc<Recorder>) -> Result {
    let mut switches = signal(SignalKind::user_defined1())?;
    let mut ticks = interval(REPORT_EVERY);
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = switches.recv() => {
                let is_on = recorder.toggle();
                complain(if is_on { "the recording is on again" } else { "the recording is off; everything is passed on" });
            }
            _ = ticks.tick() => complain(summary(&recorder.progress())),
        }
    }
}

fn summary(progress: &Progress) -> String {
    let Progress { tally, dropped, failure } = progress;
    let differing = tally.cases.values().filter(|count| !count.differences.is_empty()).count();
    let failure = failure.as_ref().map(|failure| format!("; nothing is written any more: {failure}"));
    format!(
        "{} exchanges, {} cases, {differing} of them differ; {dropped} were not recorded{}",
        tally.exchanges,
        tally.cases.len(),
        failure.unwrap_or_default()
    )
}

fn conclude(progress: &Progress) -> Result {
    print(&progress.tally)?;
    say!("\n{}", summary(progress))?;
    match &progress.failure {
        Some(failure) => Err(CliError::Failed(format!("the recording is not whole: {failure}"))),
        None => Ok(()),
    }
}

fn print(tally: &Tally) -> Result {
    let everywhere = tally.everywhere();
    if !everywhere.is_empty() {
        say!("in all answers: {}\n", printable(&everywhere.join("; ")))?;
    }
    table(["route", "case", "seen", "where ours differs"], &tally.rows())?;
    for (other, times) in &tally.others {
        say!("not compared: {} ({times})", printable(other))?;
    }
    for (refusal, seen) in &tally.refusals {
        let requests = if *seen == 1 { "1 request that was" } else { &format!("{seen} requests that were") };
        say!("ours refuses {requests} accepted: {}", printable(refusal))?;
    }
    Ok(())
}

fn report(recording: &Path, html: Option<&Path>, dialect: Option<&Path>, held_against: Option<&Path>) -> Result {
    let mut compared = held_against.map(read_dialect).transpose()?.map(Compared::with);
    let (mut counter, observer) = (Counter::default(), Observer::new(Arc::new(Dialect::contract())));
    let mut examples = page::Examples::default();
    let mut findings = Findings::default();
    read_recording(recording, |number, line| {
        let is_one = counter.add(&observer, line).is_some();
        if is_one {
            examples.add(line);
            findings.add(number, line);
            compared.iter_mut().for_each(|compared| compared.add(number, line));
        }
        is_one
    })?;
    let tally = counter.tally();
    print(&tally)?;
    let unwritten =
        |file: &Path, error: std::io::Error| CliError::Failed(format!("{} can't be written: {error}", shown(file)));
    if let Some(html) = html {
        std::fs::write(html, page::write(&tally, &examples)).map_err(|error| {
            // No half of a page.
            _ = std::fs::remove_file(html);
            unwritten(html, error)
        })?;
    }
    if let Some(file) = dialect {
        let found = findings.conclude();
        let mut new = create_private(file)?;
        new.write_all(found.toml(&shown(recording), "Not known").as_bytes()).map_err(|error| unwritten(file, error))?;
        hand_over_dialect(&found, file)?;
    }
    if let (Some(compared), Some(file)) = (compared, held_against) {
        print_compared(&compared, file)?;
    }
    Ok(())
}

fn print_compared(compared: &Compared, dialect: &Path) -> Result {
    let Compared { alike, differing, cut, unknown, .. } = compared;
    let times: u64 = differing.values().map(|(times, _)| times).sum();
    say!("\n{}: {alike} exchanges would be answered alike, {times} otherwise", shown(dialect))?;
    for ((case, differences), (times, line)) in differing {
        say!("{case}: {} ({times}, first in line {line})", printable(differences))?;
    }
    for (case, (times, line)) in cut {
        say!("{case}: not recorded whole, so that nobody can tell ({times}, first in line {line})")?;
    }
    if *unknown > 0 {
        say!("{unknown} are no answers that a dialect has")?;
    }
    match compared.is_whole() {
        true => Ok(()),
        false => {
            Err(CliError::Failed(format!("{} does not answer all of the recording alike for certain", shown(dialect))))
        }
    }
}

/// Says what `file` has, and what it hasn't.
fn hand_over_dialect(found: &Recording, file: &Path) -> Result {
    for (what, why) in &found.unasked {
        say!("not known: {what}: {}", printable(why))?;
    }
    read_dialect(file)?;
    say!("wrote {0}; try it with `citrus-status demo --dialeto {0}`", shown(file))?;
    Ok(())
}

/// Hands each line of `recording` to `take`, with its number, until one is none.
fn read_recording(recording: &Path, mut take: impl FnMut(u64, &Value) -> bool) -> Result {
    let failed = |what: &str| CliError::Failed(format!("{} {what}", shown(recording)));
    let file = open_regular(recording).map_err(|error| failed(&format!("can't be read: {error}")))?;
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    for number in 1_u64.. {
        line.clear();
        let length = Read::take(&mut reader, LINE_MAX).read_line(&mut line)?;
        if length == 0 {
            break;
        }
        if serde_json::from_str(&line).is_ok_and(|value| take(number, &value)) {
            continue;
        }
        // The last line of a process that was killed.
        let is_cut = !line.ends_with('\n') && length < LINE_MAX as usize;
        if !is_cut {
            return Err(failed(&format!("is no recording: line {number} is not one of its lines")));
        }
        complain("the last line is not whole, and left out");
    }
    Ok(())
}
