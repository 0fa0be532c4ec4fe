//! `conferir`: the conformance kit at the terminal.

mod args;
mod ending;
mod recording;
mod report;

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;

pub use self::args::Args;

use self::ending::{explained, on_trust, restore, restore_after, told, watch_signals};
use self::recording::record_dialect;
use self::report::{failed_in, foreign, hand_over, indented, verdict, write_files};

use super::support::error::{CliError, Result};
use super::support::input::{confirmed, dialect_option, read_senha, read_two_senhas};
use super::support::output::complain;
use crate::conferir::client::Client;
use crate::conferir::judge::Scope;
use crate::conferir::plan::{Plan, Selection, Traces};
use crate::conferir::record::Wishes;
use crate::conferir::report::{Outcome, Report};
use crate::conferir::runner::Runner;
use crate::conferir::session::{RunInput, Session, StartError, StatusAnswer, Unpermitted};
use crate::conferir::witness::Witness;
use crate::dialect::Dialect;
use crate::domain::atendimento::Status;
use crate::printable::printable;

pub async fn run(args: Args) -> Result {
    let scope = if args.only_documented { Scope::Documented } else { Scope::Contract };
    let only = args.repetir_falhas.as_deref().map(failed_in).transpose()?;
    let nothing_failed = only.as_ref().is_some_and(Vec::is_empty);
    let selection = Selection { without: args.pular.clone(), only, reads_only: args.somente_leitura };
    let dialect = args.dialeto.as_deref().map(dialect_option).transpose()?;
    let plan = Plan::new(scope, &selection, &args.protocolo, dialect.as_deref());
    if nothing_failed {
        complain("no case of that report failed; nothing was asked");
        let runner = runner(&args, SecretString::default(), dialect)?;
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
    let mut runner = runner(&args, senha, dialect)?;
    let start = match begin(&args, &mut runner).await {
        Ok(start) => start,
        Err(error) => return Err(stopped_early(&args, &plan, &runner, true, error)),
    };
    let Some(start) = start else {
        let report = read_only(&args, &plan, &mut runner).await?;
        return concluded(&args, &report);
    };
    if let Some(file) = &args.gravar {
        let wishes = Wishes { unpermitted, token_header: args.cabecalho_do_token.clone() };
        return record_dialect(&args, file, &mut runner, start, wishes).await;
    }
    announce(&args, &plan, &plan.traces(start), runner.session.witness());
    if !args.yes && !confirmed()? {
        return Err(CliError::Failed("nothing was changed".to_owned()));
    }
    let report = conduct(&args, &plan, &mut runner, start).await?;
    concluded(&args, &report)
}

fn concluded(args: &Args, report: &Report) -> Result {
    hand_over(&args.outputs, report)?;
    if args.dialeto.is_none() && !args.only_documented {
        foreign(report);
    }
    if report.is_good() { Ok(()) } else { Err(CliError::Failed(verdict(report))) }
}

/// Logs in and finds the status; a run that only reads needs none.
async fn begin(args: &Args, runner: &mut Runner) -> Result<Option<Status>> {
    runner.session.log_in().await.map_err(|error| explained(args, error))?;
    if args.somente_leitura { Ok(None) } else { present_status(runner, args.status_atual).await.map(Some) }
}

/// Writes to the files that no case was asked, for `error`. A build server then shows that.
fn stopped_early(args: &Args, plan: &Plan, runner: &Runner, restored: bool, error: CliError) -> CliError {
    if args.gravar.is_none() {
        let cases = runner.unasked(plan, &error.to_string());
        if let Err(unwritten) =
            write_files(&args.outputs, &args.report(None, runner.session.changes(), restored, cases))
        {
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

fn runner(args: &Args, senha: SecretString, dialect: Option<Arc<Dialect>>) -> Result<Runner> {
    let client = Client::new(&args.base_url).map_err(StartError::from)?;
    let target = RunInput {
        login: args.login.clone(),
        senha,
        protocolo: args.protocolo.clone(),
        motivo: args.motivo().to_owned(),
    };
    let mut runner = Runner::new(Session::new(client, target));
    if let Some(dialect) = dialect {
        runner.speak(dialect);
    }
    if let Some(header) = &args.cabecalho_do_token {
        runner.session.carry_token_by(header.clone());
    }
    if let Some(member) = &args.membro_do_token {
        runner.session.take_token_from(member);
    }
    runner.session.take_for_plain(&args.membro);
    Ok(runner)
}

/// Asks the cases and brings the atendimento back, whatever comes.
async fn conduct(args: &Args, plan: &Plan, runner: &mut Runner, start: Status) -> Result<Report> {
    let stopped = watch_signals("stopping after this case; the atendimento is set back first")?;
    if let Err(error) = runner.prove_motivo(start).await {
        let restored = restore_after(runner, start, &error).await;
        let error = refused(args, runner, start, restored, error);
        return Err(stopped_early(args, plan, runner, restored, error));
    }
    let cases = ask_all(plan, runner, &stopped).await;
    let restored = restore(runner, start).await;
    Ok(args.report(Some((start, runner.session.witness())), runner.session.changes(), restored, cases))
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

/// The first change was not made, as `error` says, or may not have been, or it was no change of what it should be.
fn refused(args: &Args, runner: &Runner, start: Status, restored: bool, error: StartError) -> CliError {
    let end = told(runner, start, restored, &error);
    CliError::Failed(format!("{}\n{end}; no case was asked", explained(args, error)))
}

/// Where the atendimento is: as the server tells, and as the caller says.
async fn present_status(runner: &mut Runner, given: Option<Status>) -> Result<Status> {
    let told = runner.session.ask_status().await.map_err(StartError::from)?;
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

/// Says what the run will have changed.
fn announce(args: &Args, plan: &Plan, traces: &Traces, witness: Witness) {
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
    if witness == Witness::Caller {
        complain(format_args!("{}", on_trust(path[0])));
    }
}
