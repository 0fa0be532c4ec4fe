//! `conferir`: the conformance kit at the terminal.

mod report;

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::builder::PossibleValuesParser;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use tokio::signal::unix::{Signal, SignalKind, signal};
use url::Url;

use self::report::{Outputs, failed_in, hand_over, indented, verdict, write_files};

use super::support::error::{CliError, Result};
use super::support::input::{confirmed, parse_status, parse_url, read_dialect, read_senha, read_two_senhas};
use super::support::output::{complain, say, shown};
use crate::conferir::client::Client;
use crate::conferir::judge::Scope;
use crate::conferir::plan::{self, Plan, Selection, Traces};
use crate::conferir::record::record;
use crate::conferir::report::{Outcome, Report};
use crate::conferir::runner::{RunInput, Runner, StartError, StatusAnswer, Unpermitted};
use crate::config;
use crate::domain::atendimento::Status;
use crate::printable::printable;

#[derive(clap::Args)]
pub struct Args {
    /// The server: http:// or https://, with a path in front of /api if it has one
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    base_url: Url,
    /// A login that may change statuses
    #[arg(long)]
    login: String,
    /// Read the password from standard input
    #[arg(long)]
    senha_stdin: bool,
    /// The atendimento to change: one that nobody needs
    #[arg(long)]
    protocolo: String,
    /// The name of a registered motivo
    #[arg(long, required_unless_present = "somente_leitura")]
    motivo: Option<String>,
    /// The current status of the atendimento. Needed for a server that does not report it, such as Citrus
    #[arg(long, value_name = "STATUS", value_parser = parse_status)]
    status_atual: Option<Status>,
    /// Run only the cases of the vendor's page, and compare only what it states
    #[arg(long)]
    only_documented: bool,
    /// Skip a case, such as login/unknown-user where `HARDENED_LOGIN` is set, or a group, such as login/; may be repeated.
    /// An unknown name, such as x, lists the names of all
    #[arg(long, value_name = "CASE", value_parser = cases_and_groups(), hide_possible_values = true)]
    pular: Vec<String>,
    /// Ask only what changes nothing: reads, logins that do not fail, and tokens that no server trusts
    #[arg(long, conflicts_with_all = ["gravar", "status_atual"])]
    somente_leitura: bool,
    /// Ask again only what failed or was not judged in the JSON report of another run
    #[arg(long, value_name = "REPORT", conflicts_with = "gravar")]
    repetir_falhas: Option<PathBuf>,
    /// Judge by this dialect, not by the contract
    #[arg(long, value_name = "FILE", conflicts_with = "only_documented")]
    dialeto: Option<PathBuf>,
    /// Write down how the server answers, as a dialect in this new file; nothing is judged
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dialeto", "only_documented", "json", "junit", "html", "har", "pular"])]
    gravar: Option<PathBuf>,
    /// With --gravar: a login that may not change statuses. Its password is the second line of standard input
    #[arg(long, value_name = "LOGIN", requires = "gravar")]
    login_sem_permissao: Option<String>,
    /// Change the atendimento without asking for confirmation
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    outputs: Outputs,
}

impl Args {
    fn motivo(&self) -> &str {
        self.motivo.as_deref().unwrap_or_default()
    }

    /// The report on `cases`, of an atendimento that was found in `status`.
    fn report(&self, status: Option<Status>, changes: usize, restored: bool, cases: Vec<Outcome>) -> Report {
        Report {
            base_url: self.base_url.to_string(),
            only_documented: self.only_documented,
            protocolo: self.protocolo.clone(),
            status: status.map(Status::nome),
            changes,
            restored,
            counts: Report::count(&cases),
            cases,
        }
    }
}

pub async fn run(args: Args) -> Result {
    let scope = if args.only_documented { Scope::Documented } else { Scope::Contract };
    let only = args.repetir_falhas.as_deref().map(failed_in).transpose()?;
    let nothing_failed = only.as_ref().is_some_and(Vec::is_empty);
    let selection = Selection { without: args.pular.clone(), only, reads_only: args.somente_leitura };
    let plan = Plan::new(scope, &selection, &args.protocolo);
    if nothing_failed {
        complain("no case of that report failed; nothing was asked");
        let runner = runner(&args, SecretString::default())?;
        let skipped = runner.unasked(&plan, "no case of that report failed");
        return hand_over(&args.outputs, &args.report(None, 0, true, skipped));
    }
    if plan.asked().next().is_none() && args.gravar.is_none() {
        return Err(CliError::Usage("these options leave no case to ask".to_owned()));
    }
    if !args.yes && !args.somente_leitura && (args.senha_stdin || !std::io::stdin().is_terminal()) {
        return Err(CliError::Usage(
            "this changes an atendimento, and there is no terminal to ask on; add --yes to go ahead".to_owned(),
        ));
    }
    let (senha, unpermitted) = match &args.login_sem_permissao {
        Some(login) => {
            let [own, senha] = read_two_senhas(args.senha_stdin)?;
            (own, Some(Unpermitted { login: login.clone(), senha }))
        }
        None => (read_senha(args.senha_stdin)?, None),
    };
    let mut runner = runner(&args, senha)?;
    let start = match begin(&args, &mut runner).await {
        Ok(start) => start,
        Err(error) => return Err(stopped_early(&args, &plan, &runner, true, error)),
    };
    let Some(start) = start else {
        let report = read_only(&args, &plan, &mut runner).await?;
        return concluded(&args, &report);
    };
    if let Some(file) = &args.gravar {
        return record_dialect(&args, file, &mut runner, start, unpermitted).await;
    }
    announce(&args, &plan, &plan.traces(start));
    if !args.yes && !confirmed()? {
        return Err(CliError::Failed("nothing was changed".to_owned()));
    }
    let report = conduct(&args, &plan, &mut runner, start).await?;
    concluded(&args, &report)
}

fn concluded(args: &Args, report: &Report) -> Result {
    hand_over(&args.outputs, report)?;
    if report.is_good() { Ok(()) } else { Err(CliError::Failed(verdict(report))) }
}

/// Logs in and finds the status; a run that only reads needs none.
async fn begin(args: &Args, runner: &mut Runner) -> Result<Option<Status>> {
    runner.log_in().await.map_err(explained)?;
    if args.somente_leitura { Ok(None) } else { present_status(runner, args.status_atual).await.map(Some) }
}

/// Writes to the files that no case was asked, for `error`. A build server then shows that.
fn stopped_early(args: &Args, plan: &Plan, runner: &Runner, restored: bool, error: CliError) -> CliError {
    if args.gravar.is_none() {
        let cases = runner.unasked(plan, &error.to_string());
        if let Err(unwritten) = write_files(&args.outputs, &args.report(None, runner.changes(), restored, cases)) {
            complain(unwritten);
        }
    }
    error
}

/// Asks the cases of a run that changes nothing.
async fn read_only(args: &Args, plan: &Plan, runner: &mut Runner) -> Result<Report> {
    let stopped = watch_signals("stopping after this case")?;
    complain(format_args!(
        "{} cases on {} as '{}'; none of them changes anything.",
        plan.asked().count(),
        args.base_url,
        printable(&args.login)
    ));
    let cases = ask_all(plan, runner, &stopped).await;
    Ok(args.report(None, 0, true, cases))
}

fn runner(args: &Args, senha: SecretString) -> Result<Runner> {
    let client = Client::new(&args.base_url).map_err(StartError::from)?;
    let target = RunInput {
        login: args.login.clone(),
        senha,
        protocolo: args.protocolo.clone(),
        motivo: args.motivo().to_owned(),
    };
    let mut runner = Runner::new(client, target);
    if let Some(file) = &args.dialeto {
        runner.speak(read_dialect(file)?);
    }
    Ok(runner)
}

/// Asks the server how it answers, and writes that to `file`.
async fn record_dialect(
    args: &Args,
    file: &Path,
    runner: &mut Runner,
    start: Status,
    unpermitted: Option<Unpermitted>,
) -> Result {
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut new = new.map_err(|error| CliError::Failed(format!("{} can't be created: {error}", shown(file))))?;
    complain(format_args!(
        "{} is asked as '{}' how it answers; two logins fail. Atendimento '{}' will be changed about ten times, and is {start} \
         again at the end; its history remains.",
        args.base_url,
        printable(&args.login),
        printable(&args.protocolo),
    ));
    if !args.yes && !confirmed()? {
        return Err(CliError::Failed("nothing was changed".to_owned()));
    }
    let bar = ProgressBar::new_spinner();
    let mut signals = Signals::watch()?;
    let recorded = tokio::select! {
        recorded = record(runner, start, unpermitted, |case| bar.set_message(case.to_owned())) => Some(recorded),
        () = signals.next() => None,
    };
    bar.finish_and_clear();
    let recorded = recorded.unwrap_or_else(|| {
        complain("stopping; the atendimento is set back first");
        runner.doubt();
        Err(StartError::Stopped)
    });
    let restored = restore(runner, start).await;
    let recording = recorded.map_err(|error| {
        _ = std::fs::remove_file(file);
        explained(error)
    })?;
    new.write_all(runner.redacted(&recording.toml(args.base_url.as_str())).as_bytes())?;
    for (what, why) in &recording.unasked {
        say!("not asked: {what}: {}", printable(why.lines().next().unwrap_or_default()))?;
    }
    config::read_dialect(file)
        .map_err(|what| CliError::Failed(format!("{} is no dialect; please report this: {what}", shown(file))))?;
    say!(
        "{} answers of its own; try them with `citrus-status demo --dialeto {}`",
        recording.file.respostas.len(),
        shown(file)
    )?;
    if restored { Ok(()) } else { Err(CliError::Failed("the atendimento may NOT be back in its status".to_owned())) }
}

/// `error` as a person can use it, and with nothing of the server's that steers a terminal.
fn explained(error: StartError) -> CliError {
    match error {
        StartError::Login(answer) => CliError::Failed(format!("the login was answered\n{}", indented(&answer))),
        error => error.into(),
    }
}

/// Asks the cases and brings the atendimento back, whatever comes.
async fn conduct(args: &Args, plan: &Plan, runner: &mut Runner, start: Status) -> Result<Report> {
    let stopped = watch_signals("stopping after this case; the atendimento is set back first")?;
    if let Err(answer) = runner.prove_motivo(start).await {
        let restored = restore(runner, start).await;
        let error = refused(args, runner, restored, &answer);
        return Err(stopped_early(args, plan, runner, restored, error));
    }
    let cases = ask_all(plan, runner, &stopped).await;
    let restored = restore(runner, start).await;
    Ok(args.report(Some(start), runner.changes(), restored, cases))
}

async fn ask_all(plan: &Plan, runner: &mut Runner, stopped: &AtomicBool) -> Vec<Outcome> {
    let bar = ProgressBar::new(plan.cases.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}").expect("the template is well-formed"));
    let progress = |outcome: &Outcome| {
        bar.set_message(outcome.name);
        bar.inc(1);
    };
    let cases = runner.run(plan, || stopped.load(Ordering::Relaxed), progress).await;
    bar.finish_and_clear();
    cases
}

/// Brings the atendimento back to `start`, or says loudly that it can't.
async fn restore(runner: &mut Runner, start: Status) -> bool {
    let restored = runner.restore(start).await;
    if let Err(answer) = &restored {
        complain(format_args!(
            "the atendimento could NOT be set back to {start}; do it by hand. The last attempt:\n{}",
            indented(answer)
        ));
    }
    restored.is_ok()
}

/// The first change was not made, as `answer` says, or may not have been.
fn refused(args: &Args, runner: &Runner, restored: bool, answer: &str) -> CliError {
    let end = match (restored, runner.changes()) {
        (true, 0) => "Nothing was changed",
        (true, _) => "The atendimento was set back, in case it had changed",
        (false, _) => "The atendimento may have been changed",
    };
    CliError::Failed(format!(
        "the first change, which needs the motivo '{}', was answered\n{}\n{end}, and no case was asked",
        printable(args.motivo()),
        indented(answer)
    ))
}

/// Where the atendimento is: as the server tells, and as the caller says.
async fn present_status(runner: &Runner, given: Option<Status>) -> Result<Status> {
    let told = runner.ask_status().await.map_err(StartError::from)?;
    match (told, given) {
        (StatusAnswer::Told(told), Some(given)) if told != given => {
            Err(CliError::Failed(format!("the atendimento is in the status {told}, not {given}; nothing was changed")))
        }
        (StatusAnswer::Told(status), _) | (StatusAnswer::Untold(_), Some(status)) => Ok(status),
        (StatusAnswer::Untold(answer), None) => Err(CliError::Failed(format!(
            "the question for the current status was answered\n{}\n\
             Nothing was changed. If the atendimento is there and the server does not tell its status, pass --status-atual",
            indented(&answer)
        ))),
    }
}

/// The signals to stop. They end nothing by themselves any more.
struct Signals([Signal; 3]);

impl Signals {
    fn watch() -> Result<Self> {
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    async fn next(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Whether one of the signals to stop has come. They end nothing by themselves any more, so that the
/// atendimento is always brought back; all that is waited for has a deadline.
fn watch_signals(words: &'static str) -> Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    let (mut signals, seen) = (Signals::watch()?, Arc::clone(&stopped));
    tokio::spawn(async move {
        signals.next().await;
        seen.store(true, Ordering::Relaxed);
        complain(words);
    });
    Ok(stopped)
}

/// Says what the run will have changed.
fn announce(args: &Args, plan: &Plan, traces: &Traces) {
    let path: Vec<&str> = traces.path.iter().map(|status| status.nome()).collect();
    complain(format_args!(
        "{} cases on {} as '{}'; {} of them are failed logins.\n\
         Atendimento '{}' will be changed {} times: {}.\n\
         The motivo is '{}' where one is needed. {} comments are added, {} of them visible to the customer.\n\
         At the end it is in the status {} again, and the motivo of its last change is replaced. \
         The history and the comments remain.",
        plan.asked().count(),
        args.base_url,
        printable(&args.login),
        traces.failed_logins,
        printable(&args.protocolo),
        traces.path.len() - 1,
        path.join(" → "),
        printable(args.motivo()),
        traces.comments,
        traces.visible,
        path[0],
    ));
}

/// The names that `--pular` takes.
fn cases_and_groups() -> PossibleValuesParser {
    PossibleValuesParser::new(plan::groups().chain(plan::names()))
}
